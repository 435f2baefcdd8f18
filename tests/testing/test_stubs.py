"""The read-only stubs beside the operations of the spec."""

import httpx
import pytest

from do_images.testing import FakeDigitalOcean
from do_images.testing._stubs import STUBS
from tests.testing.faithful import raw


@pytest.fixture
def plain(fake: FakeDigitalOcean) -> httpx.Client:
    return raw(fake)


def test_the_account(fake: FakeDigitalOcean, plain: httpx.Client) -> None:
    account = plain.get("/v2/account").json()["account"]
    assert account["status"] == "active"
    other = raw(fake, fake.token(account="u-1"))
    assert other.get("/v2/account").json()["account"]["uuid"] == "u-1" != account["uuid"]


def test_regions_and_sizes_name_each_other(plain: httpx.Client) -> None:
    regions = plain.get("/v2/regions?per_page=200").json()
    sizes = plain.get("/v2/sizes").json()
    assert regions["meta"]["total"] == len(regions["regions"]) > 10
    assert {size["slug"] for size in sizes["sizes"]} == {*regions["regions"][0]["sizes"]}
    available = {region["slug"] for region in regions["regions"] if region["available"]}
    assert {*sizes["sizes"][0]["regions"]} == available


def test_lists_come_in_pages(plain: httpx.Client) -> None:
    first = plain.get("/v2/regions?per_page=3").json()
    assert len(first["regions"]) == 3
    second = plain.get(first["links"]["pages"]["next"]).json()
    assert second["regions"][0] not in first["regions"]


def test_snapshots_are_the_accounts_own(fake: FakeDigitalOcean, plain: httpx.Client) -> None:
    listed = plain.get("/v2/snapshots").json()
    (snapshot,) = listed["snapshots"]
    assert (snapshot["id"], snapshot["resource_type"]) == ("7555620", "droplet")
    assert plain.get("/v2/snapshots/7555620").json() == {"snapshot": snapshot}
    assert plain.get("/v2/snapshots/7555621").status_code == 404
    assert plain.get("/v2/snapshots?resource_type=volume").json()["snapshots"] == []
    assert plain.get("/v2/snapshots?resource_type=droplet").json() == listed


def test_they_need_a_token_with_a_scope(fake: FakeDigitalOcean) -> None:
    for stub in STUBS:
        path = stub.path.replace("{snapshot_id}", "7555620")
        assert raw(fake, "nobody's").get(path).status_code == 401
        assert raw(fake, fake.token(scopes=())).get(path).status_code == 403
        assert raw(fake, fake.token(scopes=stub.scopes)).get(path).status_code == 200


def test_they_can_fail(fake: FakeDigitalOcean, plain: httpx.Client) -> None:
    fake.fail_next("GET", "/v2/account", status=503)
    assert plain.get("/v2/account").status_code == 503
    assert fake.requests[-1].operation == "account_get"

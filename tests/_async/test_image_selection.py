"""`find`, `latest`, `prune` and `destroy_many`: what is sent, and what comes of it."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import respx

from do_images import (
    APIConnectionError,
    AsyncClient,
    AuthenticationError,
    DOImagesError,
    Image,
    ImageGroupError,
    InternalServerError,
    NoMatchError,
    PermissionDeniedError,
    PruneResult,
    RateLimitError,
)
from do_images.testing import FakeDigitalOcean
from tests.image_samples import body
from tests.support import TOKEN, AsyncVirtualClock, sent

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
IMAGE = "/v2/images/{id}"
LIST = "/v2/images"
SNAPSHOT, BACKUP, CUSTOM = 7555620, 7555621, 7555622
UBUNTU = 155133621  # of DigitalOcean


@pytest.fixture
def fake() -> FakeDigitalOcean:
    return FakeDigitalOcean(now=NOW)


@pytest.fixture
async def do(fake: FakeDigitalOcean) -> AsyncIterator[AsyncClient]:
    async with fake.async_client() as client:
        yield client


@pytest.fixture
async def real() -> AsyncIterator[AsyncClient]:
    """A client as a program makes it; respx stands for the wire."""
    async with AsyncClient(TOKEN, clock=AsyncVirtualClock(NOW.timestamp())) as client:
        yield client


def nightly(fake: FakeDigitalOcean, nights: int, name: str = "nightly", **fields: Any) -> list[int]:
    """Adds a snapshot for each of the last nights, and returns their ids, newest first."""
    return [
        fake.add_image(name=f"{name}-{night}", created_at=NOW - timedelta(days=night), **fields)
        for night in range(nights)
    ]


def ids(images: list[Image]) -> list[int]:
    return [image.id for image in images]


def calls(fake: FakeDigitalOcean) -> list[str]:
    """Method and operation of each request."""
    return [f"{request.method} {request.operation}" for request in fake.requests]


def queries(fake: FakeDigitalOcean) -> list[dict[str, str]]:
    """The filters of each list, without its pages."""
    pages = {"page", "per_page"}
    return [
        {name: value for name, value in request.query.items() if name not in pages}
        for request in fake.requests
    ]


# ── find and latest ─────────────────────────────────────────────────────────────────────────


async def test_find_selects_among_the_own_images(fake: FakeDigitalOcean, do: AsyncClient) -> None:
    web = [fake.add_image(name=f"web-{n}", created_at=NOW - timedelta(days=9 - n)) for n in (1, 2)]
    assert ids(await do.image.find("web-[0-9]")) == [web[1], web[0]]
    assert ids(await do.image.find(re.compile("^web-01"))) == [BACKUP, SNAPSHOT]
    assert ids(await do.image.find(type="custom", tag_name="PROD")) == []  # the API minds the case
    assert ids(await do.image.find(tag_name="prod")) == [CUSTOM]
    assert queries(fake)[0] == {"private": "true"}
    assert queries(fake)[-1] == {"private": "true", "tag_name": "prod"}


async def test_find_reads_every_page(fake: FakeDigitalOcean, do: AsyncClient) -> None:
    added = fake.add_images(450)
    assert ids(await do.image.find("image-*")) == added[::-1]


async def test_find_among_public_images(fake: FakeDigitalOcean, do: AsyncClient) -> None:
    found = await do.image.find(type="base", distribution="ubuntu", public=True)
    assert [image.slug for image in found] == [
        "ubuntu-25-10-x64",
        "ubuntu-24-04-x64",
        "ubuntu-22-04-x64",
    ]
    assert queries(fake) == [{"type": "distribution"}]


async def test_latest_is_the_highest_version_whatever_was_rebuilt_last(
    fake: FakeDigitalOcean, do: AsyncClient
) -> None:
    fake.add_image(
        name="9.10 x64", type="base", public=True, slug="ubuntu-9-10-x64", regions=["fra1"]
    )
    image = await do.image.latest(distribution="Ubuntu", public=True, region="fra1")
    assert image.slug == "ubuntu-25-10-x64"
    lts = await do.image.latest("*LTS*", distribution="Ubuntu", public=True)
    assert lts.slug == "ubuntu-24-04-x64"


async def test_latest_prefers_own_images_to_public_ones(do: AsyncClient) -> None:
    image = await do.image.latest(public=None, type="snapshot")
    assert image.id == SNAPSHOT


async def test_times_go_by_the_clock_of_the_server(respx_mock: respx.MockRouter) -> None:
    respx_mock.get(LIST).respond(
        json={"images": [body(1, "web-01", "2026-05-31T12:00:00Z")]},
        headers={"date": "Mon, 01 Jun 2026 12:00:00 GMT"},
    )
    # The local clock is a year slow.
    async with AsyncClient(TOKEN, clock=AsyncVirtualClock(1_748_000_000)) as do:
        assert ids(await do.image.find(older_than=timedelta(hours=23))) == [1]
        assert ids(await do.image.find(newer_than=timedelta(hours=23))) == []


async def test_latest_of_nothing_says_what_there_is(do: AsyncClient) -> None:
    with pytest.raises(NoMatchError) as caught:
        await do.image.latest("web-01-befor-upgrade", region="nyc1")
    assert isinstance(caught.value, DOImagesError)
    assert isinstance(caught.value, LookupError)
    assert str(caught.value).startswith(
        "no image matches name='web-01-befor-upgrade', region='nyc1' among 3 of the account's own "
        "images; the nearest names: 'web-01-before-upgrade'"
    )


async def test_a_page_that_cannot_be_read_ends_find(
    fake: FakeDigitalOcean, do: AsyncClient
) -> None:
    fake.add_images(250)
    fake.fail_next("GET", LIST, status=403, skip=1)
    with pytest.raises(PermissionDeniedError):
        await do.image.find()


@pytest.mark.parametrize(
    "filters",
    [
        {"name": ""},
        {"type": "distribution"},
        {"newer_than": NOW.replace(tzinfo=None)},
        {"older_than": True},
        {"public": 1},
        {"status": 5},
    ],
)
async def test_wrong_filters_are_refused_before_a_request(
    fake: FakeDigitalOcean, do: AsyncClient, filters: dict[str, Any]
) -> None:
    with pytest.raises((ValueError, TypeError)):
        await do.image.find(**filters)
    with pytest.raises((ValueError, TypeError)):
        await do.image.latest(**filters)
    assert fake.requests == []


# ── destroy_many ────────────────────────────────────────────────────────────────────────────


async def test_each_image_is_deleted_once(fake: FakeDigitalOcean, do: AsyncClient) -> None:
    added = nightly(fake, 20)
    mixed: list[int | Image] = [fake.image(added[7]), *added, added[3], fake.image(CUSTOM)]
    expected = [added[7], *(id_ for id_ in added if id_ != added[7]), CUSTOM]
    assert await do.image.destroy_many(mixed) == expected
    assert calls(fake) == ["DELETE images_delete"] * 21
    assert {SNAPSHOT, BACKUP} == {image.id for image in fake.images if not image.public}


async def test_a_generator_will_do(fake: FakeDigitalOcean, do: AsyncClient) -> None:
    added = nightly(fake, 3)
    assert await do.image.destroy_many(id_ for id_ in added) == added


async def test_nothing_is_deleted_without_a_request(
    fake: FakeDigitalOcean, do: AsyncClient
) -> None:
    assert await do.image.destroy_many([]) == []
    assert fake.requests == []


async def test_an_image_that_is_gone_already_counts(
    fake: FakeDigitalOcean, do: AsyncClient
) -> None:
    added = nightly(fake, 3)
    fake.remove_image(added[1])
    assert await do.image.destroy_many([*added, 999]) == [*added, 999]


async def test_a_lost_response_is_no_failure(fake: FakeDigitalOcean, do: AsyncClient) -> None:
    added = nightly(fake, 3)
    fake.fail_next("DELETE", f"/v2/images/{added[0]}", lose="after", times=2)
    fake.fail_next("DELETE", f"/v2/images/{added[1]}", status=503, times=2)
    assert await do.image.destroy_many(added) == added
    assert fake.faults_left == 0
    assert not {*added} & {image.id for image in fake.images}


async def test_a_failure_stops_no_other_deletion(fake: FakeDigitalOcean, do: AsyncClient) -> None:
    added = nightly(fake, 12)
    fake.fail_next("DELETE", f"/v2/images/{added[2]}", status=500, times=None)
    fake.fail_next("DELETE", f"/v2/images/{added[5]}", lose="refused", times=None)
    fake.fail_next("DELETE", f"/v2/images/{added[6]}", status=429, times=None)
    with pytest.raises(ImageGroupError) as caught:
        await do.image.destroy_many(added)
    error = caught.value
    assert {id_: type(failure) for id_, failure in error.failures.items()} == {
        added[2]: InternalServerError,
        added[5]: APIConnectionError,
        added[6]: RateLimitError,
    }
    assert list(error.exceptions) == list(error.failures.values())
    assert error.destroyed == [id_ for id_ in added if id_ not in error.failures]
    assert {*error.failures} == {*added} & {image.id for image in fake.images}
    assert str(error).startswith("3 of 12 images were not deleted")
    assert f"image {added[2]} was not deleted: DELETE " in str(error)
    assert error.failures[added[2]].image is None


@pytest.mark.parametrize(
    ("status", "kind"), [(401, AuthenticationError), (403, PermissionDeniedError)]
)
async def test_a_token_that_may_not_delete_is_not_tried_again_and_again(
    fake: FakeDigitalOcean, do: AsyncClient, status: int, kind: type[Exception]
) -> None:
    added = nightly(fake, 100)
    fake.fail_next("DELETE", IMAGE, status=status, times=None, skip=3)
    with pytest.raises(ImageGroupError) as caught:
        await do.image.destroy_many(added)
    assert len(fake.requests) < 20
    assert len(caught.value.destroyed) == 3
    assert [*caught.value.failures] == [id_ for id_ in added if id_ not in caught.value.destroyed]
    assert {type(failure) for failure in caught.value.failures.values()} == {kind}
    assert f"image {added[-1]} was not deleted" in str(caught.value.failures[added[-1]])


async def test_those_that_waited_for_the_limit_are_not_sent_after_a_refusal(
    fake: FakeDigitalOcean, do: AsyncClient
) -> None:
    added = nightly(fake, 210)
    fake.fail_next("DELETE", IMAGE, status=403, delay=30.0, skip=199, times=None)
    with pytest.raises(ImageGroupError) as caught:
        await do.image.destroy_many(added)
    assert len(caught.value.destroyed) == 199
    assert len(caught.value.failures) == 11
    assert len(fake.requests) == 200


@pytest.mark.parametrize("wrong", [0, -1, True, "7555620", None, 1.0])
async def test_what_is_no_id_deletes_nothing(
    fake: FakeDigitalOcean, do: AsyncClient, wrong: Any
) -> None:
    with pytest.raises((TypeError, ValueError), match="id must be"):
        await do.image.destroy_many([SNAPSHOT, wrong])
    assert fake.requests == []


@pytest.mark.parametrize("wrong", ["7555620", b"7555620", 7555620, None])
async def test_what_is_no_list_deletes_nothing(
    fake: FakeDigitalOcean, do: AsyncClient, wrong: Any
) -> None:
    with pytest.raises(TypeError, match="ids must be an iterable"):
        await do.image.destroy_many(wrong)
    assert fake.requests == []


async def test_one_image_is_no_list_of_images(fake: FakeDigitalOcean, do: AsyncClient) -> None:
    with pytest.raises(TypeError, match="iterable"):
        await do.image.destroy_many(fake.image(SNAPSHOT))  # type: ignore[arg-type] # pyright: ignore[reportArgumentType] - it iterates over its fields


async def test_a_public_image_is_refused(fake: FakeDigitalOcean, do: AsyncClient) -> None:
    with pytest.raises(ValueError, match=r"155133621 \(24.04 \(LTS\) x64\) is public"):
        await do.image.destroy_many([SNAPSHOT, fake.image(UBUNTU)])
    assert fake.requests == []


# ── prune ───────────────────────────────────────────────────────────────────────────────────


async def test_prune_keeps_what_a_rule_keeps(fake: FakeDigitalOcean, do: AsyncClient) -> None:
    added = nightly(fake, 40)
    result = await do.image.prune("nightly-*", keep_last=5, keep_within=timedelta(days=8))
    assert isinstance(result, PruneResult)
    assert ids(result.kept) == added[:9]
    assert ids(result.deleted) == added[9:]
    assert result.reasons[added[4]] == ("keep_last", "keep_within")
    assert result.reasons[added[5]] == ("keep_within",)
    assert result.reasons.keys() == {*added[:9]}
    left = {image.id for image in fake.images if not image.public}
    assert left == {*added[:9], SNAPSHOT, BACKUP, CUSTOM}
    assert queries(fake)[0] == {"private": "true"}
    assert calls(fake) == ["GET images_list", *["DELETE images_delete"] * 31]


async def test_a_dry_run_returns_the_same_and_deletes_nothing(
    fake: FakeDigitalOcean, do: AsyncClient
) -> None:
    nightly(fake, 12)
    dry = await do.image.prune("nightly-*", keep_last=5, dry_run=True)
    assert calls(fake) == ["GET images_list"]
    assert await do.image.prune("nightly-*", keep_last=5) == dry
    assert len(dry.deleted) == 7


async def test_running_it_again_deletes_nothing(fake: FakeDigitalOcean, do: AsyncClient) -> None:
    nightly(fake, 60)
    rules: dict[str, Any] = {"keep_daily": 7, "keep_weekly": 3, "keep_monthly": 12}
    first = await do.image.prune("nightly-*", **rules)
    again = await do.image.prune("nightly-*", **rules)
    assert again == PruneResult(first.kept, [], first.reasons)


@pytest.mark.parametrize(
    "fields",
    [
        {"type": "backup"},
        {"type": "custom"},
        {"status": "pending", "type": "snapshot"},
        {"public": True},
        {"name": "Nightly"},
        {"regions": ["fra1"]},
        {"tags": ["staging"]},
    ],
)
async def test_other_images_are_neither_kept_nor_deleted(
    fake: FakeDigitalOcean, do: AsyncClient, fields: dict[str, Any]
) -> None:
    matching: dict[str, Any] = {"regions": ["nyc1", "ams3"], "tags": ["prod"]}
    added = nightly(fake, 3, **matching)
    others = nightly(fake, 3, **matching | fields)
    result = await do.image.prune("nightly-*", keep_last=1, region="ams3", tag_name="prod")
    assert ids(result.kept) + ids(result.deleted) == added
    assert {*others} <= {image.id for image in fake.images}


async def test_another_type_can_be_pruned(fake: FakeDigitalOcean, do: AsyncClient) -> None:
    golden = nightly(fake, 3, "golden", type="custom")
    nightly(fake, 3, "golden")
    result = await do.image.prune(re.compile("^golden"), keep_last=1, type="custom")
    assert ids(result.deleted) == golden[1:]


async def test_a_public_image_that_the_api_lists_as_private_is_never_deleted(
    respx_mock: respx.MockRouter, real: AsyncClient
) -> None:
    images = [
        body(1, "nightly-1", "2026-05-03T00:00:00Z"),
        body(2, "nightly-2", "2026-05-02T00:00:00Z", public=True),
        body(3, "nightly-3", "2026-05-01T00:00:00Z", status=None),
        body(4, "nightly-4", "2026-05-01T00:00:00Z", public=None),
    ]
    respx_mock.get(LIST).respond(json={"images": images, "meta": {"total": 4}})
    respx_mock.delete(f"{LIST}/4").respond(204)
    result = await real.image.prune("nightly-*", keep_last=1)
    assert (ids(result.kept), ids(result.deleted)) == ([1], [4])
    assert sent(respx_mock)[1:] == ["DELETE /v2/images/4"]


async def test_within_goes_by_the_clock_of_the_server(respx_mock: respx.MockRouter) -> None:
    names = ["2026-06-02T00:00:00Z", "2026-05-31T12:00:00Z", "2026-05-31T11:00:00Z"]
    images = [body(place, "nightly", time) for place, time in enumerate(names, 1)]
    respx_mock.get(LIST).respond(
        json={"images": images}, headers={"date": "Mon, 01 Jun 2026 12:00:00 GMT"}
    )
    async with AsyncClient(TOKEN, clock=AsyncVirtualClock(2_000_000_000)) as do:
        result = await do.image.prune("nightly", keep_within=timedelta(days=1), dry_run=True)
    assert ids(result.kept) == [1, 2]


async def test_what_somebody_else_deleted_meanwhile_is_deleted(
    fake: FakeDigitalOcean, do: AsyncClient
) -> None:
    added = nightly(fake, 4)
    fake.fail_next("DELETE", f"/v2/images/{added[2]}", status=404)
    result = await do.image.prune("nightly-*", keep_last=1)
    assert ids(result.deleted) == added[1:]


async def test_what_could_not_be_deleted_is_in_the_group(
    fake: FakeDigitalOcean, do: AsyncClient
) -> None:
    added = nightly(fake, 4)
    fake.fail_next("DELETE", f"/v2/images/{added[2]}", status=422)
    with pytest.raises(ImageGroupError) as caught:
        await do.image.prune("nightly-*", keep_last=1)
    assert [*caught.value.failures] == [added[2]]
    assert caught.value.destroyed == [added[1], added[3]]
    failure = caught.value.failures[added[2]]
    assert failure.image == fake.image(added[2])
    assert str(failure).startswith(f"image {added[2]} (nightly-2) was not deleted: DELETE ")


async def test_nothing_is_deleted_where_a_page_is_missing(
    fake: FakeDigitalOcean, do: AsyncClient
) -> None:
    fake.add_images(250)
    fake.fail_next("GET", LIST, status=400, skip=1)
    with pytest.raises(DOImagesError):
        await do.image.prune("image-*", keep_last=1)
    assert "DELETE images_delete" not in calls(fake)


@pytest.mark.parametrize("missing", ["name", "type"])
async def test_prune_needs_a_name_and_a_type(do: AsyncClient, missing: str) -> None:
    arguments: dict[str, Any] = {"name": "nightly-*", "type": "snapshot", missing: None}
    with pytest.raises(ValueError, match="needs a name and a type"):
        await do.image.prune(**arguments, keep_last=5)


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"keep_last": 0},
        {"keep_within": timedelta(0)},
        {"keep_last": -1},
        {"keep_last": True},
        {"keep_daily": 1.5},
        {"keep_within": 30},
        {"keep_within": timedelta(days=-1), "keep_last": 5},
        {"keep_last": 5, "name": ""},
        {"keep_last": 5, "name": None},
        {"keep_last": 5, "name": re.compile("")},
        {"keep_last": 5, "type": ""},
        {"keep_last": 5, "type": None},
        {"keep_last": 5, "type": "application"},
        {"keep_last": 5, "region": ""},
        {"keep_last": 5, "tag_name": ""},
        {"keep_last": 5, "dry_run": 1},
    ],
)
async def test_prune_refuses_wrong_arguments_before_a_request(
    fake: FakeDigitalOcean, do: AsyncClient, wrong: dict[str, Any]
) -> None:
    arguments: dict[str, Any] = {"name": "nightly-*", **wrong}
    with pytest.raises((ValueError, TypeError)):
        await do.image.prune(**arguments)
    assert fake.requests == []


# ── Speed, and the rate limit ───────────────────────────────────────────────────────────────


async def test_150_snapshots_are_pruned_in_less_than_a_quarter_of_the_time(
    fake: FakeDigitalOcean, do: AsyncClient
) -> None:
    nightly(fake, 150)
    latency = 0.05
    fake.fail_next("GET", LIST, delay=latency, times=None)
    fake.fail_next("DELETE", IMAGE, delay=latency, times=None)
    begun = fake.async_clock.monotonic()
    result = await do.image.prune("nightly-*", keep_last=5)
    assert len(result.deleted) == 145
    assert fake.async_clock.monotonic() - begun < 146 * latency / 4


async def test_1000_snapshots_are_pruned_within_250_requests_a_minute(
    fake: FakeDigitalOcean, do: AsyncClient
) -> None:
    nightly(fake, 1000)
    fake.quota(250, window=60.0)
    result = await do.image.prune("nightly-*", keep_last=5)
    assert len(result.deleted) == 995
    assert {request.status for request in fake.requests} == {200, 204}
    assert fake.async_clock.monotonic() < 5 * 60

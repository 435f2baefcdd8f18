"""The oddities of the real API, one by one."""

import re
from pathlib import Path
from typing import Any, get_args

import httpx
import pytest

import do_images.testing
from do_images.testing import Broken, FakeDigitalOcean, Loss, Quirk
from do_images.testing._quirks import QUIRKS
from tests.testing.faithful import raw

START = {"type": "transfer", "region": "nyc3"}
ACTIONS = "/v2/images/7555620/actions"


@pytest.fixture
def odd(fake: FakeDigitalOcean) -> httpx.Client:
    """HTTP to it, with nothing held against the spec."""
    return raw(fake)


def image(api: httpx.Client, id_slug: object = 7555620) -> dict[str, Any]:
    record: dict[str, Any] = api.get(f"/v2/images/{id_slug}").json()["image"]
    return record


def page(api: httpx.Client, query: str = "") -> dict[str, Any]:
    record: dict[str, Any] = api.get(f"/v2/images?private=true{query}").json()
    return record


def started(api: httpx.Client) -> dict[str, Any]:
    record: dict[str, Any] = api.post(ACTIONS, json=START).json()["action"]
    return record


def test_every_quirk_is_described_once() -> None:
    assert list(get_args(Quirk)) == sorted(QUIRKS)
    listed = re.findall(r"^- `(\w+)`: (.+)$", do_images.testing.__doc__ or "", re.MULTILINE)
    assert dict(listed) == QUIRKS
    # The docs take the list from there, and name every fault themselves.
    docs = (Path(__file__).parents[2] / "docs/testing.md").read_text("utf-8")
    assert "{{ quirks }}" in docs
    faults = re.findall(r"^    - `(\w+)`: \S", docs, re.MULTILINE)
    assert faults == [*get_args(Loss), *get_args(Broken)]


def test_the_docs_name_all_that_a_test_can_do() -> None:
    docs = (Path(__file__).parents[2] / "docs/testing.md").read_text("utf-8")
    public = {name for name in dir(FakeDigitalOcean()) if not name.startswith("_")}
    assert {name for name in public if not re.search(rf"\b{name}\b", docs)} == set()


def test_every_quirk_has_a_test() -> None:
    # A quirk that no test checks may stop working unnoticed.
    tests = "".join(
        name.removeprefix("test_") + " " for name in globals() if name.startswith("test_")
    )
    assert {name for name in QUIRKS if name not in tests} == set()


def test_quirks_are_switched_on_and_off(fake: FakeDigitalOcean, api: httpx.Client) -> None:
    fake.quirk("null_tags", "empty_slug")
    assert (image(api)["tags"], image(api)["slug"]) == (None, "")
    fake.quirk("null_tags", on=False)
    assert (image(api)["tags"], image(api)["slug"]) == ([], "")
    with pytest.raises(
        ValueError, match=r"there is no quirk 'no_such'\. They are accepted_at_once"
    ):
        fake.quirk("no_such")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType] - the point
    with pytest.raises(ValueError, match=r"did you mean 'null_tags'\?"):
        fake.quirk("nul_tags")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType] - the point
    # What the test sees is not what is odd about the answers.
    assert fake.images[-1].tags == ["base-image", "prod"]


# ── Images; with all of these the spec is content ───────────────────────────────────────────


def test_only_required_fields(fake: FakeDigitalOcean, api: httpx.Client) -> None:
    fake.quirk("only_required_fields")
    assert image(api).keys() == {"id", "name", "created_at"}


def test_optional_fields_missing(fake: FakeDigitalOcean, api: httpx.Client) -> None:
    fake.quirk("optional_fields_missing")
    gone = {"type", "description", "tags", "status", "error_message"}
    assert image(api).keys().isdisjoint(gone)
    assert "regions" in image(api)


def test_empty_slug(fake: FakeDigitalOcean, api: httpx.Client) -> None:
    fake.quirk("empty_slug")
    assert image(api)["slug"] == ""
    assert image(api, "debian-12-x64")["slug"] == "debian-12-x64"
    new = fake.add_image(type="custom", status="NEW")
    assert "slug" not in image(api, new)


def test_null_tags_and_null_regions(fake: FakeDigitalOcean, api: httpx.Client) -> None:
    fake.quirk("null_tags", "null_regions")
    assert (image(api)["tags"], image(api)["regions"]) == (None, None)
    fake.quirk("duplicate_regions")  # of nothing
    assert image(api)["regions"] is None


def test_duplicate_regions(fake: FakeDigitalOcean, api: httpx.Client) -> None:
    fake.quirk("duplicate_regions")
    assert image(api)["regions"] == ["nyc1", "nyc2", "nyc1"]


def test_lower_case_status(fake: FakeDigitalOcean, api: httpx.Client) -> None:
    fake.quirk("lower_case_status")
    new = fake.add_image(type="custom", status="NEW")
    assert image(api, new)["status"] == "new"
    assert image(api)["status"] == "available"


def test_lower_case_distribution(fake: FakeDigitalOcean, api: httpx.Client) -> None:
    fake.quirk("lower_case_distribution")
    assert image(api)["distribution"] == "ubuntu"


def test_retired(fake: FakeDigitalOcean, api: httpx.Client) -> None:
    fake.quirk("retired")
    assert image(api, "debian-12-x64")["status"] == "retired"
    assert image(api)["status"] == "available"


def test_deleted_get(fake: FakeDigitalOcean, api: httpx.Client) -> None:
    fake.quirk("deleted_get")
    for image_id in (7555620, 7555622):
        assert api.delete(f"/v2/images/{image_id}").status_code == 204
    assert api.get("/v2/images/7555620").status_code == 404  # no custom image
    assert image(api, 7555622)["status"] == "deleted"
    assert [it["id"] for it in page(api)["images"]] == [7555621]
    other = raw(fake, fake.token(account="other"))
    assert other.get("/v2/images/7555622").status_code == 404
    fake.advance(3)
    assert api.get("/v2/images/7555622").status_code == 404


def test_unknown_os(fake: FakeDigitalOcean, api: httpx.Client) -> None:
    fake.quirk("unknown_os")
    assert image(api)["distribution"] == "Unknown OS"


def test_unknown_fields_and_unknown_values(fake: FakeDigitalOcean, api: httpx.Client) -> None:
    fake.quirk("unknown_fields", "unknown_values")
    assert image(api)["type"] == "golden"
    assert image(api)["billing"]["tiers"] == [1, 2.5, None]
    action = started(api)
    assert action["resource_type"] == "golden_image"
    assert action["fedramp"] is False


def test_nanoseconds(fake: FakeDigitalOcean, api: httpx.Client) -> None:
    fake.quirk("nanoseconds")
    assert image(api)["created_at"] == "2025-11-04T22:23:02.048821375Z"
    action = started(api)
    assert action["started_at"] == "2026-01-01T00:00:00.048821375Z"
    assert action["completed_at"] is None


# ── Actions ─────────────────────────────────────────────────────────────────────────────────


def test_one_transfer_at_a_time(fake: FakeDigitalOcean, api: httpx.Client) -> None:
    started(api)
    assert api.post(ACTIONS, json={**START, "region": "fra1"}).status_code == 201
    fake.quirk("one_transfer_at_a_time")
    assert api.post(ACTIONS, json={**START, "region": "sgp1"}).status_code == 422
    fake.advance(5)
    assert api.post(ACTIONS, json={**START, "region": "sgp1"}).status_code == 201
    fake.heal()
    assert api.post(ACTIONS, json={**START, "region": "lon1"}).status_code == 201


def test_region_as_slug(fake: FakeDigitalOcean, api: httpx.Client) -> None:
    fake.quirk("region_as_slug", "null_available")
    assert started(api)["region"] == "nyc3"


def test_null_region(fake: FakeDigitalOcean, api: httpx.Client) -> None:
    fake.quirk("null_region")
    assert started(api)["region"] is None


def test_region_without_sizes_and_null_available(fake: FakeDigitalOcean, api: httpx.Client) -> None:
    fake.quirk("region_without_sizes", "null_available")
    region = started(api)["region"]
    assert "sizes" not in region
    assert region["available"] is None


def test_null_completed_at(fake: FakeDigitalOcean, api: httpx.Client) -> None:
    fake.quirk("null_completed_at")
    started(api)
    fake.advance(5)
    (action,) = api.get(ACTIONS).json()["actions"]
    assert (action["status"], action["completed_at"]) == ("completed", None)


def test_early_completed_at(fake: FakeDigitalOcean, api: httpx.Client) -> None:
    fake.quirk("early_completed_at")
    action = started(api)
    assert (action["status"], action["completed_at"]) == ("in-progress", action["started_at"])


def test_null_resource_id(fake: FakeDigitalOcean, api: httpx.Client) -> None:
    fake.quirk("null_resource_id")
    assert started(api)["resource_id"] is None


def test_action_without_envelope(fake: FakeDigitalOcean, odd: httpx.Client) -> None:
    fake.quirk("action_without_envelope")
    answer = odd.post(ACTIONS, json=START).json()
    assert answer["type"] == "transfer"
    assert "image" in odd.get("/v2/images/7555620").json()


# ── Pages ───────────────────────────────────────────────────────────────────────────────────


def test_links_absent_links_null_links_pages_empty(
    fake: FakeDigitalOcean, api: httpx.Client
) -> None:
    assert page(api)["links"] == {}
    fake.quirk("links_absent")
    assert "links" not in page(api)
    assert page(api, "&per_page=1")["links"]["pages"]["next"]
    fake.heal()
    fake.quirk("links_null")
    assert page(api)["links"] is None
    fake.heal()
    fake.quirk("links_pages_empty")
    assert page(api)["links"] == {"pages": {}}


def test_meta_absent_and_wrong_total(fake: FakeDigitalOcean, api: httpx.Client) -> None:
    fake.quirk("wrong_total")
    assert page(api)["meta"] == {"total": 1}
    fake.quirk("meta_absent")
    assert "meta" not in page(api)
    fake.quirk("links_absent")
    assert page(api).keys() == {"images"}


@pytest.mark.parametrize(
    ("quirk", "following"),
    [
        (
            "next_other_scheme",
            "http://api.digitalocean.com/v2/images?private=true&per_page=1&page=3",
        ),
        (
            "next_other_host",
            "https://elsewhere.example/v2/images?private=true&per_page=1&page=3",
        ),
        ("next_other_path", "https://api.digitalocean.com/v3/elsewhere?page=3"),
        ("next_repeats", "https://api.digitalocean.com/v2/images?private=true&per_page=1&page=2"),
    ],
)
def test_next_other_scheme_next_other_host_next_other_path_next_repeats(
    fake: FakeDigitalOcean, api: httpx.Client, quirk: Quirk, following: str
) -> None:
    fake.quirk(quirk)
    pages = page(api, "&per_page=1&page=2")["links"]["pages"]
    assert pages["next"] == following
    assert pages["prev"] == (
        "https://api.digitalocean.com/v2/images?private=true&per_page=1&page=1"
    )


def test_next_never_ends(fake: FakeDigitalOcean, api: httpx.Client) -> None:
    fake.quirk("next_never_ends")
    assert page(api)["links"]["pages"]["next"].endswith("page=2")
    beyond = page(api, "&page=7")
    assert beyond["images"] == []
    assert beyond["links"]["pages"]["next"].endswith("page=8")


def test_shifting_pages(fake: FakeDigitalOcean, api: httpx.Client) -> None:
    fake.quirk("shifting_pages")
    added = fake.add_images(4)
    expected = [7555620, 7555621, 7555622, *added]
    url: str | None = "/v2/images?private=true&per_page=3"
    pages: list[list[int]] = []
    while url:
        body = api.get(url).json()
        pages.append([image["id"] for image in body["images"]])
        url = body["links"]["pages"].get("next")
    assert [ids[0] for ids in pages[1:]] == [ids[-1] for ids in pages[:-1]]
    assert list(dict.fromkeys(id_ for ids in pages for id_ in ids)) == expected
    with fake.client() as do:
        assert len(do.image.list()) == len(fake.images)


# ── Account transfers ───────────────────────────────────────────────────────────────────────

OFFER = "/v2/images/7555620/account_transfer"


def test_accepted_at_once(fake: FakeDigitalOcean, api: httpx.Client) -> None:
    fake.quirk("accepted_at_once")
    answer = api.post(OFFER, json={"recipient_email": "ops@example.com"})
    assert answer.json() == {"transfer_id": 0}
    assert api.get("/v2/images/7555620").status_code == 404


def test_swapped_no_content(fake: FakeDigitalOcean, odd: httpx.Client) -> None:
    fake.quirk("swapped_no_content")
    them = raw(fake, fake.token(account="u"))
    for how, who, status in (("cancel", odd, 201), ("decline", them, 201), ("accept", them, 204)):
        number = odd.post(OFFER, json={"recipient_uuid": "u"}).json()["transfer_id"]
        body = {"transfer_id": number, "recipient_uuid": "u"}
        answer = who.post(f"{OFFER}/{how}", json=body)
        assert (answer.status_code, answer.content) == (status, b"")


# ── Errors ──────────────────────────────────────────────────────────────────────────────────


def test_html_errors_text_errors_empty_errors(fake: FakeDigitalOcean, odd: httpx.Client) -> None:
    fake.quirk("text_errors")
    answer = odd.get("/v2/images/1")
    assert answer.headers["content-type"] == "text/plain"
    assert answer.text.startswith("Not Found: The resource")
    fake.quirk("html_errors")
    answer = odd.get("/v2/images/1")
    assert answer.headers["content-type"] == "text/html"
    assert "<h1>Not Found</h1>" in answer.text
    fake.quirk("empty_errors")
    answer = odd.get("/v2/images/1")
    assert (answer.status_code, answer.content) == (404, b"")


def test_empty_error_id_and_titled_error_id(fake: FakeDigitalOcean, api: httpx.Client) -> None:
    fake.quirk("empty_error_id")
    assert api.get("/v2/images/1").json()["id"] == ""
    fake.quirk("titled_error_id")
    fake.quota(0)
    assert api.get("/v2/images/1").json()["id"] == "Too Many Requests"


def test_object_message_and_root_causes(fake: FakeDigitalOcean, odd: httpx.Client) -> None:
    fake.quirk("object_message")
    assert isinstance(odd.get("/v2/images/1").json()["message"], dict)
    fake.quirk("root_causes")
    answer = odd.get("/v2/images/1").json()
    assert answer.keys() == {"error", "root_causes"}


def test_other_busy_words(fake: FakeDigitalOcean, api: httpx.Client) -> None:
    fake.quirk("other_busy_words", "one_transfer_at_a_time")
    started(api)
    busy = api.post(ACTIONS, json={**START, "region": "fra1"})
    assert busy.status_code == 422
    assert busy.json()["message"] == "Another event is in progress on this image."
    assert "accessing" in api.get("/v2/images/1").json()["message"]


# ── Headers and time ────────────────────────────────────────────────────────────────────────


def test_no_rate_limit(fake: FakeDigitalOcean, odd: httpx.Client) -> None:
    fake.quirk("no_rate_limit")
    headers = odd.get("/v2/images").headers
    assert not [name for name in headers if name.startswith("ratelimit")]
    assert "date" in headers


def test_stale_get_and_stale_list(fake: FakeDigitalOcean, api: httpx.Client) -> None:
    fake.quirk("stale_get")
    fake.stale_for(10)
    body = {"name": "n", "url": "https://example.com/i.raw", "region": "nyc3"}
    new = api.post("/v2/images", json=body).json()["image"]["id"]
    action = started(api)["id"]

    def seen() -> list[int]:
        paths = (f"/v2/images/{new}", f"{ACTIONS}/{action}", f"/v2/actions/{action}")
        return [api.get(path).status_code for path in paths]

    def listed() -> list[bool]:
        return [
            new in [image["id"] for image in page(api)["images"]],
            action in [action["id"] for action in api.get(ACTIONS).json()["actions"]],
            action in [action["id"] for action in api.get("/v2/actions").json()["actions"]],
        ]

    assert (seen(), listed()) == ([404] * 3, [True] * 3)
    fake.quirk("stale_list")
    fake.quirk("stale_get", on=False)
    assert (seen(), listed()) == ([200] * 3, [False] * 3)
    fake.advance(10)
    fake.quirk("stale_get")
    assert (seen(), listed()) == ([200] * 3, [True] * 3)
    with fake.client() as do:
        image = do.image.create(name="m", url="https://example.com", region="nyc3", wait=True)
        assert image.status == "available"


def test_quirks_of_every_kind_at_once(fake: FakeDigitalOcean) -> None:
    spared: set[Quirk] = {"action_without_envelope", "stale_get", "next_repeats", "next_never_ends"}
    fake.quirk(*(name for name in get_args(Quirk) if name not in spared))
    with fake.client() as do:
        assert {image.id for image in do.image.list(private=True)} == {7555620, 7555621, 7555622}
        action = do.image.transfer(7555620, "nyc3", wait=True)
        assert action.status == "completed"

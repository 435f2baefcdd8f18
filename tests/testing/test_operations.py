"""What the fake answers, over plain HTTP; every answer is held against the spec."""

import math
import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import httpx
import pytest

from do_images import _endpoints
from do_images._base import Endpoint
from do_images.testing import FakeDigitalOcean
from do_images.testing._routes import ROUTES, Route
from tests.testing.faithful import BASE, NEW_YEAR, SPEC, Faithful, http, raw

SNAPSHOT, BACKUP, CUSTOM = 7555620, 7555621, 7555622


def ids(response: httpx.Response) -> list[int]:
    assert response.status_code == 200, response.text
    body: dict[str, Any] = response.json()
    items: list[dict[str, Any]] = body["images" if "images" in body else "actions"]
    return [item["id"] for item in items]


def transfer(api: httpx.Client, image: int = SNAPSHOT, region: str = "nyc3") -> dict[str, Any]:
    response = api.post(f"/v2/images/{image}/actions", json={"type": "transfer", "region": region})
    assert response.status_code == 201, response.text
    action: dict[str, Any] = response.json()["action"]
    return action


def refused(response: httpx.Response, status: int, words: str = "") -> None:
    assert response.status_code == status, response.text
    error = response.json()
    assert error["request_id"] == response.headers["x-request-id"]
    assert words in error["message"]


def test_serves_every_operation_and_nothing_else() -> None:
    endpoints = {
        name.lower(): (value.method, value.path)
        for name, value in vars(_endpoints).items()
        if isinstance(value, Endpoint)
    }
    assert {route.operation: (route.method, route.path) for route in ROUTES} == endpoints
    assert {item["operationId"] for path in SPEC["paths"].values() for item in path.values()} == {
        *endpoints
    }


# ── Reading images ──────────────────────────────────────────────────────────────────────────


def test_lists_what_filters_ask_for(fake: FakeDigitalOcean, api: httpx.Client) -> None:
    everything = {image.id: image for image in fake.images}
    assert set(ids(api.get("/v2/images"))) == set(everything)
    distributions = ids(api.get("/v2/images?type=distribution"))
    assert distributions
    assert {everything[id_].type for id_ in distributions} == {"base"}
    applications = ids(api.get("/v2/images?type=application"))
    assert applications
    assert all(everything[id_].public and everything[id_].slug for id_ in applications)
    assert set(distributions).isdisjoint(applications)
    assert ids(api.get("/v2/images?private=true")) == [SNAPSHOT, BACKUP, CUSTOM]
    assert ids(api.get("/v2/images?private=True")) == [SNAPSHOT, BACKUP, CUSTOM]
    assert len(ids(api.get("/v2/images?private=false"))) == len(everything)
    assert ids(api.get("/v2/images?tag_name=prod")) == [CUSTOM]
    assert ids(api.get("/v2/images?tag_name=pro")) == []
    assert ids(api.get("/v2/images?type=unheard-of")) == []


@pytest.mark.parametrize(
    "query",
    [
        "page=0",
        "page=x",
        "per_page=0",
        "per_page=",
        "page=-1",
        "page=" + "9" * 1000,
        "private=maybe",
    ],
)
def test_refuses_an_invalid_query(api: httpx.Client, query: str) -> None:
    refused(api.get(f"/v2/images?{query}"), 400, query.partition("=")[0])


def test_gets_an_image_by_id_and_by_slug(api: httpx.Client) -> None:
    by_slug = api.get("/v2/images/ubuntu-24-04-x64").json()["image"]
    by_id = api.get(f"/v2/images/{by_slug['id']}").json()["image"]
    assert by_id == by_slug
    assert by_slug["public"] is True
    image = api.get("/v2/images/7555620").json()["image"]
    assert image["type"] == "snapshot"
    assert image["public"] is False
    assert image["slug"] is None
    assert "nyc1" in image["regions"]
    assert "nyc3" not in image["regions"]


@pytest.mark.parametrize("id_slug", ["1", "0", "no-such-slug", "9" * 30, "%2e%2e", "%D9%A1"])
def test_an_image_that_is_not_there(api: httpx.Client, id_slug: str) -> None:
    refused(api.get(f"/v2/images/{id_slug}"), 404)


def test_pages_link_to_each_other(fake: FakeDigitalOcean, api: httpx.Client) -> None:
    added = fake.add_images(10)
    url = "/v2/images?private=true&per_page=5"
    first = api.get(url)
    body = first.json()
    assert body["meta"] == {"total": 13}
    base = "https://api.digitalocean.com/v2/images?private=true&per_page=5&page="
    assert body["links"]["pages"] == {"next": f"{base}2", "last": f"{base}3"}
    second = api.get(body["links"]["pages"]["next"])
    links = {"first": f"{base}1", "prev": f"{base}1", "next": f"{base}3", "last": f"{base}3"}
    assert second.json()["links"]["pages"] == links
    third = api.get(second.json()["links"]["pages"]["next"])
    assert third.json()["links"]["pages"] == {"first": f"{base}1", "prev": f"{base}2"}
    listed = ids(first) + ids(second) + ids(third)
    assert listed == [SNAPSHOT, BACKUP, CUSTOM, *added]
    assert ids(api.get(f"{url}&page={10**30}")) == []
    beyond = api.get(f"{url}&page=9")
    assert ids(beyond) == []
    assert beyond.json()["links"]["pages"]["prev"] == f"{base}3"
    assert api.get("/v2/images?private=true&per_page=13").json()["links"] == {}


# ── Changing images ─────────────────────────────────────────────────────────────────────────


def test_updates_what_the_body_has(fake: FakeDigitalOcean, api: httpx.Client) -> None:
    changes = {"name": "new", "description": "words", "distribution": "Fedora"}
    answer = api.put("/v2/images/7555620", json=changes).json()["image"]
    assert changes.items() <= answer.items()
    assert api.put("/v2/images/7555620", json={"name": "newer"}).json()["image"]["description"]
    assert api.put("/v2/images/7555620", json={"description": ""}).status_code == 200
    (image,) = (image for image in fake.images if image.id == SNAPSHOT)
    assert (image.name, image.description, image.distribution) == ("newer", "", "Fedora")


@pytest.mark.parametrize(
    "body",
    [{"name": ""}, {"name": 1}, {"description": 1}, {"description": None}, {"distribution": []}],
)
def test_refuses_an_update_with_wrong_values(api: httpx.Client, body: dict[str, object]) -> None:
    refused(api.put("/v2/images/7555620", json=body), 422, "must")
    assert api.get("/v2/images/7555620").json()["image"]["name"] == "web-01-before-upgrade"


@pytest.mark.parametrize("content", [b"{", b"\xff", b"[" * 100_000, b"[]", b'"name"', b""])
def test_refuses_a_body_that_is_no_object(
    fake: FakeDigitalOcean, api: httpx.Client, content: bytes
) -> None:
    kind = {"Content-Type": "application/json; charset=utf-8"}
    refused(api.put("/v2/images/7555620", content=content, headers=kind), 400)
    assert fake.requests[-1].body != {}


@pytest.mark.parametrize("kind", ["", "application/x-www-form-urlencoded", "text/json"])
def test_refuses_a_body_that_is_not_called_json(api: httpx.Client, kind: str) -> None:
    headers = {"Content-Type": kind}
    answer = api.put("/v2/images/7555620", content=b'{"name": "new"}', headers=headers)
    refused(answer, 415, "Content-Type: application/json")


def test_destroys_once(api: httpx.Client) -> None:
    answer = api.delete("/v2/images/7555620")
    assert (answer.status_code, answer.content) == (204, b"")
    assert "content-length" not in answer.headers
    refused(api.delete("/v2/images/7555620"), 404)
    refused(api.get("/v2/images/7555620"), 404)
    refused(api.get("/v2/images/7555620/actions"), 404)
    assert SNAPSHOT not in ids(api.get("/v2/images"))


def test_public_images_are_not_for_changing(api: httpx.Client) -> None:
    image = api.get("/v2/images/debian-12-x64").json()["image"]["id"]
    refused(api.put(f"/v2/images/{image}", json={"name": "mine"}), 404)
    refused(api.delete(f"/v2/images/{image}"), 404)
    refused(api.post(f"/v2/images/{image}/actions", json={"type": "convert"}), 404)
    assert ids(api.get(f"/v2/images/{image}/actions")) == []


# ── Imports ─────────────────────────────────────────────────────────────────────────────────

IMPORT = {"name": "mine", "url": "https://example.com/mine.qcow2", "region": "nyc3"}


def test_imports_a_custom_image(fake: FakeDigitalOcean, api: httpx.Client) -> None:
    fake.imports_take(100)
    body = {**IMPORT, "distribution": "Debian", "description": "d", "tags": ["a", "b"]}
    answer = api.post("/v2/images", json=body)
    assert answer.status_code == 202
    image = answer.json()["image"]
    assert image["status"] == "NEW"
    assert image["regions"] == []
    assert image["tags"] == ["a", "b"]
    assert (image["distribution"], image["description"]) == ("Debian", "d")
    assert image.keys().isdisjoint({"slug", "public", "min_disk_size", "size_gigabytes"})
    path = f"/v2/images/{image['id']}"
    fake.advance(99)
    assert api.get(path).json()["image"]["status"] == "pending"
    refused(api.post(f"{path}/actions", json={"type": "transfer", "region": "fra1"}), 422)
    fake.advance(1)
    ready = api.get(path).json()["image"]
    assert (ready["status"], ready["regions"]) == ("available", ["nyc3"])
    assert ready["public"] is False
    assert ready["size_gigabytes"] > 0
    assert ready["id"] in ids(api.get("/v2/images?private=true&tag_name=a"))
    transfer(api, ready["id"], "fra1")


def test_an_import_that_fails_says_why(fake: FakeDigitalOcean, api: httpx.Client) -> None:
    fake.imports_fail("The image is not of a known format.")
    image = api.post("/v2/images", json=IMPORT).json()["image"]
    fake.imports_fail(None)
    other = api.post("/v2/images", json=IMPORT | {"tags": None}).json()["image"]
    fake.advance(3600)
    failed = api.get(f"/v2/images/{image['id']}").json()["image"]
    assert failed["status"] == "deleted"
    assert failed["error_message"] == "The image is not of a known format."
    assert api.get(f"/v2/images/{other['id']}").json()["image"]["status"] == "available"
    assert api.delete(f"/v2/images/{image['id']}").status_code == 204


def test_an_import_may_be_called_off(fake: FakeDigitalOcean, api: httpx.Client) -> None:
    image = api.post("/v2/images", json=IMPORT).json()["image"]["id"]
    assert api.delete(f"/v2/images/{image}").status_code == 204
    fake.advance(3600)
    refused(api.get(f"/v2/images/{image}"), 404)


@pytest.mark.parametrize(
    "change",
    [
        {"name": ""},
        {"name": None},
        {"url": ""},
        {"url": None},
        {"region": "moon1"},
        {"tags": "prod"},
        {"tags": [1]},
        {"distribution": 7},
        {"description": {}},
    ],
)
def test_refuses_an_import_with_wrong_values(
    fake: FakeDigitalOcean, api: httpx.Client, change: dict[str, object]
) -> None:
    before = len(fake.images)
    refused(api.post("/v2/images", json=IMPORT | change), 422)
    assert len(fake.images) == before


# ── Actions ─────────────────────────────────────────────────────────────────────────────────


def test_a_transfer_takes_its_time_and_adds_the_region(
    fake: FakeDigitalOcean, api: httpx.Client
) -> None:
    fake.transfer_takes(30)
    action = transfer(api)
    assert (action["status"], action["type"]) == ("in-progress", "transfer")
    assert (action["resource_id"], action["resource_type"]) == (SNAPSHOT, "image")
    assert action["completed_at"] is None
    assert action["region_slug"] == action["region"]["slug"] == "nyc3"
    assert action["region"]["name"] == "New York 3"
    fake.advance(29.9)
    path = f"/v2/images/{SNAPSHOT}/actions/{action['id']}"
    assert api.get(path).json()["action"]["status"] == "in-progress"
    fake.advance(1000)
    ended = api.get(path).json()["action"]
    assert ended["status"] == "completed"
    assert ended["started_at"] == "2026-01-01T00:00:00Z"
    assert ended["completed_at"] == "2026-01-01T00:00:30Z"
    assert api.get(f"/v2/actions/{action['id']}").json()["action"] == ended
    assert api.get("/v2/images/7555620").json()["image"]["regions"] == ["nyc1", "nyc2", "nyc3"]


def test_converts_a_backup(fake: FakeDigitalOcean, api: httpx.Client) -> None:
    fake.convert_takes(7)
    path = f"/v2/images/{BACKUP}/actions"
    action = api.post(path, json={"type": "convert"}).json()["action"]
    assert action["region_slug"] == "ams3"
    refused(api.post(path, json={"type": "convert"}), 422, "pending event")
    fake.advance(7)
    assert api.get(f"/v2/images/{BACKUP}").json()["image"]["type"] == "snapshot"
    refused(api.post(path, json={"type": "convert"}), 422, "backup")
    nowhere = fake.add_image(type="backup", regions=[])
    answer = api.post(f"/v2/images/{nowhere}/actions", json={"type": "convert"})
    assert answer.status_code == 201


@pytest.mark.parametrize(
    "body",
    [
        {"type": "transfer"},
        {"type": "transfer", "region": "moon1"},
        {"type": "transfer", "region": "nyc1"},
    ],
)
def test_refuses_a_transfer_to_nowhere(api: httpx.Client, body: dict[str, object]) -> None:
    refused(api.post("/v2/images/7555620/actions", json=body), 422)


@pytest.mark.parametrize("body", [{}, {"type": "rebuild"}, {"type": None}])
def test_an_unknown_type_of_action_is_not_found(api: httpx.Client, body: dict[str, object]) -> None:
    refused(api.post("/v2/images/7555620/actions", json=body), 404)


def test_a_busy_image_takes_nothing_more() -> None:
    fake = FakeDigitalOcean(one_transfer_at_a_time=True)
    fake.heal()
    api = http(fake)
    transfer(api)
    again = {"type": "transfer", "region": "fra1"}
    refused(api.post("/v2/images/7555620/actions", json=again), 422, "already has a pending event")
    refused(api.delete("/v2/images/7555620"), 422, "pending event")
    offer = {"recipient_uuid": "u"}
    refused(api.post("/v2/images/7555620/account_transfer", json=offer), 422, "pending event")
    fake.advance(5)
    transfer(api, region="fra1")


def test_transfers_of_one_image_run_in_parallel() -> None:
    with FakeDigitalOcean() as fake:
        api = http(fake)
        backup = fake.add_image(type="backup")
        first = transfer(api, backup, "nyc3")
        transfer(api, backup, "fra1")
        path = f"/v2/images/{backup}/actions"
        again = {"type": "transfer", "region": "nyc3"}
        refused(api.post(path, json=again), 422, "pending event")
        refused(api.post(path, json={"type": "convert"}), 422, "pending event")
        fake.advance(5)
        assert {action.status for action in fake.actions} == {"completed"}
        assert api.get(f"{path}/{first['id']}").json()["action"]["status"] == "completed"


def test_a_region_may_be_slower_than_others(fake: FakeDigitalOcean, api: httpx.Client) -> None:
    fake.transfer_takes(math.inf, region="nyc3")
    action = transfer(api)
    other = transfer(api, CUSTOM)
    fake.transfer_takes(1)
    backup = transfer(api, BACKUP, "sgp1")
    fake.advance(10**9)
    states = {action.id: action.status for action in fake.actions}
    assert states == {
        action["id"]: "in-progress",
        other["id"]: "in-progress",
        backup["id"]: "completed",
    }


def test_actions_can_be_made_to_fail(fake: FakeDigitalOcean, api: httpx.Client) -> None:
    action = transfer(api)
    fake.fail_action(action["id"])
    assert fake.actions[0].status == "in-progress"
    fake.advance(5)
    assert fake.actions[0].status == "errored"
    assert fake.actions[0].completed_at is not None
    assert "nyc3" not in api.get("/v2/images/7555620").json()["image"]["regions"]
    with pytest.raises(ValueError, match="has ended: errored"):
        fake.fail_action(action["id"])
    fake.fail_next_action("fra1")
    fake.fail_next_action()
    transfer(api, region="nyc3")
    transfer(api, BACKUP, "fra1")
    transfer(api, CUSTOM, "nyc2")
    fake.advance(5)
    assert [it.status for it in fake.actions] == ["errored", "errored", "errored", "completed"]


def test_lists_actions_newest_first(fake: FakeDigitalOcean, api: httpx.Client) -> None:
    first = transfer(api)["id"]
    second = transfer(api, BACKUP, "nyc1")["id"]
    fake.advance(5)
    third = transfer(api, SNAPSHOT, "sgp1")["id"]
    assert first < second < third
    assert ids(api.get("/v2/actions")) == [third, second, first]
    assert ids(api.get("/v2/images/7555620/actions")) == [third, first]
    assert ids(api.get("/v2/images/7555620/actions?per_page=1&page=2")) == [first]
    assert ids(api.get("/v2/actions?per_page=2")) == [third, second]
    assert [action.id for action in fake.actions] == [first, second, third]


def test_an_action_is_found_under_its_own_image_alone(api: httpx.Client) -> None:
    action = transfer(api)["id"]
    assert api.get(f"/v2/images/7555620/actions/{action}").status_code == 200
    refused(api.get(f"/v2/images/7555621/actions/{action}"), 404)
    refused(api.get("/v2/images/7555620/actions/1"), 404)
    refused(api.get("/v2/actions/1"), 404)
    refused(api.get("/v2/actions/x"), 404)


def test_an_image_that_vanishes_leaves_its_actions(
    fake: FakeDigitalOcean, api: httpx.Client
) -> None:
    action = transfer(api)["id"]
    fake.remove_image(SNAPSHOT)
    fake.advance(5)
    assert api.get(f"/v2/actions/{action}").json()["action"]["status"] == "completed"
    refused(api.get(f"/v2/images/7555620/actions/{action}"), 404)
    with pytest.raises(ValueError, match="there is no image 7555620"):
        fake.remove_image(SNAPSHOT)


# ── Account transfers ───────────────────────────────────────────────────────────────────────

OFFER = "/v2/images/7555620/account_transfer"


def offer(api: httpx.Client, **recipient: str) -> int:
    response = api.post(OFFER, json=recipient or {"recipient_email": "ops@example.com"})
    assert response.status_code == 201, response.text
    number: int = response.json()["transfer_id"]
    assert number > 0
    return number


def end(api: httpx.Client, how: str, number: object, **more: object) -> httpx.Response:
    return api.post(f"{OFFER}/{how}", json={"transfer_id": number, **more})


def test_an_offer_can_be_taken_back_or_declined(fake: FakeDigitalOcean, api: httpx.Client) -> None:
    number = offer(api)
    refused(api.post(OFFER, json={"recipient_uuid": "u"}), 422, "offered")
    them = http(fake, fake.token(account="ops@example.com"))
    for how, who in (("cancel", api), ("decline", them)):
        answer = end(who, how, number)
        assert (answer.status_code, answer.content) == (204, b"")
        refused(end(who, how, number), 404)
        number = offer(api)
    # Without a uuid of its own, any will do.
    assert end(them, "accept", number, recipient_uuid="u").status_code == 201
    assert ids(them.get("/v2/images?private=true")) == [SNAPSHOT]


def test_an_accepted_image_changes_its_owner(fake: FakeDigitalOcean, api: httpx.Client) -> None:
    action = transfer(api)["id"]
    fake.advance(5)
    number = offer(api, recipient_uuid="theirs")
    them = http(fake, fake.token(account="theirs"))
    refused(them.get("/v2/images/7555620"), 404)
    refused(end(them, "cancel", number), 404)
    refused(end(them, "accept", number, recipient_uuid="others"), 400)
    assert end(them, "accept", number, recipient_uuid="theirs").status_code == 201
    refused(api.get("/v2/images/7555620"), 404)
    refused(end(them, "accept", number, recipient_uuid="theirs"), 404)
    assert ids(them.get("/v2/images?private=true")) == [SNAPSHOT]
    assert ids(api.get("/v2/images?private=true")) == [BACKUP, CUSTOM]
    assert them.get(f"/v2/images/7555620/actions/{action}").status_code == 200
    refused(them.get(f"/v2/actions/{action}"), 404)
    assert ids(them.get("/v2/actions")) == []
    assert ids(api.get("/v2/actions")) == [action]


def test_nobody_else_can_answer_an_offer(fake: FakeDigitalOcean, api: httpx.Client) -> None:
    number = offer(api, recipient_uuid="theirs")
    for who in (api, http(fake, fake.token(account="others"))):
        refused(end(who, "accept", number, recipient_uuid="theirs"), 403, "Only the recipient")
        refused(end(who, "decline", number), 403, "Only the recipient")
    assert api.get("/v2/images/7555620").status_code == 200


def test_only_snapshots_can_be_offered(api: httpx.Client) -> None:
    for image in (BACKUP, CUSTOM):
        path = f"/v2/images/{image}/account_transfer"
        refused(api.post(path, json={"recipient_uuid": "u"}), 422, "Only a snapshot")


def test_another_account_may_offer_an_image(fake: FakeDigitalOcean, api: httpx.Client) -> None:
    image, number = fake.offer_image(name="gift")
    refused(api.get(f"/v2/images/{image}"), 404)
    body = {"transfer_id": number, "recipient_uuid": "ours"}
    path = f"/v2/images/{image}/account_transfer/accept"
    refused(api.post(path.replace(str(image), "7555620"), json=body), 404)
    assert api.post(path, json=body).status_code == 201
    assert api.get(f"/v2/images/{image}").json()["image"]["name"] == "gift"


def test_a_destroyed_image_is_offered_no_more(api: httpx.Client) -> None:
    number = offer(api)
    assert api.delete("/v2/images/7555620").status_code == 204
    refused(end(api, "accept", number, recipient_uuid="u"), 404)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"recipient_email": "a@example.com", "recipient_uuid": "u"},
        {"recipient_email": ""},
        {"recipient_uuid": ""},
        {"recipient_uuid": 1},
    ],
)
def test_refuses_an_offer_to_nobody(api: httpx.Client, body: dict[str, object]) -> None:
    refused(api.post(OFFER, json=body), 400)


@pytest.mark.parametrize("number", ["1", True, None, 1.5, 0])
def test_refuses_an_offer_id_that_is_none(api: httpx.Client, number: object) -> None:
    refused(end(api, "decline", number), 400, "transfer_id")
    refused(end(api, "cancel", number), 400, "transfer_id")
    refused(end(api, "accept", number, recipient_uuid="u"), 400, "transfer_id")
    refused(end(api, "accept", 1), 400, "recipient_uuid")


# ── Tokens ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "authorization", ["", "Bearer", "Bearer nobody", "Basic dXNlcjpwYXNz", "Token nobody"]
)
def test_without_a_known_token_nothing_is_answered(
    fake: FakeDigitalOcean, authorization: str
) -> None:
    headers = {"Authorization": authorization} if authorization else {}
    api = httpx.Client(transport=Faithful(fake), base_url="https://example.com", headers=headers)
    refused(api.get("/v2/images/1"), 401)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.operation)
def test_no_operation_lets_anybody_in(fake: FakeDigitalOcean, route: Route) -> None:
    path = re.sub(r"\{\w+\}", "7555620", route.path)
    refused(http(fake, "nobody's").request(route.method, path, json={}), 401)
    weak = fake.token(scopes={"droplet:read"})
    refused(http(fake, weak).request(route.method, path, json={}), 403, ", ".join(route.scopes))
    assert not fake.actions


def test_the_scheme_of_a_token_is_written_as_one_likes(fake: FakeDigitalOcean) -> None:
    for scheme in ("bearer", "BEARER", "Bearer "):
        response = fake.handle("GET", "/v2/actions", {"aUTHORIZATION": f"{scheme} {fake.token()}"})
        assert response.status == 200


def test_one_scope_is_not_several(fake: FakeDigitalOcean) -> None:
    with pytest.raises(TypeError, match="scopes must be several"):
        fake.token("image:read")


def test_a_token_does_what_its_scopes_allow(fake: FakeDigitalOcean) -> None:
    api = http(fake, fake.token(scopes={"image:read"}))
    assert api.get("/v2/images").status_code == 200
    body = {"type": "transfer", "region": "nyc3"}
    refused(api.post("/v2/images/7555620/actions", json=body), 403, "image:update")
    refused(api.get("/v2/actions"), 403, "actions:read")
    refused(
        api.post("/v2/images/7555620/account_transfer", json={}), 403, "image:update, image:delete"
    )
    assert not fake.actions
    api = http(fake, fake.token(scopes=["actions:read"]))
    assert api.get("/v2/actions").status_code == 200


def test_any_token_will_do_where_that_is_wanted() -> None:
    with FakeDigitalOcean(accept_any_token=True) as fake:
        assert http(fake, "anything").get("/v2/images/7555620").status_code == 200
        refused(http(fake, fake.token(scopes=())).get("/v2/images"), 403)
        for headers in ({}, {"Authorization": "Basic anything"}):
            api = httpx.Client(transport=fake.transport, headers=headers)
            assert api.get("https://x/v2/images").status_code == 401


# ── The rest of the API ─────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "path", ["/", "/v2", "/v2/droplets", "/v2/images/1/actions/2/3", "/v2/images//actions"]
)
def test_what_is_not_served_is_not_found(api: httpx.Client, path: str) -> None:
    refused(api.get(path), 404)


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("PATCH", "/v2/images/7", "GET, PUT, DELETE"),
        ("DELETE", "/v2/actions", "GET"),
    ],
)
def test_a_method_that_a_path_does_not_know(
    api: httpx.Client, method: str, path: str, allow: str
) -> None:
    answer = api.request(method, path)
    refused(answer, 405, allow)
    assert answer.headers["allow"] == allow


def test_head_has_no_body(fake: FakeDigitalOcean) -> None:
    api = raw(fake)
    answer, whole = api.head("/v2/images/7555620"), api.get("/v2/images/7555620")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-length"] == whole.headers["content-length"]
    missing = httpx.Client(transport=fake.transport).head("https://x/v2/images/7555620")
    assert (missing.status_code, missing.content) == (401, b"")


def test_options_are_answered_without_a_token(fake: FakeDigitalOcean) -> None:
    answer = httpx.Client(transport=fake.transport).options("https://x/v2/images/1")
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["access-control-allow-methods"] == "GET, PUT, DELETE, OPTIONS"


def test_keeps_what_was_sent(fake: FakeDigitalOcean, api: httpx.Client) -> None:
    fake.advance(1.5)
    transfer(api)
    api.get("/v2/images", params={"page": 2, "per_page": 50})
    api.put("/v2/images/7", content=b"no JSON")
    api.get("/v2/droplets")
    first, second, third, fourth = fake.requests
    assert (first.method, first.path, first.status) == ("POST", "/v2/images/7555620/actions", 201)
    assert first.body == {"type": "transfer", "region": "nyc3"}
    assert first.operation == "image_actions_create"
    assert first.origin == "https://api.digitalocean.com"
    assert datetime.fromtimestamp(first.time, UTC) == fake.now
    assert first.headers["authorization"].startswith("Bearer dop_v1_")
    assert (second.query, second.body) == ({"page": "2", "per_page": "50"}, None)
    assert third.body == "no JSON"
    assert (fourth.operation, fourth.status) == (None, 404)
    assert repr(second) == "<Request GET /v2/images?page=2&per_page=50: 200>"
    assert repr(first) == (
        "<Request POST /v2/images/7555620/actions {'type': 'transfer', 'region': 'nyc3'}: 201>"
    )
    assert repr(fake) == "<FakeDigitalOcean: 16 images, 1 actions, 4 requests>"


def test_what_was_sent_so_far_does_not_grow(fake: FakeDigitalOcean, api: httpx.Client) -> None:
    before = fake.requests
    api.get("/v2/images")
    assert before == []
    assert len(fake.requests) == 1


def test_answers_without_any_wire(fake: FakeDigitalOcean) -> None:
    headers = {"Authorization": f"Bearer {fake.token()}"}
    response = fake.handle("GET", "/v2/images?private=true", headers)
    assert response.status == 200
    assert b"7555620" in response.content


def test_every_answer_says_when_and_which_it_is(fake: FakeDigitalOcean, api: httpx.Client) -> None:
    first = api.get("/v2/images/7555620")
    fake.advance(61)
    second = api.get("/v2/nowhere")
    assert first.headers["date"] == "Thu, 01 Jan 2026 00:00:00 GMT"
    assert second.headers["date"] == "Thu, 01 Jan 2026 00:01:01 GMT"
    assert first.headers["x-request-id"] != second.headers["x-request-id"]


# ── What a test arranges ────────────────────────────────────────────────────────────────────


def test_adds_images_of_every_kind() -> None:
    with FakeDigitalOcean(empty=True) as fake:
        api = http(fake)
        assert ids(api.get("/v2/images")) == []
        moment = datetime(2020, 2, 3, 4, tzinfo=timezone(timedelta(hours=1)))
        base = fake.add_image(
            id=7,
            name="9 x64",
            type="base",
            public=True,
            slug="nine",
            distribution="Nine",
            regions=["nyc3", "fra1"],
            min_disk_size=1,
            size_gigabytes=0.5,
            description=None,
            tags=["t"],
            created_at=moment,
        )
        app = fake.add_image(public=True)
        new = fake.add_image(type="custom", status="NEW")
        bad = fake.add_image(type="custom", status="deleted", error_message="no")
        assert base == 7
        image = api.get("/v2/images/nine").json()["image"]
        assert image["created_at"] == "2020-02-03T03:00:00Z"
        assert (image["name"], image["regions"]) == ("9 x64", ["nyc3", "fra1"])
        assert ids(api.get("/v2/images?type=distribution")) == [7]
        assert ids(api.get("/v2/images?type=application")) == [app]
        assert api.get(f"/v2/images/{new}").json()["image"].keys().isdisjoint({"slug", "public"})
        assert api.get(f"/v2/images/{bad}").json()["image"]["error_message"] == "no"
        with pytest.raises(ValueError, match="there is an image 7"):
            fake.add_image(id=7)
        with pytest.raises(ValueError, match="time zone"):
            fake.add_image(created_at=moment.replace(tzinfo=None))
        fake.remove_image(7)
        refused(api.get("/v2/images/nine"), 404)


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        ({"id": 0}, ValueError, "1 or more: 0"),
        ({"id": SNAPSHOT}, ValueError, "there is an image 7555620 already"),
        ({"slug": "debian-12-x64"}, ValueError, "there is an image 'debian-12-x64' already"),
        ({"regions": "nyc1"}, TypeError, "regions must be several, such as ['nyc1']"),
        ({"tags": "prod"}, TypeError, "tags must be several, such as ['prod']"),
    ],
)
def test_refuses_an_invalid_image(
    fake: FakeDigitalOcean, arguments: dict[str, Any], error: type[Exception], text: str
) -> None:
    before = fake.images
    with pytest.raises(error, match=re.escape(text)):
        fake.add_image(**arguments)
    assert fake.images == before


def test_shows_one_image_and_one_action(fake: FakeDigitalOcean, api: httpx.Client) -> None:
    action = transfer(api)["id"]
    assert fake.action(action).status == "in-progress"
    fake.advance(5)
    assert fake.action(action) == fake.actions[0]
    assert fake.image(SNAPSHOT).regions == ["nyc1", "nyc2", "nyc3"]
    assert fake.image("debian-12-x64").public
    assert len(fake.requests) == 1
    for nothing in (1, "no-such-slug"):
        with pytest.raises(ValueError, match=f"there is no image {nothing!r}"):
            fake.image(nothing)
    for find in (fake.action, fake.fail_action):
        with pytest.raises(ValueError, match="there is no action 1"):
            find(1)


def test_the_seed_determines_everything() -> None:
    def story(seed: int) -> list[object]:
        with FakeDigitalOcean(seed=seed, now=NEW_YEAR) as fake:
            api = http(fake)
            transfer(api)
            image = api.post("/v2/images", json=IMPORT).json()["image"]["id"]
            number = fake.offer_image()
            answer = api.get("/v2/actions")
            return [fake.token(), image, number, answer.headers, answer.content, fake.requests]

    assert story(1) == story(1)
    assert story(1) != story(2)


def test_two_fakes_never_see_each_other(fake: FakeDigitalOcean, api: httpx.Client) -> None:
    with FakeDigitalOcean() as other:
        api.put("/v2/images/7555620", json={"name": "changed"})
        transfer(api)
        fake.quirk("null_tags")
        fake.fail_next("*", "*", status=500)
        answer = http(other).get("/v2/images/7555620").json()["image"]
        assert answer["name"] == "web-01-before-upgrade"
        assert answer["regions"] == ["nyc1", "nyc2"]
        assert not other.actions
        assert len(other.requests) == 1
        refused(http(other, fake.token(account="x")).get("/v2/images"), 401)


@pytest.mark.parametrize("seconds", [-1.0, math.nan])
def test_refuses_times_that_are_none(fake: FakeDigitalOcean, seconds: float) -> None:
    for change in (fake.transfer_takes, fake.convert_takes, fake.imports_take, fake.advance):
        with pytest.raises(ValueError, match="seconds must be"):
            change(seconds)
    with pytest.raises(ValueError, match="no region 'moon1'"):
        fake.transfer_takes(1, region="moon1")
    with pytest.raises(ValueError, match="no region 'moon1'"):
        fake.fail_next_action("moon1")


def test_every_operation_is_held_against_the_spec(fake: FakeDigitalOcean) -> None:
    wire = Faithful(fake)
    headers = {"Authorization": f"Bearer {fake.token()}"}
    api = httpx.Client(transport=wire, base_url="https://api.digitalocean.com", headers=headers)
    fake.add_images(30)
    image = api.post("/v2/images", json=IMPORT).json()["image"]["id"]
    action = transfer(api)["id"]
    for path in (
        "/v2/images",
        "/v2/images?page=2",
        f"/v2/images/{image}",
        "/v2/images/ubuntu-24-04-x64",
        "/v2/images/7555620/actions",
        f"/v2/images/7555620/actions/{action}",
        "/v2/actions",
        f"/v2/actions/{action}",
    ):
        assert api.get(path).status_code == 200
    fake.advance(100)
    api.put(f"/v2/images/{image}", json={"name": "renamed"})
    them = httpx.Client(transport=wire, base_url=BASE)
    them.headers["Authorization"] = f"Bearer {fake.token(account='u')}"
    for how, who in (("decline", them), ("cancel", api), ("accept", them)):
        number = offer(api, recipient_uuid="u")
        assert end(who, how, number, recipient_uuid="u").status_code in {201, 204}
    api.delete(f"/v2/images/{image}")
    assert {operation for operation, _ in wire.seen} == {route.operation for route in ROUTES}


# ── As the API does it ──────────────────────────────────────────────────────────────────────


def test_a_page_holds_200_at_most(fake: FakeDigitalOcean, api: httpx.Client) -> None:
    fake.add_images(250)
    answer = raw(fake).get("/v2/images?private=true&per_page=1000").json()
    assert len(answer["images"]) == 200
    assert answer["links"]["pages"]["last"].endswith("per_page=1000&page=2")


@pytest.mark.parametrize(
    ("given", "kept"),
    [("Ubuntu", "Ubuntu"), ("debian", "Debian"), ("Haiku", "Unknown OS"), (None, "Unknown")],
)
def test_an_unknown_distribution(api: httpx.Client, given: str | None, kept: str) -> None:
    body = {**IMPORT, "distribution": given} if given else {**IMPORT}
    if given is None:
        body.pop("distribution", None)
    image = api.post("/v2/images", json=body).json()["image"]
    assert image["distribution"] == kept
    if given:
        changed = api.put(f"/v2/images/{CUSTOM}", json={"distribution": given})
        assert changed.json()["image"]["distribution"] == kept


def test_an_unknown_action_type(api: httpx.Client) -> None:
    answer = api.post("/v2/images/7555620/actions", json={"type": "resize"})
    refused(answer, 404, "The specified action type is not available.")


def test_a_failed_import_is_in_no_list(fake: FakeDigitalOcean, api: httpx.Client) -> None:
    fake.imports_fail("It is no disk image.")
    image = api.post("/v2/images", json=IMPORT).json()["image"]["id"]
    assert image in ids(api.get("/v2/images?private=true"))
    fake.advance(30)
    assert image not in ids(api.get("/v2/images?private=true"))
    kept = api.get(f"/v2/images/{image}").json()["image"]
    assert (kept["status"], kept["error_message"]) == ("deleted", "It is no disk image.")


def test_only_the_last_requests_are_kept(fake: FakeDigitalOcean) -> None:
    for _ in range(10_001):
        fake.handle("GET", "/v2/nowhere", {})
    fake.handle("GET", "/v2/images", {})
    assert len(fake.requests) == 10_000
    assert fake.requests[-1].operation == "images_list"

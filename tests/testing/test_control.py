"""The control endpoint, for tests in other languages; and images to begin with."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from do_images.testing import FakeDigitalOcean
from tests.testing.faithful import raw

SNAPSHOT = 7555620


@pytest.fixture
def url(fake: FakeDigitalOcean) -> Iterator[str]:
    with fake.serve(speed=0) as url:
        yield url


@pytest.fixture
def wire(url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{url}/_fake", trust_env=False) as wire:
        yield wire


def call(wire: httpx.Client, name: str, /, **arguments: object) -> Any:
    answer = wire.post(f"/{name}", json=arguments)
    assert answer.status_code == 200, answer.text
    return answer.json()["result"]


def read(wire: httpx.Client, name: str) -> Any:
    answer = wire.get(f"/{name}")
    assert answer.status_code == 200, answer.text
    return answer.json()["result"]


def test_arranges_and_inspects(fake: FakeDigitalOcean, wire: httpx.Client) -> None:
    created = "2025-12-24T18:00:00Z"
    id_ = call(wire, "add_image", name="golden", regions=["nyc1"], created_at=created)
    assert fake.image(id_).name == "golden"
    assert fake.image(id_).created_at.isoformat() == "2025-12-24T18:00:00+00:00"
    assert read(wire, "images")[-1]["id"] == id_
    call(wire, "advance", seconds=90)
    assert read(wire, "now") == "2026-01-01T00:01:30+00:00"
    token = call(wire, "token", scopes=["image:read"])
    assert raw(fake, token).get("/v2/images").status_code == 200
    image, transfer = call(wire, "offer_image")
    assert (fake.image(image).name, transfer > 0) == ("offered", True)
    (request,) = read(wire, "requests")
    assert (request["method"], request["path"], request["status"]) == ("GET", "/v2/images", 200)
    assert request["headers"]["authorization"] == f"Bearer {token}"
    assert read(wire, "actions") == []


def test_faults_and_quirks(fake: FakeDigitalOcean, wire: httpx.Client) -> None:
    call(wire, "fail_next", method="GET", path="/v2/images/{id}", status=503)
    call(wire, "quirk", names=["null_tags"])
    assert read(wire, "unused_faults") == ["GET /v2/images/{id}: status=503"]
    assert raw(fake).get(f"/v2/images/{SNAPSHOT}").status_code == 503
    assert (read(wire, "unused_faults"), read(wire, "faults_left")) == ([], 0)
    assert raw(fake).get(f"/v2/images/{SNAPSHOT}").json()["image"]["tags"] is None
    call(wire, "quirk", names=["null_tags"], on=False)
    assert raw(fake).get(f"/v2/images/{SNAPSHOT}").json()["image"]["tags"] == []


def test_starts_again(fake: FakeDigitalOcean, wire: httpx.Client) -> None:
    (extra,) = fake.load('[{"id": 5, "name": "five", "created_at": "2026-01-01T00:00:00Z"}]')
    with fake.client() as do:
        do.image.transfer(SNAPSHOT, "nyc3")
        fake.fail_next("*", "*", status=500)
        fake.quirk("null_tags")
        fake.remove_image(extra)
        fake.add_images(2)
        call(wire, "reset")
        assert (fake.actions, fake.requests, fake.faults_left) == ([], [], 0)
        assert [image.id for image in fake.images if not image.public] == [
            *(SNAPSHOT, 7555621, 7555622, extra),
        ]
        assert do.image.info(SNAPSHOT).regions == ["nyc1", "nyc2"]  # the token is known still


@pytest.mark.parametrize(
    ("method", "path", "content", "status", "message"),
    [
        ("POST", "add_image", b'{"size": 3}', 400, "size"),
        ("POST", "add_image", b'{"id": 7555620}', 400, "there is an image 7555620 already"),
        ("POST", "advance", b'{"seconds": -1}', 400, "seconds must be"),
        ("POST", "advance", b"[1]", 400, "JSON object"),
        ("POST", "advance", b"{", 400, "Expecting"),
        ("POST", "now", b"", 404, "GET /_fake/now"),
        ("GET", "advance", b"", 404, "POST /_fake/advance"),
        ("POST", "client", b"", 404, "POST /_fake/reset"),
    ],
)
def test_refuses_what_is_wrong(
    wire: httpx.Client, method: str, path: str, content: bytes, status: int, message: str
) -> None:
    answer = wire.request(method, f"/{path}", content=content)
    assert (answer.status_code, message in answer.json()["message"]) == (status, True)


def test_is_no_part_of_the_fake_in_process(fake: FakeDigitalOcean) -> None:
    assert raw(fake).get("/_fake/now").status_code == 404


# ── Images to begin with ────────────────────────────────────────────────────────────────────


def test_what_the_api_answers_can_be_loaded(fake: FakeDigitalOcean) -> None:
    api = raw(fake)
    whole = api.get("/v2/images?per_page=200")
    with FakeDigitalOcean(now=fake.now, empty=True) as copy:
        ids = copy.load(whole.content)
        assert len(ids) == whole.json()["meta"]["total"]
        assert raw(copy).get("/v2/images?per_page=200").json() == whole.json()


def test_fields_that_are_unknown_or_null_are_left_out() -> None:
    body = {
        "id": 9,
        "name": "old",
        "created_at": "2014-11-04T22:23:02Z",
        "slug": None,
        "tags": None,
        "fedramp": True,
    }
    with FakeDigitalOcean(empty=True) as fake:
        assert fake.load(json.dumps({"images": [body]})) == [9]
        assert (fake.image(9).tags, fake.image(9).slug) == ([], None)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "Expecting"),
        ("{}", "images: Input should be a valid"),
        ('[{"id": 9}]', "0.name: Field required"),
    ],
)
def test_refuses_what_is_not_such_json(content: str, message: str) -> None:
    with FakeDigitalOcean(empty=True) as fake, pytest.raises(ValueError, match=message):
        fake.load(content)

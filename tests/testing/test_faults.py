"""What goes wrong on demand, in process."""

import asyncio
import json
import math
import re
from collections.abc import Callable
from typing import Any, get_args

import httpx
import pytest

from do_images import (
    APIConnectionError,
    APIResponseValidationError,
    APITimeoutError,
    InternalServerError,
    RateLimitError,
)
from do_images.testing import Broken, FakeDigitalOcean, Loss
from tests.testing.faithful import raw

START = {"type": "transfer", "region": "nyc3"}
ACTIONS = "/v2/images/7555620/actions"


@pytest.fixture
def api(fake: FakeDigitalOcean) -> httpx.Client:
    """HTTP to it, with nothing held against the spec."""
    return raw(fake)


def test_a_status_in_place_of_the_work(fake: FakeDigitalOcean, api: httpx.Client) -> None:
    fake.fail_next("post", "/v2/images/{id}/actions", status=503)
    assert fake.faults_left == 1
    assert api.get(ACTIONS).status_code == 200
    answer = api.post(ACTIONS, json=START)
    assert answer.status_code == 503
    assert answer.json()["id"] == "service_unavailable"
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
    assert answer.headers["ratelimit-remaining"] == "4999"
    assert not fake.actions
    assert fake.requests[-1].status == 503
    assert fake.faults_left == 0
    assert api.post(ACTIONS, json=START).status_code == 201


def test_a_status_although_the_work_is_done(fake: FakeDigitalOcean, api: httpx.Client) -> None:
    fake.fail_next("POST", "/v2/images/{image_id}/actions", status=500, after=True)
    assert api.post(ACTIONS, json=START).status_code == 500
    assert len(fake.actions) == 1


@pytest.mark.parametrize(
    ("status", "body", "kind", "content"),
    [
        (502, None, "text/html", b"<html><body><h1>502: bad gateway</h1></body></html>"),
        (522, None, "text/html", b"<html><body><h1>522: bad gateway</h1></body></html>"),
        (418, {"a": [1]}, "application/json", b'{"a":[1]}'),
        (500, "", "text/plain", b""),
        (500, "busy", "text/plain", b"busy"),
        (500, "<p>", "text/html", b"<p>"),
        (500, b"\x00", "application/octet-stream", b"\x00"),
        (302, None, "application/json", b""),
    ],
)
def test_the_body_of_a_status(
    fake: FakeDigitalOcean, api: httpx.Client, status: int, body: Any, kind: str, content: bytes
) -> None:
    fake.fail_next("*", "*", status=status, body=body, headers={"Retry-After": "7"})
    answer = api.get(ACTIONS)
    assert (answer.status_code, answer.content) == (status, content)
    assert answer.headers["content-type"] == kind
    assert answer.headers["retry-after"] == "7"


def test_a_status_that_has_no_name(fake: FakeDigitalOcean, api: httpx.Client) -> None:
    fake.fail_next("GET", "*", status=599)
    assert api.get(ACTIONS).json()["message"] == "Status 599, on demand."


def test_orders_are_fulfilled_in_their_order(fake: FakeDigitalOcean, api: httpx.Client) -> None:
    fake.fail_next("GET", ACTIONS, status=500, times=2)
    fake.fail_next("GET", "*", status=503, skip=1)
    fake.fail_next("DELETE", "/v2/images/{id}", status=500, times=None)
    statuses = [api.get(ACTIONS).status_code for _ in range(5)]
    assert statuses == [500, 500, 200, 503, 200]
    assert [api.delete("/v2/images/7555620").status_code for _ in range(3)] == [500] * 3
    assert api.get("/v2/images/7555621/actions").status_code == 200
    fake.quirk("null_tags")
    fake.heal()
    assert fake.faults_left == 0
    assert api.get("/v2/images/7555620").json()["image"]["tags"] == []


@pytest.mark.parametrize(
    ("lose", "error", "done"),
    [
        ("refused", httpx.ConnectError, False),
        ("connect_timeout", httpx.ConnectTimeout, False),
        ("pool_timeout", httpx.PoolTimeout, False),
        ("before", httpx.RemoteProtocolError, False),
        ("after", httpx.ReadError, True),
    ],
)
def test_a_lost_connection(
    fake: FakeDigitalOcean,
    api: httpx.Client,
    lose: Loss,
    error: type[Exception],
    done: bool,
) -> None:
    fake.fail_next("POST", ACTIONS, lose=lose)
    with pytest.raises(error):
        api.post(ACTIONS, json=START, timeout=httpx.Timeout(3, connect=1, pool=2))
    assert len(fake.actions) == done
    assert fake.requests[-1].status is None
    assert repr(fake.requests[-1]).endswith("lost>")
    waited = {"connect_timeout": 1, "pool_timeout": 2}.get(lose, 0)
    assert fake.clock.monotonic() == waited


def test_every_loss_is_known_to_the_transport(fake: FakeDigitalOcean) -> None:
    for lose in get_args(Loss):
        fake.fail_next("GET", "*", lose=lose)
        with fake.client(max_retries=0) as do, pytest.raises(APIConnectionError):
            do.image.info(7555620)


def test_a_slow_answer_takes_virtual_time(fake: FakeDigitalOcean, api: httpx.Client) -> None:
    fake.fail_next("GET", "*", delay=3, times=2)
    assert api.get(ACTIONS, timeout=3).status_code == 200
    assert fake.clock.monotonic() == 3
    assert api.get(ACTIONS, timeout=None).status_code == 200
    assert fake.clock.monotonic() == 6


def test_an_answer_that_is_too_slow(fake: FakeDigitalOcean, api: httpx.Client) -> None:
    fake.fail_next("POST", "*", delay=3)
    with pytest.raises(httpx.ReadTimeout):
        api.post(ACTIONS, json=START, timeout=2)
    assert fake.clock.monotonic() == 2
    assert len(fake.actions) == 1
    fake.fail_next("POST", "*", delay=3, lose="before")
    with pytest.raises(httpx.ReadTimeout):
        api.post("/v2/images/7555621/actions", json=START, timeout=2)
    assert len(fake.actions) == 1


def test_a_request_without_any_time_out(fake: FakeDigitalOcean) -> None:
    fake.fail_next("GET", "*", delay=1000)
    request = httpx.Request("GET", "https://api.digitalocean.com/v2/images")
    assert fake.transport.handle_request(request).status_code == 401


def test_a_body_that_drips(fake: FakeDigitalOcean, api: httpx.Client) -> None:
    whole = api.get("/v2/images/7555620")
    fake.fail_next("GET", "*", drip=0.5, times=2)
    assert api.get("/v2/images/7555620", timeout=1).content == whole.content
    assert fake.clock.monotonic() == len(whole.content) / 2
    began = fake.clock.monotonic()
    with pytest.raises(httpx.ReadTimeout):
        api.get("/v2/images/7555620", timeout=0.25)
    assert fake.clock.monotonic() == began + 0.25


def is_empty(content: bytes) -> bool:
    return content == b""


def is_html(content: bytes) -> bool:
    return content.startswith(b"<html>")


def is_a_list(content: bytes) -> bool:
    return isinstance(json.loads(content), list)


def is_bare(content: bytes) -> bool:
    return content == b"{}"


def is_not_json(content: bytes) -> bool:
    try:
        json.loads(content)
    except ValueError:
        return True
    return False


@pytest.mark.parametrize(
    ("broken", "holds"),
    [
        ("truncated", is_not_json),
        ("empty", is_empty),
        ("not_json", is_not_json),
        ("not_utf8", is_not_json),
        ("html", is_html),
        ("not_object", is_a_list),
        ("no_envelope", is_bare),
    ],
)
def test_a_broken_body(
    fake: FakeDigitalOcean, api: httpx.Client, broken: Broken, holds: Callable[[bytes], bool]
) -> None:
    fake.fail_next("POST", "*", broken=broken)
    answer = api.post(ACTIONS, json=START)
    assert answer.status_code == 201
    assert holds(answer.content)
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert (answer.headers["content-type"] == "text/html") == (broken == "html")
    assert len(fake.actions) == 1


def test_a_body_that_ends_early(fake: FakeDigitalOcean, api: httpx.Client) -> None:
    fake.fail_next("GET", "*", broken="wrong_length")
    with pytest.raises(httpx.RemoteProtocolError, match="without sending complete message body"):
        api.get("/v2/images/7555620")
    fake.fail_next("GET", "*", status=200, body=b"0123456789", headers={"Content-Length": "4"})
    assert api.get("/v2/images/7555620").content == b"0123"
    fake.fail_next("GET", "*", status=200, body=b"0123", headers={"Content-Length": "?"})
    assert api.get("/v2/images/7555620").content == b"0123"


def test_every_way_to_break_a_body_reaches_the_client(fake: FakeDigitalOcean) -> None:
    with fake.client(max_retries=0) as do:
        for broken in get_args(Broken):
            fake.fail_next("GET", "*", broken=broken)
            with pytest.raises(APIResponseValidationError):
                do.image.info(7555620)


def test_the_same_for_asyncio(fake: FakeDigitalOcean) -> None:
    async def main() -> None:
        async with fake.async_client(max_retries=0, timeout=2) as do:
            for lose in get_args(Loss):
                fake.fail_next("GET", "*", lose=lose)
                with pytest.raises(APIConnectionError):
                    await do.image.info(7555620)
            fake.fail_next("GET", "*", delay=3)
            began = fake.async_clock.monotonic()
            with pytest.raises(APITimeoutError):
                await do.image.info(7555620)
            assert fake.async_clock.monotonic() == began + 2
            fake.fail_next("GET", "*", drip=0.001)
            assert (await do.image.info(7555620)).id == 7555620
            fake.fail_next("GET", "*", drip=0.5)
            with pytest.raises(APITimeoutError):
                await do.image.info(7555620)
            fake.fail_next("GET", "*", broken="wrong_length")
            with pytest.raises(APIResponseValidationError):
                await do.image.info(7555620)

    asyncio.run(main())


def test_what_clients_make_of_it(fake: FakeDigitalOcean) -> None:
    with fake.client() as do:
        fake.fail_next("GET", "/v2/images/{id}", status=503, times=2)
        assert do.image.info(7555620).id == 7555620
        assert [request.status for request in fake.requests] == [503, 503, 200]
        fake.fail_next("GET", "/v2/images/{id}", status=502, times=None)
        with pytest.raises(InternalServerError):
            do.image.info(7555620)
        fake.heal()
        fake.fail_next("GET", "/v2/images/{id}", status=429, headers={"retry-after": "500"})
        with pytest.raises(RateLimitError) as caught:
            do.image.info(7555620)
        assert caught.value.retry_after == 500
        fake.advance(500)  # no wait polls before
        fake.fail_next("POST", "/v2/images/{id}/actions", lose="after")
        assert do.image.transfer(7555620, "nyc3", wait=True).status == "completed"
        assert len(fake.actions) == 1


@pytest.mark.parametrize(
    ("method", "path", "how", "text"),
    [
        ("GET", "/v2/image/{id}", {"status": 500}, "there is no GET /v2/image/{id}, only GET"),
        ("PATCH", "/v2/images/{id}", {"status": 500}, "there is no PATCH"),
        ("*", "/v2/nowhere", {"status": 500}, "there is no"),
        ("DELETE", "/v2/images", {"status": 500}, "there is no DELETE"),
        ("GET", "/v2/images", {}, "name what goes wrong"),
        ("GET", "/v2/images", {"lose": "before", "after": True}, "after goes with a status"),
        ("GET", "/v2/images", {"status": 500, "broken": "html"}, "a body of its own"),
        ("GET", "/v2/images", {"lose": "after", "status": 500}, "lose is no response at all"),
        ("GET", "/v2/images", {"lose": "before", "broken": "html"}, "lose is no response at all"),
        ("GET", "/v2/images", {"delay": 1, "body": "<p>"}, "body goes with a status"),
        ("GET", "/v2/images", {"status": 500, "times": 0}, "times must be 1 or more"),
        ("GET", "/v2/images", {"status": 500, "skip": -1}, "skip 0 or more"),
        ("GET", "/v2/images", {"delay": -1}, "0 or more seconds"),
        ("GET", "/v2/images", {"drip": math.nan}, "0 or more seconds"),
        ("GET", "/v2/images", {"delay": math.inf}, "0 or more seconds, and finite"),
        ("GET", "/v2/images", {"status": 199}, "from 200 to 599: 199"),
        ("GET", "/v2/images", {"status": 600}, "from 200 to 599: 600"),
        ("GET", "/v2/images", {"lose": "befor"}, "lose must be one of refused, connect_timeout"),
        ("GET", "/v2/images", {"broken": "xml"}, "broken must be one of truncated"),
    ],
)
def test_refuses_faults_that_contradict_themselves(
    fake: FakeDigitalOcean, method: str, path: str, how: dict[str, Any], text: str
) -> None:
    with pytest.raises(ValueError, match=re.escape(text)):
        fake.fail_next(method, path, **how)
    assert fake.faults_left == 0


def test_faults_may_name_one_path(fake: FakeDigitalOcean, api: httpx.Client) -> None:
    fake.fail_next("*", "/v2/images/7555620", status=500)
    fake.fail_next("GET", "/v2/images/7555620", status=503)
    assert api.get("/v2/images/7555621").status_code == 200
    assert api.get("/v2/images/7555620").status_code == 500
    assert api.get("/v2/images/7555620").status_code == 503

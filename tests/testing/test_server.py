"""The fake on a loopback port."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from typing import get_args
from urllib.parse import urlsplit

import httpx
import pytest

from do_images import (
    APIConnectionError,
    APIResponseValidationError,
    APIStatusError,
    APITimeoutError,
    Client,
)
from do_images.testing import Broken, FakeDigitalOcean, Loss, Request
from tests.testing.faithful import violations

START = {"type": "transfer", "region": "nyc3"}
JSON = {"Content-Type": "application/json"}
ACTIONS = "/v2/images/7555620/actions"


@pytest.fixture
def url(fake: FakeDigitalOcean) -> Iterator[str]:
    """A server whose time stands still, but for delays."""
    with fake.serve(speed=0) as url:
        yield url


@pytest.fixture
def http(fake: FakeDigitalOcean, url: str) -> Iterator[httpx.Client]:
    """HTTP to it."""
    headers = {"Authorization": f"Bearer {fake.token()}"}
    with httpx.Client(base_url=url, headers=headers, trust_env=False) as http:
        yield http


def say(url: str, text: str, *, more: str | None = None) -> bytes:
    """What the server answers to some bytes, until it closes the connection."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname, parts.port or 0), timeout=5) as connection:
        connection.sendall(text.replace("\n", "\r\n").encode())
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
            if more is not None:
                connection.sendall(more.encode())
                more = None
        return answer


def test_serves_what_it_serves_in_process(fake: FakeDigitalOcean, http: httpx.Client) -> None:
    answer = http.get("/v2/images?per_page=2")
    assert answer.status_code == 200
    assert not violations("GET", "/v2/images", 200, answer.headers, answer.content)
    following = answer.json()["links"]["pages"]["next"]
    assert following.startswith(str(http.base_url))
    assert http.get(following).status_code == 200
    assert http.post(ACTIONS, json=START).status_code == 201
    assert http.delete("/v2/images/7555621").status_code == 204
    assert http.get("/v2/nowhere").status_code == 404
    assert http.head("/v2/images").status_code == 200
    assert http.options("/v2/images").status_code == 204
    assert http.patch("/v2/images").json()["id"] == "method_not_allowed"
    assert len(fake.requests) == 8
    assert fake.requests[0].origin == str(http.base_url).rstrip("/")


def test_keeps_connections_alive(url: str) -> None:
    get = "GET /v2/nowhere HTTP/1.1\nHost: x\n"
    answer = say(url, f"{get}\n{get}Connection: close\n\n")
    assert answer.count(b"HTTP/1.1 404") == 2


def test_clients_wait_in_the_fakes_time(fake: FakeDigitalOcean) -> None:
    fake.transfer_takes(100)
    with fake.serve(speed=200) as url, Client(fake.token(), base_url=url) as do:
        action = do.image.transfer(7555620, "nyc3")
        began = time.monotonic()
        while do.action.info(action.id).status != "completed":
            time.sleep(0.01)
        assert time.monotonic() - began > 0.3
    with fake.serve(speed=0) as url, Client(fake.token(), base_url=url, clock=fake.clock) as do:
        action = do.image.transfer(7555620, "fra1", wait=True)
        assert action.status == "completed"


def test_leaves_nothing_behind(fake: FakeDigitalOcean) -> None:
    before = threading.active_count()
    with fake.serve() as url, httpx.Client(base_url=url) as http:
        http.get("/v2/images")
        parts = urlsplit(url)
        idle = socket.create_connection((parts.hostname, parts.port or 0))
        time.sleep(0.05)
        assert threading.active_count() > before
    assert threading.active_count() == before
    assert idle.recv(1) == b""
    idle.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((parts.hostname, parts.port or 0))
    stopped = fake.now
    time.sleep(0.002)
    assert fake.now == stopped


def test_a_delay_ends_with_the_server(fake: FakeDigitalOcean) -> None:
    fake.fail_next("GET", "*", delay=1000)
    fake.fail_next("GET", "*", drip=1000)
    failures: list[Exception] = []

    def ask(url: str) -> None:
        try:
            httpx.get(f"{url}/v2/images", trust_env=False)
        except httpx.HTTPError as error:
            failures.append(error)

    with fake.serve() as url:
        threads = [threading.Thread(target=ask, args=(url,)) for _ in range(2)]
        for thread in threads:
            thread.start()
        while len(fake.requests) < 2:
            time.sleep(0.005)
    for thread in threads:
        thread.join()
    assert len(failures) == 2


def test_lost_connections(fake: FakeDigitalOcean, http: httpx.Client) -> None:
    fake.fail_next("POST", ACTIONS, lose="refused")
    fake.fail_next("POST", ACTIONS, lose="before")
    for _ in range(2):
        with pytest.raises(httpx.RemoteProtocolError):
            http.post(ACTIONS, json=START)
    assert not fake.actions
    fake.fail_next("POST", ACTIONS, lose="after")
    with pytest.raises(httpx.ReadError):
        http.post(ACTIONS, json=START)
    assert len(fake.actions) == 1
    assert http.get(ACTIONS).status_code == 200


def test_every_fault_reaches_a_client(fake: FakeDigitalOcean, url: str) -> None:
    with Client(fake.token(), base_url=url, max_retries=0) as do:
        for lose in get_args(Loss):
            fake.fail_next("GET", "*", lose=lose)
            with pytest.raises(APIConnectionError):
                do.image.info(7555620)
        for broken in get_args(Broken):
            fake.fail_next("GET", "*", broken=broken)
            with pytest.raises(APIResponseValidationError):
                do.image.info(7555620)
        for status in (400, 418, 429, 500, 502, 599):
            fake.fail_next("GET", "*", status=status)
            with pytest.raises(APIStatusError) as caught:
                do.image.info(7555620)
            assert caught.value.status_code == status
        assert fake.faults_left == 0
        assert do.image.info(7555620).id == 7555620


def test_a_small_quota(fake: FakeDigitalOcean, http: httpx.Client) -> None:
    fake.quota(2, window=60, retry_after=True)
    answers = [http.get("/v2/images") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert [answer.headers["ratelimit-remaining"] for answer in answers] == ["1", "0", "0"]
    assert answers[2].headers["retry-after"] == "60"
    fake.advance(60)
    assert http.get("/v2/images").status_code == 200


def test_slow_answers_and_dripping_ones(fake: FakeDigitalOcean, http: httpx.Client) -> None:
    fake.fail_next("GET", "*", delay=0.03)
    began = time.monotonic()
    assert http.get("/v2/images").status_code == 200
    assert time.monotonic() - began >= 0.03
    fake.fail_next("GET", "*", delay=5)
    with pytest.raises(httpx.ReadTimeout):
        http.get("/v2/images", timeout=0.02)
    fake.fail_next("GET", "*", status=200, body="abc", drip=0.01)
    began = time.monotonic()
    assert http.get("/v2/images").text == "abc"
    assert time.monotonic() - began >= 0.03


def test_a_drip_does_not_outlive_the_clients_patience(fake: FakeDigitalOcean, url: str) -> None:
    fake.fail_next("GET", "*", drip=0.005)
    with (
        Client(fake.token(), base_url=url, timeout=0.05, max_retries=0) as do,
        pytest.raises(APITimeoutError),
    ):
        do.image.info(7555620)


def test_bodies_that_lie_about_their_length(fake: FakeDigitalOcean, http: httpx.Client) -> None:
    fake.fail_next("GET", "*", broken="wrong_length")
    with pytest.raises(httpx.RemoteProtocolError, match="complete message body"):
        http.get("/v2/images/7555620")
    fake.fail_next("GET", "*", broken="truncated")
    with pytest.raises(json.JSONDecodeError):
        http.get("/v2/images/7555620").json()
    assert http.get("/v2/images/7555620").status_code == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ("Content-Length: many\n", 400),
        ("Content-Length: 99999999\n", 413),
        ("Transfer-Encoding: gzip, chunked\n", 501),
        ("Transfer-Encoding: chunked\n\n-4\nab", 400),
        ("Transfer-Encoding: chunked\n\n2\nab\nfffffff\n", 413),
    ],
)
def test_invalid_requests(fake: FakeDigitalOcean, url: str, headers: str, status: int) -> None:
    answer = say(url, f"POST {ACTIONS} HTTP/1.1\nHost: x\n{headers}\n")
    assert answer.startswith(f"HTTP/1.1 {status} ".encode())
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["id"] == "bad_request"
    assert not fake.requests


def test_a_body_may_come_in_chunks(fake: FakeDigitalOcean, http: httpx.Client, url: str) -> None:
    pieces = iter([b'{"type": "trans', b'fer", "region": "nyc3"}'])
    assert http.post(ACTIONS, content=pieces, headers=JSON).status_code == 201
    assert fake.requests[-1].body == START
    # What else may stand between chunks is passed over, and the connection can be used again.
    rename = (
        f"PUT /v2/images/7555621 HTTP/1.1\nHost: x\nAuthorization: Bearer {fake.token()}\n"
        "Content-Type: application/json\n"
        'Transfer-Encoding: Chunked\n\n6;note="a"\n{"name\n0B\n": "chunk"}\n0\nX-Sum: 1\n\n'
    )
    nothing = "GET / HTTP/1.1\nHost: x\nConnection: close\n\n"
    answer = say(url, rename + nothing)
    assert answer.startswith(b"HTTP/1.1 200 OK")
    assert b"HTTP/1.1 404" in answer
    assert fake.image(7555621).name == "chunk"


def test_takes_whole_addresses(fake: FakeDigitalOcean, url: str) -> None:
    say(url, f"GET {url}/v2/images?page=2 HTTP/1.1\nHost: x\nConnection: close\n\n")
    assert (fake.requests[-1].operation, fake.requests[-1].query) == ("images_list", {"page": "2"})


def test_what_is_not_http(url: str) -> None:
    brew = "BREW /v2/images HTTP/1.1\nHost: x\nConnection: close\n\n"
    assert b"method_not_allowed" in say(url, brew)
    assert b"bad_request" in say(url, "no HTTP\n\n")
    assert say(url, "GET /v2/images HTTP/1.0\n\n").startswith(b"HTTP/1.1 401")


def test_a_client_may_ask_before_it_sends(fake: FakeDigitalOcean, url: str) -> None:
    body = json.dumps(START)
    head = (
        f"POST {ACTIONS} HTTP/1.1\nHost: x\nAuthorization: Bearer {fake.token()}\n"
        f"Content-Type: application/json\nContent-Length: {len(body)}\nExpect: 100-continue\nConnection: close\n\n"
    )
    answer = say(url, head, more=body)
    assert answer.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201")


def test_a_client_that_goes_away_harms_nobody(
    fake: FakeDigitalOcean, url: str, http: httpx.Client, capfd: pytest.CaptureFixture[str]
) -> None:
    fake.fail_next("GET", "*", status=200, body=b"x" * 10_000_000)
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname, parts.port or 0)) as connection:
        connection.sendall(b"GET /v2/images HTTP/1.1\r\nHost: x\r\n\r\n")
        connection.recv(1)
    assert http.get("/v2/images").status_code == 200
    assert capfd.readouterr() == ("", "")


def test_a_port_that_is_taken(fake: FakeDigitalOcean, url: str) -> None:
    port = urlsplit(url).port or 0
    with FakeDigitalOcean() as other, pytest.raises(OSError, match="in use"), other.serve(port):
        pass
    with pytest.raises(ValueError, match="speed"), fake.serve(speed=-1):
        pass


@pytest.mark.usefixtures("untraced")
def test_many_connections_at_once(fake: FakeDigitalOcean, url: str) -> None:
    parts = urlsplit(url)
    get = (
        f"GET /v2/images/7555620 HTTP/1.1\r\nHost: {parts.netloc}\r\n"
        f"Authorization: Bearer {fake.token()}\r\n\r\n"
    ).encode()
    connections = [
        socket.create_connection((parts.hostname, parts.port or 0), timeout=60) for _ in range(200)
    ]
    for connection in connections:
        connection.sendall(get * 20)
    for connection in connections:
        answers = b""
        with connection:
            while answers.count(b'"error_message"') < 20:
                received = connection.recv(1 << 16)
                assert received, answers[-200:]
                answers += received
        assert answers.count(b"HTTP/1.1 200 OK\r\n") == 20
    assert len(fake.requests) == 4000


def test_reports_each_request(fake: FakeDigitalOcean) -> None:
    seen: list[Request] = []
    with fake.serve(host="localhost", on_request=seen.append) as url:
        assert url.startswith("http://127.0.0.1:")
        httpx.get(f"{url}/v2/nowhere", trust_env=False)
        httpx.get(f"{url}/_fake/now", trust_env=False)  # no part of the API
    assert [(request.path, request.status) for request in seen] == [("/v2/nowhere", 404)]

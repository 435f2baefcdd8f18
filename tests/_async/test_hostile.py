"""The default transport against a server that misbehaves on a real socket."""

import gzip
import ssl
import time
from collections.abc import AsyncIterator

import httpcore
import httpx
import pytest

from do_images import (
    APIConnectionError,
    APIError,
    APIResponseValidationError,
    APIStatusError,
    APITimeoutError,
    AsyncClient,
    InternalServerError,
)
from do_images._async.pool import AsyncTimedBackend, _Body, _Connection, _Stream  # pyright: ignore[reportPrivateUsage] - their own tests
from do_images._core.failures import is_incomplete
from do_images._http.deadlines import Sending, sending
from tests.hostile import (
    HostileServer,
    Peer,
    Script,
    answer,
    broken_chunks,
    close_at_once,
    close_idle,
    close_unanswered,
    cut,
    dripped,
    endless,
    gzipped,
    refusing_port,
    replies,
    reset_at_once,
    reset_unanswered,
    stall_half_way,
    stall_unanswered,
    talk_first,
    zipped_bomb,
)
from tests.support import TOKEN, AsyncVirtualClock

pytestmark = pytest.mark.anyio

IMAGE = b'{"image": {"id": 1, "name": "golden", "created_at": "2026-01-01T00:00:00Z"}}'
ACTION = b'{"action": {"id": 9, "status": "in-progress", "type": "transfer"}}'
OK = answer(IMAGE)
HEAD = OK.index(b"\r\n\r\n") + 4
MEGABYTE = 1 << 20

TIMEOUT = 0.3


def _client(server: HostileServer, *, timeout: float = 5.0, max_retries: int = 2) -> AsyncClient:
    return AsyncClient(
        TOKEN,
        base_url=server.url,
        timeout=timeout,
        max_retries=max_retries,
        max_body=MEGABYTE,
        clock=AsyncVirtualClock(),
    )


# ── Time ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(stall_unanswered, id="nothing"),
        pytest.param(stall_half_way(OK, len(IMAGE) + 10), id="half a head"),
        pytest.param(stall_half_way(OK, 10), id="half a body"),
        pytest.param(dripped(OK), id="a dripped head"),
        pytest.param(dripped(OK, HEAD), id="a dripped body"),
        pytest.param(dripped(answer(b" " * 9999, transfer_encoding="x"), 40), id="long drips"),
        pytest.param(endless(0.01, 16), id="a body without end"),
    ],
)
async def test_the_timeout_bounds_the_whole_request(script: Script) -> None:
    took: list[float] = []
    with HostileServer(script) as server:
        # A busy machine may be late now and then, but not every time.
        while len(took) < 10 and not (took and min(took) < TIMEOUT * 1.2):
            async with _client(server, timeout=TIMEOUT, max_retries=0) as do:
                began = time.monotonic()
                with pytest.raises(APITimeoutError, match=r"time-out 0\.3 s"):
                    await do.image.info(1)
                took.append(time.monotonic() - began)
    assert TIMEOUT * 0.8 < min(took) < TIMEOUT * 1.2


async def test_a_slow_answer_within_the_time_is_fine() -> None:
    with HostileServer(dripped(OK, HEAD, 0.001)) as server:
        async with _client(server) as do:
            assert (await do.image.info(1)).name == "golden"


async def test_the_next_request_has_its_own_time() -> None:
    with HostileServer(stall_unanswered, replies(OK)) as server:
        async with _client(server, timeout=0.2) as do:
            assert (await do.image.info(1)).name == "golden"
    assert server.connections == 2


async def test_with_options_sets_another_time() -> None:
    with HostileServer(stall_unanswered) as server:
        async with _client(server, max_retries=0) as do:
            with pytest.raises(APITimeoutError, match=r"time-out 0\.1 s"):
                await do.with_options(timeout=0.1).image.info(1)


async def test_steps_without_a_limit_leave_the_request_without_one() -> None:
    steps = httpx.Timeout(0.05, read=None)
    with HostileServer(dripped(OK, 0, 0.001)) as server:
        async with AsyncClient(TOKEN, base_url=server.url, timeout=steps) as do:
            assert (await do.image.info(1)).name == "golden"


async def test_each_step_keeps_its_own_time() -> None:
    steps = httpx.Timeout(60.0, read=0.1)
    with HostileServer(stall_unanswered) as server:
        async with AsyncClient(TOKEN, base_url=server.url, timeout=steps, max_retries=0) as do:
            began = time.monotonic()
            with pytest.raises(APITimeoutError, match="ReadTimeout"):
                await do.image.info(1)
    assert time.monotonic() - began < 30


async def test_a_poll_that_is_never_answered_does_not_outlast_its_wait() -> None:
    started = replies(answer(ACTION, 201))
    with HostileServer(started) as server:
        async with AsyncClient(TOKEN, base_url=server.url, timeout=5) as do:
            action = await do.image.transfer(1, "nyc3")
    with HostileServer(stall_unanswered) as server:
        async with AsyncClient(TOKEN, base_url=server.url, timeout=60) as do:
            began = time.monotonic()
            with pytest.raises(TimeoutError):
                await do.action.wait(action, poll=1, timeout=0.1)
    assert time.monotonic() - began < 30


# ── Connections ─────────────────────────────────────────────────────────────────────────────


async def test_nobody_listens() -> None:
    with refusing_port() as port:
        do = AsyncClient(
            TOKEN, base_url=f"http://127.0.0.1:{port}", timeout=5, clock=AsyncVirtualClock()
        )
        async with do:
            with pytest.raises(APIConnectionError, match="ConnectError") as caught:
                await do.image.transfer(1, "nyc3")
    assert caught.value.never_sent
    assert str(caught.value).endswith(")"), "nothing is said of what may have been carried out"


@pytest.mark.parametrize(
    "script", [close_at_once, reset_at_once, close_unanswered, reset_unanswered]
)
async def test_a_lost_connection_is_made_anew(script: Script) -> None:
    with HostileServer(script, script, replies(OK)) as server:
        async with _client(server) as do:
            assert (await do.image.info(1)).name == "golden"
    assert server.connections == 3


@pytest.mark.parametrize("script", [close_unanswered, reset_unanswered])
async def test_a_lost_post_is_looked_up_and_not_sent_again(script: Script) -> None:
    with HostileServer(script, replies(answer(b'{"actions": []}'))) as server:
        async with _client(server) as do:
            with pytest.raises(APIConnectionError, match=r"look-ups: 6"):
                await do.image.transfer(1, "nyc3")
    assert server.methods == ["POST", *["GET"] * 6]


async def test_a_kept_connection_serves_many_requests() -> None:
    with HostileServer(replies(OK)) as server:
        async with _client(server) as do:
            for _ in range(5):
                await do.image.info(1)
    assert (server.connections, len(server.requests)) == (1, 5)


async def test_a_kept_connection_that_the_server_closed_costs_nothing() -> None:
    with HostileServer(close_idle(OK), replies(answer(ACTION, 201))) as server:
        async with _client(server) as do:
            await do.image.info(1)
            server.settle()
            await do.image.transfer(1, "nyc3")
    assert server.methods == ["GET", "POST"]


# ── Bodies ──────────────────────────────────────────────────────────────────────────────────

BROKEN_OFF = [
    pytest.param(cut(OK, 10), id="reset half way"),
    pytest.param(close_idle(answer(IMAGE, length=len(IMAGE) + 10)), id="shorter than it says"),
    pytest.param(broken_chunks, id="broken chunks"),
]
NONSENSE = [
    pytest.param(answer(IMAGE, length=len(IMAGE) - 10), id="longer than it says"),
    pytest.param(answer(b"<html>200, says the proxy</html>"), id="HTML"),
    pytest.param(answer(b""), id="empty"),
    pytest.param(answer(b"[]"), id="a list"),
    pytest.param(answer(b'"image"'), id="a string"),
    pytest.param(answer(IMAGE.replace(b"golden", b"\xff\xfe")), id="not UTF-8"),
    pytest.param(answer(b"\xff\xfe" + IMAGE.decode().encode("utf-16-le")), id="UTF-16"),
    pytest.param(answer(IMAGE[9:-1]), id="no envelope"),
    pytest.param(answer(IMAGE[:-10]), id="truncated"),
    pytest.param(answer(b"[" * 100_000), id="deep"),
    pytest.param(gzipped(IMAGE), id="gzip that is none"),
    pytest.param(gzipped(gzip.compress(IMAGE)[:-20]), id="half a gzip"),
    pytest.param(gzipped(b""), id="no gzip at all"),
    pytest.param(zipped_bomb(50 * MEGABYTE), id="gzip bomb"),
    pytest.param(answer(b" " * (MEGABYTE + 1)), id="too large"),
    pytest.param(answer(b"", 204), id="no content"),
    pytest.param(answer(OK, content_type="multipart/mixed"), id="an answer in an answer"),
]


@pytest.mark.parametrize("script", BROKEN_OFF)
async def test_a_body_that_breaks_off_is_asked_for_again(script: Script) -> None:
    with HostileServer(script, replies(OK)) as server:
        async with _client(server) as do:
            assert (await do.image.info(1)).name == "golden"
    assert server.connections == 2


@pytest.mark.parametrize("script", BROKEN_OFF)
async def test_a_body_that_breaks_off_every_time(script: Script) -> None:
    with HostileServer(script) as server:
        async with _client(server) as do:
            with pytest.raises(APIResponseValidationError, match="can't be used") as caught:
                await do.image.info(1)
    assert is_incomplete(caught.value)
    assert caught.value.status_code == 200
    assert len(server.requests) == 3


@pytest.mark.parametrize("data", NONSENSE)
async def test_a_body_that_makes_no_sense(data: bytes) -> None:
    with HostileServer(replies(data)) as server:
        async with _client(server) as do:
            with pytest.raises(APIResponseValidationError) as caught:
                await do.image.info(1)
    error = caught.value
    assert len(server.requests) == 1
    assert (error.request_id, is_incomplete(error)) == ("req-1", False)
    assert f"GET {server.url}/v2/images/1" in str(error)
    assert "req-1" in str(error)
    assert "the body begins" in str(error)
    assert len(str(error)) < 2000
    assert error.__cause__ is error.__context__ is None


@pytest.mark.parametrize("data", NONSENSE)
async def test_a_transfer_whose_answer_makes_no_sense_is_looked_up(data: bytes) -> None:
    looked = answer(b'{"actions": []}')
    with HostileServer(replies(data, looked), replies(looked)) as server:
        async with _client(server) as do:
            with pytest.raises(APIResponseValidationError, match="was started is not known"):
                await do.image.transfer(1, "nyc3")
    assert server.methods == ["POST", *["GET"] * 6]


async def test_a_body_up_to_the_cap_is_read() -> None:
    padded = IMAGE + b" " * (MEGABYTE - len(IMAGE))
    with HostileServer(replies(answer(padded))) as server:
        async with _client(server) as do:
            assert (await do.image.info(1)).name == "golden"


async def test_a_zipped_body_is_fine() -> None:
    with HostileServer(replies(gzipped(gzip.compress(IMAGE)))) as server:
        async with _client(server) as do:
            assert (await do.image.info(1)).name == "golden"


async def test_a_body_without_end_stops_at_the_cap() -> None:
    with HostileServer(endless()) as server:
        async with _client(server) as do:
            with pytest.raises(APIResponseValidationError, match="larger than 1048576 bytes"):
                await do.image.info(1)


async def test_what_follows_a_lying_length_breaks_nothing() -> None:
    lying = answer(IMAGE, length=len(IMAGE) - 20)
    with HostileServer(replies(lying), replies(OK)) as server:
        async with _client(server) as do:
            with pytest.raises(APIResponseValidationError):
                await do.image.info(2)
            assert (await do.image.info(1)).name == "golden"


# ── Statuses ────────────────────────────────────────────────────────────────────────────────


async def test_a_proxys_html() -> None:
    page = answer(b"<html><h1>502 Bad Gateway</h1></html>", 502, content_type="text/html")
    with HostileServer(replies(page)) as server:
        async with _client(server) as do:
            with pytest.raises(InternalServerError, match="502: Bad Gateway") as caught:
                await do.image.info(1)
    assert caught.value.body == "<html><h1>502 Bad Gateway</h1></html>"
    assert len(server.requests) == 3


@pytest.mark.parametrize("status", [418, 700, 999])
async def test_a_status_nobody_knows(status: int) -> None:
    with HostileServer(replies(answer(b"", status))) as server:
        async with _client(server) as do:
            with pytest.raises(APIStatusError) as caught:
                await do.image.info(1)
    assert caught.value.status_code == status


async def test_an_error_whose_body_breaks_off_is_still_that_error() -> None:
    whole = answer({"id": "not_found", "message": "gone"}, 404)
    with HostileServer(cut(whole, 5)) as server:
        async with _client(server) as do:
            with pytest.raises(APIStatusError, match="404: ") as caught:
                await do.image.info(1)
    assert caught.value.body == '{"id": "not_found", "message": "g'


async def test_no_http_at_all() -> None:
    with HostileServer(replies(b"SSH-2.0-OpenSSH_9.9\r\n\r\n")) as server:
        async with _client(server) as do:
            with pytest.raises(APIConnectionError, match="RemoteProtocolError"):
                await do.image.info(1)
    assert len(server.requests) == 3


# ── Redirects ───────────────────────────────────────────────────────────────────────────────


def _moved(location: str, status: int = 302) -> bytes:
    return answer(b"", status, location=location)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_read_follows_a_redirect_at_home(status: int) -> None:
    with HostileServer(replies(_moved("/v2/images/7", status), OK)) as server:
        async with _client(server) as do:
            assert (await do.image.info(1)).name == "golden"
    assert server.calls == ["GET /v2/images/1", "GET /v2/images/7"]
    assert server.requests[1].headers["authorization"] == f"Bearer {TOKEN}"


@pytest.mark.parametrize("status", [301, 307])
async def test_a_redirect_elsewhere_is_not_followed(status: int) -> None:
    with HostileServer(replies(OK)) as other:
        moved = replies(_moved(f"{other.url}/v2/images/1", status))
        with HostileServer(moved) as server:
            async with _client(server) as do:
                with pytest.raises(APIStatusError, match="another origin") as caught:
                    await do.image.info(1)
    assert caught.value.status_code == status
    assert (len(server.requests), other.connections) == (1, 0)


@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.1:1/v2/images/1",
        "https://127.0.0.1/v2/images/1",
        "//evil.example/",
        "http://[::1",
        "http://127.0.0.1:99999/",
        "https://xn--/",
        "mailto:x",
        "https://127.0.0.1:1/a\tb",
        "/" + "a" * 70_000,
        "",
    ],
)
@pytest.mark.parametrize("status", [300, 302])
async def test_a_redirect_to_nowhere_is_an_error_of_ours(location: str, status: int) -> None:
    with HostileServer(replies(_moved(location, status))) as server:
        async with _client(server, max_retries=0) as do:
            with pytest.raises(APIError):
                await do.image.info(1)
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", [300, 302])
async def test_a_redirect_at_home_that_is_no_url_is_an_error_of_ours(status: int) -> None:
    def script(peer: Peer) -> None:
        host = peer.request().headers["host"]
        peer.send(_moved(f"http://{host}/a\tb", status))

    with HostileServer(script) as server:
        async with _client(server, max_retries=0) as do:
            with pytest.raises(APIError):
                await do.image.info(1)
    assert len(server.requests) == 1


async def test_redirects_in_a_circle_end() -> None:
    with HostileServer(replies(_moved("/v2/images/1"))) as server:
        async with _client(server) as do:
            with pytest.raises(APIStatusError, match="more than 5 redirects"):
                await do.image.info(1)
    assert len(server.requests) == 6


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_only_a_read_is_sent_on(status: int) -> None:
    with HostileServer(replies(_moved("/v2/elsewhere", status))) as server:
        async with _client(server) as do:
            with pytest.raises(APIStatusError, match="only a GET is safe to send there"):
                await do.image.transfer(1, "nyc3")
            with pytest.raises(APIStatusError, match="only a GET is safe to send there"):
                await do.image.destroy(1)
    assert server.methods == ["POST", "DELETE"]


# ── A user's own HTTP client ────────────────────────────────────────────────────────────────


async def test_a_hook_that_raises_for_the_status() -> None:
    async def raise_for_status(response: httpx.Response) -> None:
        response.raise_for_status()

    hooks = {"response": [raise_for_status]}
    body = {"id": "gone", "message": "no such image"}
    with HostileServer(replies(answer(body, 404))) as server:
        async with httpx.AsyncClient(event_hooks=hooks) as http:
            do = AsyncClient(TOKEN, base_url=server.url, http_client=http)
            with pytest.raises(APIStatusError, match="404: Not Found") as caught:
                await do.image.info(1)
    assert caught.value.__context__ is None


async def test_a_hook_that_raises_when_all_is_read() -> None:
    async def raise_for_status(response: httpx.Response) -> None:
        response.raise_for_status()

    def respond(_: httpx.Request) -> httpx.Response:
        return httpx.Response(404, json={"id": "gone", "message": "no such image"})

    hooks = {"response": [raise_for_status]}
    transport = httpx.MockTransport(respond)
    async with httpx.AsyncClient(transport=transport, event_hooks=hooks) as http:
        do = AsyncClient(TOKEN, http_client=http)
        with pytest.raises(APIStatusError, match="404 gone: no such image"):
            await do.image.info(1)


async def _drops(clock: AsyncVirtualClock) -> AsyncIterator[bytes]:
    for byte in IMAGE:
        await clock.sleep(1)
        yield bytes([byte])


# On trio, Python warns of httpx's generators that are left in the middle of a body.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
async def test_a_body_on_a_foreign_transport_is_bounded_in_time_too() -> None:
    clock = AsyncVirtualClock()

    def slow(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=_drops(clock))

    async with httpx.AsyncClient(transport=httpx.MockTransport(slow)) as http:
        do = AsyncClient(TOKEN, http_client=http, timeout=10, max_retries=0, clock=clock)
        with pytest.raises(APITimeoutError, match=r"within 11\.0 s \(time-out 10\.0 s"):
            await do.image.info(1)
    assert 10 < clock.now < 15


# ── The transport by itself ─────────────────────────────────────────────────────────────────


async def test_no_step_begins_when_the_time_is_over() -> None:
    stream = _Stream(httpcore.AsyncMockStream([b"x"]))
    mark = sending.set(Sending(-1))
    try:
        with pytest.raises(httpcore.ReadTimeout):
            await stream.read(1)
        with pytest.raises(httpcore.WriteTimeout):
            await stream.write(b"x")
        with pytest.raises(httpcore.ConnectTimeout):
            await stream.start_tls(ssl.create_default_context())
        with pytest.raises(httpcore.ConnectTimeout):
            await AsyncTimedBackend().connect_tcp("127.0.0.1", 1)
    finally:
        sending.reset(mark)


class _Stuck(httpcore.AsyncConnectionInterface):
    """A connection in the middle of a response."""

    closed = False

    async def aclose(self) -> None:
        self.closed = True

    def is_idle(self) -> bool:
        return False

    def is_closed(self) -> bool:
        return self.closed


class _Source:
    """A body that can't be closed."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b"x"

    async def aclose(self) -> None:
        raise RuntimeError("interrupted")


async def test_a_response_that_is_not_closed_properly_costs_its_connection() -> None:
    stuck = _Stuck()
    body = _Body(_Source(), _Connection(stuck))
    assert [part async for part in body] == [b"x"]
    with pytest.raises(RuntimeError, match="interrupted"):
        await body.aclose()
    assert stuck.closed


async def test_a_connection_that_never_got_its_request_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    connection = _Connection(_Stuck())
    assert not connection.is_closed()
    later = time.monotonic() + 10
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert connection.is_closed()


async def test_tls_is_spoken_within_the_deadline() -> None:
    stream = _Stream(httpcore.AsyncMockStream([b"x"]))
    mark = sending.set(Sending(60))
    try:
        secure = await stream.start_tls(ssl.create_default_context())
        assert isinstance(secure, _Stream)
        assert await secure.read(1) == b"x"
        await secure.write(b"y")
    finally:
        sending.reset(mark)
    await stream.aclose()
    with pytest.raises(httpcore.ReadError):
        await stream.read(1)


async def test_without_a_deadline_each_step_has_its_own_time() -> None:
    stream = _Stream(httpcore.AsyncMockStream([b"x"]))
    assert await stream.read(1, 0.5) == b"x"
    assert stream.get_extra_info("is_readable") is None


async def test_https_is_spoken_over_the_same_transport() -> None:
    with HostileServer(talk_first(b"220 mail.example\r\n")) as server:
        base = server.url.replace("http:", "https:")
        async with AsyncClient(TOKEN, base_url=base, max_retries=0) as do:
            # What answers the greeting of TLS is no TLS: never sent.
            with pytest.raises(APIConnectionError, match="ConnectError") as caught:
                await do.image.info(1)
    assert caught.value.never_sent
    assert server.requests == []


async def test_a_closed_client_sends_nothing() -> None:
    with HostileServer(replies(OK)) as server:
        do = _client(server)
        await do.image.info(1)
        await do.aclose()
        await do.aclose()
        with pytest.raises(RuntimeError, match="this client is closed"):
            await do.image.info(1)
    assert len(server.requests) == 1


async def test_closing_what_was_never_opened() -> None:
    do = AsyncClient(TOKEN)
    await do.aclose()
    with pytest.raises(RuntimeError, match="closed"):
        await do.image.info(1)


async def test_a_users_own_http_client_stays_open() -> None:
    with HostileServer(replies(OK)) as server:
        async with httpx.AsyncClient() as http:
            async with AsyncClient(TOKEN, base_url=server.url, http_client=http) as do:
                await do.with_options(timeout=1).aclose()
                assert (await do.image.info(1)).id == 1
            assert not http.is_closed


@pytest.mark.parametrize("name", ["HTTP_PROXY", "ALL_PROXY"])
async def test_a_proxy_of_the_environment_never_sees_what_goes_to_this_machine(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with HostileServer(replies(OK)) as proxy, HostileServer(replies(OK)) as server:
        monkeypatch.setenv(name, proxy.url)
        async with _client(server) as do:
            await do.image.info(1)
    assert (proxy.connections, server.connections) == (0, 1)


async def test_a_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with HostileServer(stall_unanswered) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        async with AsyncClient(TOKEN, timeout=0.2, max_retries=0) as do:
            with pytest.raises(APITimeoutError, match=r"time-out 0\.2 s"):
                await do.image.info(1)
    assert proxy.calls == ["CONNECT api.digitalocean.com:443"]
    assert TOKEN not in proxy.requests[0].raw.decode()


@pytest.mark.parametrize("proxy", ["ftp://proxy.example", "socks5://proxy.example"])
async def test_a_proxy_that_cannot_be_used(monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    # What SOCKS needs is not among our dependencies.
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    async with AsyncClient(TOKEN) as do:
        with pytest.raises(ValueError, match="the proxy that HTTPS_PROXY names can't be used"):
            await do.image.info(1)


async def test_a_proxy_that_drips_is_bounded_in_time_too(monkeypatch: pytest.MonkeyPatch) -> None:
    with HostileServer(dripped(b"HTTP/1.1 200 OK\r\nx: " + b"y" * 500)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        began = time.monotonic()
        async with AsyncClient(TOKEN, timeout=0.2, max_retries=0) as do:
            with pytest.raises(APITimeoutError):
                await do.image.info(1)
    assert time.monotonic() - began < 8

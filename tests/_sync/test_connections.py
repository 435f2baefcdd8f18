# GENERATED from tests/_async/test_connections.py by "make generate". Do not edit.
"""Connections on real sockets: which are kept, which are used again, and what comes over them."""

import json
import socket
import time
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest

from do_images import (
    APIConnectionError,
    APIResponseValidationError,
    APIStatusError,
    APITimeoutError,
    Client,
)
from tests.hostile import (
    HostileServer,
    Peer,
    Script,
    answer,
    chunked,
    close_idle,
    gzipped,
    replies,
    stall_unanswered,
    zipped_bomb,
)
from tests.support import TOKEN, VirtualClock, holds

MEGABYTE = 1 << 20


def image(number: int) -> bytes:
    return json.dumps(
        {"image": {"id": number, "name": "golden", "created_at": "2026-01-01T00:00:00Z"}}
    ).encode()


STARTED = answer(b'{"action": {"id": 9, "status": "in-progress", "type": "transfer"}}', 201)


def _client(url: str, *, timeout: float = 5.0, max_retries: int = 0) -> Client:
    clock = VirtualClock()
    return Client(
        TOKEN,
        base_url=url,
        timeout=timeout,
        max_retries=max_retries,
        max_body=MEGABYTE,
        clock=clock,
    )


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds by which the time that httpcore measures is ahead: append to it to let them pass."""
    ahead: list[float] = []
    real = time.monotonic
    monkeypatch.setattr(time, "monotonic", lambda: real() + sum(ahead))
    return ahead


# ── Which connection is used ────────────────────────────────────────────────────────────────


def test_polls_a_minute_apart_share_a_connection(later: list[float]) -> None:
    with HostileServer(replies(answer(image(1)))) as server:
        with _client(server.url) as do:
            for _ in range(4):
                do.image.info(1)
                later.append(60.0)
    assert server.connections == 1


def test_an_idle_connection_is_closed_in_the_end(later: list[float]) -> None:
    with HostileServer(replies(answer(image(1)))) as server:
        with _client(server.url) as do:
            do.image.info(1)
            later.append(100.0)
            do.image.info(1)
    assert server.connections == 2


def test_a_start_takes_a_new_connection_and_polls_keep_theirs(later: list[float]) -> None:
    def first(peer: Peer) -> None:
        for _ in range(2):
            assert peer.request().method == "GET"
            peer.send(answer(image(1)))

    with HostileServer(first, replies(STARTED)) as server:
        with _client(server.url) as do:
            do.image.info(1)
            later.append(2.0)
            do.image.transfer(1, "nyc3")
            do.image.info(1)
    assert server.connections == 2
    assert server.methods == ["GET", "POST", "GET"]


def test_a_start_uses_a_connection_that_was_used_a_moment_ago() -> None:
    with HostileServer(replies(answer(image(1)), STARTED)) as server:
        with _client(server.url) as do:
            do.image.info(1)
            do.image.transfer(1, "nyc3")
    assert server.connections == 1


def test_a_connection_that_died_silently_costs_a_start_nothing(later: list[float]) -> None:
    def dies(peer: Peer) -> None:
        peer.request()
        peer.send(answer(image(1)))
        peer.stall()  # takes what comes, and says nothing

    with HostileServer(dies, replies(STARTED)) as server:
        with _client(server.url) as do:
            do.image.info(1)
            later.append(30.0)
            assert (do.image.transfer(1, "nyc3")).id == 9
    assert server.methods.count("POST") == 1


def test_a_repetition_does_not_take_another_dead_connection(later: list[float]) -> None:
    def dies(peer: Peer) -> None:
        peer.request()
        peer.send(answer(image(1)))
        peer.request()
        peer.stall()

    with HostileServer(dies, replies(answer(image(1)))) as server:
        with _client(server.url, timeout=0.3, max_retries=1) as do:
            do.image.info(1)
            later.append(30.0)
            assert (do.image.info(1)).id == 1
    assert server.connections == 2


# ── More than the response ──────────────────────────────────────────────────────────────────


def _surplus(*responses: bytes) -> Script:
    """Sends all of them at once for the first request of a connection."""

    def script(peer: Peer) -> None:
        peer.request()
        peer.send(b"".join(responses))
        while True:
            number = int(peer.request().target.rpartition("/")[2])
            peer.send(answer(image(number)))

    return script


@pytest.mark.parametrize(
    "responses",
    [
        pytest.param([answer(image(1)), answer(image(666))], id="content-length"),
        pytest.param([chunked(image(1)), chunked(image(666))], id="chunked"),
        pytest.param([chunked(image(1)), answer(image(666))], id="both"),
        pytest.param([answer(image(1)), b"\n"], id="one byte"),
        pytest.param([answer(b"", 204), answer(image(666))], id="no content"),
        pytest.param([answer(image(1) + answer(image(666)), length=len(image(1)))], id="a lie"),
        pytest.param(
            [answer(image(1)).replace(b"\r\n", b"\n"), answer(image(666))], id="bare line feeds"
        ),
    ],
)
def test_what_follows_a_response_is_not_the_next_one(responses: list[bytes]) -> None:
    with HostileServer(_surplus(*responses), _surplus(answer(image(2)))) as server:
        with _client(server.url) as do:
            try:
                assert (do.image.info(1)).id == 1
            except APIResponseValidationError as error:
                assert error.status_code == 204
            assert (do.image.info(2)).id == 2
    assert server.connections == 2


def test_no_response_in_pieces_is_taken_for_more_than_one() -> None:
    def script(peer: Peer) -> None:
        while True:
            peer.request()
            peer.drip(chunked(image(1)), 0.0)

    with HostileServer(script) as server:
        with _client(server.url) as do:
            for _ in range(3):
                assert (do.image.info(1)).id == 1
    assert server.connections == 1


# ── Cookies ─────────────────────────────────────────────────────────────────────────────────

COOKIE = answer(image(1), set_cookie="__cf_bm=caf\xe9; path=/")


def test_no_cookie_is_kept() -> None:
    with HostileServer(replies(COOKIE)) as server:
        with _client(server.url) as do:
            for _ in range(3):
                do.image.info(1)
    assert all("cookie" not in request.headers for request in server.requests)


def test_a_users_own_client_gets_no_cookies_and_keeps_its_own() -> None:
    with HostileServer(replies(COOKIE)) as server:
        with httpx.Client(cookies={"gate": "open"}) as http:
            do = Client(TOKEN, base_url=server.url, http_client=http)
            for _ in range(2):
                do.image.info(1)
            assert dict(http.cookies) == {"gate": "open"}
    assert [request.headers["cookie"] for request in server.requests] == ["gate=open"] * 2


# ── Encodings ───────────────────────────────────────────────────────────────────────────────


def test_gzip_alone_is_accepted() -> None:
    with HostileServer(replies(answer(image(1)))) as server:
        with _client(server.url) as do:
            do.image.info(1)
    assert server.requests[0].headers["accept-encoding"] == "gzip"


@pytest.mark.parametrize("encoding", ["br", "zstd", "deflate", "gzip, gzip", "gzip, br"])
def test_another_encoding_is_not_unpacked(encoding: str) -> None:
    with HostileServer(replies(answer(image(1), content_encoding=encoding))) as server:
        with _client(server.url) as do:
            with pytest.raises(APIResponseValidationError, match="Content-Encoding"):
                do.image.info(1)
    assert len(server.requests) == 1


def test_an_error_in_another_encoding_is_still_that_error() -> None:
    with HostileServer(replies(answer(b"\x1b\x0f", 404, content_encoding="br"))) as server:
        with _client(server.url) as do:
            with pytest.raises(APIStatusError, match="404: Not Found"):
                do.image.info(1)


@pytest.mark.parametrize("data", [zipped_bomb(8 * MEGABYTE), gzipped(b"\x1f\x8b" + b"\0" * 99)])
def test_gzip_has_a_bound(data: bytes) -> None:
    with HostileServer(replies(data)) as server:
        with _client(server.url) as do:
            with pytest.raises(APIResponseValidationError, match="can't be used") as caught:
                do.image.info(1)
    assert len(str(caught.value.body)) <= MEGABYTE + 1


# ── Several addresses of one host ───────────────────────────────────────────────────────────


@contextmanager
def _dead(*hosts: str, port: int = 0) -> Generator[int]:
    """Yield a port on which hosts neither accept nor refuse: their backlogs are full."""
    with ExitStack() as stack:
        for host in hosts:
            listener = stack.enter_context(socket.socket())
            listener.bind((host, port))
            port = listener.getsockname()[1]
            listener.listen(0)
            for _ in range(6):
                filler = stack.enter_context(socket.socket())
                filler.setblocking(False)
                filler.connect_ex((host, port))
        time.sleep(0.05)
        yield port


def _resolve(monkeypatch: pytest.MonkeyPatch, *addresses: tuple[str, int]) -> None:
    """Let every host name have some addresses; a port of 0 is that of the URL."""
    real = socket.getaddrinfo

    def resolve(host: str | bytes, port: int, *more: object, **options: object) -> list[object]:
        if str(host).startswith("127."):
            return list(real(host, port, *more, **options))  # type: ignore[arg-type] # pyright: ignore[reportArgumentType] - handed on as they are
        kind = socket.AF_INET, socket.SOCK_STREAM, 6, ""
        return [(*kind, (address, its_port or port)) for address, its_port in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)


def test_a_dead_address_leaves_time_for_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        HostileServer(replies(answer(image(1)))) as server,
        _dead("127.0.0.2", port=server.port) as port,
    ):
        _resolve(monkeypatch, ("127.0.0.2", port), ("127.0.0.1", port))
        with _client(f"http://api.localhost:{port}", timeout=3.0) as do:
            began = time.monotonic()
            assert (do.image.info(1)).id == 1
    assert time.monotonic() - began < 1.5


def test_an_address_that_cannot_be_reached_costs_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with HostileServer(replies(answer(image(1)))) as server:
        _resolve(monkeypatch, ("255.255.255.255", 0), ("127.0.0.1", 0))
        with _client(f"http://api.localhost:{server.port}") as do:
            assert (do.image.info(1)).id == 1


def test_dead_addresses_share_one_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    hosts = "127.0.0.2", "127.0.0.3", "127.0.0.4"
    with _dead(*hosts) as port:
        _resolve(monkeypatch, *((host, port) for host in hosts))
        with _client(f"http://api.localhost:{port}", timeout=0.4) as do:
            began = time.monotonic()
            with pytest.raises(APITimeoutError) as caught:
                do.image.info(1)
    assert time.monotonic() - began < 0.8
    assert caught.value.never_sent


# ── Proxies ─────────────────────────────────────────────────────────────────────────────────


def _refuses(status: int) -> Script:
    return replies(answer(b"", status))


@pytest.mark.parametrize("status", [403, 407, 503])
def test_a_refused_tunnel_was_never_sent(status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    with HostileServer(_refuses(status)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://jo:s3cret@127.0.0.1:{proxy.port}")
        with _client("https://api.images.example") as do:
            with pytest.raises(APIConnectionError) as caught:
                do.image.transfer(1, "nyc3")
    assert caught.value.never_sent
    assert str(status) in str(caught.value)
    assert f"through the proxy http://127.0.0.1:{proxy.port})" in str(caught.value)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("script", [stall_unanswered, close_idle(b"")])
def test_a_tunnel_that_does_not_come_about_was_never_sent(
    script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    with HostileServer(script) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        with _client("https://api.images.example", timeout=0.3) as do:
            with pytest.raises(APIConnectionError) as caught:
                do.image.transfer(1, "nyc3")
    assert caught.value.never_sent
    assert set(proxy.methods) == {"CONNECT"}


@pytest.mark.parametrize(
    "value",
    ["http://[::1", "http://jo:s3cret@proxy:abc", "http://jo:s3cret@proxy:99999", "http://"],
)
def test_an_invalid_proxy_is_named(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", value)
    with Client(TOKEN) as do:
        with pytest.raises(ValueError, match="the proxy that HTTPS_PROXY names") as caught:
            do.image.info(1)
    assert type(caught.value) is ValueError
    assert "s3cret" not in str(caught.value)
    assert caught.value.__context__ is None


# ── Certificates ────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE"])
def test_certificates_that_cannot_be_read_are_named(
    variable: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(variable, str(tmp_path / "missing" / "file"))
    with Client(TOKEN) as do:
        for _ in range(2):
            with pytest.raises(ValueError, match=f"{variable} names .*missing") as caught:
                do.image.info(1)
            assert type(caught.value) is ValueError


def test_certificates_that_are_none_are_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    garbage = tmp_path / "garbage.pem"
    garbage.write_text("this is no certificate")
    monkeypatch.setenv("SSL_CERT_FILE", str(garbage))
    with Client(TOKEN) as do:
        with pytest.raises(ValueError, match="SSL_CERT_FILE names"):
            do.image.info(1)


# ── Redirects ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("location", ["/v2/images/7", "http://b\xfccher.localhost:{}/v2/images/7"])
def test_a_redirect_within_an_internationalised_host_name(
    location: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _resolve(monkeypatch, ("127.0.0.1", 0))

    def script(peer: Peer) -> None:
        while True:
            if peer.request().target.endswith("/7"):
                peer.send(answer(image(7)))
            else:
                peer.send(answer(b"", 302, location=location.format(server.port)))

    with HostileServer(script) as server:
        base = f"http://b\xfccher.localhost:{server.port}"
        with Client(TOKEN, base_url=base, allow_http=True) as do:
            assert (do.image.info(1)).id == 7


# ── The token ───────────────────────────────────────────────────────────────────────────────


def test_an_echoed_token_is_redacted_in_headers() -> None:
    elsewhere = f"https://example.com/{TOKEN}"
    echo = answer(b"", 302, location=elsewhere, x_request_id=f"echo-{TOKEN}")
    with HostileServer(replies(echo)) as server:
        with _client(server.url) as do:
            with pytest.raises(APIStatusError) as caught:
                do.image.info(1)
    assert TOKEN not in str(caught.value)
    assert not holds(caught.value.__dict__, TOKEN)

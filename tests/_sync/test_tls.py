# GENERATED from tests/_async/test_tls.py by "make generate". Do not edit.
"""Connections over TLS, to a loopback server whose certificate the environment names."""

import ssl
import time
from pathlib import Path

import pytest
import trustme

from do_images import APIConnectionError, APITimeoutError, Client
from tests.hostile import (
    HostileServer,
    Peer,
    Script,
    answer,
    chunked,
    dripped,
    replies,
    stall_at_once,
)
from tests.support import TOKEN

IMAGE = b'{"image": {"id": 1, "name": "golden", "created_at": "2026-01-01T00:00:00Z"}}'
OTHER = IMAGE.replace(b'"id": 1', b'"id": 666')
ACTION = b'{"action": {"id": 9, "status": "in-progress", "type": "transfer"}}'


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def tls(authority: trustme.CA) -> ssl.SSLContext:
    """What a server speaks."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)  # pyright: ignore[reportUnknownMemberType] - it takes pyOpenSSL's contexts, too
    return context


@pytest.fixture
def trusted(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file that the environment names."""
    file = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(str(file))
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    return file


def test_many_requests_share_a_handshake(tls: ssl.SSLContext, trusted: Path) -> None:
    with HostileServer(replies(answer(IMAGE)), tls=tls) as server:
        with Client(TOKEN, base_url=server.url) as do:
            for _ in range(3):
                assert (do.image.info(1)).id == 1
    assert server.connections == 1


def test_a_folder_of_certificates_counts_beside_a_file(
    tls: ssl.SSLContext, trusted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders: list[object] = []
    real = ssl.create_default_context

    def create(*, cafile: str | None, capath: str | None) -> ssl.SSLContext:
        folders.append(capath)
        return real(cafile=cafile, capath=capath)

    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    monkeypatch.setattr(ssl, "create_default_context", create)
    with HostileServer(replies(answer(IMAGE)), tls=tls) as server:
        with Client(TOKEN, base_url=server.url) as do:
            assert (do.image.info(1)).id == 1
    assert folders == [str(tmp_path)]


def test_a_log_of_keys_that_cannot_be_written_is_named(
    trusted: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSLKEYLOGFILE", str(trusted / "keys"))
    with Client(TOKEN, base_url="https://127.0.0.1:1") as do:
        with pytest.raises(ValueError, match="SSLKEYLOGFILE names"):
            do.image.info(1)


def test_an_untrusted_certificate_ends_a_wait_at_once(tls: ssl.SSLContext) -> None:
    with HostileServer(replies(answer(ACTION, 201)), tls=tls) as server:
        with Client(TOKEN, base_url=server.url) as do:
            began = time.monotonic()
            with pytest.raises(APIConnectionError, match="CERTIFICATE_VERIFY_FAILED") as caught:
                do.image.transfer(1, "nyc3", wait=True, timeout=60)
    assert time.monotonic() - began < 10
    assert caught.value.never_sent
    assert server.requests == []


@pytest.mark.parametrize("response", [answer(IMAGE), chunked(IMAGE)], ids=["length", "chunked"])
def test_what_follows_a_response_is_not_the_next_one(
    response: bytes, tls: ssl.SSLContext, trusted: Path
) -> None:
    def surplus(peer: Peer) -> None:
        peer.request()
        peer.send(response)
        peer.send(answer(OTHER))  # in a record of its own
        peer.stall()

    with HostileServer(surplus, replies(answer(IMAGE)), tls=tls) as server:
        with Client(TOKEN, base_url=server.url) as do:
            assert (do.image.info(1)).id == 1
            server.settle()
            assert (do.image.info(1)).id == 1
    assert server.connections == 2


@pytest.mark.parametrize("script", [stall_at_once, dripped(answer(IMAGE))])
def test_the_timeout_bounds_a_handshake_and_what_follows(
    script: Script, tls: ssl.SSLContext, trusted: Path
) -> None:
    secured = None if script is stall_at_once else tls
    with HostileServer(script, tls=secured) as server:
        base = f"https://127.0.0.1:{server.port}"
        with Client(TOKEN, base_url=base, timeout=0.5, max_retries=0) as do:
            began = time.monotonic()
            with pytest.raises(APITimeoutError):
                do.image.info(1)
    assert time.monotonic() - began < 3

"""What is held back of the bytes of a connection, so that nothing beyond a response gets lost."""

import ssl
from typing import Self

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st

from do_images._http.deadlines import Sending, connects, sending
from do_images._http.wire import Wire

REQUEST = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"


def _responses() -> st.SearchStrategy[bytes]:
    bodies = st.binary(max_size=30)
    fields = st.lists(st.sampled_from([b"date: x", b"x-length: 5", b"vary: content-length: 3"]))

    def response(status: bytes, more: list[bytes], body: bytes, way: str) -> bytes:
        if way == "chunked":
            size = b"%x\r\n%b\r\n" % (len(body), body) if body else b""
            framing, body = b"Transfer-Encoding: chunked", size + b"0\r\n\r\n"
        else:
            framing = b"Content-Length: %d" % len(body)
        end = b"\n" if way == "bare" else b"\r\n"
        if status == b"204 No Content":
            body = b""
        return end.join([b"HTTP/1.1 " + status, *more, framing, b"", b""]) + body

    statuses = st.sampled_from([b"200 OK", b"201 Created", b"204 No Content", b"404 Not Found"])
    return st.builds(
        response, statuses, fields, bodies, st.sampled_from(["length", "chunked", "bare"])
    )


def _is_surplus(data: bytes, places: list[int]) -> bool:
    """Read a response as httpcore does; return whether the wire knows of more at its end."""
    wire = Wire()
    wire.writes(REQUEST)
    reader = h11.Connection(h11.CLIENT)
    reader.send(h11.Request(method="GET", target="/", headers=[("host", "x")]))
    reader.send(h11.EndOfMessage())
    ends = [*sorted({place % len(data) for place in places} - {0}), len(data)]
    parts = [data[begin:end] for begin, end in zip([0, *ends], ends, strict=False)]
    while True:
        event = reader.next_event()
        if isinstance(event, h11.EndOfMessage):
            return wire.is_readable(None) or bool(parts)
        if event is h11.NEED_DATA:
            held = wire.take_held()
            reader.receive_data(held or wire.received(parts.pop(0)))


@given(_responses(), st.lists(st.integers(0, 500), max_size=4))
def test_a_response_in_any_pieces_is_no_surplus(response: bytes, places: list[int]) -> None:
    assert not _is_surplus(response, places)


@given(_responses(), st.one_of(_responses(), st.binary(min_size=1)), st.lists(st.integers(0, 500)))
def test_any_surplus_is_seen(response: bytes, surplus: bytes, places: list[int]) -> None:
    assert _is_surplus(response + surplus, places)


def test_nothing_is_held_back_before_a_request() -> None:
    wire = Wire()
    wire.writes(b"\x05\x01\x00")  # SOCKS
    assert wire.received(b"\x05\x00") == b"\x05\x00"
    wire.writes(b"CONNECT x:443 HTTP/1.1\r\n\r\n")
    assert wire.received(b"xy") == b"x"


def test_what_was_written() -> None:
    mark = sending.set(Sending(None))
    try:
        way = sending.get()
        assert way is not None
        assert way.written is None
        connects()
        assert way.written is False
        wire = Wire()
        wire.writes(b"CONNECT x:443 HTTP/1.1\r\n\r\n")
        assert way.written is False
        wire.writes(REQUEST)
        connects()
        assert way.written is True
    finally:
        sending.reset(mark)
    connects()  # by nobody's request
    Wire().writes(REQUEST)


class _Tls(ssl.SSLObject):
    """TLS that has decrypted something, or was closed."""

    outcome: bytes | Exception

    def __new__(cls, *_: object) -> Self:
        return object.__new__(cls)

    def read(self, len: int = 1024, buffer: object = None) -> bytes:  # noqa: A002 # pyright: ignore[reportIncompatibleMethodOverride] - as ssl has it
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome


@pytest.mark.parametrize(
    ("outcome", "readable"),
    [(b"x", True), (b"", True), (ssl.SSLWantReadError(), False), (ssl.SSLZeroReturnError(), True)],
)
def test_what_tls_has_decrypted_is_surplus_too(outcome: bytes | Exception, readable: bool) -> None:
    tls = object.__new__(_Tls)
    tls.outcome = outcome
    assert Wire().is_readable(tls) is readable

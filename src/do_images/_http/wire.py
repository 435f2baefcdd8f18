"""What is to be known about the bytes of one connection, without reading or writing any."""

import re
import ssl
import time

from do_images._http.deadlines import sending

__all__ = ["Wire"]


_SUCCESS = (b"HTTP/1.1 200", b"HTTP/1.1 201", b"HTTP/1.1 202")
# What says where a body ends; one in chunks may end sooner than its length says.
_LENGTH = re.compile(
    rb"\r\n(?:(transfer-encoding)|content-length: *(\d{1,9})(?=\r))", re.IGNORECASE
)


class Wire:
    """The state of one connection.

    Once requests are written, the last byte of whatever was received is held back until it is
    asked for. If a response ends before that, the server has sent more than the response, which
    must not be taken for the response to the next request.
    """

    __slots__ = ("_held", "_holds", "_used")

    def __init__(self) -> None:
        self._held = b""
        self._holds = False
        self._used = time.monotonic()

    def take_held(self) -> bytes:
        """Return the byte that is held back, if any."""
        held, self._held = self._held, b""
        return held

    def received(self, data: bytes) -> bytes:
        """Return what of the received bytes is given out at once."""
        self._used = time.monotonic()
        if not self._holds or len(data) < 2 or _is_one_response(data):
            return data
        self._held = data[-1:]
        return data[:-1]

    def writes(self, data: bytes) -> None:
        """Take note of what is about to be written."""
        if not data[:1].isalpha():  # a body, or SOCKS, which reads whole messages
            return
        self._holds = True
        request = sending.get()
        if request is not None and not data.startswith(b"CONNECT "):
            request.written = True

    def is_readable(self, tls: object) -> bool:
        """Return whether there are bytes that nobody has asked for; `tls` decrypts them."""
        if self._held:
            return True
        # Where TLS reads from the socket itself, what was not asked for is still in the socket.
        if not isinstance(tls, ssl.SSLObject):
            return False
        try:
            tls.read(1)
        except ssl.SSLWantReadError:
            return False
        except ssl.SSLError:  # the server has closed it
            return True
        return True

    def is_alive(self) -> bool:
        """Return whether the request that is being sent may use the connection again."""
        request = sending.get()
        if request is None or request.max_idle is None:
            return True
        return time.monotonic() - self._used <= request.max_idle


def _is_one_response(data: bytes) -> bool:
    """Return whether the bytes are one small response, which spares it the second read."""
    end = data.find(b"\r\n\r\n")
    if not data.startswith(_SUCCESS) or data.count(b"\n", 0, end) != data.count(b"\r\n", 0, end):
        return False
    lengths = _LENGTH.findall(data, 0, end + 2)
    if len(lengths) != 1 or lengths[0][0]:
        return False
    return end + 4 + int(lengths[0][1]) == len(data)

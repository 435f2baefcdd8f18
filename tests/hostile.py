"""A server that misbehaves on purpose, on a real loopback socket.

Each connection is answered by the next script, the last one by all that follow. A script is a
function of the connection; the ones below are made of few words: read a request, send bytes, drip
them, stall, reset.
"""

import gzip
import json
import socket
import ssl
import struct
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from threading import Event, Lock, Thread
from types import TracebackType
from typing import NamedTuple, Self, TypeAlias

from tests.support import Json

__all__ = [
    "HostileServer",
    "Peer",
    "Received",
    "Script",
    "answer",
    "broken_chunks",
    "chunked",
    "close_at_once",
    "close_idle",
    "close_unanswered",
    "cut",
    "dripped",
    "echo",
    "endless",
    "gzipped",
    "refusing_port",
    "replies",
    "reset_at_once",
    "reset_unanswered",
    "stall_at_once",
    "stall_half_way",
    "stall_unanswered",
    "talk_first",
    "zipped_bomb",
]


class Received(NamedTuple):
    """A request as it came over the wire."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    raw: bytes


class Peer:
    """One connection to a client, as a script sees it."""

    def __init__(self, connection: socket.socket, server: "HostileServer") -> None:
        self._connection = connection
        self._server = server
        self._buffer = b""

    def request(self) -> Received:
        """Reads one request whole, and counts it."""
        while b"\r\n\r\n" not in self._buffer:
            self._receive()
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        method, target, _ = first.split(" ")
        headers = {
            name.lower(): value.strip()
            for name, _, value in (line.partition(":") for line in lines)
        }
        length = int(headers.get("content-length", "0"))
        while len(self._buffer) < length:
            self._receive()
        body, self._buffer = self._buffer[:length], self._buffer[length:]
        received = Received(method, target, headers, body, head + b"\r\n\r\n" + body)
        self._server.note(received)
        return received

    def _receive(self) -> None:
        data = self._connection.recv(65536)
        if not data:
            raise ConnectionResetError
        self._buffer += data

    def send(self, data: bytes) -> None:
        """Sends bytes, for as long as the client takes them."""
        self._connection.sendall(data)

    def drip(self, data: bytes, pause: float) -> None:
        """Sends one byte at a time."""
        for byte in data:
            self.send(bytes([byte]))
            if self._server.stopped.wait(pause):
                return

    def stall(self) -> None:
        """Does nothing until the client goes, or the test is over."""
        while not self._server.stopped.is_set():
            self._receive()

    def reset(self) -> None:
        """Ends the connection with a TCP reset."""
        linger = struct.pack("ii", 1, 0)
        self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self._connection.close()


Script: TypeAlias = Callable[[Peer], None]


class HostileServer:
    """Listens on a loopback port from its making until it is closed."""

    def __init__(self, *scripts: Script, tls: ssl.SSLContext | None = None) -> None:
        self._scripts = scripts
        self._tls = tls
        self._lock = Lock()
        self._open: set[socket.socket] = set()
        self._threads: list[Thread] = []
        self.stopped = Event()
        self.connections = 0
        self.requests: list[Received] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._start(self._accept)

    def _start(self, work: Callable[[], None]) -> None:
        thread = Thread(target=work, daemon=True)
        self._threads.append(thread)
        thread.start()

    @property
    def url(self) -> str:
        """The base URL for a client."""
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    @property
    def calls(self) -> list[str]:
        """Method and path of every request that was read, without the query."""
        with self._lock:
            return [f"{got.method} {got.target.partition('?')[0]}" for got in self.requests]

    @property
    def methods(self) -> list[str]:
        """The method of every request that was read."""
        with self._lock:
            return [got.method for got in self.requests]

    def note(self, received: Received) -> None:
        """Keeps a request."""
        with self._lock:
            self.requests.append(received)

    def _accept(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            with self._lock:
                if self.stopped.is_set():
                    connection.close()
                    return
                self._open.add(connection)
            script = self._scripts[min(self.connections, len(self._scripts) - 1)]
            self.connections += 1
            self._start(partial(self._run, connection, script))

    def _run(self, connection: socket.socket, script: Script) -> None:
        # A client that has had enough closes the connection: that is no failure.
        with suppress(OSError), connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._secured(connection) as secured:
                script(Peer(secured, self))
        with self._lock:
            self._open.discard(connection)

    def _secured(self, connection: socket.socket) -> socket.socket:
        if self._tls is None:
            return connection
        # A client that does not trust the certificate ends the handshake.
        secured = self._tls.wrap_socket(connection, server_side=True)
        with self._lock:
            self._open.add(secured)
        return secured

    def settle(self) -> None:
        """Gives what was sent, a goodbye for instance, the time to arrive."""
        time.sleep(0.05)

    def close(self) -> None:
        """Ends all connections and threads."""
        with self._lock:
            self.stopped.set()
            for connection in self._open:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        with suppress(OSError):
            socket.create_connection(self._listener.getsockname()).close()
        for thread in self._threads:
            thread.join()
        self._listener.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


@contextmanager
def refusing_port() -> Generator[int]:
    """A port where every connection is refused: taken, but nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        yield port


# ── Answers ─────────────────────────────────────────────────────────────────────────────────


def answer(
    body: bytes | Mapping[str, Json] = b"",
    status: int = 200,
    *,
    length: int | None = None,
    **headers: str,
) -> bytes:
    """A response as bytes; `length` is sent in place of the true one, `_` in a name of a header as a hyphen."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    fields = {"content-type": "application/json", "x-request-id": "req-1", **headers}
    fields.setdefault("content-length", str(len(content) if length is None else length))
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in fields.items()]
    return "\r\n".join([f"HTTP/1.1 {status} Whatever", *lines, "", ""]).encode("latin-1") + content


def chunked(body: bytes) -> bytes:
    """Return a response whose body is one chunk."""
    return _head(
        "content-type: application/json", "transfer-encoding: chunked"
    ) + b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)


def _head(*lines: str) -> bytes:
    return "\r\n".join(["HTTP/1.1 200 OK", *lines, "", ""]).encode()


# ── Scripts ─────────────────────────────────────────────────────────────────────────────────


def replies(*answers: bytes) -> Script:
    """An answer for each request of a connection; the last one for all that follow."""

    def script(peer: Peer) -> None:
        for data in answers:
            peer.request()
            peer.send(data)
        while True:
            peer.request()
            peer.send(answers[-1])

    return script


def close_at_once(peer: Peer) -> None:
    """Hangs up before it has read anything."""


def stall_at_once(peer: Peer) -> None:
    """Read whatever comes, and send nothing."""
    peer.stall()


def reset_at_once(peer: Peer) -> None:
    """Resets before it has read anything."""
    peer.reset()


def talk_first(data: bytes) -> Script:
    """Does not wait to be asked, and says nothing more."""

    def script(peer: Peer) -> None:
        peer.send(data)
        peer.stall()

    return script


def close_unanswered(peer: Peer) -> None:
    """Reads the request and hangs up."""
    peer.request()


def reset_unanswered(peer: Peer) -> None:
    """Reads the request and resets."""
    peer.request()
    peer.reset()


def stall_unanswered(peer: Peer) -> None:
    """Reads the request and says nothing."""
    peer.request()
    peer.stall()


def stall_half_way(data: bytes, kept: int) -> Script:
    """Sends all but the last bytes of an answer, and then nothing."""

    def script(peer: Peer) -> None:
        peer.request()
        peer.send(data[:-kept])
        peer.stall()

    return script


def cut(data: bytes, kept: int) -> Script:
    """Sends all but the last bytes of an answer, and resets."""

    def script(peer: Peer) -> None:
        peer.request()
        peer.send(data[:-kept])
        # The client has time to read what came before the reset.
        time.sleep(0.02)
        peer.reset()

    return script


def close_idle(data: bytes, after: float = 0.0) -> Script:
    """Answers with keep-alive, and hangs up all the same."""

    def script(peer: Peer) -> None:
        peer.request()
        peer.send(data)
        time.sleep(after)

    return script


def dripped(data: bytes, start: int = 0, pause: float = 0.02) -> Script:
    """Sends an answer at once up to a place, and from there a byte at a time."""

    def script(peer: Peer) -> None:
        peer.request()
        peer.send(data[:start])
        peer.drip(data[start:], pause)

    return script


def endless(pause: float = 0.0, size: int = 65536) -> Script:
    """Sends a body that never ends."""

    def script(peer: Peer) -> None:
        peer.request()
        peer.send(_head("transfer-encoding: chunked"))
        while True:
            peer.send(f"{size:x}\r\n".encode() + b" " * size + b"\r\n")
            time.sleep(pause)

    return script


def broken_chunks(peer: Peer) -> None:
    """Announces a chunk whose size is no number."""
    peer.request()
    peer.send(_head("transfer-encoding: chunked") + b'5\r\n{"ima\r\nzzz\r\n')


def gzipped(data: bytes) -> bytes:
    """An answer that says it is compressed, whether it is or not."""
    return answer(data, content_encoding="gzip")


def zipped_bomb(size: int) -> bytes:
    """An answer that grows to `size` bytes when it is unpacked."""
    return gzipped(gzip.compress(b" " * size))


def echo(status: int, name: str = "message") -> Script:
    """Answers with everything that it was sent."""

    def script(peer: Peer) -> None:
        while True:
            received = peer.request().raw.decode("latin-1")
            peer.send(answer({"id": "echo", name: received}, status))

    return script

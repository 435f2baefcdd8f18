"""The fake on a port, for any client in any language. Connections really break."""

import re
import socket
import struct
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import BaseServer
from threading import Event, Thread
from typing import cast

from do_images.testing._bodies import dumps
from do_images.testing._control_endpoint import PREFIX, control
from do_images.testing._controls import Controls
from do_images.testing._messages import Incoming, Request, Response
from do_images.testing._service import Service

__all__ = ["serving"]

_LARGEST_REQUEST = 1 << 20
_LONGEST_LINE = 1 << 16
# Closing a socket with this option resets the connection, in place of ending it in good order.
_RESET = struct.pack("ii", 1, 0)


class _Server(ThreadingHTTPServer):
    # Each thread ends when its connection does, and closing the server waits for all of them.
    daemon_threads = False
    block_on_close = True
    # How many connections may wait until they are accepted: clients come in bursts.
    request_queue_size = 1024

    def __init__(
        self,
        service: Service,
        fake: Controls,
        address: tuple[str, int],
        speed: float,
        on_request: Callable[[Request], object] | None,
    ) -> None:
        self.service = service
        self.fake = fake
        self.speed = speed
        self.on_request = on_request
        self.stopping = Event()
        self._open: set[socket.socket] = set()
        self._reset: set[socket.socket] = set()
        super().__init__(address, _Handler)

    @property
    def url(self) -> str:
        """Where it is reached."""
        return f"http://{self.server_name}:{self.server_port}"

    def server_bind(self) -> None:
        # In place of HTTPServer's, which looks up the host's name: that can take seconds.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), self.server_address[1]

    def get_request(self) -> tuple[socket.socket, object]:
        connection, address = super().get_request()
        self._open.add(connection)
        return connection, address

    def shutdown_request(self, request: object) -> None:
        connection = cast("socket.socket", request)
        self._open.discard(connection)
        if connection in self._reset:
            self._reset.discard(connection)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            connection.close()
        else:
            super().shutdown_request(connection)

    def reset(self, connection: socket.socket) -> None:
        """Reset a connection once its thread lets go of it."""
        self._reset.add(connection)

    def handle_error(self, request: object, client_address: object) -> None:
        """Do nothing: a client that is gone is no error."""

    def stop(self) -> None:
        """End every connection and thread."""
        self.stopping.set()
        self.shutdown()
        for connection in tuple(self._open):
            with suppress(OSError):  # it may have ended meanwhile
                connection.shutdown(socket.SHUT_RDWR)
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # A response goes out in one piece.
    wbufsize = -1
    disable_nagle_algorithm = True
    server: BaseServer

    @property
    def _fake(self) -> _Server:
        return cast("_Server", self.server)

    def _serve(self) -> None:
        content = self._content()
        if content is None:
            return
        # A client that takes this for a proxy names the whole address.
        target = re.sub(r"(?i)^https?://[^/?]*", "", self.path)
        path, _, query = target.partition("?")
        headers = {name.lower(): value for name, value in self.headers.items()}
        origin = f"http://{headers.get('host', self._fake.url[7:])}"
        if path.startswith(PREFIX):
            self._answer(control(self._fake.fake, self.command, path, content))
            return
        incoming = Incoming(self.command, path, query, headers, content, origin)
        response, request = self._fake.service.handle_and_log(incoming)
        if self._pause(response.delay):
            self._answer(response)
        if self._fake.on_request is not None:
            self._fake.on_request(request)

    def _content(self) -> bytes | None:
        """Return the body; None where it can't be read, which the client was answered."""
        length = self.headers.get("content-length", "0")
        coding = self.headers.get("transfer-encoding")
        if coding is not None:
            if coding.lower() == "chunked":
                return self._chunks()
            self.send_error(501, "The only transfer coding that is supported is chunked.")
        elif not (length.isascii() and length.isdecimal()):
            self.send_error(400, "The content-length is not a number.")
        elif int(length) > _LARGEST_REQUEST:
            self.send_error(413, "The body is too large.")
        else:
            return self.rfile.read(int(length))
        return None

    def _chunks(self) -> bytes | None:
        content = b""
        while True:
            line = self.rfile.readline(_LONGEST_LINE)
            size = re.match(rb"[0-9a-fA-F]{1,8}(?=[\s;])", line)
            if size is None:
                self.send_error(400, "A chunk's size is not a number.")
                return None
            length = int(size[0], 16)
            if length == 0:
                break
            if len(content) + length > _LARGEST_REQUEST:
                self.send_error(413, "The body is too large.")
                return None
            content += self.rfile.read(length)
            self.rfile.readline(_LONGEST_LINE)
        while self.rfile.readline(_LONGEST_LINE).strip():
            pass  # fields that come after the body
        return content

    def _pause(self, seconds: float) -> bool:
        """Wait, in the fake's time; return False where the server stops meanwhile."""
        speed = self._fake.speed or 1.0
        return not (seconds and self._fake.stopping.wait(seconds / speed))

    def _answer(self, response: Response) -> None:
        if response.loss is not None:
            self.close_connection = True
            if response.loss == "after":
                self._fake.reset(self.connection)
            return
        self._head(response)
        body = b"" if self.command == "HEAD" else response.content
        if not response.drip:
            self.wfile.write(body)
        for place in range(len(body) if response.drip else 0):
            self.wfile.flush()
            if not self._pause(response.drip):
                break
            self.wfile.write(body[place : place + 1])
        self.wfile.flush()

    def _head(self, response: Response) -> None:
        self.send_response_only(response.status)
        length = str(len(response.content))
        stated = response.headers.get("content-length", length)
        if stated != length and self.command != "HEAD":
            self.close_connection = True
        if response.status != 204:
            response.headers.setdefault("content-length", length)
        for name, value in response.headers.items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("connection", "close")
        self.end_headers()

    def handle_expect_100(self) -> bool:
        """Let a client that asks first send its body."""
        super().handle_expect_100()
        self.wfile.flush()
        return True

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer in the API's form what is not HTTP, or is not supported."""
        content = dumps({"id": "bad_request", "message": message or "This is no HTTP request."})
        self.close_connection = True
        headers = {"content-type": "application/json"}
        self._answer(Response(code, headers, content))

    def log_message(self, format: str, *args: object) -> None:
        """Do nothing."""

    def __getattr__(self, name: str) -> Callable[[], None]:
        # The library looks for do_GET, do_POST and so on: whatever the method, it is answered.
        if name.startswith("do_"):
            return self._serve
        raise AttributeError(name)


@contextmanager
def serving(
    service: Service,
    fake: Controls,
    address: tuple[str, int],
    speed: float,
    on_request: Callable[[Request], object] | None,
) -> Generator[str]:
    """Serve until the block ends, and yield the base URL."""
    server = _Server(service, fake, address, speed, on_request)
    thread = Thread(target=server.serve_forever, args=(0.02,), name="FakeDigitalOcean")
    thread.start()
    try:
        yield server.url
    finally:
        server.stop()
        thread.join()

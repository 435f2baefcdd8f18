"""The connections of a client that we build: httpcore's pool over a network backend of ours.

Beyond what httpcore does, a whole request has one deadline; surplus bytes after a response end its
connection; a request that must not get lost takes a connection that is surely alive; and a
cancelled request leaves no connection behind.
"""

import ssl
import time
from collections.abc import AsyncIterator
from typing import Any, Protocol, cast

import httpcore

from do_images._http.deadlines import connects, remaining
from do_images._http.runtime import AsyncRuntime
from do_images._http.sockets import AsyncBackend, Options
from do_images._http.wire import Wire

__all__ = ["AsyncPool", "AsyncTimedBackend"]

# Seconds after which a connection that never got its request belongs to nobody any more.
_ABANDONED = 5.0


class _Stream(httpcore.AsyncNetworkStream):
    """The bytes of one connection."""

    def __init__(self, stream: httpcore.AsyncNetworkStream) -> None:
        self._stream = stream
        self.wire = Wire()

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if held := self.wire.take_held():
            return held
        left = remaining(timeout, httpcore.ReadTimeout)
        return self.wire.received(await self._stream.read(max_bytes, left))

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        left = remaining(timeout, httpcore.WriteTimeout)
        self.wire.writes(buffer)
        await self._stream.write(buffer, left)

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.AsyncNetworkStream:
        left = remaining(timeout, httpcore.ConnectTimeout)
        return _Stream(await self._stream.start_tls(ssl_context, server_hostname, left))

    def get_extra_info(self, info: str) -> Any:
        """Return what httpcore asks for; an idle connection that is readable is closed by it."""
        extra_info = self._stream.get_extra_info
        is_surplus = info == "is_readable" and self.wire.is_readable(extra_info("ssl_object"))
        return is_surplus or extra_info(info)


class AsyncTimedBackend(httpcore.AsyncNetworkBackend):
    """Makes connections whose steps keep to the deadline of the request."""

    def __init__(self) -> None:
        self._backend = AsyncBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Options | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Return a connection to a host."""
        connects()
        left = remaining(timeout, httpcore.ConnectTimeout)
        where = (host, port, left, local_address, socket_options)
        return _Stream(await self._backend.connect_tcp(*where))


class _Connection(httpcore.AsyncConnectionInterface):
    """A connection of the pool; which one of httpcore's it is depends on the proxy."""

    def __init__(self, connection: httpcore.AsyncConnectionInterface) -> None:
        self._connection = connection
        self._expires: float | None = time.monotonic() + _ABANDONED
        self._wire: Wire | None = None

    async def handle_async_request(self, request: httpcore.Request) -> httpcore.Response:
        self._expires = None
        try:
            response = await self._connection.handle_async_request(request)
        except httpcore.ConnectionNotAvailable:
            raise
        except BaseException:
            await self.discard()
            raise
        extensions = cast("dict[str, object]", response.extensions)  # pyright: ignore[reportUnknownMemberType] - a dict of whatever
        stream = extensions.get("network_stream")
        self._wire = stream.wire if isinstance(stream, _Stream) else None
        response.stream = _Body(cast("_Source", response.stream), self)
        return response

    async def discard(self) -> None:
        """Close the connection if its request was cut short, which httpcore may have missed."""
        if not (self._connection.is_idle() or self._connection.is_closed()):
            with AsyncRuntime.cleanup():
                await self._connection.aclose()

    async def aclose(self) -> None:
        with AsyncRuntime.cleanup():
            await self._connection.aclose()

    def can_handle_request(self, origin: httpcore.Origin) -> bool:
        return self._connection.can_handle_request(origin)

    def is_available(self) -> bool:
        is_alive = self._wire is None or self._wire.is_alive()
        return is_alive and self._connection.is_available()

    def has_expired(self) -> bool:
        return self._connection.has_expired()

    def is_idle(self) -> bool:
        return self._connection.is_idle()

    def is_closed(self) -> bool:
        # A request that is cancelled when it was just given a new connection never opens it.
        is_abandoned = self._expires is not None and self._expires < time.monotonic()
        return is_abandoned or self._connection.is_closed()


class _Source(Protocol):
    """The body as httpcore has it."""

    def __aiter__(self) -> AsyncIterator[bytes]: ...
    async def aclose(self) -> None: ...


class _Body:
    """The body of a response on a connection."""

    def __init__(self, stream: _Source, connection: _Connection) -> None:
        self._stream = stream
        self._connection = connection

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for part in self._stream:
                yield part
        except BaseException:
            await self._connection.discard()
            raise

    async def aclose(self) -> None:
        with AsyncRuntime.cleanup():
            try:
                await self._stream.aclose()
            except BaseException:
                await self._connection.discard()
                raise


class AsyncPool(httpcore.AsyncConnectionPool):
    """httpcore's pool, whose connections are ours."""

    def create_connection(self, origin: httpcore.Origin) -> httpcore.AsyncConnectionInterface:
        """Return a new connection to an origin."""
        return _Connection(super().create_connection(origin))

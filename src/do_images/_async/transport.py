"""The transport of clients that we build: it keeps one deadline for the whole of a request.

httpx bounds each read and write; a server that drips a byte at a time can stretch a request for
ever. Here no read or write gets more time than the request has left.
"""

import ssl
import time
from collections.abc import Iterable
from typing import Any, cast

import httpcore
import httpx

from do_images._core.clocks import deadline

__all__ = ["AsyncTransport"]

_Options = Iterable[
    tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]
]


def _left(timeout: float | None) -> float | None:
    """Seconds that the next step may take: 0 raises the time-out of that very step."""
    end = deadline.get()
    if end is None:
        return timeout
    left = max(0.0, end - time.monotonic())
    return left if timeout is None else min(left, timeout)


class _Stream(httpcore.AsyncNetworkStream):
    def __init__(self, stream: httpcore.AsyncNetworkStream) -> None:
        self._stream = stream

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        left = _left(timeout)
        if left == 0:
            raise httpcore.ReadTimeout("the request's time is over")
        return await self._stream.read(max_bytes, left)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        left = _left(timeout)
        if left == 0:
            raise httpcore.WriteTimeout("the request's time is over")
        await self._stream.write(buffer, left)

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.AsyncNetworkStream:
        left = _left(timeout)
        if left == 0:
            raise httpcore.ConnectTimeout("the request's time is over")
        return _Stream(await self._stream.start_tls(ssl_context, server_hostname, left))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _Backend(httpcore.AsyncNetworkBackend):
    def __init__(self) -> None:
        self._backend = cast("httpcore.AsyncNetworkBackend", httpcore.AnyIOBackend())

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: _Options | None = None,
    ) -> httpcore.AsyncNetworkStream:
        left = _left(timeout)
        if left == 0:
            raise httpcore.ConnectTimeout("the request's time is over")
        where = (host, port, left, local_address, socket_options)
        return _Stream(await self._backend.connect_tcp(*where))


class AsyncTransport(httpx.AsyncHTTPTransport):
    """httpx's own transport over a pool whose connections know the deadline."""

    def __init__(self, ssl_context: ssl.SSLContext | None, proxy: str | None = None) -> None:
        """`ssl_context` may be None where only plain http is spoken."""
        # httpx has no way to hand over a network backend.
        if proxy is not None:
            verify = True if ssl_context is None else ssl_context
            super().__init__(verify=verify, proxy=httpx.Proxy(proxy))
            self._pool._network_backend = _Backend()  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - as above
            return
        # In place of httpx's __init__, which makes an SSL context even where none is needed.
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=ssl_context,
            max_connections=100,
            max_keepalive_connections=20,
            keepalive_expiry=5.0,
            network_backend=_Backend(),
        )

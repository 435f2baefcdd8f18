"""The ways into a fake without a network: httpx's transports, faults included."""

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import cast

import httpx

from do_images.testing._clock import AsyncVirtualClock, VirtualClock
from do_images.testing._messages import Incoming, Reply
from do_images.testing._service import Service

__all__ = ["AsyncFakeTransport", "FakeTransport"]

_EARLY: dict[str, tuple[type[httpx.TransportError], str]] = {
    "refused": (httpx.ConnectError, "connection refused"),
    "connect_timeout": (httpx.ConnectTimeout, "no connection in time"),
    "pool_timeout": (httpx.PoolTimeout, "no free connection in time"),
}
_NO_TIMEOUTS: Mapping[str, float | None] = {}


def _incoming(request: httpx.Request, content: bytes) -> Incoming:
    path, _, query = request.url.raw_path.decode("ascii").partition("?")
    headers = {
        name.decode("latin-1").lower(): value.decode("latin-1")
        for name, value in request.headers.raw
    }
    url = request.url
    origin = f"{url.scheme}://{url.netloc.decode('ascii')}"
    return Incoming(request.method, path, query, headers, content, origin)


class _Steps:
    """What a reply does on the wire, apart from the waiting."""

    def __init__(self, request: httpx.Request, reply: Reply) -> None:
        self._request = request
        self._reply = reply
        timeouts = cast("Mapping[str, float | None] | None", request.extensions.get("timeout"))
        self._timeouts = timeouts or _NO_TIMEOUTS

    @property
    def patience(self) -> float:
        """Seconds that the client waits for the next byte."""
        read = self._timeouts.get("read")
        return float("inf") if read is None else read

    def delay(self) -> float:
        """Seconds to wait for the answer."""
        if self._reply.loss in {"connect_timeout", "pool_timeout"}:
            kind = "connect" if self._reply.loss == "connect_timeout" else "pool"
            return self._timeouts.get(kind) or 60.0
        return min(self._reply.delay, self.patience)

    def response(self, stream: httpx.SyncByteStream | httpx.AsyncByteStream) -> httpx.Response:
        """The answer after the wait; raises what httpx raises where there is none."""
        early = _EARLY.get(self._reply.loss or "")
        if early is not None:
            raise early[0](early[1], request=self._request)
        self.check(self._reply.delay)
        if self._reply.loss == "before":
            told = "Server disconnected without sending a response."
            raise httpx.RemoteProtocolError(told, request=self._request)
        if self._reply.loss == "after":
            raise httpx.ReadError("connection reset by peer", request=self._request)
        headers = self._reply.headers
        if "content-length" not in headers and self._reply.status != 204:
            headers["content-length"] = str(len(self._reply.content))
        return httpx.Response(self._reply.status, headers=headers, stream=stream)

    def check(self, seconds: float) -> None:
        """Whether a byte that takes so long comes in time."""
        if seconds > self.patience:
            raise httpx.ReadTimeout("nothing came in time", request=self._request)

    def pieces(self) -> list[bytes]:
        """The body as it arrives."""
        told = self._reply.headers.get("content-length", "")
        content = self._reply.content[: int(told)] if told.isdecimal() else self._reply.content
        if not self._reply.drip:
            return [content] if content else []
        return [content[place : place + 1] for place in range(len(content))]

    def end(self, sent: int) -> None:
        """Breaks off where more was promised."""
        told = self._reply.headers.get("content-length", "")
        if told.isdecimal() and int(told) > sent:
            raise httpx.RemoteProtocolError(
                "peer closed connection without sending complete message body "
                f"(received {sent} bytes, expected {told})",
                request=self._request,
            )


class _Stream(httpx.SyncByteStream):
    def __init__(self, steps: _Steps, drip: float, clock: VirtualClock) -> None:
        self._steps = steps
        self._drip = drip
        self._clock = clock

    def __iter__(self) -> Iterator[bytes]:
        sent = 0
        for piece in self._steps.pieces():
            if self._drip:
                self._clock.sleep(min(self._drip, self._steps.patience))
                self._steps.check(self._drip)
            sent += len(piece)
            yield piece
        self._steps.end(sent)


class _AsyncStream(httpx.AsyncByteStream):
    def __init__(self, steps: _Steps, drip: float, clock: AsyncVirtualClock) -> None:
        self._steps = steps
        self._drip = drip
        self._clock = clock

    async def __aiter__(self) -> AsyncIterator[bytes]:
        sent = 0
        for piece in self._steps.pieces():
            if self._drip:
                await self._clock.sleep(min(self._drip, self._steps.patience))
                self._steps.check(self._drip)
            sent += len(piece)
            yield piece
        self._steps.end(sent)


class FakeTransport(httpx.BaseTransport):
    """For `httpx.Client(transport=...)`."""

    def __init__(self, service: Service, clock: VirtualClock) -> None:
        self._service = service
        self._clock = clock

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answers from the fake's state; waits on its clock."""
        self._clock.note()
        reply = self._service.handle(_incoming(request, request.read()))
        steps = _Steps(request, reply)
        delay = steps.delay()
        if delay:
            self._clock.sleep(delay)
        return steps.response(_Stream(steps, reply.drip, self._clock))


class AsyncFakeTransport(httpx.AsyncBaseTransport):
    """For `httpx.AsyncClient(transport=...)`."""

    def __init__(self, service: Service, clock: AsyncVirtualClock) -> None:
        self._service = service
        self._clock = clock

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answers from the fake's state; waits on its clock, and lets other tasks run."""
        await self._clock.breathe()
        reply = self._service.handle(_incoming(request, await request.aread()))
        steps = _Steps(request, reply)
        delay = steps.delay()
        if delay:
            await self._clock.sleep(delay)
        return steps.response(_AsyncStream(steps, reply.drip, self._clock))

"""httpx transports that lead to a fake without a network, faults included."""

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import cast

import httpx

from do_images.testing._clock import AsyncVirtualClock, VirtualClock
from do_images.testing._messages import Incoming, Response
from do_images.testing._service import Service

__all__ = ["AsyncFakeTransport", "FakeTransport"]

_EARLY: dict[str, tuple[type[httpx.TransportError], str]] = {
    "refused": (httpx.ConnectError, "connection refused"),
    "connect_timeout": (httpx.ConnectTimeout, "no connection before the timeout"),
    "pool_timeout": (httpx.PoolTimeout, "no free connection before the timeout"),
}
_NO_TIMEOUTS: Mapping[str, float | None] = {}


def _incoming(request: httpx.Request, content: bytes, *, any_token: bool) -> Incoming:
    path, _, query = request.url.raw_path.decode("ascii").partition("?")
    headers = {
        name.decode("latin-1").lower(): value.decode("latin-1")
        for name, value in request.headers.raw
    }
    url = request.url
    origin = f"{url.scheme}://{url.netloc.decode('ascii')}"
    return Incoming(request.method, path, query, headers, content, origin, any_token)


class _Steps:
    """What a response does on the wire, apart from the waiting."""

    def __init__(self, request: httpx.Request, response: Response) -> None:
        self._request = request
        self._response = response
        timeouts = cast("Mapping[str, float | None] | None", request.extensions.get("timeout"))
        self._timeouts = timeouts or _NO_TIMEOUTS

    @property
    def read_timeout(self) -> float:
        """Seconds that the client waits for the next byte."""
        read = self._timeouts.get("read")
        return float("inf") if read is None else read

    def delay(self) -> float:
        """Seconds to wait for the response."""
        if self._response.loss in {"connect_timeout", "pool_timeout"}:
            kind = "connect" if self._response.loss == "connect_timeout" else "pool"
            return self._timeouts.get(kind) or 60.0
        return min(self._response.delay, self.read_timeout)

    def response(self, stream: httpx.SyncByteStream | httpx.AsyncByteStream) -> httpx.Response:
        """Return the response after the wait; raise what httpx raises where there is none."""
        early = _EARLY.get(self._response.loss or "")
        if early is not None:
            raise early[0](early[1], request=self._request)
        self.check(self._response.delay)
        if self._response.loss == "before":
            message = "Server disconnected without sending a response."
            raise httpx.RemoteProtocolError(message, request=self._request)
        if self._response.loss == "after":
            raise httpx.ReadError("connection reset by peer", request=self._request)
        headers = self._response.headers
        if "content-length" not in headers and self._response.status != 204:
            headers["content-length"] = str(len(self._response.content))
        return httpx.Response(self._response.status, headers=headers, stream=stream)

    def check(self, seconds: float) -> None:
        """Raise where a byte takes longer than the client waits."""
        if seconds > self.read_timeout:
            raise httpx.ReadTimeout(
                "nothing was received before the timeout", request=self._request
            )

    def pieces(self) -> list[bytes]:
        """The body as it arrives."""
        stated = self._response.headers.get("content-length", "")
        content = (
            self._response.content[: int(stated)] if stated.isdecimal() else self._response.content
        )
        if not self._response.drip:
            return [content] if content else []
        return [content[place : place + 1] for place in range(len(content))]

    def end(self, sent: int) -> None:
        """Break off where the headers stated more."""
        stated = self._response.headers.get("content-length", "")
        if self._request.method != "HEAD" and stated.isdecimal() and int(stated) > sent:
            raise httpx.RemoteProtocolError(
                "peer closed connection without sending complete message body "
                f"(received {sent} bytes, expected {stated})",
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
                self._clock.sleep(min(self._drip, self._steps.read_timeout))
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
                await self._clock.sleep(min(self._drip, self._steps.read_timeout))
                self._steps.check(self._drip)
            sent += len(piece)
            yield piece
        self._steps.end(sent)


class FakeTransport(httpx.BaseTransport):
    """For `httpx.Client(transport=...)`."""

    def __init__(self, service: Service, clock: VirtualClock, *, any_token: bool = False) -> None:
        """`any_token` accepts tokens that the fake does not know."""
        self._service = service
        self._clock = clock
        self._any_token = any_token

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer from the fake's state; wait on its clock."""
        self._clock.note()
        response = self._service.handle(
            _incoming(request, request.read(), any_token=self._any_token)
        )
        steps = _Steps(request, response)
        delay = steps.delay()
        if delay:
            self._clock.sleep(delay)
        return steps.response(_Stream(steps, response.drip, self._clock))


class AsyncFakeTransport(httpx.AsyncBaseTransport):
    """For `httpx.AsyncClient(transport=...)`."""

    def __init__(
        self, service: Service, clock: AsyncVirtualClock, *, any_token: bool = False
    ) -> None:
        """`any_token` accepts tokens that the fake does not know."""
        self._service = service
        self._clock = clock
        self._any_token = any_token

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer from the fake's state; wait on its clock, and let other tasks run."""
        await self._clock.breathe()
        response = self._service.handle(
            _incoming(request, await request.aread(), any_token=self._any_token)
        )
        steps = _Steps(request, response)
        delay = steps.delay()
        if delay:
            await self._clock.sleep(delay)
        return steps.response(_AsyncStream(steps, response.drip, self._clock))

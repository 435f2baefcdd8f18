"""The ways into a fake without a network: httpx's transports."""

from typing import TYPE_CHECKING, cast

import httpx

from do_images.testing._faults import Answering, Lose

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["AsyncFakeTransport", "FakeTransport"]


def _response(fake: Answering, request: httpx.Request, content: bytes) -> httpx.Response:
    timeouts = cast("Mapping[str, float | None]", request.extensions.get("timeout", {}))
    try:
        reply = fake.handle(
            request.method,
            request.url.raw_path.decode("ascii"),
            request.headers,
            content,
            timeouts.get("read"),
        )
    except Lose as lose:
        if lose.kind == "refused":
            raise httpx.ConnectError("connection refused", request=request) from None
        raise httpx.ReadError("connection reset", request=request) from None
    except TimeoutError:
        raise httpx.ReadTimeout("no answer in time", request=request) from None
    return httpx.Response(reply.status, headers=dict(reply.headers), content=reply.content)


class FakeTransport(httpx.BaseTransport):
    """For `httpx.Client(transport=...)`."""

    def __init__(self, fake: Answering) -> None:
        self._fake = fake

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answers from the fake's state."""
        return _response(self._fake, request, request.read())


class AsyncFakeTransport(httpx.AsyncBaseTransport):
    """For `httpx.AsyncClient(transport=...)`."""

    def __init__(self, fake: Answering) -> None:
        self._fake = fake

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answers from the fake's state."""
        return _response(self._fake, request, await request.aread())

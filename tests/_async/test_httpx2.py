"""A user's own HTTP client of httpx2, which continues httpx."""

import httpx
import pytest

from do_images import (
    APIConnectionError,
    APITimeoutError,
    AsyncClient,
    NotFoundError,
)
from tests.hostile import HostileServer, answer, replies, stall_unanswered
from tests.support import TOKEN, AsyncVirtualClock, load

pytest.importorskip("httpx2", reason="it needs newer versions of other packages than we do")
import httpx2

pytestmark = pytest.mark.anyio

SNAPSHOT = load("image_snapshot")


async def test_it_sends_the_requests_and_stays_as_it_was() -> None:
    cookie = answer(SNAPSHOT, set_cookie="a=b; path=/")
    with HostileServer(replies(cookie, cookie, answer({"id": "not_found"}, 404))) as server:
        async with httpx2.AsyncClient(trust_env=False) as http:
            do = AsyncClient(TOKEN, base_url=server.url, http_client=http)
            for _ in range(2):
                assert (await do.image.info(7555620)).id == 7555620
            with pytest.raises(NotFoundError):
                await do.image.info(1)
            assert len(http.cookies) == 0
    assert [request.headers["authorization"] for request in server.requests] == [
        f"Bearer {TOKEN}"
    ] * 3
    assert server.requests[0].headers["accept-encoding"] == "gzip"
    assert "cookie" not in server.requests[1].headers


async def test_its_failures_are_errors_of_ours() -> None:
    with HostileServer(stall_unanswered) as server:
        async with httpx2.AsyncClient(trust_env=False) as http:
            do = AsyncClient(
                TOKEN, base_url=server.url, http_client=http, timeout=0.2, max_retries=0
            )
            with pytest.raises(APITimeoutError) as late:
                await do.image.info(1)
    assert late.value.__cause__ is late.value.__context__ is None

    def refuse(request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("refused", request=request)

    async with httpx2.AsyncClient(transport=httpx2.MockTransport(refuse)) as http:
        do = AsyncClient(TOKEN, http_client=http, clock=AsyncVirtualClock())
        with pytest.raises(APIConnectionError, match="ConnectError: refused") as refused:
            await do.image.transfer(1, "nyc3")
    assert refused.value.never_sent


async def test_an_object_of_neither_library_is_refused() -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(200))
    with pytest.raises(TypeError, match=r"httpx\.\w+ or httpx2\.\w+, not MockTransport"):
        AsyncClient(TOKEN, http_client=transport)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType] - that is what is tested

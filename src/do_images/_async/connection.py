"""The connection to the API that a client and its `with_options` twins share."""

import httpx

from do_images._base import ModelT
from do_images._core.clocks import AsyncClock
from do_images._core.requests import Request
from do_images._core.responses import Response
from do_images._http import clients
from do_images._http.connection import BaseConnection
from do_images._http.deadlines import sending
from do_images._http.exchange import Exchange
from do_images._http.failures import forget_locals
from do_images._http.options import Limits
from do_images._http.runtime import AsyncRuntime
from do_images._http.setup import AsyncSetup

__all__ = ["AsyncConnection"]


class AsyncConnection(BaseConnection):
    """Sends requests, over HTTP connections of its own or those of a user's HTTP client."""

    def __init__(self, setup: AsyncSetup) -> None:
        """All options are checked already."""
        super().__init__(setup, setup.clock, owned=setup.http_client is None)
        self.clock: AsyncClock = setup.clock
        self._http = setup.http_client

    async def aclose(self) -> None:
        """Close the HTTP client, unless it is the user's own."""
        self.closed = True
        if self.owned and self._http is not None and self._home == AsyncRuntime.home():
            await self._http.aclose()

    async def send(self, request: Request[ModelT], limits: Limits) -> Response:
        """Send one request, follow its redirects, and return its response of a status 2xx.

        Raises:
            APIError: There was no response, or it is invalid or of another status.
            ValueError: The environment names a proxy or certificates that can't be used.
        """
        outcome = await self._send(request, limits, self.root + request.path, 0)
        hops = 0
        while isinstance(outcome, str):
            hops += 1
            outcome = await self._send(request, limits, outcome, hops)
        return outcome

    async def _send(
        self, request: Request[ModelT], limits: Limits, url: str, hops: int
    ) -> Response | str:
        """Return the response, or the URL to which it redirects."""
        http = await self._open()
        exchange = Exchange(self, request, limits, hops)
        sent = exchange.build(http, url)
        mark = sending.set(exchange.sending)
        response = None
        try:
            self.auth.sign(sent.headers)
            response = await http.send(sent, stream=True, auth=None, follow_redirects=False)
            if exchange.begin(response):
                async for data in response.aiter_raw():
                    if exchange.take(data):
                        continue
                    # No more is needed. On a closed connection, reading on ends at once, and ends
                    # the generators on the way, which trio demands.
                    await response.aclose()
                    if not self.owned:
                        break
        except clients.raised() as error:
            exchange.fail(error)
        except BaseException as error:
            forget_locals(error)
            raise
        finally:
            self.auth.unsign(sent.headers)
            sending.reset(mark)
            if response is not None and not response.is_closed:
                with AsyncRuntime.shield():
                    await response.aclose()
        return exchange.outcome()

    async def _open(self) -> httpx.AsyncClient:
        """Return the HTTP client: our own is made when it is first needed."""
        home = AsyncRuntime.home()
        http = self._http
        if http is not None and self.owned and home == self._home and not self.closed:
            return http
        self._check_in(home, http)
        if http is not None and not self.owned:
            self._home = home
            return clients.as_it_is(http)
        # In another event loop, connections of the one before can't even be closed.
        http = self._make() if self._is_quick() else await AsyncRuntime.offload(self._make)
        with self._lock:
            # Another thread or task may have been here meanwhile.
            if self._http is None or self._home != home:
                self._http, self._home = http, home
            return self._http

    def _make(self) -> httpx.AsyncClient:
        from do_images._async.transport import AsyncTransport

        http = httpx.AsyncClient(transport=AsyncTransport(*self._route()), trust_env=False)
        return self._prepared(http)

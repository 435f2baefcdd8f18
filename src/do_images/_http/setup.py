"""How a client is set up: token, HTTP client and clock, from arguments, environment or stand-in."""

from typing import Self, cast

import httpx

from do_images._core import arguments as check
from do_images._core import options
from do_images._core.clocks import AsyncClock, AsyncSystemClock, Clock, SystemClock
from do_images._http import clients, interception
from do_images._http.auth import Bearer
from do_images._http.clients import AsyncHTTPClient, HTTPClient
from do_images._http.options import root_url

__all__ = ["AsyncSetup", "BaseSetup", "Setup"]


class BaseSetup:
    """The options of a client that its connection needs."""

    root: str
    user_agent: str

    def __init__(self, token: str | None, stand_in: interception.StandIn | None) -> None:
        """Keep the token. Nothing is raised: frames of a traceback would hold it."""
        token = options.access_token(token)
        if token is None and stand_in is not None:
            token = stand_in.token
        self._refusal = check.token_refusal(token)
        self.auth: Bearer = Bearer("" if token is None else token)

    def checked(self, base_url: object, allow_http: object, user_agent: object) -> Self:
        """Raise what is wrong with the token, then check the other options."""
        if self._refusal is not None:
            raise self._refusal
        self.root = root_url(base_url, allow_http=allow_http)
        self.user_agent = options.user_agent(user_agent)
        return self


class Setup(BaseSetup):
    """The setup of a `Client`."""

    def __init__(
        self, token: str | None, http_client: HTTPClient | None, clock: Clock | None
    ) -> None:
        """Take what a stand-in replaces, unless the HTTP client is the user's own."""
        stand_in = interception.current() if http_client is None else None
        super().__init__(token, stand_in)
        if stand_in is not None:
            http_client = httpx.Client(transport=stand_in.transport, trust_env=False)
            clock = stand_in.clock
        self.http_client: httpx.Client | None = cast("httpx.Client | None", http_client)
        self.clock: Clock = SystemClock() if clock is None else clock

    def checked(self, base_url: object, allow_http: object, user_agent: object) -> Self:
        """Check the type of the HTTP client, too."""
        if self.http_client is not None:
            clients.checked(httpx.Client, self.http_client)
        return super().checked(base_url, allow_http, user_agent)


class AsyncSetup(BaseSetup):
    """The setup of an `AsyncClient`."""

    def __init__(
        self, token: str | None, http_client: AsyncHTTPClient | None, clock: AsyncClock | None
    ) -> None:
        """Take what a stand-in replaces, unless the HTTP client is the user's own."""
        stand_in = interception.current() if http_client is None else None
        super().__init__(token, stand_in)
        if stand_in is not None:
            http_client = httpx.AsyncClient(transport=stand_in.async_transport, trust_env=False)
            clock = stand_in.async_clock
        self.http_client: httpx.AsyncClient | None = cast("httpx.AsyncClient | None", http_client)
        self.clock: AsyncClock = AsyncSystemClock() if clock is None else clock

    def checked(self, base_url: object, allow_http: object, user_agent: object) -> Self:
        """Check the type of the HTTP client, too."""
        if self.http_client is not None:
            clients.checked(httpx.AsyncClient, self.http_client)
        return super().checked(base_url, allow_http, user_agent)

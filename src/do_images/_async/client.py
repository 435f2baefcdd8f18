"""`AsyncClient`: its options, and the objects that the calls are methods of."""

from types import TracebackType
from typing import NoReturn, Self

import httpx

from do_images._async.actions import AsyncActions
from do_images._async.connection import AsyncConnection
from do_images._async.driver import AsyncDriver
from do_images._async.images import AsyncImages
from do_images._base import RateLimit
from do_images._core.clocks import AsyncClock
from do_images._http.clients import AsyncHTTPClient
from do_images._http.options import Limits
from do_images._http.setup import AsyncSetup

__all__ = ["AsyncClient"]


class AsyncClient:
    """DigitalOcean's Images and Actions for asyncio and trio.

    Safe to share between the tasks of one event loop. Close it with `aclose()`, or use it as
    `async with AsyncClient() as do: ...`.

    A request that failed is repeated up to `max_retries` times: GET, PUT and DELETE after lost
    connections, timeouts, 408, 429 and 5xx; POST only if it was certainly not executed. The pause
    is as long as the response asks for, else random, of up to 0.5, 1, 2, 4 and 8 seconds.
    """

    def __init__(
        self,
        token: str | None = None,
        *,
        base_url: str | None = None,
        timeout: float | httpx.Timeout | None = None,
        max_retries: int = 2,
        user_agent: str | None = None,
        http_client: AsyncHTTPClient | None = None,
        allow_http: bool = False,
        clock: AsyncClock | None = None,
        max_retry_wait: float = 60.0,
        max_body: int = 64 * 1024 * 1024,
        page_concurrency: int = 8,
    ) -> None:
        """Check the options; nothing is sent before the first call.

        Args:
            token: The access token; by default that of the environment variable
                DIGITALOCEAN_ACCESS_TOKEN, then DIGITALOCEAN_TOKEN.
            base_url: `scheme://host[:port][/prefix]`; by default DIGITALOCEAN_API_URL, then
                https://api.digitalocean.com. Plain http is for loopback addresses.
            timeout: Seconds for one HTTP request as a whole, 60 by default. With an
                `httpx.Timeout` each step has its own, and the longest is the request's.
            max_retries: How often a request is repeated where that can't do anything twice.
            user_agent: Appended to `do-images/VERSION`.
            http_client: Your own client of httpx or httpx2, for proxies, hooks or mocks. You close
                it.
            allow_http: Allow to send the token over plain http to any host.
            clock: The source of time, for tests.
            max_retry_wait: The longest time in seconds that a response may ask to wait before the
                next try; a longer one raises its error at once.
            max_body: The most bytes that a response may have.
            page_concurrency: How many pages of a long list may be fetched at once; 1 fetches one
                after the other, for servers that forbid more.

        Raises:
            ValueError: An argument or its environment variable is invalid.
            TypeError: An argument is of the wrong type.
        """
        setup, token = AsyncSetup(token, http_client, clock), None  # no frame holds the token
        limits = Limits.checked(timeout, max_retries, max_retry_wait, max_body, page_concurrency)
        self._use(AsyncConnection(setup.checked(base_url, allow_http, user_agent)), limits)

    def _use(self, connection: AsyncConnection, limits: Limits, *, owner: bool = True) -> None:
        self._driver, self._owner = AsyncDriver(connection, limits), owner
        self._image = AsyncImages(self._driver)
        self._action = AsyncActions(self._driver)

    @property
    def image(self) -> AsyncImages:
        """The methods for images, and for the actions on them."""
        return self._image

    @property
    def action(self) -> AsyncActions:
        """The methods for the account's actions, and for waiting for them."""
        return self._action

    def with_options(
        self, *, timeout: float | httpx.Timeout | None = None, max_retries: int | None = None
    ) -> Self:
        """Return a client with other options that shares connections, token and `rate_limit`.

        Closing it closes nothing.

        Args:
            timeout: Seconds for one HTTP request as a whole; None keeps this client's.
            max_retries: How often a request is repeated; None keeps this client's.

        Raises:
            ValueError: A number is out of range.
        """
        twin, own = object.__new__(type(self)), self._driver
        twin._use(own.connection, own.limits.changed(timeout, max_retries), owner=False)
        return twin

    @property
    def rate_limit(self) -> RateLimit | None:
        """The rate limit as of the last response, None before the first."""
        return self._driver.connection.limiter.latest

    async def aclose(self) -> None:
        """Close the connections, unless they belong to your own HTTP client."""
        if self._owner:
            await self._driver.connection.aclose()

    async def __aenter__(self) -> Self:
        """Return the client itself."""
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the client."""
        await self.aclose()

    def __repr__(self) -> str:
        """Show the base URL, never the token."""
        driver = vars(self).get("_driver")  # a debugger shows a client that is half made
        shown = f"base_url={driver.connection.root!r}" if driver else ""
        return f"{type(self).__name__}({shown})"

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled or copied: a pickle would hold the token."""
        raise TypeError(f"a {type(self).__name__} can't be pickled or copied: it holds the token")


for _public in (AsyncClient, AsyncImages, AsyncActions):
    _public.__module__ = "do_images"

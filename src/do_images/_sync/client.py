# GENERATED from src/do_images/_async/client.py by "make generate". Do not edit.
"""`Client`: the options, and the objects that the calls are methods of."""

from types import TracebackType
from typing import NoReturn, Self

import httpx

from do_images._base import RateLimit
from do_images._core import arguments as check
from do_images._core import options
from do_images._core.clocks import Clock, SystemClock
from do_images._http import interception
from do_images._http.auth import Bearer
from do_images._http.options import Limits, root_url
from do_images._sync.actions import Actions
from do_images._sync.connection import Connection
from do_images._sync.driver import Driver
from do_images._sync.images import Images

__all__ = ["Client"]


class Client:
    """DigitalOcean's Images and Actions.

    Safe to share between threads. Close it with `close()`, or use it as
    `with Client() as do: ...`.
    """

    def __init__(
        self,
        token: str | None = None,
        *,
        base_url: str | None = None,
        timeout: float | httpx.Timeout | None = None,
        max_retries: int = 2,
        user_agent: str | None = None,
        http_client: httpx.Client | None = None,
        allow_http: bool = False,
        clock: Clock | None = None,
        max_retry_wait: float = 60.0,
        max_body: int = 64 * 1024 * 1024,
        page_concurrency: int = 8,
    ) -> None:
        """Nothing is sent until the first call.

        Args:
            token: The access token; else that of the environment variable
                DIGITALOCEAN_ACCESS_TOKEN, then DIGITALOCEAN_TOKEN.
            base_url: `scheme://host[:port][/prefix]`; else DIGITALOCEAN_API_URL, then
                https://api.digitalocean.com. Plain http is for loopback addresses.
            timeout: Seconds for one HTTP request as a whole, 60 if not given. With an
                `httpx.Timeout` each step has its own, and the longest is the request's.
            max_retries: How often a request is sent again where that can't do anything twice.
            user_agent: Appended to `do-images/VERSION`.
            http_client: An HTTP client of your own, for proxies, hooks or mocks. You close it.
            allow_http: Sends the token over plain http to any host.
            clock: Where time comes from, for tests.
            max_retry_wait: The longest time in seconds that a response may name for the next
                try; a longer one raises its error at once.
            max_body: The most bytes that a response may have.
            page_concurrency: How many pages of a long list may be fetched at once; 1 is one after
                the other, for servers that forbid more.

        Raises:
            ValueError: An argument, or what stands in its place in the environment, is no good.
            TypeError: An argument is of the wrong type.
        """
        token = options.access_token(token)
        stand_in = None if http_client is not None else interception.current()
        if stand_in is not None:
            http_client = httpx.Client(transport=stand_in.transport, trust_env=False)
            clock = stand_in.clock
            token = stand_in.token if token is None else token
        refusal = check.token_refusal(token)
        auth = Bearer("" if token is None else token)
        token = None  # from here on no frame of ours holds it, whatever else is wrong
        if refusal is not None:
            raise refusal
        if http_client is not None:
            check.an(httpx.Client, http_client)
        connection = Connection(
            auth=auth,
            root=root_url(base_url, allow_http=allow_http),
            user_agent=options.user_agent(user_agent),
            http_client=http_client,
            clock=SystemClock() if clock is None else clock,
        )
        limits = Limits.checked(timeout, max_retries, max_retry_wait, max_body, page_concurrency)
        self._use(Driver(connection, limits), owner=True)

    def _use(self, driver: Driver, *, owner: bool) -> None:
        self._driver = driver
        self._owner = owner
        self._image = Images(driver)
        self._action = Actions(driver)

    @property
    def image(self) -> Images:
        """Images, and the actions that are done to them."""
        return self._image

    @property
    def action(self) -> Actions:
        """Actions of the whole account, and waiting for them."""
        return self._action

    def with_options(
        self,
        *,
        timeout: float | httpx.Timeout | None = None,
        max_retries: int | None = None,
    ) -> Self:
        """A client with other options that shares connections, token and `rate_limit`.

        Closing it closes nothing.

        Args:
            timeout: Seconds for one HTTP request as a whole; None keeps this client's.
            max_retries: How often a request is sent again; None keeps this client's.

        Raises:
            ValueError: A number is out of range.
        """
        limits = self._driver.limits.changed(timeout, max_retries)
        twin = object.__new__(type(self))
        twin._use(Driver(self._driver.connection, limits), owner=False)
        return twin

    @property
    def rate_limit(self) -> RateLimit | None:
        """The quota that the last response stated, None before the first."""
        return self._driver.connection.limiter.latest

    def close(self) -> None:
        """Closes the connections, unless they are those of a client of your own."""
        if self._owner:
            self._driver.connection.close()

    def __enter__(self) -> Self:
        """The client itself."""
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Closes the client."""
        self.close()

    def __repr__(self) -> str:
        """Where it sends to; never the token."""
        name = type(self).__name__
        # A debugger shows it half made, too.
        ready = hasattr(self, "_driver")
        return f"{name}(base_url={self._driver.connection.root!r})" if ready else f"{name}()"

    def __reduce__(self) -> NoReturn:
        """Refused: a pickle would hold the token."""
        raise TypeError(f"a {type(self).__name__} can't be pickled or copied: it holds the token")


for _public in (Client, Images, Actions):
    _public.__module__ = "do_images"

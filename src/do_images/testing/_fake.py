"""`FakeDigitalOcean`: the ways into the fake; what a test does with it stands in `_controls`."""

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from datetime import datetime
from types import TracebackType
from typing import Self, Unpack

import httpx

from do_images import AsyncClient, Client, ClientOptions
from do_images._http.interception import StandIn, intercept
from do_images.testing._clock import AsyncVirtualClock, VirtualClock
from do_images.testing._controls import Controls
from do_images.testing._messages import Incoming, Request, Response
from do_images.testing._transports import AsyncFakeTransport, FakeTransport

__all__ = ["FakeDigitalOcean"]

_BASE_URL = "https://api.digitalocean.com"


class FakeDigitalOcean(Controls):
    """A stand-in for the Images and Actions API that keeps state.

    Its clients wait in virtual time: an hour-long transfer takes no time at all. Everything is
    determined by `seed`, `now` and the requests; two fakes share nothing.

    The account holds public images, `ubuntu-24-04-x64` and more, and three of its own: the
    snapshot 7555620 in nyc1 and nyc2, the backup 7555621 in ams3, and the custom image 7555622 in
    fra1 with the tags base-image and prod.
    """

    def __init__(
        self,
        *,
        seed: int = 0,
        now: datetime | None = None,
        empty: bool = False,
        one_transfer_at_a_time: bool = False,
        accept_any_token: bool = False,
    ) -> None:
        """Nothing is shared with other fakes.

        Args:
            seed: Determines tokens, request ids, and the ids of what is created.
            now: When its time starts, with a time zone; by default the real time, in whole seconds.
            empty: The account starts without any image.
            one_transfer_at_a_time: An image that is being copied is busy: a second transfer is
                answered 422. By default transfers to several regions run in parallel.
            accept_any_token: Any token is accepted, and allows everything.

        Raises:
            ValueError: `now` has no time zone.
        """
        super().__init__(
            seed=seed,
            now=now,
            empty=empty,
            one_transfer_at_a_time=one_transfer_at_a_time,
            accept_any_token=accept_any_token,
        )
        self._token = self.token()
        self.clock: VirtualClock = VirtualClock(self._time)
        """Virtual time for a `Client`."""
        self.async_clock: AsyncVirtualClock = AsyncVirtualClock(self._time)
        """Virtual time for an `AsyncClient`."""
        self.transport: httpx.BaseTransport = FakeTransport(self._service, self.clock)
        """The fake as a transport of any `httpx.Client`."""
        self.async_transport: httpx.AsyncBaseTransport = AsyncFakeTransport(
            self._service, self.async_clock
        )
        """The fake as a transport of any `httpx.AsyncClient`."""

    def __enter__(self) -> Self:
        """The fake itself."""
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Nothing is left to close."""

    def __repr__(self) -> str:
        """What it holds, in numbers."""
        counts = f"{len(self._account.images)} images, {len(self._account.actions)} actions"
        return f"<{type(self).__name__}: {counts}, {len(self.requests)} requests>"

    def client(self, **options: Unpack[ClientOptions]) -> Client:
        """Return a client of this fake, in process.

        The options are those of `Client`. Without `token` it may do everything; for others see
        `FakeDigitalOcean.token`. `base_url` is never taken from the environment.
        """
        return Client(
            **self._with_defaults(options),
            http_client=httpx.Client(transport=self.transport, trust_env=False),
            clock=self.clock,
        )

    def async_client(self, **options: Unpack[ClientOptions]) -> AsyncClient:
        """Return an asynchronous client of this fake, for asyncio and trio.

        The options are those of `AsyncClient`, as for `client`.
        """
        return AsyncClient(
            **self._with_defaults(options),
            http_client=httpx.AsyncClient(transport=self.async_transport, trust_env=False),
            clock=self.async_clock,
        )

    def _with_defaults(self, options: ClientOptions) -> ClientOptions:
        defaults: ClientOptions = {"token": self._token, "base_url": _BASE_URL}
        if options.get("token") is None:
            options.pop("token", None)
        return {**defaults, **options}

    @contextmanager
    def installed(self) -> Generator[Self]:
        """Let every client that is made inside the block use this fake, in virtual time.

        That is every `Client()` and `AsyncClient()` in the process, whoever makes it. A token is
        supplied where none is set, and any token is accepted. A client with an `http_client` of
        its own is left alone, and so is one that was made before.
        """
        stand_in = StandIn(
            FakeTransport(self._service, self.clock, any_token=True),
            AsyncFakeTransport(self._service, self.async_clock, any_token=True),
            self.clock,
            self.async_clock,
            self._token,
        )
        with intercept(stand_in):
            yield self

    @contextmanager
    def serve(
        self,
        port: int = 0,
        *,
        speed: float = 1.0,
        host: str = "127.0.0.1",
        on_request: Callable[[Request], object] | None = None,
    ) -> Generator[str]:
        """Serve it on a port, and yield the base URL.

        Meanwhile its time runs `speed` times as fast as real time; with 0 it stands still, but
        for `advance` and for clients that sleep on `clock` or `async_clock`.

        Args:
            port: 0 takes one that is free.
            speed: Seconds of the fake's time for one real second.
            host: The address to listen on. Any other than the loopback address lets other
                machines in.
            on_request: Called with each request once it is answered.
        """
        from do_images.testing._server import serving  # noqa: PLC0415 - most tests do without

        with serving(self._service, self, (host, port), speed, on_request) as url:
            self._time.run(speed)
            try:
                yield url
            finally:
                self._time.run(0)

    def handle(
        self, method: str, target: str, headers: Mapping[str, str], content: bytes = b""
    ) -> Response:
        """Answer one request without any wire; `target` is the path with its query."""
        path, _, query = target.partition("?")
        lower = {name.lower(): value for name, value in headers.items()}
        return self._service.handle(Incoming(method, path, query, lower, content, _BASE_URL))

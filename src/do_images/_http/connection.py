"""What the connections of both clients have in common."""

import os
from threading import Lock
from typing import TYPE_CHECKING, TypeVar

import httpx

from do_images._core.clocks import Now
from do_images._core.rate_limiter import RateLimiter
from do_images._core.session import Session
from do_images._core.starts import Starts
from do_images._http import proxies, redirects, tls
from do_images._http.auth import Bearer
from do_images._http.bodies import ENCODING
from do_images._http.cookies import FixedCookies
from do_images._http.options import Limits
from do_images._http.setup import BaseSetup

if TYPE_CHECKING:
    import ssl

    import httpcore

__all__ = ["BaseConnection"]

HttpT = TypeVar("HttpT", httpx.Client, httpx.AsyncClient)

Home = tuple[int, object]
"""The process, and in AsyncClient the event loop, that connections belong to."""


class BaseConnection:
    """Token, rate limit and settings, which a client and its `with_options` twins share."""

    def __init__(self, setup: BaseSetup, clock: Now, *, owned: bool) -> None:
        """All options are checked already."""
        self.auth: Bearer = setup.auth
        self.root: str = setup.root
        self.origin: redirects.Origin = redirects.origin(setup.root)
        self.limiter: RateLimiter = RateLimiter()
        self.starts: Starts = Starts()
        self.owned: bool = owned
        """Whether the HTTP client is ours, not the user's."""
        self.proxy: proxies.Proxy | None = None
        self.closed: bool = False
        self._home: Home = (os.getpid(), None)
        self._lock = Lock()
        self._parents: object = None
        self.headers: httpx.Headers = httpx.Headers(
            {
                "Accept": "application/json",
                "Accept-Encoding": ENCODING,
                "User-Agent": setup.user_agent,
            }
        )

        self._now = clock

    def session(self, limits: Limits) -> Session:
        """Return what the flows of a client with these limits share."""
        return Session(
            self._now,
            self.limiter,
            self.starts,
            limits.max_retries,
            limits.max_retry_wait,
            limits.page_concurrency,
        )

    def _prepared(self, http: HttpT) -> HttpT:
        """Give an HTTP client of ours the headers of all requests, and cookies that stay empty."""
        http.headers, http.cookies = self.headers, FixedCookies()
        return http

    def _check_in(self, home: Home, http: object) -> None:
        """Prepare for a request from a process that may have been forked since the last one."""
        if self.closed:
            raise RuntimeError("this client is closed")
        if home[0] != self._home[0]:
            # The parent goes on using its sockets, and what a child sends there both would read:
            # the child neither uses nor closes them.
            self._lock = Lock()
            self.limiter.after_fork()
            self.starts.after_fork()
            self._parents = http

    def _is_quick(self) -> bool:
        """Return whether an HTTP client is made without work that would hold up an event loop."""
        return self.origin[0] == "http" or tls.is_ready()

    def _route(self) -> tuple["ssl.SSLContext | None", "httpcore.Proxy | None"]:
        """Return the certificates and the proxy for the API, and remember the proxy."""
        scheme, host, port = self.origin
        context = tls.context() if scheme == "https" else None
        self.proxy = proxy = proxies.find(scheme, host.decode("ascii"), port)
        if proxy is None:
            return context, None
        return context, proxy.of_httpcore(tls.context() if proxy.is_https else None)

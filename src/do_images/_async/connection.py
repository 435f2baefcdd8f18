"""The connection to the API that a client and its `with_options` twins share."""

import logging
import os
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from functools import cache, lru_cache
from threading import Lock
from typing import NamedTuple
from urllib.request import getproxies, proxy_bypass

import httpx

from do_images._base import Endpoint, ModelT, RateLimit
from do_images._core import arguments as check
from do_images._core import failures, responses, retry
from do_images._core.clocks import AsyncClock, deadline
from do_images._core.rate_limiter import RateLimiter
from do_images._core.requests import Request
from do_images._core.starts import Starts
from do_images._http.options import Limits
from do_images._text import printable
from do_images.errors import APIConnectionError, APITimeoutError, RequestInfo

__all__ = ["AsyncConnection", "Bearer"]

_log = logging.getLogger("do_images")

_MAX_REDIRECTS = 5
# Real tokens have 64 characters and more.
_SHORTEST = 8
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
# What an SSL context is made from, beside the certificates that httpx brings.
_SSL_FILES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE")
# UnicodeError: httpx decodes the host that a redirect names, whether it follows it or not.
_FOREIGN = (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL, OSError, UnicodeError)


# Lists and polls ask at few addresses over and over; to parse one costs as much as to validate
# what it answers.
_url = lru_cache(maxsize=256)(httpx.URL)


class _TooLarge(Exception):
    """Stands for a body over the limit among the kinds of failure."""


class _Failure(NamedTuple):
    """What is kept of a foreign exception: the frames of its traceback hold the token."""

    kind: type[Exception]
    text: str


class Bearer(httpx.Auth):
    """Puts the token on a request for as long as httpx works on it, and keeps it out of sight."""

    __slots__ = ("_token",)

    def __init__(self, token: str) -> None:
        """The token is kept where no walk over attributes comes to it."""
        self._token: Callable[[], str] = lambda: token

    def auth_flow(self, request: httpx.Request) -> Iterator[httpx.Request]:  # type: ignore[override] # pyright: ignore[reportIncompatibleMethodOverride] - nothing is sent into it
        request.headers["Authorization"] = f"Bearer {self._token()}"
        try:
            yield request
        finally:
            # Whoever holds the request later, an exception for instance, holds no token.
            del request.headers["Authorization"]

    def redact(self, text: str) -> str:
        """Return a text without the token."""
        token = self._token()
        # What somebody calls "test" stands in many a text.
        return text if len(token) < _SHORTEST else text.replace(token, "[token]")


class AsyncConnection:
    """What a client and its `with_options` twins have in common: connections, token, quota."""

    __slots__ = (
        "_lock",
        "auth",
        "clock",
        "closed",
        "headers",
        "http",
        "limiter",
        "origin",
        "owned",
        "parents",
        "pid",
        "root",
        "starts",
    )

    def __init__(
        self,
        *,
        auth: Bearer,
        root: str,
        user_agent: str,
        http_client: httpx.AsyncClient | None,
        clock: AsyncClock,
    ) -> None:
        """All arguments are checked already."""
        self.auth: Bearer = auth
        self.root: str = root
        self.origin: tuple[str, str, int | None] = responses.origin(root)
        self.headers: httpx.Headers = httpx.Headers(
            {"Accept": "application/json", "User-Agent": user_agent}
        )
        self.http = http_client
        self.owned: bool = http_client is None
        self.parents: httpx.AsyncClient | None = None
        self.clock: AsyncClock = clock
        self.limiter: RateLimiter = RateLimiter()
        self.starts: Starts = Starts()
        self.closed: bool = False
        self.pid: int = os.getpid()
        self._lock = Lock()

    def _open(self) -> httpx.AsyncClient:
        """The HTTP client: made when it is first needed, and anew in a forked process."""
        if self.pid != os.getpid():
            # The parent goes on using the sockets: what a child sends there, both would read, so
            # it lets them lie, and does not close them.
            self._lock = Lock()
            self.limiter.after_fork()
            self.starts.after_fork()
            self.pid = os.getpid()
            self.parents, self.http = self.http, None if self.owned else self.http
        with self._lock:
            if self.closed:
                raise RuntimeError("this client is closed")
            # Another thread may have been here first.
            self.http = self.http or _http_client(self.root, self.headers)
            return self.http

    async def aclose(self) -> None:
        """Closes the HTTP client, unless it is the user's own."""
        self.closed = True
        if self.owned and self.http is not None and self.pid == os.getpid():
            await self.http.aclose()

    async def send(self, request: Request[ModelT], limits: Limits) -> responses.Response:
        """Sends one request, follows its redirects, and returns its response of a status 2xx."""
        outcome = await self._send(request, limits, self.root + request.path, request.query)
        hops = 0
        while isinstance(outcome, str):
            hops += 1
            outcome = await self._send(request, limits, outcome, None, hops)
        return outcome

    async def _send(
        self,
        sent: Request[ModelT],
        limits: Limits,
        url: str,
        query: Mapping[str, str] | None,
        hops: int = 0,
    ) -> responses.Response | str:
        """The response, or the URL to which it redirects."""
        endpoint, limit, attempt = sent.endpoint, sent.timeout, sent.attempt
        http = self.http
        if http is None or self.closed or self.pid != os.getpid():
            http = self._open()
        # Our own HTTP client has them already, and merging costs as much as building a request.
        headers = None if self.owned else self.headers
        timeout, whole = (limits.timeout, limits.whole) if limit is None else limits.within(limit)
        request = http.build_request(
            endpoint.method,
            _url(url),
            params=query,
            json=sent.body,
            headers=headers,
            timeout=timeout,
        )
        # A redirect may hold the token.
        address = self.auth.redact(str(request.url)) if hops else str(request.url)
        info = RequestInfo(endpoint.method, address)
        clock = self.clock
        began = clock.monotonic()
        mark = deadline.set(None if whole is None else time.monotonic() + whole)
        response, failure, chunks, size = None, None, list[bytes](), 0
        try:
            response = await http.send(request, stream=True, auth=self.auth, follow_redirects=False)
            response.next_request = None  # a copy of the request, token included
            async for chunk in response.aiter_bytes():
                chunks.append(chunk)
                size += len(chunk)
                if size > limits.max_body:
                    failure = _Failure(_TooLarge, f"it is larger than {limits.max_body} bytes")
                    break
                if whole is not None and clock.monotonic() - began > whole:
                    failure = _Failure(httpx.ReadTimeout, "the body did not end in time")
                    break
        except httpx.HTTPStatusError as error:  # raised by a hook of the user's own client
            response, chunks = error.response, [_read_so_far(error.response)]
        except _FOREIGN as error:
            failure = _Failure(type(error), str(error))
        finally:
            deadline.reset(mark)
            if response is not None:
                await response.aclose()
        now = clock.monotonic()
        if response is None or (failure and issubclass(failure.kind, httpx.TimeoutException)):
            lost = _connection_error(failure, info, whole, now - began, self.auth.redact)
            _log_outcome(info, type(lost).__name__, now - began, None, attempt)
            raise lost
        content, redact = b"".join(chunks), self.auth.redact
        reply = responses.Response(
            info, response.status_code, response.headers, content, now - began, redact
        )
        stated = self.limiter.update(response.headers.raw, now)
        if _log.isEnabledFor(logging.DEBUG):
            request_id = reply.header("x-request-id")
            _log_outcome(info, str(reply.status), now - began, request_id, attempt)
        if failure is None and 200 <= reply.status < 300:
            return reply
        return self._refuse(endpoint, reply, failure, stated, hops)

    def _refuse(
        self,
        endpoint: Endpoint[ModelT],
        reply: responses.Response,
        failure: "_Failure | None",
        stated: RateLimit | None,
        hops: int,
    ) -> str:
        """Raises what a response is, unless it is a redirect to follow: then where to."""
        if failure is not None and 200 <= reply.status < 300:
            told = f"its body can't be used: {failure.text} ({failure.kind.__name__})"
            whole = failure.kind in {httpx.DecodingError, _TooLarge}
            raise responses.invalid_response(reply, told, incomplete=not whole)
        now = self.clock.monotonic()
        server_now = self.limiter.server_time(now, self.clock.time())
        target = _redirect(reply)
        problem = None if target is None else self._no_redirect(endpoint, target, hops)
        if target is not None and problem is None:
            return target
        error = responses.status_error(endpoint, reply, server_now, stated, problem)
        if retry.over_limit(error):
            self.limiter.pause_for(error.retry_after, now)
        raise error

    def _no_redirect(self, endpoint: Endpoint[ModelT], target: str, hops: int) -> str | None:
        """Why a redirect is not followed, None where it is."""
        try:
            same = responses.origin(str(httpx.URL(target))) == self.origin
        except (httpx.InvalidURL, ValueError):
            same = False
        if not same:
            return f"it redirects to another origin, {target!r}, where the token must not go"
        if endpoint.method != "GET":
            return f"it redirects to {target!r}: only a GET is safe to send there"
        return None if hops < _MAX_REDIRECTS else f"more than {_MAX_REDIRECTS} redirects"


def _http_client(root: str, headers: httpx.Headers) -> httpx.AsyncClient:
    # Not cheap to import, and a user's own HTTP client does without.
    from do_images._async.transport import AsyncTransport  # noqa: PLC0415

    scheme, host, _ = responses.origin(root)
    context = _ssl_context(*map(os.environ.get, _SSL_FILES)) if scheme == "https" else None
    try:
        transport = AsyncTransport(context, _proxy(scheme, host))
    except (ImportError, ValueError) as error:
        raise ValueError(f"the proxy of the environment can't be used: {error}") from None
    return httpx.AsyncClient(transport=transport, headers=headers, trust_env=False)


@cache
def _ssl_context(*_: str | None) -> ssl.SSLContext:
    """Made once for all clients: reading the certificates takes longer than all else together."""
    return httpx.create_ssl_context()


def _proxy(scheme: str, host: str) -> str | None:
    """The proxy that the environment names for a host; never one for this machine itself."""
    if check.is_loopback(host) or proxy_bypass(host):
        return None
    proxies = getproxies()
    url = proxies.get(scheme) or proxies.get("all")
    return url if url is None or "://" in url else f"http://{url}"


def _connection_error(
    failure: _Failure | None,
    info: RequestInfo,
    whole: float | None,
    took: float,
    redact: Callable[[str], str],
) -> APIConnectionError:
    kind, told = failure or _Failure(Exception, "")
    error_kind: type[APIConnectionError]
    never_sent = issubclass(kind, _NEVER_SENT)
    if issubclass(kind, httpx.TimeoutException):
        told = f"no whole answer within {took:.1f} s (time-out {whole} s, {kind.__name__})"
        error_kind = APITimeoutError
    else:
        told = f"no response was received ({kind.__name__}: {redact(told)})"
        error_kind = APIConnectionError
    error = error_kind(told, request=info, never_sent=never_sent)
    return failures.with_context(error, elapsed=took)


def _log_outcome(
    info: RequestInfo, outcome: str, took: float, request_id: str | None, attempt: int
) -> None:
    told = "%s %s -> %s in %.0f ms (request id %s, attempt %d)"
    path = printable(httpx.URL(info.url).path, 200)
    trace = None if request_id is None else printable(request_id, 64)
    _log.debug(told, info.method, path, outcome, took * 1000, trace, attempt)


def _read_so_far(response: httpx.Response) -> bytes:
    try:
        return response.content
    except httpx.ResponseNotRead:
        return b""


def _redirect(reply: responses.Response) -> str | None:
    """The absolute URL that a response sends us to."""
    location = reply.headers.get("location")
    if not 300 <= reply.status < 400 or not location:
        return None
    try:
        return str(httpx.URL(reply.request.url).join(location))
    except httpx.InvalidURL:
        return location

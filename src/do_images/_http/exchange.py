"""One HTTP request and what came of it, apart from sending and reading."""

import logging
from functools import lru_cache
from typing import Protocol

import httpx

from do_images._base import ModelT, RateLimit
from do_images._core import responses, retry
from do_images._core.clocks import Now
from do_images._core.rate_limiter import RateLimiter
from do_images._core.requests import Request
from do_images._http import redirects
from do_images._http.auth import Bearer
from do_images._http.bodies import Body
from do_images._http.deadlines import Sending
from do_images._http.failures import Failure, connection_error
from do_images._http.options import Limits
from do_images._http.proxies import Proxy
from do_images._text import printable
from do_images.errors import APIConnectionError, APIResponseValidationError, RequestInfo

__all__ = ["Exchange"]

_log = logging.getLogger("do_images")

# Seconds that a connection may have been idle for a request that must not get lost on it.
_SURELY_ALIVE = 1.0

# Lists and polls send to few URLs over and over; to parse one costs as much as to validate
# the response.
_url = lru_cache(maxsize=256)(httpx.URL)


class Shared(Protocol):
    """What an exchange needs of the connection."""

    auth: Bearer
    limiter: RateLimiter
    origin: redirects.Origin
    proxy: Proxy | None
    headers: httpx.Headers
    owned: bool

    @property
    def clock(self) -> Now: ...


class Exchange:
    """Collects the parts of one response, or why there is none."""

    __slots__ = (
        "_began",
        "_body",
        "_failure",
        "_hops",
        "_info",
        "_max_body",
        "_request",
        "_response",
        "_shared",
        "_steps",
        "_whole",
        "sending",
    )

    def __init__(self, shared: Shared, request: Request[ModelT], limits: Limits, hops: int) -> None:
        """Begin to count the seconds of a request, the first or one that follows a redirect."""
        self._shared = shared
        self._request = request
        self._hops = hops
        self._max_body = limits.max_body
        self._steps, self._whole = limits.within(request.timeout)
        must_arrive = request.endpoint.method == "POST" or request.attempt > 1
        self.sending = Sending(self._whole, _SURELY_ALIVE if must_arrive else None)
        self._began = shared.clock.monotonic()
        self._response: httpx.Response | None = None
        self._body = Body("", limits.max_body)
        self._failure: Failure | None = None

    def build(self, http: httpx.Client | httpx.AsyncClient, url: str) -> httpx.Request:
        """Return the request as an HTTP client sends it."""
        shared, request = self._shared, self._request
        sent = http.build_request(
            request.endpoint.method,
            _url(url) if shared.owned else url,
            params=None if self._hops else request.query,
            json=request.body,
            # Our own client has them already, and merging costs as much as building a request.
            headers=None if shared.owned else shared.headers,
            timeout=self._steps,
        )
        address = str(sent.url)
        # A redirect may hold the token.
        self._info = RequestInfo(
            sent.method, shared.auth.redact(address) if self._hops else address
        )
        return sent

    def begin(self, response: httpx.Response) -> bool:
        """Take the head of the response; return whether its body is to be read."""
        response.next_request = None  # a copy of the request
        self._response = response
        if response.is_stream_consumed:  # by a hook of the user's own client, or by a mock
            self._body.feed(response.content)
            return False
        self._body = Body(response.headers.get("content-encoding", ""), self._max_body)
        return self._body.problem is None

    def take(self, data: bytes) -> bool:
        """Take the next bytes of the body; return whether more of it is to be read."""
        if self._failure is not None or self._body.problem is not None:
            return False
        self._body.feed(data)
        whole = self._whole
        if whole is not None and self._shared.clock.monotonic() - self._began > whole:
            self._failure = Failure.of(httpx.ReadTimeout("the body did not end in time"))
            return False
        return self._body.problem is None

    def fail(self, error: Exception) -> None:
        """Take note of what httpx raised."""
        response = getattr(error, "response", None)
        if response is None:
            self._failure = self._failure or Failure.of(error)
        else:  # raised for the status, by a hook of the user's own client
            self._response = response
            self._body.feed(_read_so_far(response))

    def outcome(self) -> responses.Response | str:
        """Return the response of status 2xx, or the URL to which another one redirects.

        Raises:
            APIError: There was no response, or it is another one.
        """
        shared, failure, body = self._shared, self._failure, self._body
        now = shared.clock.monotonic()
        elapsed = now - self._began
        head = self._response
        if head is None or (failure is not None and failure.is_timeout):
            raise self._connection_error(failure or Failure.of(Exception()), elapsed)
        if failure is None:
            body.finish()
        response = responses.Response(
            self._info,
            head.status_code,
            head.headers,
            bytes(body.content),
            elapsed,
            shared.auth.redact,
        )
        quota = shared.limiter.update(head.headers.raw, now)
        if _log.isEnabledFor(logging.DEBUG):
            self._log(str(response.status), elapsed, response.header("x-request-id"))
        if not 200 <= response.status < 300:
            return self._refused(response, quota, now)
        if body.problem is not None:
            raise _invalid(response, body.problem, incomplete=False)
        if failure is not None:
            problem = f"{shared.auth.redact(failure.text)} ({failure.name})"
            raise _invalid(response, problem, incomplete=True)
        return response

    def _connection_error(self, failure: Failure, elapsed: float) -> APIConnectionError:
        shared = self._shared
        text = shared.auth.redact(failure.text)
        error = connection_error(
            failure._replace(text=text),
            self._info,
            whole=self._whole,
            took=elapsed,
            # The transport of a user's own client takes no note of it.
            written=self.sending.written if shared.owned else None,
            proxy=shared.proxy,
        )
        self._log(type(error).__name__, elapsed, None)
        return error

    def _refused(self, response: responses.Response, quota: RateLimit | None, now: float) -> str:
        """Return the URL of a redirect that is followed; raise the error of any other response."""
        shared, endpoint = self._shared, self._request.endpoint
        problem = None
        target = redirects.target(response)
        if target is not None:
            problem = redirects.refusal(shared.origin, endpoint.method, target, self._hops)
            if problem is None:
                return target
        server_now = shared.limiter.server_time(now, shared.clock.time())
        error = responses.status_error(endpoint, response, server_now, quota, problem)
        if retry.over_limit(error):
            shared.limiter.pause_for(error.retry_after, now)
        raise error

    def _log(self, outcome: str, elapsed: float, request_id: str | None) -> None:
        text = "%s %s -> %s in %.0f ms (request id %s, attempt %d)"
        path = printable(httpx.URL(self._info.url).path, 200)
        trace = None if request_id is None else printable(request_id, 64)
        milliseconds, attempt = elapsed * 1000, self._request.attempt
        _log.debug(text, self._info.method, path, outcome, milliseconds, trace, attempt)


def _invalid(
    response: responses.Response, problem: str, *, incomplete: bool
) -> APIResponseValidationError:
    text = f"its body can't be used: {problem}"
    return responses.invalid_response(response, text, incomplete=incomplete)


def _read_so_far(response: httpx.Response) -> bytes:
    try:
        return response.content
    except RuntimeError:  # ResponseNotRead is one, of httpx and httpx2 alike
        return b""

"""The way of a request through the fake: fault, token, quota, operation, scope."""

import json
from collections import deque
from collections.abc import Sequence
from email.utils import formatdate
from random import Random
from threading import RLock
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote

from do_images.testing._account import Account, Holder, Refusal
from do_images.testing._bodies import error_body
from do_images.testing._clock import VirtualTime
from do_images.testing._data import OURS, Json
from do_images.testing._faults import Faults
from do_images.testing._matching import allowed, match
from do_images.testing._messages import Incoming, Request, Response
from do_images.testing._quota import Quota
from do_images.testing._routes import Call, Route

__all__ = ["Service"]

_SECOND = 1_000_000_000
_REQUESTS_KEPT = 10_000
_ANYBODY = Holder(None, OURS)


class _Parsed(NamedTuple):
    """A request, read."""

    incoming: Incoming
    found: tuple[Route, list[str]] | None
    """The operation and the values of its parameters."""
    query: Sequence[tuple[str, str]]
    body: Json
    holder: Holder | None
    """None without a valid token."""
    quota: Quota
    now: int


class Service:
    """One fake server, without any wire; safe to call from many threads."""

    def __init__(
        self, seed: int, time: VirtualTime, account: Account, *, accept_any_token: bool
    ) -> None:
        self.lock = RLock()
        self.account = account
        self.faults = Faults()
        self.quirks: frozenset[str] = frozenset()
        self.lag = 3 * _SECOND
        self.requests: deque[Request] = deque(maxlen=_REQUESTS_KEPT)
        """The last ones: a fake that is served for days must not grow for ever."""
        self.time = time
        self._any_token = accept_any_token
        self._random = Random(f"{seed} requests")  # noqa: S311 - numbers that look real
        self._date = (-1, "")

    def handle(self, incoming: Incoming) -> Response:
        """Answer a request, and keep it."""
        return self.handle_and_log(incoming)[0]

    def handle_and_log(self, incoming: Incoming) -> tuple[Response, Request]:
        """Answer a request, and return what was kept of it as well."""
        query = parse_qsl(incoming.query, keep_blank_values=True) if incoming.query else []
        body = _decoded(incoming.content)
        with self.lock:
            now = self.account.settle()
            found = match(incoming.method, incoming.path)
            route = found[0] if found else None
            token, holder = self._authenticated(incoming)
            quota = self.account.quotas.of(token)
            response = self._response(_Parsed(incoming, found, query, body, holder, quota, now))
            if incoming.method == "HEAD":
                response.headers["content-length"] = str(len(response.content))
                response.content = b""
            request = Request(
                incoming.method,
                incoming.path,
                dict(query),
                incoming.content.decode("utf-8", "replace") if body is _NOT_JSON else body,
                (self.time.start + now) / _SECOND,
                None if response.loss else response.status,
                route.operation if route else None,
                incoming.origin,
                incoming.headers,
            )
            self.requests.append(request)
        return response, request

    def _response(self, request: _Parsed) -> Response:
        incoming = request.incoming
        route = request.found[0] if request.found else None
        fault = self.faults.take(incoming.method, incoming.path, route)
        if fault is not None and fault.before_work:
            return fault.apply(self._empty(500, request))
        try:
            response = self._answer(request)
        except Refusal as refusal:
            response = self._refused(refusal, request)
        return response if fault is None else fault.apply(response)

    def _answer(self, request: _Parsed) -> Response:
        incoming, found, holder = request.incoming, request.found, request.holder
        if holder is not None and not request.quota.take(request.now):
            raise Refusal(429, "too_many_requests", "API Rate limit exceeded.")
        if found is None:
            return self._without_operation(request)
        if holder is None:
            raise Refusal(401, "unauthorized", "Unable to authenticate you.")
        route, ids = found
        _check_scopes(holder, route)
        _check_body(request)
        response = self._empty(0, request)
        response.status, response.content = route.answer(
            Call(
                self.account,
                holder.account,
                [unquote(id_) for id_ in ids],
                request.query,
                request.body,
                incoming.origin + incoming.path,
                request.now,
                self.quirks,
                self.lag,
            )
        )
        if response.content:
            response.headers["content-type"] = "application/json"
        return response

    def _without_operation(self, request: _Parsed) -> Response:
        """Answer OPTIONS, as browsers send it before a request; refuse everything else."""
        methods = allowed(request.incoming.path)
        if not methods:
            raise Refusal(404, "not_found", "There is nothing at this address.")
        if request.incoming.method != "OPTIONS":
            raise Refusal(405, "method_not_allowed", f"Only {', '.join(methods)} are allowed here.")
        response = self._empty(204, request)
        response.headers.update(
            {
                "access-control-allow-origin": "*",
                "access-control-allow-methods": ", ".join([*methods, "OPTIONS"]),
                "access-control-allow-headers": "Authorization, Content-Type",
            }
        )
        return response

    def _authenticated(self, incoming: Incoming) -> tuple[str | None, Holder | None]:
        """The token of a request and who holds it, None for both where it is not valid."""
        scheme, _, rest = incoming.headers.get("authorization", "").partition(" ")
        token = rest.strip()
        if scheme.lower() != "bearer" or not token:
            return None, None
        holder = self.account.tokens.get(token)
        if holder is None and (self._any_token or incoming.accept_any_token):
            holder = _ANYBODY
        return (None, None) if holder is None else (token, holder)

    def _refused(self, refusal: Refusal, request: _Parsed) -> Response:
        response = self._empty(refusal.status, request)
        request_id = response.headers["x-request-id"]
        response.headers["content-type"], response.content = error_body(
            refusal.status, refusal.error_id, refusal.message, request_id, self.quirks
        )
        if refusal.status == 405:
            response.headers["allow"] = ", ".join(allowed(request.incoming.path))
        wait = request.quota.retry_after(request.now) if refusal.status == 429 else None
        if wait is not None:
            response.headers["retry-after"] = wait
        return response

    def _empty(self, status: int, request: _Parsed) -> Response:
        """Status and the headers that every response has."""
        second = (self.time.start + request.now) // _SECOND
        if self._date[0] != second:
            self._date = second, formatdate(second, usegmt=True)
        bits = f"{self._random.getrandbits(128):032x}"
        request_id = f"{bits[:8]}-{bits[8:12]}-{bits[12:16]}-{bits[16:20]}-{bits[20:]}"
        headers = {"date": self._date[1], "x-request-id": request_id}
        if "no_rate_limit" not in self.quirks:
            headers.update(request.quota.headers(request.now, self.time.start))
        return Response(status, headers)


def _check_scopes(holder: Holder, route: Route) -> None:
    missing = [scope for scope in route.scopes if scope not in (holder.scopes or ())]
    if holder.scopes is not None and missing:
        message = "You are not authorized to perform this operation: missing scope"
        raise Refusal(403, "forbidden", f"{message} {', '.join(missing)}.")


def _check_body(request: _Parsed) -> None:
    kind = request.incoming.headers.get("content-type", "").partition(";")[0].strip().lower()
    if request.incoming.content and kind != "application/json":
        message = "A body must have the header Content-Type: application/json."
        raise Refusal(415, "unsupported_media_type", message)
    if request.body is _NOT_JSON:
        raise Refusal(400, "bad_request", "The body is not JSON.")


_NOT_JSON: Json = {"": "a body that is not JSON"}


def _decoded(content: bytes) -> Json:
    if not content:
        return None
    try:
        value: Json = json.loads(content)
    except (ValueError, RecursionError):
        return _NOT_JSON
    return value

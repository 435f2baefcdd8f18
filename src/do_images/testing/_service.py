"""The way of a request through the fake: fault, quota, token, scope, operation."""

import json
from collections.abc import Sequence
from email.utils import formatdate
from random import Random
from threading import RLock
from urllib.parse import parse_qsl, unquote

from do_images.testing._account import Account, Refusal
from do_images.testing._bodies import error_body
from do_images.testing._clock import VirtualTime
from do_images.testing._data import OURS, Json
from do_images.testing._faults import Fault, Faults
from do_images.testing._messages import Incoming, Reply, Request
from do_images.testing._routes import Call, Route, allowed, match

__all__ = ["Service"]

_SECOND = 1_000_000_000


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
        self.requests: list[Request] = []
        self._time = time
        self._any_token = accept_any_token
        self._random = Random(f"{seed} requests")  # noqa: S311 - numbers that look real
        self._date = (-1, "")

    def handle(self, incoming: Incoming) -> Reply:
        """Answers a request, and keeps it."""
        query = parse_qsl(incoming.query, keep_blank_values=True) if incoming.query else []
        body = _decoded(incoming.content)
        with self.lock:
            now = self.account.settle()
            found = match(incoming.method, incoming.path)
            route = found[0] if found else None
            fault = self.faults.take(incoming.method, incoming.path, route)
            reply = self._reply(incoming, found, fault, query, body, now)
            request = Request(
                incoming.method,
                incoming.path,
                dict(query),
                incoming.content.decode("utf-8", "replace") if body is _NONSENSE else body,
                (self._time.start + now) / _SECOND,
                None if reply.loss else reply.status,
                route.operation if route else None,
                incoming.origin,
                incoming.headers,
            )
            self.requests.append(request)
        return reply

    def _reply(
        self,
        incoming: Incoming,
        found: tuple[Route, list[str]] | None,
        fault: Fault | None,
        query: Sequence[tuple[str, str]],
        body: Json,
        now: int,
    ) -> Reply:
        if fault is not None and fault.before_work:
            return fault.spoil(self._empty(500, now))
        try:
            self.account.count_request(now)
            reply = self._answer(incoming, found, query, body, now)
        except Refusal as refusal:
            reply = self._refused(refusal, incoming, now)
        return reply if fault is None else fault.spoil(reply)

    def _answer(
        self,
        incoming: Incoming,
        found: tuple[Route, list[str]] | None,
        query: Sequence[tuple[str, str]],
        body: Json,
        now: int,
    ) -> Reply:
        if found is None:
            known = allowed(incoming.path)
            if known:
                raise Refusal(405, "method_not_allowed", f"Only {', '.join(known)} will do here.")
            raise Refusal(404, "not_found", "There is nothing at this address.")
        route, ids = found
        owner = self._authorized(route, incoming.headers.get("authorization", ""))
        if body is _NONSENSE:
            raise Refusal(400, "bad_request", "The body is not JSON.")
        url = incoming.origin + incoming.path
        segments = [unquote(id_) for id_ in ids]
        call = Call(self.account, owner, segments, query, body, url, now, self.quirks, self.lag)
        reply = self._empty(0, now)
        reply.status, reply.content = route.answer(call)
        if reply.content:
            reply.headers["content-type"] = "application/json"
        return reply

    def _authorized(self, route: Route, authorization: str) -> str:
        """Whose token it is; refuses one that is unknown or may not do this."""
        scheme, _, token = authorization.partition(" ")
        known = self.account.tokens.get(token.strip()) if scheme.lower() == "bearer" else None
        if known is None and self._any_token and token:
            return OURS
        if known is None:
            raise Refusal(401, "unauthorized", "Unable to authenticate you.")
        if known.scopes is not None:
            missing = [scope for scope in route.scopes if scope not in known.scopes]
            if missing:
                told = "You are not authorized to perform this operation: missing scope"
                raise Refusal(403, "forbidden", f"{told} {', '.join(missing)}.")
        return known.account

    def _refused(self, refusal: Refusal, incoming: Incoming, now: int) -> Reply:
        reply = self._empty(refusal.status, now)
        request_id = reply.headers["x-request-id"]
        reply.headers["content-type"], reply.content = error_body(
            refusal.status, refusal.error_id, refusal.message, request_id, self.quirks
        )
        if refusal.status == 405:
            reply.headers["allow"] = ", ".join(allowed(incoming.path))
        wait = self.account.quota.retry_after(now) if refusal.status == 429 else None
        if wait is not None:
            reply.headers["retry-after"] = wait
        return reply

    def _empty(self, status: int, now: int) -> Reply:
        """Status and the headers that every response has."""
        second = (self._time.start + now) // _SECOND
        if self._date[0] != second:
            self._date = second, formatdate(second, usegmt=True)
        bits = f"{self._random.getrandbits(128):032x}"
        request_id = f"{bits[:8]}-{bits[8:12]}-{bits[12:16]}-{bits[16:20]}-{bits[20:]}"
        headers = {"date": self._date[1], "x-request-id": request_id}
        if "no_rate_limit" not in self.quirks:
            headers.update(self.account.quota.headers(now, self._time.start))
        return Reply(status, headers)


_NONSENSE: Json = {"": "a body that is not JSON"}


def _decoded(content: bytes) -> Json:
    if not content:
        return None
    try:
        value: Json = json.loads(content)
    except (ValueError, RecursionError):
        return _NONSENSE
    return value

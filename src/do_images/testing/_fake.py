"""`FakeDigitalOcean`: the account, its clock, and the ways in."""

import json
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import formatdate
from threading import RLock
from types import TracebackType
from typing import NamedTuple, Self
from urllib.parse import parse_qsl, unquote

import httpx

from do_images import Action, AsyncClient, Client, Image
from do_images._base import Endpoint, Model
from do_images.testing._account import Account, Quota
from do_images.testing._data import Json, Record
from do_images.testing._faults import Fault, Lose, Lost, Reply
from do_images.testing._routes import ROUTES, Answer, Call, decoded, match, problem
from do_images.testing._server import serving
from do_images.testing._time import AsyncFakeClock, FakeClock, Timeline
from do_images.testing._transports import AsyncFakeTransport, FakeTransport

__all__ = ["FakeDigitalOcean", "Request"]


class Request(NamedTuple):
    """A request that the fake was sent."""

    method: str
    path: str
    query: Mapping[str, str]
    body: Json
    """The decoded JSON, None where there was none."""
    time: float
    """When it came, in Unix seconds of the fake's time."""
    status: int | None
    """What it was answered with, None where the answer was lost."""


class FakeDigitalOcean:
    """A stand-in for the Images and Actions API that keeps state.

    Its clients wait in virtual time: an hour-long transfer takes no time at all. Everything is
    determined by `seed` and by what is sent to it; two fakes know nothing of each other.

    The account holds public images, such as `ubuntu-24-04-x64`, and three of its own: the snapshot
    7555620 in nyc1 and nyc2, the backup 7555621 and the custom image 7555622.
    """

    def __init__(self, *, seed: int = 0, parallel_transfers: bool = False) -> None:
        """`parallel_transfers` lets an image be copied to several regions at once."""
        self._timeline = Timeline()
        self._account = Account(seed, self._timeline, parallel_transfers=parallel_transfers)
        self._lock = RLock()
        self._faults: list[Fault] = []
        self._count = 0
        self._token = self.token()
        self.requests: list[Request] = []
        """Every request in the order in which they came."""
        self.clock = FakeClock(self._timeline)
        """Virtual time for a `Client`."""
        self.async_clock = AsyncFakeClock(self._timeline)
        """Virtual time for an `AsyncClient`."""
        self.transport: httpx.BaseTransport = FakeTransport(self)
        """What any `httpx.Client` can be pointed at."""
        self.async_transport: httpx.AsyncBaseTransport = AsyncFakeTransport(self)
        """What any `httpx.AsyncClient` can be pointed at."""

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

    # ── Ways in ─────────────────────────────────────────────────────────────────────────────

    def client(
        self, *, token: str | None = None, timeout: float | None = None, max_retries: int = 2
    ) -> Client:
        """A client of this fake, in process."""
        return Client(
            token or self._token,
            timeout=timeout,
            max_retries=max_retries,
            http_client=httpx.Client(transport=self.transport),
            clock=self.clock,
        )

    def async_client(
        self, *, token: str | None = None, timeout: float | None = None, max_retries: int = 2
    ) -> AsyncClient:
        """An asynchronous client of this fake, in process."""
        return AsyncClient(
            token or self._token,
            timeout=timeout,
            max_retries=max_retries,
            http_client=httpx.AsyncClient(transport=self.async_transport),
            clock=self.async_clock,
        )

    @contextmanager
    def serve(self, port: int = 0, *, speed: float = 1.0) -> Generator[str]:
        """Serves it on a loopback port, yielding the base URL; time runs `speed` times as fast."""
        self._timeline.run(speed)
        try:
            with serving(self, port) as url:
                yield url
        finally:
            self._timeline.run(None)

    # ── What it holds ───────────────────────────────────────────────────────────────────────

    @property
    def images(self) -> list[Image]:
        """All images, public ones too, as they are now."""
        with self._lock:
            self._account.settle()
            return [Image.model_validate_json(_json(record)) for record in self._images()]

    @property
    def actions(self) -> list[Action]:
        """All actions, oldest first, as they are now."""
        with self._lock:
            self._account.settle()
            records = map(_visible, self._account.actions.values())
            return [Action.model_validate_json(_json(record)) for record in records]

    def _images(self) -> Iterator[Record]:
        return map(_visible, self._account.images.values())

    @property
    def now(self) -> datetime:
        """The fake's time, UTC."""
        return datetime.fromtimestamp(self._timeline.now(), UTC)

    def advance(self, seconds: float) -> None:
        """Lets time pass."""
        self._timeline.move_to(self._timeline.now() + seconds)

    def add_image(
        self,
        *,
        id: int | None = None,  # noqa: A002 - the API's word
        name: str | None = None,
        type: str = "snapshot",  # noqa: A002 - the API's word
        regions: Iterable[str] = ("nyc1",),
        tags: Iterable[str] = (),
        distribution: str = "Ubuntu",
        status: str = "available",
    ) -> int:
        """Adds an image of the account's own, and returns its id."""
        fields: Record = {
            "type": type,
            "regions": [*regions],
            "tags": [*tags],
            "distribution": distribution,
            "status": status,
        }
        if name is not None:
            fields["name"] = name
        if id is not None:
            fields["id"] = id
        with self._lock:
            return self._account.add(**fields)

    def token(self, scopes: Iterable[str] | None = None) -> str:
        """A new token: for everything, or for the scopes given, such as `image:read`."""
        with self._lock:
            self._count += 1
            token = f"dop_v1_{self._account.random.getrandbits(256):064x}"
            self._account.tokens[token] = None if scopes is None else frozenset(scopes)
            return token

    # ── What is to happen ───────────────────────────────────────────────────────────────────

    def transfer_takes(self, seconds: float) -> None:
        """How long transfers take that begin from now on, 30 s at first."""
        self._account.action_seconds["transfer"] = seconds

    def convert_takes(self, seconds: float) -> None:
        """How long conversions take that begin from now on, 20 s at first."""
        self._account.action_seconds["convert"] = seconds

    def imports_take(self, seconds: float) -> None:
        """How long imports take that begin from now on, 60 s at first."""
        self._account.import_seconds = seconds

    def imports_fail(self, error_message: str | None) -> None:
        """Imports that begin from now on fail for this reason; None lets them succeed again."""
        self._account.import_error = error_message

    def fail_next_action(self, region: str | None = None) -> None:
        """The next action, or the next one in that region, ends as `errored`."""
        self._account.failing_regions.append(region)

    def quota(
        self,
        limit: int,
        *,
        remaining: int | None = None,
        window: float = 3600.0,
        retry_after: bool = False,
    ) -> None:
        """Sets the rate limit: `limit` requests in `window` seconds, of which `remaining` are left.

        `retry_after` names the time in that header too, as the API does at the limit a minute.
        """
        used = 0 if remaining is None else limit - remaining
        now = self._timeline.now()
        self._account.quota = Quota(limit, window, used, now, named=retry_after)

    def fail_next(
        self,
        method: str,
        path: str,
        *,
        status: int | None = None,
        body: str | bytes = b"",
        headers: Mapping[str, str] | None = None,
        lose: Lost | None = None,
        delay: float = 0.0,
        after: bool = False,
        times: int = 1,
    ) -> None:
        """Lets the next requests of an operation go wrong.

        Args:
            method: Such as `POST`.
            path: A template, such as `/v2/images/{id}/actions`.
            status: Answer with this status, and with `body` and `headers`.
            body: The body of that answer.
            headers: Further headers of that answer.
            lose: No answer: the connection is `refused`, or breaks `before` or `after` the work
                was done.
            delay: Seconds that the answer takes.
            after: With `status`: the work is done nevertheless.
            times: How many requests go wrong.
        """
        content = body.encode() if isinstance(body, str) else body
        given = headers or {}
        fault = Fault(method, path, times, status, content, given, lose, delay, after)
        with self._lock:
            self._faults.append(fault)

    # ── Requests ────────────────────────────────────────────────────────────────────────────

    def handle(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str],
        content: bytes,
        patience: float | None = None,
    ) -> Reply:
        """Answers one request.

        `patience` is after how many seconds the client gives up.

        Raises:
            Lose: The connection breaks in place of an answer.
            TimeoutError: The client has given up; the work may be done all the same.
        """
        path, _, raw = target.partition("?")
        query = dict(parse_qsl(raw, keep_blank_values=True))
        body = decoded(content)
        with self._lock:
            self._account.settle()
            found = match(method, path)
            fault = self._fault(found[0]) if found else None
            try:
                reply = self._reply(found, fault, path, query, headers, body, patience)
            except (Lose, TimeoutError):
                self._record(method, path, query, content, body, None)
                raise
            self._record(method, path, query, content, body, reply.status)
            return reply

    def _record(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        content: bytes,
        body: Json,
        status: int | None,
    ) -> None:
        sent = body if content else None
        self.requests.append(Request(method, path, query, sent, self._timeline.now(), status))

    def _fault(self, endpoint: Endpoint[Model]) -> Fault | None:
        for fault in self._faults:
            if fault.fits(endpoint):
                fault.times -= 1
                return fault
        return None

    def _reply(
        self,
        found: tuple[Endpoint[Model], Mapping[str, str]] | None,
        fault: Fault | None,
        path: str,
        query: Mapping[str, str],
        headers: Mapping[str, str],
        body: Record | None,
        patience: float | None,
    ) -> Reply:
        if fault and fault.lose in {"refused", "before"}:
            raise Lose(fault.lose)
        if fault and fault.status is not None and not fault.after:
            reply = Reply(fault.status, {**self._headers(), **fault.headers}, fault.body)
        else:
            reply = self._answer(found, path, query, headers, body)
        if fault and fault.delay:
            if patience is not None and fault.delay > patience:
                self.advance(patience)
                raise TimeoutError
            self.advance(fault.delay)
        if fault and fault.lose == "after":
            raise Lose("after")
        if fault and fault.status is not None and fault.after:
            reply = Reply(fault.status, {**self._headers(), **fault.headers}, fault.body)
        return reply

    def _answer(
        self,
        found: tuple[Endpoint[Model], Mapping[str, str]] | None,
        path: str,
        query: Mapping[str, str],
        headers: Mapping[str, str],
        body: Record | None,
    ) -> Reply:
        account = self._account
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme != "Bearer" or token not in account.tokens:
            return self._rendered(problem(401, "unauthorized", "Unable to authenticate you"))
        if not account.quota.take(self._timeline.now()):
            return self._rendered(problem(429, "too_many_requests", "API rate limit exceeded."))
        if found is None:
            return self._rendered(problem(404, "not_found", "There is nothing here."))
        endpoint, raw = found
        scopes = account.tokens[token]
        missing = [] if scopes is None else [it for it in endpoint.scopes if it not in scopes]
        if missing:
            told = f"You are not authorized to do this: missing scope {', '.join(missing)}."
            return self._rendered(problem(403, "forbidden", told))
        if body is None:
            return self._rendered(problem(400, "bad_request", "The body is not a JSON object."))
        segments = {name: unquote(value) for name, value in raw.items()}
        return self._rendered(ROUTES[endpoint](Call(account, path, segments, query, body)))

    def _rendered(self, answer: Answer) -> Reply:
        headers = self._headers()
        body = answer.body
        if answer.status >= 400 and isinstance(body, dict):
            body["request_id"] = headers["x-request-id"]
        quota = self._account.quota
        if answer.status == 429 and quota.named:
            headers["retry-after"] = str(max(1, round(quota.reset - self._timeline.now())))
        if body is None:
            return Reply(answer.status, headers, b"")
        headers["content-type"] = "application/json; charset=utf-8"
        return Reply(answer.status, headers, _json(body))

    def _headers(self) -> dict[str, str]:
        account = self._account
        now = self._timeline.now()
        quota = account.quota
        reset = quota.reset if quota.remaining < quota.limit else now
        return {
            "date": formatdate(now, usegmt=True),
            "x-request-id": f"{account.random.getrandbits(64):016x}",
            "ratelimit-limit": str(quota.limit),
            "ratelimit-remaining": str(quota.remaining),
            "ratelimit-reset": str(int(reset) + 1),
        }


def _visible(record: Record) -> Record:
    return {name: value for name, value in record.items() if not name.startswith("_")}


def _json(value: Json) -> bytes:
    return json.dumps(value).encode()

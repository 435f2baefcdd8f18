"""What tests of more than one room need: virtual clocks, clients over a handler, fixtures."""

import asyncio
import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import httpx
import respx

from do_images import AsyncClient, Client

__all__ = [
    "TOKEN",
    "AsyncGate",
    "AsyncVirtualClock",
    "Gate",
    "Json",
    "Log",
    "VirtualClock",
    "async_client",
    "client",
    "load",
    "requests",
    "running",
    "sent",
]

Json: TypeAlias = dict[str, "Json"] | list["Json"] | str | int | float | bool | None
Handler: TypeAlias = Callable[[httpx.Request], httpx.Response]

TOKEN = "dop_v1_not_a_real_token"
_FIXTURES = Path(__file__).parent / "fixtures"


def load(name: str) -> bytes:
    """A recorded body, by its file's name without the ending."""
    return (_FIXTURES / f"{name}.json").read_bytes()


def load_json(name: str) -> dict[str, Json]:
    """The same as a value that a test may change."""
    value: dict[str, Json] = json.loads(load(name))
    return value


class _Virtual:
    """Time that passes only where somebody sleeps."""

    def __init__(self, start: float = 1_700_000_000.0) -> None:
        self.now = 0.0
        self.start = start
        self.sleeps: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def time(self) -> float:
        return self.start + self.now

    def _pass(self, seconds: float) -> None:
        assert seconds >= 0, "nobody can sleep backwards"
        self.sleeps.append(seconds)
        self.now += seconds


class VirtualClock(_Virtual):
    """The clock of a `Client` under test."""

    def sleep(self, seconds: float, /) -> None:
        self._pass(seconds)


class AsyncVirtualClock(_Virtual):
    """The clock of an `AsyncClient` under test."""

    async def sleep(self, seconds: float, /) -> None:
        self._pass(seconds)


class Gate:
    """Lets nobody through before so many threads have come; then it is open."""

    def __init__(self, parties: int) -> None:
        self._left = parties
        self._opened = threading.Condition()

    def wait(self) -> None:
        with self._opened:
            self._left -= 1
            self._opened.notify_all()
            assert self._opened.wait_for(lambda: self._left <= 0, timeout=10), "they never came"


class AsyncGate:
    """The same for tasks."""

    def __init__(self, parties: int) -> None:
        self._left = parties
        self._opened = asyncio.Event()

    async def wait(self) -> None:
        self._left -= 1
        if self._left <= 0:
            self._opened.set()
        await asyncio.wait_for(self._opened.wait(), timeout=10)


def running() -> set[object]:
    """All threads, and the tasks of the running event loop."""
    try:
        return {*threading.enumerate(), *asyncio.all_tasks()}
    except RuntimeError:  # there is no loop
        return {*threading.enumerate()}


def requests(api: respx.MockRouter) -> list[httpx.Request]:
    """Return the requests that were sent, which respx has in a list without a type."""
    calls: list[respx.models.Call] = [*api.calls]
    return [call.request for call in calls]


def sent(api: respx.MockRouter) -> list[str]:
    """Return method and path of every request that was sent."""
    return [f"{one.method} {one.url.raw_path.decode()}" for one in requests(api)]


class Log:
    """A handler that answers with the given responses in order, and keeps the requests.

    An exception among the responses is raised, a callable is called with the request; the last
    one stands for all that follow.
    """

    def __init__(self, *responses: httpx.Response | Exception | Handler) -> None:
        self.requests: list[httpx.Request] = []
        self._responses = list(responses)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        step = self._responses.pop(0) if len(self._responses) > 1 else self._responses[0]
        if isinstance(step, Exception):
            raise step
        if isinstance(step, httpx.Response):
            # A response can be read once only.
            return httpx.Response(step.status_code, headers=step.headers, content=step.content)
        return step(request)

    @property
    def calls(self) -> list[str]:
        """Method and path of every request."""
        return [f"{request.method} {request.url.raw_path.decode()}" for request in self.requests]


def client(handler: Handler, *, clock: VirtualClock | None = None, max_retries: int = 2) -> Client:
    """A client whose requests the handler answers, and whose waits take no time."""
    http = httpx.Client(transport=httpx.MockTransport(handler), trust_env=False)
    return Client(TOKEN, http_client=http, clock=clock or VirtualClock(), max_retries=max_retries)


def async_client(
    handler: Handler, *, clock: AsyncVirtualClock | None = None, max_retries: int = 2
) -> AsyncClient:
    """The same for asyncio."""
    http = httpx.AsyncClient(transport=httpx.MockTransport(handler), trust_env=False)
    return AsyncClient(
        TOKEN, http_client=http, clock=clock or AsyncVirtualClock(), max_retries=max_retries
    )

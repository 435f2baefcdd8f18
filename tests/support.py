"""What tests of several modules need: virtual clocks, gates, recorded bodies, sent requests."""

import json
import threading
import time
from pathlib import Path
from typing import TypeAlias

import anyio
import httpx
import respx

__all__ = [
    "TOKEN",
    "AsyncGate",
    "AsyncVirtualClock",
    "Gate",
    "Json",
    "VirtualClock",
    "has_ended_but",
    "load",
    "requests",
    "running",
    "sent",
]

Json: TypeAlias = dict[str, "Json"] | list["Json"] | str | int | float | bool | None

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
            assert self._opened.wait_for(lambda: self._left <= 0, timeout=60), "they never came"


class AsyncGate:
    """The same for tasks."""

    def __init__(self, parties: int) -> None:
        self._left = parties
        self._opened = anyio.Event()

    async def wait(self) -> None:
        self._left -= 1
        if self._left <= 0:
            self._opened.set()
        with anyio.fail_after(60):
            await self._opened.wait()


def running() -> set[object]:
    """All threads, and the tasks of the running event loop."""
    try:
        return {*threading.enumerate(), *anyio.get_running_tasks()}
    except RuntimeError:  # there is no event loop
        return {*threading.enumerate()}


def has_ended_but(before: set[object]) -> bool:
    """Whether only these threads and tasks run, after time for threads that were left behind."""
    until = time.monotonic() + 10
    while running() - before and time.monotonic() < until:
        time.sleep(0.005)
    return not running() - before


def requests(api: respx.MockRouter) -> list[httpx.Request]:
    """Return the requests that were sent, which respx has in a list without a type."""
    calls: list[respx.models.Call] = [*api.calls]
    return [call.request for call in calls]


def sent(api: respx.MockRouter) -> list[str]:
    """Return method and path of every request that was sent."""
    return [f"{one.method} {one.url.raw_path.decode()}" for one in requests(api)]


def holds(value: object, text: str, depth: int = 4) -> bool:
    """Return whether a text stands in a value, or in what hangs on it: as error reporters look."""
    if isinstance(value, str):
        return text in value
    if isinstance(value, (bytes, bytearray)):
        return text.encode() in value
    if depth == 0:
        return False
    parts: list[object] = []
    if isinstance(value, dict):
        parts = [*value, *value.values()]  # pyright: ignore[reportUnknownArgumentType] - anything
    elif isinstance(value, (list, tuple, set, frozenset)):
        parts = [*value]  # pyright: ignore[reportUnknownArgumentType] - as above
    else:
        parts = [*getattr(value, "__dict__", {}).values()]
    return any(holds(part, text, depth - 1) for part in parts)

"""Virtual time: it passes where somebody sleeps, and nowhere else."""

import time
from heapq import heappush
from threading import Lock

__all__ = ["AsyncFakeClock", "FakeClock", "Timeline"]

_START = 1_767_225_600.0  # 2026-01-01T00:00:00Z


class Timeline:
    """What time it is in the fake, in Unix seconds."""

    def __init__(self, start: float = _START) -> None:
        self._now = start
        self._lock = Lock()
        self._real: tuple[float, float] | None = None

    def now(self) -> float:
        """The fake's time; while it is served, it follows the real one."""
        with self._lock:
            self._follow()
            return self._now

    def move_to(self, moment: float) -> None:
        """Lets time pass; it never goes back."""
        with self._lock:
            self._follow()
            self._now = max(self._now, moment)

    def run(self, speed: float | None) -> None:
        """Makes time pass by itself, `speed` times as fast as real; None stops it."""
        with self._lock:
            self._follow()
            self._real = None if speed is None else (time.monotonic(), speed)

    def _follow(self) -> None:
        if self._real is not None:
            since, speed = self._real
            moment = time.monotonic()
            self._now += (moment - since) * speed
            self._real = moment, speed


class _Clock:
    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline

    def monotonic(self) -> float:
        """Seconds since some fixed moment."""
        return self._timeline.now()

    def time(self) -> float:
        """Unix seconds."""
        return self._timeline.now()


class FakeClock(_Clock):
    """The clock of a `Client` on the fake: a sleep takes no time, and lets it pass."""

    def sleep(self, seconds: float, /) -> None:
        """Lets virtual time pass."""
        self._timeline.move_to(self._timeline.now() + seconds)


class AsyncFakeClock(_Clock):
    """The same for an `AsyncClient`: tasks that sleep wake in the order in which they are due."""

    def __init__(self, timeline: Timeline) -> None:
        super().__init__(timeline)
        self._due: list[tuple[float, int]] = []
        self._count = 0

    async def sleep(self, seconds: float, /) -> None:
        """Lets virtual time pass, once every other task sleeps too."""
        import asyncio  # noqa: PLC0415 - the fake of synchronous programs does without

        self._count += 1
        entry = (self._timeline.now() + seconds, self._count)
        heappush(self._due, entry)
        try:
            await asyncio.sleep(0)
            while self._due[0] != entry:  # noqa: ASYNC110 - every round lets the others run
                await asyncio.sleep(0)
            self._timeline.move_to(entry[0])
        finally:
            self._due.remove(entry)
            self._due.sort()  # a sorted list is a heap

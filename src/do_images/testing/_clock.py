"""Virtual time: it passes where somebody sleeps, and, while the fake is served, by itself.

Threads and tasks that sleep at the same time wake in the order in which they are due, and time
moves on to the moment of each: many that sleep five seconds together take five seconds. Time is
counted in whole nanoseconds, so that sums of sleeps are exact.
"""

import math
import threading
import time
from datetime import UTC, datetime
from heapq import heapify, heappop, heappush
from itertools import count
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop, Future

__all__ = ["AsyncVirtualClock", "VirtualClock", "VirtualTime", "nanoseconds", "timestamp"]

_SECOND = 1_000_000_000
# For how many real seconds nothing must happen before a thread gives up on another that has slept
# before and does not sleep again.
_GRACE = 0.02
# How often a loop must have turned without anything happening before its time moves on. A task
# that was woken needs a few turns to come to its next request or sleep.
_QUIET_TURNS = 8


def nanoseconds(seconds: float) -> int:
    """A length of time; refuses what is none."""
    if not (math.isfinite(seconds) and seconds >= 0):
        raise ValueError(f"seconds must be 0 or more, and finite: {seconds!r}")
    return round(seconds * _SECOND)


def timestamp(unix: int) -> str:
    """Format a Unix time, in nanoseconds, as the API does."""
    return datetime.fromtimestamp(unix // _SECOND, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class VirtualTime:
    """The time of one fake, counted from its start."""

    def __init__(self, start: int) -> None:
        """`start` is the Unix time, in nanoseconds, at which the fake's time starts."""
        self.start = start
        # What had elapsed at a moment of the monotonic clock, and how fast it goes on from there;
        # one value, so that nobody reads half of a change.
        self._state = (0, 0, 0.0)
        self._lock = threading.Lock()

    def elapsed(self) -> int:
        """Nanoseconds since the start."""
        elapsed, since, speed = self._state
        return elapsed + int((time.monotonic_ns() - since) * speed) if speed else elapsed

    def seconds(self) -> float:
        """Seconds since the start."""
        return self.elapsed() / _SECOND

    def unix(self) -> float:
        """The Unix time in seconds."""
        return (self.start + self.elapsed()) / _SECOND

    def reach(self, moment: int) -> None:
        """Moves on to a moment in nanoseconds; never back."""
        with self._lock:
            self._add(max(0, moment - self.elapsed()))

    def advance(self, seconds: float) -> None:
        """Moves on by some seconds."""
        with self._lock:
            self._add(nanoseconds(seconds))

    def _add(self, length: int) -> None:
        elapsed, since, speed = self._state
        self._state = (elapsed + length, since, speed)

    def run(self, speed: float) -> None:
        """Makes time pass by itself from now on, so many times as fast as real time; 0 stops it."""
        if not (math.isfinite(speed) and speed >= 0):
            raise ValueError(f"speed must be 0 or more, and finite: {speed!r}")
        with self._lock:
            self._state = (self.elapsed(), time.monotonic_ns(), speed)


class _Now:
    """Reads virtual time."""

    def __init__(self, virtual: VirtualTime) -> None:
        self._time = virtual

    def monotonic(self) -> float:
        """Seconds since the fake's start."""
        return self._time.seconds()

    def time(self) -> float:
        """Unix seconds."""
        return self._time.unix()


class VirtualClock(_Now):
    """The clock of a `Client`: a sleep returns at once, and that much time has passed."""

    def __init__(self, virtual: VirtualTime) -> None:
        super().__init__(virtual)
        self._turn = threading.Condition()
        self._sleepers: list[tuple[int, int]] = []
        self._awake: set[threading.Thread] = set()
        self._order = count()
        self._stirred = 0

    def sleep(self, seconds: float, /) -> None:
        """Lets so much virtual time pass; of several threads, the one due first goes first."""
        me = self._time.elapsed() + nanoseconds(seconds), next(self._order)
        with self._turn:
            heappush(self._sleepers, me)
            self._awake.discard(threading.current_thread())
            self.stir()
            self._turn.notify_all()
            try:
                self._wait_for_turn(me)
                self._time.reach(me[0])
            finally:
                self._sleepers.remove(me)
                heapify(self._sleepers)
                self._awake.add(threading.current_thread())
                self._turn.notify_all()

    def stir(self) -> None:
        """Notes that something happens: not all threads are at rest."""
        self._stirred += 1

    def _wait_for_turn(self, me: tuple[int, int]) -> None:
        """Waits until it is this thread's turn to move the time on."""
        while self._time.elapsed() < me[0]:
            if self._sleepers[0] != me:
                self._turn.wait()
                continue
            # Another thread that has slept before may be about to sleep again, and for less.
            self._awake = {thread for thread in self._awake if thread.is_alive()}
            before = self._stirred
            if not self._awake:
                return
            if not self._turn.wait(_GRACE) and self._stirred == before:
                self._awake.clear()  # they do something else


class AsyncVirtualClock(_Now):
    """The clock of an `AsyncClient`: time moves on when every task of the loop has come to rest."""

    def __init__(self, virtual: VirtualTime) -> None:
        super().__init__(virtual)
        self._dials: WeakKeyDictionary[AbstractEventLoop, _Dial] = WeakKeyDictionary()

    async def sleep(self, seconds: float, /) -> None:
        """Lets so much virtual time pass, and other tasks run."""
        length = nanoseconds(seconds)
        await self._dial().sleep(self._time.elapsed() + length)

    async def breathe(self) -> None:
        """Lets other tasks run; the task that does so is not at rest."""
        import asyncio  # noqa: PLC0415 - synchronous programs do without

        self._dial().stir()
        await asyncio.sleep(0)

    def _dial(self) -> "_Dial":
        import asyncio  # noqa: PLC0415 - synchronous programs do without

        loop = asyncio.get_running_loop()
        dial = self._dials.get(loop)
        if dial is None:
            dial = self._dials[loop] = _Dial(self._time)
        return dial


class _Dial:
    """Moves the time on for the tasks of one event loop."""

    def __init__(self, virtual: VirtualTime) -> None:
        self._time = virtual
        self._turns = 0
        self._running = False
        self._order = count()
        self._sleepers: list[tuple[int, int, Future[None]]] = []

    async def sleep(self, moment: int) -> None:
        """Returns at a moment in nanoseconds."""
        import asyncio  # noqa: PLC0415 - synchronous programs do without

        loop = asyncio.get_running_loop()
        future = loop.create_future()
        heappush(self._sleepers, (moment, next(self._order), future))
        self.stir()
        if not self._running:
            self._running = True
            loop.call_soon(self._turn, loop)
        await future

    def stir(self) -> None:
        """Notes that something happens: the loop is not at rest."""
        self._turns = 0

    def _turn(self, loop: "AbstractEventLoop") -> None:
        while self._sleepers and self._sleepers[0][2].done():  # cancelled
            heappop(self._sleepers)
        self._running = bool(self._sleepers)
        if not self._running:
            return
        self._turns += 1
        if self._turns > _QUIET_TURNS:
            self._time.reach(self._sleepers[0][0])
            self._wake(self._time.elapsed())
        loop.call_soon(self._turn, loop)

    def _wake(self, now: int) -> None:
        self.stir()
        while self._sleepers and self._sleepers[0][0] <= now:
            future = heappop(self._sleepers)[2]
            if not future.done():
                future.set_result(None)

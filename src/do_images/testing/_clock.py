"""Virtual time: it passes where somebody sleeps, and, while the fake is served, by itself.

Threads and tasks that sleep at the same time wake in the order in which they are due, and time
moves on to the moment of each: many that sleep five seconds together take five seconds. Time is
counted in whole nanoseconds, so that sums of sleeps are exact.

Time moves on when nothing else can happen before. For threads that means: every other thread
sleeps on the clock, has ended, or is blocked somewhere else, which shows in its frame: it stays at
the same instruction. Counting observations of it, not seconds, makes a busy machine slower, not
different. For tasks it means that the event loop has turned several times without a request or a
sleep.
"""

import math
import sys
import threading
import time
from datetime import UTC, datetime
from heapq import heapify, heappush
from itertools import count
from threading import Thread
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary, WeakSet

if TYPE_CHECKING:
    from anyio import Event
    from anyio.lowlevel import RunVar

__all__ = ["AsyncVirtualClock", "VirtualClock", "VirtualTime", "nanoseconds", "timestamp"]

_SECOND = 1_000_000_000
# How often a thread must be seen at the same instruction before it counts as blocked, and how many
# real seconds lie between two observations: enough to let it run if it can. An observation that
# comes much later says nothing: another thread keeps the interpreter busy.
_OBSERVATIONS = 5
_INTERVAL = 0.0002
_LATE = 0.002
# After how many observations a thread that never rests is left out of account: a second or two, if
# it keeps the interpreter busy.
_PATIENCE = 400
# How often a loop must have turned without anything happening before its time moves on. A task
# that was woken needs a few turns to come to its next request or sleep.
_QUIET_TURNS = 16
_numbers = count()


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
        """Let time pass by itself from now on, so many times as fast as real time; 0 stops it."""
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
        self._order = count()
        self._sleepers: list[tuple[int, int, Thread]] = []
        self._threads = _Threads()

    def sleep(self, seconds: float, /) -> None:
        """Let so much virtual time pass; of several threads, the one due first wakes first."""
        thread = threading.current_thread()
        me = self._time.elapsed() + nanoseconds(seconds), next(self._order), thread
        with self._turn:
            heappush(self._sleepers, me)
            try:
                self._wait_for_turn(me)
                self._time.reach(me[0])
            finally:
                self._sleepers.remove(me)
                heapify(self._sleepers)
                self._threads.note(thread)
                self._turn.notify_all()

    def note(self) -> None:
        """Remember that this thread uses the fake."""
        with self._turn:
            self._threads.note(threading.current_thread())

    def _wait_for_turn(self, me: tuple[int, int, Thread]) -> None:
        """Wait until it is this thread's turn to move the time on."""
        observations = 0
        prompt = True
        while self._time.elapsed() < me[0]:
            if self._sleepers[0] is not me:
                self._turn.wait()
                continue
            sleeping = {sleeper[2] for sleeper in self._sleepers}
            give_up = observations >= _PATIENCE
            if self._threads.at_rest(sleeping, prompt=prompt, give_up=give_up):
                return
            observations += 1
            before = time.perf_counter()
            self._turn.wait(_INTERVAL)
            prompt = time.perf_counter() - before < _LATE


class _Threads:
    """Which threads of the process can still do something at the present moment."""

    def __init__(self) -> None:
        self._users: WeakSet[Thread] = WeakSet([threading.main_thread()])
        self._ignored: WeakSet[Thread] = WeakSet()
        # Where each thread was seen last, and how often since it was seen somewhere else.
        self._seen: WeakKeyDictionary[Thread, tuple[tuple[int, int], int]] = WeakKeyDictionary()

    def note(self, user: Thread) -> None:
        """Remember that a thread uses the fake, and that it runs.

        What it does may release other users: whether they are blocked has to be observed anew.
        """
        self._users.add(user)
        self._ignored.discard(user)
        for thread in self._users:
            self._seen.pop(thread, None)

    def at_rest(self, sleeping: set[Thread], *, prompt: bool, give_up: bool) -> bool:
        """Whether all threads but the sleeping ones are blocked, as far as was observed.

        With `prompt`, threads had a chance to run since the observation before. With `give_up`,
        those that are not are ignored until they use the fake again.
        """
        frames = sys._current_frames()  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
        # It is documented, in spite of its name.
        running = False
        for thread in threading.enumerate():
            if thread in sleeping or thread in self._ignored:
                continue
            frame = frames.get(thread.ident or 0)
            place = (0, 0) if frame is None else (id(frame), frame.f_lasti)
            before, times = self._seen.get(thread, ((0, 0), 0))
            runs = place != before or is_runnable(thread)
            times = 1 if runs else times + prompt
            self._seen[thread] = place, times
            # Without a frame, it is just starting or ending.
            if frame is None or times < _OBSERVATIONS:
                if give_up:
                    self._ignored.add(thread)
                running = True
        return not running


def is_runnable(thread: Thread) -> bool:
    """Whether a thread only waits for the machine, where the system says so (Linux)."""
    try:
        with open(f"/proc/self/task/{thread.native_id}/stat", "rb") as file:  # noqa: PTH123 - faster
            return file.read().rpartition(b")")[2].split()[0] == b"R"
    except OSError:  # another system, or the thread has just ended
        return False


class AsyncVirtualClock(_Now):
    """The clock of an `AsyncClient`: time moves on when every task of the loop has come to rest.

    It works under asyncio and trio.
    """

    def __init__(self, virtual: VirtualTime) -> None:
        super().__init__(virtual)
        self._of_loop: RunVar[_Tasks] | None = None

    async def sleep(self, seconds: float, /) -> None:
        """Let so much virtual time pass, and other tasks run."""
        moment = self._time.elapsed() + nanoseconds(seconds)
        await self._tasks().sleep(moment)

    async def breathe(self) -> None:
        """Let other tasks run; the task that does so is not at rest."""
        from anyio.lowlevel import checkpoint  # noqa: PLC0415 - synchronous programs do without

        self._tasks().quiet_turns = 0
        await checkpoint()

    def _tasks(self) -> "_Tasks":
        """The sleeping tasks of the running event loop."""
        if self._of_loop is None:
            from anyio.lowlevel import RunVar  # noqa: PLC0415 - see above

            # anyio before 4.11 tells such variables apart by their names.
            self._of_loop = RunVar(f"do_images.testing {next(_numbers)}")
        tasks = self._of_loop.get(None)
        if tasks is None:
            tasks = _Tasks(self._time)
            self._of_loop.set(tasks)
        return tasks


class _Tasks:
    """The tasks of one event loop that sleep. The one that is due first moves the time on."""

    def __init__(self, virtual: VirtualTime) -> None:
        self.quiet_turns = 0
        self._time = virtual
        self._order = count()
        self._sleepers: list[tuple[int, int, list[Event]]] = []

    async def sleep(self, moment: int) -> None:
        """Return at a moment in nanoseconds."""
        from anyio import Event  # noqa: PLC0415 - see above
        from anyio.lowlevel import checkpoint  # noqa: PLC0415 - see above

        me = moment, next(self._order), list[Event]()
        heappush(self._sleepers, me)
        self.quiet_turns = 0
        try:
            await checkpoint()
            while self._time.elapsed() < moment:
                if self._sleepers[0] is not me:
                    me[2][:] = [Event()]
                    await me[2][0].wait()
                elif self.quiet_turns < _QUIET_TURNS:
                    self.quiet_turns += 1
                    await checkpoint()
                else:
                    self._time.reach(moment)
        finally:
            self._sleepers.remove(me)
            heapify(self._sleepers)
            self.quiet_turns = 0
            for event in self._sleepers[0][2] if self._sleepers else ():
                event.set()

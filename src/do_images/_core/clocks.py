"""Where time comes from: the one place that tests and the fake replace."""

import time
from typing import Protocol

__all__ = ["AsyncClock", "AsyncSystemClock", "Clock", "SystemClock"]


class Now(Protocol):
    """Reads the time without waiting."""

    def monotonic(self) -> float:
        """Seconds since some fixed moment; never goes back."""
        ...

    def time(self) -> float:
        """Seconds since 1970, UTC, as far as this machine knows."""
        ...


class Clock(Now, Protocol):
    """The time of a `Client`: give your own as `Client(clock=...)` and no wait sleeps for real."""

    def sleep(self, seconds: float, /) -> None:
        """Returns after so many seconds."""
        ...


class AsyncClock(Now, Protocol):
    """The time of an `AsyncClient`."""

    async def sleep(self, seconds: float, /) -> None:
        """Returns after so many seconds, letting other tasks run."""
        ...


# Programs import them from there.
Clock.__module__ = AsyncClock.__module__ = "do_images"


class _SystemNow:
    monotonic = staticmethod(time.monotonic)
    time = staticmethod(time.time)


class SystemClock(_SystemNow):
    """The machine's clock."""

    # Looked up at each call, so that a program which replaces `time.sleep` is obeyed.
    def sleep(self, seconds: float, /) -> None:
        """Block the thread for so many seconds."""
        time.sleep(seconds)


class AsyncSystemClock(_SystemNow):
    """The machine's clock, for asyncio and trio."""

    async def sleep(self, seconds: float, /) -> None:
        """Suspend the task for so many seconds."""
        import anyio  # noqa: PLC0415 - programs that never wait asynchronously do not pay for it

        await anyio.sleep(seconds)

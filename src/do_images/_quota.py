"""The governor of the rate limit, without I/O: one for each client and all that waits through it.

DigitalOcean allows 5,000 requests an hour and 250 a minute. Every response states what is left;
the governor keeps the newest statement. Only polls ask it for their turn: a call that a user
makes is never held back.

- More than a tenth of the limit is left: polls go at once.
- Less: polls spread what is left evenly over the time to `ratelimit-reset`, so that the last one
  is due when the window turns.
- Nothing left: no poll is sent before `ratelimit-reset`.
- A 429: no poll of any wait is sent before the time that it names.
"""

import re
from collections.abc import Iterable
from threading import Lock

from do_images import _wire
from do_images._base import RateLimit

__all__ = ["Quota"]

# Headers may hold a thousand digits.
_COUNT = re.compile(rb"[0-9]{1,15}").fullmatch
_COUNTS = (b"ratelimit-limit", b"ratelimit-remaining", b"ratelimit-reset")
_NOTHING = (b"", b"", b"")
# The share of the limit below which polls begin to spread out.
_SHORT = 0.1
# No window of the API is longer: a header that names a later time is a fault.
_WINDOW = 3600.0


class Quota:
    """What the API's headers say of quota and time. Times are the clock's monotonic seconds."""

    def __init__(self) -> None:
        self.latest: RateLimit | None = None
        self._lock = Lock()
        self._date: str | None = None
        self._received = 0.0
        self._left = 0
        self._closed_until = 0.0
        self._next = 0.0

    def note(self, headers: Iterable[tuple[bytes, bytes]], now: float) -> RateLimit | None:
        """Takes in the headers of any response; None where they state no quota, or nonsense.

        They come as they were sent: a look-up in a mapping that knows no case is slow.
        """
        told: dict[bytes, bytes] = {}
        for name, value in headers:
            told[name.lower()] = value
        counts = tuple(map(told.get, _COUNTS, _NOTHING))
        stated = RateLimit(*map(int, counts)) if all(map(_COUNT, counts)) else None
        date = told.get(b"date")
        with self._lock:
            if date is not None:
                self._date, self._received = date.decode("latin-1"), now
            if stated is not None:
                self.latest, self._left = stated, stated.remaining
        return stated

    def after_fork(self) -> None:
        """Frees a child process from a lock that another thread of its parent may have held."""
        self._lock = Lock()

    def close(self, named: float | None, now: float) -> None:
        """Takes in a 429: polls pause for the seconds that it names."""
        with self._lock:
            self._closed_until = max(self._closed_until, now + min(named or 0.0, _WINDOW))

    def server_time(self, now: float, local: float) -> float:
        """Unix time by the server's clock, by ours (`local`) where it never told its own."""
        date = _wire.timestamp(self._date)
        return local if date is None else date + (now - self._received)

    def turn(self, now: float, local: float) -> float:
        """0 if a poll may be sent now, which counts it; else the seconds until it may be."""
        with self._lock:
            wait = max(self._closed_until, self._next) - now
            if wait > 0:
                return wait
            wait = self._spacing(now, local)
            if wait and self._left <= 0:
                return wait
            self._next = now + wait
            self._left -= 1
            return 0.0

    def spare(self, now: float) -> bool:
        """Whether there is enough for several requests at once: polls need not spread out."""
        with self._lock:
            plenty = self.latest is None or self._left > self.latest.limit * _SHORT
            return plenty and now >= self._closed_until

    def _spacing(self, now: float, local: float) -> float:
        if self.latest is None or self._left > self.latest.limit * _SHORT:
            return 0.0
        until_reset = self.latest.reset - self.server_time(now, local)
        if until_reset <= 0:
            return 0.0
        return min(until_reset, _WINDOW) / max(self._left, 1)

"""The governor of the rate limit, without I/O: one for each client and all that waits through it.

DigitalOcean allows 5,000 requests an hour and 250 a minute. Every response states what is left;
the governor keeps the newest statement. Only polls ask it for their turn: a call that a user
makes is never held back.

- Nothing is known yet: one poll goes ahead, and the others wait for its answer.
- More than a tenth of the limit is left: polls go at once.
- Less: polls spread what is left evenly over the time to `ratelimit-reset`, so that the last one
  is due when the window turns.
- Nothing left: no poll is sent before `ratelimit-reset`. What has come free then may be a single
  request, so one poll goes ahead, and the others wait for what its answer states.
- A 429: no poll of any wait is sent before the time that it names.

A reset more than an hour away is a fault: it spreads nothing, and where nothing is left, polls
pause for an hour at most.
"""

import re
from collections.abc import Iterable
from threading import Lock

from do_images._base import RateLimit
from do_images._core import responses

__all__ = ["WINDOW", "RateLimiter"]

WINDOW = 3600.0
"""Seconds. No window of the API is longer: a header that names a later time is a fault."""
# Seconds by which the server's date and reset, both whole seconds, and the way may be wrong.
_SLACK = 60.0
# Seconds after which to ask again whether the first answer has come.
_SOON = 0.2
# Headers may hold a thousand digits.
_COUNT = re.compile(rb"-?[0-9]{1,16}").fullmatch
_COUNTS = (b"ratelimit-limit", b"ratelimit-remaining", b"ratelimit-reset")
_NOTHING = (b"", b"", b"")
# The share of the limit below which polls begin to spread out.
_SHORT = 0.1
# Seconds between polls where it is not known what is left, and after a 429 that names no time.
_CAREFUL = 1.0
# No clock wakes anybody more exactly: a shorter wait might never come to its end.
_MOMENT = 0.001


class RateLimiter:
    """What the API's headers say of quota and time. Times are the clock's monotonic seconds."""

    def __init__(self) -> None:
        self.latest: RateLimit | None = None
        self._lock = Lock()
        self._heard = False
        self._date: str | None = None
        self._received = 0.0
        self._stated = 0.0
        self._under_way = 0
        self._closed_until = float("-inf")
        self._last = -WINDOW

    def update(self, headers: Iterable[tuple[bytes, bytes]], now: float) -> RateLimit | None:
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
            self._heard = True
            if date is not None:
                self._date, self._received = date.decode("latin-1"), now
            if stated is not None:
                self.latest, self._stated = stated, now
        return stated

    def after_fork(self) -> None:
        """Frees a child process from what other threads of its parent were about to do."""
        self._lock = Lock()
        self._under_way = 0

    def pause_for(self, named: float | None, now: float) -> None:
        """Takes in a 429: polls pause for the seconds that it names."""
        with self._lock:
            until = now + min(named or _CAREFUL, WINDOW)
            self._closed_until = max(self._closed_until, until)

    def server_time(self, now: float, local: float) -> float:
        """Unix time by the server's clock, by ours (`local`) where it never told its own."""
        told = self.told_time(now)
        return local if told is None else told

    def told_time(self, now: float) -> float | None:
        """Unix time by the server's clock alone, None where it never told it."""
        date = responses.timestamp(self._date)
        return None if date is None else date + (now - self._received)

    def acquire(self, now: float, local: float) -> float:
        """0 if a poll may be sent now, which then is under way; else seconds until to ask again."""
        with self._lock:
            wait = max(self._closed_until - now, self._pause(now, local))
            if wait > _MOMENT:
                return wait
            self._last = now
            self._under_way += 1
            return 0.0

    def release(self) -> None:
        """A poll that had its turn is over: if it was answered, the answer has been noted."""
        with self._lock:
            self._under_way -= 1

    def has_headroom(self, now: float) -> bool:
        """Whether there is enough for several requests at once: polls need not spread out."""
        with self._lock:
            plenty = self.latest is None or self._left(self.latest) > self.latest.limit * _SHORT
            return plenty and now >= self._closed_until

    def _left(self, latest: RateLimit) -> int:
        # What is under way the server may not have counted yet.
        return latest.remaining - self._under_way

    def _pause(self, now: float, local: float) -> float:
        """Seconds that what is left asks for."""
        ahead = self._last + _CAREFUL - now
        if self.latest is None:
            # The first answer of all tells what is left; where it states nothing, nothing does.
            return 0.0 if self._heard or not self._under_way else min(ahead, _SOON)
        left = self._left(self.latest)
        if left > self.latest.limit * _SHORT:
            return 0.0
        # Counted from the statement on, so that also an hour too far ends.
        reset = self.latest.reset - self.server_time(self._stated, local - (now - self._stated))
        until_reset = min(reset, WINDOW) - (now - self._stated)
        if self.latest.remaining <= 0 < until_reset:
            return until_reset
        if left <= 0:
            return _CAREFUL if until_reset > 0 else ahead
        if until_reset <= 0 or reset > WINDOW + _SLACK:
            return 0.0
        # The last one went, and those that are left go, at even distances.
        since = now - self._last
        return (until_reset + since) / (left + 1) - since

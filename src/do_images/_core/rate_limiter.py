"""Decides when waits may poll, so that the API's rate limit is not exceeded. No I/O, no clock.

DigitalOcean allows 5,000 requests an hour and 250 a minute. Every response states what is left of
the hour; no header states the minute. One `RateLimiter` serves a client, all its waits, threads,
and tasks. Calls that a user makes are counted but never held back.

How a wait uses it (`now` is the monotonic clock, `local` the wall clock, both in seconds):

    with limiter.register(now, deadline, requests=2) as schedule:
        while waiting:
            while pause := schedule.delay(now, local, requests=2, age=12.0):
                if the deadline has passed: time out (see schedule.slowed)
                sleep(pause)
            for each request of the round, several at once if it likes:
                while pause := schedule.acquire(now, local):
                    sleep(pause), or skip the request where that is after the deadline
                try: send it
                finally: schedule.release()
            sleep(poll), but not longer than until the deadline

A deletion of `destroy_many` goes through `limiter.acquire(now)` and `limiter.release()`: nothing
but the limit of a minute holds it back. Whoever sends any request hands in what came of it:

    limiter.update(response.headers.raw, now)
    limiter.pause_for(seconds_named_or_None, now)       # after each 429

Policy:

- Before the first response, one poll goes ahead and the others wait for what its response states.
- More than a tenth of the limit is left: polls go as planned, but never more than 200 in any 60
  seconds, and fewer where the user's own calls come close to 250.
- Less: a last round is kept in reserve for every wait that ends before `ratelimit-reset`, and some
  requests for the user's own calls. Half of the rest is spread evenly over the time to the reset,
  or to the end of the wait if that is earlier. While more than 20 rounds for every wait remain, a
  young operation is polled sooner: when it is a quarter older than at its last poll. While more
  than 8 remain, one of less than a minute is, at distances that grow faster.
- A round that has begun is finished. The round at the deadline goes while anything is left.
- Nothing is left: no poll goes before the reset. What is free then may be a single request, so
  one poll goes ahead.
- A 429: no poll goes before the time that it names, or for 1, 2, 4, ... up to 60 seconds.

A reset more than an hour away is invalid: it spreads nothing, and where nothing is left, polls
pause for an hour at most.
"""

import math
import re
from collections import deque
from collections.abc import Iterable
from threading import Lock
from typing import Self

from do_images._base import RateLimit
from do_images._core.server_clock import ServerClock

__all__ = ["WINDOW", "PollSchedule", "RateLimiter"]

WINDOW = 3600.0
"""Seconds. No window of the API is longer: a header that names a later time is invalid."""
_MINUTE = 60.0
# Polls in any 60 seconds, and polls together with the user's own calls: the API allows 250.
_POLLS_A_MINUTE, _REQUESTS_A_MINUTE = 200, 240
_FEWEST_A_MINUTE = 20
# Seconds by which the server's date and reset, both whole seconds, and the way may be wrong.
_SLACK = 60.0
# Seconds after which to ask again whether the first response has come.
_SOON = 0.2
# Seconds after which another poll goes ahead where the first has no response.
_CAREFUL = 1.0
# The first and the longest pause, in seconds, after a 429 that names no time.
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 60.0
# No wait sleeps longer than so many seconds before it asks again: the machine may be suspended
# meanwhile, and where polls are spread out, other waits may end and more may be left.
_NAP, _SHORT_NAP = 60.0, 5.0
# The share of the limit below which polls begin to spread out.
_SHORT = 0.1
# Kept for the user's own calls: the least of a number, a share of the limit, and one of the rest.
_OWN, _OWN_OF_LIMIT, _OWN_OF_LEFT = 20, 0.01, 0.25
# The share of what remains that is spread over the time to the reset.
_SHARE = 0.5
# How many rounds for every wait have to remain where a young operation is polled sooner.
_PLENTY = 20
# By how much older than at its last poll an operation is polled again.
_OLDER = 0.25
# With fewer rounds, but so many, what is younger than a minute is still polled sooner, where the
# even distance of polls is longer than so many seconds.
_ENOUGH, _YOUNG, _LONG = 8, 60.0, 10.0
# No clock wakes anybody more exactly: a shorter wait might never come to its end.
_MOMENT = 0.001
# Headers may hold a thousand digits.
_COUNT = re.compile(rb"-?[0-9]{1,16}").fullmatch
_COUNTS = (b"ratelimit-limit", b"ratelimit-remaining", b"ratelimit-reset")
_NOTHING = (b"", b"", b"")


class PollSchedule:
    """When the polling rounds of one wait may begin; a context manager that ends with the wait."""

    __slots__ = ("_limiter", "deadline", "last", "registered", "requests", "slowed")

    def __init__(
        self, limiter: "RateLimiter", now: float, deadline: float | None, requests: int = 1
    ) -> None:
        """Made by `RateLimiter.register`."""
        self._limiter = limiter
        self.deadline: float | None = deadline
        self.registered: float = now
        self.last: float | None = None
        """When the last round began."""
        self.requests: int = requests
        """How many requests a round takes."""
        self.slowed: bool = False
        """Whether the rate limit has put off a round by more than a second."""

    def is_last(self, now: float) -> bool:
        """Return whether the deadline has come."""
        return self.deadline is not None and now >= self.deadline - _MOMENT

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._limiter.unregister(self)

    def delay(
        self, now: float, local: float, *, requests: int = 1, age: float | None = None
    ) -> float:
        """Return 0 if a round may begin now, which then has begun; else seconds until to ask again.

        `requests` is what the round takes, `age` the seconds since the youngest operation began.
        The seconds never reach beyond the deadline. From the deadline on the round is the last
        one and goes while anything is left; where even that is refused, the wait has timed out.
        """
        return self._limiter.delay(self, now, local, max(1, requests), age)

    def acquire(self, now: float, local: float) -> float:
        """Return 0 if a request of the round may be sent now; else seconds until to ask again.

        A round that has begun is finished: only a 429, a limit that is used up, and the limit of a
        minute hold its requests back.
        """
        return self._limiter.acquire_poll(self, now, local)

    def release(self, *, refused: bool = False) -> None:
        """Ends a request that was acquired. Its response, if any, has been handed in before.

        One that was refused for its scope (403) is no poll: it is not sent again. So 200 images
        are still polled at once where the account's list was tried in vain.
        """
        self._limiter.release(refused=refused)


class RateLimiter:
    """What the headers state of requests and time, and the decisions made from it. Thread-safe."""

    def __init__(self) -> None:
        """Nothing is known before the first response."""
        self.latest: RateLimit | None = None
        """What the newest response with valid headers states."""
        self.clock: ServerClock = ServerClock()
        """The server's time, from the `Date` of its responses."""
        self._lock = Lock()
        self._waits: set[PollSchedule] = set()
        self._minute = _Minute()
        self._stated = 0.0
        self._last_round = float("-inf")
        self._in_flight = 0
        self._unanswered = 0
        self._paused_until = float("-inf")
        self._pause = 0.0
        self._responses_since_429 = 0

    # ── What responses state ────────────────────────────────────────────────────────────────

    def update(self, headers: Iterable[tuple[bytes, bytes]], now: float) -> RateLimit | None:
        """Takes in the headers of any response; None where they state no valid rate limit.

        They come as they were sent: a look-up in a mapping that knows no case is slow.
        """
        found: dict[bytes, bytes] = {}
        for name, value in headers:
            found[name.lower()] = value
        counts = tuple(map(found.get, _COUNTS, _NOTHING))
        stated = RateLimit(*map(int, counts)) if all(map(_COUNT, counts)) else None
        date = found.get(b"date")
        with self._lock:
            self._responses_since_429 += 1
            if self._unanswered:
                self._unanswered -= 1
            else:
                self._minute.own.append(now)  # the response to a call of the user's own
            if date is not None:
                self.clock.update(date.decode("latin-1"), now)
            if stated is not None and not self._is_overtaken(stated):
                self.latest, self._stated = stated, now
        return stated

    def _is_overtaken(self, stated: RateLimit) -> bool:
        """Return whether the response to a later request of several at once came before."""
        latest = self.latest
        return (
            latest is not None
            and self._in_flight > 1
            and stated.reset <= latest.reset
            and stated.remaining > latest.remaining
        )

    def pause_for(self, seconds: float | None, now: float) -> None:
        """Takes in a 429: polls pause for the seconds that it names, None where it names none.

        Its headers have been handed to `update` before.
        """
        with self._lock:
            again, self._responses_since_429 = self._responses_since_429 <= 1, 0
            if seconds:
                self._paused_until = max(self._paused_until, now + min(seconds, WINDOW))
            elif now >= self._paused_until:  # else it was under way when the pause began
                self._pause = min(self._pause * 2 if again else 0.0, _LONGEST_PAUSE)
                self._pause = self._pause or _FIRST_PAUSE
                self._paused_until = now + self._pause

    def server_time(self, now: float, local: float) -> float:
        """Return Unix time by the server's clock, by ours (`local`) where that is not known."""
        return self.clock.time(now, local)

    def after_fork(self) -> None:
        """Frees a child process from what other threads of its parent were about to do."""
        self._lock = Lock()
        self._waits = set()
        self._in_flight = self._unanswered = 0

    # ── Single requests ─────────────────────────────────────────────────────────────────────

    def acquire(self, now: float) -> float:
        """Return 0 if a deletion may be sent now, else seconds until to ask again.

        Deletions of `destroy_many` count as polls do, and the limit of a minute holds them back.
        """
        with self._lock:
            return self._admit(self._in_minute(None, now), now)

    def acquire_poll(self, wait: PollSchedule, now: float, local: float) -> float:
        """See `PollSchedule.acquire`."""
        with self._lock:
            pause = max(self._closed(now, local), self._lead(), self._in_minute(wait, now))
            return self._admit(pause, now)

    def _admit(self, pause: float, now: float) -> float:
        if pause > _MOMENT:
            return min(pause, _NAP)
        self._minute.polls.append(now)
        self._in_flight += 1
        self._unanswered += 1
        return 0.0

    def release(self, *, refused: bool = False) -> None:
        """Ends a request that was acquired. Its response, if any, has been handed in before."""
        with self._lock:
            self._in_flight -= 1
            # A request without a response leaves none to expect.
            self._unanswered = min(self._unanswered, self._in_flight)
            if refused and self._minute.polls:
                self._minute.own.append(self._minute.polls.pop())

    def has_headroom(self, now: float) -> bool:
        """Return whether so much is left that several requests may go at once."""
        with self._lock:
            return self._plenty() and now >= self._paused_until

    # ── Rounds of polls ─────────────────────────────────────────────────────────────────────

    def register(self, now: float, deadline: float | None, *, requests: int = 1) -> PollSchedule:
        """Return the schedule of a wait that begins now and ends at `deadline` (None: never).

        `requests` is about how many its last round takes: so many are kept in reserve.
        """
        schedule = PollSchedule(self, now, deadline, requests)
        with self._lock:
            self._waits.add(schedule)
        return schedule

    def unregister(self, wait: PollSchedule) -> None:
        """Ends a wait. A second time does nothing."""
        with self._lock:
            self._waits.discard(wait)

    def delay(
        self, wait: PollSchedule, now: float, local: float, requests: int, age: float | None
    ) -> float:
        """See `PollSchedule.delay`."""
        with self._lock:
            wait.requests = requests
            left = None if wait.deadline is None else wait.deadline - now
            pause = max(self._closed(now, local), self._in_minute(wait, now))
            if not wait.is_last(now):
                pause = max(pause, self._ahead(now), self._turn(wait, now))
                latest = self.latest
                if pause <= _MOMENT and latest is not None and not self._plenty():
                    pause = self._spread(wait, now, local, age, latest)
            if pause <= _MOMENT:
                wait.last = self._last_round = now
                return 0.0
            wait.slowed = wait.slowed or pause > _CAREFUL
            return min(pause, _NAP) if left is None or left <= 0 else min(pause, _NAP, left)

    def _plenty(self) -> bool:
        latest = self.latest
        return latest is None or self._left(latest) > latest.limit * _SHORT

    def _left(self, latest: RateLimit) -> int:
        # What is in flight the server may not have counted yet.
        return latest.remaining - self._in_flight

    def _until_reset(self, now: float, local: float, latest: RateLimit) -> float:
        # Counted from the statement on, so that also an hour too far ends.
        since = now - self._stated
        return min(latest.reset - self.clock.time(now, local) + since, WINDOW) - since

    def _closed(self, now: float, local: float) -> float:
        """Seconds for which no poll may go: after a 429, or with nothing left."""
        self._paused_until -= self.clock.suspended(now, local)
        pause = self._paused_until - now
        if self.latest is not None and self.latest.remaining <= 0:
            until_reset = self._until_reset(now, local, self.latest)
            # The header states whole seconds, without their fraction.
            pause = max(pause, until_reset + 1 if until_reset > -1 else until_reset)
        return pause

    def _lead(self) -> float:
        """Seconds for a request to wait for the response to the one that went ahead."""
        latest = self.latest
        if latest is None or self._left(latest) > 0 or not self._in_flight:
            return 0.0
        return _SOON

    def _ahead(self, now: float) -> float:
        """Seconds for a round to wait for the response to the one that went ahead."""
        ahead = self._last_round + _CAREFUL - now
        if not self._responses_since_429 and self._last_round >= self._paused_until:
            # Nothing is known yet, or not since the pause for a 429 is over.
            return min(ahead, _SOON)
        return ahead if self.latest is not None and self._left(self.latest) <= 0 else 0.0

    def _in_minute(self, wait: PollSchedule | None, now: float) -> float:
        """Seconds for which the limit of a minute holds a request back."""
        most = _POLLS_A_MINUTE
        if wait is None or not wait.is_last(now):
            reserved = sum(
                other.requests
                for other in self._waits
                if other is not wait and other.deadline and other.deadline <= now + _MINUTE
            )
            most -= min(reserved, most // 2)
        return self._minute.wait(most, now)

    def _turn(self, wait: PollSchedule, now: float) -> float:
        """Seconds until the minute has another round of this wait."""
        pause = self._minute.wait(self._minute.beside_own(now), now)
        if wait.last is not None and len(self._waits) > 1 and self._minute.is_short(now):
            # Many waits take turns, instead of all polling in one part of the minute.
            pause = max(pause, wait.last + self._total() * _MINUTE / _POLLS_A_MINUTE - now)
        return pause

    def _total(self) -> int:
        """How many requests one round of every wait takes."""
        return sum(wait.requests for wait in self._waits)

    def _spread(
        self, wait: PollSchedule, now: float, local: float, age: float | None, latest: RateLimit
    ) -> float:
        """Seconds until the next round is due where little is left."""
        until_reset = self._until_reset(now, local, latest)
        invalid = latest.reset - self.clock.time(now, local) > WINDOW + _SLACK
        if until_reset <= 0 or invalid:
            return 0.0
        left = self._left(latest)
        own = min(_OWN, latest.limit * _OWN_OF_LIMIT, left * _OWN_OF_LEFT)
        reserved = sum(
            each.requests
            for each in self._waits
            if each.deadline is not None and each.deadline < now + until_reset
        )
        end = until_reset if wait.deadline is None else min(until_reset, wait.deadline - now)
        rest = left - own - reserved
        if rest < wait.requests:
            return min(end, _SHORT_NAP)
        half = rest * _SHARE
        total = self._total()
        # A round of this wait is due when an even share of the time has passed since the last
        # round of any wait, or since its own last one where every wait could have had one.
        gap = end / half
        since = wait.registered if wait.last is None else wait.last
        due = min(self._last_round + gap * wait.requests, since + gap * total)
        if age is not None:
            due = min(due, since + _young(age - (now - since), end, half / total))
        return min(due - now, end, _SHORT_NAP)


def _young(age: float, end: float, rounds: float) -> float:
    """Seconds after which an operation is polled again that was so old at its last poll.

    `rounds` remain for each wait until the `end`.
    """
    age = max(age, 0.0)
    if rounds > _PLENTY:
        return age * _OLDER
    if rounds > _ENOUGH and age < _YOUNG and end / rounds > _LONG:
        # Spread evenly they would come late for whatever is short. So many rounds reach the end
        # where the operation is each time older by the same share.
        return age * max(_OLDER, math.pow(1 + end / max(age, 1.0), 1 / rounds) - 1)
    return float("inf")


class _Minute:
    """The requests of the last 60 seconds, of which the API's headers state nothing."""

    __slots__ = ("own", "polls")

    def __init__(self) -> None:
        self.polls: deque[float] = deque()
        """When polls and deletions were sent."""
        self.own: deque[float] = deque(maxlen=_REQUESTS_A_MINUTE)
        """When calls of the user's own were answered; more than the limit make no difference."""

    def _expire(self, now: float) -> None:
        for times in (self.polls, self.own):
            while times and times[0] <= now - _MINUTE:
                times.popleft()

    def wait(self, most: int, now: float) -> float:
        """Seconds until one more poll makes at most so many in a minute."""
        self._expire(now)
        surplus = len(self.polls) - most
        if surplus < 0:
            return 0.0
        # Many that wait for the same moment would all wake for each single poll that fits.
        return max(self.polls[surplus] + _MINUTE - now, _CAREFUL)

    def beside_own(self, now: float) -> int:
        """The most polls beside the user's own calls, which leave the waits a few all the same."""
        self._expire(now)
        return max(_FEWEST_A_MINUTE, min(_POLLS_A_MINUTE, _REQUESTS_A_MINUTE - len(self.own)))

    def is_short(self, now: float) -> bool:
        """Whether more than half of the minute's polls have been sent."""
        self._expire(now)
        return len(self.polls) > _POLLS_A_MINUTE // 2

"""How long a call waits, and how often it polls."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from do_images._core import arguments as check
from do_images._core.clocks import Now

__all__ = ["WaitOptions", "wait_options"]

ItemT = TypeVar("ItemT")

# The most seconds that the sleeps and sockets of every system can take.
_LONGEST = 1e6

# No clock wakes anybody more exactly: less time than this is none.
_MOMENT = 0.001
# Seconds that a poll may take, unless `poll` is longer.
_POLL_TIMEOUT = 10.0
# The last poll is due at the deadline. It may take a tenth of the timeout, within these bounds.
_SHORTEST_GRACE, _LONGEST_GRACE = 1.0, 10.0


@dataclass(slots=True)
class WaitOptions(Generic[ItemT]):
    """The options of a call that may wait, checked. The timeout counts from their making."""

    clock: Now
    wait: bool
    poll: float
    timeout: float | None
    on_poll: Callable[[ItemT], object] | None
    started: float = field(init=False)

    def __post_init__(self) -> None:
        self.started = self.clock.monotonic()

    def remaining(self) -> float | None:
        """Return the seconds until the deadline, at least 0; None where there is none."""
        if self.timeout is None:
            return None
        left = self.started + self.timeout - self.clock.monotonic()
        return left if left > _MOMENT else 0.0

    def expired(self) -> bool:
        """Return whether the deadline has come."""
        return self.remaining() == 0

    def overdue(self) -> bool:
        """Return whether the deadline has passed, and not only just come."""
        past = None if self.deadline is None else self.clock.monotonic() - self.deadline
        return past is not None and past > _MOMENT

    @property
    def deadline(self) -> float | None:
        """When the timeout is over, by the clock's monotonic seconds."""
        return None if self.timeout is None else self.started + self.timeout

    @property
    def poll_timeout(self) -> float:
        """The seconds that a poll may take, as long as none has run out of time."""
        return max(_POLL_TIMEOUT, self.poll)

    def request_timeout(self, allowed: float) -> float:
        """Return the seconds that a poll may take now, of the seconds `allowed` at most.

        A poll ends at the deadline, so that the last one can be sent then; and that one may take
        a little longer.
        """
        if self.timeout is None:
            return min(allowed, _LONGEST)
        remaining = self.remaining() or 0.0
        if remaining == 0:
            grace = min(max(self.timeout / 10, _SHORTEST_GRACE), _LONGEST_GRACE)
            over = self.clock.monotonic() - self.started - self.timeout
            return max(0.0, grace - max(0.0, over))
        return min(allowed, remaining, _LONGEST)

    def has_grace(self) -> bool:
        """Return whether the deadline has come, and a poll may still be sent."""
        return self.expired() and self.request_timeout(self.poll_timeout) > _MOMENT

    def until_deadline(self, seconds: float) -> float:
        """Return so many seconds, or those that remain if these are fewer."""
        remaining = self.remaining()
        return max(0.0, seconds if remaining is None else min(seconds, remaining))

    def first_pause(self, age: float | None = None) -> float:
        """Return the seconds until the first poll.

        What began `age` seconds ago was seen then: that is still fresh for the rest of a poll.
        """
        return self.until_deadline(self.poll if age is None else self.poll - max(0.0, age))

    def after(self) -> str:
        """Return the time waited, for a message."""
        return f"after {self.clock.monotonic() - self.started:.0f} s"


def wait_options(
    clock: Now,
    poll: object,
    timeout: object,
    on_poll: Callable[[ItemT], object] | None,
    *,
    wait: object = True,
) -> WaitOptions[ItemT]:
    """Return the options that a user gives, checked; polls are at least a second apart."""
    every = min(max(1.0, check.seconds("poll", poll)), _LONGEST)
    seconds = None if timeout is None else check.seconds("timeout", timeout)
    check.callback(on_poll)
    return WaitOptions(clock, check.boolean("wait", wait), every, seconds, on_poll)

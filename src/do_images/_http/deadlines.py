"""The deadline of the request that is being sent, as the transport sees it.

httpx bounds each read and write. A server that sends one byte at a time can stretch a request
without end; here, no step gets more time than the whole request has left.
"""

import time
from contextvars import ContextVar

__all__ = ["Sending", "connects", "remaining", "sending"]


class Sending:
    """One request on its way through the transport."""

    __slots__ = ("end", "max_idle", "written")

    def __init__(self, seconds: float | None, max_idle: float | None = None) -> None:
        """Start the time of a request that may take so many seconds."""
        self.end: float | None = None if seconds is None else time.monotonic() + seconds
        self.max_idle: float | None = max_idle
        """Seconds that its connection may have been idle; None: any that is open."""
        self.written: bool | None = None
        """Whether any of the request was written to the server, not only to a proxy on the way.

        None where this transport was not reached: a mock stands before it.
        """


sending: ContextVar[Sending | None] = ContextVar("sending", default=None)
"""The request that this thread or task is sending."""


def remaining(timeout: float | None, expired: type[Exception]) -> float | None:
    """Return the seconds that the next step may take; raise `expired` where there are none."""
    request = sending.get()
    if request is None or request.end is None:
        return timeout
    left = request.end - time.monotonic()
    if left <= 0:
        raise expired("the time of the request is over")
    return left if timeout is None else min(left, timeout)


def connects() -> None:
    """Take note that the request that is being sent needs a new connection."""
    request = sending.get()
    if request is not None and request.written is None:
        request.written = False

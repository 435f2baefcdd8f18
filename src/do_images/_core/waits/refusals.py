"""Which 401, 403 and 404 end a wait."""

from do_images._core.session import Session
from do_images.errors import APIError, APIStatusError

__all__ = ["NEW", "Refusals"]

NEW = 60.0
"""Seconds for which something new may be 404."""


class Refusals:
    """The responses that refuse to show one action or image.

    What is new may be 404 at first. What has been shown may be 403 or 404 once: that can be a
    fault on the way. Everything else is final.
    """

    def __init__(self, session: Session, began: float | None, *, is_new: bool = False) -> None:
        """`began` is when it was started or created, in Unix seconds."""
        self._clock = session.clock
        age = NEW if began is None else max(0.0, session.server_time() - began)
        self._new_until = self._clock.monotonic() + (NEW if is_new else NEW - age)
        self._is_shown = False
        self._last: int | None = None

    def answered(self) -> None:
        """Note a poll that showed it."""
        self._is_shown = True
        self._last = None

    def is_final(self, error: APIError) -> bool:
        """Return whether a failure that is not transient ends the wait."""
        status = error.status_code if isinstance(error, APIStatusError) else None
        if status not in {403, 404}:
            return True
        if not self._is_shown:
            return status == 403 or self._clock.monotonic() >= self._new_until
        last, self._last = self._last, status
        return last == status

"""The limit of requests, counted for each token. No I/O."""

from collections import deque

from do_images.testing._clock import nanoseconds

__all__ = ["Quota", "Quotas"]

_SECOND = 1_000_000_000


class Quota:
    """How many requests a window allows; each is counted until the window has passed over it."""

    def __init__(
        self, limit: int, used: int, window: float, now: int, retry_after: bool | float
    ) -> None:
        """`retry_after`: the seconds to name in a 429; True names those until one is allowed."""
        self.limit = limit
        self._window = nanoseconds(window)
        self._retry_after = retry_after
        self._used = 0
        self._counted: deque[list[int]] = deque()
        if used:
            self._count(now, used)

    def _count(self, now: int, requests: int) -> None:
        self._used += requests
        self._counted.append([now + self._window, requests])

    def take(self, now: int) -> bool:
        """Count a request and return True, or return False where the limit is reached."""
        self._expire(now)
        if self._used >= self.limit:
            return False
        if self._counted and self._counted[-1][0] == now + self._window:
            self._counted[-1][1] += 1
            self._used += 1
        else:
            self._count(now, 1)
        return True

    def _expire(self, now: int) -> None:
        while self._counted and self._counted[0][0] <= now:
            self._used -= self._counted.popleft()[1]

    def headers(self, now: int, start: int) -> dict[str, str]:
        """Return the headers of every response. `start` is when the fake's time started."""
        self._expire(now)
        return {
            "ratelimit-limit": str(self.limit),
            "ratelimit-remaining": str(max(0, self.limit - self._used)),
            "ratelimit-reset": str(-(-(start + self._oldest(now)) // _SECOND)),
        }

    def _oldest(self, now: int) -> int:
        """When the oldest counted request expires, in nanoseconds since the start."""
        return self._counted[0][0] if self._counted else now

    def retry_after(self, now: int) -> str | None:
        """Return the seconds that a 429 names, or None where it names none."""
        if self._retry_after is False:
            return None
        if self._retry_after is True:
            return str(max(1, -(-(self._oldest(now) - now) // _SECOND)))
        return f"{self._retry_after:g}"


class Quotas:
    """The quota of each token; all have the same limit."""

    def __init__(self) -> None:
        self._of_token: dict[str, Quota] = {}
        self._arguments: tuple[int, int, float, int, bool | float] = (5000, 0, 3600.0, 0, False)

    def set(
        self, limit: int, used: int, window: float, now: int, *, retry_after: bool | float
    ) -> None:
        """Set the limit of every token, and how much of it is used now."""
        self._arguments = limit, used, window, now, retry_after
        # What is wrong with the arguments shows here, not at the next request.
        self._of_token = {"": Quota(*self._arguments)}

    def of(self, token: str | None) -> Quota:
        """Return the quota of a token. A request without a valid token counts nowhere."""
        if token is None:
            return Quota(*self._arguments)
        return self._of_token.setdefault(token, Quota(*self._arguments))

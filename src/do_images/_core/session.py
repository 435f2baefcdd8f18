"""What the flows of one client share."""

from dataclasses import dataclass

from do_images._core.clocks import Now
from do_images._core.rate_limiter import RateLimiter
from do_images._core.starts import Starts

__all__ = ["Session"]


@dataclass(frozen=True, slots=True)
class Session:
    """The state of a client and the options that its flows obey."""

    clock: Now
    limiter: RateLimiter
    starts: Starts
    max_retries: int
    max_retry_wait: float
    page_concurrency: int

    def server_time(self) -> float:
        """Unix time in seconds by the server's clock, by ours where the server states none."""
        return self.limiter.server_time(self.clock.monotonic(), self.clock.time())

"""The server's time, from the `Date` of its responses. No I/O and no clock of its own."""

from do_images._core import responses

__all__ = ["ServerClock"]

# A step of the local clock below this many seconds is a correction, not a suspended machine.
_STEP = 5.0


class ServerClock:
    """Keeps the newest `Date` and counts on from it.

    `now` is always the client's monotonic clock, `local` its wall clock, both in seconds. The wall
    clock is needed for two things: it stands in for a server that sends no `Date`, and it shows
    that the machine was suspended, because the monotonic clock stands still meanwhile.
    """

    __slots__ = ("_date", "_offset")

    def __init__(self) -> None:
        """Nothing is known before the first response."""
        # One value, so that a reader in another thread never sees half of a change.
        self._date: tuple[str, float] | None = None
        self._offset: float | None = None

    def update(self, date: str, now: float) -> None:
        """Keeps the `Date` of a response that was received at `now`."""
        self._date = date, now

    def known(self, now: float) -> float | None:
        """Return the server's Unix time, None where no response had a valid `Date`."""
        if self._date is None:
            return None
        date, received = self._date
        # Parsed when it is needed, not for each response.
        time = responses.timestamp(date)
        return None if time is None else time + (now - received)

    def time(self, now: float, local: float) -> float:
        """Return the server's Unix time, the local one where the server's is not known."""
        time = self.known(now)
        return local if time is None else time

    def suspended(self, now: float, local: float) -> float:
        """Return for how many seconds the machine was suspended since the last call.

        The server's time moves on by as much.
        """
        offset, before = local - now, self._offset
        self._offset = offset
        if before is None or offset - before < _STEP:
            return 0.0
        seconds = offset - before
        if self._date is not None:
            date, received = self._date
            self._date = date, received - seconds
        return seconds

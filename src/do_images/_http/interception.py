"""Replaces what new clients send through: the hook behind `FakeDigitalOcean.installed()`.

    with intercept(StandIn(transport, async_transport, clock, async_clock, "token")):
        Client().image.info(7555620)  # goes to `transport`, waits on `clock`

It applies to every `Client` and `AsyncClient` that is constructed in the process while the block
runs, in any thread or task. A client with an `http_client` of its own is left alone, and so are
clients that exist already. A client constructed inside the block keeps the stand-in after the
block. Blocks may be nested and may overlap: the one entered last applies, whichever ends first.
"""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx

from do_images._core.clocks import AsyncClock, Clock

__all__ = ["StandIn", "current", "intercept"]


@dataclass(frozen=True, slots=True, eq=False)
class StandIn:
    """What clients use in place of the network, the system clock and a missing token."""

    transport: httpx.BaseTransport
    async_transport: httpx.AsyncBaseTransport
    clock: Clock
    """Replaces a client's `clock` argument too: transport and clock belong together."""
    async_clock: AsyncClock
    token: str
    """Used where neither the argument nor the environment has a token."""


# Appending and removing are atomic, and stand-ins compare by identity.
_active: list[StandIn] = []


@contextmanager
def intercept(stand_in: StandIn) -> Generator[None]:
    """Make every client that is constructed inside the block use a stand-in."""
    _active.append(stand_in)
    try:
        yield
    finally:
        _active.remove(stand_in)


def current() -> StandIn | None:
    """Return the stand-in of the block that was entered last, None outside of any block."""
    return next(iter(_active[-1:]), None)

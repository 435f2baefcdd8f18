"""A client whose requests respx answers, and whose waits take no time."""

from collections.abc import AsyncIterator

import pytest

from do_images import AsyncClient
from tests.support import TOKEN, AsyncVirtualClock


@pytest.fixture
def clock() -> AsyncVirtualClock:
    """The clock of `do`."""
    return AsyncVirtualClock()


@pytest.fixture
async def do(clock: AsyncVirtualClock) -> AsyncIterator[AsyncClient]:
    """A plain client: what it sends goes through its own transport to the routes of `api`."""
    async with AsyncClient(TOKEN, clock=clock) as client:
        yield client

# GENERATED from tests/_async/conftest.py by "make generate". Do not edit.
"""A client whose requests respx answers, and whose waits take no time."""

from collections.abc import Iterator

import pytest

from do_images import Client
from tests.support import TOKEN, VirtualClock


@pytest.fixture
def clock() -> VirtualClock:
    """The clock of `do`."""
    return VirtualClock()


@pytest.fixture
def do(clock: VirtualClock) -> Iterator[Client]:
    """A plain client: what it sends goes through its own transport to the routes of `api`."""
    with Client(TOKEN, clock=clock) as client:
        yield client

"""The pytest plugin: `fake_digitalocean`, `do` and `async_do`, and `mock_digitalocean`.

It stands beside the package, not in it, so that a test run that uses none of these imports nothing
of do_images.
"""

from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from do_images import AsyncClient, Client
    from do_images.testing import FakeDigitalOcean

__all__ = ["async_do", "do", "fake_digitalocean", "mock_digitalocean"]


@pytest.fixture
def fake_digitalocean() -> "Iterator[FakeDigitalOcean]":
    """A fake of the Images and Actions API, new for each test."""
    from do_images.testing import FakeDigitalOcean  # noqa: PLC0415 - see above

    with FakeDigitalOcean() as fake:
        yield fake


@pytest.fixture
def do(fake_digitalocean: "FakeDigitalOcean") -> "Iterator[Client]":
    """A `Client` of `fake_digitalocean`, which waits in virtual time."""
    with fake_digitalocean.client() as client:
        yield client


@pytest.fixture
def async_do(fake_digitalocean: "FakeDigitalOcean") -> "Iterator[AsyncClient]":
    """An `AsyncClient` of `fake_digitalocean`, for whatever plugin runs asynchronous tests."""
    client = fake_digitalocean.async_client()
    yield client
    # In process there is no connection to wait for, so closing takes one step and no event loop,
    # whoever's loop the test ran on.
    with suppress(StopIteration):
        client.aclose().send(None)


@pytest.fixture
def mock_digitalocean(fake_digitalocean: "FakeDigitalOcean") -> "Iterator[FakeDigitalOcean]":
    """Let every client that the test, or what it calls, makes use `fake_digitalocean`.

    It is `fake_digitalocean.installed()` as a fixture, and yields the fake.
    """
    with fake_digitalocean.installed() as fake:
        yield fake

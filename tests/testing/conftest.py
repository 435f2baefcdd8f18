"""A fake for each test."""

from collections.abc import Iterator

import httpx
import pytest

from do_images.testing import FakeDigitalOcean
from tests.testing.faithful import NEW_YEAR, http


@pytest.fixture
def fake() -> Iterator[FakeDigitalOcean]:
    """A fresh one."""
    with FakeDigitalOcean(now=NEW_YEAR) as fake:
        yield fake


@pytest.fixture
def api(fake: FakeDigitalOcean) -> httpx.Client:
    """HTTP to it; every answer is held against the spec."""
    return http(fake)

"""Fixtures for all tests."""

import sys
from collections.abc import Iterator

import pytest
from hypothesis import settings

# The same examples in every run, and none is timed: a red test stays red.
settings.register_profile("repeatable", derandomize=True, deadline=None, database=None)
settings.load_profile("repeatable")


@pytest.fixture
def anyio_backend() -> str:
    """The asynchronous tests run on asyncio."""
    return "asyncio"


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test depends on tokens, addresses or proxies of the machine."""
    for name in (
        "DIGITALOCEAN_ACCESS_TOKEN",
        "DIGITALOCEAN_TOKEN",
        "DIGITALOCEAN_API_URL",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "http_proxy",
        "https_proxy",
        "all_proxy",
    ):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def untraced() -> Iterator[None]:
    """Runs at full speed: the measuring of coverage sees nothing of a test.

    For what goes round ten thousand times, and for what runs none of the package.
    """
    trace = sys.gettrace()
    sys.settrace(None)
    yield
    sys.settrace(trace)

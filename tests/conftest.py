"""Fixtures for all tests."""

import signal
import sys
import threading
from collections.abc import Iterator

import pytest
import respx
from hypothesis import settings

# The same examples in every run, and none is timed, so that a failure stays one. `make thorough`
# takes the other profile.
for _name, _count in (("default", 25), ("thorough", 250)):
    settings.register_profile(
        _name, derandomize=True, deadline=None, database=None, max_examples=_count
    )
settings.load_profile("default")


@pytest.fixture
def anyio_backend(request: pytest.FixtureRequest) -> str:
    """The backend that `pytest_generate_tests` names, in place of anyio's own choice."""
    name: str = request.param
    return name


# Thousands of sequences, in which the backend decides nothing.
_ON_ASYNCIO_ALONE = frozenset({"test_sequences"})


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run the asynchronous tests on asyncio and on trio."""
    if "anyio_backend" in metafunc.fixturenames:
        is_slow = metafunc.definition.path.stem in _ON_ASYNCIO_ALONE
        backends = ["asyncio"] if is_slow else ["asyncio", "trio"]
        metafunc.parametrize("anyio_backend", backends, indirect=True)


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test depends on tokens, addresses, proxies or certificates of the machine."""
    for name in (
        "DIGITALOCEAN_ACCESS_TOKEN",
        "DIGITALOCEAN_TOKEN",
        "DIGITALOCEAN_API_URL",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "NO_PROXY",
        "http_proxy",
        "https_proxy",
        "all_proxy",
        "no_proxy",
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
        "SSLKEYLOGFILE",
    ):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def api() -> Iterator[respx.MockRouter]:
    """The API as routes: a request without a route fails the test, and a route without a request."""
    with respx.mock(base_url="https://api.digitalocean.com") as router:
        yield router


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Lets Ctrl-C be one, here and in what a test starts: what runs in the background ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def untraced() -> Iterator[None]:
    """Runs at full speed: the measuring of coverage sees nothing of a test.

    For what goes round ten thousand times, and for what runs none of the package.
    """
    trace, of_threads = sys.gettrace(), threading.gettrace()
    sys.settrace(None)
    threading.settrace(None)
    yield
    sys.settrace(trace)
    threading.settrace(of_threads)

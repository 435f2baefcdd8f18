"""The pytest plugin, in test runs of its own."""

from importlib.metadata import entry_points

import pytest

pytest_plugins = ["pytester"]

THREE_LINES = """
def test_copies(do, fake_digitalocean):
    action = do.image.transfer(7555620, "nyc3", wait=True)
    assert action.status == "completed"
    assert fake_digitalocean.actions == [action]


def test_starts_anew(do):
    assert "nyc3" not in do.image.info(7555620).regions
"""

COPIES = """
async def test_copies(async_do, fake_digitalocean):
    action = await async_do.image.transfer(7555620, "nyc3", wait=True)
    assert fake_digitalocean.actions == [action]


async def test_both_clients_see_one_account(async_do, do):
    await async_do.image.update(7555620, "renamed")
    assert do.image.info(7555620).name == "renamed"
"""

MARKED = """
import pytest


@pytest.mark.anyio
async def test_with_anyio(async_do):
    action = await async_do.image.transfer(7555620, "nyc3", wait=True)
    assert action.status == "completed"


@pytest.mark.asyncio
async def test_with_pytest_asyncio(async_do):
    action = await async_do.image.transfer(7555620, "nyc3", wait=True)
    assert action.status == "completed"


@pytest.fixture
def anyio_backend():
    return "asyncio"
"""

CLOSED = """
import asyncio

import pytest

kept = []


def test_uses_both(do, async_do):
    do.image.info(7555620)
    asyncio.run(async_do.image.info(7555620))
    kept.extend([do, async_do])


def test_they_are_closed_afterwards():
    do, async_do = kept
    with pytest.raises(RuntimeError, match="closed"):
        do.image.info(7555620)
    with pytest.raises(RuntimeError, match="closed"):
        asyncio.run(async_do.image.info(7555620))
"""

ITS_OWN = """
import pytest

from do_images.testing import FakeDigitalOcean


@pytest.fixture
def fake_digitalocean():
    with FakeDigitalOcean(empty=True) as fake:
        yield fake


def test_the_clients_follow(do):
    assert do.image.list() == []
"""

APPLICATION = """
from do_images import AsyncClient, Client


def copies():
    with Client() as do:
        return do.image.transfer(7555620, "nyc3", wait=True)


async def copies_too():
    async with AsyncClient("own-token") as do:
        return await do.image.transfer(7555620, "ams3", wait=True, timeout=3600)
"""

INSTALLED = """
import application


def test_an_application(mock_digitalocean):
    action = application.copies()
    assert mock_digitalocean.actions == [action]
    assert mock_digitalocean.clock.monotonic() == 5


def test_the_fixtures_belong_together(mock_digitalocean, fake_digitalocean, do):
    assert mock_digitalocean is fake_digitalocean
    assert do.image.action_list(7555620) == []
    application.copies()
    assert len(do.image.action_list(7555620)) == 1
"""

INSTALLED_ASYNC = """
import application
import pytest


@pytest.fixture
async def started(mock_digitalocean):
    return await application.copies_too()


MARK
async def test_an_application(mock_digitalocean, started):
    mock_digitalocean.transfer_takes(200)
    assert mock_digitalocean.actions == [started]
    application.copies()
    assert mock_digitalocean.clock.monotonic() == 205
"""

INSTALLED_TRIO = """
import pytest
import application


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request):
    return request.param


@pytest.mark.anyio
async def test_an_application(mock_digitalocean, async_do):
    action = await application.copies_too()
    assert mock_digitalocean.actions == [action]
    await async_do.image.convert(7555621, wait=True)
"""

FOR_A_MODULE = """
import application
import pytest

from do_images import Client
from do_images.testing import FakeDigitalOcean


@pytest.fixture(scope="module")
def mock_digitalocean():
    with FakeDigitalOcean() as fake, fake.installed():
        yield fake


@pytest.fixture(scope="module")
def client(mock_digitalocean):
    with Client() as client:
        yield client


def test_first(client):
    client.image.transfer(7555620, "nyc3", wait=True)


def test_second(client, mock_digitalocean):
    assert "nyc3" in client.image.info(7555620).regions
    assert len(mock_digitalocean.actions) == 1
"""

NOTHING = """
import sys


def test_nothing():
    assert not {"do_images", "httpx", "pydantic"} & set(sys.modules)
"""

# What else is installed here is none of the plugin's business, and imports a lot itself.
OTHERS = sorted(
    point.name
    for point in entry_points(group="pytest11")
    if point.name != "do_images" and not point.name.startswith("xdist")
)


def options(*, needed: str = "") -> list[str]:
    """A run in which every warning is an error, with one of the other plugins at most."""
    off = [word for name in OTHERS if name not in needed for word in ("-p", f"no:{name}")]
    return ["-q", "-W", "error", "-p", "no:cacheprovider", *off]


def check(result: pytest.RunResult, passed: int) -> None:
    """Nothing but so many tests that passed."""
    assert result.parseoutcomes() == {"passed": passed}


def test_three_lines_are_enough(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(THREE_LINES)
    check(pytester.runpytest_inprocess(*options()), 2)


def test_works_with_xdist(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(THREE_LINES)
    check(pytester.runpytest_inprocess(*options(), "-n", "1"), 2)


def test_works_with_anyio_and_pytest_asyncio(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(MARKED)
    scope = "asyncio_default_fixture_loop_scope=function"
    check(pytester.runpytest_inprocess(*options(needed="anyio asyncio"), "-o", scope), 2)


def test_works_with_pytest_asyncio_in_auto_mode(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(COPIES)
    mode = ["-o", "asyncio_mode=auto", "-o", "asyncio_default_fixture_loop_scope=function"]
    check(pytester.runpytest_inprocess(*options(needed="asyncio"), *mode), 2)


def test_closes_its_clients(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(CLOSED)
    check(pytester.runpytest_inprocess(*options()), 2)


@pytest.mark.parametrize("extra", [(), ("-n", "2")], ids=["alone", "xdist"])
def test_an_application_is_redirected(pytester: pytest.Pytester, extra: tuple[str, ...]) -> None:
    pytester.makepyfile(application=APPLICATION, test_it=INSTALLED)
    check(pytester.runpytest_inprocess(*options(), *extra), 2)


@pytest.mark.parametrize("mode", ["auto", "strict"])
def test_an_asynchronous_application_is_redirected(pytester: pytest.Pytester, mode: str) -> None:
    mark = "" if mode == "auto" else "@pytest.mark.asyncio"
    test = INSTALLED_ASYNC.replace("MARK", mark)
    if mode == "strict":
        test = test.replace("@pytest.fixture\nasync", "@pytest_asyncio.fixture\nasync")
        test = f"import pytest_asyncio\n{test}"
    pytester.makepyfile(application=APPLICATION, test_it=test)
    ini = ["-o", f"asyncio_mode={mode}", "-o", "asyncio_default_fixture_loop_scope=function"]
    check(pytester.runpytest_inprocess(*options(needed="asyncio"), *ini), 1)


def test_an_application_is_redirected_under_trio(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(application=APPLICATION, test_it=INSTALLED_TRIO)
    check(pytester.runpytest_inprocess(*options(needed="anyio")), 2)


def test_one_fake_may_serve_a_module(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(application=APPLICATION, test_it=FOR_A_MODULE)
    check(pytester.runpytest_inprocess(*options()), 2)


def test_a_fake_of_ones_own_takes_its_place(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(ITS_OWN)
    check(pytester.runpytest_inprocess(*options()), 1)


def test_a_run_that_does_not_use_it_does_not_pay_for_it(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(NOTHING)
    # In a process of its own: here all of it is imported.
    check(pytester.runpytest_subprocess(*options()), 1)

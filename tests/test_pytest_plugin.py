"""The pytest plugin, in test runs of its own."""

import subprocess
import sys
from pathlib import Path

THREE_LINES = """
def test_copies(do, fake_digitalocean):
    action = do.image.transfer(7555620, "nyc3", wait=True)
    assert action.status == "completed"
    assert fake_digitalocean.actions == [action]


def test_starts_anew(do):
    assert "nyc3" not in do.image.info(7555620).regions
"""

ASYNC = """
import pytest


@pytest.mark.anyio
async def test_with_anyio(async_do):
    action = await async_do.image.transfer(7555620, "nyc3", wait=True)
    assert action.status == "completed"


@pytest.mark.asyncio
async def test_with_pytest_asyncio(async_do):
    assert (await async_do.image.info(7555620)).regions == ["nyc1", "nyc2"]
"""

NOTHING = """
import sys


def test_nothing():
    assert not {"do_images", "httpx", "pydantic"} & set(sys.modules)
"""


def run(folder: Path, source: str, *options: str) -> str:
    """What pytest prints of a run over one file; it must succeed."""
    folder.joinpath("test_it.py").write_text(source)
    command = [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, *options, str(folder)], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


NO_ASYNCIO = ("-p", "no:asyncio")


def test_three_lines_are_enough_with_xdist_too(tmp_path: Path) -> None:
    assert "2 passed" in run(tmp_path, THREE_LINES, *NO_ASYNCIO, "-n", "2")


def test_works_with_both_asynchronous_plugins(tmp_path: Path) -> None:
    tmp_path.joinpath("conftest.py").write_text(
        "import pytest\n\n\n@pytest.fixture\ndef anyio_backend():\n    return 'asyncio'\n"
    )
    scope = "asyncio_default_fixture_loop_scope=function"
    assert "2 passed" in run(tmp_path, ASYNC, "-o", scope)


def test_a_run_that_does_not_use_it_does_not_pay_for_it(tmp_path: Path) -> None:
    # What else is installed here is none of its business: these import a lot themselves.
    others = ["-p", "no:anyio", *NO_ASYNCIO, "-p", "no:hypothesispytest", "-p", "no:respx"]
    others += ["-p", "no:schemathesis"]
    assert "1 passed" in run(tmp_path, NOTHING, *others)

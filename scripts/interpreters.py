"""Finds the interpreters at hand, of the versions that the package says it supports."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

__all__ = ["ROOT", "at_hand", "supported"]

ROOT = Path(__file__).resolve().parent.parent


def supported() -> list[str]:
    """The versions in the classifiers of pyproject.toml, such as `3.11`."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    found = (
        re.fullmatch(r"Programming Language :: Python :: (3\.\d+)", it)
        for it in project["classifiers"]
    )
    return [match[1] for match in found if match]


def at_hand() -> dict[str, str | None]:
    """An interpreter for each version, None where there is none."""
    return {
        version: next((it for it in _candidates(version) if _is(it, version)), None)
        for version in supported()
    }


def _candidates(version: str) -> Iterator[str]:
    yield sys.executable
    found = shutil.which(f"python{version}")
    if found:
        yield found
    # pyenv's own commands answer for chosen versions only.
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    yield from map(str, sorted(pyenv.glob(f"versions/{version}.*/bin/python")))


def _is(python: str, version: str) -> bool:
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=False)
    return done.stdout.strip() == version

"""Runs the tests with the lowest versions that pyproject.toml allows: `make lowest`."""

import os
import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


# These need newer versions than we do; the tests of them are skipped.
BOUND = {"httpx2", "pytest-httpx"}


def lows(requirements: list[str]) -> list[str]:
    """Return the requirements, each at its lowest version, such as `httpx==0.27.0`."""
    found = [re.match(r"([\w-]+)>=([\d.]+)", requirement) for requirement in requirements]
    return [f"{match[1]}=={match[2]}" for match in found if match]


def constraints(pinned: str, requirements: list[str]) -> str:
    """Return the pins of the development tools, with the lowest versions in place of the newest.

    What only those bring along is left open.
    """
    low = lows(requirements)
    # Those are bound to the versions of the libraries that bring them.
    free = {"pydantic_core", "httpcore", "h11", "anyio", *(it.partition("==")[0] for it in low)}
    kept = [line for line in pinned.splitlines() if line.partition("==")[0] not in free]
    return "\n".join([*kept, *low]) + "\n"


def main() -> int:
    """Return the tests' exit code."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    requirements: list[str] = project["dependencies"]
    if len(lows(requirements)) != len(requirements):
        raise SystemExit(f"not all of {requirements} have a lowest version")
    tools: list[str] = [
        it for it in project["optional-dependencies"]["dev"] if it not in {*BOUND, "do-images[cli]"}
    ]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pins = (ROOT / "constraints.txt").read_text("utf-8")
        (folder / "constraints.txt").write_text(constraints(pins, requirements))
        subprocess.run([sys.executable, "-m", "venv", str(folder / "venv")], check=True)
        python = str(folder / "venv" / ("Scripts" if os.name == "nt" else "bin") / "python")
        install = [python, "-m", "pip", "--disable-pip-version-check", "--quiet", "install"]
        wanted = ["--constraint", str(folder / "constraints.txt"), "--editable", f"{ROOT}[cli]"]
        subprocess.run([*install, *wanted, *tools], check=True)
        print("the tests, with", *lows(requirements), flush=True)
        options = ["--quiet", "-n", "2", "--dist", "loadgroup", *sys.argv[1:]]
        return subprocess.run([python, "-m", "pytest", *options], cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())

"""Fresh processes, in turn: what each contender's probe found, round after round."""

import json
import math
import os
import subprocess
import sys
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import TypeAlias

__all__ = ["Found", "medians", "ratio", "run", "serving"]

ROOT = Path(__file__).parents[2]

Found: TypeAlias = Mapping[str, Sequence[Mapping[str, float]]]
"""The measures of each contender, a round each."""


def _command(module: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", f"scripts.benchmark.{module}", *arguments]


@contextmanager
def serving() -> Generator[str]:
    """The address of a server in a process of its own."""
    server = subprocess.Popen(
        _command("server"), cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with server:
        assert server.stdin is not None
        assert server.stdout is not None
        yield server.stdout.readline().strip()
        server.stdin.close()


def _environment() -> dict[str, str]:
    """As of an installed package: compiled modules are kept, and no proxy stands in between."""
    unwanted = {"PYTHONDONTWRITEBYTECODE"}
    return {
        name: value
        for name, value in os.environ.items()
        if name not in unwanted and not name.lower().endswith("_proxy")
    }


def _probe(name: str, base: str) -> dict[str, float] | None:
    """What one process measured, None where its contender is not installed."""
    done = subprocess.run(
        _command("probe", name, base),
        cwd=ROOT,
        env=_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if "ModuleNotFoundError" in done.stderr:
        return None
    if done.returncode:
        raise SystemExit(f"{name}: {done.stderr}")
    found: dict[str, float] = json.loads(done.stdout)
    return found


def run(names: Sequence[str], rounds: int, base: str) -> Found:
    """All contenders once a round, so that whatever else the machine does hits them alike."""
    found: dict[str, list[dict[str, float]]] = {}
    missing: set[str] = set()
    for number in range(1, rounds + 1):
        for name in names:
            if name in missing:
                continue
            _tell(f"round {number} of {rounds}: {name}")
            one = _probe(name, base)
            if one is None:
                missing.add(name)
            else:
                found.setdefault(name, []).append(one)
    _tell("")
    for name in sorted(missing):
        print(f"{name} is left out: it is not installed", file=sys.stderr)
    return found


def medians(found: Found) -> dict[str, dict[str, float]]:
    """Of all rounds, contender by contender."""
    return {
        name: {measure: median(one[measure] for one in many) for measure in many[0]}
        for name, many in found.items()
    }


def ratio(found: Found, measure: str, name: str, other: str) -> float:
    """The median of the rounds' own ratios: what the machine does meanwhile cancels out."""
    pairs = zip(found[name], found[other], strict=True)
    # What takes less than the clock can measure is 0.
    known = [one[measure] / two[measure] for one, two in pairs if two[measure]]
    return median(known) if known else math.nan


def _tell(progress: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\033[K{progress}", end="", file=sys.stderr, flush=True)

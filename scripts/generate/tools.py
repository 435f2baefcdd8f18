"""What all generated files need: the tools that run, headers, and the list of exported names."""

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

__all__ = ["Problem", "exports", "headed", "put", "tool"]


class Problem(Exception):
    """Why nothing can be generated."""


def tool(root: Path, module: str, *arguments: str) -> None:
    """Run a tool of this environment in the project's folder."""
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=root,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode:
        raise Problem(f"{module} failed: {done.stderr.strip() or done.stdout.strip()}")


def headed(source: str, text: str) -> str:
    """Return a generated text under its header."""
    return f'# GENERATED from {source} by "make generate". Do not edit.\n{text}'


def exports(names: Iterable[str]) -> str:
    """Return the statement that exports names, a name to a line."""
    return f"__all__ = [{', '.join(map(repr, sorted(names)))},]"


def put(file: Path, text: str) -> None:
    """Write a file, its folders too."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "utf-8")

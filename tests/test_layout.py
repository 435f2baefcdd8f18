"""The layout of ARCHITECTURE.md, measured: what awaits stands in `_async`, and files stay small."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import do_images

SOURCE = Path(do_images.__file__).parent
HEADER = "# GENERATED from "

Function = ast.FunctionDef | ast.AsyncFunctionDef


def _written() -> list[Path]:
    """All modules but generated ones."""
    paths = sorted(SOURCE.rglob("*.py"))
    return [path for path in paths if not path.read_text("utf-8").startswith(HEADER)]


def _functions(path: Path) -> Iterator[Function]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, Function):
            yield node


def _lines(function: Function, source: list[str]) -> int:
    """Lines of the body, without docstring, comments and empty lines."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    lines = source[body[0].lineno - 1 : function.end_lineno] if body else []
    return sum(bool(line.strip()) and not line.strip().startswith("#") for line in lines)


def _awaits(function: Function) -> bool:
    awaiting = ast.Await | ast.AsyncFor | ast.AsyncWith
    return any(isinstance(node, awaiting) for node in ast.walk(function))


@pytest.mark.parametrize("path", _written(), ids=lambda path: str(path.relative_to(SOURCE)))
def test_no_file_is_longer_than_450_lines(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= 450


@pytest.mark.parametrize("path", sorted((SOURCE / "_async").glob("*.py")), ids=lambda it: it.name)
def test_what_does_not_await_stands_outside_of_the_twins(path: Path) -> None:
    """Functions of up to three lines may: they make what the others await."""
    source = path.read_text("utf-8").splitlines()
    long = [it.name for it in _functions(path) if not _awaits(it) and _lines(it, source) > 3]
    assert long == []

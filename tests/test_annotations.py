"""No annotation in a class can be misread as a member of the class.

Python 3.14 evaluates the annotations of a class in its finished namespace: `list[Image]` in a class
with a method `list` means the method there. A class like that writes `builtins.list[Image]`.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import do_images

SOURCE = Path(do_images.__file__).parent


def _misread(source: str) -> list[str]:
    """Names in the annotations of a class that its body defines too, with their lines."""
    return [
        f"{owner.name}, line {name.lineno}: {name.id}"
        for owner in ast.walk(ast.parse(source))
        if isinstance(owner, ast.ClassDef)
        for annotation in _annotations(owner)
        for name in ast.walk(annotation)
        if isinstance(name, ast.Name) and name.id in _defined(owner)
    ]


def _defined(owner: ast.ClassDef) -> set[str]:
    functions = {
        node.name
        for node in owner.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    }
    variables = {
        node.id
        for statement in owner.body
        if isinstance(statement, ast.Assign | ast.AnnAssign)
        for node in ast.walk(statement)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    return functions | variables


def _annotations(owner: ast.ClassDef) -> Iterator[ast.expr]:
    for node in owner.body:
        if isinstance(node, ast.AnnAssign):
            yield _read(node.annotation)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            arguments += filter(None, [node.args.vararg, node.args.kwarg])
            for annotation in [node.returns, *(it.annotation for it in arguments)]:
                if annotation is not None:
                    yield _read(annotation)


def _read(annotation: ast.expr) -> ast.expr:
    """The annotation, read if it is a string."""
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        return ast.parse(annotation.value, mode="eval").body
    return annotation


@pytest.mark.parametrize(
    "path", sorted(SOURCE.rglob("*.py")), ids=lambda path: str(path.relative_to(SOURCE))
)
def test_no_annotation_can_be_misread(path: Path) -> None:
    assert _misread(path.read_text("utf-8")) == []


@pytest.mark.parametrize(
    "member",
    [
        "def take(self) -> list[int]: ...",
        "def take(self, value: 'dict[str, list[int]]') -> None: ...",
        "async def take(self, *values: list[int]) -> None: ...",
        "kept: list[int]",
        "kept: 'list[int] | None' = None",
    ],
)
def test_an_annotation_that_is_misread_is_found(member: str) -> None:
    source = f"class Images:\n    {member}\n    def list(self) -> builtins.list[int]: ...\n"
    assert [it.rpartition(" ")[2] for it in _misread(source)] == ["list"]
    assert _misread(source.replace("def list", "def all")) == []

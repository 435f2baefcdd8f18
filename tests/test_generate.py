"""The generator finds drift, orphans and unused rules, and leaves nothing asynchronous."""

from pathlib import Path
from typing import TypeAlias

import pytest

from scripts.generate import __main__ as command
from scripts.generate import project as files
from scripts.generate.rules import Rewriter, phrases
from scripts.generate.sync import left_overs, to_sync

# One worker for all of them: what is generated once, need not be generated again.
pytestmark = [pytest.mark.xdist_group("generate"), pytest.mark.usefixtures("untraced")]

SPEC = """\
openapi: 3.1.0
info: {title: Small, version: "1", description: A small API.}
paths:
  /v2/things/{thing_id}:
    get:
      operationId: things_get
      summary: Get a thing
      security: [{bearer_auth: ["thing:read", "thing:see"]}]
      responses:
        "200": {$ref: "#/components/responses/Thing"}
        default: {description: An error.}
    delete:
      operationId: things_delete
      summary: Delete a thing
      security: [{bearer_auth: ["thing:delete"]}]
      responses:
        "204": {description: It is gone.}
components:
  responses:
    Thing:
      description: The thing.
      content: {application/json: {schema: {$ref: "#/components/schemas/Thing"}}}
  schemas:
    Thing:
      type: object
      description: A thing.
      required: [id, kind]
      properties:
        id: {type: integer, description: Its number.}
        kind: {$ref: "#/components/schemas/Kind", description: What kind it is.}
        names: {$ref: "#/components/schemas/Strings", description: Its names., default: []}
    Page:
      type: object
      description: A page.
      required: [things]
      properties:
        things:
          type: [array, "null"]
          items: {$ref: "#/components/schemas/Thing"}
          description: The things.
    Kind:
      description: A kind of thing.
      anyOf: [{type: string, enum: [good, bad]}, {type: string}]
    Strings: {type: [array, "null"], items: {type: string}, description: Names.}
"""

ASYNC = '''\
"""`AsyncThing`: use it as `async with AsyncThing() as thing: ...`."""

from collections.abc import AsyncIterator, Iterator

import httpx


class AsyncThing:
    # The AsyncThing's; async words stay
    asynchronous = "AsyncThing", 'r_async'

    async def aclose(self, names: Iterator[str]) -> AsyncIterator[str]:
        async with self.other as one, another:
            await  one.aclose(f"{names!r}: {{AsyncThing}} {'AsyncThing'}")
        async for name in self.each(  # each AsyncThing
            await one
        ):
            yield name
'''

SYNC = '''\
"""`Thing`: use it as `with Thing() as thing: ...`."""

from collections.abc import Iterator, Iterator

import httpx


class Thing:
    # The Thing's; async words stay
    asynchronous = "Thing", 'r_async'

    def close(self, names: Iterator[str]) -> Iterator[str]:
        with self.other as one, another:
            one.close(f"{names!r}: {{Thing}} {'Thing'}")
        for name in self.each(  # each Thing
            one
        ):
            yield name
'''

MODELS = '''\
# GENERATED from spec/images.yaml by "make generate". Do not edit.
"""The responses of the API, as frozen pydantic models."""

from typing import Literal, TypeAlias

from pydantic import Field

from do_images._base import Items, Model, Strings

__all__ = [
    "Kind",
    "Page",
    "Thing",
]

Kind: TypeAlias = Literal["good", "bad"] | str
"""A kind of thing."""


class Thing(Model, frozen=True):
    """A thing."""

    id: int = Field(description="Its number.")
    """Its number."""

    kind: Kind = Field(description="What kind it is.")
    """What kind it is."""

    names: Strings = Field(default=[], description="Its names.")
    """Its names."""


class Page(Model, frozen=True):
    """A page."""

    things: Items[Thing] = Field(description="The things.")
    """The things."""
'''

ENDPOINTS = '''\
# GENERATED from spec/images.yaml by "make generate". Do not edit.
"""The operations of the API, a constant for each."""

from typing import Final

from do_images._base import Endpoint, NoContent
from do_images.models import Thing

__all__ = [
    "THINGS_DELETE",
    "THINGS_GET",
]

THINGS_GET: Final = Endpoint("GET", "/v2/things/{thing_id}", Thing, ("thing:read", "thing:see"))
"""Get a thing."""

THINGS_DELETE: Final = Endpoint("DELETE", "/v2/things/{thing_id}", NoContent, ("thing:delete",))
"""Delete a thing."""
'''

HEADER = '# GENERATED from src/do_images/_async/thing.py by "make generate". Do not edit.\n'

Generated: TypeAlias = tuple[dict[str, str], list[str]]
"""The texts of all files by their paths, and messages."""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A small project with a spec and one asynchronous module."""
    return make(tmp_path)


@pytest.fixture(scope="session")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Generated:
    """What is generated from the small project, once for all tests."""
    return files.generate(make(tmp_path_factory.mktemp("generated")))


def make(folder: Path) -> Path:
    """Writes the small project."""
    put(folder, "pyproject.toml", "[tool.ruff]\nline-length = 100\n")
    put(folder, files.SPEC, SPEC)
    put(folder, "src/do_images/__init__.py", "")
    put(folder, "src/do_images/_async/thing.py", ASYNC)
    return folder


def put(project: Path, path: str, text: str) -> Path:
    """Writes a file, its folders too."""
    file = project / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "utf-8")
    return file


def run(project: Path, *options: str) -> int:
    """The command, on a project other than this one."""
    return command.main([f"--root={project}", *options])


def test_this_project_is_up_to_date(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--check"]) == 0, capsys.readouterr().err


def test_writes_models_endpoints_and_sync_code_once(
    project: Path, generated: Generated, capsys: pytest.CaptureFixture[str]
) -> None:
    command.finish(project, *generated, only_check=False)
    assert (project / files.MODELS).read_text("utf-8") == MODELS
    assert (project / files.ENDPOINTS).read_text("utf-8") == ENDPOINTS
    copy = (project / "src/do_images/_sync/thing.py").read_text("utf-8")
    assert copy.startswith(HEADER)
    assert "import httpx" not in copy, "what only asynchronous code needed is no longer imported"
    assert "wrote src/do_images/_sync/thing.py" in capsys.readouterr().out
    command.finish(project, *generated, only_check=False)
    assert capsys.readouterr().out == "Everything was up to date.\n"


@pytest.mark.parametrize("only_check", [False, True])
def test_an_unused_rule_fails_the_command_either_way(
    project: Path, generated: Generated, only_check: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.finish(project, *generated, only_check=only_check) == 1
    output = capsys.readouterr().err
    assert "the rule for '__aenter__' changes nothing any more: remove it\n" in output
    assert "the rule for 'aclose'" not in output


def test_what_is_generated_once_is_the_same_when_generated_again(
    project: Path, generated: Generated, capsys: pytest.CaptureFixture[str]
) -> None:
    files.write(project, generated[0])
    assert run(project) == 1
    output = capsys.readouterr()
    assert output.out == "Everything was up to date.\n"
    assert output.err.splitlines() == generated[1]


def test_a_spec_without_open_enums_leaves_a_rule_unused(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    closed = SPEC.replace('$ref: "#/components/schemas/Kind"', "type: string")
    closed = closed[: closed.index("    Kind:")] + closed[closed.index("    Strings:") :]
    put(project, files.SPEC, closed)
    assert run(project) == 1
    assert "TypeAliasType" in capsys.readouterr().err


def test_an_operation_without_success_is_refused(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put(project, files.SPEC, SPEC.replace('"204"', '"404"'))
    assert run(project) == 1
    assert "things_delete needs one kind of 2xx response" in capsys.readouterr().err
    assert not (project / files.ENDPOINTS).exists()


def test_a_spec_that_is_not_yaml_is_refused(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put(project, files.SPEC, "paths: {")
    assert run(project) == 1
    assert "spec/images.yaml is not valid YAML" in capsys.readouterr().err


def test_a_tool_that_fails_is_reported(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(project, files.SPEC, SPEC[: SPEC.index("  schemas:")])
    assert run(project) == 1
    assert "datamodel_code_generator failed" in capsys.readouterr().err


def test_check_writes_nothing_and_lists_every_difference(tmp_path: Path) -> None:
    put(tmp_path, "src/do_images/_sync/edited.py", "one\ntwo\n")
    put(tmp_path, "src/do_images/_sync/cut.py", "one\n")
    put(tmp_path, "src/do_images/_sync/same.py", "one\n")
    put(tmp_path, "tests/_sync/__pycache__/test_gone.pyc", "")
    orphan = put(tmp_path, "tests/_sync/test_gone.py", "")
    texts = {
        "src/do_images/_sync/edited.py": "one\n2\n",
        "src/do_images/_sync/cut.py": "one\ntwo\n",
        "src/do_images/_sync/same.py": "one\n",
        "src/do_images/_sync/new.py": "one\n",
    }
    assert files.check(tmp_path, texts) == [
        "tests/_sync/test_gone.py: nothing generates it",
        "src/do_images/_sync/edited.py:2: differs from what its source generates",
        "src/do_images/_sync/cut.py:2: differs from what its source generates",
        "src/do_images/_sync/new.py: missing",
    ]
    assert orphan.exists()
    assert (tmp_path / "src/do_images/_sync/edited.py").read_text("utf-8") == "one\ntwo\n"
    files.write(tmp_path, texts)
    assert not orphan.exists()
    assert files.check(tmp_path, texts) == []


def test_sync_code_keeps_the_layout() -> None:
    assert to_sync(ASYNC, Rewriter()) == SYNC


def test_phrases_are_found_across_lines() -> None:
    (rule,) = phrases({"safe for (some) tasks.": "safe."})
    assert Rewriter().apply([rule], "It is safe for\n    (some) tasks.") == "It is safe."


def test_what_stays_asynchronous_is_reported_by_line() -> None:
    text = "# GENERATED from _async\nimport asyncio\nawaited = 1\nx.aread()\nalready = area = 2\n"
    assert [problem.partition(" still has ")[::2] for problem in left_overs("a.py", text)] == [
        ("a.py:2:", "'async': reword its source, or add a rule"),
        ("a.py:3:", "'await': reword its source, or add a rule"),
        ("a.py:4:", "'aread': reword its source, or add a rule"),
    ]

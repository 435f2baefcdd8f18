"""Writes the files that are generated: `python scripts/generate.py [--check]`.

    spec/images.yaml        ->  src/do_images/models.py, src/do_images/_endpoints.py
    src/do_images/_async/   ->  src/do_images/_sync/
    tests/_async/           ->  tests/_sync/

With `--check` nothing is written: whole texts are compared, and every difference is printed. A file
in a generated folder that has no source is an orphan: reported, or removed. A rule of the tables
below that changes nothing any more is an error either way, so that none is kept for nothing.
"""

import argparse
import ast
import io
import json
import re
import subprocess
import sys
import tokenize
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import yaml

SPEC = "spec/images.yaml"
MODELS = "src/do_images/models.py"
ENDPOINTS = "src/do_images/_endpoints.py"
SYNC_OF = {"src/do_images/_async": "src/do_images/_sync", "tests/_async": "tests/_sync"}

# Models that programs import from the package itself: tracebacks and documentation show it.
EXPORTED = ("Action", "Image", "Region")

Spec = Mapping[str, Any]


class Rule(NamedTuple):
    """A replacement that has to change something somewhere."""

    pattern: str
    replacement: str
    name: str = ""
    """What complaints call it, if not by its pattern."""


def words(table: Mapping[str, str]) -> list[Rule]:
    """Rules that replace whole words."""
    return [Rule(rf"\b{old}\b", new, old) for old, new in table.items()]


def phrases(table: Mapping[str, str]) -> list[Rule]:
    """Rules that replace phrases, which may be broken over lines."""
    return [Rule(r"\s+".join(map(re.escape, old.split())), new, old) for old, new in table.items()]


# ── Rules: what datamodel-code-generator writes → what we want ─────────────────────────────────

OVERRIDES = {name: f"do_images._base.{name}" for name in ("Strings", "Timestamp")}

CODEGEN_OPTIONS = (
    "--input-file-type=openapi",
    "--output-model-type=pydantic_v2.BaseModel",
    "--base-class=do_images._base.Model",
    "--target-python-version=3.11",
    # An open enum becomes `Literal[...] | str`, under a name that programs can import.
    "--enum-field-as-literal=all",
    "--use-type-alias",
    # A sentence under each field, and one line for each sentence.
    "--use-schema-description",
    "--use-field-description",
    "--use-inline-field-description",
    "--use-single-line-docstring",
    "--output-datetime-class=datetime",
    # Lists for which null and nothing mean empty, with [] as their default, and times in UTC.
    f"--type-overrides={json.dumps(OVERRIDES)}",
    "--strict-nullable",
    # pydantic needs `datetime` at run time.
    "--no-use-type-checking-imports",
    "--disable-future-imports",
    "--formatters=builtin",
    # All options stand here.
    "--ignore-pyproject",
)

MODEL_RULES = [
    # Python 3.11 has TypeAliasType in typing_extensions only, which is no dependency of ours.
    Rule(r"(?m)^from typing_extensions import TypeAliasType\n", ""),
    Rule(r"(?m)^from typing import ", "from typing import TypeAlias, "),
    Rule(r'(?m)^(\w+) = TypeAliasType\("\1", (.*)\)$', r"\1: TypeAlias = \2"),
    # A list of items for which null means empty.
    Rule(r"\blist\[([A-Z]\w+)\] \| None\b", r"Items[\1]"),
    Rule(r"(?m)^from do_images\._base import Model", "from do_images._base import Items, Model"),
    # Type checkers see that a model is frozen only where each class says so.
    Rule(r"(?m)^class (\w+)\(Model\):", r"class \1(Model, frozen=True):"),
    # Editors read the sentence under a field, JSON schemas its description. pydantic can take the
    # one from the other, but reads and parses the source for it at each import.
    Rule(
        r'(?m)^    (\w+): ([^=\n]+?)(?: = (.+))?\n    """(.+)"""$',
        r'    \1: \2 = Field(default=\3, description="\4")\n    """\4"""',
    ),
    Rule(r"Field\(default=, ", "Field("),
    Rule(r"(?m)^from do_images\._base", r"from pydantic import Field\n\g<0>"),
]

# ── Rules: async → sync ────────────────────────────────────────────────────────────────────────

# For names in code, and for words in strings and comments.
NAMES = [
    # Ours and those of libraries alike: AsyncClient, AsyncIterator, AsyncRetrying, ...
    Rule(r"\bAsync(?=[A-Z])", ""),
    *words(
        {
            "_async": "_sync",
            "__aenter__": "__enter__",
            "__aexit__": "__exit__",
            "aclose": "close",
            "aiter_raw": "iter_raw",
            "handle_async_request": "handle_request",
            "__aiter__": "__iter__",
            "async_client": "client",
            "aclosing": "closing",
            "anext": "next",
            "gather_in_tasks": "gather_in_threads",
            "async_clock": "clock",
            "async_transport": "transport",
        }
    ),
]

# For examples in strings and comments. In code, `async` and `await` just go.
EXAMPLES = [
    Rule(r"\basync (?=(?:def|with|for) )", ""),
]

# For sentences that say something else of the synchronous code.
PHRASES = phrases(
    {
        "pytestmark = pytest.mark.anyio": "",
        "The asynchronous client: the source that the synchronous one is generated from.": (
            "The synchronous client."
        ),
        "DigitalOcean's Images and Actions for asyncio and trio.": (
            "DigitalOcean's Images and Actions."
        ),
        "Safe to share between the tasks of one event loop.": "Safe to share between threads.",
    }
)

SYNC_RULES = [*NAMES, *EXAMPLES, *PHRASES]

# What no synchronous text says; `aread` and the like are httpx's names.
LEFT_OVER = re.compile(
    r"async|await|anyio|\ba(?:iter|next|read|close|send)(?:_\w+)?\b", re.IGNORECASE
)


# ── Imports and layout of all that is generated ────────────────────────────────────────────────

FIXES = (
    "--fix-only",
    "--select=I,F401,RUF022",
    # Its modules are ours before they are written, too.
    "--config=lint.isort.known-first-party=['do_images']",
)


class Problem(Exception):
    """Why nothing can be generated."""


class Rewriter:
    """Applies rules, and knows which of them changed something."""

    def __init__(self) -> None:
        self._fired: set[Rule] = set()

    def apply(self, rules: Sequence[Rule], text: str) -> str:
        """The text after all rules, one after the other."""
        for rule in rules:
            text, count = re.subn(rule.pattern, rule.replacement, text)
            if count:
                self._fired.add(rule)
        return text

    def unfired(self, rules: Sequence[Rule]) -> list[str]:
        """A complaint about each rule that changed nothing."""
        return [
            f"the rule for {rule.name or rule.pattern!r} changes nothing any more: remove it"
            for rule in rules
            if rule not in self._fired
        ]


# ── Models and endpoints ───────────────────────────────────────────────────────────────────────


def read_spec(root: Path) -> Spec:
    """The spec as a value."""
    try:
        spec: Spec = yaml.safe_load((root / SPEC).read_text("utf-8"))
    except yaml.YAMLError as error:
        raise Problem(f"{SPEC} is no YAML: {error}") from None
    return spec


def models(root: Path, rewriter: Rewriter) -> str:
    """The module of the spec's schemas."""
    docstring = '"""The responses of the API, as frozen pydantic models."""'
    with TemporaryDirectory() as scratch:
        output = Path(scratch, "models.py")
        arguments = (f"--input={SPEC}", f"--output={output}", f"--custom-file-header={docstring}")
        tool(root, "datamodel_code_generator", *CODEGEN_OPTIONS, *arguments)
        source = rewriter.apply(MODEL_RULES, output.read_text("utf-8"))
    names: list[str] = []
    imports_end = 0
    for node in ast.parse(source).body:
        match node:
            case ast.ImportFrom(end_lineno=int(line)):
                imports_end = line
            case ast.ClassDef(name=name) | ast.AnnAssign(target=ast.Name(id=name)):
                names.append(name)
            case _:
                pass
    lines = source.splitlines()
    shown = [f'{name}.__module__ = "do_images"' for name in EXPORTED if name in names]
    return "\n".join([*lines[:imports_end], exports(names), *lines[imports_end:], *shown, ""])


def endpoints(spec: Spec) -> str:
    """The module of the spec's operations."""
    constants: dict[str, str] = {}
    responses: set[str] = set()
    for path, operations in spec["paths"].items():
        for method, operation in operations.items():
            response = response_model(spec, operation)
            responses.add(response)
            (security,) = operation["security"]
            constants[operation["operationId"].upper()] = (
                f"Endpoint({method.upper()!r}, {path!r}, {response}, "
                f"{tuple(security['bearer_auth'])!r})\n"
                f'"""{operation["summary"]}."""\n'
            )
    return "\n".join(
        [
            '"""The operations of the API, a constant for each."""',
            "from typing import Final",
            "from do_images._base import Endpoint, NoContent",
            f"from do_images.models import {', '.join(responses - {'NoContent'})}",
            exports(constants),
            "",
            *(f"{name}: Final = {value}" for name, value in constants.items()),
        ]
    )


def exports(names: Iterable[str]) -> str:
    """The statement that says what a module exports, a name to a line."""
    return f"__all__ = [{', '.join(map(repr, sorted(names)))},]"


def response_model(spec: Spec, operation: Spec) -> str:
    """The name of the model that an operation's success answers with."""
    names: set[str] = set()
    for status, response in operation["responses"].items():
        if status.startswith("2"):
            content = resolved(spec, response).get("content")
            names.add(
                content["application/json"]["schema"]["$ref"].rpartition("/")[2]
                if content
                else "NoContent"
            )
    if len(names) != 1:
        raise Problem(f"{SPEC}: {operation['operationId']} needs one kind of 2xx response")
    return names.pop()


def resolved(spec: Spec, node: Spec) -> Spec:
    """What a `$ref` points to, else the node itself."""
    if "$ref" not in node:
        return node
    target: Any = spec
    for key in node["$ref"].removeprefix("#/").split("/"):
        target = target[key]
    return resolved(spec, target)


# ── The synchronous copy ───────────────────────────────────────────────────────────────────────


class Span(NamedTuple):
    """A piece of source that rules may change."""

    start: int
    end: int
    kind: str
    """`keyword`, `name`, or `text` for strings and comments."""


def to_sync(source: str, rewriter: Rewriter) -> str:
    """Asynchronous source as synchronous source, its layout kept."""
    source = rewriter.apply(PHRASES, source)
    parts: list[str] = []
    done = 0
    for span in spans(source):
        piece = source[span.start : span.end]
        parts.append(source[done : span.start])
        done = span.end
        if span.kind == "name":
            parts.append(rewriter.apply(NAMES, piece))
        elif span.kind == "text":
            parts.append(rewriter.apply([*EXAMPLES, *NAMES], piece))
    parts.append(source[done:])
    return "".join(parts)


def spans(source: str) -> Iterator[Span]:
    """The names, keywords, strings and comments of a source, in order."""
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    opened: list[int] = []
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        start = starts[token.start[0] - 1] + token.start[1]
        end = starts[token.end[0] - 1] + token.end[1]
        kind = tokenize.tok_name[token.type]
        # From Python 3.12 on an f-string is many tokens; before, and here, it is one text.
        if kind.endswith("STRING_START"):
            opened.append(start)
        elif kind.endswith("STRING_END"):
            start = opened.pop()
            kind = "STRING"
        if opened:
            continue
        if kind in {"STRING", "COMMENT"}:
            yield Span(start, end, "text")
        elif token.string in {"async", "await"}:
            yield Span(start, end + len(source[end:]) - len(source[end:].lstrip()), "keyword")
        elif kind == "NAME":
            yield Span(start, end, "name")


def left_overs(path: str, text: str) -> list[str]:
    """A complaint about each line below the header that is asynchronous still."""
    return [
        f"{path}:{number}: still says {found[0]!r}: word its source otherwise, or add a rule"
        for number, line in enumerate(text.splitlines(), 1)
        if number > 1 and (found := LEFT_OVER.search(line))
    ]


# ── All of it ──────────────────────────────────────────────────────────────────────────────────


def tool(root: Path, module: str, *arguments: str) -> None:
    """Runs a tool of this environment in the project's folder."""
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
    """A generated text under its header."""
    return f'# GENERATED from {source} by "make generate". Do not edit.\n{text}'


def finished(root: Path, texts: Mapping[str, str]) -> dict[str, str]:
    """Texts with only the imports they need, in order, and well formatted: all at once."""
    with TemporaryDirectory() as scratch:
        for path, text in texts.items():
            put(Path(scratch, path), text)
        where = ("--quiet", "--no-cache", "--config=pyproject.toml", scratch)
        tool(root, "ruff", "check", *FIXES, *where)
        tool(root, "ruff", "format", *where)
        return {path: Path(scratch, path).read_text("utf-8") for path in texts}


def put(file: Path, text: str) -> None:
    """Writes a file, its folders too."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "utf-8")


def generate(root: Path) -> tuple[dict[str, str], list[str]]:
    """The texts of all generated files by their paths, and complaints about the rules."""
    rewriter = Rewriter()
    # What is quick comes first.
    drafts = {ENDPOINTS: headed(SPEC, endpoints(read_spec(root)))}
    drafts[MODELS] = headed(SPEC, models(root, rewriter))
    for written, generated in SYNC_OF.items():
        for file in sorted((root / written).rglob("*.py")):
            name = file.relative_to(root / written).as_posix()
            text = to_sync(file.read_text("utf-8"), rewriter)
            drafts[f"{generated}/{name}"] = headed(f"{written}/{name}", text)
    texts = finished(root, drafts)
    copies = (path for path in texts if path not in {MODELS, ENDPOINTS})
    problems = [problem for path in copies for problem in left_overs(path, texts[path])]
    problems += rewriter.unfired([*MODEL_RULES, *SYNC_RULES])
    return texts, problems


def orphans(root: Path, texts: Mapping[str, str]) -> list[str]:
    """The paths of files in generated folders that nothing generates."""
    files = (file for folder in SYNC_OF.values() for file in sorted((root / folder).rglob("*")))
    paths = (file.relative_to(root).as_posix() for file in files if file.is_file())
    return [path for path in paths if path not in texts and "__pycache__" not in path]


def check(root: Path, texts: Mapping[str, str]) -> list[str]:
    """How the files differ from what they should be."""
    differences = [f"{path}: an orphan, nothing generates it" for path in orphans(root, texts)]
    for path, text in texts.items():
        if not (root / path).is_file():
            differences.append(f"{path}: missing")
        elif (line := first_difference((root / path).read_text("utf-8"), text)) is not None:
            differences.append(f"{path}:{line}: differs from what its source generates")
    return differences


def first_difference(one: str, other: str) -> int | None:
    """The number of the first line in which two texts differ, None where they are the same."""
    if one == other:
        return None
    pairs = zip(one.splitlines(), other.splitlines(), strict=False)
    equal = [left == right for left, right in pairs]
    return equal.index(False) + 1 if False in equal else len(equal) + 1


def write(root: Path, texts: Mapping[str, str]) -> list[str]:
    """Writes what differs, removes orphans, and says so."""
    changes: list[str] = []
    for path in orphans(root, texts):
        (root / path).unlink()
        changes.append(f"removed {path}")
    for path, text in texts.items():
        file = root / path
        if not file.is_file() or file.read_text("utf-8") != text:
            put(file, text)
            changes.append(f"wrote {path}")
    return changes


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; 1 if something is not as it should be."""
    parser = argparse.ArgumentParser(description="Generates models, endpoints and sync code.")
    parser.add_argument("--check", action="store_true", help="write nothing, report differences")
    parser.add_argument("--root", type=Path, default=Path(__file__).parents[1], help="the project")
    options = parser.parse_args(arguments)
    try:
        texts, problems = generate(options.root)
    except Problem as problem:
        print(problem, file=sys.stderr)
        return 1
    return finish(options.root, texts, problems, only_check=options.check)


def finish(
    root: Path, texts: Mapping[str, str], problems: Iterable[str], *, only_check: bool
) -> int:
    """Writes or checks all files, and tells what came of it; 1 if anything is to be mended."""
    problems = [*problems, *(check(root, texts) if only_check else ())]
    if not only_check:
        print("\n".join(write(root, texts)) or "Everything was up to date.")
    for line in problems:
        print(line, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())

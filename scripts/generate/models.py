"""The models: the spec's schemas through datamodel-code-generator, then edited by rules."""

import ast
import json
from pathlib import Path
from tempfile import TemporaryDirectory

from scripts.generate.rules import Rewriter, Rule
from scripts.generate.tools import exports, tool

__all__ = ["MODEL_RULES", "models"]

# Models that programs import from the package itself: tracebacks and documentation show it.
EXPORTED = ("Action", "Image", "Region")

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


def models(root: Path, spec: str, rewriter: Rewriter) -> str:
    """Return the module of the spec's schemas."""
    docstring = '"""The responses of the API, as frozen pydantic models."""'
    with TemporaryDirectory() as scratch:
        output = Path(scratch, "models.py")
        arguments = (f"--input={spec}", f"--output={output}", f"--custom-file-header={docstring}")
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

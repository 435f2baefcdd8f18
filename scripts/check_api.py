"""Compares the public API with the last release's: `make api`, and `--write` at a release.

`spec/api.pyi` holds the API of the last release as a stub, for people to read and for griffe to
compare with. A change that breaks programs has to stand in CHANGELOG.md, in an entry that begins
with **Breaking** and names the thing, such as `do.image.transfer` or `Image.slug`.
"""

import argparse
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import griffe

sys.path.insert(0, str(Path(__file__).parents[1]))

from scripts.changelog import announced

ROOT = Path(__file__).resolve().parent.parent
SNAPSHOT = ROOT / "spec" / "api.pyi"
HEADER = """\
# The public API of do-images {version}, written by "make api ARGS=--write". Do not edit.
"""

# What programs import from, and what they reach without importing it.
EXPORTS = ("do_images", "do_images.models", "do_images.testing", "do_images_pytest")
REACHED = (
    *("do_images._sync.images.Images", "do_images._sync.actions.Actions"),
    *("do_images._async.images.AsyncImages", "do_images._async.actions.AsyncActions"),
)
# Bases that hold a part of a public class, so that no file grows too long.
PARTS = (
    "do_images.testing._controls.Controls",
    *(
        f"do_images._{kind}.{module}"
        for kind, prefix in (("sync", ""), ("async", "Async"))
        for module in (
            f"account_transfers.{prefix}AccountTransfers",
            f"image_actions.{prefix}ImageActions",
            f"image_selection.{prefix}ImageSelection",
        )
    ),
)
SPOKEN = {"Images": "do.image", "Actions": "do.action"}


class Break(NamedTuple):
    """A change that programs may stumble over."""

    name: str
    """As the changelog calls it, the same for both clients."""
    text: str


def render(source: Path) -> str:
    """The public API of the package in a folder, as a stub."""
    loader = griffe.GriffeLoader(search_paths=[source], allow_inspection=False)
    for package in ("do_images", "do_images_pytest"):
        loader.load(package)
    loader.resolve_aliases()
    modules = loader.modules_collection
    paths = [
        f"{module}.{name}"
        for module in EXPORTS
        for name in sorted(str(name) for name in modules[module].exports or ())
    ]
    found: dict[str, griffe.Object] = {}
    for path in [*paths, *REACHED]:
        member = modules[path]
        target = member.final_target if isinstance(member, griffe.Alias) else member
        found.setdefault(target.path, target)
    return "\n\n".join("\n".join(_lines(member)) for member in found.values()) + "\n"


def _lines(member: griffe.Object) -> Iterator[str]:
    if isinstance(member, griffe.Class):
        bases = ", ".join(str(base) for base in member.bases)
        yield f"class {member.name}({bases}):" if bases else f"class {member.name}:"
        public = [line for below in _members(member) for line in _lines(below)]
        yield from (f"    {line}" for line in public or ["..."])
    elif isinstance(member, griffe.Function):
        yield from (f"@{decorator.value}" for decorator in member.decorators)
        prefix = "async " if "async" in member.labels else ""
        yield f"{prefix}def {member.name}{_signature(member)}: ..."
    elif isinstance(member, griffe.Attribute):
        value = f" = {member.value}" if str(member.annotation) == "TypeAlias" else ""
        yield f"{member.name}: {member.annotation or _given(member)}{value}"


def _members(member: griffe.Class) -> Iterator[griffe.Object]:
    """Those of the class itself, and what it has from bases whose names are not public."""
    hidden = {"model_config", "__slots__", "__reduce__", "__repr__"}
    if member.path in REACHED:
        hidden.add("__init__")
    for name, below in member.all_members.items():
        if isinstance(below, griffe.Alias):
            below = below.final_target  # noqa: PLW2901 - an inherited member is an alias
        owner = below.parent
        here = owner is member or (
            owner is not None and (owner.name.startswith("_") or owner.path in PARTS)
        )
        if here and below.is_public and name not in hidden:
            yield below


def _given(attribute: griffe.Attribute) -> str:
    """The type of what `__init__` was given and keeps."""
    owner = attribute.parent
    init = owner.members.get("__init__") if owner else None
    value = str(attribute.value)
    if isinstance(init, griffe.Function) and value in init.parameters:
        return str(init.parameters[value].annotation)
    return "object"


def _signature(function: griffe.Function) -> str:
    parts: list[str] = []
    kinds = griffe.ParameterKind
    marks = {kinds.var_positional: "*", kinds.var_keyword: "**"}
    last = None
    for parameter in function.parameters:
        kind = parameter.kind
        if last is kinds.positional_only and kind is not last:
            parts.append("/")
        if kind is kinds.keyword_only and last not in {kind, kinds.var_positional}:
            parts.append("*")
        annotation = f": {parameter.annotation}" if parameter.annotation else ""
        plain = kind in marks or parameter.default is None
        default = "" if plain else f" = {parameter.default}"
        parts.append(f"{marks.get(kind, '') if kind else ''}{parameter.name}{annotation}{default}")
        last = kind
    if last is kinds.positional_only:
        parts.append("/")
    return f"({', '.join(parts)}) -> {function.returns}"


def breaks(old: str, new: str) -> list[Break]:
    """What a program that was written for the old API can't rely on any more."""
    before, after = _load(old), _load(new)
    found = [
        Break(_spoken(breakage.obj.path), _explained(breakage))
        for breakage in griffe.find_breaking_changes(before, after)
    ]
    return list(dict.fromkeys([*found, *_types(before, after)]))


def _load(stub: str) -> griffe.Module:
    modules = griffe.ModulesCollection()
    module = griffe.visit("api", filepath=SNAPSHOT, code=stub, modules_collection=modules)
    modules["api"] = module
    return module


def _explained(breakage: griffe.Breakage) -> str:
    """Such as `Images.transfer(wait): Parameter default was changed: False -> True`."""
    text = breakage.explain(griffe.ExplanationStyle.ONE_LINE)
    colorless = re.sub(r"\x1b\[\d+m", "", text)
    return _spoken(colorless.partition(": ")[2])


def _spoken(path: str) -> str:
    name = path.removeprefix("api.").removeprefix("Async")
    first, _, rest = name.partition(".")
    first = SPOKEN.get(first, first)
    return f"{first}.{rest}" if rest else first


def _types(old: griffe.Object | griffe.Alias, new: griffe.Object | griffe.Alias) -> Iterator[Break]:
    """Annotations that changed, which griffe does not look at."""
    for name, before in old.members.items():
        after = new.members.get(name)
        if after is None:
            continue
        for part, was, now in _annotations(before, after):
            if was != now:
                spoken = _spoken(before.path)
                yield Break(spoken, f"{spoken}: {part} was {was}, is {now}")
        yield from _types(before, after)


def _annotations(
    before: griffe.Object | griffe.Alias, after: griffe.Object | griffe.Alias
) -> Iterator[tuple[str, str, str]]:
    if isinstance(before, griffe.Function) and isinstance(after, griffe.Function):
        yield "the result", str(before.returns), str(after.returns)
        for parameter in before.parameters:
            if parameter.name in after.parameters:
                twin = after.parameters[parameter.name]
                yield parameter.name, str(parameter.annotation), str(twin.annotation)
        awaited, still = ("async" in function.labels for function in (before, after))
        yield "awaiting it", str(awaited), str(still)
    if isinstance(before, griffe.Attribute) and isinstance(after, griffe.Attribute):
        yield "its type", str(before.annotation), str(after.annotation)


def main() -> int:
    """1 if programs break that the changelog does not warn."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="keeps the API as it is now")
    parser.add_argument("--source", type=Path, default=ROOT / "src")
    parser.add_argument("--snapshot", type=Path, default=SNAPSHOT)
    parser.add_argument("--changelog", type=Path, default=ROOT / "CHANGELOG.md")
    options = parser.parse_args()
    api = render(options.source)
    if options.write:
        version = (options.source / "do_images" / "_version.py").read_text().split('"')[-2]
        options.snapshot.write_text(f"{HEADER.format(version=version)}\n{api}", "utf-8")
        return 0
    old: str = options.snapshot.read_text("utf-8")
    since = old.partition(" of do-images ")[2].partition(",")[0]
    known = announced(options.changelog.read_text("utf-8"), since)
    return _report(since, breaks(old, api), known)


def _report(since: str, found: list[Break], known: set[str]) -> int:
    silent = [it for it in found if it.name not in known]
    for it in found:
        print(f"{'not announced' if it in silent else 'announced'}: {it.text}")
    print(f"API since {since}: {len(found)} breaking changes, {len(silent)} not announced")
    return 1 if silent else 0


if __name__ == "__main__":
    sys.exit(main())

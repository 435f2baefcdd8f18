"""Where two documents differ, and which of that is meant to be so."""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import yaml

from scripts.upstream.facts import Body, Operation, Shape

__all__ = ["Difference", "Rule", "differences", "read_rules", "report"]

OURS, UPSTREAM = "in our spec only", "upstream only"


class Difference(NamedTuple):
    """One fact that the documents do not share."""

    where: str
    """Such as `GET /v2/images: 200 images[].slug`."""
    what: str
    """Such as `field upstream only`."""

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


class Rule(NamedTuple):
    """Differences that are meant; `*` in a pattern stands for anything."""

    where: list[str]
    what: list[str]
    reason: str
    of_fake: bool = False
    """Whether the rule is about responses of the fake, which `scripts/check_fake` checks."""

    def matches(self, difference: Difference) -> bool:
        """Whether the difference is one of these."""
        return _matches(self.where, difference.where) and _matches(self.what, difference.what)


def _matches(patterns: list[str], text: str) -> bool:
    return any(
        re.fullmatch(re.escape(pattern).replace(r"\*", ".*"), text, re.DOTALL)
        for pattern in patterns
    )


def read_rules(path: Path, *, of_fake: bool = False) -> list[Rule]:
    """Return the reviewed rules about the documents, or about the fake."""
    rules = [Rule(**rule) for rule in yaml.safe_load(path.read_text("utf-8"))]
    return [rule for rule in rules if rule.of_fake == of_fake]


def report(found: list[Difference], rules: list[Rule]) -> int:
    """Print the differences under the reasons of the rules; return 1 if some are new, else 0."""
    left = found
    for rule in rules:
        meant = [difference for difference in left if rule.matches(difference)]
        left = [difference for difference in left if difference not in meant]
        print(f"deliberate: {rule.reason}" if meant else f"no longer there: {rule.reason}")
        _show(meant)
    if left:
        print("new:")
        _show(left)
    print(f"{len(found)} differences, {len(found) - len(left)} deliberate, {len(left)} new")
    return 1 if left else 0


def _show(some: list[Difference]) -> None:
    for difference in some:
        print(f"  {difference}")


def differences(
    ours: Mapping[str, Operation], upstream: Mapping[str, Operation]
) -> Iterator[Difference]:
    """All differences in the operations that one of them has on the resources of ours."""
    resources = {_resource(operation) for operation in ours}
    covered = [name for name in upstream if _resource(name) in resources]
    for name, side in _sides(ours, covered):
        if side:
            yield Difference(name, f"operation {side}")
        else:
            yield from _of_operation(name, ours[name], upstream[name])


def _resource(operation: str) -> str:
    """The beginning of the path, such as `/v2/images`."""
    return "/".join(operation.split(" ")[1].split("/")[:3])


def _sides(ours: Iterable[str], upstream: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Every name, and the side that has it alone, "" where both have it."""
    mine, theirs = {*ours}, {*upstream}
    for name in sorted(mine | theirs):
        yield name, "" if name in mine & theirs else OURS if name in mine else UPSTREAM


def _only(where: str, kind: str, ours: Iterable[str], up: Iterable[str]) -> Iterator[Difference]:
    for name, side in _sides(ours, up):
        if side:
            yield Difference(where, f"{kind} {name} {side}")


def _of_operation(where: str, ours: Operation, up: Operation) -> Iterator[Difference]:
    yield from _only(where, "scope", ours.scopes, up.scopes)
    yield from _of_bodies(where, "parameter", ours.parameters, up.parameters)
    yield from _of_bodies(where, "status", ours.responses, up.responses)
    requests = ({"body": body} if body else {} for body in (ours.request, up.request))
    yield from _of_bodies(where, "request", *requests)


def _of_bodies(
    where: str, kind: str, ours: Mapping[str, Body], up: Mapping[str, Body]
) -> Iterator[Difference]:
    yield from _only(where, kind, ours, up)
    for name in sorted(ours.keys() & up.keys()):
        yield from _of_body(f"{where}: {name}", ours[name], up[name])


def _of_body(where: str, ours: Body, up: Body) -> Iterator[Difference]:
    yield from _only(where, "header", ours.headers, up.headers)
    if ours.required != up.required:
        yield Difference(where, f"required {OURS if ours.required else UPSTREAM}")
    if ours.shape and up.shape:
        yield from _of_shape(where, "", ours.shape, up.shape)
    elif ours.shape or up.shape:
        yield Difference(where, f"content {OURS if ours.shape else UPSTREAM}")


def _of_shape(where: str, path: str, ours: Shape, up: Shape) -> Iterator[Difference]:
    here = f"{where} {path}".rstrip()
    yield from _only(here, "type", ours.types, up.types)
    yield from _only(here, "value", ours.known, up.known)
    yield from _only(here, "allows", _allowed(ours), _allowed(up))
    yield from _only(here, "limit", _limits(ours), _limits(up))
    for name, side in _sides(ours.fields, up.fields):
        below = f"{path}.{name}".lstrip(".")
        if side:
            yield Difference(f"{where} {below}", f"field {side}")
            continue
        yield from _of_shape(where, below, ours.fields[name], up.fields[name])
        if (name in ours.required) != (name in up.required):
            needed = OURS if name in ours.required else UPSTREAM
            yield Difference(f"{where} {below}", f"required {needed}")
    if ours.items and up.items:
        yield from _of_shape(where, f"{path}[]", ours.items, up.items)


def _allowed(shape: Shape) -> set[str]:
    allowed = {"null": shape.nullable, "other values": shape.others}
    return {name for name, holds in allowed.items() if holds}


def _limits(shape: Shape) -> set[str]:
    return {f"{name}={limit}" for name, limit in shape.limits.items()}

"""Bodies made from the schemas of spec/, and ways to break one of them in a single place.

All chance comes from the `Random` that is handed in: a plain loop makes thousands of bodies from
seeds, and hypothesis, which has a `Random` of its own, finds the smallest that fails.
"""

import json
from collections.abc import Iterator
from random import Random
from typing import Any, NamedTuple

from tests.schemas import SPEC
from tests.support import Json

__all__ = ["BREAKS", "SCHEMAS", "Mutant", "mutant", "valid"]

SCHEMAS: dict[str, Any] = SPEC["components"]["schemas"]

_TEXTS = ["", "x", "nyc3", "Naïve 名前 🐧", 'q"\\/', "a\nb\x7f", "null", "-1", "a" * 300]
_STAMPS = [
    "2026-05-04T22:23:02Z",
    "2014-03-02T17:02:11Z",
    "2026-05-04T22:23:02.048821375Z",
    "2026-05-04T22:23:02.5+02:00",
]
_NO_STAMPS = [
    "",
    "soon",
    "1777933382",
    "1777933382.5",
    "2026-05-04",
    "2026-02-30T00:00:00Z",
    "22:23:02Z",
    "2026-05-04T25:00:00Z",
]
_WHOLE = [0, 1, 7, -1, 2**31, 2**63, 10**30]
_FLOATS = [0.0, 2.34, -1.5, 1e300, 5e-324]
_SAMPLES: dict[str, list[Json]] = {
    "null": [None],
    "boolean": [True, False],
    "integer": list(_WHOLE),
    "number": [1.5, 1.0, float("nan"), float("inf")],
    "string": ["", "5", "true", "null", "2026"],
    "array": [[], [1], [None], [[]]],
    "object": [{}, {"id": 1}, {"a": {"b": None}}],
}


# ── Good bodies ─────────────────────────────────────────────────────────────────────────────


def _resolved(schema: dict[str, Any]) -> dict[str, Any]:
    reference: str | None = schema.get("$ref")
    return _resolved(SCHEMAS[reference.rpartition("/")[2]]) if reference else schema


def _branches(schema: dict[str, Any]) -> list[dict[str, Any]]:
    """The schemas of a union's members, each with one type."""
    schema = _resolved(schema)
    if "anyOf" in schema:
        return [part for branch in schema["anyOf"] for part in _branches(branch)]
    kinds = schema["type"]
    return [{**schema, "type": kind} for kind in ([kinds] if isinstance(kinds, str) else kinds)]


def valid(schema: dict[str, Any], random: Random) -> Json:
    """A value that the schema allows."""
    return _of_kind(random.choice(_branches(schema)), random)


def _of_kind(schema: dict[str, Any], random: Random) -> Json:
    kind = schema["type"]
    if kind == "object":
        required = schema.get("required", ())
        names = [name for name in schema["properties"] if name in required or random.random() < 0.6]
        value = {name: valid(schema["properties"][name], random) for name in names}
        if random.random() < 0.1:
            value["x_to_come"] = {"any": ["thing", None, 1.5]}
        return value
    if kind == "array":
        return [valid(schema["items"], random) for _ in range(random.randint(0, 3))]
    if kind == "string":
        stamps = schema.get("format") == "date-time"
        texts: list[str] = _STAMPS if stamps else schema.get("enum", _TEXTS)
        return random.choice(texts)
    if kind == "number":
        # pydantic 2.10 takes no whole number beyond 64 bits for a float.
        return random.choice([*_FLOATS, *_WHOLE[:-2]])
    return random.choice(_SAMPLES[kind])


# ── Places ──────────────────────────────────────────────────────────────────────────────────


class Place(NamedTuple):
    """Where a value stands in a body."""

    path: tuple[str, ...]
    schema: dict[str, Any]
    parent: "dict[str, Json] | list[Json]"
    key: Any
    required: bool

    @property
    def value(self) -> Json:
        return self.parent[self.key]

    @property
    def kinds(self) -> set[str]:
        """The JSON types that may stand here."""
        kinds = {branch["type"] for branch in _branches(self.schema)}
        return kinds | {"integer"} if "number" in kinds else kinds

    @property
    def is_stamp(self) -> bool:
        return any(branch.get("format") == "date-time" for branch in _branches(self.schema))

    @property
    def field(self) -> str | None:
        """What a refusal calls it: the list itself where an item of a list of names is wrong."""
        names = self.path
        if isinstance(self.parent, list) and self.kinds == {"string"}:
            names = names[:-1]
        return ".".join(names) or None


def _places(schema: dict[str, Any], place: Place) -> Iterator[Place]:
    yield place
    value = place.value
    for branch in _branches(schema):
        if isinstance(value, dict) and branch["type"] == "object":
            required = branch.get("required", ())
            for name, part in branch["properties"].items():
                if name in value:
                    inner = Place((*place.path, name), part, value, name, name in required)
                    yield from _places(part, inner)
        if isinstance(value, list) and branch["type"] == "array":
            for index in range(len(value)):
                item = Place((*place.path, str(index)), branch["items"], value, index, False)
                yield from _places(branch["items"], item)


# ── Broken bodies ───────────────────────────────────────────────────────────────────────────


class Mutant(NamedTuple):
    """A body that is broken in one place, and what has to come of it."""

    content: bytes
    how: str
    accepted: str
    """Why it is to be accepted; empty where it is to be refused."""
    field: str | None = None
    """The field that the refusal names; None where the whole is no JSON object."""


class _Impossible(Exception):
    """This body has no place that could be broken so."""


def _pick(places: list[Place], random: Random) -> Place:
    if not places:
        raise _Impossible
    return random.choice(places)


def _drop(root: Place, places: list[Place], random: Random) -> tuple[str, str | None]:
    place = _pick([place for place in places if isinstance(place.parent, dict)], random)
    del place.parent[place.key]
    return "" if place.required else "the field is optional", place.field


def _wrong_type(root: Place, places: list[Place], random: Random) -> tuple[str, str | None]:
    place = random.choice(places)
    kind = random.choice(sorted(set(_SAMPLES) - place.kinds - {"null"}))
    place.parent[place.key] = value = random.choice(_SAMPLES[kind])
    return _whole(place, value), place.field


def _whole(place: Place, value: Json) -> str:
    """Why a number is accepted where a whole one is meant."""
    whole = isinstance(value, float) and value.is_integer() and "integer" in place.kinds
    return "JSON has one kind of number" if whole else ""


def _null(root: Place, places: list[Place], random: Random) -> tuple[str, str | None]:
    place = random.choice(places)
    place.parent[place.key] = None
    return "the field may be null" if "null" in place.kinds else "", place.field


def _unknown_field(root: Place, places: list[Place], random: Random) -> tuple[str, str | None]:
    place = _pick([place for place in places if isinstance(place.value, dict)], random)
    value = place.value
    assert isinstance(value, dict)
    samples = _SAMPLES[random.choice(sorted(_SAMPLES))]
    value[random.choice(["new", "Image", "", "__class__", "model_extra"])] = random.choice(samples)
    return "unknown fields are kept", None


def _unknown_value(root: Place, places: list[Place], random: Random) -> tuple[str, str | None]:
    open_enums = [
        place
        for place in places
        if any("enum" in branch for branch in _branches(place.schema))
        and isinstance(place.value, str)
    ]
    place = _pick(open_enums, random)
    place.parent[place.key] = random.choice(["NEVER SEEN", "", "Available", "in progress", "\x00"])
    return "the enum is open", place.field


def _no_number(root: Place, places: list[Place], random: Random) -> tuple[str, str | None]:
    numbers = [place for place in places if place.kinds & {"integer", "number"}]
    place = _pick(numbers, random)
    bad: list[Json] = [float("nan"), float("inf"), float("-inf"), 1.5, 7.0]
    good = "number" in place.kinds
    place.parent[place.key] = value = random.choice(bad[:3] if good else bad)
    return _whole(place, value), place.field


def _huge_number(root: Place, places: list[Place], random: Random) -> tuple[str, str | None]:
    place = _pick([place for place in places if place.kinds & {"integer", "number"}], random)
    place.parent[place.key] = random.choice([10**400, -(10**400)])
    return "" if "number" in place.kinds else "whole numbers have no limit", place.field


def _no_stamp(root: Place, places: list[Place], random: Random) -> tuple[str, str | None]:
    place = _pick([place for place in places if place.is_stamp], random)
    place.parent[place.key] = random.choice(_NO_STAMPS)
    return "", place.field


def _deep(root: Place, places: list[Place], random: Random) -> tuple[str, str | None]:
    place = random.choice(places)
    nested: Json = None
    for _ in range(300):
        nested = [nested] if random.random() < 0.5 else {"image": nested}
    place.parent[place.key] = nested
    return "", None


BREAKS = {
    "a field is dropped": _drop,
    "a value has another type": _wrong_type,
    "a value is null": _null,
    "there is an unknown field": _unknown_field,
    "an enum has an unknown value": _unknown_value,
    "a number is none, or no whole one": _no_number,
    "a number is huge": _huge_number,
    "a time stamp is none": _no_stamp,
    "a value is nested too deep": _deep,
}
# What is done to the bytes of a good body.
_CUT, _NOT_UTF8, _TWICE, _MORE = "it is cut", "it is not UTF-8", "a field comes twice", "it goes on"
_OF_BYTES = [_CUT, _NOT_UTF8, _TWICE, _MORE]
ALL_BREAKS = [*BREAKS, *_OF_BYTES]


def mutant(name: str, random: Random) -> Mutant:
    """A body for the schema of that name, broken in one place."""
    while True:
        schema: dict[str, Any] = {"$ref": f"#/components/schemas/{name}"}
        holder: dict[str, Json] = {"": valid(schema, random)}
        how = random.choice(ALL_BREAKS)
        if how in _OF_BYTES:
            return _broken_bytes(how, holder[""], random)
        root = Place((), schema, holder, "", True)
        try:
            accepted, field = BREAKS[how](root, list(_places(schema, root)), random)
        except _Impossible:
            continue
        if "" not in holder:
            return Mutant(b"", how, "", None)
        return Mutant(_encoded(holder[""], random), how, accepted, field)


def _encoded(value: Json, random: Random) -> bytes:
    return json.dumps(value, ensure_ascii=random.random() < 0.5).encode()


def _broken_bytes(how: str, value: Json, random: Random) -> Mutant:
    content = _encoded(value, random)
    at = random.randrange(len(content))
    if how == _CUT:
        return Mutant(content[:at], how, "")
    if how == _NOT_UTF8:
        return Mutant(content[:at] + random.choice([b"\xff", b"\xc3("]) + content[at:], how, "")
    if how == _MORE:
        return Mutant(content + random.choice([b"}", b"{}", b"0", b"\x00", content]), how, "")
    assert isinstance(value, dict)
    first = next(iter(value))
    again = json.dumps({first: True}).encode()
    return Mutant(content[:-1] + b"," + again[1:], how, "", first)

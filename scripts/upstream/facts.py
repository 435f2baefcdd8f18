"""What a document says of each operation, in a form in which two documents can be compared.

It does not matter how a document says it: references, `allOf` and the like are gone, `nullable`
of 3.0 and `null` of 3.1 are one thing, and so are an enum and a constant.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from scripts.upstream.document import Place

__all__ = ["Body", "Operation", "Shape", "operations"]

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
LIMITS = (
    *("default", "format", "pattern", "minimum", "maximum", "minLength", "maxLength"),
    *("minItems", "maxItems"),
)

Limits: TypeAlias = dict[str, str]


@dataclass
class Shape:
    """The values that a schema lets through."""

    types: set[str] = field(default_factory=set[str])
    nullable: bool = False
    known: set[str] = field(default_factory=set[str])
    """The values that an enum names."""
    others: bool = False
    """Whether values that no enum names are good too."""
    limits: Limits = field(default_factory=Limits)
    fields: "dict[str, Shape]" = field(default_factory=dict[str, "Shape"])
    required: set[str] = field(default_factory=set[str])
    items: "Shape | None" = None


@dataclass
class Body:
    """A request's or a response's body, and the headers that come with it."""

    shape: Shape | None
    required: bool = True
    headers: set[str] = field(default_factory=set[str])


@dataclass
class Operation:
    """A method on a path."""

    parameters: dict[str, Body]
    """By place and name, such as `query page`."""
    request: Body | None
    responses: dict[str, Body]
    """By status."""
    scopes: set[str]


def operations(root: Place) -> dict[str, Operation]:
    """All operations, by method and path, such as `GET /v2/images/{}`."""
    return {
        f"{method.upper()} {re.sub(r'{[^}]*}', '{}', path)}": _operation(root, item, below)
        for path, item in root.items("paths")
        for method, below in _methods(item)
    }


def _methods(item: Place) -> Iterator[tuple[str, Place]]:
    for method in METHODS:
        below = item.at(method)
        if below:
            yield method, below


def _operation(root: Place, item: Place, place: Place) -> Operation:
    """A method's own part, and what its path and the whole document say for it."""
    request = place.at("requestBody")
    security: list[dict[str, list[str]]] = place.node.get("security", root.node.get("security", []))
    # A parameter of the operation takes the place of the path's.
    parameters = [*item.each("parameters"), *place.each("parameters")]
    return Operation(
        parameters=dict(_parameter(parameter) for parameter in parameters),
        request=None if request is None else _body(request, required=False),
        responses={status: _body(body) for status, body in place.items("responses")},
        scopes={scope for way in security for scopes in way.values() for scope in scopes},
    )


def _parameter(place: Place) -> tuple[str, Body]:
    schema = place.at("schema")
    body = Body(_shape(schema) if schema else None, bool(place.node.get("required", False)))
    return f"{place.node['in']} {place.node['name']}", body


def _body(place: Place, *, required: bool = True) -> Body:
    contents = dict(place.items("content"))
    json = contents.get("application/json")
    schema = json.at("schema") if json else None
    return Body(
        _shape(schema) if schema else None,
        bool(place.node.get("required", required)),
        {name.lower() for name, _ in place.items("headers")},
    )


def _shape(place: Place) -> Shape:
    """The schema's own part, and with it all of `allOf`, and one of `anyOf` or `oneOf`."""
    parts = [_own(place)]
    parts += [_shape(part) for part in place.each("allOf")]
    for key in ("anyOf", "oneOf"):
        branches = [_shape(part) for part in place.each(key)]
        if branches:
            parts.append(_either(branches))
    return _both(parts)


def _own(place: Place) -> Shape:
    node = place.node
    stated = node.get("type", ())
    types = {stated} if isinstance(stated, str) else {*stated}
    fields = {name: _shape(below) for name, below in place.items("properties")}
    if fields:
        types.add("object")
    known = [*node.get("enum", ()), *([node["const"]] if "const" in node else ())]
    items = place.at("items")
    return Shape(
        types=types - {"null"},
        nullable="null" in types or bool(node.get("nullable")) or None in known,
        known={str(value) for value in known if value is not None},
        others=bool(types - {"null"}) and not known,
        limits={name: str(node[name]) for name in LIMITS if name in node},
        fields=fields,
        required={*node.get("required", ())},
        items=_shape(items) if items else None,
    )


def _both(parts: list[Shape]) -> Shape:
    """What goes through all of the schemas."""
    typed = [part for part in parts if part.types]
    merged = _merged(parts)
    merged.others = bool(typed) and all(part.others for part in typed)
    merged.required = set[str]().union(*(part.required for part in parts))
    merged.fields = _fields(parts, _both)
    return merged


def _either(branches: list[Shape]) -> Shape:
    """What goes through one of the schemas."""
    merged = _merged(branches)
    merged.others = any(branch.others for branch in branches)
    merged.required = branches[0].required.intersection(*(branch.required for branch in branches))
    merged.fields = _fields(branches, _either)
    return merged


def _merged(parts: list[Shape]) -> Shape:
    items = [part.items for part in parts if part.items]
    return Shape(
        types=set[str]().union(*(part.types for part in parts)),
        nullable=any(part.nullable for part in parts),
        known=set[str]().union(*(part.known for part in parts)),
        limits={name: limit for part in parts for name, limit in part.limits.items()},
        items=_either(items) if items else None,
    )


def _fields(parts: list[Shape], merge: Callable[[list[Shape]], Shape]) -> dict[str, Shape]:
    names = dict.fromkeys(name for part in parts for name in part.fields)
    return {
        name: merge([part.fields[name] for part in parts if name in part.fields]) for name in names
    }

"""Requests held against spec/images.yaml."""

import json
import re
from pathlib import Path
from typing import Any

import httpx
import yaml
from openapi_schema_validator import OAS31Validator

__all__ = ["SPEC", "assert_request_fits"]

SPEC: dict[str, Any] = yaml.safe_load(
    (Path(__file__).parents[1] / "spec/images.yaml").read_text("utf-8")
)


def assert_request_fits(request: httpx.Request) -> None:
    """The spec has an operation like this, with these parameters, that takes this body."""
    path = request.url.path
    template, operation = _operation(request.method, path)
    values = dict(zip(re.findall(r"{(\w+)}", template), _segments(template, path), strict=True))
    query = dict(request.url.params.multi_items())
    assert len(query) == len(request.url.params.multi_items()), "nothing is given twice"
    known = set[str]()
    for reference in operation.get("parameters", ()):
        parameter = _resolved(reference)
        where = values if parameter["in"] == "path" else query
        known.add(parameter["name"])
        if parameter["name"] in where:
            _validate(_read(where[parameter["name"]]), parameter["schema"])
        else:
            assert not parameter.get("required"), f"{parameter['name']} is missing"
    assert set(query) <= known
    if "requestBody" in operation:
        content = _resolved(operation["requestBody"])["content"]
        body = json.loads(request.content)
        schema = content[request.headers["content-type"]]["schema"]
        _validate(body, schema)
        names = {name for part in [schema, *schema.get("oneOf", ())] for name in _names(part)}
        assert set(body) <= names, "nothing is sent that the spec does not know"
    else:
        assert not request.content


def _operation(method: str, path: str) -> tuple[str, dict[str, Any]]:
    for template, operations in SPEC["paths"].items():
        if method.lower() in operations and _segments(template, path) is not None:
            return template, operations[method.lower()]
    raise AssertionError(f"the spec has no {method} {path}")


def _segments(template: str, path: str) -> Any:
    found = re.fullmatch(re.sub(r"{\w+}", "([^/]+)", template), path)
    return found.groups() if found else None


def _names(schema: dict[str, Any]) -> list[str]:
    return list(schema.get("properties", ()))


def _read(text: str) -> object:
    """The value that a text in a URL stands for."""
    return json.loads(text) if re.fullmatch(r"\d+|true|false", text) else text


def _resolved(node: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in node:
        return node
    target: Any = SPEC
    for key in node["$ref"].removeprefix("#/").split("/"):
        target = target[key]
    return _resolved(target)


def _validate(value: object, schema: dict[str, Any]) -> None:
    OAS31Validator({**schema, "components": SPEC["components"]}).validate(value)

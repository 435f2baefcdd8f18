"""The endpoints: a constant for each operation of the spec."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from scripts.generate.tools import Problem, exports

__all__ = ["endpoints"]

Spec = Mapping[str, Any]


def endpoints(root: Path, path: str) -> str:
    """Return the module of the spec's operations."""
    try:
        spec: Spec = yaml.safe_load((root / path).read_text("utf-8"))
    except yaml.YAMLError as error:
        raise Problem(f"{path} is not valid YAML: {error}") from None
    constants: dict[str, str] = {}
    responses: set[str] = set()
    for template, operations in spec["paths"].items():
        for method, operation in operations.items():
            response = _response_model(spec, operation)
            responses.add(response)
            (security,) = operation["security"]
            constants[operation["operationId"].upper()] = (
                f"Endpoint({method.upper()!r}, {template!r}, {response}, "
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


def _response_model(spec: Spec, operation: Spec) -> str:
    """Return the name of the model of an operation's 2xx responses."""
    names: set[str] = set()
    for status, response in operation["responses"].items():
        if status.startswith("2"):
            content = _resolved(spec, response).get("content")
            names.add(
                content["application/json"]["schema"]["$ref"].rpartition("/")[2]
                if content
                else "NoContent"
            )
    if len(names) != 1:
        raise Problem(f"{operation['operationId']} needs one kind of 2xx response")
    return names.pop()


def _resolved(spec: Spec, node: Spec) -> Spec:
    """Return what a `$ref` points to, else the node itself."""
    if "$ref" not in node:
        return node
    target: Any = spec
    for key in node["$ref"].removeprefix("#/").split("/"):
        target = target[key]
    return _resolved(spec, target)

"""A transport that holds every answer of a fake against the spec."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import yaml
from openapi_schema_validator import OAS31Validator

from do_images.testing import FakeDigitalOcean

Node = Mapping[str, Any]

SPEC: Node = yaml.safe_load((Path(__file__).parents[2] / "spec/images.yaml").read_text("utf-8"))
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
"""When the fakes of these tests start."""
BASE = "https://api.digitalocean.com"


def template(path: str, method: str) -> str | None:
    """The path template of the spec that a path fits."""
    parts = path.split("/")
    for candidate in SPEC["paths"]:
        wanted = candidate.split("/")
        pairs = list(zip(parts, wanted, strict=False))
        if len(parts) == len(wanted) and all(a == b or b.startswith("{") for a, b in pairs):
            return candidate if method.lower() in SPEC["paths"][candidate] else None
    return None


def resolved(node: Node) -> Node:
    """What a `$ref` points to, else the node itself."""
    if "$ref" not in node:
        return node
    target: Any = SPEC
    for key in node["$ref"].removeprefix("#/").split("/"):
        target = target[key]
    return resolved(target)


def violations(
    method: str, path: str, status: int, headers: httpx.Headers, body: bytes
) -> list[str]:
    """What an answer has that the spec does not allow."""
    found = template(path, method)
    if found is None:
        return [] if status in {404, 405} else [f"{method} {path} is not in the spec"]
    responses = SPEC["paths"][found][method.lower()]["responses"]
    response = resolved(responses.get(str(status)) or responses["default"])
    problems = [
        f"header {name} is no number: {headers.get(name)!r}"
        for name in response.get("headers", {})
        if not headers.get(name, "missing").isdigit() and name != "Retry-After"
    ]
    content = response.get("content")
    if content is None:
        return [*problems, *(["there is a body"] if body else [])]
    if headers.get("content-type") != "application/json":
        problems.append(f"content-type {headers.get('content-type')!r}")
    schema = {**content["application/json"]["schema"], "components": SPEC["components"]}
    validator = OAS31Validator(schema, format_checker=OAS31Validator.FORMAT_CHECKER)
    errors = validator.iter_errors(json.loads(body))
    return [*problems, *(f"{error.json_path}: {error.message}" for error in errors)]


class Faithful(httpx.BaseTransport):
    """Passes on what the fake answers, and fails where the spec does not have it."""

    def __init__(self, fake: FakeDigitalOcean) -> None:
        self._fake = fake
        self.seen: set[tuple[str | None, int]] = set()
        """Operations and statuses that were held against the spec."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = self._fake.transport.handle_request(request)
        body = response.read()
        problems = violations(
            request.method, request.url.path, response.status_code, response.headers, body
        )
        assert not problems, f"{request.method} {request.url}: {problems}\n{body!r}"
        self.seen.add((self._fake.requests[-1].operation, response.status_code))
        return httpx.Response(response.status_code, headers=response.headers, content=body)


def http(fake: FakeDigitalOcean, token: str | None = None) -> httpx.Client:
    """A plain HTTP client of the fake whose answers must be true to the spec."""
    headers = {"Authorization": f"Bearer {token or fake.token()}"}
    return httpx.Client(transport=Faithful(fake), base_url=BASE, headers=headers)


def raw(fake: FakeDigitalOcean, token: str | None = None) -> httpx.Client:
    """A plain HTTP client of the fake, for responses that the spec does not have."""
    headers = {"Authorization": f"Bearer {token or fake.token()}"}
    return httpx.Client(transport=fake.transport, base_url=BASE, headers=headers)

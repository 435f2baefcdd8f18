"""The spec: valid, described throughout, true to the contract, and of one mind with the models."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, cast

import pytest
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import validate
from pydantic import ValidationError

from do_images import _endpoints, models
from do_images._base import Endpoint, Model, NoContent
from tests.schemas import SPEC
from tests.support import Json

Node = Mapping[str, Any]

COMPONENTS: Node = SPEC["components"]
SCHEMAS: Node = COMPONENTS["schemas"]

OPERATIONS = {
    "images_list": ("GET", "/v2/images", "200", ["image:read"]),
    "images_create": ("POST", "/v2/images", "202", ["image:create"]),
    "images_get": ("GET", "/v2/images/{image_id}", "200", ["image:read"]),
    "images_update": ("PUT", "/v2/images/{image_id}", "200", ["image:update"]),
    "images_delete": ("DELETE", "/v2/images/{image_id}", "204", ["image:delete"]),
    "image_actions_list": ("GET", "/v2/images/{image_id}/actions", "200", ["image:read"]),
    "image_actions_create": ("POST", "/v2/images/{image_id}/actions", "201", ["image:update"]),
    "image_actions_get": (
        "GET",
        "/v2/images/{image_id}/actions/{action_id}",
        "200",
        ["image:read"],
    ),
    "account_transfer_start": (
        "POST",
        "/v2/images/{image_id}/account_transfer",
        "201",
        ["image:update", "image:delete"],
    ),
    "account_transfer_accept": (
        "POST",
        "/v2/images/{image_id}/account_transfer/accept",
        "201",
        ["image:create"],
    ),
    "account_transfer_decline": (
        "POST",
        "/v2/images/{image_id}/account_transfer/decline",
        "204",
        ["image:create"],
    ),
    "account_transfer_cancel": (
        "POST",
        "/v2/images/{image_id}/account_transfer/cancel",
        "204",
        ["image:update"],
    ),
    "actions_list": ("GET", "/v2/actions", "200", ["actions:read"]),
    "actions_get": ("GET", "/v2/actions/{action_id}", "200", ["actions:read"]),
}


def resolved(node: Node) -> Node:
    """What a `$ref` points to, else the node itself."""
    if "$ref" not in node:
        return node
    target: Any = SPEC
    for key in node["$ref"].removeprefix("#/").split("/"):
        target = target[key]
    return resolved(target)


def operations() -> Iterator[tuple[str, str, Node]]:
    """Method, path and operation."""
    for path, item in SPEC["paths"].items():
        for method, operation in item.items():
            yield method.upper(), path, operation


def walk(where: str, node: Json) -> Iterator[tuple[str, Node]]:
    """Every mapping of the spec, with the path to it."""
    if isinstance(node, dict):
        yield where, node
        for key, value in node.items():
            yield from walk(f"{where}/{key}", value)
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from walk(f"{where}/{index}", value)


def described() -> Iterator[tuple[str, Node]]:
    """All that needs a description: parts of the API, named schemas and their properties."""
    yield "info", SPEC["info"]
    for kind in ("servers", "tags"):
        yield from ((f"{kind}/{index}", part) for index, part in enumerate(SPEC[kind]))
    for method, path, operation in operations():
        yield f"{method} {path}", operation
    for kind, parts in COMPONENTS.items():
        yield from ((f"{kind}/{name}", part) for name, part in parts.items())
    for where, node in walk("", SPEC):
        if where.endswith("/schema") and "$ref" not in node:
            yield where, node
        if where.endswith("/properties"):
            yield from ((f"{where}/{name}", part) for name, part in node.items())


def media_types() -> Iterator[tuple[str, Node]]:
    """Every JSON body that the spec describes."""
    for where, node in walk("", SPEC):
        if where.endswith("/application/json"):
            yield where, node


def examples() -> Iterator[Any]:
    """Every example of a body, with its schema."""
    for where, media in media_types():
        named = media.get("examples", {"example": {"value": media.get("example")}})
        for name, example in named.items():
            yield pytest.param(media["schema"], example["value"], id=f"{where}/{name}")


def violations(schema: Node, body: object) -> list[str]:
    """What the spec has against a body."""
    validator = OAS31Validator({**schema, "components": COMPONENTS})
    return [error.message for error in validator.iter_errors(body)]


def test_is_valid_openapi() -> None:
    validate(SPEC)


@pytest.mark.parametrize(
    ("where", "node"), [pytest.param(*part, id=part[0]) for part in described()]
)
def test_everything_is_described_in_sentences(where: str, node: Node) -> None:
    text = node.get("description", "")
    assert re.fullmatch(r"[A-Z`].{4,}\.", text.strip(), re.DOTALL), f"{where}: {text!r}"


def test_no_operation_is_described_like_another() -> None:
    for key in ("description", "summary", "operationId"):
        texts = [operation[key] for _, _, operation in operations()]
        assert len(set(texts)) == len(texts)


def test_no_property_is_described_like_its_neighbour() -> None:
    for where, node in walk("", SPEC):
        if where.endswith("/properties"):
            texts = [part["description"] for part in node.values()]
            assert len(set(texts)) == len(texts), where


def test_sizes_times_and_numbers_name_their_unit() -> None:
    for where, node in described():
        name = where.rpartition("/")[2]
        text = node["description"]
        if "gigabytes" in name or name.endswith("_size"):
            assert "gigabytes (GB)" in text, where
        if name.endswith("_at"):
            assert "in UTC" in text, where
        if name in {"ratelimit-reset", "Retry-After"}:
            assert "seconds" in text, where


def test_operations_are_those_of_the_contract() -> None:
    found = {
        operation["operationId"]: (
            method,
            path,
            *[status for status in operation["responses"] if status.startswith("2")],
            *[requirement["bearer_auth"] for requirement in operation["security"]],
        )
        for method, path, operation in operations()
    }
    assert found == OPERATIONS


def test_constants_are_those_of_the_operations() -> None:
    for method, path, operation in operations():
        constant = getattr(_endpoints, operation["operationId"].upper())
        assert isinstance(constant, Endpoint)
        endpoint = cast(Endpoint[Model], constant)
        assert (endpoint.method, endpoint.path) == (method, path)
        assert list(endpoint.scopes) == operation["security"][0]["bearer_auth"]
        (success,) = (r for status, r in operation["responses"].items() if status.startswith("2"))
        content = resolved(success).get("content")
        if content is None:
            assert endpoint.response is NoContent
        else:
            reference = content["application/json"]["schema"]["$ref"]
            assert reference == f"#/components/schemas/{endpoint.response.__name__}"
    assert len(_endpoints.__all__) == len(OPERATIONS)


def test_operations_state_their_errors() -> None:
    for method, path, operation in operations():
        expected = {"400", "401", "403", "429", "500", "default"}
        expected |= {"404"} if "{" in path else set()
        expected |= {"409", "422"} if method != "GET" else set()
        errors = {status for status in operation["responses"] if not status.startswith("2")}
        assert errors == expected, operation["operationId"]
        for status in errors:
            schema = resolved(operation["responses"][status])["content"]["application/json"][
                "schema"
            ]
            assert schema == {"$ref": "#/components/schemas/ErrorResponse"}


def test_every_response_states_the_rate_limit() -> None:
    limits = {"ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"}
    for name, response in COMPONENTS["responses"].items():
        expected = limits | {"Retry-After"} if name == "TooManyRequests" else limits
        assert set(response["headers"]) == expected, name


def test_operations_declare_the_parameters_of_their_path() -> None:
    for _, path, operation in operations():
        parameters = [resolved(parameter) for parameter in operation.get("parameters", [])]
        in_path = [parameter["name"] for parameter in parameters if parameter["in"] == "path"]
        assert in_path == re.findall(r"{(\w+)}", path), operation["operationId"]
        in_query = {parameter["name"] for parameter in parameters if parameter["in"] == "query"}
        paged = operation["operationId"].endswith("_list")
        assert {"page", "per_page"} & in_query == ({"page", "per_page"} if paged else set())


def test_every_component_is_used() -> None:
    used = {node["$ref"] for _, node in walk("", SPEC) if isinstance(node.get("$ref"), str)}
    for kind, parts in COMPONENTS.items():
        if kind != "securitySchemes":
            assert {f"#/components/{kind}/{name}" for name in parts} <= used


def test_every_enum_is_open() -> None:
    for where, node in walk("", SPEC):
        if "enum" in node:
            parent, _, index = where.rpartition("/")
            assert parent.endswith("/anyOf"), where
            assert index == "0", where
            name = parent.split("/")[-2]
            assert violations(SCHEMAS[name], "something new") == []


@pytest.mark.parametrize(("schema", "body"), [*examples()])
def test_examples_are_valid(schema: Node, body: object) -> None:
    assert violations(schema, body) == []
    if "$ref" in schema:
        model = model_of(schema)
        assert not model.model_validate_json(json.dumps(body), strict=True).model_extra


def model_of(schema: Node) -> type[Model]:
    """The model that a reference is generated as."""
    model: type[Model] = getattr(models, schema["$ref"].rpartition("/")[2])
    return model


def test_models_have_the_fields_of_the_spec() -> None:
    for name, schema in SCHEMAS.items():
        assert name in {"Strings", "Timestamp"} or name in models.__all__
        if "properties" in schema:
            fields = getattr(models, name).model_fields
            assert list(fields) == list(schema["properties"])
            required = [field for field, info in fields.items() if info.is_required()]
            assert required == schema["required"] if "required" in schema else not required
            for field, part in schema["properties"].items():
                assert fields[field].description == part["description"]


# ── Bodies: the spec and the models agree on what is good and what is not ──────────────────────

IMAGE = {"id": 7555620, "name": "nginx", "created_at": "2026-05-04T22:23:02Z"}
REGION = {"slug": "nyc3", "name": "New York 3"}
ACTION = {"id": 36805527, "status": "in-progress", "type": "transfer"}

GOOD_IMAGES: list[dict[str, object]] = [
    {},
    {"slug": None, "tags": None, "min_disk_size": None, "size_gigabytes": None},
    {"slug": "", "regions": [], "tags": [], "error_message": ""},
    {"regions": None, "type": None, "distribution": None, "public": None, "status": None},
    {"regions": ["nyc3", "nyc3", "moon1"], "description": None, "error_message": None},
    {"status": "new", "distribution": "Unknown OS", "type": "something new"},
    {"status": "retired", "distribution": "ubuntu"},
    {"created_at": "2026-05-04T22:23:02.048821375Z", "size_gigabytes": 2},
    {"some_new_field": {"nested": [1]}},
]
BAD_IMAGE: dict[str, list[object]] = {
    "id": [None, "7555620", 1.5, True, []],
    "name": [None, 1],
    "created_at": [None, 1777933382, "1777933382", "2026-05-04", "yesterday", ""],
    "regions": ["nyc3", [1], [None], {}],
    "tags": ["web", [1]],
    "type": [1, []],
    "distribution": [1, {}],
    "status": [1, False],
    "slug": [1, []],
    "public": ["true", 1],
    "min_disk_size": ["20", 20.5],
    "size_gigabytes": ["2.34", True],
    "description": [1],
    "error_message": [{}],
}
GOOD_ACTIONS: list[dict[str, object]] = [
    {},
    {"region": None, "region_slug": None, "resource_id": None, "resource_type": None},
    {"region": "nyc1", "region_slug": "nyc1"},
    {"region": REGION},
    {"region": {}},
    {"region": {"slug": "nyc3"}},
    {"region": {"slug": None, "name": None, "sizes": None}},
    {"region": {**REGION, "available": None, "sizes": None, "features": None}},
    {"region": {**REGION, "available": True, "sizes": ["s-1vcpu-1gb"], "features": ["ipv6"]}},
    {"status": "completed", "started_at": None, "completed_at": None},
    {"status": "in-progress", "completed_at": "2026-05-04T22:23:02Z"},
    {"status": "something new", "type": "image_destroy", "resource_type": "backend"},
]
BAD_ACTION: dict[str, list[object]] = {
    "id": [None, "1", 1.5],
    "status": [None, 1],
    "type": [None, 1],
    "region": [1, [], {**REGION, "sizes": "all"}, {"slug": 5}],
    "started_at": [1, "1", "now"],
    "completed_at": [1, "now"],
    "resource_id": ["7555620"],
    "resource_type": [1],
    "region_slug": [1],
}
GOOD_PAGES: list[dict[str, object]] = [
    {},
    {"links": None, "meta": None},
    {"images": None},
    {"links": {}, "meta": {}},
    {"links": {"pages": {}}, "meta": {"total": None}},
    {"links": {"pages": None}, "meta": {"total": 0}},
    {"links": {"pages": {"next": "http://elsewhere/v2/images?page=2", "last": None}}},
]
BAD_PAGE: dict[str, list[object]] = {
    "links": [[], {"pages": "none"}, {"pages": {"next": 2}}],
    "meta": [{"total": "59"}],
    "images": [{}, [None], 5],
}

GOOD: list[tuple[str, object]] = [
    *(("ImageResponse", {"image": {**IMAGE, **part}}) for part in GOOD_IMAGES),
    *(("ActionResponse", {"action": {**ACTION, **part}}) for part in GOOD_ACTIONS),
    *(("ImagesResponse", {"images": [], **part}) for part in GOOD_PAGES),
]
BAD: list[tuple[str, str, object]] = [
    *(
        ("ImageResponse", f"image.{field}", {"image": {**IMAGE, field: value}})
        for field, values in BAD_IMAGE.items()
        for value in values
    ),
    *(
        ("ActionResponse", f"action.{field}", {"action": {**ACTION, field: value}})
        for field, values in BAD_ACTION.items()
        for value in values
    ),
    *(
        ("ImagesResponse", field, {"images": [], field: value})
        for field, values in BAD_PAGE.items()
        for value in values
    ),
    ("ImageResponse", "image", IMAGE),
    ("ActionResponse", "action", ACTION),
    ("ImageResponse", "image.id", {"image": {"name": "x", "created_at": IMAGE["created_at"]}}),
    ("ImagesResponse", "images", {"meta": {"total": 0}}),
]


@pytest.mark.parametrize(("name", "body"), GOOD)
def test_what_the_api_sends_is_accepted(name: str, body: object) -> None:
    schema = {"$ref": f"#/components/schemas/{name}"}
    assert violations(schema, body) == []
    model_of(schema).model_validate_json(json.dumps(body), strict=True)


@pytest.mark.parametrize(("name", "field", "body"), BAD)
def test_what_breaks_the_spec_is_refused_by_field(name: str, field: str, body: object) -> None:
    schema = {"$ref": f"#/components/schemas/{name}"}
    # The spec's validator takes formats for comments.
    if not field.endswith("_at"):
        assert violations(schema, body)
    with pytest.raises(ValidationError) as caught:
        model_of(schema).model_validate_json(json.dumps(body), strict=True)
    location = ".".join(map(str, caught.value.errors()[0]["loc"]))
    assert f"{location}.".startswith(f"{field}.")


def test_null_and_absent_lists_are_empty() -> None:
    for part in ({}, {"regions": None, "tags": None}):
        body = json.dumps({**IMAGE, **part})
        image = models.Image.model_validate_json(body, strict=True)
        assert image.regions == image.tags == []
    first, second = (models.Image.model_validate_json(json.dumps(IMAGE)) for _ in range(2))
    assert first.regions is not second.regions

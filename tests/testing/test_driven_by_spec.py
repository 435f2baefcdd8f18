"""The fake, driven by requests that are made from the spec, and from the spec's opposite."""

from typing import Any

import httpx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openapi_schema_validator import OAS31Validator

from do_images.testing import FakeDigitalOcean
from tests.testing.faithful import BASE, SPEC, Faithful, Node, resolved

OPERATIONS = [
    (method.upper(), path, operation)
    for path, item in SPEC["paths"].items()
    for method, operation in item.items()
]
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=5,
)
# What makes sense now and then, where the schema alone would lead nowhere.
HINTS: dict[str, st.SearchStrategy[Any]] = {
    "image_id": st.sampled_from([7555620, 7555621, 7555622, 155133621, "debian-12-x64"]),
    "page": st.integers(1, 4),
    "type": st.sampled_from(["distribution", "application"]),
    "tag_name": st.just("prod"),
}


def valid(schema: Node) -> st.SearchStrategy[Any]:
    """Values that a schema allows."""
    schema = resolved(schema)
    for key in ("anyOf", "oneOf"):
        if key in schema:
            return st.one_of(*(valid(branch) for branch in schema[key]))
    if "const" in schema:
        return st.just(schema["const"])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    kinds: list[str] = [schema["type"]] if isinstance(schema["type"], str) else schema["type"]
    return st.one_of(*(of_kind(kind, schema) for kind in kinds))


def of_kind(kind: str, schema: Node) -> st.SearchStrategy[Any]:
    """Values of one of a schema's types."""
    if kind == "object":
        properties = schema.get("properties", {})
        required = {name: valid(properties[name]) for name in schema.get("required", ())}
        optional = {name: valid(it) for name, it in properties.items() if name not in required}
        return st.fixed_dictionaries(required, optional=optional)
    simple: dict[str, st.SearchStrategy[Any]] = {
        "null": st.none(),
        "boolean": st.booleans(),
        "integer": st.integers(schema.get("minimum"), schema.get("maximum")),
        "string": st.text(min_size=schema.get("minLength", 0), max_size=20),
        "array": st.lists(valid(schema["items"]), max_size=3) if "items" in schema else st.none(),
    }
    return simple[kind]


def allows(schema: Node, value: object) -> bool:
    whole = {**schema, "components": SPEC["components"]}
    return bool(OAS31Validator(whole).is_valid(value))


def parameters(operation: Node, place: str) -> list[Node]:
    given_ones = (resolved(parameter) for parameter in operation.get("parameters", ()))
    return [parameter for parameter in given_ones if parameter["in"] == place]


def value(draw: st.DrawFn, parameter: Node, *, right: bool) -> Any:
    if not right:
        return draw(st.sampled_from(["0", "-1", "x", "1.5", "maybe", ""]))
    hinted = HINTS.get(parameter["name"])
    made = valid(parameter["schema"])
    drawn = draw(made if hinted is None else hinted | made)
    return str(drawn).lower() if isinstance(drawn, bool) else drawn


@st.composite
def requests(draw: st.DrawFn) -> tuple[httpx.Request, bool]:
    """A request, and whether the spec has nothing against it."""
    method, path, operation = draw(st.sampled_from(OPERATIONS))
    right = draw(st.booleans())
    for parameter in parameters(operation, "path"):
        made = str(value(draw, parameter, right=True))
        quoted = "".join(f"%{byte:02X}" for byte in made.encode("utf-8", "replace"))
        path = path.replace("{" + parameter["name"] + "}", quoted)
    query: dict[str, str] = {}
    wrong = False
    for parameter in parameters(operation, "query"):
        if draw(st.booleans()):
            made = value(draw, parameter, right=right)
            query[parameter["name"]] = str(made).encode("utf-8", "replace").decode()
            # Any text is a tag, or a kind of images.
            wrong |= not right and parameter["name"] in {"page", "per_page", "private"}
    wrong &= query.get("private") != "0" or len(query.keys() & {"page", "per_page"}) > 0
    body: Any = None
    if "requestBody" in operation:
        schema = resolved(operation["requestBody"])["content"]["application/json"]["schema"]
        body = (
            draw(valid(schema))
            if right
            else draw(ANYTHING | st.fixed_dictionaries({"type": ANYTHING}))
        )
        wrong |= not allows(schema, body)
    headers = {"Authorization": "Bearer secret"}
    request = httpx.Request(method, BASE + path, params=query, json=body, headers=headers)
    return request, not wrong


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(requests(), st.sampled_from([0, 0, 1, 30])), min_size=1, max_size=12))
def test_every_answer_is_true_to_the_spec(
    steps: list[tuple[tuple[httpx.Request, bool], int]],
) -> None:
    with FakeDigitalOcean() as fake:
        fake.token(value="secret")
        wire = Faithful(fake)
        for (request, right), seconds in steps:
            status = wire.handle_request(request).status_code
            # What is well-formed is never told to be nonsense, and nonsense never does anything.
            allowed = {200, 201, 202, 204, 404, 422} if right else {400, 404, 422}
            assert status in allowed, (request, request.content, right)
            fake.advance(seconds)


@settings(max_examples=60, deadline=None)
@given(requests(), st.sampled_from(["", "Bearer", "Bearer other", "Basic secret"]))
def test_no_request_gets_in_without_the_token(
    made: tuple[httpx.Request, bool], header: str
) -> None:
    request, _ = made
    request.headers["Authorization"] = header
    with FakeDigitalOcean() as fake:
        fake.token(value="secret")
        assert Faithful(fake).handle_request(request).status_code == 401

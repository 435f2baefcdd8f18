"""`scripts/compare_upstream`: finds each kind of difference, and knows the deliberate ones."""

import copy
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from scripts.upstream import __main__ as compare_upstream
from scripts.upstream.compare import Difference, Rule, differences, read_rules
from scripts.upstream.document import open_document
from scripts.upstream.facts import operations

pytestmark = pytest.mark.usefixtures("untraced")

ROOT = Path(__file__).resolve().parent.parent
Spec = dict[str, Any]

# As the official description writes: 3.0, all in place.
UPSTREAM: Spec = yaml.safe_load("""
openapi: 3.0.0
paths:
  /v2/images:
    get:
      security: [{bearer_auth: ["image:read"]}]
      parameters:
        - {in: query, name: page, schema: {type: integer, minimum: 1, default: 1}}
        - {in: query, name: type, schema: {type: string, enum: [application, distribution]}}
      responses:
        '200':
          headers: {ratelimit-limit: {schema: {type: integer}}}
          content:
            application/json:
              schema:
                allOf:
                  - properties:
                      images:
                        type: array
                        items:
                          type: object
                          required: [id]
                          properties:
                            id: {type: integer}
                            slug: {type: string, nullable: true}
                            status: {type: string, enum: [NEW, available]}
                  - required: [images]
        '404': {}
    post:
      security: [{bearer_auth: ["image:create"]}]
      parameters:
        - {in: query, name: page, schema: {type: integer, minimum: 1, default: 1}}
      requestBody:
        required: true
        content:
          application/json:
            schema:
              oneOf:
                - {type: object, required: [type], properties: {type: {type: string, enum: [a]}}}
                - {type: object, required: [type, region],
                   properties: {type: {type: string, enum: [b]}, region: {type: string}}}
      responses:
        '204': {}
  /v2/droplets:
    get: {responses: {'200': {}}}
""")

# The same facts, written another way: 3.1, with references.
OURS: Spec = yaml.safe_load("""
openapi: 3.1.0
security: [{bearer_auth: ["image:read"]}]
paths:
  /v2/images:
    parameters:
      - {$ref: "#/components/parameters/page"}
    get:
      parameters:
        - {in: query, name: type, schema: {anyOf: [{const: application, type: string},
                                                   {const: distribution, type: string}]}}
      responses:
        200: {$ref: "#/components/responses/~0Images~1"}
        404: {}
    post:
      security: [{bearer_auth: ["image:create"]}]
      requestBody:
        required: true
        content:
          application/json:
            schema:
              type: object
              required: [type]
              properties: {type: {type: string, enum: [a, b]}, region: {type: string}}
      responses:
        204: {}
components:
  parameters:
    page: {in: query, name: page, required: false, schema: {type: integer, minimum: 1, default: 1}}
  responses:
    ~Images/:
      headers: {Ratelimit-Limit: {schema: {type: integer}}}
      content:
        application/json:
          schema:
            type: object
            required: [images]
            properties:
              images: {type: array, items: {$ref: "#/components/schemas/Image"}}
  schemas:
    Image:
      type: object
      required: [id]
      properties:
        id: {type: integer}
        slug: {anyOf: [{type: string}, {type: "null"}]}
        status: {$ref: "#/components/schemas/Status"}
    Status: {type: string, enum: [NEW, available]}
""")

GET = "GET /v2/images"
POST = "POST /v2/images"


def found(folder: Path, upstream: Spec, ours: Spec = OURS) -> list[str]:
    """The differences between two specs, as lines."""
    sides: list[Any] = []
    for name, spec in (("ours", ours), ("upstream", upstream)):
        path = folder / f"{name}.yaml"
        path.write_text(yaml.safe_dump(spec))
        sides.append(operations(open_document(path)))
    return [str(difference) for difference in differences(*sides)]


def test_what_is_said_in_another_way_is_no_difference(tmp_path: Path) -> None:
    assert found(tmp_path, UPSTREAM) == []


def get(spec: Spec) -> Any:
    return spec["paths"]["/v2/images"]["get"]


def image(spec: Spec) -> Any:
    schema = get(spec)["responses"]["200"]["content"]["application/json"]["schema"]
    return schema["allOf"][0]["properties"]["images"]["items"]


def post(spec: Spec) -> Any:
    return spec["paths"]["/v2/images"]["post"]


CHANGES: list[tuple[Callable[[Spec], object], list[str]]] = [
    (
        lambda spec: spec["paths"].update({"/v2/images/{id}": {"get": {"responses": {}}}}),
        ["GET /v2/images/{}: operation upstream only"],
    ),
    (
        lambda spec: spec["paths"]["/v2/images"].pop("post"),
        [f"{POST}: operation in our spec only"],
    ),
    (
        lambda spec: get(spec)["parameters"].append({"in": "query", "name": "private"}),
        [f"{GET}: parameter query private upstream only"],
    ),
    (
        lambda spec: get(spec)["parameters"].pop(0),
        [f"{GET}: parameter query page in our spec only"],
    ),
    (
        lambda spec: get(spec)["parameters"][0].update(required=True),
        [f"{GET}: query page: required upstream only"],
    ),
    (
        lambda spec: get(spec)["parameters"][0]["schema"].update(maximum=9),
        [f"{GET}: query page: limit maximum=9 upstream only"],
    ),
    (
        lambda spec: get(spec)["parameters"][1]["schema"]["enum"].append("iso"),
        [f"{GET}: query type: value iso upstream only"],
    ),
    (
        lambda spec: get(spec)["security"][0].update(bearer_auth=["image:read", "tag:read"]),
        [f"{GET}: scope tag:read upstream only"],
    ),
    (lambda spec: get(spec)["responses"].pop("404"), [f"{GET}: status 404 in our spec only"]),
    (
        lambda spec: get(spec)["responses"].update({"410": {}}),
        [f"{GET}: status 410 upstream only"],
    ),
    (
        lambda spec: get(spec)["responses"]["200"]["headers"].update({"Retry-After": {}}),
        [f"{GET}: 200: header retry-after upstream only"],
    ),
    (
        lambda spec: get(spec)["responses"]["200"].pop("content"),
        [f"{GET}: 200: content in our spec only"],
    ),
    (
        lambda spec: image(spec)["properties"].update(size={"type": "integer"}),
        [f"{GET}: 200 images[].size: field upstream only"],
    ),
    (
        lambda spec: image(spec)["properties"].pop("slug"),
        [f"{GET}: 200 images[].slug: field in our spec only"],
    ),
    (
        lambda spec: image(spec)["properties"]["slug"].pop("nullable"),
        [f"{GET}: 200 images[].slug: allows null in our spec only"],
    ),
    (
        lambda spec: image(spec)["properties"]["id"].update(type="string"),
        [
            f"{GET}: 200 images[].id: type integer in our spec only",
            f"{GET}: 200 images[].id: type string upstream only",
        ],
    ),
    (
        lambda spec: image(spec)["properties"]["status"]["enum"].remove("NEW"),
        [f"{GET}: 200 images[].status: value NEW in our spec only"],
    ),
    (
        lambda spec: image(spec)["properties"]["status"].pop("enum"),
        [
            f"{GET}: 200 images[].status: value NEW in our spec only",
            f"{GET}: 200 images[].status: value available in our spec only",
            f"{GET}: 200 images[].status: allows other values upstream only",
        ],
    ),
    (
        lambda spec: image(spec)["required"].append("slug"),
        [f"{GET}: 200 images[].slug: required upstream only"],
    ),
    (
        lambda spec: image(spec)["required"].remove("id"),
        [f"{GET}: 200 images[].id: required in our spec only"],
    ),
    (lambda spec: post(spec).pop("requestBody"), [f"{POST}: request body in our spec only"]),
]


@pytest.mark.parametrize(("change", "expected"), CHANGES)
def test_each_kind_of_difference_is_found(
    tmp_path: Path, change: Callable[[Spec], object], expected: list[str]
) -> None:
    upstream = copy.deepcopy(UPSTREAM)
    change(upstream)
    assert found(tmp_path, upstream) == expected


def test_reads_a_checkout_of_many_files(tmp_path: Path) -> None:
    specification = tmp_path / "specification"
    folder = specification / "resources" / "my images"
    folder.mkdir(parents=True)
    root = copy.deepcopy(UPSTREAM)
    operation = get(root)
    images = operation["responses"]["200"]["content"]["application/json"]["schema"]["allOf"][0]
    images["properties"]["images"]["items"] = {"$ref": "models/image.yml#/image"}
    image_file = {"image": image(UPSTREAM)}
    root["paths"]["/v2/images"]["get"] = {"$ref": "resources/my%20images/list.yml"}
    (folder / "models").mkdir()
    (folder / "models" / "image.yml").write_text(yaml.safe_dump(image_file))
    (folder / "list.yml").write_text(yaml.safe_dump(operation))
    (specification / "DigitalOcean-public.v2.yaml").write_text(yaml.safe_dump(root))
    (tmp_path / "ours.yaml").write_text(yaml.safe_dump(OURS))
    ours, upstream = (
        operations(open_document(path)) for path in (tmp_path / "ours.yaml", tmp_path)
    )
    assert list(differences(ours, upstream)) == []


def test_a_circle_of_references_ends(tmp_path: Path) -> None:
    upstream = copy.deepcopy(UPSTREAM)
    upstream["components"] = {"schemas": {"I": image(UPSTREAM)}}
    image(upstream)["properties"]["parent"] = {"$ref": "#/components/schemas/I"}
    upstream["components"]["schemas"]["I"] = copy.deepcopy(image(upstream))
    assert found(tmp_path, upstream) == [f"{GET}: 200 images[].parent: field upstream only"]


def test_nothing_is_downloaded(tmp_path: Path) -> None:
    upstream = copy.deepcopy(UPSTREAM)
    image(upstream)["properties"]["slug"] = {"$ref": "https://example.com/slug.yml"}
    with pytest.raises(ValueError, match="nothing is downloaded"):
        found(tmp_path, upstream)


@pytest.mark.parametrize(
    ("rule", "covered"),
    [
        (Rule(["GET *: 200 images[].slug"], ["allows null*"], ""), True),
        (Rule(["POST *", "GET *"], ["field*", "allows null in our spec only"], ""), True),
        (Rule(["GET *: 200 images[].slug"], ["allows null"], ""), False),
        (Rule(["images[].slug"], ["*"], ""), False),
        (Rule(["GET *: 200 images?.slug"], ["*"], ""), False),
    ],
)
def test_a_rule_covers_what_it_says(rule: Rule, covered: bool) -> None:
    difference = Difference(f"{GET}: 200 images[].slug", "allows null in our spec only")
    assert rule.matches(difference) is covered


Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs the command over the small specs with one new field; gives exit code and output."""
    upstream = copy.deepcopy(UPSTREAM)
    image(upstream)["properties"]["size"] = {"type": "integer"}
    for name, spec in (("ours", OURS), ("upstream", upstream)):
        (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump(spec))

    def command(rules: object, path: str = "upstream.yaml") -> tuple[int, str, str]:
        (tmp_path / "deliberate.yaml").write_text(yaml.safe_dump(rules))
        arguments = [
            str(tmp_path / path),
            f"--spec={tmp_path / 'ours.yaml'}",
            f"--deliberate={tmp_path / 'deliberate.yaml'}",
        ]
        monkeypatch.setattr(sys, "argv", ["compare_upstream", *arguments])
        code = compare_upstream.main()
        out, err = capsys.readouterr()
        return code, out, err

    return command


def test_a_new_difference_fails(run: Run) -> None:
    code, out, _ = run([])
    assert code == 1
    assert "new:\n  GET /v2/images: 200 images[].size: field upstream only\n" in out
    assert out.endswith("1 differences, 0 deliberate, 1 new\n")


def test_a_deliberate_difference_is_shown_with_its_reason(run: Run) -> None:
    rule = {"reason": "We weigh nothing.", "where": ["GET *size"], "what": ["field upstream only"]}
    code, out, _ = run([rule])
    assert code == 0
    assert out.startswith("deliberate: We weigh nothing.\n  GET /v2/images: 200 images[].size: ")
    assert "new:" not in out


def test_a_rule_that_covers_nothing_is_reported(run: Run) -> None:
    rule = {"reason": "We fly.", "where": ["*wings"], "what": ["*"]}
    code, out, _ = run([rule])
    assert code == 1
    assert "no longer there: We fly.\n" in out


@pytest.mark.parametrize("text", [None, "", "a: b", "[1", "5", "paths: {/a: {get: {$ref: '#/b'}}}"])
def test_what_can_not_be_read_is_reported_in_a_line(
    run: Run, tmp_path: Path, text: str | None
) -> None:
    if text is not None:
        (tmp_path / "other.yaml").write_text(text)
    code, out, err = run([], "other.yaml")
    assert (code, out) == (2, "")
    assert err.startswith("can't compare: ")


def test_the_reviewed_list_is_well_formed_and_gives_reasons() -> None:
    rules = read_rules(ROOT / "spec" / "deliberate.yaml")
    assert all(rule.reason.endswith(".") and rule.where and rule.what for rule in rules)
    assert len({rule.reason for rule in rules}) == len(rules)

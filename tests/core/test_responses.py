"""Responses become models and errors: bodies, errors, headers and pages."""

import json
import pickle
import re
import subprocess
import sys
import textwrap
from decimal import Decimal
from email.utils import formatdate

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from do_images import (
    APIError,
    APIResponseValidationError,
    APIStatusError,
    AuthenticationError,
    BadRequestError,
    ConflictError,
    Image,
    InternalServerError,
    NotFoundError,
    PermissionDeniedError,
    RateLimit,
    RateLimitError,
    Region,
    RequestInfo,
    UnprocessableEntityError,
)
from do_images import _endpoints as api
from do_images._base import Endpoint, Model, NoContent
from do_images._core import responses
from do_images._core.failures import is_incomplete
from do_images._core.responses import _usual  # pyright: ignore[reportPrivateUsage] - its own test
from do_images.models import ActionsResponse, ImageResponse, ImagesResponse
from tests.support import load

REQUEST = RequestInfo("GET", "https://api.digitalocean.com/v2/images/1")
NOW = 1_700_000_000.0
HTML = b"<html><body><h1>502 Bad Gateway</h1><hr>proxy</body></html>"


def _response(content: bytes, status: int = 200, **headers: str) -> responses.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return responses.Response(REQUEST, status, httpx.Headers(named), content)


def _short(value: object) -> str:
    return repr(value)[:40]


def _invalid_field(content: bytes, endpoint: Endpoint[Model] = api.IMAGES_GET) -> str | None:
    """Return the field that the error of an invalid body names."""
    response = _response(content, x_request_id="0-1")
    with pytest.raises(APIResponseValidationError) as caught:
        responses.parse(endpoint, response)
    error = caught.value
    assert (error.request, error.status_code, error.request_id) == (REQUEST, 200, "0-1")
    assert error.field is None or f"field {error.field}: " in str(error)
    assert error.__cause__ is None
    assert error.__context__ is None
    assert not is_incomplete(error)
    return error.field


# ── Bodies of 2xx ───────────────────────────────────────────────────────────────────────────


def test_a_valid_body() -> None:
    response: ImageResponse = responses.parse(api.IMAGES_GET, _response(load("image_snapshot")))
    assert response.image.name == "nginx-golden"


@pytest.mark.parametrize("content", [b"", b"{}", b"null", HTML, b"\xff"])
@pytest.mark.parametrize(
    "endpoint",
    [api.IMAGES_DELETE, api.ACCOUNT_TRANSFER_ACCEPT, api.ACCOUNT_TRANSFER_CANCEL],
    ids=lambda endpoint: endpoint.path,
)
def test_where_no_body_is_expected_any_is_accepted(
    endpoint: Endpoint[NoContent], content: bytes
) -> None:
    assert isinstance(responses.parse(endpoint, _response(content, 204)), NoContent)


def _image(**changes: str) -> bytes:
    fields = {"id": "1", "name": '"x"', "created_at": '"2026-01-01T00:00:00Z"', **changes}
    inner = ",".join(f'"{name}":{value}' for name, value in fields.items())
    return f'{{"image":{{{inner}}}}}'.encode()


def _action(**changes: str) -> bytes:
    fields = {"id": "1", "status": '"completed"', "type": '"transfer"', **changes}
    inner = ",".join(f'"{name}":{value}' for name, value in fields.items())
    return f'{{"action":{{{inner}}}}}'.encode()


@pytest.mark.parametrize(
    ("field", "values"),
    {
        "id": ["null", "true", '"1"', "1.5", "15e-1", "NaN", "1e999", "1e20", "[1]", "{}"],
        "name": ["null", "1", "false", "[]", "{}"],
        "created_at": [
            "null",
            "1767225600",
            '"1767225600"',
            '"1767225600.5"',
            '"-1767225600"',
            "true",
            '""',
            '"soon"',
            '"2026-01-01"',
            '"2026-02-30T00:00:00Z"',
            '"2026-01-01T25:00:00Z"',
            '"20260101T000000Z"',
        ],
        "type": ["1", "[]", "{}", "true"],
        "distribution": ["1", '["Ubuntu"]'],
        "status": ["1", "false", "{}"],
        "slug": ["1", "[]"],
        "public": ['"true"', "0", "1", "[]"],
        "regions": ['"nyc3"', "[1]", "[null]", '["nyc3", {}]', "{}", "1"],
        "min_disk_size": ['"20"', "20.5", "true", "Infinity"],
        "size_gigabytes": ['"2.3"', "true", "NaN", "-Infinity", "1e999", "[2.3]"],
        "description": ["1", "[]"],
        "tags": ['"prod"', "[1]", "[[]]", "{}"],
        "error_message": ["1", '{"a": 1}'],
    }.items(),
)
def test_a_wrong_type_is_named_by_its_field(field: str, values: list[str]) -> None:
    for value in values:
        assert _invalid_field(_image(**{field: value})) == f"image.{field}"


@pytest.mark.parametrize(
    ("field", "value", "named"),
    [
        ("id", "null", "id"),
        ("status", "null", "status"),
        ("status", "5", "status"),
        ("type", "null", "type"),
        ("type", "[]", "type"),
        ("started_at", "1", "started_at"),
        ("completed_at", '"later"', "completed_at"),
        ("resource_id", '"1"', "resource_id"),
        ("resource_type", "1", "resource_type"),
        ("region_slug", "1", "region_slug"),
        ("region", "1", "region"),
        ("region", "[]", "region"),
        ("region", '{"slug": 1, "name": "x"}', "region.slug"),
        ("region", '{"slug": "nyc3", "name": 5}', "region.name"),
        ("region", '{"slug": "nyc3", "name": "x", "available": "yes"}', "region.available"),
        ("region", '{"slug": "nyc3", "name": "x", "sizes": [1]}', "region.sizes"),
        ("region", '{"slug": "nyc3", "name": "x", "features": "all"}', "region.features"),
    ],
)
def test_a_wrong_type_in_an_action_is_named(field: str, value: str, named: str) -> None:
    assert _invalid_field(_action(**{field: value}), api.IMAGE_ACTIONS_GET) == f"action.{named}"


@pytest.mark.parametrize("field", ["id", "name", "created_at"])
def test_a_required_field_that_is_missing_is_named(field: str) -> None:
    assert _invalid_field(_image().replace(f'"{field}"'.encode(), b'"other"')) == f"image.{field}"


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (b"{}", "image"),
        (b'{"image": null}', "image"),
        (b'{"image": []}', "image"),
        (b'{"image": "x"}', "image"),
        (b'{"images": []}', "image"),
        (b'{"id": 1, "name": "x", "created_at": "2026-01-01T00:00:00Z"}', "image"),
    ],
)
def test_the_envelope_of_an_image_is_required(content: bytes, named: str) -> None:
    assert _invalid_field(content) == named


def test_the_envelope_of_an_action_is_required() -> None:
    for endpoint in (api.IMAGE_ACTIONS_GET, api.IMAGE_ACTIONS_CREATE, api.ACTIONS_GET):
        assert _invalid_field(load("bare_action"), endpoint) == "action"


@pytest.mark.parametrize("content", [b"{}", b'{"transfer_id": null}', b'{"transfer_id": "5"}'])
def test_the_id_of_an_account_transfer_is_required(content: bytes) -> None:
    assert _invalid_field(content, api.ACCOUNT_TRANSFER_START) == "transfer_id"


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (b"{}", "images"),
        (b'{"images": {}}', "images"),
        (b'{"images": [5]}', "images.0"),
        (b'{"images": [null]}', "images.0"),
        (b'{"images": [{"id": 1, "name": "x"}]}', "images.0.created_at"),
        (b'{"images": [], "links": []}', "links"),
        (b'{"images": [], "links": {"pages": 5}}', "links.pages"),
        (b'{"images": [], "links": {"pages": {"next": 2}}}', "links.pages.next"),
        (b'{"images": [], "meta": 5}', "meta"),
        (b'{"images": [], "meta": {"total": "5"}}', "meta.total"),
    ],
)
def test_what_is_wrong_with_a_page_is_named(content: bytes, named: str) -> None:
    assert _invalid_field(content, api.IMAGES_LIST) == named


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b" ",
        HTML,
        b"plain text",
        b"[]",
        b"null",
        b"5",
        b'"image"',
        b"\xff\xfe",
        b"\xef\xbb\xbf" * 2 + load("image_snapshot"),
        b"\xef\xbb\xbf",
        load("image_snapshot").decode().encode("utf-16"),
        load("image_snapshot")[:-3],
        load("image_snapshot") + b"}",
        b'{"image": {"name": "\\ud800}}',
        b'{"image": {"name": "\\ud80"}}',
        _image(id="01.0"),
        _image(id="1.0.0"),
        b'{"image": {"name": "a\xffb"}}',
        b'{"image": ' * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
        _image(id="9" * 5000),
        b'{"image": {"id": 0x10}}',
        b"{'image': {}}",
        b'{"image": {},}',
        b'{"image": {"name": "a\nb"}}',
    ],
    ids=_short,
)
def test_what_is_no_json_object_is_named_as_such(content: bytes) -> None:
    assert _invalid_field(content) is None


# ── Unusual JSON ────────────────────────────────────────────────────────────────────────────


def _parsed(content: bytes) -> Image:
    return responses.parse(api.IMAGES_GET, _response(content)).image


@given(st.integers(1 - 2**63, 2**63 - 1), st.data())
def test_a_whole_number_may_be_written_in_any_way_that_json_has(
    number: int, data: st.DataObject
) -> None:
    written = data.draw(_spellings(number))
    assert json.loads(written, parse_float=Decimal) == number
    image = _parsed(_image(id=written, min_disk_size="20.0", more=written))
    assert (image.id, image.min_disk_size) == (number, 20)
    assert type(image.id) is int
    page = f'{{"images": [{{"id": {written}, "name": "x", "created_at": "2026-01-01T00:00:00Z"}}],'
    page += f'"meta": {{"total": {written}}}}}'
    response = responses.parse(api.IMAGES_LIST, _response(page.encode()))
    assert response.meta is not None
    assert (response.images[0].id, response.meta.total) == (number, number)


@st.composite
def _spellings(draw: st.DrawFn, number: int) -> str:
    """A JSON number: with a fraction of zeros, with an exponent, or with both."""
    digits = str(abs(number))
    shift = draw(st.integers(-5, len(digits) - 1))
    sign = "-" if number < 0 else draw(st.sampled_from(["", "-"])) if number == 0 else ""
    if shift <= 0:  # 12 as 1200e-2
        mantissa = digits + "0" * -shift if number else "0"
    else:  # 12 as 1.2e1
        mantissa = f"{digits[:-shift]}.{digits[-shift:]}"
    plus = draw(st.sampled_from(["", "+"])) if shift >= 0 else ""
    exponent = draw(st.sampled_from("eE")) + plus + str(shift)
    if shift == 0 and draw(st.booleans()):
        exponent = ""
    zeros = "0" * draw(st.integers(0 if exponent or "." in mantissa else 1, 3))
    point = "" if "." in mantissa or not zeros else "."
    return f"{sign}{mantissa}{point}{zeros}{exponent}"


@pytest.mark.parametrize(
    "number", ["20.5", "1e20", "1e400", "1e-400", "1E999999999", "-2.5e0", "9223372036854775808.0"]
)
def test_a_number_with_a_fraction_or_of_too_many_digits_is_not_whole(number: str) -> None:
    assert _invalid_field(_image(id=number)) == "image.id"


def test_other_numbers_and_texts_like_numbers_stay_as_they_are() -> None:
    image = _parsed(_image(id="7.0", name='"20.0 \\" 1e3"', size_gigabytes="2.50", more="[0.1]"))
    assert (image.name, image.size_gigabytes) == ('20.0 " 1e3', 2.5)
    assert image.model_extra == {"more": [0.1]}


# A half of a pair as JSON escapes it, with what may come before and after it.
HALVES = st.integers(0xD800, 0xDFFF).map("\\u{:04x}".format) | st.sampled_from(
    ["\\uD83D", "\\uDe00"]
)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=5).map(json.dumps)


@given(st.lists(HALVES | TEXTS.map(lambda text: text[1:-1]), min_size=1).map("".join))
def test_half_a_surrogate_pair_is_replaced_anywhere(text: str) -> None:
    # What Python reads, with the halves replaced that Python leaves alone.
    expected = re.sub("[\ud800-\udfff]", "\ufffd", json.loads(f'"{text}"'))
    image = _parsed(_image(name=f'"{text}"', tags=f'["{text}"]', more=f'{{"{text}": "{text}"}}'))
    assert (image.name, image.tags, image.model_extra) == (
        expected,
        [expected],
        {"more": {expected: expected}},
    )
    assert Image.model_validate_json(image.model_dump_json(), strict=True) == image


def test_what_looks_like_half_a_pair_is_text() -> None:
    assert _parsed(_image(id="1.0", name=r'"\\ud83d \\\ud83d \ud83d\ude00"')).name == (
        "\\ud83d \\\ufffd \N{GRINNING FACE}"
    )


@pytest.mark.parametrize("name", ["image_snapshot", "image_unknown_values", "image_minimal"])
def test_a_byte_order_mark_is_skipped(name: str) -> None:
    assert _parsed(b"\xef\xbb\xbf" + load(name)) == _parsed(load(name))


@pytest.mark.parametrize("endpoint", [api.IMAGES_LIST, api.ACTIONS_LIST, api.IMAGE_ACTIONS_LIST])
def test_a_list_may_be_null(endpoint: Endpoint[ImagesResponse | ActionsResponse]) -> None:
    content = b'{"images": null, "actions": null, "links": null, "meta": null}'
    page = responses.parse(endpoint, _response(content))
    items = page.images if isinstance(page, ImagesResponse) else page.actions
    assert items == []


@pytest.mark.parametrize(
    ("region", "slug", "name"),
    [
        ("{}", None, None),
        ('{"slug": "nyc3"}', "nyc3", None),
        ('{"name": "New York 3"}', None, "New York 3"),
        ('{"slug": null, "name": null, "sizes": null, "features": null}', None, None),
        ('{"slug": "nyc3", "name": null, "available": null}', "nyc3", None),
    ],
)
def test_a_region_may_lack_any_part(region: str, slug: str | None, name: str | None) -> None:
    action = responses.parse(api.ACTIONS_GET, _response(_action(region=region))).action
    assert isinstance(action.region, Region)
    assert (action.region.slug, action.region.name) == (slug, name)
    assert (action.region.sizes, action.region.features) == ([], [])


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(st.characters(exclude_categories=["Cs"])),
        lambda inner: st.lists(inner) | st.dictionaries(st.text("abc"), inner),
    )
)
def test_usual_json_means_the_same_after_it_was_made_usual(value: object) -> None:
    for text in (json.dumps(value), json.dumps(value, ensure_ascii=False, indent=1)):
        same = json.loads(text, parse_int=float)
        assert json.loads(_usual(text.encode()), parse_int=float) == same
        assert json.loads(_usual(b"\xef\xbb\xbf" + text.encode()), parse_int=float) == same


MEASURED = """
    import resource, sys
    from do_images import RequestInfo, _endpoints as api
    from do_images._core import responses
    start, item = sys.argv[1].encode(), sys.argv[2].encode()
    def parse(content):
        request = RequestInfo("GET", "https://api.digitalocean.com/v2/images")
        try:
            responses.parse(api.IMAGES_LIST, responses.Response(request, 200, {}, content))
        except Exception as error:
            return error
    parse(start + item)
    content = start + b",".join([item] * (2_000_000 // len(item))) + b"]}"
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    error = parse(content)
    print(error.field, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


@pytest.mark.parametrize(
    ("start", "item", "field"),
    [
        ('{"images": [', '{"id": "x"}', "images.0.id"),
        ('{"images": [', '{"id": 1.0}', "images.0.id"),
        ('{"images": [{"id": 1, "name": "x", "tags": [', "5", "None"),
        (
            '{"images": [{"id": 1, "name": "x", "created_at": 5, "tags": ["x"]}], "x": [',
            "5",
            "images.0.created_at",
        ),
        ('{"images": 5, "x": [', '"\\ud83d"', "images"),
    ],
)
def test_the_memory_for_a_large_invalid_body_is_bounded(start: str, item: str, field: str) -> None:
    script = textwrap.dedent(MEASURED)
    run = [sys.executable, "-c", script, start, item]
    done = subprocess.run(run, capture_output=True, text=True, check=True)
    named, rise = done.stdout.split()
    assert named == field
    assert int(rise) < 2 * 30, "MB for 2 MB; an error for each item took 400"


# ── Invalid bodies ──────────────────────────────────────────────────────────────────────────


def test_of_many_problems_the_first_is_named() -> None:
    assert _invalid_field(b'{"image": {"id": "x", "name": 5}}') == "image.id"


def test_the_last_of_two_fields_with_one_name_counts() -> None:
    assert _invalid_field(_image(x="1")[:-2] + b',"id":"x"}}') == "image.id"
    twice = _image(x="1")[:-2] + b',"id":7}}'
    assert responses.parse(api.IMAGES_GET, _response(twice)).image.id == 7


def test_unknown_fields_are_kept() -> None:
    content = _image(x='{"y": [1, null, "z"]}')[:-1] + b', "more": 1}'
    response = responses.parse(api.IMAGES_GET, _response(content))
    assert response.model_extra == {"more": 1}
    assert response.image.model_extra == {"x": {"y": [1, None, "z"]}}


def test_an_invalid_body_is_quoted_in_part_and_kept_whole() -> None:
    content = b'{"image": {"x": "' + b"long" * 1000 + b'"}}'
    with pytest.raises(APIResponseValidationError) as caught:
        responses.parse(api.IMAGES_GET, _response(content, x_request_id="0-1"))
    error = caught.value
    text = str(error)
    assert text.startswith("GET https://api.digitalocean.com/v2/images/1: 200, but field image.id")
    assert text.endswith("...' (request id 0-1)")
    assert len(text) < 500
    assert error.body == {"image": {"x": "long" * 1000}}


def test_an_invalid_body_that_is_no_json_is_kept_as_text() -> None:
    with pytest.raises(APIResponseValidationError) as caught:
        responses.parse(api.IMAGES_GET, _response(b"caf\xe9 <html>"))
    assert caught.value.body == "caf\ufffd <html>"
    assert caught.value.request_id is None
    assert "request id" not in str(caught.value)
    assert str(caught.value).endswith("the body begins with 'caf\ufffd <html>'")


def test_a_body_that_broke_off_is_incomplete() -> None:
    error = responses.invalid_response(_response(b'{"im'), "it broke off", incomplete=True)
    assert is_incomplete(error)
    assert (error.field, error.body) == (None, '{"im')


# ── Errors ──────────────────────────────────────────────────────────────────────────────────


def _error(content: bytes, status: int = 500, **headers: str) -> APIStatusError:
    response = _response(content, status, **headers)
    error = responses.status_error(api.IMAGES_GET, response, NOW, None)
    assert type(error.message) is str
    assert error.message
    assert error.status_code == status
    assert error.request == REQUEST
    twin = pickle.loads(pickle.dumps(error))
    assert (str(twin), twin.body) == (str(error), error.body)
    return error


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, BadRequestError),
        (401, AuthenticationError),
        (403, PermissionDeniedError),
        (404, NotFoundError),
        (409, ConflictError),
        (422, UnprocessableEntityError),
        (429, RateLimitError),
        (500, InternalServerError),
        (502, InternalServerError),
        (503, InternalServerError),
        (520, InternalServerError),
        (524, InternalServerError),
        (599, InternalServerError),
        (304, APIStatusError),
        (402, APIStatusError),
        (408, APIStatusError),
        (410, APIStatusError),
        (418, APIStatusError),
        (499, APIStatusError),
    ],
)
@pytest.mark.parametrize("content", [load("error_server"), HTML, b"", b"[1]"], ids=_short)
def test_the_status_decides_the_class_whatever_the_body(
    status: int, kind: type[APIStatusError], content: bytes
) -> None:
    assert type(_error(content, status)) is kind


def test_what_the_api_says_is_in_the_error() -> None:
    error = _error(load("error_not_found"), 404)
    assert error.error_id == "not_found"
    assert error.message == "The resource you were accessing could not be found."
    assert error.request_id == "4d9d8375-3c56-4925-a3e7-eb137fed17e9"
    assert isinstance(error.body, dict)
    assert str(error) == (
        "GET https://api.digitalocean.com/v2/images/1: 404 not_found: The resource you were "
        "accessing could not be found. (request id 4d9d8375-3c56-4925-a3e7-eb137fed17e9)"
    )


@pytest.mark.parametrize("status", [401, 403, 404, 422, 429, 500])
@pytest.mark.parametrize(
    ("content", "error_id", "message"),
    [
        (load("error_unauthorized"), "Unauthorized", "Unable to authenticate you"),
        (load("error_too_many_requests"), "Too Many Requests", "API Rate limit exceeded."),
        (load("error_empty_id"), None, "something went wrong"),
        (
            load("error_message_is_object"),
            "unprocessable_entity",
            "{'name': [\"can't be blank\"], 'region': ['is not known']}",
        ),
        (
            load("error_root_causes"),
            None,
            "invalid image ['name is too long', 'url is not reachable']",
        ),
        (b'{"id": 5, "message": ["a", 1]}', None, "['a', 1]"),
        (b'{"id": null, "message": true}', None, "True"),
        (b'{"error": {"code": 7}}', None, "{'code': 7}"),
        (b'{"message": "", "error": "stated here"}', None, "stated here"),
        (b"plain   text\n\n in lines", None, "plain text in lines"),
        (b'"a JSON string"', None, "a JSON string"),
        (b"x" * 1000, None, "x" * 200),
        (b"\xff\xfe", None, "\ufffd\ufffd"),
    ],
    ids=_short,
)
def test_unusual_error_bodies(
    content: bytes, error_id: str | None, message: str, status: int
) -> None:
    error = _error(content, status)
    assert (error.error_id, error.message) == (error_id, message)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b" \n",
        HTML,
        b"{}",
        b"[]",
        b"[1, 2]",
        b"null",
        b"5",
        b"true",
        b'""',
        b'{"id": ""}',
        b'{"message": null}',
        b'{"message": ""}',
        b'{"message": 0}',
        b'{"message": []}',
        b'{"message": " "}',
        b'{"root_causes": ["x"]}',
    ],
    ids=_short,
)
def test_without_a_message_the_phrase_of_the_status_is_used(content: bytes) -> None:
    assert _error(content, 502).message == "Bad Gateway"
    assert _error(content, 520).message == "no reason given"


def test_the_body_is_decoded_json_or_else_text() -> None:
    assert _error(b'{"a": [1, null]}').body == {"a": [1, None]}
    assert _error(b"[1]").body == [1]
    assert _error(b"5").body == 5
    assert _error(b"null").body is None
    assert _error(b"").body == ""
    assert _error(HTML).body == HTML.decode()
    assert _error(b"{" * 1000).body == "{" * 1000
    assert _error(b"NaN").body == "NaN", "which is no JSON"
    assert _error(b"[Infinity]").body == "[Infinity]"


@pytest.mark.parametrize(
    ("content", "headers", "request_id"),
    [
        (b'{"request_id": "in the body"}', {"x_request_id": "in a header"}, "in the body"),
        (b"{}", {"x_request_id": "in a header"}, "in a header"),
        (b'{"request_id": ""}', {"x_request_id": "in a header"}, "in a header"),
        (b'{"request_id": 5}', {"x_request_id": "in a header"}, "in a header"),
        (b'{"request_id": null}', {}, None),
        (HTML, {"x_request_id": "in a header"}, "in a header"),
        (HTML, {}, None),
    ],
)
def test_the_request_id_is_in_the_body_or_in_a_header(
    content: bytes, headers: dict[str, str], request_id: str | None
) -> None:
    assert _error(content, 500, **headers).request_id == request_id


@pytest.mark.parametrize(
    ("endpoint", "scopes"),
    [
        (api.IMAGES_GET, "image:read"),
        (api.IMAGES_DELETE, "image:delete"),
        (api.ACCOUNT_TRANSFER_START, "image:update and image:delete"),
        (api.ACTIONS_LIST, "actions:read"),
    ],
)
def test_a_403_names_the_scope_that_the_call_needs(endpoint: Endpoint[Model], scopes: str) -> None:
    error = responses.status_error(endpoint, _response(load("error_forbidden"), 403), NOW, None)
    assert str(error).endswith(f"This call needs a token with the scope {scopes}.")
    assert error.message == "You are not authorized to perform this operation"


@pytest.mark.parametrize("content", [HTML, b"Access denied by policy", b"[1]"], ids=_short)
def test_a_403_of_a_proxy_is_not_about_scopes(content: bytes) -> None:
    assert "scope" not in str(_error(content, 403))


def test_a_403_without_a_body_may_be_about_scopes() -> None:
    assert str(_error(b"", 403)).endswith("needs a token with the scope image:read.")


def test_only_a_403_is_about_scopes() -> None:
    assert "scope" not in str(_error(load("error_unauthorized"), 401))


TOKEN = "dop_v1_0123456789abcdef"
ESCAPED = TOKEN.replace("_", "\\u005f")


def _echo(content: bytes, status: int) -> responses.Response:
    headers = {"x-request-id": f"echo {TOKEN}", "retry-after": TOKEN}
    return responses.Response(REQUEST, status, headers, content, 0.0, _without_token)


def _without_token(text: str) -> str:
    return text.replace(TOKEN, "[token]")


@pytest.mark.parametrize("status", [200, 302, 403, 404, 422, 502])
@pytest.mark.parametrize(
    "content",
    [
        f'{{"id": "{TOKEN}", "message": "{TOKEN}", "request_id": "x {TOKEN}", "{TOKEN}": 1}}',
        f'{{"message": {{"headers": ["Bearer {TOKEN}"]}}}}',
        f'{{"error": "e", "root_causes": ["{TOKEN}"]}}',
        f'{{"id": "{ESCAPED}", "message": ["{ESCAPED}"], "x": {{"{ESCAPED}": ["{ESCAPED}", 5]}}}}',
        f"<html>{TOKEN}</html>",
        f"no JSON but {TOKEN}",
        "",
    ],
)
def test_a_token_that_is_echoed_gets_into_no_error(content: str, status: int) -> None:
    response = _echo(content.encode(), status)
    error: APIError
    if status == 200:
        error = responses.invalid_response(response, f"{TOKEN} is invalid")
    else:
        error = responses.status_error(api.IMAGES_GET, response, NOW, None, None)
    assert isinstance(error, APIStatusError | APIResponseValidationError)
    assert TOKEN not in str(error)
    assert TOKEN not in repr((vars(error), error.body))
    assert TOKEN.encode() not in pickle.dumps(error)
    assert "[token]" in str(error)
    message = f"it redirects to https://example.com/{TOKEN}"
    redirect = responses.status_error(api.IMAGES_GET, response, NOW, None, message)
    assert redirect.message == "it redirects to https://example.com/[token]"


def test_a_message_of_ours_takes_the_place_of_the_bodys() -> None:
    response = _response(load("error_server"), 302)
    error = responses.status_error(api.IMAGES_GET, response, NOW, None, "it redirects")
    assert error.message == "it redirects"
    assert error.error_id == "server_error"


def test_the_rate_limit_of_the_response_is_kept() -> None:
    rate_limit = RateLimit(5000, 17, 1_700_000_600)
    error = responses.status_error(api.IMAGES_GET, _response(b"", 500), NOW, rate_limit)
    assert error.rate_limit == rate_limit
    assert error.retry_after is None


# ── Headers ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("named", "seconds"),
    [
        ("0", 0.0),
        ("23", 23.0),
        (" 23 ", 23.0),
        ("1.5", 1.5),
        ("3600", 3600.0),
        ("3600.5", None),
        ("999999999", None),
        (formatdate(NOW + 3700, usegmt=True), None),
        (formatdate(NOW + 90, usegmt=True), 90.0),
        (formatdate(NOW - 90, usegmt=True), 0.0),
        ("Tue, 14 Nov 2023 22:14:50 GMT", 90.0),
        ("Tue, 14 Nov 2023 23:14:50 +0100", 90.0),
        ("Tue, 14 Nov 2023 22:14:50", 90.0),
    ],
)
def test_retry_after_is_seconds_or_a_date_within_an_hour(named: str, seconds: float | None) -> None:
    for status in (429, 503):
        response = _response(b"", status, retry_after=named)
        assert responses.retry_after(response, NOW, None) == seconds


INVALID = [
    "",
    " ",
    "soon",
    "-1",
    "1e5",
    "0x10",
    "1,5",
    "5, 6",
    "NaN",
    "Infinity",
    "9" * 400,
    "\u0661",
    "Tue, 99 Nov 2023 22:14:50 GMT",
    "Tue, 14 Nov 99999 22:14:50 GMT",
    "Tue, 14 Nov 2023 22:14:50 +9999999999",
    "Thu, 01 Jan 0001 00:00:00 +2359",
]


@pytest.mark.parametrize("named", INVALID)
def test_an_invalid_retry_after_names_no_time(named: str) -> None:
    response = responses.Response(REQUEST, 429, {"retry-after": named}, b"")
    rate_limit = RateLimit(5000, 1, int(NOW) + 600)
    assert responses.retry_after(response, NOW, rate_limit) in {None, 0.0}


def test_at_the_hourly_limit_the_end_of_the_window_is_the_time() -> None:
    used_up = RateLimit(5000, 0, int(NOW) + 600)
    assert responses.retry_after(_response(b"", 429), NOW, used_up) == 600.0
    assert responses.retry_after(_response(b"", 429, retry_after="soon"), NOW, used_up) == 600.0
    assert responses.retry_after(_response(b"", 429), NOW + 700, used_up) == 0.0
    assert responses.retry_after(_response(b"", 429, retry_after="5"), NOW, used_up) == 5.0
    assert responses.retry_after(_response(b"", 503), NOW, used_up) is None
    assert responses.retry_after(_response(b"", 429), NOW, used_up._replace(remaining=1)) is None
    assert responses.retry_after(_response(b"", 429), NOW, None) is None
    assert responses.retry_after(_response(b"", 429), NOW - 3600, used_up) is None


def test_an_error_names_the_time_to_wait() -> None:
    response = _response(load("error_too_many_requests"), 429)
    rate_limit = RateLimit(5000, 0, int(NOW) + 60)
    error = responses.status_error(api.IMAGES_GET, response, NOW, rate_limit)
    assert isinstance(error, RateLimitError)
    assert (error.retry_after, error.rate_limit) == (60.0, rate_limit)


@pytest.mark.parametrize("date", [None, *INVALID[:-1]])
def test_dates_that_are_none(date: str | None) -> None:
    assert responses.timestamp(date) is None


def test_dates_without_a_zone_are_utc() -> None:
    assert responses.timestamp("Tue, 14 Nov 2023 22:13:20 GMT") == NOW
    assert responses.timestamp("Tue, 14 Nov 2023 22:13:20 -0000") == NOW
    assert responses.timestamp("Tue, 14 Nov 2023 22:13:20") == NOW


@given(
    st.text() | st.lists(st.sampled_from([*"0123456789:+-, ", "Tue", "Nov", "GMT"])).map("".join)
)
def test_no_header_breaks_anything(value: str) -> None:
    response = responses.Response(REQUEST, 429, {"retry-after": value}, b"")
    seconds = responses.retry_after(response, NOW, RateLimit(1, 0, 0))
    assert seconds is None or 0.0 <= seconds <= 3600.0
    responses.timestamp(value)


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://api.digitalocean.com/v2", ("https", "api.digitalocean.com", 443)),
        ("https://api.digitalocean.com:443/x?y#z", ("https", "api.digitalocean.com", 443)),
        ("HTTPS://API.DigitalOcean.com", ("https", "api.digitalocean.com", 443)),
        ("https://api.digitalocean.com:8443", ("https", "api.digitalocean.com", 8443)),
        ("http://127.0.0.1", ("http", "127.0.0.1", 80)),
        ("http://[::1]:8080/v2", ("http", "::1", 8080)),
        ("ftp://x.example/", ("ftp", "x.example", None)),
        ("https:///x", ("https", "", 443)),
    ],
)
def test_an_origin_is_scheme_host_and_port(url: str, origin: tuple[str, str, int | None]) -> None:
    assert responses.origin(url) == origin

"""The API's language: bodies, errors, headers and pages, without any I/O."""

import pickle
from email.utils import formatdate

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from do_images import (
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
    RequestInfo,
    UnprocessableEntityError,
)
from do_images import _endpoints as api
from do_images._base import Endpoint, Model, NoContent
from do_images._core import pagination, responses
from do_images._core.failures import is_incomplete
from do_images.models import ImageResponse, Links, Pages
from tests.support import load

REQUEST = RequestInfo("GET", "https://api.digitalocean.com/v2/images/1")
NOW = 1_700_000_000.0
HTML = b"<html><body><h1>502 Bad Gateway</h1><hr>proxy</body></html>"


def _reply(content: bytes, status: int = 200, **headers: str) -> responses.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return responses.Response(REQUEST, status, httpx.Headers(named), content)


def _short(value: object) -> str:
    return repr(value)[:40]


def _refused(content: bytes, endpoint: Endpoint[Model] = api.IMAGES_GET) -> str | None:
    """The field that is named when the body is refused."""
    reply = _reply(content, x_request_id="0-1")
    with pytest.raises(APIResponseValidationError) as caught:
        responses.parse(endpoint, reply)
    error = caught.value
    assert (error.request, error.status_code, error.request_id) == (REQUEST, 200, "0-1")
    assert error.field is None or f"field {error.field}: " in str(error)
    assert error.__cause__ is None
    assert error.__context__ is None
    assert not is_incomplete(error)
    return error.field


# ── Bodies of 2xx ───────────────────────────────────────────────────────────────────────────


def test_a_good_body() -> None:
    response: ImageResponse = responses.parse(api.IMAGES_GET, _reply(load("image_snapshot")))
    assert response.image.name == "nginx-golden"


@pytest.mark.parametrize("content", [b"", b"{}", b"null", HTML, b"\xff"])
@pytest.mark.parametrize(
    "endpoint",
    [api.IMAGES_DELETE, api.ACCOUNT_TRANSFER_ACCEPT, api.ACCOUNT_TRANSFER_CANCEL],
    ids=lambda endpoint: endpoint.path,
)
def test_where_no_body_is_promised_any_will_do(
    endpoint: Endpoint[NoContent], content: bytes
) -> None:
    assert isinstance(responses.parse(endpoint, _reply(content, 204)), NoContent)


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
        "id": ["null", "true", '"1"', "1.0", "1.5", "NaN", "1e999", "[1]", "{}"],
        "name": ["null", "1", "false", "[]", "{}"],
        "created_at": [
            "null",
            "1767225600",
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
        assert _refused(_image(**{field: value})) == f"image.{field}"


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
        ("region", "{}", "region.slug"),
        ("region", '{"slug": "nyc3"}', "region.name"),
        ("region", '{"slug": 1, "name": "x"}', "region.slug"),
        ("region", '{"slug": "nyc3", "name": null}', "region.name"),
        ("region", '{"slug": "nyc3", "name": "x", "available": "yes"}', "region.available"),
        ("region", '{"slug": "nyc3", "name": "x", "sizes": [1]}', "region.sizes"),
        ("region", '{"slug": "nyc3", "name": "x", "features": "all"}', "region.features"),
    ],
)
def test_a_wrong_type_in_an_action_is_named(field: str, value: str, named: str) -> None:
    assert _refused(_action(**{field: value}), api.IMAGE_ACTIONS_GET) == f"action.{named}"


@pytest.mark.parametrize("field", ["id", "name", "created_at"])
def test_a_required_field_that_is_missing_is_named(field: str) -> None:
    assert _refused(_image().replace(f'"{field}"'.encode(), b'"other"')) == f"image.{field}"


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
    assert _refused(content) == named


def test_the_envelope_of_an_action_is_required() -> None:
    for endpoint in (api.IMAGE_ACTIONS_GET, api.IMAGE_ACTIONS_CREATE, api.ACTIONS_GET):
        assert _refused(load("bare_action"), endpoint) == "action"


@pytest.mark.parametrize("content", [b"{}", b'{"transfer_id": null}', b'{"transfer_id": "5"}'])
def test_the_id_of_an_account_transfer_is_required(content: bytes) -> None:
    assert _refused(content, api.ACCOUNT_TRANSFER_START) == "transfer_id"


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (b"{}", "images"),
        (b'{"images": null}', "images"),
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
    assert _refused(content, api.IMAGES_LIST) == named


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
        b"\xef\xbb\xbf" + load("image_snapshot"),
        load("image_snapshot").decode().encode("utf-16"),
        load("image_snapshot")[:-3],
        load("image_snapshot") + b"}",
        b'{"image": {"name": "\\ud800"}}',
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
def test_what_is_no_json_object_is_said_to_be_none(content: bytes) -> None:
    assert _refused(content) is None


def test_many_problems_are_told_by_the_first() -> None:
    assert _refused(b'{"image": {"id": "x", "name": 5}}') == "image.id"


def test_the_last_of_two_fields_with_one_name_counts() -> None:
    assert _refused(_image(x="1")[:-2] + b',"id":"x"}}') == "image.id"
    twice = _image(x="1")[:-2] + b',"id":7}}'
    assert responses.parse(api.IMAGES_GET, _reply(twice)).image.id == 7


def test_unknown_fields_are_kept() -> None:
    content = _image(x='{"y": [1, null, "z"]}')[:-1] + b', "more": 1}'
    response = responses.parse(api.IMAGES_GET, _reply(content))
    assert response.model_extra == {"more": 1}
    assert response.image.model_extra == {"x": {"y": [1, None, "z"]}}


def test_a_refused_body_is_told_in_part_and_kept_whole() -> None:
    content = b'{"image": {"x": "' + b"long" * 1000 + b'"}}'
    with pytest.raises(APIResponseValidationError) as caught:
        responses.parse(api.IMAGES_GET, _reply(content, x_request_id="0-1"))
    error = caught.value
    told = str(error)
    assert told.startswith("GET https://api.digitalocean.com/v2/images/1: 200, but field image.id")
    assert "(request id 0-1)" in told
    assert "... (request id 0-1)" in told
    assert len(told) < 500
    assert error.body == {"image": {"x": "long" * 1000}}


def test_a_refused_body_that_is_no_json_is_kept_as_text() -> None:
    with pytest.raises(APIResponseValidationError) as caught:
        responses.parse(api.IMAGES_GET, _reply(b"caf\xe9 <html>"))
    assert caught.value.body == "caf\ufffd <html>"
    assert caught.value.request_id is None
    assert "request id" not in str(caught.value)
    assert str(caught.value).endswith("the body begins 'caf\ufffd <html>'")


def test_a_body_that_broke_off_is_known_as_such() -> None:
    error = responses.invalid_response(_reply(b'{"im'), "it broke off", incomplete=True)
    assert is_incomplete(error)
    assert (error.field, error.body) == (None, '{"im')


# ── Errors ──────────────────────────────────────────────────────────────────────────────────


def _error(content: bytes, status: int = 500, **headers: str) -> APIStatusError:
    reply = _reply(content, status, **headers)
    error = responses.status_error(api.IMAGES_GET, reply, NOW, None)
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


def test_the_apis_own_words() -> None:
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
        (b'{"message": "", "error": "told here"}', None, "told here"),
        (b"plain   text\n\n in lines", None, "plain text in lines"),
        (b'"a JSON string"', None, "a JSON string"),
        (b"x" * 1000, None, "x" * 200),
        (b"\xff\xfe", None, "\ufffd\ufffd"),
    ],
    ids=_short,
)
def test_odd_bodies_say_what_they_can(
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
def test_bodies_that_say_nothing_leave_the_word_to_the_status(content: bytes) -> None:
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
    error = responses.status_error(endpoint, _reply(load("error_forbidden"), 403), NOW, None)
    assert str(error).endswith(f"This call needs a token with the scope {scopes}.")
    assert error.message == "You are not authorized to perform this operation"


def test_only_a_403_is_about_scopes() -> None:
    assert "scope" not in str(_error(load("error_unauthorized"), 401))


def test_a_message_of_ours_takes_the_place_of_the_bodys() -> None:
    reply = _reply(load("error_server"), 302)
    error = responses.status_error(api.IMAGES_GET, reply, NOW, None, "it redirects")
    assert error.message == "it redirects"
    assert error.error_id == "server_error"


def test_the_quota_of_the_answer_is_kept() -> None:
    quota = RateLimit(5000, 17, 1_700_000_600)
    error = responses.status_error(api.IMAGES_GET, _reply(b"", 500), NOW, quota)
    assert error.rate_limit == quota
    assert error.retry_after is None


# ── Headers ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("named", "seconds"),
    [
        ("0", 0.0),
        ("23", 23.0),
        (" 23 ", 23.0),
        ("1.5", 1.5),
        ("999999999", 999_999_999.0),
        (formatdate(NOW + 90, usegmt=True), 90.0),
        (formatdate(NOW - 90, usegmt=True), 0.0),
        ("Tue, 14 Nov 2023 22:14:50 GMT", 90.0),
        ("Tue, 14 Nov 2023 23:14:50 +0100", 90.0),
        ("Tue, 14 Nov 2023 22:14:50", 90.0),
    ],
)
def test_retry_after_is_seconds_or_a_date(named: str, seconds: float) -> None:
    for status in (429, 503):
        reply = _reply(b"", status, retry_after=named)
        assert responses.retry_after(reply, NOW, None) == seconds


NONSENSE = [
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


@pytest.mark.parametrize("named", NONSENSE)
def test_nonsense_in_retry_after_names_no_time(named: str) -> None:
    reply = responses.Response(REQUEST, 429, {"retry-after": named}, b"")
    quota = RateLimit(5000, 1, int(NOW) + 600)
    assert responses.retry_after(reply, NOW, quota) in {None, 0.0}


def test_at_the_hourly_limit_the_end_of_the_window_is_the_time() -> None:
    used_up = RateLimit(5000, 0, int(NOW) + 600)
    assert responses.retry_after(_reply(b"", 429), NOW, used_up) == 600.0
    assert responses.retry_after(_reply(b"", 429, retry_after="soon"), NOW, used_up) == 600.0
    assert responses.retry_after(_reply(b"", 429), NOW + 700, used_up) == 0.0
    assert responses.retry_after(_reply(b"", 429, retry_after="5"), NOW, used_up) == 5.0
    assert responses.retry_after(_reply(b"", 503), NOW, used_up) is None
    assert responses.retry_after(_reply(b"", 429), NOW, used_up._replace(remaining=1)) is None
    assert responses.retry_after(_reply(b"", 429), NOW, None) is None


def test_an_error_tells_when_to_come_back() -> None:
    reply = _reply(load("error_too_many_requests"), 429)
    quota = RateLimit(5000, 0, int(NOW) + 60)
    error = responses.status_error(api.IMAGES_GET, reply, NOW, quota)
    assert isinstance(error, RateLimitError)
    assert (error.retry_after, error.rate_limit) == (60.0, quota)


@pytest.mark.parametrize("date", [None, *NONSENSE[:-1]])
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
    reply = responses.Response(REQUEST, 429, {"retry-after": value}, b"")
    seconds = responses.retry_after(reply, NOW, RateLimit(1, 0, 0))
    assert seconds is not None
    assert seconds >= 0.0
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


# ── Pages ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("url", "page"),
    [
        ("https://api.digitalocean.com/v2/images?page=2", 2),
        ("http://other.example:99/anything?per_page=20&page=17#x", 17),
        ("?page=3", 3),
        ("/v2/images?page=004", 4),
        ("page=2", None),
        ("", None),
        ("https://x.example/v2/images", None),
        ("https://x.example/?pages=2", None),
        ("https://x.example/?page=", None),
        ("https://x.example/?page=two", None),
        ("https://x.example/?page=-2", None),
        ("https://x.example/?page=2.5", None),
        ("https://x.example/?page=2&page=3", None),
        ("https://x.example/?page=%32", 2),
        ("https://x.example/?page=\u0662", None),
        ("https://x.example/?page=" + "9" * 400, None),
        ("https://[::1/?page=2", None),
    ],
)
def test_nothing_but_the_page_is_taken_from_a_link(url: str, page: int | None) -> None:
    assert pagination.page_number(url) == page


@given(st.text())
def test_no_link_breaks_anything(url: str) -> None:
    page = pagination.page_number(url)
    assert page is None or page >= 0


def _images(*ids: int) -> list[Image]:
    return [Image.model_construct(id=number, name="x") for number in ids]


def _next(link: str | None) -> Links:
    return Links(pages=Pages(next=link))


def _take(cursor: pagination.Cursor[Image], link: str | None, *ids: int) -> list[int]:
    return [image.id for image in cursor.take(_reply(b"{}"), _images(*ids), _next(link))]


def test_a_cursor_follows_next_and_keeps_the_filters() -> None:
    cursor = pagination.Cursor[Image]({"private": "true"})
    assert cursor.query == {"private": "true", "per_page": "200", "page": "1"}
    assert _take(cursor, "http://evil.example/?page=2&private=false&per_page=1", 1, 2) == [1, 2]
    assert cursor.more
    assert cursor.query == {"private": "true", "per_page": "200", "page": "2"}
    assert _take(cursor, "?page=5", 3) == [3]
    assert cursor.query["page"] == "5", "the API says where it goes on"
    assert _take(cursor, None, 4) == [4]
    assert not cursor.more


@pytest.mark.parametrize("links", [None, Links(), Links(pages=Pages()), _next(""), _next(None)])
def test_without_a_next_there_is_no_more(links: Links | None) -> None:
    cursor = pagination.Cursor[Image]({})
    cursor.take(_reply(b"{}"), _images(1), links)
    assert not cursor.more


def test_what_shifted_to_a_later_page_comes_once() -> None:
    cursor = pagination.Cursor[Image]({})
    assert _take(cursor, "?page=2", 1, 2, 3) == [1, 2, 3]
    assert _take(cursor, "?page=3", 3, 4) == [4]
    assert _take(cursor, None, 1, 4, 5, 5) == [5, 5]


def test_what_stands_twice_on_one_page_stays_as_it_came() -> None:
    cursor = pagination.Cursor[Image]({})
    assert _take(cursor, None, 7, 7, 8) == [7, 7, 8]


@pytest.mark.parametrize(
    ("link", "problem"),
    [
        ("?page=1", "leads from page 1 back to page 1"),
        ("?page=0", "leads from page 1 back to page 0"),
        ("?page=x", "names no page"),
        ("https://x.example/v2/images", "names no page"),
        ("https://[", "names no page"),
    ],
)
def test_a_next_that_leads_nowhere_is_an_error(link: str, problem: str) -> None:
    cursor = pagination.Cursor[Image]({})
    with pytest.raises(APIResponseValidationError, match=problem) as caught:
        _take(cursor, link, 1)
    assert caught.value.field == "links.pages.next"


def test_a_page_that_repeats_is_an_error() -> None:
    cursor = pagination.Cursor[Image]({})
    _take(cursor, "?page=2", 1)
    _take(cursor, "?page=3", 2)
    with pytest.raises(APIResponseValidationError, match="leads from page 3 back to page 2"):
        _take(cursor, "?page=2", 3)


@pytest.mark.parametrize("again", [(), (1,)], ids=["empty", "nothing new"])
def test_pages_with_nothing_new_for_ever_are_an_error(again: tuple[int, ...]) -> None:
    cursor = pagination.Cursor[Image]({})
    _take(cursor, "?page=2", 1)
    _take(cursor, "?page=3", *again)
    _take(cursor, "?page=4", *again)
    with pytest.raises(APIResponseValidationError, match="after 3 pages with nothing new"):
        _take(cursor, "?page=5", *again)


def test_an_empty_page_now_and_then_is_none() -> None:
    cursor = pagination.Cursor[Image]({})
    for page in range(2, 40, 3):
        assert _take(cursor, f"?page={page}") == []
        assert _take(cursor, f"?page={page + 1}") == []
        assert _take(cursor, f"?page={page + 2}", page) == [page]
    assert _take(cursor, None) == []
    assert not cursor.more

"""Validation of arguments: whatever is wrong raises `ValueError` or `TypeError`."""

import enum
import ipaddress
import math
import uuid
from collections.abc import AsyncIterator, Callable
from functools import partial
from types import MappingProxyType
from unittest.mock import AsyncMock, Mock
from urllib.parse import unquote

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from do_images import Action, Image
from do_images._core import arguments as check
from do_images.models import ImageResponse
from tests.support import load

LARGEST = 2**63 - 1
HUGE = 10**5000  # too long for Python to print
ENDLESS = [pytest.param(HUGE, id="huge"), pytest.param(-HUGE, id="-huge")]
CONTROL = ["\x00", "\x07", "\x1b[31m", "\x7f", "\x85", "\u2028", "\u2029", "\ud800"]
HOSTILE = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.binary()
    | st.lists(st.none() | st.text() | st.integers())
    | st.dictionaries(st.text(), st.none())
    | st.builds(object)
    | st.complex_numbers()
    | st.sampled_from([HUGE, -HUGE, math.inf, math.nan, *CONTROL])
)


class Kind(str, enum.Enum):  # noqa: UP042 - as said below
    """The enums of many programs are strings of this kind."""

    DISTRIBUTION = "distribution"


class Id(int, enum.Enum):
    GOLDEN = 7555620


# ── Ids and slugs ───────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("value", [1, 7555620, LARGEST])
def test_ids(value: int) -> None:
    assert check.number("id", value) == value
    assert check.image_id(value) == str(value)
    assert check.action_id(value) == str(value)
    assert check.id_or_slug(value) == str(value)
    assert check.transfer_id(value) == value


IDS = [check.image_id, check.action_id, check.transfer_id, check.id_or_slug]


@pytest.mark.parametrize("value", [0, -1, 2**63, 2**70, -(2**70), *ENDLESS])
@pytest.mark.parametrize("function", IDS, ids=lambda function: function.__name__)
def test_numbers_that_are_no_ids(function: Callable[[object], object], value: int) -> None:
    with pytest.raises(ValueError):
        function(value)


@pytest.mark.parametrize("value", [True, False, 1.0, 1.5, None, [1], {}, b"1", object()])
@pytest.mark.parametrize("function", IDS, ids=lambda function: function.__name__)
def test_things_that_are_no_ids(function: Callable[[object], object], value: object) -> None:
    with pytest.raises(TypeError):
        function(value)


@pytest.mark.parametrize("function", [check.image_id, check.action_id, check.transfer_id])
def test_a_str_is_no_id_where_a_number_is_meant(function: Callable[[object], object]) -> None:
    with pytest.raises(TypeError, match="must be an int, not str"):
        function("12")


def test_numbers_that_may_be_zero() -> None:
    assert check.number("max_retries", 0, least=0) == 0
    with pytest.raises(ValueError, match="max_retries must be from 0 to"):
        check.number("max_retries", -1, least=0)


def test_an_enum_of_numbers_goes_out_as_its_number() -> None:
    assert check.image_id(Id.GOLDEN) == "7555620"
    assert check.id_or_slug(Id.GOLDEN) == "7555620"
    assert type(check.transfer_id(Id.GOLDEN)) is int


IMAGE = ImageResponse.model_validate_json(load("image_snapshot")).image


def test_an_image_stands_for_its_id() -> None:
    assert check.image_id(IMAGE) == check.id_or_slug(IMAGE) == "7555620"
    with pytest.raises(ValueError, match="id must be from 1 to"):
        check.image_id(IMAGE.model_copy(update={"id": 0}))
    action = Action(id=1, status="completed", type="transfer")
    for wrong in (check.action_id, check.transfer_id):
        with pytest.raises(TypeError, match="must be an int, not Image"):
            wrong(IMAGE)
    with pytest.raises(TypeError, match="must be an int, not Action"):
        check.image_id(action)


SLUGS = ["ubuntu-24-04-x64", "docker-20-04", "a.b", "1", "-", "_x_", "UPPER", "x..y", "a~b"]


@pytest.mark.parametrize("slug", SLUGS)
def test_slugs(slug: str) -> None:
    assert check.id_or_slug(slug) == slug


@pytest.mark.parametrize(
    "slug",
    [
        "",
        " ",
        ".",
        "..",
        "...",
        "../account",
        "a/b",
        "/",
        "\\",
        "a\\b",
        "%2e%2e",
        "a%2fb",
        "a?b",
        "a#b",
        "a b",
        " a",
        "a ",
        "a\tb",
        "a\n",
        "a\u00a0b",
        "a\u200bb",
        *(f"a{character}b" for character in CONTROL),
    ],
)
def test_slugs_that_are_none(slug: str) -> None:
    with pytest.raises(ValueError, match="must be an id or a slug"):
        check.id_or_slug(slug)


@given(st.text(min_size=1))
def test_a_slug_is_one_segment_of_a_path_or_refused(slug: str) -> None:
    try:
        segment = check.id_or_slug(slug)
    except ValueError:
        return
    path = httpx.URL(f"https://x.example/v2/images/{segment}/actions").raw_path.decode()
    head, tail = "/v2/images/", "/actions"
    assert path.startswith(head)
    assert path.endswith(tail)
    middle = path[len(head) : -len(tail)]
    assert "/" not in middle
    assert unquote(middle) == slug


@given(HOSTILE)
def test_any_value_is_a_path_segment_or_refused(value: object) -> None:
    try:
        segment = check.id_or_slug(value)
    except (TypeError, ValueError):
        return
    assert segment.isascii()
    assert segment not in {"", ".", ".."}


# ── Texts ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("value", ["x", "Naïve 名前 🐧", " padded ", "a" * 10_000])
def test_texts(value: str) -> None:
    assert check.text("name", value) == value


@pytest.mark.parametrize("value", ["", " ", "\t", "\n", "a\nb", "a\tb", *CONTROL])
def test_texts_that_are_empty_or_control_something(value: str) -> None:
    with pytest.raises(ValueError, match="name must not"):
        check.text("name", value)


@pytest.mark.parametrize("value", [None, 1, True, b"x", ["x"]])
def test_texts_that_are_none(value: object) -> None:
    with pytest.raises(TypeError, match="name must be a str"):
        check.text("name", value)


def test_a_description_may_be_empty_and_have_lines() -> None:
    for value in ("", "two\r\nlines", "a\ttab", "\n"):
        assert check.text("description", value, empty=True, lines=True) == value
    for character in CONTROL:
        with pytest.raises(ValueError, match="control characters"):
            check.text("description", f"a\n{character}", empty=True, lines=True)


@pytest.mark.parametrize("value", ["a b", " a", "a ", "a\u00a0b", "a\u3000b"])
def test_words_have_no_white_space(value: str) -> None:
    with pytest.raises(ValueError, match="region must not contain white space"):
        check.region_slug(value)


def test_regions_are_not_checked_against_a_list() -> None:
    assert check.region_slug("mars1") == "mars1"


def test_an_enum_of_strings_goes_out_as_its_value() -> None:
    query = check.list_query(Kind.DISTRIBUTION, None, Kind.DISTRIBUTION)
    assert [str(value) for value in query.values()] == ["distribution", "distribution"]
    assert check.id_or_slug(Kind.DISTRIBUTION) == "distribution"
    assert f"{check.header_value('user_agent', Kind.DISTRIBUTION)}" == "distribution"


@pytest.mark.parametrize("value", [0, 1, "true", None, [], "False"])
def test_what_merely_counts_as_a_bool_is_none(value: object) -> None:
    with pytest.raises(TypeError, match="wait must be a bool"):
        check.boolean("wait", value)


@pytest.mark.parametrize("value", [True, False])
def test_bools(value: bool) -> None:
    assert check.boolean("wait", value) is value


@pytest.mark.parametrize("value", ["my-tool/1.0", "a (b; c)", "x y"])
def test_header_values(value: str) -> None:
    assert check.header_value("user_agent", value) == value


@pytest.mark.parametrize("value", ["", " ", "a\r\nX-Evil: 1", "a\nb", "a\x00b", "naïve", "🐧"])
def test_header_values_that_can_not_be_sent(value: str) -> None:
    with pytest.raises(ValueError, match="user_agent must"):
        check.header_value("user_agent", value)


# ── Regions ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "given_regions",
    [
        ["nyc3", "ams3", "nyc3"],
        ("nyc3", "ams3"),
        {"nyc3": 1, "ams3": 2}.keys(),
        iter(["nyc3", "ams3"]),
    ],
)
def test_regions_come_in_order_and_once(given_regions: object) -> None:
    assert check.regions(given_regions) == ["nyc3", "ams3"]


NO_LISTS = [b"nyc3", bytearray(b"nyc3"), 5, True, {"nyc3": 1}, {}, MappingProxyType({"a": 1})]


@pytest.mark.parametrize("value", ["nyc3", None, *NO_LISTS], ids=repr)
def test_one_str_or_a_mapping_is_no_list_of_regions(value: object) -> None:
    with pytest.raises(TypeError, match=f"regions must be a list of str.*{type(value).__name__}"):
        check.regions(value)


@pytest.mark.parametrize("value", [[1], [None], [["nyc3"]], [b"nyc3"]])
def test_regions_are_strings(value: object) -> None:
    with pytest.raises(TypeError, match="region must be a str"):
        check.regions(value)


@pytest.mark.parametrize("value", [[""], ["nyc3", " "], ["a b"], ["\x00"]])
def test_regions_have_names(value: object) -> None:
    with pytest.raises(ValueError, match="region must not"):
        check.regions(value)


# ── Seconds ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("value", [0, 0.0, 1, 0.5, 300, 1e6])
def test_seconds(value: float) -> None:
    assert check.seconds("poll", value) == value


@pytest.mark.parametrize("value", [-1, -0.001, math.nan, math.inf, -math.inf, *ENDLESS])
def test_times_that_never_come(value: float) -> None:
    with pytest.raises(ValueError, match="poll"):
        check.seconds("poll", value)


@pytest.mark.parametrize("value", [True, "5", None, [5], 1j])
def test_times_are_numbers(value: object) -> None:
    with pytest.raises(TypeError, match="poll must be a number of seconds"):
        check.seconds("poll", value)


def test_seconds_have_a_limit_where_one_is_given() -> None:
    assert check.seconds("timeout", 9, most=10) == 9
    with pytest.raises(ValueError, match="timeout must be"):
        check.seconds("timeout", 10, most=10)


@pytest.mark.parametrize("value", [0.001, 1, 300, 999_999_999])
def test_timeouts(value: float) -> None:
    assert check.timeout(value) == value


@pytest.mark.parametrize("value", [0, 0.0, -1, math.nan, math.inf, 1e9, *ENDLESS])
def test_a_timeout_is_more_than_0_and_no_more_than_clocks_count(value: float) -> None:
    with pytest.raises(ValueError, match="timeout"):
        check.timeout(value)


# ── Queries and bodies ──────────────────────────────────────────────────────────────────────


def test_a_list_without_filters_has_no_query() -> None:
    assert check.list_query(None, None, None) == {}


def test_filters_of_a_list() -> None:
    assert check.list_query("distribution", True, "base image") == {
        "type": "distribution",
        "private": "true",
        "tag_name": "base image",
    }
    assert check.list_query("kind-to-come", False, None) == {
        "type": "kind-to-come",
        "private": "false",
    }


@pytest.mark.parametrize("kind", ["base", "snapshot", "backup", "custom", "admin", "Snapshot"])
def test_a_list_has_no_filter_for_the_types_of_images(kind: str) -> None:
    with pytest.raises(ValueError, match=rf"not '{kind}': use find\(type='{kind}'\)"):
        check.list_query(kind, None, None)


@pytest.mark.parametrize(
    "filters",
    [("", None, None), ("a b", None, None), (None, None, ""), (None, None, "a\nb")],
)
def test_filters_that_say_nothing(filters: tuple[object, object, object]) -> None:
    with pytest.raises(ValueError):
        check.list_query(*filters)


@pytest.mark.parametrize(
    "filters",
    [(1, None, None), (None, 1, None), (None, "true", None), (None, None, 5), (True, None, None)],
)
def test_filters_of_a_wrong_type(filters: tuple[object, object, object]) -> None:
    with pytest.raises(TypeError):
        check.list_query(*filters)


def _create(**changes: object) -> dict[str, object]:
    given_values: dict[str, object] = {
        "name": "golden",
        "url": "https://images.example/golden.qcow2",
        "region": "nyc3",
        "distribution": None,
        "description": None,
        "tags": None,
    }
    given_values.update(changes)
    return check.create_body(
        name=given_values["name"],
        url=given_values["url"],
        region=given_values["region"],
        distribution=given_values["distribution"],
        description=given_values["description"],
        tags=given_values["tags"],
    )


def test_the_body_of_an_import() -> None:
    assert _create() == {
        "name": "golden",
        "url": "https://images.example/golden.qcow2",
        "region": "nyc3",
    }
    assert _create(distribution="Ubuntu", description="", tags=[]) == {
        **_create(),
        "distribution": "Ubuntu",
        "description": "",
        "tags": [],
    }


@pytest.mark.parametrize("tags", [["a", "b c"], ("a", "b c"), iter(["a", "b c"])])
def test_tags_come_as_any_iterable(tags: object) -> None:
    assert _create(tags=tags)["tags"] == ["a", "b c"]


@pytest.mark.parametrize("tags", ["prod", *NO_LISTS], ids=repr)
def test_one_str_or_a_mapping_is_no_list_of_tags(tags: object) -> None:
    with pytest.raises(TypeError, match="tags must be a list of str, such as"):
        _create(tags=tags)


@pytest.mark.parametrize("tags", [[1], [None], [["a"]], [b"a"]])
def test_tags_are_strings(tags: object) -> None:
    with pytest.raises(TypeError, match="tag must be a str"):
        _create(tags=tags)


@pytest.mark.parametrize("tag", ["", " ", "a\nb", "\x00"])
def test_tags_have_names(tag: str) -> None:
    with pytest.raises(ValueError, match="tag must not"):
        _create(tags=["good", tag])


@pytest.mark.parametrize(
    "url",
    [
        "http://images.example/x.img",
        "HTTPS://images.example/x.img?signature=a%2Fb#part",
        "ftp://images.example/x.img.gz",
        "https://images.example:8443/x",
        "https://[2001:db8::1]/x",
        "https://bücher.example/x",
    ],
)
def test_urls_to_import_from(url: str) -> None:
    assert _create(url=url)["url"] == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        " ",
        "images.example/x.img",
        "//images.example/x.img",
        "https://",
        "https:///x",
        "https://:80/x",
        "file:///etc/passwd",
        "gopher://images.example/",
        "javascript:alert(1)",
        "https://images.example:port/x",
        "https://images.example:99999/x",
        "https://[::1/x",
        "https://images.example/a b",
        "https://images.example/a\nb",
        "https://images.example/\x00",
    ],
)
def test_urls_that_nothing_can_be_imported_from(url: str) -> None:
    with pytest.raises(ValueError, match="url"):
        _create(url=url)


@pytest.mark.parametrize("field", ["name", "url", "region", "distribution", "description"])
def test_texts_of_an_import_are_strings(field: str) -> None:
    for value in (5, True, b"x", ["x"]):
        with pytest.raises(TypeError, match=f"{field} must be a str"):
            _create(**{field: value})


def test_the_body_of_an_update() -> None:
    assert check.update_body(name="new", distribution=None, description=None) == {"name": "new"}
    assert check.update_body(name=None, distribution="Debian", description="a\nb") == {
        "distribution": "Debian",
        "description": "a\nb",
    }
    assert check.update_body(name=None, distribution=None, description="") == {"description": ""}


def test_an_update_changes_something() -> None:
    with pytest.raises(ValueError, match="nothing to update"):
        check.update_body(name=None, distribution=None, description=None)


def test_a_name_can_not_be_taken_away() -> None:
    with pytest.raises(ValueError, match="name must not be empty"):
        check.update_body(name="", distribution=None, description="x")


def test_the_body_of_an_offer_names_one_account() -> None:
    by_email = check.account_transfer_body(recipient_email="ops@x.example", recipient_uuid=None)
    assert by_email == {"recipient_email": "ops@x.example"}
    by_uuid = check.account_transfer_body(recipient_email=None, recipient_uuid="5a49-81aa")
    assert by_uuid == {"recipient_uuid": "5a49-81aa"}


@pytest.mark.parametrize("both", [(None, None), ("a@b.example", "5a49"), ("", "")])
def test_an_offer_goes_to_exactly_one(both: tuple[object, object]) -> None:
    with pytest.raises(ValueError, match="exactly one"):
        check.account_transfer_body(recipient_email=both[0], recipient_uuid=both[1])


@pytest.mark.parametrize("email", ["", "a", "@", "a@", "@b", "a@b@c", "a b@c", "a@b\n", "a@\x00"])
def test_addresses_that_are_none(email: str) -> None:
    with pytest.raises(ValueError, match="recipient_email"):
        check.account_transfer_body(recipient_email=email, recipient_uuid=None)


@pytest.mark.parametrize("value", ["", " ", "a b", "a\n"])
def test_uuids_that_are_none(value: str) -> None:
    with pytest.raises(ValueError, match="recipient_uuid"):
        check.uuid(value)


@pytest.mark.parametrize("value", [5, True, uuid.UUID(int=1)])
def test_uuids_are_strings(value: object) -> None:
    with pytest.raises(TypeError, match="recipient_uuid must be a str"):
        check.uuid(value)


# ── Models and callbacks ────────────────────────────────────────────────────────────────────


def test_a_model_is_a_model() -> None:
    assert check.an(Image, IMAGE) is IMAGE
    others: list[object] = [{}, None, 7555620, Image]
    for value in others:
        with pytest.raises(TypeError, match="Image expected, not"):
            check.an(Image, value)


def test_a_callback_can_be_called() -> None:
    check.callback(None)
    check.callback(print)
    others: list[object] = [5, "print", []]
    for value in others:
        with pytest.raises(TypeError, match="on_poll must be callable"):
            check.callback(value)


def test_a_callback_is_not_awaited() -> None:
    async def poll(_: object) -> None: ...

    async def polls(_: object) -> AsyncIterator[None]:
        yield

    class Progress:
        async def __call__(self, _: object) -> None: ...

        async def method(self, _: object) -> None: ...

    class Generating:
        async def __call__(self, _: object) -> AsyncIterator[None]:
            yield

    progress = Progress()
    for function in (
        *(poll, polls, progress, progress.method, Generating(), AsyncMock()),
        *(partial(poll), partial(polls), partial(progress), partial(partial(progress.method), 1)),
    ):
        with pytest.raises(TypeError, match="on_poll must be a plain function, not an async one"):
            check.callback(function)


def test_any_plain_callable_is_a_callback() -> None:
    class Progress:
        def __call__(self, _: object) -> None: ...

        async def close(self) -> None: ...

    functions: list[object] = [print, Progress(), Progress, partial(print, 1), Mock(), str.upper]
    for function in functions:
        check.callback(function)


# ── The token ───────────────────────────────────────────────────────────────────────────────


def test_a_token() -> None:
    assert check.token_refusal("dop_v1_0123456789abcdef") is None


@pytest.mark.parametrize(
    "value", [None, "", " ", "s3 t", "s3t\n", " s3t", "s3\tt", "s3\x00t", "s3\u00a0t", "s3té"]
)
def test_tokens_that_are_none(value: object) -> None:
    refusal = check.token_refusal(value)
    assert isinstance(refusal, ValueError)
    assert "DIGITALOCEAN_ACCESS_TOKEN or DIGITALOCEAN_TOKEN" in str(refusal)
    assert "s3" not in repr(refusal), "an error does not hold the token"


@pytest.mark.parametrize("value", [5, True, b"s3t", ["s3t"]])
def test_a_token_is_a_str(value: object) -> None:
    refusal = check.token_refusal(value)
    assert isinstance(refusal, TypeError)
    assert str(refusal) == f"token must be a str, not {type(value).__name__}"


# ── The base URL ────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("given_url", "root"),
    [
        ("https://api.digitalocean.com", "https://api.digitalocean.com"),
        ("https://api.digitalocean.com/", "https://api.digitalocean.com"),
        ("https://api.digitalocean.com/v2", "https://api.digitalocean.com"),
        ("https://api.digitalocean.com/v2/", "https://api.digitalocean.com"),
        ("https://api.digitalocean.com/v2//", "https://api.digitalocean.com"),
        ("https://proxy.example:8443/do", "https://proxy.example:8443/do"),
        ("https://proxy.example/do/v2/", "https://proxy.example/do"),
        ("https://proxy.example/dov2", "https://proxy.example/dov2"),
        ("https://proxy.example/v2/do", "https://proxy.example/v2/do"),
        ("https://v2", "https://v2"),
        ("https://v2/", "https://v2"),
        ("https://v2/v2", "https://v2"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://127.8.9.10", "http://127.8.9.10"),
        ("http://[::1]:8080/v2", "http://[::1]:8080"),
        ("http://localhost:1/x/", "http://localhost:1/x"),
        ("HTTP://LOCALHOST", "HTTP://LOCALHOST"),
    ],
)
def test_base_urls(given_url: str, root: str) -> None:
    assert check.base_url(given_url, allow_http=False) == root


@pytest.mark.parametrize(
    "url",
    [
        "",
        " ",
        "api.digitalocean.com",
        "//api.digitalocean.com",
        "/v2",
        "https://",
        "https:///v2",
        "https://:443",
        "https:api.digitalocean.com",
        "ftp://api.digitalocean.com",
        "file:///v2",
        "https://user@api.digitalocean.com",
        "https://user:secret@api.digitalocean.com",
        "https://@api.digitalocean.com",
        "https://api.digitalocean.com?x=1",
        "https://api.digitalocean.com/#x",
        "https://api.digitalocean.com/v2?",
        "https://api.digitalocean.com\\@evil.example",
        "https://api.digitalocean.com:port",
        "https://api.digitalocean.com:99999",
        "https://[::1",
        "https://api.digitalocean.com/a b",
        "https://api.digitalocean.com\n",
        "https://api.digitalocean.com\x00",
    ],
)
def test_base_urls_that_are_none(url: str) -> None:
    with pytest.raises(ValueError, match="base_url") as caught:
        check.base_url(url, allow_http=True)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("value", [5, b"https://x.example", httpx.URL("https://x.example")])
def test_a_base_url_is_a_str(value: object) -> None:
    with pytest.raises(TypeError, match="base_url must be a str"):
        check.base_url(value, allow_http=False)


@pytest.mark.parametrize(
    "url",
    [
        "http://api.digitalocean.com",
        "HTTP://api.digitalocean.com",
        "http://127.0.0.1.evil.example",
        "http://localhost.evil.example",
        "http://notlocalhost",
        "http://10.0.0.1",
        "http://0.0.0.0",
        "http://[::]",
        "http://[2001:db8::1]",
        "http://2130706433",
        "http://127.1",
    ],
)
def test_plain_http_is_for_loopback_unless_allowed(url: str) -> None:
    with pytest.raises(ValueError, match="unencrypted"):
        check.base_url(url, allow_http=False)
    assert check.base_url(url, allow_http=True) == url


HOSTS = st.sampled_from(
    ["localhost", "127.0.0.1", "[::1]", "evil.example", "v2", "127.0.0.1.evil.example", "[", "::1"]
)
PIECES = HOSTS | st.sampled_from(
    ["http://", "https://", "//", "/", "@", ":", ":80", "\\", "#", "?", "%", "%40", ".", "]", "v2"]
)


@given(st.lists(PIECES, max_size=5).map("".join), st.text(max_size=4))
@example("[::1]evil.example", "")
@example("evil.example[::1]", "")
@example("127.0.0.1\\@evil.example", "")
def test_no_trick_sends_a_token_in_the_clear(rest: str, end: str) -> None:
    try:
        root = check.base_url(f"http://{rest}{end}", allow_http=False)
        url = httpx.URL(f"{root}/v2/images")
    except (ValueError, httpx.InvalidURL):
        return
    assert url.scheme == "http"
    assert url.raw_path.endswith(b"/v2/images")
    host = url.host
    assert host.endswith("localhost") or ipaddress.ip_address(host).is_loopback


@given(st.lists(PIECES, max_size=6).map("".join))
def test_requests_go_to_the_host_that_was_given(rest: str) -> None:
    try:
        root = check.base_url(f"https://{rest}", allow_http=False)
        url = httpx.URL(f"{root}/v2/images")
        meant = httpx.URL(f"https://{rest}")
    except (ValueError, httpx.InvalidURL):
        return
    assert (url.host, url.port) == (meant.host, meant.port)
    assert url.raw_path.endswith(b"/v2/images")


# ── Anything at all ─────────────────────────────────────────────────────────────────────────

FUNCTIONS: dict[str, Callable[[object], object]] = {
    "image_id": check.image_id,
    "action_id": check.action_id,
    "id_or_slug": check.id_or_slug,
    "text": lambda value: check.text("x", value),
    "word": lambda value: check.word("x", value),
    "boolean": lambda value: check.boolean("x", value),
    "region_slug": check.region_slug,
    "regions": check.regions,
    "seconds": lambda value: check.seconds("x", value),
    "type": lambda value: check.list_query(value, None, None),
    "private": lambda value: check.list_query(None, value, None),
    "tag_name": lambda value: check.list_query(None, None, value),
    "create": lambda value: _create(name=value),
    "create url": lambda value: _create(url=value),
    "create tags": lambda value: _create(tags=value),
    "update": lambda value: check.update_body(name=value, distribution=value, description=value),
    "email": lambda value: check.account_transfer_body(recipient_email=value, recipient_uuid=None),
    "uuid": check.uuid,
    "transfer_id": check.transfer_id,
    "callback": check.callback,
    "header_value": lambda value: check.header_value("x", value),
    "token": check.token_refusal,
    "base_url": lambda value: check.base_url(value, allow_http=False),
}


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.usefixtures("untraced")
@given(value=HOSTILE)
def test_nothing_but_value_error_and_type_error_comes_out(function: str, value: object) -> None:
    try:
        FUNCTIONS[function](value)
    except (TypeError, ValueError) as error:
        assert error.__cause__ is None
        assert not isinstance(error, UnicodeError), "the message is ours"

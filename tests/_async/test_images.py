"""Every call of `do.image` that is one request: what is sent, what comes back, what is refused."""

import json
from typing import NamedTuple, Protocol

import httpx
import pytest
import respx

from do_images import (
    APIResponseValidationError,
    APIStatusError,
    AsyncClient,
    NotFoundError,
    PermissionDeniedError,
    Region,
    UnprocessableEntityError,
)
from tests.schemas import assert_request_fits
from tests.support import Json, load, load_json, requests, sent

pytestmark = pytest.mark.anyio

ID, ACTION_ID, OFFER = 7555620, 36805527, 1204
UUID = "5a4981aa-9653-4bd1-bef5-d6bff52042e4"
URL = "https://images.example.com/ubuntu-24.04-minimal.qcow2"


class Call(Protocol):
    """One call of a method."""

    async def __call__(self, do: AsyncClient, /) -> object: ...


class Case(NamedTuple):
    """A call, the request it has to send, and what the API answers."""

    call: Call
    request: str
    body: Json
    status: int
    answer: bytes
    scope: str

    def route(self, api: respx.MockRouter) -> respx.Route:
        """Return the route of the request."""
        method, _, url = self.request.partition(" ")
        return api.request(method, url)


async def info(do: AsyncClient) -> object:
    return await do.image.info(ID)


async def create(do: AsyncClient) -> object:
    return await do.image.create(name="ubuntu-minimal", url=URL, region="nyc3")


async def update(do: AsyncClient) -> object:
    return await do.image.update(ID, "nginx-golden")


async def destroy(do: AsyncClient) -> object:
    return await do.image.destroy(ID)  # type: ignore[func-returns-value] # that it is None


async def transfer(do: AsyncClient) -> object:
    return await do.image.transfer(ID, "nyc3")


async def convert(do: AsyncClient) -> object:
    return await do.image.convert(ID)


async def action_info(do: AsyncClient) -> object:
    return await do.image.action_info(ID, ACTION_ID)


async def list_images(do: AsyncClient) -> object:
    return await do.image.list()


async def action_list(do: AsyncClient) -> object:
    return await do.image.action_list(ID)


async def account_transfer(do: AsyncClient) -> object:
    return await do.image.account_transfer(ID, recipient_uuid=UUID)


async def accept(do: AsyncClient) -> object:
    return await do.image.accept_account_transfer(ID, OFFER, UUID)  # type: ignore[func-returns-value]


async def decline(do: AsyncClient) -> object:
    return await do.image.decline_account_transfer(ID, OFFER)  # type: ignore[func-returns-value]


async def cancel(do: AsyncClient) -> object:
    return await do.image.cancel_account_transfer(ID, OFFER)  # type: ignore[func-returns-value]


IMAGE = f"/v2/images/{ID}"
PAGE = "page=1&per_page=200"
CASES = {
    "info": Case(info, f"GET {IMAGE}", None, 200, load("image_snapshot"), "image:read"),
    "create": Case(
        create,
        "POST /v2/images",
        {"name": "ubuntu-minimal", "url": URL, "region": "nyc3"},
        202,
        load("image_custom_created"),
        "image:create",
    ),
    "update": Case(
        update,
        f"PUT {IMAGE}",
        {"name": "nginx-golden"},
        200,
        load("image_snapshot"),
        "image:update",
    ),
    "destroy": Case(destroy, f"DELETE {IMAGE}", None, 204, b"", "image:delete"),
    "transfer": Case(
        transfer,
        f"POST {IMAGE}/actions",
        {"type": "transfer", "region": "nyc3"},
        201,
        load("action_transfer"),
        "image:update",
    ),
    "convert": Case(
        convert,
        f"POST {IMAGE}/actions",
        {"type": "convert"},
        201,
        load("action_convert"),
        "image:update",
    ),
    "action_info": Case(
        action_info,
        f"GET {IMAGE}/actions/{ACTION_ID}",
        None,
        200,
        load("action_transfer"),
        "image:read",
    ),
    "list": Case(
        list_images, f"GET /v2/images?{PAGE}", None, 200, load("images_only_page"), "image:read"
    ),
    "action_list": Case(
        action_list,
        f"GET {IMAGE}/actions?{PAGE}",
        None,
        200,
        load("actions_only_page"),
        "image:read",
    ),
    "account_transfer": Case(
        account_transfer,
        f"POST {IMAGE}/account_transfer",
        {"recipient_uuid": UUID},
        201,
        load("account_transfer_offered"),
        "image:update and image:delete",
    ),
    "accept_account_transfer": Case(
        accept,
        f"POST {IMAGE}/account_transfer/accept",
        {"transfer_id": OFFER, "recipient_uuid": UUID},
        201,
        b"",
        "image:create",
    ),
    "decline_account_transfer": Case(
        decline,
        f"POST {IMAGE}/account_transfer/decline",
        {"transfer_id": OFFER},
        204,
        b"",
        "image:create",
    ),
    "cancel_account_transfer": Case(
        cancel,
        f"POST {IMAGE}/account_transfer/cancel",
        {"transfer_id": OFFER},
        204,
        b"",
        "image:update",
    ),
}

every_call = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


def _sent(request: httpx.Request) -> tuple[str, Json]:
    """Method, path with the query in order, and body of a request."""
    query = sorted(request.url.params.multi_items())
    url = request.url.copy_with(params=query) if query else request.url
    body: Json = json.loads(request.content) if request.content else None
    return f"{request.method} {url.raw_path.decode()}", body


# ── Every call ──────────────────────────────────────────────────────────────────────────────


@every_call
async def test_a_call_is_one_request(case: Case, api: respx.MockRouter, do: AsyncClient) -> None:
    case.route(api).respond(case.status, content=case.answer)
    await case.call(do)
    (request,) = requests(api)
    assert _sent(request) == (case.request, case.body)
    assert str(request.url).startswith("https://api.digitalocean.com/v2/images")
    assert request.headers["accept"] == "application/json"
    assert request.headers["user-agent"].startswith("do-images/")
    if case.body is None:
        assert request.content == b""
    else:
        assert request.headers["content-type"] == "application/json"


@every_call
async def test_a_request_is_as_the_spec_has_it(
    case: Case, api: respx.MockRouter, do: AsyncClient
) -> None:
    case.route(api).respond(case.status, content=case.answer)
    await case.call(do)
    assert_request_fits(requests(api)[0])


@every_call
async def test_any_2xx_will_do(case: Case, api: respx.MockRouter, do: AsyncClient) -> None:
    for status in (200, 201, 202, 203, 206):
        case.route(api).respond(status, content=case.answer)
        await case.call(do)


@every_call
@pytest.mark.parametrize(
    ("status", "error", "kind"),
    [
        (404, "error_not_found", NotFoundError),
        (422, "error_busy", UnprocessableEntityError),
        (403, "error_forbidden", PermissionDeniedError),
    ],
)
async def test_a_refusal_is_a_typed_error(
    case: Case,
    status: int,
    error: str,
    kind: type[APIStatusError],
    api: respx.MockRouter,
    do: AsyncClient,
) -> None:
    case.route(api).respond(status, content=load(error))
    with pytest.raises(APIStatusError) as caught:
        await case.call(do)
    refusal = caught.value
    assert type(refusal) is kind
    assert len(api.calls) == 1, "it is not tried again"
    assert (refusal.request.method, refusal.request.url) == (
        requests(api)[0].method,
        str(requests(api)[0].url),
    )
    assert refusal.body == load_json(error)
    assert refusal.message == load_json(error)["message"]
    assert refusal.request_id == "4d9d8375-3c56-4925-a3e7-eb137fed17e9"
    named = f"needs a token with the scope {case.scope}." in str(refusal)
    assert named == (status == 403)


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.answer])
async def test_a_body_that_is_not_what_was_promised_is_an_error(
    name: str, api: respx.MockRouter, do: AsyncClient
) -> None:
    case = CASES[name]
    for content in (b"", b"[]", b"{}", b"<html>", case.answer[:-9], b"\xff" + case.answer):
        # Any route: the action of a start with an invalid response is looked up.
        api.route().respond(200, content=content, headers={"x-request-id": "0-1"})
        with pytest.raises(APIResponseValidationError) as caught:
            await case.call(do.with_options(max_retries=0))
        assert caught.value.request.url == str(requests(api)[0].url)
        assert caught.value.request_id == "0-1"
        assert caught.value.__cause__ is None


# ── list and iter ───────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("arguments", "options", "query"),
    [
        ([], {}, {}),
        (["distribution"], {}, {"type": "distribution"}),
        (["application", None], {}, {"type": "application"}),
        ([None, True], {}, {"private": "true"}),
        ([None, False], {}, {"private": "false"}),
        ([], {"tag_name": "base image"}, {"tag_name": "base image"}),
        ([], {"tag_name": "a&b=c"}, {"tag_name": "a&b=c"}),
        (
            ["distribution", True],
            {"tag_name": "ä"},
            {"type": "distribution", "private": "true", "tag_name": "ä"},
        ),
    ],
)
async def test_list_and_iter_send_their_filters(
    arguments: list[str],
    options: dict[str, str],
    query: dict[str, str],
    api: respx.MockRouter,
    do: AsyncClient,
) -> None:
    api.get("/v2/images").respond(200, content=load("images_only_page"))
    images = await do.image.list(*arguments, **options)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType] - filters of any kind
    again = [one async for one in do.image.iter(*arguments, **options)]  # type: ignore[arg-type] # pyright: ignore[reportArgumentType] - filters of any kind
    assert images == again
    assert [image.id for image in images] == [7555620, 7555621]
    for request in requests(api):
        assert dict(request.url.params) == {**query, "page": "1", "per_page": "200"}
        assert_request_fits(request)


async def test_list_of_nothing_is_empty(api: respx.MockRouter, do: AsyncClient) -> None:
    api.get("/v2/images").respond(200, content=load("images_none"))
    assert await do.image.list() == []
    assert [image async for image in do.image.iter()] == []


async def test_iter_checks_its_arguments_before_it_is_started(
    api: respx.MockRouter, do: AsyncClient
) -> None:
    with pytest.raises(TypeError, match="private must be a bool"):
        do.image.iter(None, "true")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType] - as meant
    with pytest.raises(TypeError, match="id must be an int"):
        do.image.action_iter("1")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType] - as meant
    assert not api.calls


# ── info ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("id_slug", "path"),
    [
        (7555620, "/v2/images/7555620"),
        (2**63 - 1, "/v2/images/9223372036854775807"),
        ("7555620", "/v2/images/7555620"),
        ("ubuntu-24-04-x64", "/v2/images/ubuntu-24-04-x64"),
        ("ünï", "/v2/images/%C3%BCn%C3%AF"),
        ("a&b=c;d+e:f@g", "/v2/images/a%26b%3Dc%3Bd%2Be%3Af%40g"),
    ],
)
async def test_info_by_id_and_by_slug(
    id_slug: int | str, path: str, api: respx.MockRouter, do: AsyncClient
) -> None:
    api.get(path).respond(200, content=load("image_base"))
    image = await do.image.info(id_slug)
    assert sent(api) == [f"GET {path}"]
    assert image.slug == "ubuntu-24-04-x64"


async def test_info_of_an_import_that_failed_is_an_answer(
    api: respx.MockRouter, do: AsyncClient
) -> None:
    api.get("/v2/images/171839203").respond(200, content=load("image_import_failed"))
    image = await do.image.info(171839203)
    assert image.status == "deleted"
    assert image.error_message is not None


# ── create ──────────────────────────────────────────────────────────────────────────────────


async def test_create_sends_all_that_is_given(api: respx.MockRouter, do: AsyncClient) -> None:
    api.post("/v2/images").respond(202, content=load("image_custom_created"))
    image = await do.image.create(
        name="ubuntu-minimal",
        url=URL,
        region="nyc3",
        distribution="Ubuntu",
        description="Minimal server\nwith our agents.",
        tags=("base-image", "prod"),
    )
    assert _sent(requests(api)[0]) == (
        "POST /v2/images",
        {
            "name": "ubuntu-minimal",
            "url": URL,
            "region": "nyc3",
            "distribution": "Ubuntu",
            "description": "Minimal server\nwith our agents.",
            "tags": ["base-image", "prod"],
        },
    )
    assert_request_fits(requests(api)[0])
    assert (image.status, image.slug, image.size_gigabytes) == ("NEW", None, None)


# ── update ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("options", "body"),
    [
        ({"name": "new"}, {"name": "new"}),
        ({"description": ""}, {"description": ""}),
        ({"distribution": "Unknown OS"}, {"distribution": "Unknown OS"}),
        ({"name": "n", "description": "d"}, {"name": "n", "description": "d"}),
    ],
)
async def test_update_sends_what_is_given_and_nothing_else(
    options: dict[str, str], body: dict[str, Json], api: respx.MockRouter, do: AsyncClient
) -> None:
    api.put(IMAGE).respond(200, content=load("image_snapshot"))
    image = await do.image.update(ID, **options)
    assert _sent(requests(api)[0]) == (f"PUT /v2/images/{ID}", body)
    assert_request_fits(requests(api)[0])
    assert image.name == "nginx-golden"


# ── destroy ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("content", [b"", b"{}", b"<html>"])
async def test_destroy_returns_nothing_whatever_is_answered(
    content: bytes, api: respx.MockRouter, do: AsyncClient
) -> None:
    api.delete(IMAGE).respond(200, content=content)
    assert await destroy(do) is None


# ── transfer, convert and their actions ─────────────────────────────────────────────────────


async def test_transfer_returns_the_action_it_started(
    api: respx.MockRouter, do: AsyncClient
) -> None:
    api.post(f"{IMAGE}/actions").respond(201, content=load("action_transfer"))
    action = await do.image.transfer(ID, "nyc3")
    assert (action.id, action.status, action.type) == (ACTION_ID, "in-progress", "transfer")
    assert isinstance(action.region, Region)


async def test_transfer_goes_to_regions_that_nobody_knows_yet(
    api: respx.MockRouter, do: AsyncClient
) -> None:
    api.post(f"{IMAGE}/actions").respond(201, content=load("action_transfer"))
    await do.image.transfer(ID, "mars1")
    assert _sent(requests(api)[0])[1] == {"type": "transfer", "region": "mars1"}


async def test_convert_returns_the_action_it_started(
    api: respx.MockRouter, do: AsyncClient
) -> None:
    api.post("/v2/images/7555621/actions").respond(201, content=load("action_convert"))
    action = await do.image.convert(7555621)
    assert (action.type, action.status) == ("convert", "completed")


@pytest.mark.parametrize("call", [transfer, convert, action_info])
async def test_an_action_without_its_envelope_is_refused(
    call: Call, api: respx.MockRouter, do: AsyncClient
) -> None:
    api.route().respond(200, content=load("bare_action"))
    do = do.with_options(max_retries=0)
    with pytest.raises(APIResponseValidationError, match="field action") as caught:
        await call(do)
    assert caught.value.field == "action"


async def test_action_info_of_a_record_of_2014(api: respx.MockRouter, do: AsyncClient) -> None:
    api.get("/v2/images/2118237/actions/36805096").respond(
        200, content=load("action_region_is_slug_2014")
    )
    action = await do.image.action_info(2118237, 36805096)
    assert sent(api) == ["GET /v2/images/2118237/actions/36805096"]
    assert action.region == "nyc1"


async def test_action_list_and_action_iter_have_the_same_in_the_same_order(
    api: respx.MockRouter, do: AsyncClient
) -> None:
    api.get(f"{IMAGE}/actions").respond(200, content=load("actions_only_page"))
    actions = await do.image.action_list(ID)
    assert [one async for one in do.image.action_iter(ID)] == actions
    assert [action.id for action in actions] == [36805527, 36805096, 36805097]
    assert len(set(sent(api))) == 1


# ── Account transfers ───────────────────────────────────────────────────────────────────────


async def test_account_transfer_by_mail(api: respx.MockRouter, do: AsyncClient) -> None:
    api.post(f"{IMAGE}/account_transfer").respond(201, content=load("account_transfer_offered"))
    assert await do.image.account_transfer(ID, recipient_email="ops@example.com") == OFFER
    assert _sent(requests(api)[0])[1] == {"recipient_email": "ops@example.com"}
    assert_request_fits(requests(api)[0])


async def test_account_transfer_that_is_accepted_at_once_is_0(
    api: respx.MockRouter, do: AsyncClient
) -> None:
    api.post(f"{IMAGE}/account_transfer").respond(
        201, content=load("account_transfer_accepted_at_once")
    )
    assert await do.image.account_transfer(ID, recipient_uuid=UUID) == 0


@pytest.mark.parametrize("call", [accept, decline, cancel])
@pytest.mark.parametrize("status", [200, 201, 204])
async def test_accept_decline_and_cancel_return_nothing(
    call: Call, status: int, api: respx.MockRouter, do: AsyncClient
) -> None:
    api.route().mock(return_value=httpx.Response(status))
    assert await call(do) is None


# ── Wrong arguments ─────────────────────────────────────────────────────────────────────────

NO_ID: list[object] = [0, -1, 2**63, 2**70, True, False, 1.5, "12", None, b"1", [1]]
NO_TIME: list[object] = [-1, -0.001, float("nan"), float("inf"), True, "5"]
# Method, the good arguments, and for each argument what it must not be.
HOSTILE: list[tuple[str, dict[str, object], dict[str, list[object]]]] = [
    (
        "list",
        {},
        {
            "type": ["", " ", "a b", "a\n", 5, True, b"x"],
            "private": [1, 0, "true", []],
            "tag_name": ["", " ", "a\x00", 5, ["a"]],
        },
    ),
    (
        "info",
        {"id_slug": 1},
        {
            "id_slug": [
                *(value for value in NO_ID if value != "12"),
                *["", " ", ".", "..", "../account", "a/b", "%2e%2e", "a?b", "a#b", "a\\b"],
                *["a b", "a\n", "a\x00b", "\u2028", "\ud800"],
            ]
        },
    ),
    (
        "create",
        {"name": "x", "url": URL, "region": "nyc3"},
        {
            "name": ["", " ", "a\nb", "\x00", None, 5],
            "url": ["", "x", "file:///etc/passwd", "https://", "https://a b", None, 5],
            "region": ["", " ", "a b", None, 5],
            "distribution": ["", 5, "a\x00"],
            "description": [5, "a\x00", b"x"],
            "tags": ["prod", b"prod", 5, [1], [""], ["a", "b\n"]],
            "wait": [1, "yes", None],
            "poll": [*NO_TIME, None],
            "timeout": NO_TIME,
        },
    ),
    (
        "update",
        {"id": 1, "name": "x"},
        {
            "id": NO_ID,
            "name": ["", " ", "a\nb", 5, None],
            "description": [5, "\x00"],
            "distribution": ["", 5],
        },
    ),
    ("destroy", {"id": 1}, {"id": NO_ID}),
    (
        "transfer",
        {"id": 1, "region": "nyc3"},
        {
            "id": NO_ID,
            "region": ["", " ", "a b", "a\n", None, 5, ["nyc3"]],
            "wait": [1, "yes", None],
            "poll": [*NO_TIME, None],
            "timeout": NO_TIME,
            "on_poll": [5, "print"],
        },
    ),
    (
        "transfer_many",
        {"id": 1, "regions": ["nyc3"]},
        {
            "id": NO_ID,
            "regions": ["nyc3", b"x", None, 5, [5], [""], ["nyc3", "a b"]],
            "wait": [1, "yes", None],
            "poll": [*NO_TIME, None],
            "timeout": NO_TIME,
            "on_poll": [5, "print"],
        },
    ),
    (
        "convert",
        {"id": 1},
        {
            "id": NO_ID,
            "wait": [1, "yes", None],
            "poll": [*NO_TIME, None],
            "timeout": NO_TIME,
            "on_poll": [5, "print"],
        },
    ),
    ("wait", {"image": None}, {"image": [None, 0, True, "x", {"id": 1}]}),
    ("action_list", {"id": 1}, {"id": NO_ID}),
    ("action_info", {"id": 1, "action_id": 2}, {"id": NO_ID, "action_id": NO_ID}),
    (
        "account_transfer",
        {"id": 1, "recipient_uuid": "x"},
        {
            "id": NO_ID,
            "recipient_email": ["ops@example.com", "both"],
            "recipient_uuid": ["", " ", "a b", 5, None],
        },
    ),
    (
        "accept_account_transfer",
        {"id": 1, "transfer_id": 2, "recipient_uuid": "x"},
        {"id": NO_ID, "transfer_id": NO_ID, "recipient_uuid": ["", "a b", None, 5]},
    ),
    (
        "decline_account_transfer",
        {"id": 1, "transfer_id": 2},
        {"id": NO_ID, "transfer_id": NO_ID},
    ),
    ("cancel_account_transfer", {"id": 1, "transfer_id": 2}, {"id": NO_ID, "transfer_id": NO_ID}),
]


@pytest.mark.parametrize(
    ("method", "good", "argument", "values"),
    [
        pytest.param(method, good, argument, values, id=f"{method}-{argument}")
        for method, good, hostile in HOSTILE
        for argument, values in hostile.items()
    ],
)
async def test_hostile_arguments_are_stopped_before_a_request(
    method: str,
    good: dict[str, object],
    argument: str,
    values: list[object],
    api: respx.MockRouter,
    do: AsyncClient,
) -> None:
    for value in values:
        with pytest.raises((TypeError, ValueError)) as caught:
            await getattr(do.image, method)(**{**good, argument: value})
        assert str(caught.value), "it says what is wrong"
        assert caught.value.__cause__ is None
    assert not api.calls


async def test_an_offer_needs_a_recipient_and_one_only(
    api: respx.MockRouter, do: AsyncClient
) -> None:
    with pytest.raises(ValueError, match="exactly one"):
        await do.image.account_transfer(ID)
    with pytest.raises(ValueError, match="exactly one"):
        await do.image.account_transfer(ID, recipient_email="a@b.c", recipient_uuid="x")
    assert not api.calls

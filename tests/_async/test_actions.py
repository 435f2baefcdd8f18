"""Every call of `do.action` that is one request: what is sent, what comes back, what is refused."""

import httpx
import pytest
import respx

from do_images import (
    APIResponseValidationError,
    AsyncClient,
    NotFoundError,
    PermissionDeniedError,
    Region,
)
from tests.schemas import assert_request_fits
from tests.support import load, requests, sent

pytestmark = pytest.mark.anyio

NO_ID: list[object] = [0, -1, 2**63, 2**70, True, False, 1.5, "12", None, b"1", [1]]


async def _iterated(do: AsyncClient) -> list[int]:
    return [action.id async for action in do.action.iter()]


async def test_list_has_all_pages(api: respx.MockRouter, do: AsyncClient) -> None:
    api.get("/v2/actions").mock(
        side_effect=[
            httpx.Response(200, content=load("actions_first_page")),
            httpx.Response(200, content=load("actions_last_page")),
        ]
    )
    actions = await do.action.list()
    assert [(action.id, action.resource_type) for action in actions] == [
        (36805527, "image"),
        (1882339039, "droplet"),
    ]
    queries = [dict(request.url.params) for request in requests(api)]
    assert queries == [{"page": "1", "per_page": "200"}, {"page": "2", "per_page": "200"}]
    for request in requests(api):
        assert request.url.path == "/v2/actions"
        assert_request_fits(request)


async def test_iter_has_the_same_one_by_one(api: respx.MockRouter, do: AsyncClient) -> None:
    api.get("/v2/actions").mock(
        side_effect=[
            httpx.Response(200, content=load("actions_first_page")),
            httpx.Response(200, content=load("actions_last_page")),
        ]
    )
    assert await _iterated(do) == [36805527, 1882339039]
    assert len(api.calls) == 2


async def test_list_and_iter_of_nothing_are_empty(api: respx.MockRouter, do: AsyncClient) -> None:
    api.get("/v2/actions").respond(200, content=load("actions_none"))
    assert await do.action.list() == []
    assert await _iterated(do) == []


async def test_iter_sends_nothing_before_it_is_started(
    api: respx.MockRouter, do: AsyncClient
) -> None:
    do.action.iter()
    assert not api.calls


async def test_info_of_an_action_on_an_image(api: respx.MockRouter, do: AsyncClient) -> None:
    api.get("/v2/actions/36805527").respond(200, content=load("action_transfer"))
    action = await do.action.info(36805527)
    assert sent(api) == ["GET /v2/actions/36805527"]
    assert_request_fits(requests(api)[0])
    assert (action.id, action.status) == (36805527, "in-progress")
    assert isinstance(action.region, Region)


@pytest.mark.parametrize(
    "name",
    ["action_region_is_slug_2014", "action_region_is_null", "action_of_droplet", "action_minimal"],
)
async def test_info_of_actions_of_every_kind(
    name: str, api: respx.MockRouter, do: AsyncClient
) -> None:
    api.get("/v2/actions/1").respond(200, content=load(name))
    action = await do.action.info(1)
    assert action.status in {"completed", "in-progress"}


async def test_info_of_an_action_without_its_envelope_is_refused(
    api: respx.MockRouter, do: AsyncClient
) -> None:
    api.get("/v2/actions/36805527").respond(200, content=load("bare_action"))
    with pytest.raises(APIResponseValidationError) as caught:
        await do.action.info(36805527)
    assert caught.value.field == "action"


@pytest.mark.parametrize(("status", "kind"), [(404, NotFoundError), (403, PermissionDeniedError)])
async def test_refusals(
    status: int,
    kind: type[NotFoundError | PermissionDeniedError],
    api: respx.MockRouter,
    do: AsyncClient,
) -> None:
    api.get(path__startswith="/v2/actions").respond(status, content=load("error_forbidden"))
    with pytest.raises(kind) as one:
        await do.action.info(1)
    with pytest.raises(kind) as all_of_them:
        await do.action.list()
    with pytest.raises(kind):
        await _iterated(do)
    assert len(api.calls) == 3
    for caught in (one, all_of_them):
        assert ("the scope actions:read." in str(caught.value)) == (status == 403)


async def test_hostile_ids_are_stopped_before_a_request(
    api: respx.MockRouter, do: AsyncClient
) -> None:
    for value in NO_ID:
        with pytest.raises((TypeError, ValueError)):
            await do.action.info(value)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType] - as meant
    assert not api.calls


@pytest.mark.parametrize("value", [None, 0, True, 1.0, "x", {"id": 1}])
async def test_waits_take_actions_and_nothing_like_them(
    value: object, api: respx.MockRouter, do: AsyncClient
) -> None:
    with pytest.raises((TypeError, ValueError), match="action id"):
        await do.action.wait(value)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType] - as meant
    with pytest.raises(TypeError, match="Action expected"):
        await do.action.wait_all([value])  # type: ignore[list-item] # pyright: ignore[reportArgumentType] - as meant
    assert not api.calls

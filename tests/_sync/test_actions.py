# GENERATED from tests/_async/test_actions.py by "make generate". Do not edit.
"""Every call of `do.action` that is one request: what is sent, what comes back, what is refused."""

import httpx
import pytest
import respx

from do_images import (
    APIResponseValidationError,
    Client,
    NotFoundError,
    PermissionDeniedError,
    Region,
)
from tests.schemas import assert_request_fits
from tests.support import load, requests, sent

NO_ID: list[object] = [0, -1, 2**63, 2**70, True, False, 1.5, "12", None, b"1", [1]]


def _iterated(do: Client) -> list[int]:
    return [action.id for action in do.action.iter()]


def test_list_has_all_pages(api: respx.MockRouter, do: Client) -> None:
    api.get("/v2/actions").mock(
        side_effect=[
            httpx.Response(200, content=load("actions_first_page")),
            httpx.Response(200, content=load("actions_last_page")),
        ]
    )
    actions = do.action.list()
    assert [(action.id, action.resource_type) for action in actions] == [
        (36805527, "image"),
        (1882339039, "droplet"),
    ]
    queries = [dict(request.url.params) for request in requests(api)]
    assert queries == [{"page": "1", "per_page": "200"}, {"page": "2", "per_page": "200"}]
    for request in requests(api):
        assert request.url.path == "/v2/actions"
        assert_request_fits(request)


def test_iter_has_the_same_one_by_one(api: respx.MockRouter, do: Client) -> None:
    api.get("/v2/actions").mock(
        side_effect=[
            httpx.Response(200, content=load("actions_first_page")),
            httpx.Response(200, content=load("actions_last_page")),
        ]
    )
    assert _iterated(do) == [36805527, 1882339039]
    assert len(api.calls) == 2


def test_list_and_iter_of_nothing_are_empty(api: respx.MockRouter, do: Client) -> None:
    api.get("/v2/actions").respond(200, content=load("actions_none"))
    assert do.action.list() == []
    assert _iterated(do) == []


def test_iter_sends_nothing_before_it_is_started(api: respx.MockRouter, do: Client) -> None:
    do.action.iter()
    assert not api.calls


def test_info_of_an_action_on_an_image(api: respx.MockRouter, do: Client) -> None:
    api.get("/v2/actions/36805527").respond(200, content=load("action_transfer"))
    action = do.action.info(36805527)
    assert sent(api) == ["GET /v2/actions/36805527"]
    assert_request_fits(requests(api)[0])
    assert (action.id, action.status) == (36805527, "in-progress")
    assert isinstance(action.region, Region)


@pytest.mark.parametrize(
    "name",
    ["action_region_is_slug_2014", "action_region_is_null", "action_of_droplet", "action_minimal"],
)
def test_info_of_actions_of_every_kind(name: str, api: respx.MockRouter, do: Client) -> None:
    api.get("/v2/actions/1").respond(200, content=load(name))
    action = do.action.info(1)
    assert action.status in {"completed", "in-progress"}


def test_info_of_an_action_without_its_envelope_is_refused(
    api: respx.MockRouter, do: Client
) -> None:
    api.get("/v2/actions/36805527").respond(200, content=load("bare_action"))
    with pytest.raises(APIResponseValidationError) as caught:
        do.action.info(36805527)
    assert caught.value.field == "action"


@pytest.mark.parametrize(("status", "kind"), [(404, NotFoundError), (403, PermissionDeniedError)])
def test_refusals(
    status: int,
    kind: type[NotFoundError | PermissionDeniedError],
    api: respx.MockRouter,
    do: Client,
) -> None:
    api.get(path__startswith="/v2/actions").respond(status, content=load("error_forbidden"))
    with pytest.raises(kind) as one:
        do.action.info(1)
    with pytest.raises(kind) as all_of_them:
        do.action.list()
    with pytest.raises(kind):
        _iterated(do)
    assert len(api.calls) == 3
    for caught in (one, all_of_them):
        assert ("the scope actions:read." in str(caught.value)) == (status == 403)


def test_hostile_ids_are_stopped_before_a_request(api: respx.MockRouter, do: Client) -> None:
    for value in NO_ID:
        with pytest.raises((TypeError, ValueError)):
            do.action.info(value)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType] - as meant
    assert not api.calls


@pytest.mark.parametrize("value", [None, 0, True, 1.0, "x", {"id": 1}])
def test_waits_take_actions_and_nothing_like_them(
    value: object, api: respx.MockRouter, do: Client
) -> None:
    with pytest.raises((TypeError, ValueError), match="action id"):
        do.action.wait(value)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType] - as meant
    with pytest.raises(TypeError, match="Action expected"):
        do.action.wait_all([value])  # type: ignore[list-item] # pyright: ignore[reportArgumentType] - as meant
    assert not api.calls

# GENERATED from tests/_async/test_actions.py by "make generate". Do not edit.
"""Every call of `do.action` that is one request: what is sent, what comes back, what is refused."""

import httpx
import pytest

from do_images import (
    APIResponseValidationError,
    Client,
    NotFoundError,
    PermissionDeniedError,
    Region,
)
from tests.schemas import assert_request_fits
from tests.support import Log, client, load

NO_ID: list[object] = [0, -1, 2**63, 2**70, True, False, 1.5, "12", None, b"1", [1]]


def _iterated(do: Client) -> list[int]:
    return [action.id for action in do.action.iter()]


def test_list_has_all_pages() -> None:
    log = Log(
        httpx.Response(200, content=load("actions_first_page")),
        httpx.Response(200, content=load("actions_last_page")),
    )
    with client(log) as do:
        actions = do.action.list()
    assert [(action.id, action.resource_type) for action in actions] == [
        (36805527, "image"),
        (1882339039, "droplet"),
    ]
    queries = [dict(request.url.params) for request in log.requests]
    assert queries == [{"page": "1", "per_page": "200"}, {"page": "2", "per_page": "200"}]
    for request in log.requests:
        assert request.url.path == "/v2/actions"
        assert_request_fits(request)


def test_iter_has_the_same_one_by_one() -> None:
    log = Log(
        httpx.Response(200, content=load("actions_first_page")),
        httpx.Response(200, content=load("actions_last_page")),
    )
    with client(log) as do:
        assert _iterated(do) == [36805527, 1882339039]
    assert len(log.requests) == 2


def test_list_and_iter_of_nothing_are_empty() -> None:
    with client(Log(httpx.Response(200, content=load("actions_none")))) as do:
        assert do.action.list() == []
        assert _iterated(do) == []


def test_iter_sends_nothing_before_it_is_started() -> None:
    log = Log(httpx.Response(200, content=load("actions_none")))
    with client(log) as do:
        do.action.iter()
        assert log.requests == []


def test_info_of_an_action_on_an_image() -> None:
    log = Log(httpx.Response(200, content=load("action_transfer")))
    with client(log) as do:
        action = do.action.info(36805527)
    assert log.calls == ["GET /v2/actions/36805527"]
    assert_request_fits(log.requests[0])
    assert (action.id, action.status) == (36805527, "in-progress")
    assert isinstance(action.region, Region)


@pytest.mark.parametrize(
    "name",
    ["action_region_is_slug_2014", "action_region_is_null", "action_of_droplet", "action_minimal"],
)
def test_info_of_actions_of_every_kind(name: str) -> None:
    with client(Log(httpx.Response(200, content=load(name)))) as do:
        action = do.action.info(1)
    assert action.status in {"completed", "in-progress"}


def test_info_of_an_action_without_its_envelope_is_refused() -> None:
    with client(Log(httpx.Response(200, content=load("bare_action")))) as do:
        with pytest.raises(APIResponseValidationError) as caught:
            do.action.info(36805527)
    assert caught.value.field == "action"


@pytest.mark.parametrize(("status", "kind"), [(404, NotFoundError), (403, PermissionDeniedError)])
def test_refusals(status: int, kind: type[NotFoundError | PermissionDeniedError]) -> None:
    log = Log(httpx.Response(status, content=load("error_forbidden")))
    with client(log) as do:
        with pytest.raises(kind) as one:
            do.action.info(1)
        with pytest.raises(kind) as all_of_them:
            do.action.list()
        with pytest.raises(kind):
            _iterated(do)
    assert len(log.requests) == 3
    for caught in (one, all_of_them):
        assert ("the scope actions:read." in str(caught.value)) == (status == 403)


def test_hostile_ids_are_stopped_before_a_request() -> None:
    log = Log(httpx.Response(200, content=load("action_transfer")))
    with client(log) as do:
        for value in NO_ID:
            with pytest.raises((TypeError, ValueError)):
                do.action.info(value)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType] - as meant
    assert log.requests == []


@pytest.mark.parametrize("value", [None, 1, "x", {"id": 1}])
def test_waits_take_actions_and_nothing_like_them(value: object) -> None:
    log = Log(httpx.Response(200, content=load("action_transfer")))
    with client(log) as do:
        with pytest.raises(TypeError, match="Action expected"):
            do.action.wait(value)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType] - as meant
        with pytest.raises(TypeError, match="Action expected"):
            do.action.wait_all([value])  # type: ignore[list-item] # pyright: ignore[reportArgumentType] - as meant
    assert log.requests == []

# GENERATED from tests/_async/test_transfer_many.py by "make generate". Do not edit.
"""Copying one image to many regions."""

import json
import math
from collections.abc import Callable, Iterator

import httpx
import pytest
import respx

from do_images import (
    ActionErroredError,
    ActionGroupError,
    ActionTimeoutError,
    APIConnectionError,
    AuthenticationError,
    Client,
    DOImagesError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    UnprocessableEntityError,
)
from do_images.testing import FakeDigitalOcean
from tests.support import TOKEN, Json, VirtualClock
from tests.waiting import IN_PROGRESS, action_json, image_json

SNAPSHOT = 7555620  # in nyc1 and nyc2
IMAGE = "/v2/images/{id}"
ACTIONS = "/v2/images/{id}/actions"
REGIONS = ["nyc3", "ams3", "sgp1", "lon1"]


@pytest.fixture
def fake() -> FakeDigitalOcean:
    """A fake whose images are copied to one region at a time."""
    return FakeDigitalOcean(one_transfer_at_a_time=True)


@pytest.fixture
def do(fake: FakeDigitalOcean) -> Iterator[Client]:
    with fake.client() as client:
        yield client


@pytest.fixture
def parallel() -> FakeDigitalOcean:
    """A fake whose images are copied to several regions at once."""
    return FakeDigitalOcean()


def _calls(fake: FakeDigitalOcean) -> list[str]:
    return [f"{request.method} {request.operation}" for request in fake.requests]


def _posted(fake: FakeDigitalOcean) -> list[Json]:
    bodies = [request.body for request in fake.requests if request.method == "POST"]
    return [body["region"] if isinstance(body, dict) else None for body in bodies]


def _regions(fake: FakeDigitalOcean) -> list[str]:
    return next(image.regions for image in fake.images if image.id == SNAPSHOT)


# ── All is well ─────────────────────────────────────────────────────────────────────────────


def test_it_starts_all_and_waits_with_one_request_a_round(parallel: FakeDigitalOcean) -> None:
    parallel.transfer_takes(12)
    with parallel.client() as do:
        actions = do.image.transfer_many(SNAPSHOT, REGIONS, wait=True)
    assert list(actions) == REGIONS
    assert {action.status for action in actions.values()} == {"completed"}
    assert [action.region_slug for action in actions.values()] == REGIONS
    assert _calls(parallel) == [
        "GET images_get",
        "GET image_actions_list",
        *["POST image_actions_create"] * 4,
        *["GET image_actions_list"] * 3,
    ]


def test_without_wait_it_returns_what_it_has_started(parallel: FakeDigitalOcean) -> None:
    with parallel.client() as do:
        actions = do.image.transfer_many(SNAPSHOT, REGIONS)
    assert {action.status for action in actions.values()} == {IN_PROGRESS}
    assert _calls(parallel) == [
        "GET images_get",
        "GET image_actions_list",
        *["POST image_actions_create"] * 4,
    ]
    assert parallel.clock.monotonic() == 0


def test_regions_that_have_the_image_are_left_out(fake: FakeDigitalOcean, do: Client) -> None:
    actions = do.image.transfer_many(SNAPSHOT, ["nyc1", "sgp1", "nyc2"], wait=True)
    assert list(actions) == ["sgp1"]
    assert do.image.transfer_many(SNAPSHOT, ["nyc1", "nyc2"], wait=True) == {}
    assert _calls(fake)[-1] == "GET images_get"


def test_regions_given_twice_count_once_and_order_is_kept(
    parallel: FakeDigitalOcean,
) -> None:
    def each() -> Iterator[str]:
        yield from ("sgp1", "nyc3", "sgp1", "ams3", "nyc3")

    with parallel.client() as do:
        actions = do.image.transfer_many(SNAPSHOT, each(), True)
    assert list(actions) == ["sgp1", "nyc3", "ams3"]
    assert _posted(parallel) == ["sgp1", "nyc3", "ams3"]


def test_no_regions_cost_no_request(fake: FakeDigitalOcean, do: Client) -> None:
    assert do.image.transfer_many(SNAPSHOT, [], wait=True) == {}
    assert not fake.requests


@pytest.mark.parametrize("wrong", ["nyc3", None, 7, [7], [""], ["nyc 3"], b"nyc3"])
def test_wrong_regions_are_refused_before_any_request(wrong: object, api: respx.MockRouter) -> None:
    with Client(TOKEN, clock=VirtualClock()) as do:
        with pytest.raises((TypeError, ValueError), match="region"):
            do.image.transfer_many(1, wrong)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType] - as meant
    assert not api.calls


def test_on_poll_is_called_for_each_that_a_poll_shows(parallel: FakeDigitalOcean) -> None:
    parallel.transfer_takes(7, region="ams3")
    seen: list[tuple[str | None, str]] = []
    with parallel.client() as do:
        do.image.transfer_many(
            SNAPSHOT,
            ["nyc3", "ams3"],
            True,
            on_poll=lambda action: seen.append((action.region_slug, action.status)),
        )
    assert seen == [("ams3", IN_PROGRESS), ("nyc3", "completed"), ("ams3", "completed")]


def test_no_scope_but_those_of_images_is_needed(parallel: FakeDigitalOcean) -> None:
    token = parallel.token({"image:read", "image:update"})
    with parallel.client(token=token) as do:
        assert len(do.image.transfer_many(SNAPSHOT, REGIONS, wait=True)) == 4


# ── A busy image ────────────────────────────────────────────────────────────────────────────


def test_each_is_put_behind_the_one_before(fake: FakeDigitalOcean, do: Client) -> None:
    fake.transfer_takes(10)
    actions = do.image.transfer_many(SNAPSHOT, REGIONS, wait=True)
    assert list(actions) == REGIONS
    assert {action.status for action in actions.values()} == {"completed"}
    assert _regions(fake) == ["nyc1", "nyc2", *REGIONS]
    # Those that are tried too early are refused, and started when their turn has come.
    assert _posted(fake)[:4] == REGIONS
    assert len(_posted(fake)) == 4 + 3 + 2 + 1
    assert fake.clock.monotonic() == 40


def test_it_waits_for_what_somebody_else_has_begun(fake: FakeDigitalOcean, do: Client) -> None:
    fake.transfer_takes(12)
    do.image.transfer(SNAPSHOT, "tor1")
    fake.transfer_takes(5)
    actions = do.image.transfer_many(SNAPSHOT, ["nyc3", "ams3"], wait=True)
    assert [action.status for action in actions.values()] == ["completed", "completed"]
    assert fake.clock.monotonic() == 25, "tor1 to 12 s, seen at 15 s"
    assert _regions(fake)[2:] == ["tor1", "nyc3", "ams3"]


def test_busy_is_recognized_in_many_wordings(fake: FakeDigitalOcean, do: Client) -> None:
    fake.quirk("other_busy_words")
    assert len(do.image.transfer_many(SNAPSHOT, REGIONS, wait=True)) == 4


def test_without_wait_it_comes_out_in_the_group(fake: FakeDigitalOcean, do: Client) -> None:
    with pytest.raises(ActionGroupError) as caught:
        do.image.transfer_many(SNAPSHOT, ["nyc3", "ams3"])
    (error,) = caught.value.exceptions
    assert isinstance(error, UnprocessableEntityError)
    assert str(error).startswith("image 7555620: transfer to ams3: POST ")
    assert "pending event" in str(error)
    assert [action.region_slug for action in caught.value.actions] == ["nyc3"]
    assert fake.clock.monotonic() == 0


def test_what_never_gets_its_turn_says_why(fake: FakeDigitalOcean, do: Client) -> None:
    fake.transfer_takes(math.inf)
    with pytest.raises(ActionGroupError) as caught:
        do.image.transfer_many(SNAPSHOT, ["nyc3", "ams3", "sgp1"], wait=True, timeout=60)
    errors = {type(error): str(error) for error in caught.value.exceptions}
    assert len(caught.value.exceptions) == 3
    assert "image 7555620: transfer to nyc3" in errors[ActionTimeoutError]
    assert "not started after 60 s" in errors[UnprocessableEntityError]
    assert [action.region_slug for action in caught.value.actions] == ["nyc3"]
    text = str(caught.value)
    assert all(region in text for region in ("nyc3", "ams3", "sgp1"))
    assert fake.clock.monotonic() == 60


def test_nothing_is_started_when_the_time_is_over(fake: FakeDigitalOcean, do: Client) -> None:
    fake.transfer_takes(60)
    with pytest.raises(ActionGroupError) as caught:
        do.image.transfer_many(SNAPSHOT, ["nyc3", "ams3"], wait=True, timeout=60)
    assert [action.status for action in caught.value.actions] == ["completed"]
    assert len(fake.actions) == 1


def test_one_that_errors_makes_room_too(fake: FakeDigitalOcean, do: Client) -> None:
    fake.fail_next_action("nyc3")
    with pytest.raises(ActionGroupError) as caught:
        do.image.transfer_many(SNAPSHOT, ["nyc3", "ams3"], wait=True)
    assert [action.status for action in caught.value.actions] == ["errored", "completed"]
    (error,) = caught.value.exceptions
    assert isinstance(error, ActionErroredError)
    assert "nyc3" in str(error)


# ── Regions that fail ───────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("wait", [True, False])
def test_one_that_fails_to_start_does_not_stop_the_others(
    wait: bool, parallel: FakeDigitalOcean
) -> None:
    regions = ["nyc3", "mars1", "ams3"]
    with parallel.client() as do:
        with pytest.raises(ActionGroupError) as caught:
            do.image.transfer_many(SNAPSHOT, regions, wait=wait)
    (error,) = caught.value.exceptions
    assert isinstance(error, UnprocessableEntityError)
    assert "transfer to mars1" in str(error)
    assert [action.region_slug for action in caught.value.actions] == ["nyc3", "ams3"]
    assert {action.status for action in caught.value.actions} == {
        "completed" if wait else IN_PROGRESS
    }


def test_a_single_region_that_fails_comes_in_a_group_too(do: Client) -> None:
    with pytest.raises(ActionGroupError) as caught:
        do.image.transfer_many(SNAPSHOT, ["mars1"])
    assert caught.value.actions == []
    assert len(caught.value.exceptions) == 1


def test_every_error_names_its_region_even_where_answers_do_not(
    api: respx.MockRouter,
) -> None:
    def start(request: httpx.Request) -> httpx.Response:
        number = REGIONS.index(json.loads(request.content)["region"]) + 1
        return httpx.Response(201, json={"action": action_json(number, region=None)})

    errored: list[Json] = [action_json(one, "errored", region=None) for one in (1, 3)]
    waiting: list[Json] = [action_json(one, region=None) for one in (2, 4)]
    api.get("/v2/images/1").respond(json={"image": image_json("available")})
    api.post("/v2/images/1/actions").mock(side_effect=start)
    api.get("/v2/images/1/actions").respond(json={"actions": errored + waiting})
    with Client(TOKEN, clock=VirtualClock()) as do:
        with pytest.raises(ActionGroupError) as caught:
            do.image.transfer_many(1, REGIONS, wait=True, timeout=10)
    assert {str(error).split()[4] for error in caught.value.exceptions} == {*REGIONS}
    assert caught.value.failures.keys() == {*REGIONS}


def test_a_poll_that_fails_stops_none(fake: FakeDigitalOcean, do: Client) -> None:
    fake.fail_next("GET", "/v2/images/{id}/actions/{id}", status=503, times=3)
    actions = do.image.transfer_many(SNAPSHOT, ["nyc3", "ams3"], wait=True)
    assert {action.status for action in actions.values()} == {"completed"}


def test_a_poll_that_is_refused_stops_its_region(fake: FakeDigitalOcean, do: Client) -> None:
    fake.fail_next("GET", "/v2/images/{id}/actions/{id}", status=403)
    with pytest.raises(ActionGroupError) as caught:
        do.image.transfer_many(SNAPSHOT, ["nyc3", "ams3"], wait=True)
    (error,) = caught.value.exceptions
    assert isinstance(error, PermissionDeniedError)
    assert error.region == "nyc3"
    assert caught.value.failures == {"nyc3": error}
    assert [action.status for action in caught.value.actions] == [IN_PROGRESS, "completed"]


def test_parts_of_the_group_keep_all_actions(parallel: FakeDigitalOcean) -> None:
    parallel.fail_next_action("nyc3")
    parallel.transfer_takes(math.inf, region="ams3")
    with parallel.client() as do:
        with pytest.raises(ActionGroupError) as caught:
            do.image.transfer_many(SNAPSHOT, [*REGIONS, "mars1"], wait=True, timeout=30)
    errored, rest = caught.value.split(ActionErroredError)
    assert isinstance(errored, ActionGroupError)
    assert isinstance(rest, ActionGroupError)
    assert errored.actions == rest.actions == caught.value.actions
    assert [action.status for action in errored.actions] == [
        *("errored", IN_PROGRESS, "completed", "completed")
    ]
    assert sorted(type(error).__name__ for error in rest.exceptions) == [
        *("ActionTimeoutError", "UnprocessableEntityError")
    ]


@pytest.mark.parametrize(
    ("status", "kind"), [(401, AuthenticationError), (403, PermissionDeniedError)]
)
def test_a_start_that_is_refused_is_refused_for_each(
    status: int, kind: type[DOImagesError], fake: FakeDigitalOcean, do: Client
) -> None:
    fake.fail_next("POST", ACTIONS, status=status, times=None)
    with pytest.raises(ActionGroupError) as caught:
        do.image.transfer_many(SNAPSHOT, REGIONS, wait=True)
    assert [type(error) for error in caught.value.exceptions] == [kind] * 4
    assert fake.clock.monotonic() == 0


def test_an_image_that_is_not_there_is_no_group(do: Client) -> None:
    with pytest.raises(NotFoundError):
        do.image.transfer_many(1, REGIONS)


# ── Failures of the start ───────────────────────────────────────────────────────────────────


def _limited(fake: FakeDigitalOcean) -> None:
    fake.fail_next("POST", ACTIONS, status=429, headers={"retry-after": "90"}, skip=1, times=2)


def _unreachable(fake: FakeDigitalOcean) -> None:
    fake.fail_next("POST", ACTIONS, lose="refused", skip=1, times=2)


@pytest.mark.parametrize("failure", [_limited, _unreachable])
def test_a_start_that_surely_failed_is_tried_again_while_others_run(
    failure: Callable[[FakeDigitalOcean], None], parallel: FakeDigitalOcean
) -> None:
    parallel.transfer_takes(1000, region="nyc3")
    failure(parallel)
    with parallel.client() as do:
        actions = do.image.transfer_many(SNAPSHOT, REGIONS, wait=True, timeout=None)
    assert list(actions) == REGIONS
    assert {action.status for action in actions.values()} == {"completed"}
    began = [action.started_at for action in actions.values() if action.started_at]
    assert (max(began) - min(began)).total_seconds() < 200, "not when nyc3 had ended"
    assert _posted(parallel)[:2] == ["nyc3", "ams3"]
    assert len(_posted(parallel)) == 6


def test_one_429_is_enough_for_all_regions(fake: FakeDigitalOcean, do: Client) -> None:
    fake.fail_next("POST", ACTIONS, status=429, headers={"retry-after": "50"}, times=None)
    with pytest.raises(ActionGroupError) as caught:
        do.image.transfer_many(SNAPSHOT, REGIONS, wait=True, timeout=40)
    first, *others = caught.value.exceptions
    assert isinstance(first, RateLimitError)
    assert {type(error) for error in others} == {DOImagesError}
    assert all("not started after 40 s" in str(error) for error in others)
    assert len(_posted(fake)) == 1
    assert fake.clock.monotonic() == 40


def test_without_wait_the_usual_retries_are_made(parallel: FakeDigitalOcean) -> None:
    _unreachable(parallel)
    with parallel.client() as do:
        assert list(do.image.transfer_many(SNAPSHOT, REGIONS)) == REGIONS


@pytest.mark.parametrize("wait", [True, False])
def test_a_start_whose_answer_is_lost_is_never_sent_twice(
    wait: bool, parallel: FakeDigitalOcean
) -> None:
    parallel.fail_next("POST", ACTIONS, lose="after", skip=1)
    with parallel.client() as do:
        actions = do.image.transfer_many(SNAPSHOT, REGIONS, wait=wait)
    assert list(actions) == REGIONS
    assert _posted(parallel) == REGIONS
    assert len(parallel.actions) == 4


def test_nor_one_of_which_nothing_is_known(parallel: FakeDigitalOcean) -> None:
    parallel.fail_next("POST", ACTIONS, lose="before", skip=1)
    with parallel.client() as do:
        with pytest.raises(ActionGroupError) as caught:
            do.image.transfer_many(SNAPSHOT, REGIONS, wait=True)
    (error,) = caught.value.exceptions
    assert isinstance(error, APIConnectionError)
    assert "transfer to ams3" in str(error)
    assert "is not known" in str(error)
    assert len(caught.value.actions) == 3


def test_starts_that_hang_do_not_use_up_more_than_the_time_that_there_is(
    api: respx.MockRouter,
) -> None:
    def hang(request: httpx.Request) -> httpx.Response:
        if request.method == "GET" and clock.now == 0:
            return httpx.Response(200, json={"actions": []})
        clock.now += 60 if request.method == "POST" else 10
        raise httpx.ReadTimeout("never answered")

    clock = VirtualClock()
    api.get("/v2/images/1").respond(json={"image": image_json("available")})
    api.route(path="/v2/images/1/actions").mock(side_effect=hang)
    with Client(TOKEN, clock=clock) as do:
        with pytest.raises(ActionGroupError) as caught:
            do.image.transfer_many(1, REGIONS, wait=True, timeout=50)
    assert len(caught.value.exceptions) == 4
    assert clock.now < 100, "the first of them, and the look-ups of what it started"


def test_with_no_time_at_all_they_are_started_nevertheless(
    parallel: FakeDigitalOcean,
) -> None:
    with parallel.client() as do:
        with pytest.raises(ActionGroupError) as caught:
            do.image.transfer_many(SNAPSHOT, REGIONS, wait=True, timeout=0)
    assert [type(error) for error in caught.value.exceptions] == [ActionTimeoutError] * 4
    assert len(caught.value.actions) == 4

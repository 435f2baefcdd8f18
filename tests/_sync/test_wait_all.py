# GENERATED from tests/_async/test_wait_all.py by "make generate". Do not edit.
"""Waiting for many actions together."""

import math
from collections.abc import Iterator

import httpx
import pytest
import respx

from do_images import (
    Action,
    ActionError,
    ActionErroredError,
    ActionGroupError,
    ActionTimeoutError,
    APIStatusError,
    AuthenticationError,
    Client,
    NotFoundError,
)
from do_images.testing import FakeDigitalOcean
from tests.support import TOKEN, VirtualClock, sent
from tests.waiting import IN_PROGRESS, action, action_json, action_response, page, page_number

SNAPSHOT, BACKUP = 7555620, 7555621
SINGLE = r"^/v2/images/\d+/actions/(?P<number>\d+)$"


@pytest.fixture
def fake() -> FakeDigitalOcean:
    return FakeDigitalOcean()


@pytest.fixture
def do(fake: FakeDigitalOcean) -> Iterator[Client]:
    with fake.client() as client:
        yield client


def _of_many_images(do: Client, fake: FakeDigitalOcean, count: int) -> list[Action]:
    """Transfers of so many images, each just begun."""
    return [do.image.transfer(image, "nyc3") for image in fake.add_images(count)]


def _completed(_: httpx.Request, number: str) -> httpx.Response:
    """Answer with the action of the path, completed."""
    return action_response(int(number), "completed")


def _paths(fake: FakeDigitalOcean, begin: int) -> list[str]:
    return [request.path for request in fake.requests[begin:]]


# ── Few requests ────────────────────────────────────────────────────────────────────────────


def test_many_images_are_one_request_a_round(fake: FakeDigitalOcean, do: Client) -> None:
    fake.transfer_takes(3)
    actions = _of_many_images(do, fake, 200)
    begin = len(fake.requests)
    done = do.action.wait_all(actions, poll=1)
    assert [one.status for one in done] == ["completed"] * 200
    assert [one.id for one in done] == [one.id for one in actions]
    assert _paths(fake, begin) == ["/v2/actions"] * 3
    assert fake.clock.monotonic() == 3, "within 1.5 rounds of the slowest"


def test_more_than_a_page_is_one_request_for_each_page(fake: FakeDigitalOcean, do: Client) -> None:
    fake.quota(10_000)
    actions = _of_many_images(do, fake, 450)
    begin = len(fake.requests)
    assert len(do.action.wait_all(actions)) == 450
    assert [request.query["page"] for request in fake.requests[begin:]] == ["1", "2", "3"]


def test_regions_of_one_image_are_one_request_a_round(fake: FakeDigitalOcean, do: Client) -> None:
    regions = ["nyc3", "ams3", "sgp1", "fra1"]
    actions = [do.image.transfer(SNAPSHOT, region) for region in regions]
    begin = len(fake.requests)
    do.action.wait_all(actions, poll=2)
    assert _paths(fake, begin) == [f"/v2/images/{SNAPSHOT}/actions"] * 3


def test_one_is_asked_for_singly(fake: FakeDigitalOcean, do: Client) -> None:
    started = do.image.transfer(SNAPSHOT, "nyc3")
    begin = len(fake.requests)
    do.action.wait_all([started])
    assert _paths(fake, begin) == [f"/v2/images/{SNAPSHOT}/actions/{started.id}"]


def test_what_has_ended_is_not_asked_for_again(fake: FakeDigitalOcean, do: Client) -> None:
    fake.transfer_takes(50, region="sgp1")
    first = do.image.transfer(SNAPSHOT, "nyc3")
    second = do.image.transfer(SNAPSHOT, "sgp1")
    begin = len(fake.requests)
    do.action.wait_all([first, second], poll=10)
    single = f"/v2/images/{SNAPSHOT}/actions/{second.id}"
    assert _paths(fake, begin) == [f"/v2/images/{SNAPSHOT}/actions", *[single] * 4]


def test_without_the_scope_for_the_account_each_image_is_asked(
    fake: FakeDigitalOcean,
) -> None:
    token = fake.token({"image:read", "image:update"})
    fake.transfer_takes(12)
    with fake.client(token=token) as do:
        actions = [
            do.image.transfer(SNAPSHOT, "nyc3"),
            do.image.transfer(SNAPSHOT, "ams3"),
            do.image.transfer(BACKUP, "nyc3"),
        ]
        begin = len(fake.requests)
        done = do.action.wait_all(actions)
        assert {one.status for one in done} == {"completed"}
        paths = _paths(fake, begin)
        assert paths[0] == "/v2/actions"
        assert paths.count("/v2/actions") == 1, "a 403 is remembered for the wait"
        assert len(paths) == 1 + 2 * 3
        begin = len(fake.requests)
        more = [do.image.transfer(BACKUP, "fra1"), do.image.transfer(SNAPSHOT, "lon1")]
        do.action.wait_all(more)
        assert _paths(fake, begin).count("/v2/actions") == 1, "the next wait tries again"


def test_what_has_scrolled_off_is_asked_for_singly(api: respx.MockRouter) -> None:
    newer = [action_json(1000 + number, image=77) for number in range(200)]
    api.get("/v2/actions").mock(return_value=page(*newer, more=True))
    api.get(path__regex=SINGLE).mock(side_effect=_completed)
    with Client(TOKEN, clock=VirtualClock()) as do:
        done = do.action.wait_all([action(1, image=1), action(2, image=2)])
    assert [one.status for one in done] == ["completed", "completed"]
    assert [call.partition("?")[0] for call in sent(api)] == [
        "GET /v2/actions",
        "GET /v2/images/1/actions/1",
        "GET /v2/images/2/actions/2",
    ]


def test_a_list_that_lags_costs_a_few_rounds_only(fake: FakeDigitalOcean, do: Client) -> None:
    fake.quirk("stale_list")
    fake.transfer_takes(60)
    actions = _of_many_images(do, fake, 25)
    begin = len(fake.requests)
    do.action.wait_all(actions, poll=1)
    lists = [path for path in _paths(fake, begin) if path == "/v2/actions"]
    assert len(lists) == 59
    assert len(fake.requests) - begin < 59 + 25 * 4


def test_shifting_pages_show_none_twice(fake: FakeDigitalOcean, do: Client) -> None:
    fake.quirk("shifting_pages")
    fake.transfer_takes(3)
    actions = _of_many_images(do, fake, 210)
    seen: list[int] = []
    do.action.wait_all(actions, poll=3, on_poll=lambda one: seen.append(one.id))
    assert sorted(seen) == sorted(one.id for one in actions)


# ── What is given ───────────────────────────────────────────────────────────────────────────


def test_nothing_returns_at_once(api: respx.MockRouter) -> None:
    clock = VirtualClock()
    with Client(TOKEN, clock=clock) as do:
        assert do.action.wait_all([]) == []
        assert do.action.wait_all(iter(())) == []
    assert not api.calls
    assert not clock.sleeps


def test_what_has_completed_costs_nothing(api: respx.MockRouter) -> None:
    ended = [action(1, "completed"), action(2, "completed")]
    with Client(TOKEN, clock=VirtualClock()) as do:
        assert do.action.wait_all(ended) == ended
    assert not api.calls


def test_the_order_is_kept_and_duplicates_cost_nothing(fake: FakeDigitalOcean, do: Client) -> None:
    one = do.image.transfer(SNAPSHOT, "nyc3")
    two = do.image.transfer(SNAPSHOT, "ams3")
    begin = len(fake.requests)
    seen: list[int] = []
    done = do.action.wait_all(
        [two, one, two, two, one], on_poll=lambda shown: seen.append(shown.id)
    )
    assert [shown.id for shown in done] == [two.id, one.id, two.id, two.id, one.id]
    assert {shown.status for shown in done} == {"completed"}
    assert len(fake.requests) == begin + 1
    assert sorted(seen) == [one.id, two.id]


def test_generators_are_taken(do: Client) -> None:
    started = [do.image.transfer(SNAPSHOT, region) for region in ("nyc3", "ams3")]

    def each() -> Iterator[Action]:
        yield from started

    assert len(do.action.wait_all(each())) == 2
    copies = do.image.transfer_many(SNAPSHOT, ["lon1", "tor1"])
    assert len(do.action.wait_all(copies.values())) == 2


def test_on_poll_is_called_once_for_each_action_that_a_poll_shows(
    fake: FakeDigitalOcean, do: Client
) -> None:
    fake.transfer_takes(8, region="ams3")
    actions = [do.image.transfer(SNAPSHOT, region) for region in ("nyc3", "ams3")]
    fake.fail_next("GET", f"/v2/images/{SNAPSHOT}/actions", status=503, skip=1)
    seen: list[tuple[int, str]] = []
    do.action.wait_all(actions, poll=2, on_poll=lambda shown: seen.append((shown.id, shown.status)))
    nyc3, ams3 = (one.id for one in actions)
    # At 2 s, not at 4 s, at 6 s, and of what is left at 8 s.
    assert seen == [
        (ams3, IN_PROGRESS),
        (nyc3, IN_PROGRESS),
        (ams3, IN_PROGRESS),
        (nyc3, "completed"),
        (ams3, "completed"),
    ]


# ── Failures ────────────────────────────────────────────────────────────────────────────────


def test_one_that_errors_does_not_stop_the_others(fake: FakeDigitalOcean, do: Client) -> None:
    fake.transfer_takes(30, region="sgp1")
    fake.fail_next_action("ams3")
    actions = [do.image.transfer(SNAPSHOT, region) for region in ("nyc3", "ams3", "sgp1")]
    with pytest.raises(ActionGroupError) as caught:
        do.action.wait_all(actions)
    statuses = [one.status for one in caught.value.actions]
    assert statuses == ["completed", "errored", "completed"]
    assert [one.id for one in caught.value.actions] == [one.id for one in actions]
    (error,) = caught.value.exceptions
    assert isinstance(error, ActionErroredError)
    assert error.action == caught.value.actions[1]
    assert "ams3" in str(error)


def test_a_single_failure_comes_in_a_group_too(api: respx.MockRouter) -> None:
    api.get("/v2/images/1/actions/9").mock(return_value=action_response(status="errored"))
    with Client(TOKEN, clock=VirtualClock()) as do:
        with pytest.raises(ActionGroupError) as caught:
            do.action.wait_all([action()])
    assert len(caught.value.exceptions) == 1


def test_waits_for_the_late_ones_can_be_resumed(fake: FakeDigitalOcean, do: Client) -> None:
    fake.transfer_takes(math.inf, region="ams3")
    fake.transfer_takes(500, region="sgp1")
    fake.fail_next_action("nyc3")
    regions = ("nyc3", "ams3", "sgp1", "lon1")
    actions = [do.image.transfer(SNAPSHOT, region) for region in regions]
    groups: list[ActionGroupError] = []
    try:
        do.action.wait_all(actions, timeout=60)
    except* ActionErroredError as errored:
        groups += [errored] if isinstance(errored, ActionGroupError) else []
    except* ActionTimeoutError as timed_out:
        groups += [timed_out] if isinstance(timed_out, ActionGroupError) else []
    assert [len(group.actions) for group in groups] == [4, 4], "a part of the group keeps all"
    failed, late = (
        [error.action for error in group.exceptions if isinstance(error, ActionError)]
        for group in groups
    )
    assert [one.id for one in failed] == [actions[0].id]
    assert [one.id for one in late] == [actions[1].id, actions[2].id]
    assert fake.clock.monotonic() == 60
    assert (do.action.wait_all(late[1:], timeout=None))[0].status == "completed"


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_refusal_ends_it_for_one_action_only(status: int, api: respx.MockRouter) -> None:
    api.get("/v2/actions").respond(403)
    api.get("/v2/images/2/actions/2").respond(status)
    polls = [action_response(1), action_response(1), action_response(1, "completed")]
    api.get("/v2/images/1/actions/1").mock(side_effect=polls)
    with Client(TOKEN, clock=VirtualClock()) as do:
        with pytest.raises(ActionGroupError) as caught:
            actions = [
                action(number, image=number, region=region, begun=-90)
                for number, region in ((1, "nyc3"), (2, "ams3"))
            ]
            do.action.wait_all(actions)
    (error,) = caught.value.exceptions
    assert isinstance(error, APIStatusError)
    assert error.status_code == status
    assert "image 2: transfer to ams3" in str(error)
    assert [one.status for one in caught.value.actions] == ["completed", IN_PROGRESS]
    assert len(api.calls) == 1 + 2 + 1 + 1


def test_a_revoked_token_ends_it_for_all(fake: FakeDigitalOcean, do: Client) -> None:
    actions = _of_many_images(do, fake, 3)
    fake.fail_next("GET", "/v2/actions", status=401)
    with pytest.raises(ActionGroupError) as caught:
        do.action.wait_all(actions)
    assert [type(error) for error in caught.value.exceptions] == [AuthenticationError] * 3
    assert len(caught.value.actions) == 3


def test_an_image_that_is_gone_ends_it_for_its_actions(fake: FakeDigitalOcean, do: Client) -> None:
    actions = [do.image.transfer(SNAPSHOT, region) for region in ("nyc3", "ams3")]
    fake.remove_image(SNAPSHOT)
    with pytest.raises(ActionGroupError) as caught:
        do.action.wait_all(actions)
    assert [type(error) for error in caught.value.exceptions] == [NotFoundError] * 2
    assert fake.clock.monotonic() == 60, "what is new may be 404 for a minute"


@pytest.mark.parametrize("status", [429, 500, 503])
def test_transient_errors_end_it_for_none(status: int, fake: FakeDigitalOcean, do: Client) -> None:
    actions = _of_many_images(do, fake, 5)
    fake.fail_next("GET", "/v2/actions", status=status, times=2)
    fake.fail_next("GET", "/v2/actions", lose="before")
    fake.fail_next("GET", "/v2/actions", lose="after")
    fake.fail_next("GET", "/v2/actions", broken="truncated")
    fake.fail_next("GET", "/v2/actions", broken="wrong_length")
    begin = len(fake.requests)
    assert len(do.action.wait_all(actions)) == 5
    assert _paths(fake, begin) == ["/v2/actions"] * 7


def test_errors_that_stay_make_all_late(fake: FakeDigitalOcean, do: Client) -> None:
    actions = _of_many_images(do, fake, 5)
    fake.fail_next("*", "*", status=503, times=None)
    with pytest.raises(ActionGroupError) as caught:
        do.action.wait_all(actions, timeout=20)
    assert {type(error) for error in caught.value.exceptions} == {ActionTimeoutError}
    assert {type(error.__cause__).__name__ for error in caught.value.exceptions} == {
        "InternalServerError"
    }
    assert fake.clock.monotonic() == 20


def test_an_images_list_that_is_refused_is_replaced_by_single_polls(
    api: respx.MockRouter,
) -> None:
    api.get("/v2/images/1/actions").respond(422)
    api.get(path__regex=SINGLE).mock(side_effect=_completed)
    with Client(TOKEN, clock=VirtualClock()) as do:
        done = do.action.wait_all([action(1, image=1), action(2, image=1)])
    assert [one.status for one in done] == ["completed"] * 2
    assert len(api.calls) == 1 + 2


def test_of_one_that_is_given_twice_the_end_counts(api: respx.MockRouter) -> None:
    with Client(TOKEN, clock=VirtualClock()) as do:
        done = do.action.wait_all([action(9), action(9, "completed"), action(9)])
    assert [one.status for one in done] == ["completed"] * 3
    assert not api.calls


def test_once_the_time_is_over_nothing_more_is_sent(api: respx.MockRouter) -> None:
    def stall(_: httpx.Request) -> httpx.Response:
        clock.now += 40
        raise httpx.ReadTimeout("slow")

    clock = VirtualClock()
    api.get("/v2/actions").respond(403)
    api.get(path__startswith="/v2/images/").mock(side_effect=stall)
    with Client(TOKEN, clock=clock) as do:
        with pytest.raises(ActionGroupError) as caught:
            do.action.wait_all([action(n, image=n) for n in (1, 2, 3)], timeout=30)
    assert len(caught.value.exceptions) == 3
    assert len(api.calls) == 1 + 3, "one round"


def test_an_action_that_spoils_the_accounts_list_spoils_no_wait(
    api: respx.MockRouter,
) -> None:
    spoiled = page({"id": 5, "status": None, "type": "power_cycle"}, action_json(1))
    api.get("/v2/actions").mock(return_value=spoiled)
    api.get(path__regex=SINGLE).mock(side_effect=_completed)
    with Client(TOKEN, clock=VirtualClock()) as do:
        done = do.action.wait_all([action(1, image=1), action(2, image=2)])
    assert [one.status for one in done] == ["completed", "completed"]


def test_a_stale_page_does_not_undo_an_end(api: respx.MockRouter) -> None:
    pages = [
        page(action_json(3), action_json(2), action_json(1, "completed")),
        page(action_json(3, "completed"), action_json(2, "completed"), action_json(1)),
    ]
    seen: list[tuple[int, str]] = []
    api.get("/v2/images/1/actions").mock(side_effect=pages)
    with Client(TOKEN, clock=VirtualClock()) as do:
        done = do.action.wait_all(
            [action(1), action(2), action(3)],
            on_poll=lambda shown: seen.append((shown.id, shown.status)),
        )
    assert [one.status for one in done] == ["completed"] * 3
    assert [status for number, status in seen if number == 1] == ["completed"]


def test_a_list_without_end_has_one_for_us(api: respx.MockRouter) -> None:
    def endless(request: httpx.Request) -> httpx.Response:
        assert page_number(request) < 100
        return page(more=True)

    ours = [action(number, image=number) for number in range(1, 30)]
    api.get("/v2/actions").mock(side_effect=endless)
    api.get(path__regex=SINGLE).mock(side_effect=_completed)
    with Client(TOKEN, clock=VirtualClock()) as do:
        assert len(do.action.wait_all(ours)) == 29
    assert len(api.calls) <= 1 + 29

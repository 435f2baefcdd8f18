"""Waiting for one action, with `wait=True` or with `do.action.wait`."""

import math
from collections.abc import Callable, Coroutine

import httpx
import pytest
import respx

from do_images import (
    Action,
    ActionErroredError,
    ActionTimeoutError,
    APIError,
    APIResponseValidationError,
    APIStatusError,
    AsyncClient,
    RequestInfo,
)
from do_images.testing import FakeDigitalOcean
from tests.support import AsyncVirtualClock, requests, sent
from tests.waiting import IN_PROGRESS, action, action_json, action_response

pytestmark = pytest.mark.anyio

OnPoll = Callable[[object], object]
Call = Callable[[AsyncClient, OnPoll], Coroutine[object, object, object]]

SNAPSHOT, BACKUP = 7555620, 7555621
STARTED = httpx.Response(201, json={"action": action_json()})
DONE = action_response(status="completed")

TRANSIENT = [
    httpx.ConnectError("refused"),
    httpx.ConnectTimeout("slow"),
    httpx.ReadError("reset"),
    httpx.ReadTimeout("slow"),
    httpx.RemoteProtocolError("hung up"),
    httpx.PoolTimeout("none free"),
    httpx.Response(408),
    httpx.Response(429),
    httpx.Response(500),
    httpx.Response(502, text="<html>bad gateway</html>"),
    httpx.Response(503, headers={"retry-after": "3"}),
    httpx.Response(524),
    httpx.Response(599),
    httpx.Response(200, content=b'{"action": {"id": 9, "sta'),
    httpx.Response(200, content=b""),
]


@pytest.fixture
def fake() -> FakeDigitalOcean:
    return FakeDigitalOcean()


def _route(api: respx.MockRouter, *polls: httpx.Response | Exception) -> None:
    """Route a start to `STARTED`, and the polls that follow to the given responses."""
    api.post("/v2/images/1/actions").mock(return_value=STARTED)
    api.get("/v2/images/1/actions/9").mock(side_effect=polls)


# ── Good ends ───────────────────────────────────────────────────────────────────────────────


async def test_it_polls_until_the_action_has_completed(
    api: respx.MockRouter, do: AsyncClient, clock: AsyncVirtualClock
) -> None:
    _route(api, action_response(), action_response(), DONE)
    done = await do.image.transfer(1, "nyc3", wait=True)
    assert done.status == "completed"
    assert sent(api) == ["POST /v2/images/1/actions"] + ["GET /v2/images/1/actions/9"] * 3
    assert clock.sleeps == [5, 5, 5], "a poll right after the start would be wasted"


@pytest.mark.parametrize(("poll", "every"), [(0, 1), (0.01, 1), (1, 1), (2.5, 2.5), (60, 60)])
async def test_a_poll_below_a_second_counts_as_one(
    poll: float, every: float, api: respx.MockRouter, do: AsyncClient, clock: AsyncVirtualClock
) -> None:
    _route(api, action_response(), DONE)
    await do.image.transfer(1, "nyc3", wait=True, poll=poll)
    assert clock.sleeps == [every, every]


async def test_without_a_timeout_it_waits_for_hours(fake: FakeDigitalOcean) -> None:
    fake.transfer_takes(24 * 3600)
    async with fake.async_client() as do:
        done = await do.image.transfer(SNAPSHOT, "nyc3", True, 600, None)
    assert done.status == "completed"
    assert fake.clock.monotonic() == 24 * 3600


async def test_a_conversion_is_waited_for_alike(fake: FakeDigitalOcean) -> None:
    seen: list[Action] = []
    async with fake.async_client() as do:
        done = await do.image.convert(BACKUP, True, 2, 60, on_poll=seen.append)
    assert [one.status for one in seen] == [IN_PROGRESS, IN_PROGRESS, "completed"]
    assert seen[-1] == done


@pytest.mark.parametrize("timeout", [0, 300, None])
async def test_an_action_that_has_completed_costs_no_request(
    timeout: float | None, api: respx.MockRouter, do: AsyncClient
) -> None:
    ended = action(status="completed")
    assert await do.action.wait(ended, timeout=timeout) is ended
    assert not api.calls


async def test_one_that_has_errored_costs_none_either(
    api: respx.MockRouter, do: AsyncClient
) -> None:
    with pytest.raises(ActionErroredError):
        await do.action.wait(action(status="errored"))
    assert not api.calls


@pytest.mark.parametrize(
    ("begun", "first"), [(0.0, 5), (-2.0, 3), (-5.0, 0), (-3600.0, 0), (3600.0, 5), (None, 0)]
)
async def test_an_action_begun_earlier_is_polled_when_its_state_is_a_poll_old(
    begun: float | None,
    first: float,
    api: respx.MockRouter,
    do: AsyncClient,
    clock: AsyncVirtualClock,
) -> None:
    api.get("/v2/images/1/actions/9").mock(return_value=DONE)
    await do.action.wait(action(begun=begun))
    assert clock.sleeps == [first]


async def test_a_completed_action_without_its_end_is_completed(
    api: respx.MockRouter, do: AsyncClient
) -> None:
    _route(api, httpx.Response(200, json={"action": action_json(status="completed")}))
    assert (await do.image.transfer(1, "nyc3", wait=True)).completed_at is None


# ── Where it polls ──────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("made", "path"),
    [
        (action(), "/v2/images/1/actions/9"),
        (action(kind="convert"), "/v2/images/1/actions/9"),
        (action(kind="reboot", resource="droplet"), "/v2/actions/9"),
        (action(image=None), "/v2/actions/9"),
    ],
)
async def test_actions_of_images_are_polled_through_them(
    made: Action, path: str, api: respx.MockRouter, do: AsyncClient
) -> None:
    route = api.get(path).mock(return_value=DONE)
    await do.action.wait(made)
    assert route.call_count == 1


async def test_the_scopes_of_images_are_enough(fake: FakeDigitalOcean) -> None:
    token = fake.token({"image:read", "image:update"})
    async with fake.async_client(token=token) as do:
        assert (await do.image.transfer(SNAPSHOT, "nyc3", wait=True)).status == "completed"
        fake.quirk("null_resource_id")
        # Of what it was started on, an answer need not remind us.
        assert (await do.image.transfer(SNAPSHOT, "ams3", wait=True)).status == "completed"


# ── Bad ends ────────────────────────────────────────────────────────────────────────────────


async def test_an_action_that_errors_ends_it_at_once(
    api: respx.MockRouter, do: AsyncClient
) -> None:
    _route(api, action_response(), action_response(status="errored"))
    with pytest.raises(ActionErroredError, match="image 1: transfer to nyc3") as caught:
        await do.image.transfer(1, "nyc3", wait=True, timeout=None)
    assert caught.value.action.status == "errored"
    assert caught.value.action.id == 9


async def test_a_late_one_has_its_newest_state_and_its_wait_can_be_resumed(
    fake: FakeDigitalOcean,
) -> None:
    fake.transfer_takes(500)
    seen: list[Action] = []
    async with fake.async_client() as do:
        with pytest.raises(ActionTimeoutError, match="is still in-progress after 300 s") as caught:
            await do.image.transfer(SNAPSHOT, "nyc3", wait=True, on_poll=seen.append)
        late = caught.value
        assert isinstance(late, TimeoutError)
        assert fake.clock.monotonic() == 300
        assert len(seen) == 60
        assert late.action is seen[-1], "as it was seen last"
        done = await do.action.wait(late.action)
        assert (done.id, done.status) == (late.action.id, "completed")
        assert fake.clock.monotonic() == 500


@pytest.mark.parametrize(
    ("poll", "timeout", "times"),
    [(5, 0, [0]), (5, 3, [3]), (5, 5, [5]), (5, 12, [5, 10, 12]), (1, 1 / 3, [1 / 3])],
)
async def test_the_last_poll_falls_due_with_the_timeout(
    poll: float, timeout: float, times: list[float], fake: FakeDigitalOcean
) -> None:
    fake.transfer_takes(math.inf)
    began = fake.clock.time()
    async with fake.async_client() as do:
        with pytest.raises(ActionTimeoutError):
            await do.image.transfer(SNAPSHOT, "nyc3", wait=True, poll=poll, timeout=timeout)
    assert [request.time - began for request in fake.requests[1:]] == pytest.approx(times)


async def test_what_completes_just_in_time_is_completed(fake: FakeDigitalOcean) -> None:
    fake.transfer_takes(12)
    async with fake.async_client() as do:
        done = await do.image.transfer(SNAPSHOT, "nyc3", wait=True, timeout=12)
    assert done.status == "completed"


@pytest.mark.parametrize("wrong", [-1, math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("name", ["poll", "timeout"])
async def test_wrong_times_are_refused_before_any_request(
    name: str, wrong: float, api: respx.MockRouter, do: AsyncClient
) -> None:
    poll, timeout = (wrong, 300) if name == "poll" else (5, wrong)
    with pytest.raises(ValueError, match=name):
        await do.image.transfer(1, "nyc3", poll=poll, timeout=timeout)
    with pytest.raises(ValueError, match=name):
        await do.image.transfer_many(1, ["nyc3"], poll=poll, timeout=timeout)
    with pytest.raises(ValueError, match=name):
        await do.image.convert(1, poll=poll, timeout=timeout)
    with pytest.raises(ValueError, match=name):
        await do.action.wait(action(), poll=poll, timeout=timeout)
    with pytest.raises(ValueError, match=name):
        await do.action.wait_all([], poll=poll, timeout=timeout)
    assert not api.calls


async def test_wrong_arguments_are_refused_before_any_request(
    api: respx.MockRouter, do: AsyncClient
) -> None:
    with pytest.raises(TypeError, match="on_poll"):
        await do.action.wait(action(), on_poll="print")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType] - as meant
    with pytest.raises(TypeError, match="must be an int, not str"):
        await do.action.wait("9")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType] - as meant
    with pytest.raises(TypeError, match="Action expected, not dict"):
        await do.action.wait_all([action(), {}])  # type: ignore[list-item] # pyright: ignore[reportArgumentType] - as meant
    assert not api.calls


# ── Transient errors ────────────────────────────────────────────────────────────────────────


def _name(value: object) -> str | None:
    if isinstance(value, httpx.Response):
        return f"{value.status_code} {value.content[:9].decode()}".strip()
    return type(value).__name__ if isinstance(value, Exception) else None


@pytest.mark.parametrize("failure", TRANSIENT, ids=_name)
async def test_transient_errors_do_not_end_it(
    failure: httpx.Response | Exception, api: respx.MockRouter, do: AsyncClient
) -> None:
    seen: list[Action] = []
    _route(api, failure, action_response(), failure, failure, DONE)
    done = await do.image.transfer(1, "nyc3", wait=True, on_poll=seen.append)
    assert done.status == "completed"
    assert len(api.calls) == 6, "the next poll is the next try"
    assert [one.status for one in seen] == [IN_PROGRESS, "completed"], "failed polls don't count"


@pytest.mark.parametrize("failure", TRANSIENT, ids=_name)
async def test_an_error_that_stays_is_the_cause_of_the_timeout(
    failure: httpx.Response | Exception,
    api: respx.MockRouter,
    do: AsyncClient,
    clock: AsyncVirtualClock,
) -> None:
    _route(api, *[failure] * 13)
    with pytest.raises(ActionTimeoutError, match="is still in-progress") as caught:
        await do.image.transfer(1, "nyc3", wait=True, timeout=60)
    assert isinstance(caught.value.__cause__, APIError)
    assert clock.now == pytest.approx(60)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 422])
async def test_other_refusals_end_it_at_once(
    status: int, api: respx.MockRouter, do: AsyncClient
) -> None:
    # What was seen before may be 403 or 404 once.
    times = 2 if status in {403, 404} else 1
    _route(api, action_response(), *[httpx.Response(status)] * times)
    with pytest.raises(APIStatusError, match="image 1: transfer to nyc3") as caught:
        await do.image.transfer(1, "nyc3", wait=True)
    assert caught.value.status_code == status
    assert len(api.calls) == 2 + times
    assert caught.value.action is not None
    assert caught.value.action.id == 9
    assert caught.value.region == "nyc3"


@pytest.mark.parametrize("body", [b"{}", b'{"action": {"id": 9}}', b"[]", b"<html>"])
async def test_so_does_an_invalid_body(body: bytes, api: respx.MockRouter, do: AsyncClient) -> None:
    _route(api, httpx.Response(200, content=body))
    with pytest.raises(APIResponseValidationError):
        await do.image.transfer(1, "nyc3", wait=True)


async def test_a_poll_has_no_more_time_than_the_wait(
    api: respx.MockRouter, do: AsyncClient, clock: AsyncVirtualClock
) -> None:
    given: list[float] = []

    def stall(request: httpx.Request) -> httpx.Response:
        timeout = request.extensions["timeout"]["read"]
        given.append(timeout)
        clock.now += timeout
        raise httpx.ReadTimeout("never answered")

    api.post("/v2/images/1/actions").mock(return_value=STARTED)
    api.get("/v2/images/1/actions/9").mock(side_effect=stall)
    with pytest.raises(ActionTimeoutError):
        await do.image.transfer(1, "nyc3", wait=True, timeout=100)
    assert given == [10, 20, 40, 10, 10], "twice as long each time; a tenth of it at the end"
    assert clock.now == pytest.approx(110)


async def test_the_clients_own_timeout_holds_without_one(
    api: respx.MockRouter, do: AsyncClient
) -> None:
    _route(api, httpx.ReadTimeout("slow"), DONE)
    await do.with_options(timeout=7).image.transfer(1, "nyc3", True, 5, None)
    given = [request.extensions["timeout"]["read"] for request in requests(api)]
    assert given == [7, 7, 7]


async def test_an_answer_that_comes_after_the_timeout_still_counts(
    api: respx.MockRouter, do: AsyncClient, clock: AsyncVirtualClock
) -> None:
    def respond(_: httpx.Request) -> httpx.Response:
        clock.now += 0.8
        return DONE

    api.post("/v2/images/1/actions").mock(return_value=STARTED)
    api.get("/v2/images/1/actions/9").mock(side_effect=respond)
    assert (await do.image.transfer(1, "nyc3", wait=True, timeout=5)).status == "completed"


async def test_the_time_that_an_answer_names_is_kept(
    api: respx.MockRouter, do: AsyncClient, clock: AsyncVirtualClock
) -> None:
    _route(api, httpx.Response(503, headers={"retry-after": "42"}), DONE)
    await do.image.transfer(1, "nyc3", wait=True)
    assert clock.sleeps == [5, 42]


# ── on_poll ─────────────────────────────────────────────────────────────────────────────────


class Stop(Exception):
    """A user's own."""


async def _transfer(do: AsyncClient, on_poll: OnPoll) -> object:
    return await do.image.transfer(SNAPSHOT, "nyc3", wait=True, on_poll=on_poll)


async def _transfer_many(do: AsyncClient, on_poll: OnPoll) -> object:
    return await do.image.transfer_many(SNAPSHOT, ["nyc3", "ams3"], wait=True, on_poll=on_poll)


async def _convert(do: AsyncClient, on_poll: OnPoll) -> object:
    return await do.image.convert(BACKUP, wait=True, on_poll=on_poll)


async def _wait(do: AsyncClient, on_poll: OnPoll) -> object:
    return await do.action.wait(await do.image.convert(BACKUP), on_poll=on_poll)


async def _wait_all(do: AsyncClient, on_poll: OnPoll) -> object:
    actions = [await do.image.convert(BACKUP), await do.image.transfer(SNAPSHOT, "nyc3")]
    return await do.action.wait_all(actions, on_poll=on_poll)


async def _wait_for_image(do: AsyncClient, on_poll: OnPoll) -> object:
    image = await do.image.create(name="x", url="https://x.example/x.img", region="nyc3")
    return await do.image.wait(image, on_poll=on_poll)


@pytest.mark.parametrize(
    "call", [_transfer, _transfer_many, _convert, _wait, _wait_all, _wait_for_image]
)
async def test_what_it_raises_comes_out_unchanged(call: Call, fake: FakeDigitalOcean) -> None:
    stop = Stop("enough")
    calls: list[object] = []

    def on_poll(shown: object) -> None:
        calls.append(shown)
        raise stop

    async with fake.async_client() as do:
        with pytest.raises(Stop) as caught:
            _ = await call(do, on_poll)
        assert caught.value is stop
        assert caught.value.__cause__ is None
        assert len(calls) == 1
        # The client is as good as before.
        assert (await do.image.info(SNAPSHOT)).id == SNAPSHOT


async def test_an_error_of_ours_that_it_raises_does_not_count_as_a_poll_that_failed(
    api: respx.MockRouter, do: AsyncClient
) -> None:
    gone = APIError("mine", request=RequestInfo("GET", "https://x.example"))

    def on_poll(_: object) -> None:
        raise gone

    _route(api, action_response())
    with pytest.raises(APIError) as caught:
        await do.image.transfer(1, "nyc3", wait=True, on_poll=on_poll)
    assert caught.value is gone
    assert len(api.calls) == 2


async def test_it_is_not_called_for_what_has_ended_before(
    api: respx.MockRouter, do: AsyncClient
) -> None:
    calls: list[object] = []
    await do.action.wait(action(status="completed"), on_poll=calls.append)
    assert not calls
    assert not api.calls

"""The rate limiter in both clients: shared by all that waits, in no caller's way."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from itertools import pairwise

import httpx
import pytest
import respx

from do_images import Action, ActionGroupError, ActionTimeoutError, AsyncClient, Client
from do_images.testing import FakeDigitalOcean, Request
from tests.support import TOKEN, AsyncVirtualClock, VirtualClock
from tests.waiting import action, action_response

SNAPSHOT = 7555620
DONE = action_response(status="completed")


def _actions(fake: FakeDigitalOcean, count: int) -> list[Action]:
    """Transfers of so many images, each just begun."""
    with fake.client() as do:
        return [do.image.transfer(image, "nyc3") for image in fake.add_images(count)]


def _statuses(requests: Sequence[Request]) -> list[int | None]:
    return [request.status for request in requests]


def _in_threads(*calls: Callable[[], object]) -> None:
    threads = [threading.Thread(target=call) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()


# ── Little is left ────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("retry_after", [True, False])
@pytest.mark.parametrize("scopes", [None, ("image:read",)], ids=["account", "image by image"])
def test_three_hundred_actions_with_sixty_requests_left(
    scopes: Sequence[str] | None, retry_after: bool
) -> None:
    fake = FakeDigitalOcean(now=datetime(2026, 5, 4, tzinfo=UTC))
    actions = _actions(fake, 300)
    fake.quota(250, remaining=60, window=60, retry_after=retry_after)
    begin = len(fake.requests)
    with fake.client(token=fake.token(scopes)) as do:
        done = do.action.wait_all(actions, timeout=None)
    assert {one.status for one in done} == {"completed"}
    assert 429 not in _statuses(fake.requests[begin:])


def test_the_same_in_tasks() -> None:
    fake = FakeDigitalOcean()
    actions = _actions(fake, 60)
    fake.quota(50, remaining=12, window=60)
    begin = len(fake.requests)

    async def main() -> None:
        async with fake.async_client() as do:
            twin = do.with_options(timeout=5)
            waits = [
                (do if place % 2 else twin).action.wait(one, timeout=None)
                for place, one in enumerate(actions)
            ]
            done = await asyncio.gather(*waits)
            assert {one.status for one in done} == {"completed"}

    asyncio.run(main())
    statuses = _statuses(fake.requests[begin:])
    assert 429 not in statuses
    assert len(statuses) >= 60


def test_the_same_in_threads() -> None:
    fake = FakeDigitalOcean()
    actions = _actions(fake, 12)
    fake.quota(20, remaining=4, window=60)
    begin = len(fake.requests)
    with fake.client() as do:
        _in_threads(*(partial(do.action.wait, one, timeout=None) for one in actions))
    statuses = _statuses(fake.requests[begin:])
    assert 429 not in statuses
    assert len(statuses) >= 12


def test_waits_that_end_with_their_first_poll_all_have_one() -> None:
    fake = FakeDigitalOcean()
    actions = _actions(fake, 20)

    async def main() -> None:
        async with fake.async_client() as do:
            waits = [do.action.wait(one, timeout=5) for one in actions]
            assert len(await asyncio.gather(*waits)) == 20

    asyncio.run(main())


def test_polls_stretch_over_the_time_to_the_reset() -> None:
    fake = FakeDigitalOcean()
    fake.transfer_takes(550)
    (one,) = _actions(fake, 1)
    fake.quota(1000, remaining=60, window=600)
    begin = len(fake.requests)
    with fake.client() as do:
        do.action.wait(one, poll=1, timeout=None)
    times = [request.time for request in fake.requests[begin:]]
    pauses = [later - sooner for sooner, later in pairwise(times)]
    assert len(times) < 45
    assert pauses[:3] == [1, 1, 1], "while the action is young"
    assert max(pauses) > 15


def test_with_nothing_left_nothing_is_sent_before_the_reset() -> None:
    fake = FakeDigitalOcean()
    (one,) = _actions(fake, 1)
    fake.quota(250, remaining=1, window=1800)
    with fake.client() as do:
        do.image.info(SNAPSHOT)
        reset = do.rate_limit.reset if do.rate_limit else 0
        begin = len(fake.requests)
        with pytest.raises(ActionTimeoutError):
            do.action.wait(one, timeout=300)
        assert len(fake.requests) == begin
        do.action.wait(one, timeout=None)
    sent = fake.requests[begin:]
    assert reset <= sent[0].time <= reset + 2
    assert _statuses(sent) == [200]


def test_a_call_of_the_users_own_is_never_held_back() -> None:
    fake = FakeDigitalOcean()
    fake.transfer_takes(100)
    (one,) = _actions(fake, 1)
    fake.quota(1000, remaining=12, window=600)
    before: list[float] = []

    def on_poll(_: Action) -> None:
        before.append(fake.clock.monotonic())
        do.image.info(SNAPSHOT)
        do.image.list(private=True)
        assert fake.clock.monotonic() == before[-1]

    with fake.client() as do:
        do.action.wait(one, poll=1, timeout=None, on_poll=on_poll)
    assert before[1] - before[0] > 50, "while polls are"


# ── The last poll is kept in reserve ──────────────────────────────────────────────────────────


@pytest.mark.parametrize("left", [2, 3, 20])
@pytest.mark.parametrize("timeout", [60.0, 3000.0])
def test_a_single_wait_sees_its_end_while_anything_is_left(left: int, timeout: float) -> None:
    fake = FakeDigitalOcean()
    fake.transfer_takes(timeout - 10)
    (one,) = _actions(fake, 1)
    fake.quota(5000, remaining=left, window=3600)
    with fake.client() as do:
        assert do.action.wait(one, poll=5, timeout=timeout).status == "completed"


@pytest.mark.parametrize("left", [3, 20])
def test_a_whole_transfer_does_too(left: int) -> None:
    fake = FakeDigitalOcean()
    fake.transfer_takes(100)
    fake.quota(5000, remaining=left, window=3600)
    with fake.client() as do:
        assert do.image.transfer(SNAPSHOT, "nyc3", wait=True).status == "completed"


def test_a_wait_for_an_image_does_too() -> None:
    fake = FakeDigitalOcean()
    fake.imports_take(100)
    with fake.client() as do:
        image = do.image.create(name="web", url="https://example.com/web.qcow2", region="nyc3")
        fake.quota(5000, remaining=2, window=3600)
        assert do.image.wait(image, timeout=300).status == "available"


def test_twenty_waits_with_45_requests_left_see_all_ends() -> None:
    fake = FakeDigitalOcean()
    actions: list[Action] = []
    for number in range(20):
        fake.transfer_takes(480 + 12 * number)
        actions += _actions(fake, 1)
    fake.quota(5000, remaining=45, window=3600)
    begin = len(fake.requests)

    async def main() -> None:
        async with fake.async_client() as do:
            waits = [do.action.wait(one, timeout=900) for one in actions]
            done = await asyncio.gather(*waits)
            assert {one.status for one in done} == {"completed"}

    asyncio.run(main())
    assert 20 < len(fake.requests) - begin <= 45
    assert 429 not in _statuses(fake.requests[begin:])


@pytest.mark.parametrize("timeout", [60.0, 300.0, None])
def test_short_actions_are_not_spread_over_the_hour(timeout: float | None) -> None:
    fake = FakeDigitalOcean()
    fake.transfer_takes(6)
    actions = _actions(fake, 300)
    fake.quota(5000, remaining=60, window=3600)
    begin, began = len(fake.requests), fake.clock.monotonic()
    with fake.client() as do:
        done = do.action.wait_all(actions, poll=1, timeout=timeout)
    assert {one.status for one in done} == {"completed"}
    assert fake.clock.monotonic() - began <= 12
    assert 429 not in _statuses(fake.requests[begin:])


def test_a_timeout_error_names_the_rate_limit_only_where_it_slowed_the_wait_down() -> None:
    fake = FakeDigitalOcean()
    fake.transfer_takes(1000)
    (one,) = _actions(fake, 1)
    with fake.client() as do, pytest.raises(ActionTimeoutError) as late:
        do.action.wait(one, timeout=30)
    assert "rate limit" not in str(late.value)
    fake.quota(5000, remaining=2, window=3600)
    with fake.client() as do, pytest.raises(ActionTimeoutError, match="rate limit"):
        do.action.wait(one, timeout=300)


class _SuspendedClock(VirtualClock):
    """The machine is suspended in a sleep: the wall clock alone goes on meanwhile."""

    suspended = 0.0

    def time(self) -> float:
        return super().time() + self.suspended

    def sleep(self, seconds: float, /) -> None:
        super().sleep(seconds)
        if self.now > 100:
            self.suspended = 3000.0


def test_after_a_suspend_polls_go_on_when_the_wall_clock_has_reached_the_reset(
    api: respx.MockRouter,
) -> None:
    clock = _SuspendedClock()
    stated = {"limit": 5000, "remaining": 0, "reset": int(clock.time()) + 3000}
    headers = {f"ratelimit-{name}": str(value) for name, value in stated.items()}
    polls = [httpx.Response(200, headers=headers, content=action_response().content), DONE]
    api.get("/v2/images/1/actions/9").mock(side_effect=polls)
    with Client(TOKEN, clock=clock) as do:
        do.action.wait(action(), timeout=None)
    assert 100 < clock.now < 300


# ── 250 requests a minute ─────────────────────────────────────────────────────────────────────


def _busiest_minute(requests: Sequence[Request]) -> int:
    times = [request.time for request in requests]
    return max(sum(first <= time < first + 60 for time in times) for first in times)


def test_many_waits_send_no_more_than_200_polls_in_a_minute() -> None:
    fake = FakeDigitalOcean()
    fake.transfer_takes(150)
    actions = _actions(fake, 40)
    begin = len(fake.requests)

    async def main() -> None:
        async with fake.async_client() as do:
            waits = [do.action.wait(one, poll=5, timeout=600) for one in actions]
            done = await asyncio.gather(*waits)
            assert {one.status for one in done} == {"completed"}

    asyncio.run(main())
    assert 100 < _busiest_minute(fake.requests[begin:]) <= 200


def test_200_images_are_polled_in_one_round_without_the_accounts_list() -> None:
    fake = FakeDigitalOcean()
    actions = _actions(fake, 200)
    fake.clock.sleep(600)
    began = fake.clock.monotonic()
    with fake.client(token=fake.token(["image:read"])) as do:
        do.action.wait_all(actions, poll=1)
    assert fake.clock.monotonic() - began < 5


# ── 429 ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("headers", [{"retry-after": "90"}, {"ratelimit-remaining": "0"}])
def test_a_429_in_one_wait_pauses_all(headers: dict[str, str]) -> None:
    fake = FakeDigitalOcean()
    fake.transfer_takes(200)
    with fake.client() as do:
        actions = [do.image.transfer(SNAPSHOT, region) for region in ("nyc3", "ams3", "sgp1")]
    begin = len(fake.requests)
    if "retry-after" not in headers:
        reset = int(fake.now.timestamp()) + 110
        headers = {"ratelimit-limit": "5000", "ratelimit-reset": str(reset), **headers}
    fake.fail_next("GET", "/v2/images/{id}/actions/{id}", status=429, headers=headers, skip=6)

    async def main() -> None:
        async with fake.async_client() as do:
            twin = do.with_options(max_retries=0)
            clients = (do, twin, do)
            waits = [each.action.wait(one) for each, one in zip(clients, actions, strict=True)]
            await asyncio.gather(*waits)

    asyncio.run(main())
    sent = fake.requests[begin:]
    assert _statuses(sent).count(429) == 1
    limited = [request.time for request in sent if request.status == 429]
    later = [request.time for request in sent if request.time > limited[0]]
    assert min(later) - limited[0] >= 89


def test_a_429_of_a_users_own_call_does_too(api: respx.MockRouter) -> None:
    clock = VirtualClock()
    times: list[float] = []

    def respond(_: httpx.Request) -> httpx.Response:
        times.append(clock.now)
        return DONE

    api.get("/v2/images/1").respond(429, headers={"retry-after": "70"})
    api.get("/v2/images/1/actions/9").mock(side_effect=respond)
    with Client(TOKEN, clock=clock, max_retries=0) as do:
        with pytest.raises(Exception, match="429"):
            do.image.info(1)
        do.action.wait(action())
    assert times == [70]


def test_a_429_that_outlasts_the_timeout_makes_a_wait_late(api: respx.MockRouter) -> None:
    clock = VirtualClock()
    route = api.get("/v2/images/1/actions/9").respond(429, headers={"retry-after": "600"})
    with Client(TOKEN, clock=clock) as do, pytest.raises(ActionTimeoutError, match="60 s"):
        do.action.wait(action(), timeout=60)
    assert route.call_count == 1
    assert clock.now == 60


def test_a_pause_for_a_429_is_made_once(api: respx.MockRouter) -> None:
    clock = VirtualClock()
    steps = iter([httpx.Response(403), httpx.Response(429, headers={"retry-after": "30"})])

    def respond(request: httpx.Request) -> httpx.Response:
        number = int(request.url.path.rpartition("/")[2]) if request.url.path[-1].isdigit() else 0
        return next(steps, action_response(number, "completed"))

    ours = [action(number, image=number) for number in (1, 2, 3)]
    api.get().mock(side_effect=respond)
    with Client(TOKEN, clock=clock) as do:
        do.action.wait_all(ours, timeout=None)
    # 403, 429, then the two others when the pause is over, then the one that got none.
    assert clock.now == pytest.approx(5 + 30 + 5)


# ── Invalid headers ───────────────────────────────────────────────────────────────────────────

NOON = 1_700_000_000  # where the virtual clocks begin


@pytest.mark.parametrize(
    ("remaining", "reset"),
    [
        ("1", str(NOON * 1000)),
        ("1", "-5"),
        ("0", "0"),
        ("0", str(NOON - 10)),
        ("-7", "-7"),
        ("many", "soon"),
        ("0", "9" * 400),
        ("1", ""),
        ("nan", "inf"),
    ],
)
def test_invalid_headers_stop_no_wait(remaining: str, reset: str, api: respx.MockRouter) -> None:
    headers = {
        "ratelimit-limit": "5000",
        "ratelimit-remaining": remaining,
        "ratelimit-reset": reset,
    }
    bodies = [*[action_response().content] * 5, DONE.content]
    polls = [httpx.Response(200, headers=headers, content=body) for body in bodies]
    api.get("/v2/images/1/actions/9").mock(side_effect=polls)
    clock = VirtualClock()
    with Client(TOKEN, clock=clock) as do:
        assert do.action.wait(action(), poll=1).status == "completed"
    assert clock.now == pytest.approx(6)


def test_a_server_that_answers_429_for_ever_gets_few_polls(api: respx.MockRouter) -> None:
    clock = AsyncVirtualClock()
    route = api.get("/v2/actions").respond(429)

    async def main() -> None:
        ours = [action(number, image=number) for number in range(1, 50)]
        async with AsyncClient(TOKEN, clock=clock) as do:
            with pytest.raises(ActionGroupError):
                await do.action.wait_all(ours, poll=1, timeout=60)

    asyncio.run(main())
    assert route.call_count <= 7, "after 1, 2, 4, ... seconds"

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
from tests.waiting import action, reply

SNAPSHOT = 7555620
DONE = reply(status="completed")


def _actions(fake: FakeDigitalOcean, count: int) -> list[Action]:
    """Transfers of so many images, each just begun."""
    with fake.client() as do:
        return [do.image.transfer(image, "nyc3") for image in fake.add_images(count)]


def _answers(requests: Sequence[Request]) -> list[int | None]:
    return [request.status for request in requests]


def _in_threads(*calls: Callable[[], object]) -> None:
    threads = [threading.Thread(target=call) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()


# ── Little quota ────────────────────────────────────────────────────────────────────────────


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
    assert 429 not in _answers(fake.requests[begin:])


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
    answers = _answers(fake.requests[begin:])
    assert 429 not in answers
    assert len(answers) >= 60


def test_the_same_in_threads() -> None:
    fake = FakeDigitalOcean()
    actions = _actions(fake, 12)
    fake.quota(20, remaining=4, window=60)
    begin = len(fake.requests)
    with fake.client() as do:
        _in_threads(*(partial(do.action.wait, one, timeout=None) for one in actions))
    answers = _answers(fake.requests[begin:])
    assert 429 not in answers
    assert len(answers) >= 12


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
    assert _answers(sent) == [200]


def test_a_call_of_ones_own_is_never_held_back() -> None:
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


# ── 429 ─────────────────────────────────────────────────────────────────────────────────────


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
    assert _answers(sent).count(429) == 1
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
        return next(steps, reply(number, "completed"))

    ours = [action(number, image=number) for number in (1, 2, 3)]
    api.get().mock(side_effect=respond)
    with Client(TOKEN, clock=clock) as do:
        do.action.wait_all(ours, timeout=None)
    # 403, 429, then the two others when the pause is over, then the one that got none.
    assert clock.now == pytest.approx(5 + 30 + 5)


# ── Invalid headers ─────────────────────────────────────────────────────────────────────────

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
def test_headers_that_make_no_sense_stop_no_wait(
    remaining: str, reset: str, api: respx.MockRouter
) -> None:
    headers = {
        "ratelimit-limit": "5000",
        "ratelimit-remaining": remaining,
        "ratelimit-reset": reset,
    }
    bodies = [*[reply().content] * 5, DONE.content]
    polls = [httpx.Response(200, headers=headers, content=body) for body in bodies]
    api.get("/v2/images/1/actions/9").mock(side_effect=polls)
    clock = VirtualClock()
    with Client(TOKEN, clock=clock) as do:
        assert do.action.wait(action(), poll=1).status == "completed"
    assert clock.now == pytest.approx(6)


def test_a_server_that_says_no_for_ever_ends_no_process(api: respx.MockRouter) -> None:
    clock = AsyncVirtualClock()
    route = api.get("/v2/actions").respond(429)

    async def main() -> None:
        ours = [action(number, image=number) for number in range(1, 50)]
        async with AsyncClient(TOKEN, clock=clock) as do:
            with pytest.raises(ActionGroupError):
                await do.action.wait_all(ours, poll=1, timeout=60)

    asyncio.run(main())
    assert route.call_count <= 7, "after 1, 2, 4, ... seconds"

"""Virtual time: who sleeps wakes in the order in which it is due, at once."""

import math
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from functools import partial
from queue import SimpleQueue
from typing import Protocol, TypeVar

import anyio
import httpx
import pytest

from do_images.testing import FakeDigitalOcean, _clock
from do_images.testing._clock import AsyncVirtualClock, VirtualClock, VirtualTime
from tests.testing.faithful import NEW_YEAR

T = TypeVar("T")


class Run(Protocol):
    """Runs an asynchronous function on an event loop of its own."""

    def __call__(self, job: Callable[[], Awaitable[T]], /) -> T: ...


@pytest.fixture
def virtual() -> VirtualTime:
    """Time that starts at a round number."""
    return VirtualTime(1_700_000_000_000_000_000)


def test_the_clocks_are_what_clients_take(fake: FakeDigitalOcean) -> None:
    clock, async_clock = fake.clock, fake.async_clock
    assert clock.monotonic() == async_clock.monotonic() == 0
    assert clock.time() == async_clock.time() == fake.now.timestamp() == NEW_YEAR.timestamp()


def test_a_fake_starts_at_the_real_time() -> None:
    before = int(time.time())
    fake = FakeDigitalOcean()
    assert before <= fake.now.timestamp() == fake.clock.time() <= time.time()
    assert fake.clock.monotonic() == 0


def test_a_fake_starts_whenever_a_test_wants() -> None:
    moment = datetime(2031, 3, 14, 15, 9, 26, 535897, tzinfo=timezone(timedelta(hours=-5)))
    fake = FakeDigitalOcean(now=moment)
    assert fake.now == moment
    assert fake.now.utcoffset() == timedelta(0)
    fake.clock.sleep(3600)
    assert fake.now == moment + timedelta(hours=1)
    response = fake.handle("GET", "/v2/images", {"Authorization": f"Bearer {fake.token()}"})
    assert response.headers["date"] == "Fri, 14 Mar 2031 21:09:26 GMT"
    assert int(response.headers["ratelimit-reset"]) == math.ceil(fake.now.timestamp() + 3600)
    with pytest.raises(ValueError, match="now must have a time zone"):
        FakeDigitalOcean(now=moment.replace(tzinfo=None))


def test_the_first_images_have_an_age(fake: FakeDigitalOcean) -> None:
    ages = {image.id: fake.now - image.created_at for image in fake.images}
    assert len({*ages.values()}) == len(ages)
    assert min(ages.values()) > timedelta(days=1)
    later = FakeDigitalOcean(now=fake.now + timedelta(days=1000))
    assert {image.id: later.now - image.created_at for image in later.images} == ages
    # A rebuild of an old version is newer than the newest version.
    slugs = ("ubuntu-25-10-x64", "ubuntu-24-04-x64", "ubuntu-22-04-x64")
    dates = [fake.image(slug).created_at for slug in slugs]
    assert dates == sorted(dates)


def test_a_sleep_takes_no_real_time(virtual: VirtualTime) -> None:
    clock = VirtualClock(virtual)
    for _ in range(10):
        clock.sleep(0.1)
    clock.sleep(3600)
    clock.sleep(0)
    assert clock.monotonic() == 3601
    assert clock.time() == 1_700_003_601


@pytest.mark.parametrize("seconds", [-1, math.nan, math.inf])
def test_refuses_sleeps_that_are_none(virtual: VirtualTime, seconds: float) -> None:
    with pytest.raises(ValueError, match="seconds must be 0 or more"):
        VirtualClock(virtual).sleep(seconds)
    with pytest.raises(ValueError, match="speed must be 0 or more"):
        virtual.run(seconds)
    assert virtual.elapsed() == 0


def test_threads_that_sleep_together_take_the_time_of_one(virtual: VirtualTime) -> None:
    clock = VirtualClock(virtual)
    woken: list[tuple[str, float]] = []
    # Time moves as soon as every thread that runs is at rest: none may come late.
    together = threading.Barrier(3)

    def nap(name: str, length: float, times: int) -> None:
        together.wait(60)
        for _ in range(times):
            clock.sleep(length)
            woken.append((name, clock.monotonic()))

    threads = [
        threading.Thread(target=nap, args=arguments)
        for arguments in (("long", 100, 1), ("short", 5, 4), ("middle", 30, 1))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert woken == [
        *(("short", 5), ("short", 10), ("short", 15), ("short", 20)),
        *(("middle", 30), ("long", 100)),
    ]


def join(threads: Sequence[threading.Thread], _: "SimpleQueue[None]") -> None:
    for thread in threads:
        thread.join()


def take(threads: Sequence[threading.Thread], ended: "SimpleQueue[None]") -> None:
    for _ in threads:
        ended.get()


def doze(threads: Sequence[threading.Thread], _: "SimpleQueue[None]") -> None:
    while any(thread.is_alive() for thread in threads):
        time.sleep(0.02)


@pytest.mark.parametrize("block", [join, take, doze])
def test_a_thread_that_is_blocked_elsewhere_holds_nobody_up(
    fake: FakeDigitalOcean, block: Callable[[Sequence[threading.Thread], object], None]
) -> None:
    fake.fail_next("GET", "/v2/images/{id}", delay=9, times=None)
    ended: SimpleQueue[None] = SimpleQueue()
    with fake.client(timeout=60) as do:
        do.image.list()  # this thread uses the fake, too

        def ask() -> None:
            do.image.info(7555620)
            fake.clock.sleep(1)
            ended.put(None)

        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        block(threads, ended)
    assert fake.clock.monotonic() == 10


def test_a_thread_that_is_woken_by_another_comes_first(virtual: VirtualTime) -> None:
    clock = VirtualClock(virtual)
    moments: list[float] = []

    def nap(length: float) -> None:
        clock.sleep(length)
        moments.append(clock.monotonic())

    with ThreadPoolExecutor(3) as pool:
        nap(1)
        slow = pool.submit(nap, 100)
        for _ in range(20):
            # While one sleeps long, this thread starts work, and more work when that is done.
            pool.submit(nap, 2).result()
        slow.result()
    assert moments == [1 + 2 * number for number in range(21)] + [101]


def test_time_stands_while_a_thread_computes(virtual: VirtualTime) -> None:
    clock = VirtualClock(virtual)

    def compute() -> None:
        clock.sleep(1)
        end = time.perf_counter() + 0.05
        while time.perf_counter() < end:
            pass
        clock.sleep(1)
        assert clock.monotonic() == 2

    with ThreadPoolExecutor(1) as pool:
        busy = pool.submit(compute)
        clock.sleep(5)
        busy.result()
    assert clock.monotonic() == 5


def test_nobody_waits_for_ever_for_a_thread_that_never_rests(virtual: VirtualTime) -> None:
    clock = VirtualClock(virtual)
    done = False

    def spin() -> None:
        while not done:
            pass

    with ThreadPoolExecutor(1) as pool:
        pool.submit(spin)
        for _ in range(1000):
            clock.sleep(1)
        done = True
    assert clock.monotonic() == 1000


def test_a_thread_without_a_number_is_not_called_runnable() -> None:
    # It has not begun yet, or the system has no such files.
    assert not _clock.is_runnable(threading.Thread())


def test_time_runs_by_itself_where_it_should(virtual: VirtualTime) -> None:
    virtual.advance(10)
    virtual.run(1000)
    time.sleep(0.002)
    assert virtual.seconds() >= 12
    VirtualClock(virtual).sleep(5000)
    assert virtual.seconds() >= 5012
    virtual.run(0)
    stopped = virtual.elapsed()
    assert virtual.elapsed() == stopped
    virtual.reach(0)
    assert virtual.elapsed() == stopped


@pytest.fixture(params=["asyncio", "trio"])
def run(request: pytest.FixtureRequest) -> Run:
    """Runs an asynchronous function on an event loop of its own."""
    return partial(anyio.run, backend=request.param)


def together(*jobs: Callable[[], Coroutine[object, object, None]]) -> Callable[[], Awaitable[None]]:
    async def main() -> None:
        async with anyio.create_task_group() as group:
            for job in jobs:
                group.start_soon(job)

    return main


def test_refuses_asynchronous_sleeps_that_are_none(run: Run, virtual: VirtualTime) -> None:
    with pytest.raises(ValueError, match="seconds must be 0 or more"):
        run(lambda: AsyncVirtualClock(virtual).sleep(-1))


def test_tasks_that_sleep_together_take_the_time_of_one(run: Run, virtual: VirtualTime) -> None:
    clock = AsyncVirtualClock(virtual)
    woken: list[tuple[float, float]] = []

    def napping(length: float, times: int) -> Callable[[], Coroutine[object, object, None]]:
        async def nap() -> None:
            for _ in range(times):
                await clock.sleep(length)
                for _ in range(5):  # as much as happens between two sleeps of a client
                    await clock.breathe()
                woken.append((length, clock.monotonic()))

        return nap

    run(together(napping(100, 1), napping(5, 30), napping(5, 30), napping(0, 1)))
    assert clock.monotonic() == 150
    assert woken == sorted(woken, key=lambda nap: nap[1])
    assert woken[0] == (0, 0)
    assert (100, 100) in woken


def test_a_thousand_tasks_sleep_quickly(run: Run, virtual: VirtualTime) -> None:
    clock = AsyncVirtualClock(virtual)
    run(together(*[lambda: clock.sleep(5)] * 1000))
    assert clock.monotonic() == 5


def test_a_cancelled_task_does_not_move_the_time(run: Run, virtual: VirtualTime) -> None:
    clock = AsyncVirtualClock(virtual)

    async def main() -> None:
        async with anyio.create_task_group() as group:
            # The one that is due first is cancelled, and one that is not.
            for length in (1, 1000):
                group.start_soon(clock.sleep, length)
            for _ in range(3):
                await clock.breathe()
            group.cancel_scope.cancel()
        assert clock.monotonic() == 0
        await clock.sleep(3)
        assert clock.monotonic() == 3

    run(main)


def test_who_sleeps_on_does_so_when_the_first_is_cancelled(run: Run, virtual: VirtualTime) -> None:
    clock = AsyncVirtualClock(virtual)

    async def first(scope: anyio.CancelScope) -> None:
        with scope:
            await clock.sleep(1)

    async def main() -> None:
        scope = anyio.CancelScope()
        async with anyio.create_task_group() as group:
            group.start_soon(first, scope)
            group.start_soon(clock.sleep, 7)
            for _ in range(3):
                await clock.breathe()
            scope.cancel()
        assert clock.monotonic() == 7

    run(main)


def test_time_may_be_moved_on_under_sleepers(run: Run, fake: FakeDigitalOcean) -> None:
    async def main() -> float:
        async with anyio.create_task_group() as group:
            group.start_soon(fake.async_clock.sleep, 10)
            for _ in range(3):
                await fake.async_clock.breathe()
            fake.advance(60)
        return fake.async_clock.monotonic()

    assert run(main) == 60
    assert run(main) == 120  # in another loop


def test_requests_of_several_tasks_are_delayed_together(run: Run, fake: FakeDigitalOcean) -> None:
    fake.fail_next("GET", "/v2/images/{id}", delay=9, times=None)
    api = httpx.AsyncClient(
        transport=fake.async_transport,
        base_url="https://api.digitalocean.com",
        headers={"Authorization": f"Bearer {fake.token()}"},
        timeout=60,
    )

    async def ask() -> None:
        assert (await api.get("/v2/images/7555620")).status_code == 200
        await fake.async_clock.sleep(1)

    run(together(*[ask] * 8))
    assert fake.async_clock.monotonic() == 10

"""Virtual time: who sleeps wakes in the order in which it is due, at once."""

import asyncio
import math
import threading
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta, timezone

import pytest

from do_images.testing import FakeDigitalOcean
from do_images.testing._clock import AsyncVirtualClock, VirtualClock, VirtualTime
from tests.testing.faithful import NEW_YEAR


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
    with pytest.raises(ValueError, match="seconds must be 0 or more"):
        asyncio.run(AsyncVirtualClock(virtual).sleep(seconds))
    with pytest.raises(ValueError, match="speed must be 0 or more"):
        virtual.run(seconds)
    assert virtual.elapsed() == 0


def test_threads_that_sleep_together_take_the_time_of_one(virtual: VirtualTime) -> None:
    clock = VirtualClock(virtual)
    woken: list[tuple[str, float]] = []
    start = threading.Barrier(3)

    def nap(name: str, length: float, times: int) -> None:
        clock.sleep(0)  # so that the clock has heard of all of them
        start.wait()
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
    assert clock.monotonic() == 100
    assert woken == sorted(woken, key=lambda nap: nap[1])
    assert [name for name, _ in woken][-1] == "long"


def test_nobody_waits_for_a_thread_that_does_something_else(virtual: VirtualTime) -> None:
    clock = VirtualClock(virtual)
    done = threading.Event()

    def nap_and_go() -> None:
        clock.sleep(1)
        done.wait()

    other = threading.Thread(target=nap_and_go)
    other.start()
    for _ in range(1000):
        clock.sleep(1)
    assert clock.monotonic() in {1000, 1001}
    done.set()
    other.join()


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


def tasks(*jobs: Callable[[], Awaitable[object]]) -> None:
    async def main() -> None:
        await asyncio.gather(*(job() for job in jobs))

    asyncio.run(main())


def test_tasks_that_sleep_together_take_the_time_of_one(virtual: VirtualTime) -> None:
    clock = AsyncVirtualClock(virtual)
    woken: list[tuple[float, float]] = []

    def napping(length: float, times: int) -> Callable[[], Awaitable[None]]:
        async def nap() -> None:
            for _ in range(times):
                await clock.sleep(length)
                for _ in range(5):  # as much as happens between two sleeps of a client
                    await clock.breathe()
                woken.append((length, clock.monotonic()))

        return nap

    tasks(napping(100, 1), napping(5, 30), napping(5, 30), napping(0, 1))
    assert clock.monotonic() == 150
    assert woken == sorted(woken, key=lambda nap: nap[1])
    assert woken[0] == (0, 0)
    assert (100, 100) in woken


def test_a_thousand_tasks_sleep_quickly(virtual: VirtualTime) -> None:
    clock = AsyncVirtualClock(virtual)
    tasks(*[lambda: clock.sleep(5)] * 1000)
    assert clock.monotonic() == 5


def test_a_cancelled_task_does_not_move_the_time(virtual: VirtualTime) -> None:
    clock = AsyncVirtualClock(virtual)

    async def main() -> None:
        sleeper = asyncio.create_task(clock.sleep(1000))
        other = asyncio.create_task(clock.sleep(2))
        await clock.breathe()
        sleeper.cancel()
        with suppress(asyncio.CancelledError):
            await sleeper
        await other
        assert clock.monotonic() == 2
        # Nobody sleeps any more: the next sleep winds the clock up again.
        for _ in range(20):
            await asyncio.sleep(0)
        await clock.sleep(3)
        assert clock.monotonic() == 5

    asyncio.run(main())


def test_two_that_wake_together_may_cancel_each_other(virtual: VirtualTime) -> None:
    clock = AsyncVirtualClock(virtual)

    async def main() -> None:
        first, second = (asyncio.create_task(clock.sleep(7)) for _ in range(2))
        third = asyncio.create_task(clock.sleep(8))
        await clock.breathe()
        second.cancel()
        await asyncio.wait([first, second, third])
        assert (first.cancelled(), second.cancelled(), third.cancelled()) == (False, True, False)

    asyncio.run(main())


def test_time_may_be_moved_on_under_sleepers(fake: FakeDigitalOcean) -> None:
    async def main() -> float:
        sleeper = asyncio.create_task(fake.async_clock.sleep(10))
        await fake.async_clock.breathe()
        fake.advance(60)
        await sleeper
        return fake.async_clock.monotonic()

    assert asyncio.run(main()) == 60
    assert asyncio.run(main()) == 120  # in another loop

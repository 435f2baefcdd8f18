"""One program on asyncio and on trio, in process and over real sockets."""

import time
from collections.abc import Awaitable, Callable

import anyio
import pytest

from do_images import AsyncClient, ImageTimeoutError
from do_images.testing import FakeDigitalOcean

pytestmark = pytest.mark.anyio

SNAPSHOT = 7555620
URL = "https://files.example/golden.qcow2"


async def _program(do: AsyncClient) -> None:
    """Find, transfer, wait for all, be cancelled, and list many pages."""
    newest = await do.image.latest(type="snapshot")
    copied = await do.image.transfer(newest, "nyc3", wait=True, poll=1)
    assert copied.status == "completed"

    images = await do.image.list(private=True)
    started = [await do.image.transfer(image, "lon1") for image in images[:20]]
    done = await do.action.wait_all(started, poll=1)
    assert {action.status for action in done} == {"completed"}

    with anyio.move_on_after(0.05) as scope:
        await do.image.wait(
            await do.image.create(name="golden", url=URL, region="nyc3"), poll=1, timeout=None
        )
    assert scope.cancelled_caught

    async with anyio.create_task_group() as group:
        for image in images[:10]:
            group.start_soon(do.image.info, image.id)
    assert len(await do.image.list(private=True)) > 500
    assert len([image async for image in do.image.iter(private=True)]) > 500
    with pytest.raises(ImageTimeoutError):
        await do.image.create(name="late", url=URL, region="nyc3", wait=True, poll=1, timeout=1)


def _fake() -> FakeDigitalOcean:
    fake = FakeDigitalOcean()
    fake.add_images(600)
    fake.imports_take(10_000)
    return fake


class Fast:
    """The time of a served fake that runs fifty times as fast as real time."""

    speed = 50.0

    def monotonic(self) -> float:
        return time.monotonic() * self.speed

    def time(self) -> float:
        return time.time()

    async def sleep(self, seconds: float, /) -> None:
        await anyio.sleep(seconds / self.speed)


async def test_over_real_sockets() -> None:
    fake = _fake()
    with fake.serve(speed=Fast.speed) as url:
        async with AsyncClient(fake.token(), base_url=url, clock=Fast()) as do:
            await _program(do)


async def _transfer(do: AsyncClient) -> None:
    await do.image.transfer(SNAPSHOT, "nyc3", wait=True)


async def _transfer_many(do: AsyncClient) -> None:
    assert len(await do.image.transfer_many(SNAPSHOT, ["nyc3", "ams3"], wait=True)) == 2


async def _list(do: AsyncClient) -> None:
    assert len(await do.image.list()) > 600


async def _create(do: AsyncClient) -> None:
    await do.image.create(name="golden", url=URL, region="nyc3", wait=True)


@pytest.mark.parametrize("step", [_transfer, _transfer_many, _list, _create])
async def test_in_process(step: Callable[[AsyncClient], Awaitable[None]]) -> None:
    fake = FakeDigitalOcean()
    fake.add_images(600)
    fake.fail_next("GET", "*", status=503)
    async with fake.async_client() as do:
        await step(do.with_options(max_retries=5))

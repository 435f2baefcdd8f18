"""AsyncClient in the event loops of its users: several of them, of either kind, and cancelled."""

import asyncio
import gc
import traceback
from collections.abc import Awaitable, Callable

import anyio
import pytest

from do_images import AsyncClient
from tests.hostile import HostileServer, answer, replies, stall_unanswered
from tests.support import TOKEN, holds

IMAGE = answer(b'{"image": {"id": 1, "name": "golden", "created_at": "2026-01-01T00:00:00Z"}}')
ROUNDS = 300


def _client(server: HostileServer) -> AsyncClient:
    return AsyncClient(TOKEN, base_url=server.url, timeout=5, max_retries=0)


async def _all_connections_work(do: AsyncClient) -> None:
    """The pool has a hundred: if one were lost, the last of these calls would wait for ever."""
    async with anyio.create_task_group() as tasks:
        for _ in range(100):
            tasks.start_soon(do.image.info, 1)


# asyncio does not close the socket of a connection that is cancelled in the very moment in which it
# is made: the collector does, with a warning.
_sockets = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@_sockets
@pytest.mark.anyio
async def test_cancel_scopes_leave_no_connection_behind() -> None:
    """Cancelled after each number of steps, and so wherever the call awaits something."""
    with HostileServer(replies(IMAGE)) as server:
        async with _client(server) as do:
            for steps in range(ROUNDS):
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(do.image.info, 1)
                    for step in range(steps % 50):
                        await anyio.sleep(0.0003 if step % 3 == 2 else 0)
                    tasks.cancel_scope.cancel()
            await _all_connections_work(do)
    gc.collect()


@_sockets
def test_cancelled_tasks_leave_no_connection_behind() -> None:
    """What `asyncio.timeout` and `asyncio.TaskGroup` do, and anyio's shields do not hold against."""

    async def main(server: HostileServer) -> None:
        async with _client(server) as do:
            for steps in range(ROUNDS):
                task = asyncio.create_task(do.image.info(1))
                for step in range(steps % 50):
                    await asyncio.sleep(0.0003 if step % 3 == 2 else 0)
                for _ in range(1 + steps % 3):
                    task.cancel()
                    await asyncio.sleep(0)
                await asyncio.wait([task])
                assert task.cancelled() or task.result().id == 1
            await _all_connections_work(do)

    with HostileServer(replies(IMAGE)) as server:
        asyncio.run(main(server))
    gc.collect()


@_sockets
def test_a_cancellation_that_was_put_off_is_counted_once() -> None:
    async def main(server: HostileServer) -> None:
        async with _client(server) as do:
            for steps in range(60):
                async with asyncio.timeout(None) as limit:
                    task = asyncio.current_task()
                    assert task is not None
                    loop = asyncio.get_running_loop()
                    limit.reschedule(loop.time() + steps * 0.0002)
                    try:
                        await do.image.info(1)
                    finally:
                        limit.reschedule(None) if not limit.expired() else None
                assert task.cancelling() == 0

    with HostileServer(replies(IMAGE)) as server:
        try:
            asyncio.run(main(server))
        except TimeoutError as error:  # as it is meant
            assert isinstance(error.__cause__, asyncio.CancelledError)


def _twice(runs: Callable[[Callable[[], Awaitable[object]]], object]) -> int:
    with HostileServer(replies(IMAGE)) as server:
        do = _client(server)

        async def call() -> None:
            assert (await do.image.info(1)).id == 1
            assert (await do.image.info(1)).id == 1

        async def last() -> None:
            await call()
            await do.aclose()

        runs(call)
        runs(last)
        gc.collect()
    return server.connections


@_sockets
@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_second_event_loop_opens_new_connections(backend: str) -> None:
    # The first loop ended with an open connection, of which Python warns.
    assert _twice(lambda call: anyio.run(call, backend=backend)) == 2


@pytest.mark.anyio
async def test_a_cancelled_call_leaves_no_token_in_its_traceback() -> None:
    with HostileServer(stall_unanswered) as server:
        async with _client(server) as do:
            frames: list[dict[str, object]] = []

            async def call() -> None:
                try:
                    await do.image.info(1)
                except BaseException as error:
                    frames.extend(
                        frame.f_locals
                        for frame, _ in traceback.walk_tb(error.__traceback__)
                        if frame.f_code.co_filename != __file__
                    )
                    raise

            async with anyio.create_task_group() as tasks:
                tasks.start_soon(call)
                await anyio.sleep(0.2)
                tasks.cancel_scope.cancel()
    assert frames
    assert not any(holds(frame, TOKEN) for frame in frames)

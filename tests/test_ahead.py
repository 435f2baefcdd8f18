"""Work that begins ahead of its turn, where it is interrupted: nothing of it is left."""

import asyncio
import signal
import threading
from contextvars import ContextVar

import pytest

from do_images._ahead import Ahead, AsyncAhead
from tests.support import running


@pytest.mark.usefixtures("interruptible")
def test_ctrl_c_leaves_no_thread() -> None:
    before = running()
    waiting, released = threading.Event(), threading.Event()
    begun: list[int] = []
    main = threading.get_ident()

    def work(number: int) -> int:
        begun.append(number)
        if number == 1:
            waiting.wait(60)
            signal.pthread_kill(main, signal.SIGINT)
        released.wait(60)
        return number

    def ask(ahead: Ahead[int]) -> None:
        for number in range(1, 10):
            ahead.begin(number)
        try:
            waiting.set()
            ahead.result(1)
        finally:
            released.set()

    with pytest.raises(KeyboardInterrupt), Ahead(work, 2) as ahead:
        ask(ahead)
    assert running() == before
    assert len(begun) < 9, "what had not begun never did"


def test_threads_have_the_context_of_who_asks() -> None:
    trace = ContextVar("trace", default="none")
    trace.set("ours")
    with Ahead(lambda _: trace.get(), 2) as ahead:
        assert ahead.result(1) == "ours"


def test_what_was_taken_or_forgotten_begins_anew() -> None:
    done: list[int] = []

    def work(number: int) -> int:
        done.append(number)
        return len(done)

    with Ahead(work, 1) as ahead:
        ahead.begin(7)
        ahead.begin(7)
        assert [ahead.result(7), ahead.result(7)] == [1, 2]
        ahead.begin(7)
        ahead.forget([7, 8])
        assert ahead.result(7) == 4


def test_a_cancelled_task_leaves_no_other() -> None:
    ended: list[int] = []

    async def work(number: int) -> int:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(number)
        return number

    async def ask() -> None:
        async with AsyncAhead(work, 8) as ahead:
            for number in (1, 2, 3):
                ahead.begin(number)
            await ahead.result(1)

    async def main() -> None:
        before = running()
        task = asyncio.create_task(ask())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert running() == before

    asyncio.run(main())
    assert sorted(ended) == [1, 2, 3]

"""Numbered work that begins before its result is asked for: on threads, or in tasks.

What is left of it when the block ends, for whatever reason, is called off and waited for.
"""

from collections.abc import Callable, Coroutine, Iterable
from contextvars import copy_context
from types import TracebackType
from typing import TYPE_CHECKING, Generic, Self, TypeVar

if TYPE_CHECKING:
    from asyncio import Task
    from concurrent.futures import Future

__all__ = ["Ahead", "AsyncAhead"]

T = TypeVar("T")


class Ahead(Generic[T]):
    """Threads; those that wait for a server can't be called off, their time-out ends them."""

    def __init__(self, work: Callable[[int], T], width: int) -> None:
        """`width` is how much of it may be under way at once."""
        from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - only long lists pay

        self._work = work
        self._pool = ThreadPoolExecutor(width, thread_name_prefix="do-images")
        self._begun = dict[int, "Future[T]"]()

    def begin(self, number: int) -> None:
        """Begins it, unless it has begun already."""
        if number not in self._begun:
            # The context of who asks, so that traces of the requests hang where they belong.
            self._begun[number] = self._pool.submit(copy_context().run, self._work, number)

    def result(self, number: int) -> T:
        """What comes of it: waits for it, raises what it raises, and keeps nothing of it."""
        self.begin(number)
        return self._begun.pop(number).result()

    def forget(self, numbers: Iterable[int]) -> None:
        """Drops what came of these, so that they can begin anew."""
        for number in numbers:
            self._begun.pop(number, None)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._pool.shutdown(cancel_futures=True)


class AsyncAhead(Generic[T]):
    """Tasks of the running event loop."""

    def __init__(self, work: Callable[[int], Coroutine[object, object, T]], width: int) -> None:
        """`width` is for threads: tasks are begun as they are asked for."""
        self._work = work
        self._begun = dict[int, "Task[T]"]()

    def begin(self, number: int) -> None:
        """Begins it, unless it has begun already."""
        import asyncio  # noqa: PLC0415 - programs without it do not pay for it

        if number not in self._begun:
            self._begun[number] = asyncio.create_task(self._work(number))

    async def result(self, number: int) -> T:
        """What comes of it: waits for it, raises what it raises, and keeps nothing of it."""
        self.begin(number)
        result = await self._begun[number]
        del self._begun[number]
        return result

    def forget(self, numbers: Iterable[int]) -> None:
        """Drops what came of these, so that they can begin anew."""
        for number in numbers:
            self._begun.pop(number, None)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        import asyncio  # noqa: PLC0415 - as above

        for task in self._begun.values():
            task.cancel()
        await asyncio.gather(*self._begun.values(), return_exceptions=True)

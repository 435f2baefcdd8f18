"""What differs between the two clients besides `await`: event loops, cancellation, threads."""

import os
from collections.abc import Callable
from contextlib import nullcontext
from types import TracebackType
from typing import Protocol, TypeVar

__all__ = ["AsyncRuntime", "Runtime"]

T = TypeVar("T")


class Scope(Protocol):
    """A context manager."""

    def __enter__(self) -> object: ...
    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> bool | None: ...


class Runtime:
    """Threads."""

    @staticmethod
    def home() -> tuple[int, object]:
        """Return what connections belong to: they can't be used anywhere else."""
        return os.getpid(), None

    @staticmethod
    def offload(function: Callable[[], T]) -> T:
        """Return what a function returns that takes its time."""
        return function()

    @staticmethod
    def cleanup() -> Scope:
        """Return a context for the end of a request, which may be interrupted."""
        return nullcontext()

    shield = cleanup


class AsyncRuntime:
    """Event loops, of asyncio or of trio."""

    @staticmethod
    def home() -> tuple[int, object]:
        """Return what connections belong to: this process, and the event loop that runs."""
        return os.getpid(), _running_loop()

    @staticmethod
    async def offload(function: Callable[[], T]) -> T:
        """Run a function on a thread, so that the event loop goes on meanwhile."""
        from anyio import to_thread  # noqa: PLC0415 - programs without it do not pay for it

        return await to_thread.run_sync(function)

    @staticmethod
    def cleanup() -> Scope:
        """Return a context inside of a shield of httpcore's that holds against `Task.cancel`."""
        return _Cleanup()

    @staticmethod
    def shield() -> Scope:
        """Return a context that no cancellation cuts short."""
        return _Shield()


def _running_loop() -> object:
    import asyncio  # noqa: PLC0415 - as above

    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        from trio.lowlevel import current_trio_token  # noqa: PLC0415 - nothing else is left

        return current_trio_token()


class _Cleanup:
    """Puts a cancellation off until the block has ended.

    httpcore shields its own with anyio, which does not hold against `Task.cancel`, and so against
    `asyncio.timeout` and `asyncio.TaskGroup`: a connection that is being returned to the pool at
    that moment would be lost to it for ever.
    """

    def __enter__(self) -> None:
        pass

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> bool:
        if error is None:
            return False
        import asyncio  # noqa: PLC0415 - as above

        task = asyncio.current_task() if isinstance(error, asyncio.CancelledError) else None
        if task is None or not task.cancelling():
            return False
        # To be raised again where the task waits next.
        task.uncancel()
        task.cancel(*error.args)
        return True


class _Shield(_Cleanup):
    """The same, also against cancel scopes."""

    def __enter__(self) -> None:
        from anyio import CancelScope  # noqa: PLC0415 - as above

        self._scope = CancelScope(shield=True)
        self._scope.__enter__()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> bool:
        self._scope.__exit__(kind, error, traceback)
        return super().__exit__(kind, error, traceback)

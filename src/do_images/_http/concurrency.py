"""Several flows at once: in tasks of asyncio or trio, or on threads.

Nobody has to wait for the threads: they are daemons, and what still runs when its caller leaves
is dropped.
"""

from collections.abc import Awaitable, Callable, Coroutine
from contextvars import copy_context
from operator import length_hint
from queue import SimpleQueue
from threading import Lock, Thread
from typing import TYPE_CHECKING, Generic, TypeVar

from do_images._core.steps import Flow, Gather
from do_images.errors import APIError

if TYPE_CHECKING:
    from asyncio import Task

__all__ = ["AsyncPrefetch", "Prefetch", "gather_in_tasks", "gather_in_threads"]

T = TypeVar("T")


class _Outcomes:
    """The outcomes of the flows of a `Gather`, in the order in which the flows were taken."""

    def __init__(self, step: Gather) -> None:
        self.values: list[object] = []
        self._flows = iter(step.flows)
        self._lock = Lock()
        self.is_stopped = False

    def take(self) -> tuple[int, Flow[object]] | None:
        """Return the place and the flow of what is next, None where there is nothing left."""
        with self._lock:
            flow = None if self.is_stopped else next(self._flows, None)
            if flow is None:
                return None
            self.values.append(None)
            return len(self.values) - 1, flow


def _workers(step: Gather) -> int:
    return max(1, min(step.limit, length_hint(step.flows, step.limit)))


async def gather_in_tasks(
    run: Callable[[Flow[object]], Awaitable[object]], step: Gather
) -> list[object]:
    """Run flows in tasks of the running event loop; all have ended when it returns."""
    from anyio import create_task_group, get_cancelled_exc_class  # noqa: PLC0415 - single calls do without

    outcomes = _Outcomes(step)
    failures: list[BaseException] = []
    cancelled = get_cancelled_exc_class()
    group = create_task_group()

    async def work() -> None:
        while (taken := outcomes.take()) is not None:
            place, flow = taken
            try:
                outcomes.values[place] = await run(flow)
            except cancelled:
                raise
            except BaseException as error:  # noqa: BLE001 - goes to the caller, not into a group
                if isinstance(error, APIError) and not step.fail_fast:
                    outcomes.values[place] = error
                    continue
                failures.append(error)
                outcomes.is_stopped = True
                group.cancel_scope.cancel()
                return

    async with group:
        for _ in range(_workers(step) - 1):
            group.start_soon(work)
        await work()
    for error in failures:
        raise error
    return outcomes.values


def gather_in_threads(run: Callable[[Flow[object]], object], step: Gather) -> list[object]:
    """Run flows on threads; where it raises, what still runs is left behind."""
    outcomes = _Outcomes(step)
    ended = SimpleQueue[BaseException | None]()

    def work() -> None:
        failure: BaseException | None = None
        while failure is None and (taken := outcomes.take()) is not None:
            place, flow = taken
            try:
                outcomes.values[place] = run(flow)
            except BaseException as error:  # noqa: BLE001 - goes to the caller, on its thread
                if isinstance(error, APIError) and not step.fail_fast:
                    outcomes.values[place] = error
                else:
                    failure = error
                    outcomes.is_stopped = True
        ended.put(failure)

    workers = _workers(step)
    # The caller's thread is the only one where more are not needed, or can't be had.
    started = _start(work, workers) if workers > 1 else 0
    if started == 0:
        work()
    try:
        for _ in range(started or 1):
            failure = ended.get()
            if failure is not None:
                raise failure
    finally:
        outcomes.is_stopped = True
    return outcomes.values


def _start(work: Callable[[], None], count: int) -> int:
    """Start threads, and return how many: at the interpreter's exit none can be started."""
    for started in range(count):
        # In the context of the caller, so that traces of the requests hang where they belong.
        thread = Thread(target=copy_context().run, args=(work,), name="do-images", daemon=True)
        try:
            thread.start()
        except RuntimeError:
            return started
    return count


class Prefetch(Generic[T]):
    """A flow that runs on a thread while the caller does something else."""

    def __init__(self, run: Callable[[Flow[T]], T], flow: Flow[T]) -> None:
        """It begins at once; at the interpreter's exit, when its result is asked for."""
        self._results: list[T] = []
        self._ended = SimpleQueue[BaseException | None]()

        def work() -> None:
            failure: BaseException | None = None
            try:
                self._results.append(run(flow))
            except BaseException as error:  # noqa: BLE001 - goes to the caller, on its thread
                failure = error
            self._ended.put(failure)

        if _start(work, 1) == 0:
            work()

    def result(self) -> T:
        """Wait for the result."""
        failure = self._ended.get()
        if failure is not None:
            raise failure
        return self._results[0]

    def discard(self) -> None:
        """Drop the result: the thread ends with its request."""


class AsyncPrefetch(Generic[T]):
    """A flow that runs in a task while the caller does something else."""

    def __init__(
        self, run: Callable[[Flow[T]], Coroutine[object, object, T]], flow: Flow[T]
    ) -> None:
        """It begins at once, in the running event loop."""
        from anyio import CancelScope, Event  # noqa: PLC0415 - single calls do without

        self._scope = CancelScope()
        self._ended = Event()
        self._results: list[T] = []
        self._failure: Exception | None = None

        async def work() -> None:
            try:
                with self._scope:
                    self._results.append(await run(flow))
            except Exception as error:  # noqa: BLE001 - goes to the caller, in its task
                self._failure = error
            finally:
                self._ended.set()

        _spawn(work)

    async def result(self) -> T:
        """Wait for the result."""
        await self._ended.wait()
        if self._failure is not None:
            raise self._failure
        return self._results[0]

    async def discard(self) -> None:
        """Cancel the task, and wait until it has ended."""
        from anyio import CancelScope  # noqa: PLC0415 - as above

        self._scope.cancel()
        with CancelScope(shield=True):
            await self._ended.wait()


# asyncio keeps no reference of its own to a task.
_tasks = set["Task[None]"]()


def _spawn(work: Callable[[], Coroutine[object, object, None]]) -> None:
    """Run a coroutine in a task that belongs to nobody: a generator can't keep a task group."""
    import asyncio  # noqa: PLC0415 - synchronous programs do without

    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        from trio.lowlevel import spawn_system_task  # noqa: PLC0415 - it is running

        spawn_system_task(work, context=copy_context())
        return
    task = loop.create_task(work())
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)

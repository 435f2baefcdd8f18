"""Runs flows: the only place where a flow meets the network and the clock."""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing

from do_images._async.connection import AsyncConnection
from do_images._base import ModelT
from do_images._core.flows import call, call_unsafe
from do_images._core.pagination import ItemT, Listing, PageT
from do_images._core.requests import Request
from do_images._core.session import Session
from do_images._core.steps import Flow, Send, Sleep, T
from do_images._http.concurrency import AsyncPrefetch, gather_in_tasks
from do_images._http.options import Limits

__all__ = ["AsyncDriver", "AsyncResource"]


class AsyncDriver:
    """Performs the steps of flows over one connection."""

    __slots__ = ("connection", "limits", "session")

    def __init__(self, connection: AsyncConnection, limits: Limits) -> None:
        """`connection` may be another driver's too."""
        self.connection: AsyncConnection = connection
        self.limits: Limits = limits
        self.session: Session = connection.session(limits)

    async def run(self, flow: Flow[T]) -> T:
        """Return what a flow returns."""
        outcome: object = None
        failure: Exception | None = None
        try:
            while True:
                step = flow.send(outcome) if failure is None else flow.throw(failure)
                outcome = failure = None
                try:
                    if isinstance(step, Send):
                        outcome = await self.connection.send(step.request, self.limits)
                    elif isinstance(step, Sleep):
                        await self.connection.clock.sleep(step.seconds)
                    else:
                        outcome = await gather_in_tasks(self.run, step)
                except Exception as error:  # noqa: BLE001 - the flow decides what it means
                    failure = error
        except StopIteration as end:
            result: T = end.value
            return result
        finally:
            failure = None  # no frame of a traceback shall hold the error that holds it
            flow.close()

    async def pages(self, listing: Listing[PageT, ItemT]) -> AsyncGenerator[Sequence[ItemT]]:
        """Yield the items of each page of a list; the next one is fetched meanwhile if it pays."""
        prefetch: AsyncPrefetch[Sequence[ItemT]] | None = None
        try:
            # While a page is on its way, the listing changes under our hands.
            while prefetch is not None or listing.more:
                if prefetch is None:
                    items = await self.run(listing.next_page())
                else:
                    items = await prefetch.result()
                    prefetch = None
                if listing.is_worth_prefetching:
                    prefetch = AsyncPrefetch(self.run, listing.next_page())
                yield items
        finally:
            if prefetch is not None:
                await prefetch.discard()


class AsyncResource:
    """What `do.image` and `do.action` have in common."""

    def __init__(self, driver: AsyncDriver) -> None:
        self._driver = driver

    async def _call(self, request: Request[ModelT]) -> ModelT:
        return await self._driver.run(call(self._driver.session, request))

    async def _call_unsafe(self, request: Request[ModelT]) -> ModelT:
        return await self._driver.run(call_unsafe(self._driver.session, request))

    async def _items(self, listing: Listing[PageT, ItemT]) -> AsyncIterator[ItemT]:
        async with aclosing(self._driver.pages(listing)) as pages:
            async for page in pages:
                for item in page:
                    yield item

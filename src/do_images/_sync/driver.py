# GENERATED from src/do_images/_async/driver.py by "make generate". Do not edit.
"""Runs flows: the only place where a flow meets the network and the clock."""

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing

from do_images._base import ModelT
from do_images._core.flows import call, call_unsafe
from do_images._core.pagination import ItemT, Listing, PageT
from do_images._core.requests import Request
from do_images._core.session import Session
from do_images._core.steps import Flow, Send, Sleep, T
from do_images._http.concurrency import Prefetch, gather_in_threads
from do_images._http.options import Limits
from do_images._sync.connection import Connection

__all__ = ["Driver", "Resource"]


class Driver:
    """Performs the steps of flows over one connection."""

    __slots__ = ("connection", "limits", "session")

    def __init__(self, connection: Connection, limits: Limits) -> None:
        """`connection` may be another driver's too."""
        self.connection: Connection = connection
        self.limits: Limits = limits
        self.session: Session = connection.session(limits)

    def run(self, flow: Flow[T]) -> T:
        """Return what a flow returns."""
        outcome: object = None
        failure: Exception | None = None
        try:
            while True:
                step = flow.send(outcome) if failure is None else flow.throw(failure)
                outcome = failure = None
                try:
                    if isinstance(step, Send):
                        outcome = self.connection.send(step.request, self.limits)
                    elif isinstance(step, Sleep):
                        self.connection.clock.sleep(step.seconds)
                    else:
                        outcome = gather_in_threads(self.run, step)
                except Exception as error:  # noqa: BLE001 - the flow decides what it means
                    failure = error
        except StopIteration as end:
            result: T = end.value
            return result
        finally:
            failure = None  # no frame of a traceback shall hold the error that holds it
            flow.close()

    def pages(self, listing: Listing[PageT, ItemT]) -> Generator[Sequence[ItemT]]:
        """Yield the items of each page of a list; the next one is fetched meanwhile if it pays."""
        prefetch: Prefetch[Sequence[ItemT]] | None = None
        try:
            # While a page is on its way, the listing changes under our hands.
            while prefetch is not None or listing.more:
                if prefetch is None:
                    items = self.run(listing.next_page())
                else:
                    items = prefetch.result()
                    prefetch = None
                if listing.is_worth_prefetching:
                    prefetch = Prefetch(self.run, listing.next_page())
                yield items
        finally:
            if prefetch is not None:
                prefetch.discard()


class Resource:
    """What `do.image` and `do.action` have in common."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    def _call(self, request: Request[ModelT]) -> ModelT:
        return self._driver.run(call(self._driver.session, request))

    def _call_unsafe(self, request: Request[ModelT]) -> ModelT:
        return self._driver.run(call_unsafe(self._driver.session, request))

    def _items(self, listing: Listing[PageT, ItemT]) -> Iterator[ItemT]:
        with closing(self._driver.pages(listing)) as pages:
            for page in pages:
                for item in page:
                    yield item

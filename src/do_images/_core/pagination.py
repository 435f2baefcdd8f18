"""The pages of a list: which one is next, and which items have come already."""

import logging
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Generic, NamedTuple, Protocol, TypeVar
from urllib.parse import parse_qs, urlsplit

from do_images._core.flows import fetch
from do_images._core.requests import Request
from do_images._core.responses import Response, invalid_response, parse
from do_images._core.session import Session
from do_images._core.steps import Flow, gather_all
from do_images.models import Action, ActionsResponse, Image, ImagesResponse, Links, Meta

__all__ = [
    "FIRST_PAGE",
    "PAGE_SIZE",
    "Cursor",
    "Item",
    "Listing",
    "actions_of",
    "images_of",
    "page_count",
    "page_number",
    "total",
]

_log = logging.getLogger("do_images")

PAGE_SIZE = 200
"""The most items that the API puts on a page."""

FIRST_PAGE = {"page": "1", "per_page": str(PAGE_SIZE)}
"""The query for the newest items of a list."""


class Item(Protocol):
    """Anything with an id."""

    @property
    def id(self) -> int: ...


class Page(Protocol):
    """Any page of a list."""

    @property
    def links(self) -> Links | None: ...

    @property
    def meta(self) -> Meta | None: ...


ItemT = TypeVar("ItemT", bound=Item)
PageT = TypeVar("PageT", bound=ImagesResponse | ActionsResponse)

# An empty page may happen where items vanish while they are listed; more in a row are a fault.
_BARREN_PAGES = 3
# Pages in a row that show nothing new after `meta.total` fell: from then on it is not believed.
_BARREN_REPEATS = 10
# Where the first page came sooner, in seconds, so do the others: fetching ahead would only cost.
_SLOW = 0.02
# The last page that is fetched out of its turn: the API takes 250 requests a minute.
_FARTHEST = 200


class Cursor(Generic[ItemT]):
    """Where a listing stands: which page is next, and which items have come already.

    New items go to the front of a list, so they only push others to later pages. Where
    `meta.total` fell by n, others may have moved to earlier pages by up to n places: then the
    pages where they may stand now are read again.
    """

    def __init__(self) -> None:
        self.page = 1
        self.more = True
        self.pages_taken = 0
        self.count = 0
        self._farthest = 0
        self._barren = 0
        self._barren_repeats = 0
        self._seen: set[int] = set()
        self._total: int | None = None
        # How many items a page holds, and how many places from the front are known.
        self._size = 1
        self._known = 0

    def take(self, response: Response, items: Sequence[ItemT], page: Page) -> Sequence[ItemT]:
        """Return what is new on a page; move on to the next one, or end with `more` false.

        What stands twice on one page stays as it came.
        """
        ids = {item.id for item in items}
        self._size = max(self._size, len(items))
        if not self._seen.isdisjoint(ids):
            items = [item for item in items if item.id not in self._seen]
            ids -= self._seen
        self._seen |= ids
        self.pages_taken += 1
        self.count += len(items)
        following = page.links.pages.next if page.links and page.links.pages else None
        is_repeat = self.page <= self._farthest
        self._farthest = max(self._farthest, self.page)
        if self._has_moved(page, is_barren=not ids and is_repeat):
            self.more = True
            self.page = self._known // self._size + 1
            return items
        self._known = self.page * self._size
        self.more = bool(following)
        if following:
            self._advance(response, following, is_barren=not ids and not is_repeat)
        return items

    def _has_moved(self, page: Page, *, is_barren: bool) -> bool:
        """Return whether items may have moved from this page, or later ones, to earlier ones."""
        self._barren_repeats = self._barren_repeats + 1 if is_barren else 0
        now, before = total(page), self._total
        self._total = now
        if now is None or before is None or self._barren_repeats > _BARREN_REPEATS:
            return False
        self._known = max(0, self._known - max(0, before - now))
        return self._known < (self.page - 1) * self._size

    def _advance(self, response: Response, following: str, *, is_barren: bool) -> None:
        page = page_number(following)
        self._barren = self._barren + 1 if is_barren else 0
        if page is None:
            problem = "names no page"
        elif page <= self.page:
            problem = f"leads from page {self.page} back to page {page}"
        elif self._barren >= _BARREN_PAGES:
            problem = f"goes on after {self._barren} pages with nothing new on them"
        else:
            self.page = page
            # The link may skip pages.
            self._known = (page - 1) * self._size
            return
        raise invalid_response(response, f"links.pages.next {problem}", field="links.pages.next")


class Listing(Generic[PageT, ItemT]):
    """One list of the API, read page by page."""

    def __init__(
        self,
        session: Session,
        request: Request[PageT],
        items: Callable[[PageT], Sequence[ItemT]],
    ) -> None:
        """`items` takes a page's items out of it; the query of `request` are the filters."""
        self._session = session
        self._request = replace(
            request, query={**(request.query or {}), "per_page": str(PAGE_SIZE)}
        )
        self._items = items
        self._cursor = Cursor[ItemT]()
        self._is_slow = False

    @property
    def more(self) -> bool:
        """Whether there is a page to read."""
        return self._cursor.more

    @property
    def is_worth_prefetching(self) -> bool:
        """Whether the next page should be fetched while the caller works on this one."""
        return self.more and self._cursor.pages_taken > 1 and self._is_slow and self._has_headroom()

    def next_page(self) -> Flow[Sequence[ItemT]]:
        """Read the next page, and return what is new on it."""
        response, page = yield from self._fetch(self._cursor.page)
        self._is_slow = response.elapsed >= _SLOW
        return self._cursor.take(response, self._items(page), page)

    def all(self) -> Flow[list[ItemT]]:
        """Read every page, several at once where that saves time."""
        response, first = yield from self._fetch(1)
        found = [*self._cursor.take(response, self._items(first), first)]
        last = min(page_count(first), _FARTHEST) if response.elapsed >= _SLOW else 0
        at_once = self._session.page_concurrency
        if self.more and last > 2 and at_once > 1 and self._has_headroom():
            rest = yield from self._gather(total(first), last)
            if rest is not None:
                return found + rest
            _log.info("the list changed while its pages came: reading it again, one by one")
            self._cursor, found = Cursor[ItemT](), []
        while self.more:
            found += yield from self.next_page()
        return found

    def _gather(self, expected: int | None, last: int) -> Flow[list[ItemT] | None]:
        """Return the items of all further pages; None if the list changed meanwhile.

        Of pages that come out of their order, one may miss an item that moved to a page which
        came before. Then fewer items came than the pages say there are, or they disagree: new
        items are the first of a list, and the first page came before all others.
        """
        has_changed = False

        def fetch(number: int) -> Flow[_Page[ItemT]]:
            nonlocal has_changed
            response, page = yield from self._fetch(number)
            following = page.links.pages.next if page.links and page.links.pages else None
            is_expected = following is None or page_number(following) == number + 1
            has_changed = has_changed or total(page) != expected or not is_expected
            # The bytes of a page are not kept: a list may have hundreds.
            return _Page(response._replace(content=b""), self._items(page), page.links, page.meta)

        def pages() -> Iterator[Flow[_Page[ItemT]]]:
            number = self._cursor.page
            while number <= last and not has_changed and self._has_headroom():
                yield fetch(number)
                number += 1

        found = list[ItemT]()
        gathered = yield from gather_all(pages(), self._session.page_concurrency)
        if has_changed:
            return None
        for page in gathered:
            found += self._cursor.take(page.response, page.items, page)
        while self.more:  # more pages than the first one announced, or few requests left
            found += yield from self.next_page()
        return found if self._cursor.count == expected else None

    def _fetch(self, number: int) -> Flow[tuple[Response, PageT]]:
        query = {**(self._request.query or {}), "page": str(number)}
        response = yield from fetch(self._session, replace(self._request, query=query))
        return response, parse(self._request.endpoint, response)

    def _has_headroom(self) -> bool:
        return self._session.limiter.has_headroom(self._session.clock.monotonic())


class _Page(NamedTuple, Generic[ItemT]):
    """What is kept of a page that came out of its turn."""

    response: Response
    items: Sequence[ItemT]
    links: Links | None
    meta: Meta | None


def total(page: Page) -> int | None:
    """How many items the list holds, as far as a page knows."""
    return page.meta.total if page.meta else None


def page_count(page: Page) -> int:
    """How many pages the list seems to have: a hint, and 1 where nothing is said."""
    pages = page.links.pages if page.links else None
    last = page_number(pages.last) if pages and pages.last else None
    return min(last or 1, -(-(total(page) or 1) // PAGE_SIZE))


def page_number(url: str) -> int | None:
    """The page that a link leads to: all that is ever taken from one."""
    try:
        values = parse_qs(urlsplit(url).query).get("page", [])
    except ValueError:
        return None
    if len(values) != 1 or not re.fullmatch(r"[0-9]{1,9}", values[0], re.ASCII):
        return None
    return int(values[0])


def images_of(page: ImagesResponse) -> Sequence[Image]:
    """Return the items of a page of images."""
    return page.images


def actions_of(page: ActionsResponse) -> Sequence[Action]:
    """Return the items of a page of actions."""
    return page.actions

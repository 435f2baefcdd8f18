"""The pages of a list: which one is next, and which items have come already."""

import re
from collections.abc import Mapping, Sequence
from math import ceil
from typing import Generic, Protocol, TypeVar
from urllib.parse import parse_qs, urlsplit

from do_images._core.responses import Response, invalid_response
from do_images.models import Links, Meta

__all__ = ["FIRST_PAGE", "PAGE_SIZE", "Cursor", "Item", "page_count", "page_number", "total"]

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

# An empty page may happen where items vanish while they are listed; more in a row are a fault.
_BARREN_PAGES = 3


class Cursor(Generic[ItemT]):
    """Where a listing stands: which page is next, and which items have come already."""

    def __init__(self, query: Mapping[str, str]) -> None:
        self._filters = {**query, "per_page": str(PAGE_SIZE)}
        self.page = 1
        self._barren = 0
        self._seen: set[int] = set()
        self.more = True

    @property
    def query(self) -> dict[str, str]:
        """The query that asks for the next page."""
        return self.query_of(self.page)

    def query_of(self, page: int) -> dict[str, str]:
        """The query that asks for a page out of its turn."""
        return {**self._filters, "page": str(page)}

    def take(self, reply: Response, items: Sequence[ItemT], links: Links | None) -> Sequence[ItemT]:
        """What is new on a page; moves on to the next one, or ends with `more` false.

        An item that shifted from an earlier page comes once. What stands twice on one page
        stays as it came.
        """
        ids = {item.id for item in items}
        if not self._seen.isdisjoint(ids):
            items = [item for item in items if item.id not in self._seen]
            ids -= self._seen
        self._seen |= ids
        pages = links.pages if links else None
        following = pages.next if pages else None
        self.more = bool(following)
        if following:
            self._advance(reply, following, barren=not ids)
        return items

    def _advance(self, reply: Response, following: str, *, barren: bool) -> None:
        page = page_number(following)
        self._barren = self._barren + 1 if barren else 0
        if page is None:
            problem = "names no page"
        elif page <= self.page:
            problem = f"leads from page {self.page} back to page {page}"
        elif self._barren >= _BARREN_PAGES:
            problem = f"goes on after {self._barren} pages with nothing new on them"
        else:
            self.page = page
            return
        raise invalid_response(reply, f"links.pages.next {problem}", field="links.pages.next")


def total(page: Page) -> int | None:
    """How many items the list holds, as far as a page knows."""
    return page.meta.total if page.meta else None


def page_count(page: Page) -> int:
    """How many pages the list seems to have: a hint, and 1 where nothing is said."""
    pages = page.links.pages if page.links else None
    last = page_number(pages.last) if pages and pages.last else None
    return min(last or 1, ceil((total(page) or 1) / PAGE_SIZE))


def page_number(url: str) -> int | None:
    """The page that a link leads to: all that is ever taken from one."""
    try:
        values = parse_qs(urlsplit(url).query).get("page", [])
    except ValueError:
        return None
    if len(values) != 1 or not re.fullmatch(r"[0-9]{1,9}", values[0], re.ASCII):
        return None
    return int(values[0])

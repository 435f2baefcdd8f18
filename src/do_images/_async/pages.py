"""Lists: their pages one after the other, or several at once."""

import logging
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Generic, TypeVar

from do_images._ahead import AsyncAhead
from do_images._async.session import AsyncSession
from do_images._base import Endpoint
from do_images._core import pagination, responses
from do_images._core.requests import Request
from do_images.errors import APIError
from do_images.models import ActionsResponse, ImagesResponse

__all__ = ["AsyncPages"]

_log = logging.getLogger("do_images")

PageT = TypeVar("PageT", bound=ImagesResponse | ActionsResponse)
ItemT = TypeVar("ItemT", bound=pagination.Item)

# Where the first page came sooner, in seconds, so will the others: fetching ahead would only cost.
_SLOW = 0.02
# The last page that is fetched ahead of its turn: the API takes 250 requests a minute.
_FARTHEST = 200


class AsyncPages(Generic[PageT, ItemT]):
    """One list of the API."""

    def __init__(
        self,
        session: AsyncSession,
        endpoint: Endpoint[PageT],
        items: Callable[[PageT], Sequence[ItemT]],
        segments: Mapping[str, str],
        query: Mapping[str, str],
    ) -> None:
        """`items` takes a page's items out of it, `query` are the filters."""
        self._session = session
        self._endpoint = endpoint
        self._items = items
        self._path = endpoint.path.format_map(segments)
        self._query = query

    async def each(self) -> AsyncIterator[Sequence[ItemT]]:
        """The items of each page; a page is asked for when the one before is used up."""
        cursor = pagination.Cursor[ItemT](self._query)
        while cursor.more:
            reply = await self._session.reply(self._request(cursor.query))
            yield self._take(cursor, reply, self._parse(reply))

    async def all(self) -> list[ItemT]:
        """The items of all pages, which come several at once where that saves time."""
        cursor = pagination.Cursor[ItemT](self._query)
        reply = await self._session.reply(self._request(cursor.query))
        page = self._parse(reply)
        found = [*self._take(cursor, reply, page)]
        count = min(pagination.page_count(page), _FARTHEST) if reply.elapsed >= _SLOW else 0
        if count > 2 and self._session.limits.page_concurrency > 1 and self._spare():
            if await self._ahead(cursor, found, count, pagination.total(page)):
                return found
            _log.info("the list changed while its pages came: once more, one after the other")
            cursor, found = pagination.Cursor[ItemT](self._query), []
        while cursor.more:
            reply = await self._session.reply(self._request(cursor.query))
            found += self._take(cursor, reply, self._parse(reply))
        return found

    async def _ahead(
        self, cursor: pagination.Cursor[ItemT], found: list[ItemT], count: int, total: int | None
    ) -> bool:
        """Adds the items of all further pages; False if the list changed meanwhile.

        Of pages that come out of their order, one may miss an item that moved to a page which
        came before. Then fewer items came than the pages say there are, or they disagree: new
        items are the first of a list, and the first page came before all others.
        """
        session = self._session
        failed: list[int] = []

        async def fetch(number: int) -> responses.Response | APIError:
            request = self._request(cursor.query_of(number))
            try:
                return await session.connection.send(request, session.limits)
            except APIError as error:
                failed.append(number)
                return error

        width = min(session.limits.page_concurrency, count)
        async with AsyncAhead(fetch, width) as ahead:
            while cursor.more:
                ahead.begin(cursor.page)
                for number in range(cursor.page + 1, min(cursor.page + width, count + 1)):
                    # After a failure, or with little quota left, only the page that is due.
                    if not failed and self._spare():
                        ahead.begin(number)
                reply = await ahead.result(cursor.page)
                if isinstance(reply, APIError):
                    reply = await session.again(reply, self._request(cursor.query))
                    ahead.forget(failed)
                page = self._parse(reply)
                if pagination.total(page) != total:
                    return False
                found += self._take(cursor, reply, page)
        return len(found) == total

    def _request(self, query: Mapping[str, str]) -> Request[PageT]:
        return Request(self._endpoint, self._path, query)

    def _parse(self, reply: responses.Response) -> PageT:
        return responses.parse(self._endpoint, reply)

    def _take(
        self, cursor: pagination.Cursor[ItemT], reply: responses.Response, page: PageT
    ) -> Sequence[ItemT]:
        return cursor.take(reply, self._items(page), page.links)

    def _spare(self) -> bool:
        connection = self._session.connection
        return connection.limiter.has_headroom(connection.clock.monotonic())

"""The pages of a list: which one is next, and what to read again when the list moved."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from do_images import APIResponseValidationError, Image, RequestInfo
from do_images._core.pagination import Cursor, page_count, page_number
from do_images._core.responses import Response
from do_images.models import ImagesResponse, Links, Meta, Pages

RESPONSE = Response(RequestInfo("GET", "https://api.digitalocean.com/v2/images"), 200, {}, b"{}")


@pytest.mark.parametrize(
    ("url", "page"),
    [
        ("https://api.digitalocean.com/v2/images?page=2", 2),
        ("http://other.example:99/anything?per_page=20&page=17#x", 17),
        ("?page=3", 3),
        ("/v2/images?page=004", 4),
        ("page=2", None),
        ("", None),
        ("https://x.example/v2/images", None),
        ("https://x.example/?pages=2", None),
        ("https://x.example/?page=", None),
        ("https://x.example/?page=two", None),
        ("https://x.example/?page=-2", None),
        ("https://x.example/?page=2.5", None),
        ("https://x.example/?page=2&page=3", None),
        ("https://x.example/?page=%32", 2),
        ("https://x.example/?page=\u0662", None),
        ("https://x.example/?page=" + "9" * 400, None),
        ("https://[::1/?page=2", None),
    ],
)
def test_nothing_but_the_page_is_taken_from_a_link(url: str, page: int | None) -> None:
    assert page_number(url) == page


@given(st.text())
def test_no_link_breaks_anything(url: str) -> None:
    page = page_number(url)
    assert page is None or page >= 0


def _images(*ids: int) -> list[Image]:
    return [Image.model_construct(id=number, name="x") for number in ids]


def _next(link: str | None) -> Links:
    return Links(pages=Pages(next=link))


def _page(links: Links | None, *ids: int, total: int | None = None) -> ImagesResponse:
    return ImagesResponse.model_construct(images=_images(*ids), links=links, meta=Meta(total=total))


def _take(
    cursor: Cursor[Image], link: str | None, *ids: int, total: int | None = None
) -> list[int]:
    page = _page(_next(link), *ids, total=total)
    return [image.id for image in cursor.take(RESPONSE, page.images, page)]


def test_a_cursor_follows_the_page_of_next() -> None:
    cursor = Cursor[Image]()
    assert cursor.page == 1
    assert _take(cursor, "http://evil.example/?page=2&private=false&per_page=1", 1, 2) == [1, 2]
    assert cursor.more
    assert cursor.page == 2
    assert _take(cursor, "?page=5", 3) == [3]
    assert cursor.page == 5, "the API says where it goes on"
    assert _take(cursor, None, 4) == [4]
    assert not cursor.more


@pytest.mark.parametrize("links", [None, Links(), Links(pages=Pages()), _next(""), _next(None)])
def test_without_a_next_there_is_no_more(links: Links | None) -> None:
    cursor = Cursor[Image]()
    cursor.take(RESPONSE, _images(1), _page(links))
    assert not cursor.more


def test_what_shifted_to_a_later_page_comes_once() -> None:
    cursor = Cursor[Image]()
    assert _take(cursor, "?page=2", 1, 2, 3) == [1, 2, 3]
    assert _take(cursor, "?page=3", 3, 4) == [4]
    assert _take(cursor, None, 1, 4, 5, 5) == [5, 5]


def test_what_stands_twice_on_one_page_stays_as_it_came() -> None:
    cursor = Cursor[Image]()
    assert _take(cursor, None, 7, 7, 8) == [7, 7, 8]


@pytest.mark.parametrize(
    ("link", "problem"),
    [
        ("?page=1", "leads from page 1 back to page 1"),
        ("?page=0", "leads from page 1 back to page 0"),
        ("?page=x", "names no page"),
        ("https://x.example/v2/images", "names no page"),
        ("https://[", "names no page"),
    ],
)
def test_a_next_that_leads_nowhere_is_an_error(link: str, problem: str) -> None:
    cursor = Cursor[Image]()
    with pytest.raises(APIResponseValidationError, match=problem) as caught:
        _take(cursor, link, 1)
    assert caught.value.field == "links.pages.next"


def test_a_page_that_repeats_is_an_error() -> None:
    cursor = Cursor[Image]()
    _take(cursor, "?page=2", 1)
    _take(cursor, "?page=3", 2)
    with pytest.raises(APIResponseValidationError, match="leads from page 3 back to page 2"):
        _take(cursor, "?page=2", 3)


@pytest.mark.parametrize("again", [(), (1,)], ids=["empty", "nothing new"])
def test_pages_with_nothing_new_for_ever_are_an_error(again: tuple[int, ...]) -> None:
    cursor = Cursor[Image]()
    _take(cursor, "?page=2", 1)
    _take(cursor, "?page=3", *again)
    _take(cursor, "?page=4", *again)
    with pytest.raises(APIResponseValidationError, match="after 3 pages with nothing new"):
        _take(cursor, "?page=5", *again)


def test_an_empty_page_now_and_then_is_none() -> None:
    cursor = Cursor[Image]()
    for page in range(2, 40, 3):
        assert _take(cursor, f"?page={page}") == []
        assert _take(cursor, f"?page={page + 1}") == []
        assert _take(cursor, f"?page={page + 2}", page) == [page]
    assert _take(cursor, None) == []
    assert not cursor.more


# ── A list that moves ───────────────────────────────────────────────────────────────────────


def test_where_the_total_fell_the_pages_before_are_read_again() -> None:
    cursor = Cursor[Image]()
    assert _take(cursor, "?page=2", 1, 2, total=6) == [1, 2]
    # 1 and 2 are gone: 3 and 4 have moved to the first page.
    assert _take(cursor, None, 5, 6, total=4) == [5, 6]
    assert cursor.more
    assert cursor.page == 1
    assert _take(cursor, "?page=2", 3, 4, total=4) == [3, 4]
    assert cursor.page == 2
    assert _take(cursor, None, 5, 6, total=4) == []
    assert not cursor.more


def test_a_total_that_rises_is_no_reason_to_read_again() -> None:
    cursor = Cursor[Image]()
    _take(cursor, "?page=2", 2, 3, total=3)
    assert _take(cursor, None, 3, 4, total=4) == [4]
    assert not cursor.more


def test_a_total_that_rises_and_falls_for_ever_is_not_believed() -> None:
    cursor = Cursor[Image]()
    requests = 0
    while cursor.more:
        requests += 1
        link = "?page=2" if cursor.page == 1 else None
        _take(cursor, link, cursor.page, total=1000 if requests % 2 else 10)
        assert requests < 50


SIZE = 4


class Account:
    """Images in pages of SIZE; new ones go to the front."""

    def __init__(self, count: int) -> None:
        self.ids = list(range(count, 0, -1))
        self._newest = count

    def page(self, number: int) -> ImagesResponse:
        shown = self.ids[(number - 1) * SIZE : number * SIZE]
        more = number * SIZE < len(self.ids)
        link = _next(f"?page={number + 1}") if more else None
        return _page(link, *shown, total=len(self.ids))

    def change(self, created: int, destroyed: list[int]) -> None:
        for place in destroyed:
            if self.ids:
                del self.ids[place % len(self.ids)]
        for _ in range(created):
            self._newest += 1
            self.ids.insert(0, self._newest)


CHANGES = st.lists(
    st.tuples(st.integers(0, 3), st.lists(st.integers(0, 60), max_size=5)), max_size=40
)


@given(st.integers(0, 40), CHANGES)
def test_what_exists_throughout_comes_exactly_once(
    count: int, changes: list[tuple[int, list[int]]]
) -> None:
    account = Account(count)
    throughout = set(account.ids)
    cursor = Cursor[Image]()
    found: list[int] = []
    left = list(changes)
    while cursor.more:
        page = account.page(cursor.page)
        found += [image.id for image in cursor.take(RESPONSE, page.images, page)]
        if left:
            account.change(*left.pop())
            throughout &= set(account.ids)
    assert throughout <= set(found)
    assert len(found) == len(set(found))


@given(st.integers(0, 60))
def test_a_loop_that_destroys_what_it_gets_leaves_nothing(count: int) -> None:
    account = Account(count)
    cursor = Cursor[Image]()
    while cursor.more:
        page = account.page(cursor.page)
        for image in cursor.take(RESPONSE, page.images, page):
            account.ids.remove(image.id)
    assert account.ids == []


@pytest.mark.parametrize(
    ("total", "pages"), [(0, 1), (1, 1), (200, 1), (201, 2), (10**400, 3), (None, 1)]
)
def test_the_count_of_pages_is_a_hint_whatever_the_total_is(total: int | None, pages: int) -> None:
    page = ImagesResponse.model_construct(
        images=[],
        links=Links(pages=Pages(last="?page=3")),
        meta=None if total is None else Meta.model_construct(total=total),
    )
    assert page_count(page) == pages

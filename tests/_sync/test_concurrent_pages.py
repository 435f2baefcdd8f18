# GENERATED from tests/_async/test_concurrent_pages.py by "make generate". Do not edit.
"""Pages of one list that are fetched several at once: as good as one after the other."""

from collections.abc import Callable
from contextlib import suppress

import httpx
import pytest
import respx
from hypothesis import given, settings
from hypothesis import strategies as st

from do_images import (
    APIResponseValidationError,
    Client,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
)
from tests.support import TOKEN, Gate, Json, VirtualClock, has_ended_but, running

BASE = "https://api.digitalocean.com/v2/images"
SIZE = 200
LATENCY = 0.1


class Server:
    """Lists images, newest first, and takes its time for it."""

    def __init__(self, count: int, *, latency: float = LATENCY) -> None:
        self.clock = VirtualClock()
        self.ids = list(range(count, 0, -1))
        self.pages: list[int] = []
        self.latency = latency
        self.remaining = 5000
        self.total: int | None = None
        self.with_last = True
        self.answers: dict[int, httpx.Response | BaseException] = {}
        """What stands in place of a page, once."""
        self.skips: dict[int, int] = {}
        """Where `next` leads, if not to the following page."""
        self.before: Callable[[int], None] = lambda _: None
        """Called with the number of a request before it is answered."""

    def page(self, number: int) -> dict[str, Json]:
        ids = self.ids[(number - 1) * SIZE : number * SIZE]
        images: list[Json] = [
            {"id": one, "name": "x", "created_at": "2026-05-04T22:23:02Z"} for one in ids
        ]
        last = -(-len(self.ids) // SIZE)
        pages: dict[str, Json] = {}
        if number < last:
            pages["next"] = f"{BASE}?page={self.skips.get(number, number + 1)}"
            if self.with_last:
                pages["last"] = f"{BASE}?page={last}"
        total = len(self.ids) if self.total is None else self.total
        return {"images": images, "links": {"pages": pages}, "meta": {"total": total}}

    def __call__(self, request: httpx.Request) -> httpx.Response:
        number = int(request.url.params["page"])
        self.pages.append(number)
        self.before(len(self.pages))
        if number == 1:
            self.clock.now += self.latency
        answer = self.answers.pop(number, None)
        if isinstance(answer, httpx.Response):
            return answer
        if answer is not None:
            raise answer
        left = self.remaining - len(self.pages)
        quota = {"limit": "5000", "remaining": str(left), "reset": "1700003600"}
        headers = {f"ratelimit-{name}": value for name, value in quota.items()}
        return httpx.Response(200, json=self.page(number), headers=headers)

    def client(
        self, api: respx.MockRouter, *, max_retries: int = 2, page_concurrency: int = 8
    ) -> Client:
        """Return a client whose lists of images come from here."""
        api.get("/v2/images").mock(side_effect=self)
        return Client(
            TOKEN, clock=self.clock, max_retries=max_retries, page_concurrency=page_concurrency
        )


def _ids(do: Client) -> list[int]:
    return [image.id for image in do.image.list()]


# ── Several at once ─────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("concurrency", [2, 8])
def test_so_many_pages_are_under_way_at_once(concurrency: int, api: respx.MockRouter) -> None:
    server = Server(5 * SIZE)
    gate = Gate(min(concurrency, 4))

    def handler(request: httpx.Request) -> httpx.Response:
        if request.url.params["page"] != "1":
            gate.wait()
        return server(request)

    api.get("/v2/images").mock(side_effect=handler)
    do = Client(TOKEN, clock=server.clock, page_concurrency=concurrency)
    assert _ids(do) == server.ids
    assert sorted(server.pages) == [1, 2, 3, 4, 5]


def test_the_actions_too(api: respx.MockRouter) -> None:
    server = Server(3 * SIZE)

    def handler(request: httpx.Request) -> httpx.Response:
        body = server(request).json()
        found = [{"id": one["id"], "status": "x", "type": "y"} for one in body.pop("images")]
        return httpx.Response(200, json={**body, "actions": found})

    api.get(path__regex=r"^/v2/(images/1/)?actions$").mock(side_effect=handler)
    with Client(TOKEN, clock=server.clock) as do:
        assert [action.id for action in do.action.list()] == server.ids
        assert [action.id for action in do.image.action_list(1)] == server.ids
    assert sorted(server.pages) == [1, 1, 2, 2, 3, 3]


def test_a_client_made_by_with_options_does_the_same(api: respx.MockRouter) -> None:
    for concurrency, asked in ((1, {2}), (8, {2, 3, 4, 5})):
        server = Server(5 * SIZE)
        server.answers[2] = httpx.Response(403)
        do = server.client(api, page_concurrency=concurrency).with_options(timeout=5)
        with pytest.raises(PermissionDeniedError):
            do.image.list()
        assert {1, 2} <= set(server.pages) <= {1, *asked}


# ── Where it would not pay, or not be right ─────────────────────────────────────────────────


def _quick(server: Server) -> None:
    server.latency = 0.001


def _little_quota(server: Server) -> None:
    server.remaining = 400


def _no_total(server: Server) -> None:
    server.total = 0


def _no_last(server: Server) -> None:
    server.with_last = False


def _few_pages(server: Server) -> None:
    del server.ids[2 * SIZE :]


@pytest.mark.parametrize("change", [_quick, _little_quota, _no_total, _no_last, _few_pages])
def test_a_page_after_the_other(change: Callable[[Server], None], api: respx.MockRouter) -> None:
    server = Server(5 * SIZE)
    change(server)
    server.answers[2] = httpx.Response(403)
    with pytest.raises(PermissionDeniedError):
        server.client(api).image.list()
    assert server.pages == [1, 2], "nothing was fetched ahead"
    server.pages.clear()
    assert _ids(server.client(api)) == server.ids
    assert server.pages == list(range(1, len(server.ids) // SIZE + 1))


def test_pages_wait_for_their_turn_once_the_quota_is_little(api: respx.MockRouter) -> None:
    server = Server(20 * SIZE)
    server.remaining = 506  # below a tenth of the limit from the sixth request on
    assert _ids(server.client(api, page_concurrency=2)) == server.ids
    assert server.pages[6:] == list(range(7, 21))


def test_pages_wait_for_their_turn_after_a_429(api: respx.MockRouter) -> None:
    server = Server(5 * SIZE)
    do = server.client(api, max_retries=0)
    server.answers[1] = httpx.Response(429, headers={"retry-after": "30"})
    with pytest.raises(RateLimitError):
        do.image.list()
    server.answers[2] = httpx.Response(403)
    with pytest.raises(PermissionDeniedError):
        do.image.list()
    assert server.pages == [1, 1, 2]


# ── Lists that change while they are listed ─────────────────────────────────────────────────


@settings(max_examples=25)
@given(st.data())
def test_nothing_is_lost_and_nothing_comes_twice(data: st.DataObject) -> None:
    server = Server(data.draw(st.integers(3, 6), "pages") * SIZE - data.draw(st.integers(0, 199)))
    first = set(server.ids)
    moment = data.draw(st.integers(2, 8), "the request that it changes at")
    gone = data.draw(st.integers(0, len(server.ids) - 1), "the item that goes")
    new = data.draw(st.integers(0, len(server.ids)), "where one comes")
    what = data.draw(st.sampled_from(["goes", "comes", "comes first", "both"]))
    if what == "comes first":
        server.total = len(server.ids)  # which is out of date then

    def change(number: int) -> None:
        if number == moment and what != "comes":
            del server.ids[gone : gone + (what in {"goes", "both"})]
        if number == moment and what != "goes":
            server.ids.insert(new if what == "comes" else 0, 10_000)

    server.before = change
    with respx.mock(base_url="https://api.digitalocean.com") as api:
        found = _ids(server.client(api))
    assert first & set(server.ids) <= set(found)
    assert len(found) == len(set(found))


def test_a_list_that_changed_is_listed_anew(api: respx.MockRouter) -> None:
    server = Server(4 * SIZE)
    server.before = lambda number: server.ids.insert(0, 10_000) if number == 4 else None
    assert set(_ids(server.client(api))) >= set(range(1, 4 * SIZE + 1))
    assert server.pages[-4:] == [2, 3, 4, 5] or server.pages[-5:] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("total", [3 * SIZE, 50 * SIZE])
def test_a_total_that_is_wrong_loses_nothing(total: int, api: respx.MockRouter) -> None:
    server = Server(5 * SIZE)
    server.total = total
    assert _ids(server.client(api)) == server.ids
    assert max(server.pages) == 5


def test_a_next_that_skips_a_page_is_followed(api: respx.MockRouter) -> None:
    for concurrency in (1, 8):
        server = Server(6 * SIZE)
        server.skips[3] = 5
        skipped = server.ids[3 * SIZE : 4 * SIZE]
        found = _ids(server.client(api, page_concurrency=concurrency))
        assert found == [one for one in server.ids if one not in skipped]


def test_a_next_that_leads_back_is_an_error(api: respx.MockRouter) -> None:
    server = Server(6 * SIZE)
    server.skips[4] = 3
    before = running()
    with pytest.raises(APIResponseValidationError, match="from page 4 back to page 3"):
        server.client(api).image.list()
    assert has_ended_but(before)


# ── Pages that fail ─────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("page", [2, 3, 5, 12])
def test_a_page_that_fails_for_a_moment_is_asked_for_again(
    page: int, api: respx.MockRouter
) -> None:
    server = Server(12 * SIZE)
    server.answers[page] = httpx.Response(502)
    assert _ids(server.client(api)) == server.ids
    assert sorted(server.pages) == sorted([*range(1, 13), page])
    assert len(server.clock.sleeps) == 1


def test_the_error_is_that_of_the_first_page_that_failed(api: respx.MockRouter) -> None:
    server = Server(5 * SIZE)
    server.answers[3] = httpx.Response(404)
    server.answers[4] = httpx.Response(403)
    before = running()
    with pytest.raises((NotFoundError, PermissionDeniedError)) as caught:
        server.client(api).image.list()
    assert caught.value.request.url.endswith(("page=3", "page=4")), "whichever comes first"
    assert has_ended_but(before)


def test_at_the_limit_there_is_one_pause_and_no_storm(api: respx.MockRouter) -> None:
    server = Server(30 * SIZE)
    refused: list[int] = []

    def handler(request: httpx.Request) -> httpx.Response:
        page = int(request.url.params["page"])
        if page > 1 and server.clock.now < 10:
            refused.append(page)
            return httpx.Response(429, headers={"retry-after": "20"})
        return server(request)

    api.get("/v2/images").mock(side_effect=handler)
    with Client(TOKEN, clock=server.clock) as do:
        assert _ids(do) == server.ids
    assert 1 <= len(refused) <= 8
    assert server.clock.sleeps == [20.0]
    assert sorted(server.pages) == list(range(1, 31))


class Stopped(BaseException):
    """As Ctrl-C is none of the exceptions that anybody handles."""


def test_nothing_is_left_running_when_it_is_stopped(api: respx.MockRouter) -> None:
    server = Server(20 * SIZE)
    server.answers[3] = Stopped()
    before = running()
    with suppress(Stopped):
        server.client(api).image.list()
        pytest.fail("it was not stopped")
    assert has_ended_but(before)
    assert max(server.pages) < 20

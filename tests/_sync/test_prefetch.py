# GENERATED from tests/_async/test_prefetch.py by "make generate". Do not edit.
"""The next page of an iteration, fetched while the caller works on this one."""

import httpx
import pytest
import respx

from do_images import Client, NotFoundError
from tests.support import TOKEN, Gate, Json, VirtualClock, has_ended_but, running

SIZE = 200
SLOW, QUICK = 0.05, 0.001


class Server:
    """Lists images, newest first, each page in its time."""

    def __init__(self, count: int, latency: float = SLOW) -> None:
        self.clock = VirtualClock()
        self.ids = list(range(count, 0, -1))
        self.pages: list[int] = []
        self.latency = latency
        self.remaining = 5000
        self.gates: dict[int, Gate] = {}
        self.answers: dict[int, httpx.Response] = {}

    def __call__(self, request: httpx.Request) -> httpx.Response:
        number = int(request.url.params["page"])
        self.pages.append(number)
        self.clock.now += self.latency
        gate = self.gates.pop(number, None)
        if gate is not None:
            gate.wait()
        if number in self.answers:
            return self.answers[number]
        images: list[Json] = [
            {"id": one, "name": "x", "created_at": "2026-05-04T22:23:02Z"}
            for one in self.ids[(number - 1) * SIZE : number * SIZE]
        ]
        more = number * SIZE < len(self.ids)
        pages = {"next": f"https://x.example/?page={number + 1}"} if more else {}
        headers = {
            "ratelimit-limit": "5000",
            "ratelimit-remaining": str(self.remaining),
            "ratelimit-reset": "1700003600",
        }
        body = {"images": images, "links": {"pages": pages}, "meta": {"total": len(self.ids)}}
        return httpx.Response(200, json=body, headers=headers)

    def client(self, api: respx.MockRouter) -> Client:
        """Return a client whose lists of images come from here."""
        api.get("/v2/images").mock(side_effect=self)
        return Client(TOKEN, clock=self.clock)


def test_the_third_page_comes_while_the_caller_works_on_the_second(
    api: respx.MockRouter,
) -> None:
    server = Server(4 * SIZE)
    gate = server.gates[3] = Gate(2)
    found: list[int] = []
    for image in server.client(api).image.iter():
        if len(found) == SIZE:
            gate.wait()  # it opens when page 3 has been requested as well
        found.append(image.id)
    assert found == server.ids
    assert server.pages == [1, 2, 3, 4]


def test_nothing_is_fetched_ahead_of_the_second_page(api: respx.MockRouter) -> None:
    server = Server(3 * SIZE)
    before = running()
    images = server.client(api).image.iter()
    assert [(next(images)).id for _ in range(SIZE)] == server.ids[:SIZE]
    assert server.pages == [1]
    assert has_ended_but(before)
    assert (next(images)).id == server.ids[SIZE]
    images.close()  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType] - it is a generator


@pytest.mark.parametrize(("latency", "remaining"), [(QUICK, 5000), (SLOW, 100)])
def test_nor_where_pages_are_quick_or_requests_are_short(
    latency: float, remaining: int, api: respx.MockRouter
) -> None:
    server = Server(4 * SIZE, latency)
    server.remaining = remaining
    before = running()
    count = 0
    for _ in server.client(api).image.iter():
        count += 1
        assert len(server.pages) == -(-count // SIZE)
        assert has_ended_but(before)
    assert count == 4 * SIZE


def test_an_abandoned_iterator_leaves_nothing_behind(api: respx.MockRouter) -> None:
    server = Server(5 * SIZE)
    before = running()
    images = server.client(api).image.iter()
    for _ in range(SIZE + 1):
        next(images)
    images.close()  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType] - it is a generator
    assert has_ended_but(before)
    assert set(server.pages) <= {1, 2, 3}


def test_the_error_of_a_page_comes_when_it_is_due(api: respx.MockRouter) -> None:
    server = Server(4 * SIZE)
    server.answers[3] = httpx.Response(404)
    images = server.client(api).image.iter()
    assert [(next(images)).id for _ in range(2 * SIZE)] == server.ids[: 2 * SIZE]
    with pytest.raises(NotFoundError):
        next(images)


def test_what_the_loop_destroys_hides_nothing(api: respx.MockRouter) -> None:
    server = Server(5 * SIZE + 50)
    found: list[int] = []
    for image in server.client(api).image.iter():
        found.append(image.id)
        server.ids.remove(image.id)
    assert sorted(found, reverse=True) == list(range(5 * SIZE + 50, 0, -1))
    assert server.ids == []

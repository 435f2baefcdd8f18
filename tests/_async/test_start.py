"""Starts whose outcome is unknown: the action is looked up, and never started twice."""

from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import formatdate
from typing import Protocol, TypeAlias, TypeVar

import httpx
import pytest
import respx

from do_images import (
    Action,
    APIConnectionError,
    APIError,
    APIResponseValidationError,
    APIStatusError,
    APITimeoutError,
    AsyncClient,
    InternalServerError,
    UnprocessableEntityError,
)
from tests.support import AsyncVirtualClock, Json, requests

pytestmark = pytest.mark.anyio

# The server's time when the first request of a test comes in.
NOON = 1_800_000_000.0
HOUR = 3600.0
NOT_KNOWN = r"Whether the {} was started is not known: {}.* It was not sent again; see do.image.action_list\(1\)"


@pytest.fixture
def clock() -> AsyncVirtualClock:
    """The clock of `do`, which some tests put out of step with the server's."""
    return AsyncVirtualClock(NOON)


class Call(Protocol):
    """A call of a client's method."""

    async def __call__(self, do: AsyncClient, /) -> object: ...


Lookup: TypeAlias = httpx.Response | Exception | list[Json]


_T = TypeVar("_T")


def _next(steps: list[_T]) -> _T:
    """Return the next step; the last one stands for all that follow."""
    return steps.pop(0) if len(steps) > 1 else steps[0]


class Server:
    """Has a clock and actions of its own, and answers a POST with what it is given."""

    def __init__(
        self,
        clock: AsyncVirtualClock,
        posts: httpx.Response | Exception | Iterable[httpx.Response | Exception],
        lookups: Iterable[Lookup] = ([],),
        *,
        dated: bool = True,
    ) -> None:
        self._clock = clock
        self._posts = [posts] if isinstance(posts, httpx.Response | Exception) else list(posts)
        self._lookups = list(lookups)
        self._dated = dated

    def now(self) -> float:
        return NOON + self._clock.now

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            step = _next(self._posts)
        else:
            assert request.url.path == "/v2/images/1/actions"
            assert dict(request.url.params) == {"page": "1", "per_page": "200"}
            lookup = _next(self._lookups)
            step = (
                httpx.Response(200, json={"actions": lookup})
                if isinstance(lookup, list)
                else lookup
            )
        if isinstance(step, Exception):
            raise step
        headers = {"date": self.date(), **step.headers} if self._dated else step.headers
        return httpx.Response(step.status_code, content=step.content, headers=headers)

    def date(self) -> str:
        return formatdate(self.now(), usegmt=True)


def _action(
    number: int = 9, begun: float | None = 0.0, kind: str = "transfer", region: Json = "nyc3"
) -> Json:
    """An action that began so many seconds after noon, in whole seconds as the API has it."""
    action: dict[str, Json] = {"id": number, "status": "in-progress", "type": kind}
    action["region_slug"] = region
    if begun is not None:
        moment = datetime.fromtimestamp(int(NOON + begun), UTC)
        action["started_at"] = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    return action


def _methods(api: respx.MockRouter) -> list[str]:
    return [request.method for request in requests(api)]


async def _transfer(do: AsyncClient) -> object:
    return await do.image.transfer(1, "nyc3")


async def _convert(do: AsyncClient) -> object:
    return await do.image.convert(1)


UNCLEAR = [
    httpx.ReadError("reset"),
    httpx.ReadTimeout("slow"),
    httpx.RemoteProtocolError("hung up"),
    httpx.Response(500),
    httpx.Response(503),
    httpx.Response(408),
    httpx.Response(522),
    httpx.Response(201, content=b'{"action": {"id": 9, "sta'),
    httpx.Response(201, content=b"{}"),
    httpx.Response(202, content=b"<html>accepted</html>"),
    httpx.Response(204),
]
SKEWS = [0.0, -5 * HOUR, 5 * HOUR]


def _name(value: object) -> str | None:
    if isinstance(value, httpx.Response):
        return f"{value.status_code} {value.content[:9].decode()}".strip()
    return type(value).__name__ if isinstance(value, Exception) else None


# ── Found ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("post", UNCLEAR, ids=_name)
async def test_it_goes_on_with_what_was_started(
    post: httpx.Response | Exception,
    api: respx.MockRouter,
    do: AsyncClient,
    clock: AsyncVirtualClock,
) -> None:
    api.route().mock(side_effect=Server(clock, post, [[_action()]]))
    action = await do.image.transfer(1, "nyc3")
    assert action.id == 9
    assert _methods(api) == ["POST", "GET"]


@pytest.mark.parametrize("skew", SKEWS)
@pytest.mark.parametrize("lookup", [1, 2, 3])
async def test_it_is_found_by_any_lookup_whatever_our_clock_says(
    lookup: int, skew: float, api: respx.MockRouter, do: AsyncClient, clock: AsyncVirtualClock
) -> None:
    clock.start += skew
    api.route().mock(
        side_effect=Server(clock, httpx.ReadError("reset"), [*[[]] * (lookup - 1), [_action()]])
    )
    assert (await do.image.transfer(1, "nyc3")).id == 9
    assert _methods(api) == ["POST", *["GET"] * lookup]
    assert clock.now <= 4


async def test_a_wait_goes_on_with_it_too(
    api: respx.MockRouter, do: AsyncClient, clock: AsyncVirtualClock
) -> None:
    done = {"id": 9, "status": "completed", "type": "transfer"}
    api.get("/v2/images/1/actions/9").respond(json={"action": done})
    api.route().mock(side_effect=Server(clock, httpx.Response(504), [[_action()]]))
    action = await do.image.transfer(1, "nyc3", wait=True)
    assert action.status == "completed"


async def test_a_conversion_is_found_alike(
    api: respx.MockRouter, do: AsyncClient, clock: AsyncVirtualClock
) -> None:
    lookups = [[_action(8, kind="transfer"), _action(9, kind="convert", region=None)]]
    api.route().mock(side_effect=Server(clock, httpx.Response(504), lookups))
    assert (await do.image.convert(1)).id == 9


@pytest.mark.parametrize(
    "region", ["nyc3", {"slug": "nyc3", "name": "New York 3"}], ids=["slug", "object"]
)
async def test_the_region_is_read_from_wherever_it_stands(
    region: Json, api: respx.MockRouter, do: AsyncClient, clock: AsyncVirtualClock
) -> None:
    found = _action()
    assert isinstance(found, dict)
    found["region_slug"] = None
    found["region"] = region
    api.route().mock(side_effect=Server(clock, httpx.Response(504), [[found]]))
    assert (await do.image.transfer(1, "nyc3")).id == 9


async def test_a_lookup_that_fails_does_not_end_the_search(
    api: respx.MockRouter, do: AsyncClient, clock: AsyncVirtualClock
) -> None:
    lookups: list[Lookup] = [httpx.Response(503), httpx.ReadTimeout("slow"), [_action()]]
    api.route().mock(side_effect=Server(clock, httpx.ReadError("reset"), lookups))
    assert (await do.image.transfer(1, "nyc3")).id == 9
    assert _methods(api) == ["POST", *["GET"] * 3]


async def test_of_two_the_one_that_began_first_is_ours(
    api: respx.MockRouter, do: AsyncClient, clock: AsyncVirtualClock
) -> None:
    api.route().mock(
        side_effect=Server(clock, httpx.ReadError("reset"), [[_action(10, 1), _action(9)]])
    )
    assert (await do.image.transfer(1, "nyc3")).id == 9


# ── Not ours ────────────────────────────────────────────────────────────────────────────────

NOT_OURS = [
    pytest.param(_action(kind="convert"), id="another type"),
    pytest.param(_action(region="ams3"), id="another region"),
    pytest.param(_action(region=None), id="no region"),
    pytest.param(_action(begun=-7), id="begun before"),
    pytest.param(_action(begun=-5 * HOUR), id="begun hours before"),
    pytest.param(_action(begun=None), id="begun nobody knows when"),
]


@pytest.mark.parametrize("skew", SKEWS)
@pytest.mark.parametrize("other", NOT_OURS)
async def test_another_action_is_not_taken_for_it(
    other: Json, skew: float, api: respx.MockRouter, do: AsyncClient, clock: AsyncVirtualClock
) -> None:
    clock.start += skew
    api.route().mock(side_effect=Server(clock, httpx.ReadError("reset"), [[other]]))
    with pytest.raises(APIConnectionError, match=NOT_KNOWN.format("transfer", ".*look-ups: 6")):
        await do.image.transfer(1, "nyc3")
    assert _methods(api) == ["POST", *["GET"] * 6]


async def test_an_action_that_another_call_started_is_not_taken(
    api: respx.MockRouter, do: AsyncClient, clock: AsyncVirtualClock
) -> None:
    posts: list[httpx.Response | Exception] = [
        httpx.Response(201, json={"action": _action()}),
        httpx.ReadError("reset"),
    ]
    api.route().mock(side_effect=Server(clock, posts, [[_action()]]))
    assert (await do.image.transfer(1, "nyc3")).id == 9
    with pytest.raises(APIConnectionError, match="is not known"):
        await do.with_options(max_retries=0).image.transfer(1, "nyc3")


async def test_an_action_that_another_call_found_is_not_taken_again(
    api: respx.MockRouter, do: AsyncClient, clock: AsyncVirtualClock
) -> None:
    api.route().mock(side_effect=Server(clock, httpx.ReadError("reset"), [[_action(9, 60)]]))
    assert (await do.image.transfer(1, "nyc3")).id == 9
    with pytest.raises(APIConnectionError, match="is not known"):
        await do.image.transfer(1, "nyc3")


async def test_what_began_before_a_refused_post_was_repeated_is_not_taken(
    api: respx.MockRouter, do: AsyncClient, clock: AsyncVirtualClock
) -> None:
    posts: list[httpx.Response | Exception] = [
        httpx.Response(429, headers={"retry-after": "50"}),
        httpx.ReadError("reset"),
    ]
    api.route().mock(side_effect=Server(clock, posts, [[_action(begun=20)]]))
    with pytest.raises(APIConnectionError, match="is not known"):
        await do.image.transfer(1, "nyc3")


@pytest.mark.parametrize("skew", SKEWS)
async def test_without_the_servers_clock_nothing_is_taken(
    skew: float, api: respx.MockRouter, do: AsyncClient, clock: AsyncVirtualClock
) -> None:
    # What began five minutes ago is new to a clock that is hours behind.
    clock.start += skew
    api.route().mock(
        side_effect=Server(clock, httpx.ReadError("reset"), [[_action(begun=-300)]], dated=False)
    )
    with pytest.raises(APIConnectionError, match="Whether the transfer was started"):
        await do.image.transfer(1, "nyc3")
    assert _methods(api) == ["POST", *["GET"] * 6]


async def test_without_the_servers_clock_not_even_what_fits_is_taken(
    api: respx.MockRouter, do: AsyncClient, clock: AsyncVirtualClock
) -> None:
    api.route().mock(
        side_effect=Server(clock, httpx.ReadError("reset"), [[_action()]], dated=False)
    )
    with pytest.raises(APIConnectionError, match="Whether the transfer was started"):
        await do.image.transfer(1, "nyc3")


async def test_a_slow_answer_that_broke_off_started_what_it_started(
    api: respx.MockRouter, do: AsyncClient, clock: AsyncVirtualClock
) -> None:
    server = Server(clock, httpx.Response(201, content=b'{"action": {}}'), [[_action()]])

    def answer_late(request: httpx.Request) -> httpx.Response:
        clock.now += 20
        return server(request)

    api.post("/v2/images/1/actions").mock(side_effect=answer_late)
    api.get("/v2/images/1/actions").mock(side_effect=server)
    assert (await do.image.transfer(1, "nyc3")).id == 9


# ── Not found ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("post", UNCLEAR, ids=_name)
@pytest.mark.parametrize(("call", "what"), [(_transfer, "transfer"), (_convert, "convert")])
async def test_the_first_error_comes_out_and_says_what_is_known(
    call: Call,
    what: str,
    post: httpx.Response | Exception,
    api: respx.MockRouter,
    do: AsyncClient,
    clock: AsyncVirtualClock,
) -> None:
    api.route().mock(side_effect=Server(clock, post))
    do = do.with_options(max_retries=5)
    with pytest.raises(APIError, match=NOT_KNOWN.format(what, ".*look-ups: 6")) as caught:
        await call(do)
    error = caught.value
    if isinstance(post, httpx.TimeoutException):
        assert isinstance(error, APITimeoutError)
    elif isinstance(post, Exception):
        assert isinstance(error, APIConnectionError)
    elif post.status_code >= 300:
        assert isinstance(error, APIStatusError)
        assert error.status_code == post.status_code
    else:
        assert isinstance(error, APIResponseValidationError)
    assert error.request.method == "POST"
    assert _methods(api) == ["POST", *["GET"] * 6]


@pytest.mark.parametrize(
    "lookup",
    [httpx.Response(403), httpx.Response(503), httpx.ReadError(""), httpx.Response(200)],
    ids=_name,
)
async def test_lookups_that_fail(
    lookup: httpx.Response | Exception,
    api: respx.MockRouter,
    do: AsyncClient,
    clock: AsyncVirtualClock,
) -> None:
    api.route().mock(side_effect=Server(clock, httpx.Response(502), [lookup]))
    do = do.with_options(max_retries=5)
    with pytest.raises(
        InternalServerError, match=NOT_KNOWN.format("transfer", ".* could not be read")
    ):
        await do.image.transfer(1, "nyc3")
    assert _methods(api) == ["POST", *["GET"] * 6]


async def test_some_lookups_that_fail(
    api: respx.MockRouter, do: AsyncClient, clock: AsyncVirtualClock
) -> None:
    api.route().mock(
        side_effect=Server(
            clock, httpx.Response(502), [httpx.Response(503), [], httpx.ReadError("")]
        )
    )
    with pytest.raises(InternalServerError, match="look-ups: 1"):
        await do.image.transfer(1, "nyc3")


async def test_each_lookup_has_ten_seconds_of_its_own(
    api: respx.MockRouter, do: AsyncClient, clock: AsyncVirtualClock
) -> None:
    api.route().mock(side_effect=Server(clock, httpx.Response(502)))
    with pytest.raises(InternalServerError):
        await do.with_options(timeout=30).image.transfer(1, "nyc3")
    given = [request.extensions["timeout"]["read"] for request in requests(api)]
    assert given == [30, *[10] * 6]


@pytest.mark.parametrize("call", [_transfer, _convert])
async def test_a_clear_no_is_not_looked_up(
    call: Call, api: respx.MockRouter, do: AsyncClient, clock: AsyncVirtualClock
) -> None:
    api.route().mock(
        side_effect=Server(
            clock, httpx.Response(422, json={"id": "busy", "message": "pending event"})
        )
    )
    with pytest.raises(UnprocessableEntityError) as caught:
        await call(do)
    assert "not known" not in str(caught.value)
    assert _methods(api) == ["POST"]


async def test_what_was_never_sent_is_not_looked_up(
    api: respx.MockRouter, do: AsyncClient, clock: AsyncVirtualClock
) -> None:
    api.route().mock(side_effect=Server(clock, httpx.ConnectError("refused")))
    with pytest.raises(APIConnectionError) as caught:
        await do.image.transfer(1, "nyc3")
    assert "not known" not in str(caught.value)
    assert _methods(api) == ["POST"] * 3


# ── What can't be looked up ─────────────────────────────────────────────────────────────────


async def _create(do: AsyncClient) -> object:
    return await do.image.create(name="x", url="https://x.example/x.img", region="nyc3")


async def _offer(do: AsyncClient) -> object:
    return await do.image.account_transfer(1, recipient_uuid="u-1")


async def _accept(do: AsyncClient) -> object:
    await do.image.accept_account_transfer(1, 2, "u-1")
    return None


async def _decline(do: AsyncClient) -> object:
    await do.image.decline_account_transfer(1, 2)
    return None


async def _cancel(do: AsyncClient) -> object:
    await do.image.cancel_account_transfer(1, 2)
    return None


OTHERS = [_create, _offer, _accept, _decline, _cancel]


@pytest.mark.parametrize("post", UNCLEAR[:7], ids=_name)
@pytest.mark.parametrize("call", OTHERS)
async def test_it_may_have_been_carried_out(
    call: Call,
    post: httpx.Response | Exception,
    api: respx.MockRouter,
    do: AsyncClient,
    clock: AsyncVirtualClock,
) -> None:
    api.route().mock(side_effect=Server(clock, post))
    do = do.with_options(max_retries=5)
    with pytest.raises(APIError, match="may have been carried out; it was not sent again"):
        await call(do)
    assert _methods(api) == ["POST"]
    assert clock.sleeps == []


@pytest.mark.parametrize("post", UNCLEAR[7:10], ids=_name)
@pytest.mark.parametrize("call", [_create, _offer])
async def test_an_invalid_response_may_mean_so_too(
    call: Call,
    post: httpx.Response,
    api: respx.MockRouter,
    do: AsyncClient,
    clock: AsyncVirtualClock,
) -> None:
    api.route().mock(side_effect=Server(clock, post))
    with pytest.raises(APIResponseValidationError, match="may have been carried out"):
        await call(do)
    assert _methods(api) == ["POST"]


@pytest.mark.parametrize("call", OTHERS)
@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422])
async def test_a_clear_no_says_no_such_thing(
    call: Call, status: int, api: respx.MockRouter, do: AsyncClient, clock: AsyncVirtualClock
) -> None:
    api.route().mock(side_effect=Server(clock, httpx.Response(status)))
    with pytest.raises(APIStatusError) as caught:
        await call(do)
    assert "carried out" not in str(caught.value)


# ── Memory ──────────────────────────────────────────────────────────────────────────────────


async def test_the_memory_of_started_actions_has_an_end(
    api: respx.MockRouter, do: AsyncClient, clock: AsyncVirtualClock
) -> None:
    posts: list[httpx.Response | Exception] = [
        httpx.Response(201, json={"action": _action(1)}),
        httpx.Response(500),
    ]
    api.route().mock(side_effect=Server(clock, posts, [[_action(1, 7200)]]))
    assert (await do.image.transfer(1, "nyc3")).id == 1
    claim = do.image._driver.session.starts.claim  # pyright: ignore[reportPrivateUsage] - 10,000 starts over HTTP would take seconds
    assert all(claim(Action.model_construct(id=number), 1) for number in range(2, 10_001))
    with pytest.raises(InternalServerError, match="is not known"):
        await do.image.transfer(1, "nyc3")
    assert claim(Action.model_construct(id=10_001), 1)
    # The oldest of them has been forgotten.
    assert (await do.image.transfer(1, "nyc3")).id == 1
    assert not claim(Action.model_construct(id=3), 1)

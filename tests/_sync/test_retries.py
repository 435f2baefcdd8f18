# GENERATED from tests/_async/test_retries.py by "make generate". Do not edit.
"""What is sent again, how often and when; and what is not."""

import logging
from collections.abc import Iterator
from email.utils import formatdate
from typing import Protocol

import httpx
import pytest
import respx

from do_images import (
    APIConnectionError,
    APIError,
    APIResponseValidationError,
    APIStatusError,
    APITimeoutError,
    Client,
    InternalServerError,
    NotFoundError,
    PermissionDeniedError,
    RateLimit,
    RateLimitError,
)
from tests.support import TOKEN, VirtualClock, requests, sent

IMAGE = {"image": {"id": 1, "name": "golden", "created_at": "2026-01-01T00:00:00Z"}}
ACTION = {"action": {"id": 9, "status": "in-progress", "type": "transfer"}}
OK = httpx.Response(200, json=IMAGE)
STARTED = httpx.Response(201, json=ACTION)

TRANSIENT = [408, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524]
FINAL = [400, 401, 403, 404, 409, 410, 418, 422, 501, 505, 525]
AMBIGUOUS = [
    httpx.ReadError("reset"),
    httpx.WriteError("reset"),
    httpx.ReadTimeout("slow"),
    httpx.WriteTimeout("slow"),
    httpx.RemoteProtocolError("hung up"),
    OSError("socket"),
]
NEVER_SENT = [
    httpx.ConnectError("refused"),
    httpx.ConnectTimeout("slow"),
    httpx.PoolTimeout("busy"),
    httpx.ProxyError("407 Proxy Authentication Required"),
]


class Call(Protocol):
    """A call of a client's method."""

    def __call__(self, do: Client, /) -> object: ...


def _info(do: Client) -> object:
    return do.image.info(1)


def _update(do: Client) -> object:
    return do.image.update(1, "new")


def _destroy(do: Client) -> object:
    do.image.destroy(1)
    return None


def _list(do: Client) -> object:
    return do.image.list()


def _create(do: Client) -> object:
    return do.image.create(name="x", url="https://x.example/x.img", region="nyc3")


def _transfer(do: Client) -> object:
    return do.image.transfer(1, "nyc3")


def _offer(do: Client) -> object:
    return do.image.account_transfer(1, recipient_email="a@b.example")


def _accept(do: Client) -> object:
    do.image.accept_account_transfer(1, 5, "0e1c-uuid")
    return None


REPEATABLE = [
    pytest.param(_info, httpx.Response(200, json=IMAGE), id="GET"),
    pytest.param(_list, httpx.Response(200, json={"images": []}), id="list"),
    pytest.param(_update, httpx.Response(200, json=IMAGE), id="PUT"),
    pytest.param(_destroy, httpx.Response(204), id="DELETE"),
]
POSTS = [
    pytest.param(_create, httpx.Response(202, json=IMAGE), id="create"),
    pytest.param(_transfer, httpx.Response(201, json=ACTION), id="transfer"),
    pytest.param(_offer, httpx.Response(200, json={"transfer_id": 3}), id="offer"),
    pytest.param(_accept, httpx.Response(204), id="accept"),
]


def _name(value: object) -> str | None:
    return type(value).__name__ if isinstance(value, Exception) else None


def _limited(remaining: int, reset: float, **headers: str) -> httpx.Response:
    quota = {
        "ratelimit-limit": "5000",
        "ratelimit-remaining": str(remaining),
        "ratelimit-reset": str(int(reset)),
    }
    return httpx.Response(429, headers={**quota, **headers})


def _posts(api: respx.MockRouter) -> int:
    return sum(request.method == "POST" for request in requests(api))


# ── What is sent again ──────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("status", TRANSIENT)
@pytest.mark.parametrize(("call", "good"), REPEATABLE)
def test_a_passing_status_is_tried_again(
    call: Call, good: httpx.Response, status: int, api: respx.MockRouter, do: Client
) -> None:
    api.route().mock(side_effect=[httpx.Response(status), httpx.Response(status), good])
    call(do)
    assert len(api.calls) == 3
    assert len(set(sent(api))) == 1


@pytest.mark.parametrize("error", [*AMBIGUOUS, *NEVER_SENT], ids=_name)
@pytest.mark.parametrize(("call", "good"), REPEATABLE)
def test_a_lost_connection_is_tried_again(
    call: Call, good: httpx.Response, error: Exception, api: respx.MockRouter, do: Client
) -> None:
    api.route().mock(side_effect=[error, error, good])
    call(do)
    assert len(api.calls) == 3


@pytest.mark.parametrize("status", FINAL)
@pytest.mark.parametrize(("call", "good"), [*REPEATABLE, *POSTS])
def test_a_final_status_is_not(
    call: Call, good: httpx.Response, status: int, api: respx.MockRouter, do: Client
) -> None:
    # Up to six look-ups of what a POST may have started follow.
    api.route().mock(side_effect=[httpx.Response(status), *[good] * 6])
    with pytest.raises(APIStatusError) as caught:
        call(do)
    assert caught.value.status_code == status
    methods = [request.method for request in requests(api)]
    assert methods[0] == caught.value.request.method
    assert methods.count(methods[0]) == 1


@pytest.mark.parametrize("tries", [0, 1, 2, 5])
@pytest.mark.parametrize("call", [_info, _update, _destroy])
def test_it_gives_up_after_max_retries(
    call: Call, tries: int, api: respx.MockRouter, do: Client, clock: VirtualClock
) -> None:
    api.route().mock(return_value=httpx.Response(503))
    do = do.with_options(max_retries=tries)
    with pytest.raises(InternalServerError):
        call(do)
    assert len(api.calls) == tries + 1
    assert len(clock.sleeps) == tries


def test_the_last_error_is_the_one_that_is_raised(api: respx.MockRouter, do: Client) -> None:
    api.get("/v2/images/1").mock(
        side_effect=[httpx.ReadError("first"), httpx.Response(502), httpx.Response(503)]
    )
    with pytest.raises(InternalServerError) as caught:
        do.image.info(1)
    assert caught.value.status_code == 503


@pytest.mark.parametrize("call", [_info, _update])
def test_a_retry_that_meets_something_final_ends_there(
    call: Call, api: respx.MockRouter, do: Client
) -> None:
    api.route().mock(side_effect=[httpx.Response(503), httpx.Response(404)])
    with pytest.raises(NotFoundError):
        call(do)
    assert len(api.calls) == 2


def _broken_off() -> Iterator[bytes]:
    yield b'{"image": {"id": 1, "na'
    raise httpx.ReadError("reset")


def test_a_body_that_broke_off_is_asked_for_again(api: respx.MockRouter, do: Client) -> None:
    api.get("/v2/images/1").mock(side_effect=[httpx.Response(200, content=_broken_off()), OK])
    assert (do.image.info(1)).id == 1
    assert len(api.calls) == 2


def test_an_invalid_body_is_not(api: respx.MockRouter, do: Client) -> None:
    api.get("/v2/images/1").mock(return_value=httpx.Response(200, content=b"<html>"))
    with pytest.raises(APIResponseValidationError):
        do.image.info(1)
    assert len(api.calls) == 1


def test_each_page_of_a_list_has_its_own_tries(api: respx.MockRouter, do: Client) -> None:
    following = {"pages": {"next": "https://api.digitalocean.com/v2/images?page=2"}}
    first = httpx.Response(200, json={"images": [], "links": following})
    lost = httpx.Response(502)
    api.get("/v2/images").mock(
        side_effect=[lost, lost, first, lost, lost, httpx.Response(200, json={"images": []})]
    )
    assert do.image.list() == []
    assert [request.url.params["page"] for request in requests(api)] == list("111222")


# ── POST ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("error", NEVER_SENT, ids=_name)
@pytest.mark.parametrize(("call", "good"), POSTS)
def test_a_post_that_was_never_sent_is_tried_again(
    call: Call, good: httpx.Response, error: Exception, api: respx.MockRouter, do: Client
) -> None:
    api.route().mock(side_effect=[error, error, good])
    call(do)
    assert sent(api) == [sent(api)[0]] * 3


@pytest.mark.parametrize(("call", "good"), POSTS)
def test_a_post_that_met_the_limit_is_tried_again(
    call: Call, good: httpx.Response, api: respx.MockRouter, do: Client
) -> None:
    api.route().mock(side_effect=[httpx.Response(429), good])
    call(do)
    assert sent(api) == [sent(api)[0]] * 2


@pytest.mark.parametrize("fault", [*AMBIGUOUS, 408, 500, 502, 503, 504, 520, 524, 501, 599])
@pytest.mark.parametrize(("call", "good"), POSTS)
def test_a_post_is_never_sent_twice_where_it_may_have_been_carried_out(
    call: Call, good: httpx.Response, fault: Exception | int, api: respx.MockRouter, do: Client
) -> None:
    first = fault if isinstance(fault, Exception) else httpx.Response(fault)
    # Up to six look-ups of what the first one started.
    api.route().mock(side_effect=[first, *[good] * 6])
    do = do.with_options(max_retries=5)
    with pytest.raises(APIError):
        call(do)
    assert _posts(api) == 1


@pytest.mark.parametrize(("call", "good"), POSTS)
def test_a_repeated_post_ends_with_its_first_unclear_answer(
    call: Call, good: httpx.Response, api: respx.MockRouter, do: Client
) -> None:
    api.route().mock(side_effect=[httpx.ConnectError("refused"), httpx.Response(503), *[good] * 6])
    do = do.with_options(max_retries=5)
    with pytest.raises(InternalServerError):
        call(do)
    assert _posts(api) == 2


# ── DELETE ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("fault", [*AMBIGUOUS, 500, 502, 503, 504, 408])
def test_deleted_after_all(fault: Exception | int, api: respx.MockRouter, do: Client) -> None:
    first = fault if isinstance(fault, Exception) else httpx.Response(fault)
    api.delete("/v2/images/1").mock(side_effect=[first, httpx.Response(404)])
    do.image.destroy(1)
    assert len(api.calls) == 2


def test_nothing_to_delete(api: respx.MockRouter, do: Client) -> None:
    api.delete("/v2/images/1").mock(return_value=httpx.Response(404))
    with pytest.raises(NotFoundError):
        do.image.destroy(1)
    assert len(api.calls) == 1


@pytest.mark.parametrize("fault", [*NEVER_SENT, 429])
def test_nothing_to_delete_after_a_try_that_did_nothing(
    fault: Exception | int, api: respx.MockRouter, do: Client
) -> None:
    first = fault if isinstance(fault, Exception) else httpx.Response(fault)
    api.delete("/v2/images/1").mock(side_effect=[first, httpx.Response(404)])
    with pytest.raises(NotFoundError):
        do.image.destroy(1)
    assert len(api.calls) == 2


def test_deleted_by_any_of_several_tries(api: respx.MockRouter, do: Client) -> None:
    api.delete("/v2/images/1").mock(
        side_effect=[httpx.Response(503), httpx.Response(429), httpx.Response(404)]
    )
    do.image.destroy(1)
    assert len(api.calls) == 3


def test_another_final_answer_to_a_delete_is_no_success(api: respx.MockRouter, do: Client) -> None:
    api.delete("/v2/images/1").mock(side_effect=[httpx.Response(503), httpx.Response(403)])
    with pytest.raises(PermissionDeniedError):
        do.image.destroy(1)


# ── When ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("named", "seconds"), [("7", 7), ("0", 0), (" 3 ", 3), ("1.5", 1.5)])
@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_in_seconds(
    status: int,
    named: str,
    seconds: float,
    api: respx.MockRouter,
    do: Client,
    clock: VirtualClock,
) -> None:
    api.get("/v2/images/1").mock(
        side_effect=[httpx.Response(status, headers={"retry-after": named}), OK]
    )
    do.image.info(1)
    assert clock.sleeps == [seconds]


def test_retry_after_as_a_date_is_read_by_the_servers_clock(
    api: respx.MockRouter, do: Client, clock: VirtualClock
) -> None:
    clock.start = 5_000.0  # ours is decades behind
    headers = {"date": formatdate(1_700_000_000, usegmt=True)}
    headers["retry-after"] = formatdate(1_700_000_020, usegmt=True)
    api.get("/v2/images/1").mock(side_effect=[httpx.Response(503, headers=headers), OK])
    do.image.info(1)
    assert clock.sleeps == [20]


def test_a_date_that_has_passed_is_not_waited_for(
    api: respx.MockRouter, do: Client, clock: VirtualClock
) -> None:
    headers = {"retry-after": formatdate(clock.start - 20, usegmt=True)}
    api.get("/v2/images/1").mock(side_effect=[httpx.Response(503, headers=headers), OK])
    do.image.info(1)
    assert clock.sleeps == [0]


@pytest.mark.parametrize("named", ["soon", "-5", "", "1e3", "nan", "9" * 400, "\xb2"])
def test_an_invalid_retry_after_counts_as_none(
    named: str, api: respx.MockRouter, do: Client, clock: VirtualClock
) -> None:
    refused = httpx.Response(503, headers=[(b"retry-after", named.encode("latin-1"))])
    api.get("/v2/images/1").mock(side_effect=[refused, OK])
    do.image.info(1)
    (pause,) = clock.sleeps
    assert 0 <= pause <= 0.5


def test_the_hourly_limit_is_waited_out_until_its_reset(
    api: respx.MockRouter, do: Client, clock: VirtualClock
) -> None:
    clock.start = 1_000.0
    server = 1_700_000_000
    refused = _limited(0, server + 42, date=formatdate(server, usegmt=True))
    api.get("/v2/images/1").mock(side_effect=[refused, OK])
    do.image.info(1)
    assert do.rate_limit == RateLimit(5000, 0, server + 42)
    assert clock.sleeps == [42]


def test_retry_after_comes_before_the_reset(
    api: respx.MockRouter, do: Client, clock: VirtualClock
) -> None:
    refused = _limited(0, clock.start + 42, **{"retry-after": "3"})
    api.get("/v2/images/1").mock(side_effect=[refused, OK])
    do.image.info(1)
    assert clock.sleeps == [3]


def test_the_reset_means_nothing_while_quota_is_left(
    api: respx.MockRouter, do: Client, clock: VirtualClock
) -> None:
    api.get("/v2/images/1").mock(side_effect=[_limited(10, clock.start + 42), OK])
    do.image.info(1)
    assert clock.sleeps[0] <= 0.5


@pytest.mark.parametrize("digits", [400, 5000])
def test_a_reset_beyond_all_time_is_none(
    digits: int, api: respx.MockRouter, do: Client, clock: VirtualClock
) -> None:
    headers = {
        "ratelimit-limit": "9" * digits,
        "ratelimit-remaining": "0",
        "ratelimit-reset": "9" * digits,
    }
    api.get("/v2/images/1").mock(side_effect=[httpx.Response(429, headers=headers), OK])
    do.image.info(1)
    assert clock.sleeps[0] <= 0.5


@pytest.mark.parametrize("call", [_info, _transfer, _destroy])
def test_a_long_wait_is_not_sat_out(
    call: Call, api: respx.MockRouter, do: Client, clock: VirtualClock
) -> None:
    api.route().mock(return_value=httpx.Response(429, headers={"retry-after": "61"}))
    with pytest.raises(RateLimitError) as caught:
        call(do)
    assert caught.value.retry_after == 61
    assert (len(api.calls), clock.sleeps) == (1, [])


def test_the_longest_wait_is_sat_out(
    api: respx.MockRouter, do: Client, clock: VirtualClock
) -> None:
    refused = httpx.Response(429, headers={"retry-after": "60"})
    api.post("/v2/images/1/actions").mock(side_effect=[refused, STARTED])
    do.image.transfer(1, "nyc3")
    assert clock.sleeps == [60]


def test_a_long_wait_until_the_reset_is_not_sat_out_either(
    api: respx.MockRouter, do: Client, clock: VirtualClock
) -> None:
    api.get("/v2/images/1").mock(return_value=_limited(0, clock.start + 1800))
    with pytest.raises(RateLimitError) as caught:
        do.image.info(1)
    assert caught.value.retry_after == 1800
    assert caught.value.rate_limit == RateLimit(5000, 0, int(clock.start) + 1800)
    assert len(api.calls) == 1


def test_a_long_wait_that_is_named_later_ends_the_tries(api: respx.MockRouter, do: Client) -> None:
    api.get("/v2/images/1").mock(
        side_effect=[httpx.Response(503), httpx.Response(503, headers={"retry-after": "3600"}), OK]
    )
    with pytest.raises(InternalServerError) as caught:
        do.image.info(1)
    assert caught.value.retry_after == 3600
    assert len(api.calls) == 2


@pytest.mark.parametrize(("most", "tries"), [(0, 1), (4.9, 1), (5, 2), (1000, 2)])
def test_how_long_is_an_option(most: float, tries: int, api: respx.MockRouter) -> None:
    api.get("/v2/images/1").mock(
        side_effect=[httpx.Response(429, headers={"retry-after": "5"}), OK]
    )
    with Client(TOKEN, clock=VirtualClock(), max_retry_wait=most) as do:
        try:
            do.image.info(1)
        except RateLimitError:
            assert tries == 1
    assert len(api.calls) == tries


def test_pauses_grow_with_full_jitter(
    api: respx.MockRouter, do: Client, clock: VirtualClock
) -> None:
    longest = [0.0] * 8
    shortest = [99.0] * 8
    api.get("/v2/images/1").mock(return_value=httpx.Response(503))
    patient = do.with_options(max_retries=8)
    for _ in range(60):
        clock.sleeps.clear()
        with pytest.raises(InternalServerError):
            patient.image.info(1)
        longest = list(map(max, longest, clock.sleeps))
        shortest = list(map(min, shortest, clock.sleeps))
    for ceiling, most, least in zip([0.5, 1, 2, 4, 8, 8, 8, 8], longest, shortest, strict=True):
        assert ceiling / 2 < most <= ceiling
        assert 0 <= least < ceiling / 2


# ── Options, records ────────────────────────────────────────────────────────────────────────


def test_with_options_has_tries_of_its_own(api: respx.MockRouter, do: Client) -> None:
    api.get("/v2/images/1").mock(return_value=httpx.Response(503))
    for twin, tries in [(do.with_options(max_retries=0), 1), (do.with_options(), 3), (do, 3)]:
        api.calls.clear()
        with pytest.raises(InternalServerError):
            twin.image.info(1)
        assert len(api.calls) == tries


def test_a_time_out_says_so(api: respx.MockRouter, do: Client) -> None:
    api.get("/v2/images/1").mock(side_effect=httpx.ReadTimeout(""))
    do = do.with_options(max_retries=0)
    with pytest.raises(APITimeoutError, match=r"within 0\.0 s \(time-out 60\.0 s, ReadTimeout\)"):
        do.image.info(1)


def test_a_lost_connection_says_why(api: respx.MockRouter, do: Client) -> None:
    api.get("/v2/images/1").mock(side_effect=httpx.ConnectError("refused"))
    do = do.with_options(max_retries=0)
    with pytest.raises(
        APIConnectionError, match=r"no response was received \(ConnectError: refused\)"
    ) as caught:
        do.image.info(1)
    assert caught.value.request.url == "https://api.digitalocean.com/v2/images/1"
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_records_of_retries(
    caplog: pytest.LogCaptureFixture, api: respx.MockRouter, do: Client
) -> None:
    caplog.set_level(logging.INFO, "do_images")
    api.get("/v2/images/1").mock(
        side_effect=[
            httpx.Response(429, headers={"retry-after": "5"}),
            httpx.ReadError("reset by peer"),
            OK,
        ]
    )
    do.image.info(1)
    first, second = [record.getMessage() for record in caplog.records]
    assert first.startswith("trying again in 5.00 s: ")
    assert "429" in first
    assert "reset by peer" in second


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, SystemExit])
def test_an_interruption_is_no_failure_to_try_again(
    interruption: type[BaseException], api: respx.MockRouter, do: Client
) -> None:
    tries: list[httpx.Request] = []

    def interrupt(request: httpx.Request) -> httpx.Response:
        tries.append(request)
        if len(tries) == 1:
            return httpx.Response(503)
        raise interruption

    api.get("/v2/images/1").mock(side_effect=interrupt)
    with pytest.raises(interruption):
        do.image.info(1)
    assert len(tries) == 2


def test_an_exception_of_the_users_own_comes_out_at_once(api: respx.MockRouter, do: Client) -> None:
    api.get("/v2/images/1").mock(side_effect=[httpx.Response(503), ZeroDivisionError(), OK])
    with pytest.raises(ZeroDivisionError):
        do.image.info(1)
    assert len(api.calls) == 2

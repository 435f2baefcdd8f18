"""The governor of the rate limit: what it makes of headers, and whose turn it is."""

from collections.abc import Mapping
from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from do_images import RateLimit
from do_images._core.rate_limiter import WINDOW, RateLimiter

# Unix time at which the monotonic clock of these tests stands at 0.
NOON = 1_800_000_000


def _headers(limit: object, remaining: object, reset: object) -> dict[str, str]:
    names = ("ratelimit-limit", "ratelimit-remaining", "ratelimit-reset")
    return dict(zip(names, map(str, (limit, remaining, reset)), strict=True))


def _note(limiter: RateLimiter, headers: Mapping[str, str], now: float) -> RateLimit | None:
    """Hands in headers as they come over the wire."""
    return limiter.update([(name.encode(), text.encode()) for name, text in headers.items()], now)


def _quota(limit: int, remaining: int, reset: float) -> RateLimiter:
    """A governor that was told so at 0; `reset` is counted from then."""
    limiter = RateLimiter()
    _note(limiter, _headers(limit, remaining, int(NOON + reset)), 0.0)
    return limiter


def _turn(limiter: RateLimiter, now: float) -> float:
    return limiter.acquire(now, NOON + now)


def _sent_at(limiter: RateLimiter, polls: int, now: float = 0.0) -> list[float]:
    """When so many polls go out that all want to at once, and that get no answer."""
    times: list[float] = []
    while len(times) < polls:
        pause = _turn(limiter, now)
        if pause == 0:
            times.append(round(now, 3))
        now += pause
    return times


# ── While there is enough ───────────────────────────────────────────────────────────────────


def test_before_the_first_answer_one_poll_goes_ahead() -> None:
    limiter = RateLimiter()
    assert _turn(limiter, 0) == 0
    assert _turn(limiter, 0) == pytest.approx(0.2)
    _note(limiter, {"date": "soon"}, 0.1)
    assert _turn(limiter, 0.1) == 0


def test_where_none_comes_another_one_goes_each_second() -> None:
    assert _sent_at(RateLimiter(), 4) == [0.0, 1.0, 2.0, 3.0]


def test_where_answers_state_nothing_polls_go_at_once() -> None:
    limiter = RateLimiter()
    _note(limiter, {}, 0.0)
    assert _sent_at(limiter, 500) == [0.0] * 500


def test_while_more_than_a_tenth_is_left_polls_go_at_once() -> None:
    assert _sent_at(_quota(5000, 600, 1800), 100) == [0.0] * 100


def test_polls_count_before_their_answers_come() -> None:
    times = _sent_at(_quota(250, 60, 100), 60)
    assert times[:35] == [0.0] * 35, "down to a tenth of 250"
    assert times[36] > 0
    assert times[-1] <= 100


# ── When it gets short ──────────────────────────────────────────────────────────────────────


def test_what_is_left_is_spread_over_the_time_to_the_reset() -> None:
    # The numbers of docs/rate-limits.md.
    times = _sent_at(_quota(5000, 60, 600), 60)
    assert times == [10.0 * number for number in range(60)]


@given(
    st.integers(min_value=1, max_value=10_000),
    st.integers(min_value=0, max_value=40),
    st.integers(min_value=1, max_value=3600),
)
def test_before_the_reset_no_more_go_than_are_left(limit: int, left: int, reset: int) -> None:
    times = _sent_at(_quota(limit, left, reset), left + 1)
    assert times == sorted(times)
    assert len([time for time in times if time < reset - 0.01]) <= left


def test_the_pace_follows_the_newest_statement() -> None:
    limiter = _quota(5000, 60, 600)
    assert _turn(limiter, 0) == 0
    assert _turn(limiter, 1) > 0
    _note(limiter, _headers(5000, 4000, NOON + 3600), 1.0)
    assert _turn(limiter, 1) == 0


def test_what_is_under_way_is_not_left() -> None:
    limiter = _quota(250, 30, 100)
    assert _sent_at(limiter, 5)[-1] == 0
    # The answer to the first of them, while four are under way, in a window that has moved.
    _note(limiter, _headers(250, 29, NOON + 101), 0.0)
    limiter.release()
    assert _turn(limiter, 0) > 0


def test_what_is_over_and_was_not_counted_is_left_again() -> None:
    limiter = _quota(250, 30, 100)
    for _ in range(100):
        assert _turn(limiter, 0) == 0
        limiter.release()


def test_while_all_that_is_left_is_under_way_none_goes() -> None:
    limiter = _quota(5000, 2, 100)
    assert _sent_at(limiter, 2) == [0.0, 50.0]
    assert _turn(limiter, 51) == 1.0, "to ask again, not to be sent"
    assert _turn(limiter, 99) == 1.0
    _note(limiter, _headers(5000, 1, NOON + 200), 99.0)
    limiter.release()
    limiter.release()
    assert _turn(limiter, 99) == pytest.approx(26.0), "halfway from the last one to the reset"


def test_a_new_window_does() -> None:
    limiter = _quota(250, 0, 100)
    _note(limiter, _headers(250, 250, NOON + 200), 101.0)
    assert _sent_at(limiter, 200, 101.0) == [101.0] * 200


# ── When nothing is left ────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("remaining", [0, -1, -1000])
@pytest.mark.parametrize("limit", [0, 250, -250, 5000])
def test_with_nothing_left_no_poll_goes_before_the_reset(limit: int, remaining: int) -> None:
    if remaining > limit * 0.1:
        return
    times = _sent_at(_quota(limit, remaining, 100), 1)
    assert times == [100.0]


def test_after_the_reset_one_poll_goes_ahead() -> None:
    limiter = _quota(250, 0, 100)
    assert _turn(limiter, 99.5) == pytest.approx(0.5)
    assert _turn(limiter, 100) == 0
    assert _turn(limiter, 100) == pytest.approx(1.0), "the others wait for what its answer states"
    _note(limiter, _headers(250, 1, NOON + 100), 100.2)
    assert _turn(limiter, 101) == 0
    _note(limiter, _headers(250, 0, NOON + 130), 101.2)
    assert _turn(limiter, 101.2) == pytest.approx(28.8)


def test_where_its_answer_is_lost_another_one_goes() -> None:
    assert _sent_at(_quota(250, 0, 100), 4) == [100.0, 101.0, 102.0, 103.0]


# ── Nonsense ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("reset", [NOON * 1000, 10**15, NOON + 2 * WINDOW])
def test_a_reset_far_ahead_spreads_nothing(reset: float) -> None:
    limiter = _quota(250, 20, reset - NOON)
    assert _sent_at(limiter, 20) == [0.0] * 20


@pytest.mark.parametrize("reset", [NOON * 1000, 10**15, NOON + 2 * WINDOW])
def test_with_nothing_left_an_hour_is_the_longest_that_is_believed(reset: float) -> None:
    assert _sent_at(_quota(250, 0, reset - NOON), 1) == [WINDOW]


@pytest.mark.parametrize("reset", [0, -1, -(10**9), NOON - 1, NOON])
def test_a_reset_in_the_past_holds_nothing_up(reset: int) -> None:
    assert _sent_at(_quota(250, 20, reset - NOON), 20) == [0.0] * 20
    assert _sent_at(_quota(250, 0, reset - NOON), 3) == [0.0, 1.0, 2.0]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"ratelimit-limit": "5000"},
        _headers(5000, "many", NOON),
        _headers(5000, "", NOON),
        _headers(5000, 1.5, NOON),
        _headers(5000, "nan", "inf"),
        _headers(5000, 1, 10**400),
        _headers(10**400, 1, NOON),
        _headers(5000, -(10**400), NOON),
        _headers("9" * 5000, 1, NOON),
    ],
)
def test_headers_that_state_nothing_change_nothing(headers: dict[str, str]) -> None:
    limiter = _quota(5000, 4999, 3600)
    assert _note(limiter, headers, 1.0) is None
    assert limiter.latest == RateLimit(5000, 4999, NOON + 3600)
    assert _turn(limiter, 1.0) == 0


@given(st.text() | st.integers().map(str), st.text() | st.integers().map(str))
def test_whatever_headers_say_polls_go_on_within_hours(remaining: str, reset: str) -> None:
    limiter = RateLimiter()
    _note(limiter, _headers(250, remaining, reset) | {"date": reset}, 0.0)
    assert _sent_at(limiter, 30)[-1] <= WINDOW + 30


# ── Clocks ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("skew", [0, -5 * 3600, 5 * 3600])
def test_the_reset_is_read_by_the_servers_clock(skew: float) -> None:
    limiter = RateLimiter()
    headers = _headers(250, 0, NOON + 100) | {"date": formatdate(NOON, usegmt=True)}
    _note(limiter, headers, 0.0)
    assert limiter.server_time(7.0, NOON + skew) == NOON + 7
    assert limiter.acquire(0.0, NOON + skew) == pytest.approx(100)
    assert limiter.acquire(100.0, NOON + skew + 100) == 0


@pytest.mark.parametrize("date", [None, "", "yesterday", "Thu, 99 Foo 2026 00:00:00 GMT"])
def test_without_a_date_by_ours(date: str | None) -> None:
    limiter = RateLimiter()
    _note(limiter, {} if date is None else {"date": date}, 0.0)
    assert limiter.server_time(7.0, NOON) == NOON


@given(st.floats(min_value=0, max_value=1e6), st.floats(min_value=0.01, max_value=3600))
def test_whoever_sleeps_as_long_as_told_gets_the_turn(now: float, named: float) -> None:
    limiter = RateLimiter()
    limiter.pause_for(named, now)
    pause = _turn(limiter, now)
    # A clock may count in whole nanoseconds.
    assert _turn(limiter, round(now + pause, 9)) == 0


# ── 429 ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("named", "pause"), [(30.0, 30.0), (None, 1.0), (0.0, 1.0), (1e9, WINDOW)])
def test_a_429_pauses_all_polls_for_the_time_named(named: float | None, pause: float) -> None:
    limiter = _quota(5000, 4000, 3600)
    limiter.pause_for(named, 10.0)
    assert _turn(limiter, 10.0) == pause
    assert _turn(limiter, 10.0 + pause) == 0


def test_a_shorter_pause_does_not_end_a_longer_one() -> None:
    limiter = RateLimiter()
    limiter.pause_for(60.0, 0.0)
    limiter.pause_for(5.0, 1.0)
    assert _turn(limiter, 50.0) == pytest.approx(10.0)


def test_a_child_process_has_no_polls_under_way() -> None:
    limiter = _quota(5000, 1, 100)
    assert _turn(limiter, 0) == 0
    assert _turn(limiter, 90) > 0
    limiter.after_fork()
    assert _turn(limiter, 90) == 0

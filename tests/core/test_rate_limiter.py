"""The rate limiter: what it makes of headers, and when it lets rounds and requests go."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from do_images import RateLimit
from do_images._core.rate_limiter import WINDOW, PollSchedule, RateLimiter

# Unix time at which the monotonic clock of these tests stands at 0.
NOON = 1_800_000_000


def _headers(limit: object, remaining: object, reset: object) -> dict[str, str]:
    names = ("ratelimit-limit", "ratelimit-remaining", "ratelimit-reset")
    return dict(zip(names, map(str, (limit, remaining, reset)), strict=True))


def _update(limiter: RateLimiter, headers: Mapping[str, str], now: float) -> RateLimit | None:
    """Hands in headers as they come over the wire."""
    return limiter.update([(name.encode(), text.encode()) for name, text in headers.items()], now)


def _limiter(limit: int, remaining: int, reset: float) -> RateLimiter:
    """A rate limiter that got these headers at 0; `reset` is counted from then."""
    limiter = RateLimiter()
    _update(limiter, _headers(limit, remaining, int(NOON + reset)), 0.0)
    return limiter


def _delay(
    schedule: PollSchedule, now: float, requests: int = 1, age: float | None = None
) -> float:
    return schedule.delay(now, NOON + now, requests=requests, age=age)


def _next(schedule: PollSchedule, now: float, age: float | None = None) -> float:
    """When the next round begins of a wait that asks from `now` on."""
    began = now
    while pause := _delay(schedule, now, 1, None if age is None else age + now - began):
        now += pause
    return now


def _acquire(limiter: RateLimiter, now: float) -> float:
    """Asks to send a poll of a wait that keeps nothing in reserve."""
    return PollSchedule(limiter, 0, None).acquire(now, NOON + now)


class _Server:
    """A server whose limit is used up by what the tests send, for ever or until the reset."""

    def __init__(self, limiter: RateLimiter, limit: int, remaining: int, reset: float) -> None:
        self.limiter, self.limit, self.remaining, self.reset = limiter, limit, remaining, reset
        self.requests: list[float] = []
        self.renews = False

    def answer(self, now: float) -> None:
        if self.renews and now >= self.reset:
            self.remaining, self.reset = self.limit, self.reset + WINDOW
        self.requests.append(now)
        self.remaining -= 1
        headers = _headers(self.limit, max(0, self.remaining), int(NOON + self.reset))
        _update(self.limiter, headers, now)


def _round(server: _Server, now: float, requests: int = 1) -> float:
    """Sends a round that may begin at `now`; returns when it has ended."""
    for _ in range(requests):
        while pause := _acquire(server.limiter, now):
            now += pause
        server.answer(now)
        server.limiter.release()
    return now


def _rounds(
    server: _Server, until: float, *, poll: float = 1.0, requests: int = 1, young: bool = False
) -> list[float]:
    """When the rounds of a single wait begin that ends with the last one, at `until`."""
    times: list[float] = []
    now = 0.0
    with server.limiter.register(now, until) as schedule:
        while now < until:
            now = min(now + poll, until)
            while pause := _delay(schedule, now, requests, now if young else None):
                if now >= until:
                    return times
                now += pause
            times.append(round(now, 3))
            now = _round(server, now, requests)
    return times


def _single(limit: int, remaining: int, reset: float) -> _Server:
    return _Server(_limiter(limit, remaining, reset), limit, remaining, reset)


# ── Before the first response ───────────────────────────────────────────────────────────────


def test_before_the_first_response_one_poll_goes_ahead() -> None:
    limiter = RateLimiter()
    first, second = limiter.register(0, None), limiter.register(0, None)
    assert _delay(first, 0) == 0
    assert _delay(second, 0) == pytest.approx(0.2)
    assert not second.slowed
    _update(limiter, {"date": "soon"}, 0.1)
    assert _delay(second, 0.1) == 0


def test_where_no_response_comes_another_one_goes_each_second() -> None:
    limiter = RateLimiter()
    times: list[float] = []
    now = 0.0
    for schedule in [limiter.register(0, None) for _ in range(4)]:
        while pause := _delay(schedule, now):
            now += pause
        times.append(round(now, 3))
    assert times == [0.0, 1.0, 2.0, 3.0]


def test_at_its_deadline_a_wait_does_not_wait_for_the_first_response() -> None:
    limiter = RateLimiter()
    waits = [limiter.register(0, 5.0) for _ in range(3)]
    assert [_delay(wait, 5.0) for wait in waits] == [0, 0, 0]


def test_where_responses_state_nothing_polls_go_as_planned() -> None:
    limiter = RateLimiter()
    _update(limiter, {}, 0.0)
    assert [_delay(limiter.register(0, None), 0) for _ in range(100)] == [0] * 100


# ── More than a tenth is left ───────────────────────────────────────────────────────────────


def test_while_more_than_a_tenth_is_left_polls_go_as_planned() -> None:
    server = _single(5000, 700, 1800)
    assert _rounds(server, 100) == [float(number) for number in range(1, 101)]


def test_no_more_than_200_polls_go_in_a_minute() -> None:
    limiter = _limiter(5000, 5000, 3600)
    sent = 0
    while not _acquire(limiter, sent * 0.01):
        limiter.release()
        sent += 1
    assert sent == 200
    assert _acquire(limiter, 2.0) == pytest.approx(58.0)
    assert _acquire(limiter, 60.0) == 0
    assert _acquire(limiter, 60.0) == 1, "not each of many for each poll that fits"


def test_a_poll_that_was_refused_for_its_scope_counts_as_a_call_of_the_users_own() -> None:
    limiter = _limiter(5000, 5000, 3600)
    wait = limiter.register(0, None)
    for number in range(201):
        assert wait.acquire(0.0, NOON) == 0
        wait.release(refused=number == 0)
    assert wait.acquire(1.0, NOON) == 59


def test_a_round_of_more_than_200_requests_may_begin() -> None:
    limiter = _limiter(5000, 5000, 3600)
    wait = limiter.register(0, None)
    assert _delay(wait, 0, requests=300) == 0
    assert [_acquire(limiter, 0) for _ in range(200)] == [0] * 200
    assert _acquire(limiter, 1.0) == pytest.approx(59), "and its rest goes in the next minute"


def test_the_minute_keeps_a_last_round_for_waits_that_end_in_it() -> None:
    limiter = _limiter(5000, 5000, 3600)
    ending = [limiter.register(0, 30.0) for _ in range(50)]
    other = limiter.register(0, None)
    for _ in range(150):
        assert _acquire(limiter, 0) == 0
        limiter.release()
    assert _delay(other, 10.0) == pytest.approx(50)
    assert other.slowed
    for wait in ending:
        assert _delay(wait, 30.0) == 0
        assert wait.acquire(30.0, NOON) == 0
        limiter.release()


def test_many_waits_share_the_minute_evenly() -> None:
    limiter = _limiter(5000, 5000, 3600)
    waits = [limiter.register(0, None) for _ in range(40)]
    due = dict.fromkeys(waits, 5.0)
    polls = dict.fromkeys(waits, 0)
    while (now := min(due.values())) < 600:
        wait = min(due, key=lambda each: due[each])
        pause = _delay(wait, now)
        if not pause:
            pause = _acquire(limiter, now)
            assert not pause, "a round that has begun is finished"
            limiter.release()
            polls[wait] += 1
            pause = 5.0
        due[wait] = now + pause
    assert min(polls.values()) >= 35
    assert max(polls.values()) - min(polls.values()) <= 3
    assert sum(polls.values()) <= 2000


def test_calls_of_the_users_own_count_but_leave_the_waits_some_polls() -> None:
    limiter = _limiter(5000, 5000, 3600)
    for number in range(220):
        _update(limiter, _headers(5000, 4999 - number, NOON + 3600), 1.0)
    assert _delay(limiter.register(0, None), 2.0, requests=20) == 0
    assert [_acquire(limiter, 2.0) for _ in range(20)] == [0] * 20
    assert _delay(limiter.register(0, None), 2.0) == pytest.approx(60)


def test_the_response_to_a_poll_counts_once() -> None:
    limiter = _limiter(5000, 5000, 3600)
    for number in range(150):
        assert _acquire(limiter, 0) == 0
        _update(limiter, _headers(5000, 4999 - number, NOON + 3600), 0.1)
        limiter.release()
    assert _delay(limiter.register(0, None), 1.0, requests=50) == 0


def test_a_poll_without_a_response_leaves_none_to_expect() -> None:
    limiter = _limiter(5000, 5000, 3600)
    for _ in range(100):
        assert _acquire(limiter, 0) == 0
        limiter.release()
    for number in range(160):
        _update(limiter, _headers(5000, 4999 - number, NOON + 3600), 0.1)
    assert _delay(limiter.register(0, None), 1.0) > 50, "100 polls and 160 calls of the user's"


def test_deletions_count_and_only_the_minute_holds_them_back() -> None:
    limiter = _limiter(5000, 0, 3600)
    limiter.pause_for(30.0, 0.0)
    for _ in range(200):
        assert limiter.acquire(0.0) == 0
        limiter.release()
    assert limiter.acquire(0.0) == 60


# ── A tenth or less ─────────────────────────────────────────────────────────────────────────


def test_half_of_what_is_left_is_spread_evenly() -> None:
    # 60 left: 15 for the user, 1 in reserve, half of the 44 others over 600 s.
    limiter = _limiter(5000, 60, 601)
    wait = limiter.register(0, 600)
    assert _delay(wait, 0) == 0
    assert _delay(wait, 0) == 5, "no sleep is longer: more may be left by then"
    assert wait.slowed
    assert _next(wait, 0) == pytest.approx(600 / 23, abs=0.2)


def test_polls_last_until_the_reset() -> None:
    server = _single(5000, 60, 3600)
    times = _rounds(server, 3599)
    assert server.remaining >= 1
    assert len(times) > 20
    assert times[-1] == 3599


def test_a_wait_that_ends_soon_spreads_over_its_own_time() -> None:
    times = _rounds(_single(5000, 60, 3600), 60, requests=2)
    assert 1.0 in times
    assert any(6 <= time <= 8 for time in times), "an action of 6 s is not left to the deadline"


def test_a_young_operation_is_polled_sooner() -> None:
    times = _rounds(_single(5000, 60, 3600), 300, poll=5, young=True)
    assert times[:4] == [5, 10, 15, 20]


def test_an_old_operation_is_not() -> None:
    limiter = _limiter(5000, 60, 3600)
    wait = limiter.register(0, None)
    assert _delay(wait, 0, age=1000) == 0
    assert _next(wait, 5, age=1005) > 120


@pytest.mark.parametrize("timeout", [120, 300, 600, 3599])
def test_with_few_rounds_left_a_short_operation_is_still_seen_soon(timeout: float) -> None:
    server = _single(5000, 60, 3600)
    times = _rounds(server, timeout, requests=2, young=True)
    assert any(6 <= time <= 10 for time in times)
    assert times[-1] == timeout
    assert server.remaining > 0


def test_with_hardly_any_it_is_not_polled_sooner() -> None:
    wait = _limiter(5000, 20, 3600).register(0, None)
    assert _delay(wait, 0, age=1) == 0
    assert _next(wait, 5, age=6) > 120


def test_each_wait_that_ends_before_the_reset_has_a_last_round() -> None:
    limiter = _limiter(5000, 45, 3600)
    server = _Server(limiter, 5000, 45, 3600)
    waits = [limiter.register(0, 900) for _ in range(20)]
    due = dict.fromkeys(waits, 5.0)
    last = dict.fromkeys(waits, 0.0)
    while due:
        wait = min(due, key=lambda each: due[each])
        now = due[wait]
        pause = _delay(wait, now)
        if not pause:
            _round(server, now)
            last[wait] = now
            pause = min(5.0, 900 - now)
        if now >= 900:
            del due[wait]
        else:
            due[wait] = now + pause
    assert set(last.values()) == {900}
    assert len(server.requests) > 22, "and some have been polled before"


def test_the_last_round_goes_while_anything_is_left() -> None:
    limiter = _limiter(5000, 1, 3600)
    wait = limiter.register(0, 300)
    assert _delay(wait, 5, requests=5) == 5
    assert _delay(wait, 299, requests=5) == pytest.approx(1)
    assert _delay(wait, 300, requests=5) == 0


def test_without_anything_left_even_the_last_round_does_not_go() -> None:
    limiter = _limiter(5000, 0, 3600)
    wait = limiter.register(0, 300)
    assert _delay(wait, 300) == 60
    assert wait.slowed


def test_a_wait_that_ended_keeps_nothing_in_reserve() -> None:
    limiter = _limiter(5000, 40, 3600)
    with limiter.register(0, 100):
        one = limiter.register(0, None)
        assert _delay(one, 0) == 0
        before = _delay(one, 0)
    limiter.unregister(one)
    limiter.unregister(one)
    other = limiter.register(0, None)
    assert _delay(other, 100) <= before


def test_the_pace_follows_the_newest_statement() -> None:
    limiter = _limiter(5000, 60, 600)
    wait = limiter.register(0, None)
    assert _delay(wait, 0) == 0
    assert _delay(wait, 1) > 0
    _update(limiter, _headers(5000, 4000, NOON + 3600), 1.0)
    assert _delay(wait, 1) == 0


def test_what_is_in_flight_is_not_left() -> None:
    limiter = _limiter(250, 2, 100)
    assert _acquire(limiter, 0) == 0
    assert _acquire(limiter, 0) == 0
    assert _acquire(limiter, 0) == pytest.approx(0.2), "to ask again, not to be sent"
    _update(limiter, _headers(250, 2, NOON + 100), 0.1)
    limiter.release()
    assert _acquire(limiter, 0.1) == 0


# ── Nothing left ────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("remaining", [0, -1, -1000])
@pytest.mark.parametrize("limit", [0, 250, 5000])
def test_with_nothing_left_no_poll_goes_before_the_reset(limit: int, remaining: int) -> None:
    limiter = _limiter(limit, remaining, 100)
    wait = limiter.register(0, None)
    assert _delay(wait, 0) == 60, "no sleep is longer: there may be more by then"
    assert _delay(wait, 60) == pytest.approx(41), "the header states whole seconds"
    assert _acquire(limiter, 99) == pytest.approx(2)
    assert _delay(wait, 101) == 0


def test_after_the_reset_one_poll_goes_ahead() -> None:
    limiter = _limiter(250, 0, 100)
    first, second = limiter.register(0, None), limiter.register(0, None)
    assert _delay(first, 101) == 0
    assert _delay(second, 101) == pytest.approx(1.0), "it waits for the response to the first"
    assert _acquire(limiter, 101) == 0
    assert _acquire(limiter, 101) == pytest.approx(0.2), "and so do the other requests of a round"
    _update(limiter, _headers(250, 100, NOON + 100), 101.2)
    limiter.release()
    assert _delay(second, 101.2) == 0


def test_where_its_response_is_lost_another_one_goes() -> None:
    limiter = _limiter(250, 0, 100)
    first, second = limiter.register(0, None), limiter.register(0, None)
    assert _delay(first, 101) == 0
    assert _delay(second, 101.5) == pytest.approx(0.5)
    assert _delay(second, 102) == 0


# ── Invalid headers ─────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("reset", [NOON * 1000, 10**15, NOON + 2 * WINDOW])
def test_a_reset_far_ahead_spreads_nothing(reset: float) -> None:
    assert _rounds(_single(250, 20, reset - NOON), 10) == [float(time) for time in range(1, 11)]


@pytest.mark.parametrize("reset", [NOON * 1000, 10**15, NOON + 2 * WINDOW])
def test_with_nothing_left_an_hour_is_the_longest_that_is_believed(reset: float) -> None:
    wait = _limiter(250, 0, reset - NOON).register(0, None)
    assert _delay(wait, WINDOW - 1) == pytest.approx(2)
    assert _delay(wait, WINDOW + 1) == 0


@pytest.mark.parametrize("reset", [0, -1, -(10**9), NOON - 1, NOON])
def test_a_reset_in_the_past_holds_nothing_up(reset: int) -> None:
    assert _rounds(_single(250, 20, reset - NOON), 10) == [float(time) for time in range(1, 11)]
    assert _rounds(_single(250, 0, reset - NOON), 10) == [float(time) for time in range(1, 11)]


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
def test_invalid_headers_change_nothing(headers: dict[str, str]) -> None:
    limiter = _limiter(5000, 4999, 3600)
    assert _update(limiter, headers, 1.0) is None
    assert limiter.latest == RateLimit(5000, 4999, NOON + 3600)
    assert _delay(limiter.register(0, None), 1.0) == 0


# ── 429 ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("named", "pause"), [(30.0, 30.0), (None, 1.0), (0.0, 1.0), (1e9, WINDOW)])
def test_a_429_pauses_all_polls_for_the_time_named(named: float | None, pause: float) -> None:
    limiter = _limiter(5000, 4000, 3600)
    wait = limiter.register(0, None)
    limiter.pause_for(named, 10.0)
    assert _delay(wait, 10.0) == min(pause, 60.0)
    assert _acquire(limiter, 10.0) == min(pause, 60.0)
    assert _acquire(limiter, 10.0 + pause) == 0
    assert _delay(wait, 10.0 + pause) == 0


def test_a_429_holds_the_last_round_back_too() -> None:
    limiter = _limiter(5000, 4000, 3600)
    wait = limiter.register(0, 20.0)
    limiter.pause_for(60.0, 0.0)
    assert _delay(wait, 15.0) == pytest.approx(5)
    assert _delay(wait, 20.0) == pytest.approx(40)


def test_a_shorter_pause_does_not_end_a_longer_one() -> None:
    limiter = RateLimiter()
    limiter.pause_for(60.0, 0.0)
    limiter.pause_for(5.0, 1.0)
    assert _delay(limiter.register(0, None), 50.0) == pytest.approx(10.0)


def _refuse(limiter: RateLimiter, now: float) -> float:
    """Hands in a 429 that names no time; returns the pause."""
    _update(limiter, {}, now)
    limiter.pause_for(None, now)
    return _acquire(limiter, now)


def test_pauses_that_no_429_names_double_up_to_a_minute() -> None:
    limiter = _limiter(5000, 4000, 3600)
    now = 10.0
    pauses: list[float] = []
    for _ in range(8):
        pauses.append(_refuse(limiter, now))
        now += pauses[-1]
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60]
    _update(limiter, {}, now)
    assert _refuse(limiter, now + 1) == 1, "after any other response they begin anew"


def test_several_429s_at_once_are_one() -> None:
    limiter = _limiter(5000, 4000, 3600)
    for _ in range(5):
        _update(limiter, {}, 10.0)
    for _ in range(5):
        limiter.pause_for(None, 10.0)
    assert _acquire(limiter, 10.0) == 1


# ── Headroom ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("remaining", "headroom"), [(501, True), (500, False), (0, False)])
def test_there_is_headroom_above_a_tenth(remaining: int, headroom: bool) -> None:
    assert _limiter(5000, remaining, 3600).has_headroom(0.0) == headroom


def test_there_is_none_in_a_pause() -> None:
    limiter = RateLimiter()
    assert limiter.has_headroom(0.0)
    limiter.pause_for(5.0, 0.0)
    assert not limiter.has_headroom(4.9)
    assert limiter.has_headroom(5.0)


# ── Clocks and processes ────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("skew", [0, -5 * 3600, 5 * 3600])
def test_the_reset_is_read_by_the_servers_clock(skew: float) -> None:
    limiter = RateLimiter()
    headers = _headers(250, 0, NOON + 50) | {"date": formatdate(NOON, usegmt=True)}
    _update(limiter, headers, 0.0)
    assert limiter.server_time(7.0, NOON + skew) == NOON + 7
    wait = limiter.register(0, None)
    assert wait.acquire(0.0, NOON + skew) == pytest.approx(51)
    assert wait.acquire(51.0, NOON + skew + 51) == 0


@pytest.mark.parametrize("date", [True, False])
def test_after_a_suspend_the_wall_clock_counts(date: bool) -> None:
    limiter = _limiter(250, 0, 3000)
    if date:
        _update(limiter, {"date": formatdate(NOON, usegmt=True)}, 0.0)
    wait = limiter.register(0, None)
    assert _delay(wait, 10.0) == 60
    # The monotonic clock stood still for the 3,000 seconds of the suspend.
    assert wait.delay(70.0, NOON + 3070.0) == 0
    assert limiter.server_time(70.0, NOON + 3070.0) == NOON + 3070


def test_after_a_suspend_a_pause_is_over() -> None:
    limiter = RateLimiter()
    limiter.pause_for(600.0, 0.0)
    wait = limiter.register(0, None)
    assert _delay(wait, 10.0) == 60
    assert wait.delay(20.0, NOON + 620.0) == 0


def test_a_wall_clock_that_is_set_back_changes_nothing() -> None:
    limiter = _limiter(250, 0, 3000)
    _update(limiter, {"date": formatdate(NOON, usegmt=True)}, 0.0)
    wait = limiter.register(0, None)
    assert _delay(wait, 2990.0) == pytest.approx(11)
    assert wait.delay(2991.0, NOON - 50_000.0) == pytest.approx(10)


def test_a_child_process_has_nothing_in_flight_and_no_waits() -> None:
    limiter = _limiter(5000, 2, 100)
    for _ in range(2):
        limiter.register(0, 50)
        assert _acquire(limiter, 0) == 0
    assert _acquire(limiter, 0) > 0
    limiter.after_fork()
    assert _acquire(limiter, 0) == 0


# ── Whatever happens ────────────────────────────────────────────────────────────────────────


@dataclass
class _Plan:
    """One wait: when it begins, how long it lasts at most, its pauses, the requests of a round."""

    began: float
    timeout: float | None
    poll: float
    requests: int

    @property
    def deadline(self) -> float | None:
        return None if self.timeout is None else self.began + self.timeout


_plans = st.lists(
    st.builds(
        _Plan,
        st.floats(0, 60),
        st.none() | st.floats(1, 300),
        st.floats(1, 30),
        st.integers(1, 60),
    ),
    min_size=1,
    max_size=12,
)


def _run(server: _Server, plans: Sequence[_Plan], until: float) -> list[list[float]]:
    """When the rounds of each wait begin; nothing that is waited for ever ends."""
    rounds: list[list[float]] = [[] for _ in plans]
    schedules = [
        server.limiter.register(plan.began, plan.deadline, requests=plan.requests) for plan in plans
    ]
    due = {place: plan.began + plan.poll for place, plan in enumerate(plans)}
    for place, plan in enumerate(plans):
        due[place] = min(due[place], plan.deadline or due[place])
    sending: dict[int, int] = {}
    while due and (now := min(due.values())) < until:
        place = min(due, key=due.__getitem__)
        plan, schedule = plans[place], schedules[place]
        if place in sending:
            pause = schedule.acquire(now, NOON + now)
            if not pause:
                server.answer(now)
                schedule.release()
                sending[place] -= 1
                if not sending[place]:
                    del sending[place]
                    pause = plan.poll
        else:
            pause = schedule.delay(now, NOON + now, requests=plan.requests, age=now - plan.began)
            if not pause:
                rounds[place].append(now)
                sending[place] = plan.requests
                continue
        last = schedule.is_last(now)
        if plan.deadline is not None and not last:
            pause = min(pause, plan.deadline - now)
        if last and (place not in sending or pause > 10):
            del due[place]
            sending.pop(place, None)
            server.limiter.unregister(schedule)
        else:
            due[place] = now + pause
    return rounds


@given(_plans, st.integers(0, 5000))
def test_no_more_than_200_polls_go_in_any_minute(plans: list[_Plan], left: int) -> None:
    server = _single(5000, left, 3600)
    _run(server, plans, 200)
    times = server.requests
    for first, last in zip(times, times[200:], strict=False):
        assert last - first >= 59.999
    assert len(times) <= left


@given(st.lists(st.floats(5, 300), min_size=1, max_size=12), st.integers(0, 30), st.floats(1, 5))
def test_the_last_round_of_every_wait_is_kept(
    timeouts: list[float], more: int, requests: float
) -> None:
    size = int(requests)
    server = _single(5000, len(timeouts) * size + more, 3600)
    plans = [_Plan(0.0, timeout, 1.0, size) for timeout in timeouts]
    for timeout, times in zip(timeouts, _run(server, plans, 1000), strict=True):
        assert times, "no wait ends without a poll"
        assert times[-1] == pytest.approx(timeout, abs=0.01)


@given(_plans)
def test_no_wait_starves(plans: list[_Plan]) -> None:
    for plan in plans:
        plan.timeout = None
    server = _single(5000, 100, 120)
    server.renews = True
    for times in _run(server, plans, 500):
        assert times, "before the reset, or soon after"


@given(st.text() | st.integers().map(str), st.text() | st.integers().map(str))
def test_whatever_headers_state_polls_go_on_within_an_hour(remaining: str, reset: str) -> None:
    limiter = RateLimiter()
    _update(limiter, _headers(250, remaining, reset) | {"date": reset}, 0.0)
    assert _next(limiter.register(0, None), 0.0) <= WINDOW + 1


@given(
    st.lists(
        st.tuples(
            st.floats(0, 4000),
            st.integers(-10, 6000),
            st.integers(-5000, 10_000) | st.integers(),
            st.none() | st.floats(0, 1e6),
            st.booleans(),
        ),
        max_size=20,
    )
)
def test_whatever_sequence_of_headers_polls_go_on_within_an_hour(
    responses: list[tuple[float, int, int, float | None, bool]],
) -> None:
    limiter = RateLimiter()
    wait = limiter.register(0, None)
    now = 0.0
    for later, remaining, reset, named, refused in responses:
        now += later
        _update(limiter, _headers(5000, remaining, NOON + reset), now)
        if refused:
            limiter.pause_for(named, now)
        began = now
        now = _next(wait, now)
        assert now - began <= WINDOW + 1


@given(st.floats(min_value=0, max_value=1e6), st.floats(min_value=0.01, max_value=3600))
def test_who_sleeps_as_long_as_returned_may_poll(now: float, named: float) -> None:
    limiter = RateLimiter()
    limiter.pause_for(named, now)
    wait = limiter.register(now, None)
    for _ in range(61):
        pause = _delay(wait, now)
        if pause == 0:
            return
        # A clock may count in whole nanoseconds.
        now = round(now + pause, 9)
    raise AssertionError("an hour is the longest pause")

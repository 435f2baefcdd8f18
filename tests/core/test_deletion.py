"""Deletions that outlive their caller."""

from collections.abc import Iterator

import pytest

from do_images._core.deletion import destroy_many
from do_images._core.rate_limiter import RateLimiter
from do_images._core.session import Session
from do_images._core.starts import Starts
from do_images._core.steps import Flow, Gather, Send, Sleep
from tests.support import VirtualClock


def _session(clock: VirtualClock) -> Session:
    return Session(clock, RateLimiter(), Starts(), 2, 60.0, 8)


def _begin(flow: Flow[list[int]]) -> Iterator[Flow[object]]:
    """Return the deletions that a driver would run."""
    step = next(flow)
    assert isinstance(step, Gather)
    return iter(step.flows)


def test_what_waits_for_the_limit_is_not_sent_after_ctrl_c() -> None:
    clock = VirtualClock()
    session = _session(clock)
    for _ in range(200):
        assert session.limiter.acquire(0.0) == 0
    flow = destroy_many(session, dict.fromkeys([1, 2]))
    waiting = next(_begin(flow))
    assert isinstance(next(waiting), Sleep)
    flow.close()  # as the driver does when its caller leaves
    clock.now += 61
    with pytest.raises(StopIteration):
        next(waiting)


def test_what_was_not_stopped_is_sent_when_the_limit_allows_it() -> None:
    clock = VirtualClock()
    session = _session(clock)
    for _ in range(200):
        assert session.limiter.acquire(0.0) == 0
    flow = destroy_many(session, dict.fromkeys([1, 2]))
    waiting = next(_begin(flow))
    pause = next(waiting)
    assert isinstance(pause, Sleep)
    assert 59 < pause.seconds <= 60
    clock.now += pause.seconds
    step = next(waiting)
    assert isinstance(step, Send)
    assert (step.request.endpoint.method, step.request.path) == ("DELETE", "/v2/images/1")


@pytest.mark.parametrize(("count", "at_once"), [(1, 1), (3, 3), (100, 8)])
def test_no_more_workers_than_images(count: int, at_once: int) -> None:
    step = next(destroy_many(_session(VirtualClock()), dict.fromkeys(range(1, count + 1))))
    assert isinstance(step, Gather)
    assert step.limit == at_once

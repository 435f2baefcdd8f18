"""Waits without a driver: the steps that their flows yield, and what they make of the outcomes."""

from collections.abc import Sequence

from do_images import Action, Image
from do_images._base import ModelT
from do_images._core.rate_limiter import RateLimiter
from do_images._core.requests import Request
from do_images._core.session import Session
from do_images._core.starts import Starts
from do_images._core.steps import Flow
from do_images._core.waits.actions import ActionWait
from do_images._core.waits.images import ImageWait
from do_images._core.waits.options import WaitOptions, wait_options
from do_images._core.waits.polling import ItemT, Poller
from do_images.errors import APIError
from tests.support import VirtualClock
from tests.waiting import action, image


def _session() -> Session:
    return Session(VirtualClock(), RateLimiter(), Starts(), 2, 60.0, 8)


class Skipping(Poller[ItemT]):
    """A poller that the rate limit leaves no poll before the deadline."""

    def poll(self, requests: Sequence[Request[ModelT]]) -> Flow[list[ModelT | APIError | None]]:
        return [None] * len(requests)
        yield


def _poller(session: Session, options: WaitOptions[ItemT]) -> Skipping[ItemT]:
    return Skipping(session, options, session.limiter.register(0.0, None))


def _run(flow: Flow[None]) -> None:
    assert list(flow) == [], "it yields no step"


def test_a_poll_that_is_skipped_changes_nothing_of_an_action() -> None:
    session = _session()
    options: WaitOptions[Action] = wait_options(session.clock, 5, 60, None)
    seen: list[Action] = []
    options.on_poll = seen.append
    wait = ActionWait(session, options)
    wait.add(action())
    _run(wait.round(_poller(session, options)))
    assert not wait.finished()
    assert seen == []


def test_nor_of_an_image() -> None:
    session = _session()
    options: WaitOptions[Image] = wait_options(session.clock, 5, 60, None)
    wait = ImageWait(session, image("pending"), options, is_shown=False)
    _run(wait.round(_poller(session, options)))
    assert not wait.finished()
    assert wait.error is None

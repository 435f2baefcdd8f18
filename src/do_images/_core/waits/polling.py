"""What all waits share: when a polling round begins, how its polls are sent, and how it ends."""

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import TYPE_CHECKING, Generic, TypeVar

from do_images._base import Model, ModelT
from do_images._core import retry
from do_images._core.flows import call_once
from do_images._core.rate_limiter import WINDOW, PollSchedule
from do_images._core.requests import Request
from do_images._core.session import Session
from do_images._core.steps import Flow, gather, sleep
from do_images._core.waits.options import WaitOptions
from do_images.errors import APIError, APITimeoutError, DOImagesError, PermissionDeniedError

if TYPE_CHECKING:
    from tenacity import RetryCallState

__all__ = ["Poller", "Wait", "persist", "poll_until_done", "read"]

_log = logging.getLogger("do_images")

T = TypeVar("T")
ItemT = TypeVar("ItemT")


class Poller(Generic[ItemT]):
    """Sends the polls of one wait, within the rate limit and the time that there is."""

    def __init__(
        self, session: Session, options: WaitOptions[ItemT], schedule: PollSchedule
    ) -> None:
        self.options = options
        self.repeats = False
        """Whether a poll of this round failed and may well succeed now."""
        self._session = session
        self._schedule = schedule
        self._not_before = float("-inf")
        # Seconds that the next poll of a path may take, where the last one ran out of time.
        self._allowed: dict[str, float] = {}

    def pause(self) -> float:
        """Return the seconds until the next round; the last one is due at the deadline."""
        pause = max(self.options.poll, self._not_before - self._session.clock.monotonic())
        return self.options.until_deadline(pause)

    def poll(self, requests: Sequence[Request[ModelT]]) -> Flow[list[ModelT | APIError | None]]:
        """Send several polls at once, each bounded in time, and return their outcomes.

        The outcome is None where the rate limit allows none before the deadline, and of polls
        that are late: they leave the time after it to the last round.
        """
        is_last = self.options.expired()
        # Those that ran out of time go last: a few that stall keep no other from its poll.
        order = sorted(
            range(len(requests)), key=lambda place: requests[place].path in self._allowed
        )
        flows = [self._send(requests[place], is_last=is_last) for place in order]
        gathered = yield from gather(flows, self._session.page_concurrency)
        in_order = sorted(zip(order, gathered, strict=True), key=itemgetter(0))
        outcomes = [outcome for _, outcome in in_order]
        named: list[float] = []
        for request, outcome in zip(requests, outcomes, strict=True):
            if isinstance(outcome, APITimeoutError):
                self._allowed[request.path] = 2 * self._allowed_for(request)
            elif outcome is not None:
                self._allowed.pop(request.path, None)
            if isinstance(outcome, APIError):
                _log.info("while waiting: %s", outcome)
                named.append(min(retry.named_wait(outcome) or 0.0, WINDOW))
                self.repeats = self.repeats or retry.is_transient(outcome)
        if named and len(named) == len(outcomes):
            # A failure that names a time puts off the next round, unless others got a response.
            self._not_before = self._session.clock.monotonic() + min(named)
        return outcomes

    def _allowed_for(self, request: Request[Model]) -> float:
        return self._allowed.get(request.path, self.options.poll_timeout)

    def _send(self, request: Request[ModelT], *, is_last: bool) -> Flow[ModelT | None]:
        if not is_last and self.options.has_grace():
            self.repeats = True
            return None
        clock = self._session.clock
        while pause := self._schedule.acquire(clock.monotonic(), clock.time()):
            if self.options.expired():
                return None
            yield from sleep(self.options.until_deadline(pause))
        refused = False
        try:
            timeout = self.options.request_timeout(self._allowed_for(request))
            return (yield from call_once(self._session, request.within(timeout)))
        except PermissionDeniedError:
            refused = True
            raise
        finally:
            self._schedule.release(refused=refused)


class Wait(ABC, Generic[ItemT]):
    """Something that is polled in rounds until it has ended."""

    @property
    @abstractmethod
    def subject(self) -> str:
        """What is waited for, for the log."""

    @property
    def width(self) -> int:
        """About how many requests a round takes."""
        return 1

    @abstractmethod
    def age(self) -> float | None:
        """Return the seconds since the youngest operation began; None where that is unknown."""

    @abstractmethod
    def round(self, poller: Poller[ItemT]) -> Flow[None]:
        """Poll everything that has not ended, once."""

    @abstractmethod
    def finished(self) -> bool:
        """Return whether there is nothing left to wait for."""

    @abstractmethod
    def time_out(self, *, slowed: bool) -> None:
        """Make an error of everything that has not ended; `slowed` by the rate limit."""


def poll_until_done(
    session: Session, wait: Wait[ItemT], options: WaitOptions[ItemT], first_pause: float
) -> Flow[None]:
    """Poll in rounds until everything has ended, or the deadline has passed."""
    if wait.finished():
        return
    from tenacity import Retrying, retry_if_result  # noqa: PLC0415 - only who waits pays

    _log.info("waiting for %s, a poll every %g s", wait.subject, options.poll)
    pauses = [first_pause]
    now, width = session.clock.monotonic(), wait.width
    with session.limiter.register(now, options.deadline, requests=width) as schedule:
        poller = Poller(session, options, schedule)
        for attempt in Retrying(
            sleep=pauses.append,
            wait=lambda _: poller.pause(),
            stop=lambda _: options.expired(),
            retry=retry_if_result(lambda finished: not finished),
            retry_error_callback=lambda _: None,
        ):
            while pauses:
                yield from sleep(pauses.pop())
            with attempt:
                yield from _round(session, wait, poller, schedule)
            if attempt.retry_state.outcome is not None and not attempt.retry_state.outcome.failed:
                attempt.retry_state.set_result(wait.finished())
        if not wait.finished():
            wait.time_out(slowed=schedule.slowed)


def _round(
    session: Session, wait: Wait[ItemT], poller: Poller[ItemT], schedule: PollSchedule
) -> Flow[None]:
    """Poll once when the rate limit allows it; the round at the deadline is repeated once."""
    options, clock = poller.options, session.clock

    def delay() -> float:
        now, local = clock.monotonic(), clock.time()
        return schedule.delay(now, local, requests=wait.width, age=wait.age())

    while pause := delay():
        _log.info("the rate limit is short: the next poll is due in %.1f s", pause)
        if options.expired():
            return
        yield from sleep(options.until_deadline(pause))
    poller.repeats = False
    yield from wait.round(poller)
    if poller.repeats and not wait.finished() and options.has_grace() and delay() == 0:
        yield from wait.round(poller)


def read(session: Session, request: Request[ModelT], options: WaitOptions[ItemT]) -> Flow[ModelT]:
    """Return what a GET responds that a wait begins with.

    It is sent as polls are, at the deadline too. But nothing is spread out: it goes as soon as
    the rate limit has a request left.
    """
    last_error: APIError | None = None
    is_last = False
    with session.limiter.register(session.clock.monotonic(), options.deadline) as schedule:
        poller = Poller(session, options, schedule)
        while True:
            is_last, is_repeated = options.expired(), is_last
            (outcome,) = yield from poller.poll([request])
            if outcome is None:
                break
            if not isinstance(outcome, APIError):
                return outcome
            if not retry.is_transient(outcome):
                raise outcome
            last_error = outcome
            if is_repeated or (is_last and not options.has_grace()):
                break
            yield from sleep(poller.pause())
    text = f"{request.path} was not read {options.after()}: the rate limit allowed no request"
    raise last_error or DOImagesError(text)


def persist(
    attempt: Callable[[], Flow[T]],
    options: WaitOptions[ItemT],
    is_worth: Callable[[APIError], bool],
) -> Flow[T]:
    """Return what a flow returns, after as many tries as begin before the deadline.

    `is_worth` says after which errors to try again. The first try is always made.
    """
    from tenacity import Retrying, retry_if_exception  # noqa: PLC0415 - only who waits pays

    failures: list[APIError] = []
    pauses: list[float] = []
    results: list[T] = []

    def pause(_: "RetryCallState") -> float:
        return options.until_deadline(max(options.poll, retry.named_wait(failures[-1]) or 0.0))

    for trial in Retrying(
        sleep=pauses.append,
        wait=pause,
        stop=lambda _: options.expired(),
        retry=retry_if_exception(lambda error: isinstance(error, APIError) and is_worth(error)),
        reraise=True,
    ):
        while pauses:
            _log.info("trying again in %.1f s: %s", pauses[-1], failures[-1])
            yield from sleep(pauses.pop())
        with trial:
            if failures and options.expired():
                raise failures[-1]
            try:
                results.append((yield from attempt()))
            except APIError as error:
                failures.append(error)
                raise
    return results[0]

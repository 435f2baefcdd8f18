# GENERATED from src/do_images/_async/session.py by "make generate". Do not edit.
"""What every call and every wait goes through: requests, their repetition, pages, polls."""

import logging
from collections.abc import Mapping
from dataclasses import replace
from math import floor
from operator import not_
from typing import TYPE_CHECKING

from do_images._base import Endpoint, ModelT, RateLimit
from do_images._core import failures, pagination, responses, retry
from do_images._core.rate_limiter import PollSchedule
from do_images._core.requests import Request
from do_images._core.waits.poll_requests import PollRequest
from do_images._core.waits.watches import Watch, action_region
from do_images._endpoints import IMAGE_ACTIONS_CREATE, IMAGE_ACTIONS_LIST
from do_images._http.options import Limits
from do_images._sync.connection import Connection
from do_images.errors import APIError, NotFoundError
from do_images.models import Action, ActionResponse

if TYPE_CHECKING:
    from tenacity import RetryCallState

__all__ = ["Session"]

_log = logging.getLogger("do_images")

# How long, in seconds, to wait before each look for an action whose start got no clear answer.
_LOOKS = (0.5, 1.0, 2.0)
# How long each of these looks may take.
_LOOK = 10.0


class Session:
    """Sends requests, again where that is safe, and drives waits."""

    __slots__ = ("connection", "limits")

    def __init__(self, connection: Connection, limits: Limits) -> None:
        """`connection` may be another session's too."""
        self.connection: Connection = connection
        self.limits: Limits = limits

    # ── One request ─────────────────────────────────────────────────────────────────────────

    def send(
        self,
        endpoint: Endpoint[ModelT],
        segments: Mapping[str, str],
        query: Mapping[str, str] | None = None,
        body: Mapping[str, object] | None = None,
    ) -> ModelT:
        """The model of the response; tries again where that can't do anything twice."""
        request = Request(endpoint, endpoint.path.format_map(segments), query, body)
        return responses.parse(endpoint, self.reply(request))

    def reply(self, request: Request[ModelT]) -> responses.Response:
        """The response before it is parsed; tries again where that can't do anything twice."""
        try:
            return self.connection.send(request, self.limits)
        except APIError as error:
            failure = error
        return self.again(failure, request)

    def once(
        self,
        endpoint: Endpoint[ModelT],
        segments: Mapping[str, str],
        query: Mapping[str, str] | None = None,
        limit: float | None = None,
    ) -> ModelT:
        """The same with a single try, in at most `limit` seconds: a poll."""
        path = endpoint.path.format_map(segments)
        request = Request(endpoint, path, query, timeout=limit)
        return responses.parse(endpoint, self.connection.send(request, self.limits))

    def again(self, first: APIError, request: Request[ModelT]) -> responses.Response:
        """What comes of further tries, where they are safe, else the first error."""
        endpoint = request.endpoint
        if not self._worth(endpoint, first) or self.limits.max_retries == 0:
            raise first
        from tenacity import Retrying, stop_after_attempt  # noqa: PLC0415 - only who fails pays

        tried: list[APIError] = []

        def attempt() -> responses.Response:
            if not tried:
                tried.append(first)
                raise first
            try:
                attempted = replace(request, attempt=len(tried) + 1)
                return self.connection.send(attempted, self.limits)
            except APIError as error:
                # It is gone, as was asked for: by a try of ours that got no clear answer.
                gone = endpoint.method == "DELETE" and isinstance(error, NotFoundError)
                if gone and any(map(retry.outcome_unknown, tried)):
                    return responses.Response(error.request, 204, {}, b"")
                tried.append(error)
                raise

        def pause(state: "RetryCallState") -> float:
            return retry.backoff(state.attempt_number, tried[-1])

        def announce(state: "RetryCallState") -> None:
            _log.info("trying again in %.2f s: %s", state.upcoming_sleep, tried[-1])

        def worth(state: "RetryCallState") -> bool:
            # tenacity catches Ctrl-C and a task's cancellation as well: these are no tried.
            failure = state.outcome.exception() if state.outcome is not None else None
            return isinstance(failure, APIError) and self._worth(endpoint, failure)

        retrying = Retrying(
            sleep=self.connection.clock.sleep,
            stop=stop_after_attempt(self.limits.max_retries + 1),
            wait=pause,
            retry=worth,
            before_sleep=announce,
            reraise=True,
        )
        return retrying(attempt)

    def _worth(self, endpoint: Endpoint[ModelT], error: APIError) -> bool:
        named = retry.named_wait(error)
        return retry.repeatable(endpoint.method, error) and (
            named is None or named <= self.limits.max_retry_wait
        )

    # ── Starting an action ──────────────────────────────────────────────────────────────────

    def start(self, image: str, body: Mapping[str, object]) -> Action:
        """Starts an action on an image, exactly once.

        Where it stays unclear whether the request was carried out, the image's actions tell.
        """
        segments = {"image_id": image}
        try:
            reply = self.send(IMAGE_ACTIONS_CREATE, segments, None, body)
        except APIError as error:
            # Only its last try can have started something: those before were surely refused.
            began = self.connection.clock.monotonic() - failures.elapsed(error)
            failure = error
        else:
            self.connection.claim(reply.action)
            return reply.action
        if not retry.outcome_unknown(failure):
            raise failure
        return self._look(failure, segments, body, began)

    def _look(
        self,
        failure: APIError,
        segments: Mapping[str, str],
        body: Mapping[str, object],
        began: float,
    ) -> Action:
        """The action that a request without a clear answer started, else the request's error."""
        clock = self.connection.clock
        answers = 0
        for pause in _LOOKS:
            clock.sleep(pause)
            try:
                page = self.once(IMAGE_ACTIONS_LIST, segments, pagination.FIRST_PAGE, _LOOK)
            except APIError as error:
                _log.info("looking for the %s: %s", body["type"], error)
                continue
            answers += 1
            now = clock.monotonic()
            told = self.connection.limiter.told_time(now)
            if told is None:
                continue  # by our clock, an older action might pass for the one that is sought
            # By the server's clock, whole seconds as its time stamps have.
            since = floor(told - (now - began))
            for action in reversed(page.actions):
                if _started_by(action, body, since) and self.connection.claim(action):
                    _log.info("the %s was started after all: action %d", body["type"], action.id)
                    return action
        looked = (
            f"{answers} looks into the image's actions did not show it, but a list may lag"
            if answers
            else "the image's actions could not be looked at"
        )
        note = (
            f"Whether the {body['type']} was started is not known: {looked}. It was not sent "
            f"again; see do.image.action_list({segments['image_id']}) before you do."
        )
        raise failures.with_context(failure, note=note)

    def send_unsafe(
        self,
        endpoint: Endpoint[ModelT],
        segments: Mapping[str, str],
        body: Mapping[str, object],
    ) -> ModelT:
        """A POST whose outcome nobody can look up: its error says so."""
        try:
            return self.send(endpoint, segments, None, body)
        except APIError as error:
            failure = error
        if retry.outcome_unknown(failure):
            note = "The request may have been carried out; it was not sent again."
            raise failures.with_context(failure, note=note)
        raise failure

    # ── Waiting ─────────────────────────────────────────────────────────────────────────────

    def watch(self, watch: Watch, first_pause: float) -> None:
        """Ticks until there is nothing left to wait for, or the time is over."""
        if watch.finished():
            return
        from tenacity import Retrying, retry_if_result  # noqa: PLC0415 - only who waits pays

        _log.info("waiting for %s, a look every %g s", watch.subject(), watch.terms.poll)
        retrying = Retrying(
            sleep=self.connection.clock.sleep,
            wait=watch.pause,
            stop=watch.expired,
            retry=retry_if_result(not_),
            retry_error_callback=watch.give_up,
        )
        now, left = self.connection.clock.monotonic(), watch.terms.left()
        deadline = None if left is None else now + left
        with self.connection.limiter.register(now, deadline) as schedule:
            self.connection.clock.sleep(first_pause)
            retrying(self._round, watch, schedule)

    def _round(self, watch: Watch, schedule: PollSchedule) -> bool:
        """One polling round; returns whether there is nothing left to wait for."""
        clock, single = self.connection.clock, self.single()
        while pause := schedule.delay(
            now := clock.monotonic(),
            clock.time(),
            requests=schedule.requests,
            age=now - schedule.registered,
        ):
            _log.info("the rate limit delays the next poll by %.1f s", pause)
            if watch.expired(None):
                return False
            clock.sleep(pause)
        sent = 0
        for ask in watch.asks():
            if not self._acquire(watch, schedule):
                break
            sent += 1
            try:
                single.ask(watch, ask)
            finally:
                schedule.release()
        schedule.requests = max(1, sent)
        return watch.finished()

    def single(self) -> "Session":
        """The same with a single try: in a wait, the next tick is the next try."""
        return Session(self.connection, self.limits.without_retries())

    def _acquire(self, watch: Watch, schedule: PollSchedule) -> bool:
        """Waits until a request of a round may be sent; False where the wait ends before."""
        clock = self.connection.clock
        while (limit := watch.limit()) != 0:
            pause = schedule.acquire(clock.monotonic(), clock.time())
            if pause == 0:
                return True
            if limit is not None and pause >= limit:
                return False
            clock.sleep(pause)
        return False

    def ask(self, watch: Watch, ask: PollRequest) -> None:
        """Sends one request of a wait, and hands on what came of it."""
        try:
            if ask.region is None:
                reply = self.once(ask.endpoint, ask.segments, ask.query, watch.limit())
            else:
                body = {"type": "transfer", "region": ask.region}
                action = self.start(ask.segments["image_id"], body)
                reply = ActionResponse(action=action)
        except APIError as error:
            _log.info("while waiting: %s", error)
            watch.failed(ask, error)
        else:
            watch.answered(ask, reply)

    def server_time(self) -> float:
        """Unix time in seconds by the server's clock, as far as it is known."""
        clock = self.connection.clock
        return self.connection.limiter.server_time(clock.monotonic(), clock.time())

    @property
    def rate_limit(self) -> RateLimit | None:
        """The quota that the newest response stated."""
        return self.connection.limiter.latest


def _started_by(action: Action, body: Mapping[str, object], since: float) -> bool:
    return (
        action.type == body["type"]
        and ("region" not in body or action_region(action) == body["region"])
        and action.started_at is not None
        and action.started_at.timestamp() >= since
    )

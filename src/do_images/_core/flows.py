"""One request: sent once, or again where that can help and can't do anything twice."""

import logging
from typing import TYPE_CHECKING, cast

from do_images._base import ModelT
from do_images._core import retry
from do_images._core.failures import with_context
from do_images._core.requests import Request
from do_images._core.responses import Response, parse
from do_images._core.session import Session
from do_images._core.steps import Flow, Send, send, sleep
from do_images.errors import APIError, NotFoundError

if TYPE_CHECKING:
    from tenacity import RetryCallState

__all__ = ["call", "call_once", "call_unsafe", "fetch"]

_log = logging.getLogger("do_images")


def call(session: Session, request: Request[ModelT]) -> Flow[ModelT]:
    """Return the model of a response, after more tries where they are safe."""
    return parse(request.endpoint, (yield from fetch(session, request)))


def call_once(_: Session, request: Request[ModelT]) -> Flow[ModelT]:
    """Return the model of a response, after a single try."""
    return parse(request.endpoint, (yield from send(request)))


def call_unsafe(
    session: Session, request: Request[ModelT], *, retries: bool = True
) -> Flow[ModelT]:
    """Return the model of the response to a POST whose lost outcome can't be looked up."""
    try:
        return (yield from (call if retries else call_once)(session, request))
    except APIError as error:
        failure = error
    if retry.outcome_unknown(failure):
        note = "The request may have been carried out; it was not sent again"
        failure = with_context(failure, note=note)
    raise failure


def fetch(session: Session, request: Request[ModelT]) -> Flow[Response]:
    """Return the response of status 2xx, after more tries where they are safe."""
    try:
        # Not through `send`: this is the way of every call.
        return cast("Response", (yield Send(request)))
    except APIError as error:
        failure = error
    return (yield from _retry(session, request, failure))


def _retry(session: Session, request: Request[ModelT], first: APIError) -> Flow[Response]:
    """Return what comes of further tries, else raise the last error."""
    if session.max_retries == 0 or not _is_worth(session, request, first):
        raise first
    from tenacity import Retrying, stop_after_attempt  # noqa: PLC0415 - only who fails pays

    failures: list[APIError] = []
    pauses: list[float] = []
    response: Response | None = None

    def pause(state: "RetryCallState") -> float:
        return retry.backoff(state.attempt_number, failures[-1])

    def is_worth(state: "RetryCallState") -> bool:
        # tenacity catches Ctrl-C and a task's cancellation as well: these are no failures.
        failure = state.outcome.exception() if state.outcome is not None else None
        return isinstance(failure, APIError) and _is_worth(session, request, failure)

    for attempt in Retrying(
        sleep=pauses.append,
        stop=stop_after_attempt(session.max_retries + 1),
        wait=pause,
        retry=is_worth,
        reraise=True,
    ):
        for seconds in pauses:
            _log.info("trying again in %.2f s: %s", seconds, failures[-1])
            yield from sleep(seconds)
        pauses.clear()
        with attempt:
            if not failures:
                failures.append(first)
                raise first
            try:
                response = yield from send(request.again(len(failures) + 1))
            except APIError as error:
                # It is gone, as was asked for: by a try of ours that got no clear response.
                is_gone = request.endpoint.method == "DELETE" and isinstance(error, NotFoundError)
                if not (is_gone and any(map(retry.outcome_unknown, failures))):
                    failures.append(error)
                    raise
                response = Response(error.request, 204, {}, b"")
    return cast("Response", response)


def _is_worth(session: Session, request: Request[ModelT], error: APIError) -> bool:
    named = retry.named_wait(error)
    return retry.repeatable(request.endpoint.method, error) and (
        named is None or named <= session.max_retry_wait
    )

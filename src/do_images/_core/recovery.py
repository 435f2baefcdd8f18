"""Start an action on an image exactly once, also where the response is lost."""

import logging
from math import floor

from do_images._core import retry
from do_images._core.failures import elapsed, with_context
from do_images._core.flows import call, call_once
from do_images._core.pagination import FIRST_PAGE
from do_images._core.requests import Request
from do_images._core.session import Session
from do_images._core.starts import Start
from do_images._core.steps import Flow, sleep
from do_images._core.waits.options import WaitOptions
from do_images._endpoints import IMAGE_ACTIONS_LIST
from do_images.errors import APIError
from do_images.models import Action, ActionsResponse

__all__ = ["may_start_later", "start"]

_log = logging.getLogger("do_images")

# Seconds before each look-up of an action whose start got no clear response: 30 in all.
_PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0, 14.5)
# Seconds that a look-up may take, and the one that is sent at or after the deadline.
_LOOKUP, _LAST_LOOKUP = 10.0, 2.0
# Seconds by which the clock behind `Date` may be ahead of the clock behind `started_at`.
_SKEW = 5


def start(
    session: Session,
    wanted: Start,
    options: WaitOptions[Action] | None = None,
    *,
    retries: bool = True,
) -> Flow[Action]:
    """Start an action, and return it.

    Where the outcome of the POST is unknown, the actions of the image are read: the one that this
    call started is its result. With `options`, nothing is sent after their deadline but one
    look-up of 2 seconds.
    """
    try:
        with session.starts.sending(wanted):
            response = yield from (call if retries else call_once)(session, wanted.request)
    except APIError as error:
        # Only the last try can have started something: those before were not executed.
        began = session.clock.monotonic() - elapsed(error)
        failure = with_context(error, subject=wanted.subject, region=wanted.region)
    else:
        session.starts.claim(response.action, wanted.image)
        return response.action
    if retry.outcome_unknown(failure):
        return (yield from _recover(session, wanted, failure, began, options))
    raise failure


def may_start_later(error: APIError) -> bool:
    """Return whether a start that failed was not executed and may well succeed later."""
    return retry.is_busy(error) or (retry.is_transient(error) and retry.not_executed(error))


def _recover(
    session: Session,
    wanted: Start,
    failure: APIError,
    began: float,
    options: WaitOptions[Action] | None,
) -> Flow[Action]:
    """Find the action that a POST without a clear response started, else raise its error."""
    request = Request(
        IMAGE_ACTIONS_LIST, f"/v2/images/{wanted.image}/actions", FIRST_PAGE, timeout=_LOOKUP
    )
    lookups = 0
    for pause in _PAUSES:
        remaining = options.remaining() if options is not None else None
        is_last = remaining is not None and remaining <= pause
        yield from sleep(max(0.0, remaining) if is_last and remaining is not None else pause)
        try:
            page = yield from call_once(
                session, request.within(_LAST_LOOKUP) if is_last else request
            )
        except APIError as error:
            _log.info("looking for the %s: %s", wanted.type, error)
        else:
            lookups += 1
            action = _find(session, wanted, page, began)
            if action is not None:
                _log.info("the %s was started: action %d", wanted.type, action.id)
                return action
        if is_last:
            break
    raise _unknown(wanted, failure, lookups)


def _find(session: Session, wanted: Start, page: ActionsResponse, began: float) -> Action | None:
    """Return the action on a page of the image's actions that a start at `began` led to."""
    if session.starts.is_under_way(wanted):
        return None  # the action may be that of the other call, whose response is on its way
    now = session.clock.monotonic()
    stated = session.limiter.clock.known(now)
    if stated is None:
        return None  # by our own clock, an older action might pass for the one that is sought
    # In whole seconds, as the time stamps are.
    since = floor(stated - (now - began))
    candidates = [
        action
        for action in reversed(page.actions)
        if wanted.is_like(action)
        and action.started_at is not None
        and action.started_at.timestamp() >= since - _SKEW
        and not session.starts.is_claimed(action)
    ]
    exact = [
        each for each in candidates if each.started_at and each.started_at.timestamp() >= since
    ]
    # An action from shortly before is only taken where no other could be meant.
    chosen = exact or (candidates if len(candidates) == 1 else [])
    return next((each for each in chosen if session.starts.claim(each, wanted.image)), None)


def _unknown(wanted: Start, failure: APIError, lookups: int) -> APIError:
    seen = (
        f"it was not among the image's actions (look-ups: {lookups}), but that list may lag"
        if lookups
        else "the image's actions could not be read"
    )
    return with_context(
        failure,
        note=f"Whether the {wanted.type} was started is not known: {seen}. It was not sent again; "
        f"see do.image.action_list({wanted.image}) before you do",
    )

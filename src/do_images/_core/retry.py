"""Which failures are transient, which requests may be repeated, and how long to wait before."""

import random
import re

from pydantic_core import from_json

from do_images._core.failures import is_incomplete, is_permanent
from do_images.errors import (
    APIConnectionError,
    APIError,
    APIResponseValidationError,
    APIStatusError,
    RateLimitError,
    UnprocessableEntityError,
)

__all__ = [
    "backoff",
    "is_busy",
    "is_transient",
    "named_wait",
    "not_executed",
    "outcome_unknown",
    "over_limit",
    "repeatable",
]

# Statuses that may be different at the next try; with 520 to 524 a proxy reports a lost origin.
_TRANSIENT = frozenset({408, 429, 500, 502, 503, 504, *range(520, 525)})
_IDEMPOTENT = frozenset({"GET", "PUT", "DELETE"})
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 8.0
# A longer message is not about one image.
_MOST_CHARACTERS = 2_000

# The wording varies between resources, and has changed over time: it is matched loosely.
_OPERATION = (
    r"(?:events?|actions?|operations?|transfers?|cop(?:y|ies)|conversions?|imports?|backups?"
    r"|snapshots?|tasks?|jobs?|process(?:es)?)"
)
_BUSY = re.compile(
    # It has a pending event, it is busy, another action is in progress.
    r"\bpending\b(?! (?:payment|verification|review|approval))|\bbusy\b"
    r"|(?<!account is )(?<!account has been )\blocked\b|\bin progress\b|\bunder ?way\b|\bongoing\b"
    # Currently blocking events processing.
    rf"|\bblocking {_OPERATION}"
    rf"|\b{_OPERATION} (?:is |are )?(?:still |currently |already )?running\b"
    # Another action is running, the previous one has not completed, only one at a time.
    r"|\b(?:another|other|previous|current|existing|active|concurrent)"
    rf" (?:\w+ ){{0,2}}{_OPERATION}\b"
    r"|\b(?:concurrent|simultaneous|at the same time|at a time)"
    # It is being transferred, it is already running, it is currently processing.
    r"|\bbeing (?!in\b|on\b|of\b)\w+ed\b"
    r"|\b(?:already|still|currently) (?:being )?(?:running|processing|transferring|copying"
    r"|converting|importing)\b"
    # It has not finished yet.
    r"|\bnot (?:yet )?(?:ready|finished|completed)\b|\bnot available yet\b|\bnot yet available\b"
)


def is_transient(error: APIError) -> bool:
    """Return whether the same request may succeed later: such an error does not end a wait."""
    if isinstance(error, APIStatusError):
        return error.status_code in _TRANSIENT or error.status_code >= 500
    if isinstance(error, APIResponseValidationError):
        return is_incomplete(error) or _is_cut_off(error.body)
    return isinstance(error, APIConnectionError) and not is_permanent(error)


def _is_cut_off(body: object) -> bool:
    """Return whether a body is the beginning of JSON: the connection broke here, too."""
    if not isinstance(body, str) or not body.strip():
        return body == ""
    try:
        from_json(body, allow_partial=True)
    except ValueError:
        return False
    return body.startswith("{")


def not_executed(error: APIError) -> bool:
    """Return whether the server certainly did not carry the request out."""
    if isinstance(error, APIConnectionError):
        return error.never_sent
    return (
        isinstance(error, APIStatusError) and error.status_code < 500 and error.status_code != 408
    )


def outcome_unknown(error: APIError) -> bool:
    """Return whether the server may have carried the request out although it failed."""
    return not not_executed(error)


def repeatable(method: str, error: APIError) -> bool:
    """Return whether another try may succeed, and can't carry the request out twice."""
    if isinstance(error, APIStatusError) and error.status_code not in _TRANSIENT:
        return False
    if isinstance(error, APIResponseValidationError) and not is_incomplete(error):
        return False
    return is_transient(error) and (method in _IDEMPOTENT or not_executed(error))


def named_wait(error: BaseException | None) -> float | None:
    """Return the seconds to wait that the response itself names."""
    return error.retry_after if isinstance(error, APIStatusError) else None


def backoff(attempt: int, error: BaseException | None) -> float:
    """Return the seconds before the next try: the named ones, else exponential with full jitter."""
    named = named_wait(error)
    if named is not None:
        return named
    ceiling = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0 ** min(attempt - 1, 10))
    return random.uniform(0.0, ceiling)  # noqa: S311 - spreads clients out, guards no secret


def is_busy(error: APIError) -> bool:
    """Return whether an image only has to finish another operation first."""
    return isinstance(error, UnprocessableEntityError) and bool(_BUSY.search(_words(error)))


def _words(error: APIStatusError) -> str:
    return re.sub(
        r"[\s_-]+", " ", f"{error.error_id or ''}: {error.message}"[:_MOST_CHARACTERS]
    ).lower()


def over_limit(error: APIError) -> bool:
    """Return whether the limit of requests is reached."""
    return isinstance(error, RateLimitError)

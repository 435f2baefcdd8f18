"""Whether and when to send a request again, without I/O."""

import random

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
    "busy",
    "named_wait",
    "not_executed",
    "outcome_unknown",
    "over_limit",
    "repeatable",
    "transient",
]

# Each of these may go away by itself; 520 to 524 are a proxy's words for a lost origin.
_PASSING = frozenset({408, 429, 500, 502, 503, 504, *range(520, 525)})
_IDEMPOTENT = frozenset({"GET", "PUT", "DELETE"})
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 8.0
# The API's words vary from resource to resource, and have changed over time.
_BUSY_WORDS = ("pending", "in progress", "in-progress", "busy", "locked", "another event")


def transient(error: APIError) -> bool:
    """Whether the same request may well succeed later: what a wait lives through."""
    if isinstance(error, APIStatusError):
        return error.status_code in _PASSING or error.status_code >= 500
    if isinstance(error, APIResponseValidationError):
        return is_incomplete(error) or _cut_off(error.body)
    return isinstance(error, APIConnectionError) and not is_permanent(error)


def _cut_off(body: object) -> bool:
    """Whether a body is JSON as far as it goes, but ends too early: a broken connection too."""
    if not isinstance(body, str) or not body.strip():
        return body == ""
    try:
        from_json(body, allow_partial=True)
    except ValueError:
        return False
    return body.startswith("{")


def not_executed(error: APIError) -> bool:
    """Whether the server certainly did not carry the request out."""
    if isinstance(error, APIConnectionError):
        return error.never_sent
    return (
        isinstance(error, APIStatusError) and error.status_code < 500 and error.status_code != 408
    )


def outcome_unknown(error: APIError) -> bool:
    """Whether the request may have been carried out although its answer is no use."""
    return not not_executed(error)


def repeatable(method: str, error: APIError) -> bool:
    """Whether sending it again can help, and can't do the same thing twice."""
    if isinstance(error, APIStatusError) and error.status_code not in _PASSING:
        return False
    if isinstance(error, APIResponseValidationError) and not is_incomplete(error):
        return False
    return transient(error) and (method in _IDEMPOTENT or not_executed(error))


def named_wait(error: BaseException | None) -> float | None:
    """The seconds after which the response itself says to come back."""
    return error.retry_after if isinstance(error, APIStatusError) else None


def backoff(attempt: int, error: BaseException | None) -> float:
    """Seconds before the next try: the named ones, else exponential with full jitter."""
    named = named_wait(error)
    if named is not None:
        return named
    ceiling = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0 ** min(attempt - 1, 10))
    return random.uniform(0.0, ceiling)  # noqa: S311 - spreads clients out, guards no secret


def busy(error: APIError) -> bool:
    """Whether the image only has to finish something else first."""
    if not isinstance(error, UnprocessableEntityError):
        return False
    told = f"{error.error_id} {error.message}".lower()
    return any(words in told for words in _BUSY_WORDS)


def over_limit(error: APIError) -> bool:
    """Whether the quota of requests is used up."""
    return isinstance(error, RateLimitError)

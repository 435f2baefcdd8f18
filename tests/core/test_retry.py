"""Transient errors, repeatable requests, pauses, and busy images."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from do_images import (
    APIConnectionError,
    APIError,
    APIResponseValidationError,
    APIStatusError,
    APITimeoutError,
    RequestInfo,
)
from do_images._core.failures import with_context
from do_images._core.retry import (
    backoff,
    is_busy,
    is_transient,
    named_wait,
    not_executed,
    outcome_unknown,
    over_limit,
    repeatable,
)
from do_images.errors import RateLimitError, UnprocessableEntityError

REQUEST = RequestInfo("GET", "https://api.digitalocean.com/v2/images/1")
PASSING = {408, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524}
STATUSES = st.integers(min_value=300, max_value=599)
METHODS = st.sampled_from(["GET", "PUT", "DELETE", "POST"])


def _status(status: int, retry_after: float | None = None) -> APIStatusError:
    kind = RateLimitError if status == 429 else APIStatusError
    return kind("no", request=REQUEST, status_code=status, retry_after=retry_after)


def _lost(*, never_sent: bool = False) -> APIConnectionError:
    return APIConnectionError("lost", request=REQUEST, never_sent=never_sent)


def _body(body: object, *, incomplete: bool = False) -> APIResponseValidationError:
    error = APIResponseValidationError("odd", request=REQUEST, status_code=200, body=body)
    return with_context(error, incomplete=incomplete)


ERRORS = (
    STATUSES.map(_status)
    | st.booleans().map(lambda sent: _lost(never_sent=sent))
    | st.booleans().map(lambda cut: _body({}, incomplete=cut))
)

# ── Transient errors ─────────────────────────────────────────────────────────────────────────────


@given(STATUSES)
def test_408_429_and_every_5xx_are_transient(status: int) -> None:
    assert is_transient(_status(status)) == (status in {408, 429} or status >= 500)


@pytest.mark.parametrize("error", [_lost(), _lost(never_sent=True)])
def test_lost_connections_are_transient(error: APIError) -> None:
    assert is_transient(error)
    assert is_transient(APITimeoutError("slow", request=REQUEST))


@pytest.mark.parametrize("body", ["", '{"action": {"id": 9, "sta', '{"action": ', "{"])
def test_bodies_that_end_too_early_are_transient(body: str) -> None:
    assert is_transient(_body(body))
    assert is_transient(_body({}, incomplete=True))


@pytest.mark.parametrize(
    "body",
    [{}, [], None, 1, {"action": {}}, " ", "\n", "<html>", "{'action'", "OK", "12 apples", "[1"],
)
def test_a_complete_invalid_body_is_not_transient(body: object) -> None:
    assert not is_transient(_body(body))


# ── Repeatable requests ──────────────────────────────────────────────────────────────────


@given(METHODS, STATUSES)
def test_only_transient_statuses_are_repeatable(method: str, status: int) -> None:
    if repeatable(method, _status(status)):
        assert status in PASSING


@given(ERRORS)
def test_a_post_is_repeatable_only_if_it_was_not_executed(error: APIError) -> None:
    if repeatable("POST", error):
        assert not_executed(error)
    assert repeatable("GET", error) or not repeatable("POST", error)


@given(ERRORS)
def test_a_request_was_not_executed_or_its_outcome_is_unknown(error: APIError) -> None:
    assert outcome_unknown(error) is not not_executed(error)


@pytest.mark.parametrize(
    ("error", "clear"),
    [
        (_status(422), True),
        (_status(429), True),
        (_status(301), True),
        (_status(408), False),
        (_status(500), False),
        (_status(522), False),
        (_lost(never_sent=True), True),
        (_lost(), False),
        (_body({}), False),
    ],
)
def test_errors_of_requests_that_were_not_executed(error: APIError, clear: bool) -> None:
    assert not_executed(error) is clear


# ── When ────────────────────────────────────────────────────────────────────────────────────


@given(st.integers(min_value=1, max_value=10_000), ERRORS)
def test_pauses_grow_but_not_for_ever(attempt: int, error: APIError) -> None:
    assert 0 <= backoff(attempt, error) <= min(8.0, 0.5 * 2.0 ** (min(attempt, 9) - 1))


@given(st.integers(min_value=1, max_value=10), st.floats(min_value=0, max_value=1e6))
def test_a_named_time_is_kept_to_the_second(attempt: int, named: float) -> None:
    assert backoff(attempt, _status(429, named)) == named
    assert named_wait(_status(503, named)) == named


def test_only_a_response_names_a_time() -> None:
    assert named_wait(_lost()) is None
    assert named_wait(_status(429)) is None
    assert named_wait(None) is None


def test_pauses_differ() -> None:
    assert len({backoff(5, None) for _ in range(20)}) > 1


# ── Busy images ────────────────────────────────────────────────────────────────────────


def _refusal(message: str, error_id: str | None = "unprocessable_entity") -> APIStatusError:
    return UnprocessableEntityError(message, request=REQUEST, status_code=422, error_id=error_id)


# Recorded ones, those of other resources of the API, and neighbours of both.
BUSY = [
    "The image already has a pending event.",
    "There are currently blocking events processing for one or more of the images",
    "Another action is already running on this image.",
    "This image is currently being transferred.",
    "Droplet already has a PENDING event.",
    "Another event is in progress on this image.",
    "in-progress",
    "Region sgp1 is locked for transfers until its maintenance ends.",
    "The target sgp1 already has a pending event.",
    "Image is locked",
    "The image is busy",
    "another action in progress",
    "This image is being copied to another region.",
    "The previous transfer has not completed.",
    "An action is already in progress for this image",
    "Only one action at a time can run on an image.",
    "A transfer of this image is already underway",
    "Image 5 has other actions pending",
    "The snapshot is still processing",
    "Cannot transfer while a snapshot is in progress.",
    "Please wait until the current event finishes.",
    "Please wait for the existing transfer to finish",
    "There is an active transfer for this image",
    "Too many concurrent transfers.",
    "The image is not ready.",
    "The image is not yet available.",
    "You cannot transfer an image that is still being imported",
    "Image has an ongoing transfer",
    "Image transfer is already running",
    "Event in_progress",
    "Images can't be transferred while events are running",
    "The image is currently transferring to fra1",
    "Image is currently converting",
]
ALREADY_THERE = [
    "The image is already in that region.",
    "This image is already in nyc3",
    "The image is available in nyc3 already.",
    "Image is already available in nyc3.",
    "Image already exists in region nyc3",
    "The image was already transferred to nyc3",
    "nyc3 already has this image",
    "The image is already present at nyc3",
]
FINAL = [
    "The region is full.",
    "The image is not available in nyc3.",
    "The region nyc3 is not available in your account",
    "region is odd",
    "The region is invalid.",
    "You specified an invalid region for image transfer.",
    "Backups can't be transferred.",
    "Only snapshots can be converted; the image is no backup",
    "This URL is blocked.",
    "Your account is blocked from performing this action",
    "unlocked",
    "The image can't be transferred to this region.",
    "You have reached the limit of images.",
    "Invalid action",
    "Region does not support image transfer.",
    "Image has been deleted",
    "This action is not permitted",
    "Image type is not supported for this operation",
    "is not a backup",
    "Your account is locked.",
    "Your account has a pending payment.",
]


@pytest.mark.parametrize("message", BUSY)
def test_a_busy_image_is_known_by_many_wordings(message: str) -> None:
    for text in (message, message.upper(), f"\n{message}\t {message}"):
        assert is_busy(_refusal(text))
    assert not is_busy(APIStatusError(message, request=REQUEST, status_code=409))


@pytest.mark.parametrize("error_id", ["resource_locked", "busy", "event_pending", "in-progress"])
def test_the_id_of_an_error_may_mean_busy(error_id: str) -> None:
    assert is_busy(_refusal("no", error_id))
    assert not is_busy(_refusal("no", None))


@pytest.mark.parametrize("message", ALREADY_THERE)
def test_an_image_that_is_there_already_is_not_busy(message: str) -> None:
    assert not is_busy(_refusal(message))


@pytest.mark.parametrize("message", FINAL)
def test_other_refusals_are_final(message: str) -> None:
    assert not is_busy(_refusal(message))


def test_no_message_takes_long_to_read() -> None:
    for word in ("another ", "already ", "being ", "_ ", "not "):
        assert not is_busy(_refusal(word * 200_000))


@given(STATUSES)
def test_only_429_means_that_the_rate_limit_is_reached(status: int) -> None:
    assert over_limit(_status(status)) is (status == 429)

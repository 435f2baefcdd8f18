"""Whether and when to send again."""

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
    busy,
    named_wait,
    not_executed,
    outcome_unknown,
    over_limit,
    repeatable,
    transient,
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

# ── What passes ─────────────────────────────────────────────────────────────────────────────


@given(STATUSES)
def test_a_wait_lives_through_408_429_and_every_5xx(status: int) -> None:
    assert transient(_status(status)) == (status in {408, 429} or status >= 500)


@pytest.mark.parametrize("error", [_lost(), _lost(never_sent=True)])
def test_a_wait_lives_through_lost_connections(error: APIError) -> None:
    assert transient(error)
    assert transient(APITimeoutError("slow", request=REQUEST))


@pytest.mark.parametrize("body", ["", '{"action": {"id": 9, "sta', '{"action": ', "{"])
def test_a_wait_lives_through_bodies_that_end_too_early(body: str) -> None:
    assert transient(_body(body))
    assert transient(_body({}, incomplete=True))


@pytest.mark.parametrize(
    "body",
    [{}, [], None, 1, {"action": {}}, " ", "\n", "<html>", "{'action'", "OK", "12 apples", "[1"],
)
def test_a_whole_body_that_makes_no_sense_does_not_pass(body: object) -> None:
    assert not transient(_body(body))


# ── What may be sent again ──────────────────────────────────────────────────────────────────


@given(METHODS, STATUSES)
def test_only_statuses_that_pass_are_worth_another_try(method: str, status: int) -> None:
    if repeatable(method, _status(status)):
        assert status in PASSING


@given(ERRORS)
def test_a_post_is_sent_again_only_if_it_was_surely_not_done(error: APIError) -> None:
    if repeatable("POST", error):
        assert not_executed(error)
    assert repeatable("GET", error) or not repeatable("POST", error)


@given(ERRORS)
def test_it_was_not_done_or_that_is_not_clear(error: APIError) -> None:
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
def test_what_says_clearly_that_nothing_was_done(error: APIError, clear: bool) -> None:
    assert not_executed(error) is clear


# ── When ────────────────────────────────────────────────────────────────────────────────────


@given(st.integers(min_value=1, max_value=10_000), ERRORS)
def test_pauses_grow_but_not_for_ever(attempt: int, error: APIError) -> None:
    assert 0 <= backoff(attempt, error) <= min(8.0, 0.5 * 2.0 ** (min(attempt, 9) - 1))


@given(st.integers(min_value=1, max_value=10), st.floats(min_value=0, max_value=1e6))
def test_a_named_time_is_kept_to_the_second(attempt: int, named: float) -> None:
    assert backoff(attempt, _status(429, named)) == named
    assert named_wait(_status(503, named)) == named


def test_only_an_answer_names_a_time() -> None:
    assert named_wait(_lost()) is None
    assert named_wait(_status(429)) is None
    assert named_wait(None) is None


def test_pauses_differ() -> None:
    assert len({backoff(5, None) for _ in range(20)}) > 1


# ── What it is about ────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("error_id", "message"),
    [
        ("unprocessable_entity", "The image already has a pending event."),
        ("unprocessable_entity", "Droplet already has a PENDING event."),
        (None, "Another event is in progress on this image."),
        (None, "in-progress"),
        ("resource_locked", "no"),
        ("busy", ""),
    ],
)
def test_a_busy_image_is_told_of_in_many_words(error_id: str | None, message: str) -> None:
    error = UnprocessableEntityError(message, request=REQUEST, status_code=422, error_id=error_id)
    assert busy(error)
    assert not busy(APIStatusError(message, request=REQUEST, status_code=409, error_id=error_id))


@pytest.mark.parametrize("message", ["The image is available in nyc3 already.", "region is odd"])
def test_other_refusals_are_final(message: str) -> None:
    assert not busy(UnprocessableEntityError(message, request=REQUEST, status_code=422))


@given(STATUSES)
def test_only_429_says_that_the_quota_is_used_up(status: int) -> None:
    assert over_limit(_status(status)) is (status == 429)

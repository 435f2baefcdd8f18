"""Errors in the command's own words."""

import re
from datetime import UTC, datetime

import pytest

from do_images import (
    Action,
    ActionError,
    ActionErroredError,
    ActionTimeoutError,
    APIConnectionError,
    APIError,
    APIResponseValidationError,
    APIStatusError,
    APITimeoutError,
    AuthenticationError,
    BadRequestError,
    DOImagesError,
    Image,
    ImageImportError,
    ImageTimeoutError,
    InternalServerError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    RequestInfo,
    UnprocessableEntityError,
)
from do_images.cli._messages import message

BASE = "https://api.digitalocean.com/v2"
ACTION = Action(
    id=5,
    type="transfer",
    status="in-progress",
    resource_id=7,
    resource_type="image",
    region_slug="nyc3",
)
IMAGE = Image(id=7, name="golden", status="pending", created_at=datetime(2026, 1, 2, tzinfo=UTC))
# What belongs to the library, or to HTTP.
FOREIGN = re.compile(r"\b(GET|POST|PUT|DELETE)\b|https?://|token=|base_url|recipient_|allow_http|=")


def _get(path: str) -> RequestInfo:
    return RequestInfo("GET", f"{BASE}{path}")


def _status(kind: type[APIStatusError], code: int, path: str = "/images/7") -> APIStatusError:
    return kind("what the API says", request=_get(path), status_code=code, request_id="r-1")


def _caused(error: DOImagesError, cause: APIError) -> DOImagesError:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (_status(NotFoundError, 404), "there is no image 7 (request id r-1)"),
        (_status(NotFoundError, 404, "/images/a%2Fb"), "there is no image a/b (request id r-1)"),
        (_status(NotFoundError, 404, "/images/7/actions"), "there is no image 7 (request id r-1)"),
        (
            _status(NotFoundError, 404, "/images/7/actions/5"),
            "there is no action 5 of image 7 (request id r-1)",
        ),
        (
            _status(NotFoundError, 404, "/images/7/account_transfer/3/accept"),
            "there is no account transfer 3 of image 7 (request id r-1)",
        ),
        (_status(NotFoundError, 404, "/actions/5"), "there is no action 5 (request id r-1)"),
        (
            _status(NotFoundError, 404, "/images?page=1"),
            "there is no such resource: what the API says (request id r-1)",
        ),
        (
            _status(AuthenticationError, 401),
            "the API does not accept the access token in DIGITALOCEAN_TOKEN (401) (request id r-1)",
        ),
        (
            _status(PermissionDeniedError, 403),
            "the API forbids this: what the API says (request id r-1)",
        ),
        (_status(RateLimitError, 429), "the rate limit of the API is used up (request id r-1)"),
        (
            _status(InternalServerError, 502),
            "the API failed with 502: what the API says (request id r-1)",
        ),
        (
            _status(UnprocessableEntityError, 422),
            "the API refused this with 422: what the API says (request id r-1)",
        ),
        (
            BadRequestError("bad", request=_get("/images"), status_code=400),
            "the API refused this with 400: bad",
        ),
        (
            APIResponseValidationError("x", request=_get("/images"), status_code=200),
            "the API's response is invalid: no valid JSON of the expected kind",
        ),
        (
            APIResponseValidationError(
                "x", request=_get("/images"), status_code=200, field="images.0.id"
            ),
            "the API's response is invalid: in images.0.id",
        ),
        (
            APITimeoutError("late", request=_get("/images")),
            "api.digitalocean.com did not respond before the timeout",
        ),
        (
            APIConnectionError("no response (ConnectError: refused)", request=_get("/images")),
            "no response from api.digitalocean.com: refused",
        ),
        (
            APIConnectionError("broken", request=RequestInfo("GET", "")),
            "no response from the API: broken",
        ),
        (
            ActionErroredError("x", action=ACTION),
            "the transfer of image 7 to nyc3 (action 5) failed at DigitalOcean",
        ),
        (
            ActionTimeoutError("x", action=ACTION),
            "the transfer of image 7 to nyc3 (action 5) had not ended before the timeout",
        ),
        (
            _caused(ActionTimeoutError("rate limit", action=ACTION), _status(RateLimitError, 429)),
            (
                "the transfer of image 7 to nyc3 (action 5) had not ended before the timeout"
                "; the rate limit slowed the wait down"
                "; the last problem: the rate limit of the API is used up (request id r-1)"
            ),
        ),
        (
            ActionError("x", action=Action(id=5, type="convert", status="cancelled")),
            "the convert (action 5) ended with the status cancelled",
        ),
        (
            ImageImportError("x", image=IMAGE.model_copy(update={"error_message": "no disk"})),
            "the import of image 7 (golden) failed at DigitalOcean: no disk",
        ),
        (
            ImageImportError("x", image=IMAGE),
            "the import of image 7 (golden) failed at DigitalOcean",
        ),
        (
            ImageTimeoutError("x", image=IMAGE),
            "image 7 (golden) was not available before the timeout; its status is pending",
        ),
        (DOImagesError("as it is"), "as it is"),
        (
            ValueError("recipient_email is not an e-mail address: 'x'"),
            "--email is not an e-mail address: 'x'",
        ),
        (ValueError("url must be http"), "--url must be http"),
        (TypeError("whatever it is"), "whatever it is"),
    ],
)
def test_in_the_words_of_the_command(
    error: Exception, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DIGITALOCEAN_ACCESS_TOKEN", raising=False)
    monkeypatch.setenv("DIGITALOCEAN_TOKEN", "x")
    assert message(error) == text
    assert not FOREIGN.search(text)

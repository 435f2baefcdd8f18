"""Turns the bytes and headers of responses into models and errors."""

import codecs
import re
from collections.abc import Callable, Mapping
from datetime import UTC
from decimal import Decimal
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import NamedTuple, cast
from urllib.parse import urlsplit

from pydantic import ValidationError

from do_images._base import Endpoint, ModelT, NoContent, RateLimit
from do_images._core.failures import with_context
from do_images._text import UndecodedJSON, decode, printable
from do_images.errors import (
    APIResponseValidationError,
    APIStatusError,
    AuthenticationError,
    BadRequestError,
    ConflictError,
    InternalServerError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    RequestInfo,
    UnprocessableEntityError,
)

__all__ = [
    "Response",
    "invalid_response",
    "origin",
    "parse",
    "retry_after",
    "status_error",
    "timestamp",
]

# ── Responses ───────────────────────────────────────────────────────────────────────────────


class Response(NamedTuple):
    """A complete HTTP response, and the request that it answers."""

    request: RequestInfo
    status: int
    headers: Mapping[str, str]
    content: bytes
    elapsed: float = 0.0
    """Seconds from sending the request to the end of the body."""
    redact: Callable[[str], str] = str
    """Removes the token: a server may echo it, and errors and log records must not hold it."""

    def header(self, name: str) -> str | None:
        """Return a header without the token, for an error or a log record."""
        value = self.headers.get(name)
        return None if value is None else self.redact(value)


def parse(endpoint: Endpoint[ModelT], response: Response) -> ModelT:
    """Return the model of a 2xx response, straight from its bytes."""
    model = endpoint.response
    if model is NoContent:
        return model()
    content = response.content
    try:
        return model.model_validate_json(content, strict=True)
    except ValidationError as error:
        unusual = _may_be_unusual(content, error)
        field, problem = _first_problem(error)
    if unusual:
        try:
            return model.model_validate_json(_usual(content), strict=True)
        except ValidationError as error:
            field, problem = _first_problem(error)
    # Outside of the handlers, so that no foreign exception hangs on ours.
    raise invalid_response(response, problem, field=field)


# `literal['base','snapshot']`, `str`, and the names of models.
_BRANCH = re.compile(r"literal\[|str\Z|[A-Z]")


def _first_problem(error: ValidationError) -> tuple[str | None, str]:
    # Without the inputs: the one of a missing field is all that stands beside it.
    problems = error.errors(include_url=False, include_input=False)
    # The known values of an open enum are no requirement: any string will do.
    first = next(problem for problem in problems if problem["type"] != "literal_error")
    parts = [str(part) for part in first["loc"]]
    # Between the fields pydantic names the branches of unions that it tried.
    field = ".".join(part for part in parts if not _BRANCH.match(part)) or None
    if field is None:
        return None, f"the body is not a JSON object as expected ({first['msg']})"
    return field, f"field {field}: {first['msg']}"


# ── Unusual JSON ────────────────────────────────────────────────────────────────────────────

# Whole numbers of more bits than an id has stay as they are: `1e999999999` would fill the memory.
_LARGEST = 2**63
_OF_WHOLE_NUMBERS = {"int_type", "int_from_float"}
_FRACTION = re.compile(rb"[0-9](?:\.0|[eE])")
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
# An escape, or a pair of escapes that makes one character.
_ESCAPE = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    rb"|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
    rb"|\\.",
    re.DOTALL,
)
# A string, or a number that is not written as a whole one.
_TOKEN = re.compile(
    rb'"(?:[^"\\]++|\\.)*+"'
    rb"|(?<![0-9A-Za-z.+-])-?(?:0|[1-9][0-9]*+)"
    rb"(?:\.[0-9]++(?:[eE][+-]?[0-9]++)?+|[eE][+-]?[0-9]++)(?![0-9A-Za-z.+-])",
    re.DOTALL,
)


def _may_be_unusual(content: bytes, error: ValidationError) -> bool:
    """Return whether `_usual` may solve a problem that pydantic has with a body."""
    kinds = {problem["type"] for problem in error.errors(include_url=False, include_input=False)}
    if "json_invalid" in kinds:
        return content.startswith(codecs.BOM_UTF8) or _SURROGATE.search(content) is not None
    return kinds <= _OF_WHOLE_NUMBERS and _FRACTION.search(content) is not None


def _usual(content: bytes) -> bytes:
    """Return JSON in the form that pydantic reads: what it refuses is rare, but valid.

    A byte order mark is removed. Half a surrogate pair becomes U+FFFD, as in text that was decoded
    with `errors="replace"`. A whole number that is written as `20.0` or `2E1` becomes `20`.
    """
    return _TOKEN.sub(_usual_token, content.removeprefix(codecs.BOM_UTF8))


def _usual_token(match: re.Match[bytes]) -> bytes:
    token = match[0]
    if token.startswith(b'"'):
        return _ESCAPE.sub(_usual_escape, token) if _SURROGATE.search(token) else token
    number = Decimal(token.decode())
    if not -_LARGEST < number < _LARGEST or number != number.to_integral_value():
        return token
    return str(int(number)).encode()


def _usual_escape(match: re.Match[bytes]) -> bytes:
    return b"\\ufffd" if match[1] else match[0]


# ── Errors ──────────────────────────────────────────────────────────────────────────────────


_BEGINNING = 200
_MOST_SECONDS = 3600.0


def invalid_response(
    response: Response, problem: str, *, field: str | None = None, incomplete: bool = False
) -> APIResponseValidationError:
    """Return the error for a 2xx response that is invalid."""
    text = _text(response)
    beginning = printable(text, _BEGINNING)
    error = APIResponseValidationError(
        f"{response.status}, but {response.redact(problem)}; the body begins with {beginning!r}",
        request=response.request,
        status_code=response.status,
        field=field,
        request_id=_request_id(None, response),
        body=_decoded(text, response) if "\\u" in text else UndecodedJSON(text),
    )
    return with_context(error, elapsed=response.elapsed, incomplete=incomplete)


def _text(response: Response) -> str:
    return response.redact(response.content.decode("utf-8", "replace"))


def _decoded(text: str, response: Response) -> object:
    decoded = decode(text)
    # The token may be written with escapes, which show it only once they are decoded.
    return _redacted(decoded, response.redact) if "\\u" in text else decoded


def _redacted(value: object, redact: Callable[[str], str]) -> object:
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, list):
        return [_redacted(item, redact) for item in cast("list[object]", value)]
    if isinstance(value, dict):
        fields = cast("dict[str, object]", value)
        return {redact(name): _redacted(item, redact) for name, item in fields.items()}
    return value


_BY_STATUS: dict[int, type[APIStatusError]] = {
    400: BadRequestError,
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    409: ConflictError,
    422: UnprocessableEntityError,
    429: RateLimitError,
}


def status_error(
    endpoint: Endpoint[ModelT],
    response: Response,
    now: float,
    rate_limit: RateLimit | None,
    message: str | None = None,
) -> APIStatusError:
    """Return the error for a response of a status other than 2xx.

    `now` is the server's time in Unix seconds, `rate_limit` what the response states of it, and
    `message` goes before anything that the body says.
    """
    kind = _BY_STATUS.get(response.status)
    if kind is None:
        kind = InternalServerError if response.status >= 500 else APIStatusError
    body = _decoded(_text(response), response)
    fields: Mapping[str, object] = _as_object(body) or {}
    error_id = fields.get("id")
    message = response.redact(message) if message else _message(fields) or _plain_message(body)
    error = kind(
        message or _reason(response.status),
        request=response.request,
        status_code=response.status,
        error_id=error_id if isinstance(error_id, str) and error_id else None,
        request_id=_request_id(fields, response),
        retry_after=retry_after(response, now, rate_limit),
        rate_limit=rate_limit,
        body=body,
    )
    note = None
    # A proxy that denies a request responds with a page of its own, which is not about scopes.
    if kind is PermissionDeniedError and (fields or not body):
        note = f"This call needs a token with the scope {' and '.join(endpoint.scopes)}."
    return with_context(error, note=note, elapsed=response.elapsed)


def _as_object(body: object) -> dict[str, object] | None:
    return body if isinstance(body, dict) else None  # pyright: ignore[reportUnknownVariableType] - JSON's keys are str


def _message(fields: Mapping[str, object]) -> str | None:
    message = fields.get("message") or fields.get("error")
    if not message or not str(message).strip():
        return None
    causes = fields.get("root_causes")
    text = message if isinstance(message, str) else repr(message)
    return f"{text} {causes!r}" if causes else text


def _plain_message(body: object) -> str | None:
    if not isinstance(body, str) or "<" in body:
        return None  # the page of a proxy says no more than its status does
    return " ".join(body.split())[:_BEGINNING]


def _reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "no reason given"


def _request_id(fields: Mapping[str, object] | None, response: Response) -> str | None:
    request_id = fields.get("request_id") if fields else None
    if isinstance(request_id, str) and request_id:
        return request_id
    return response.header("x-request-id")


# ── Headers ─────────────────────────────────────────────────────────────────────────────────


def timestamp(date: str | None) -> float | None:
    """Return the Unix time of an HTTP date."""
    if not date:
        return None
    try:
        moment = parsedate_to_datetime(date)
        return moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()
    except (ValueError, OverflowError):
        return None


def retry_after(response: Response, now: float, rate_limit: RateLimit | None) -> float | None:
    """Return the seconds until the time that a response names for the next try.

    At the limit per hour the API names it only as the end of the window. A time of more than an
    hour is longer than any window, so it is a fault and counts as none.
    """
    named = response.headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]{1,9}(\.[0-9]+)?", named, re.ASCII):
        seconds = float(named)
    else:
        moment = timestamp(named)
        used_up = rate_limit is not None and rate_limit.remaining <= 0
        if moment is None and response.status == 429 and rate_limit is not None and used_up:
            moment = float(rate_limit.reset)
        if moment is None:
            return None
        seconds = max(0.0, moment - now)
    return seconds if seconds <= _MOST_SECONDS else None


def origin(url: str) -> tuple[str, str, int | None]:
    """Return scheme, host and port: the token is sent only where all three are the same."""
    parts = urlsplit(url)
    scheme = parts.scheme.lower()
    return scheme, parts.hostname or "", parts.port or {"http": 80, "https": 443}.get(scheme)

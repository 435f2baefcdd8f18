"""The API's language without any I/O: bodies, headers, errors and pages."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import NamedTuple
from urllib.parse import urlsplit

from pydantic import ValidationError
from pydantic_core import from_json

from do_images._base import Endpoint, ModelT, NoContent, RateLimit
from do_images._core.failures import with_context
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
    """A whole HTTP response, and what it answers."""

    request: RequestInfo
    status: int
    headers: Mapping[str, str]
    content: bytes
    elapsed: float = 0.0
    """Seconds from sending the request to the end of the body."""
    redact: Callable[[bytes], bytes] = bytes
    """Takes the token out of what goes into an error: a server may echo what it was sent."""


def parse(endpoint: Endpoint[ModelT], reply: Response) -> ModelT:
    """The model of a 2xx, straight from its bytes."""
    response = endpoint.response
    if response is NoContent:
        return response()
    try:
        return response.model_validate_json(reply.content, strict=True)
    except ValidationError as error:
        field, problem = _first_problem(error)
    # Outside of the handler, so that no foreign exception hangs on ours.
    raise invalid_response(reply, problem, field=field)


# `literal['base','snapshot']`, `str`, and the names of models.
_BRANCH = re.compile(r"literal\[|str\Z|[A-Z]")


def _first_problem(error: ValidationError) -> tuple[str | None, str]:
    problems = error.errors(include_url=False, include_input=False)
    # The known values of an open enum are no demand: what it demands is a string.
    first = next(problem for problem in problems if problem["type"] != "literal_error")
    parts = [str(part) for part in first["loc"]]
    # Between the fields pydantic names the branches of unions that it tried.
    field = ".".join(part for part in parts if not _BRANCH.match(part)) or None
    if field is None:
        return None, f"the body is not the JSON object that it should be ({first['msg']})"
    return field, f"field {field}: {first['msg']}"


def invalid_response(
    reply: Response, problem: str, *, field: str | None = None, incomplete: bool = False
) -> APIResponseValidationError:
    """The error for a 2xx that can't be used."""
    content = reply.redact(reply.content)
    request_id = _request_id(None, reply)
    error = APIResponseValidationError(
        f"{reply.status}, but {problem}; the body begins {_beginning(content)}",
        request=reply.request,
        status_code=reply.status,
        field=field,
        request_id=request_id,
        body=_decoded(content),
    )
    return with_context(error, elapsed=reply.elapsed, incomplete=incomplete)


def _beginning(content: bytes) -> str:
    return repr(content[:200].decode("utf-8", "replace")) + ("..." if len(content) > 200 else "")


def _decoded(content: bytes) -> object:
    try:
        return from_json(content, allow_inf_nan=False)
    except ValueError:
        return content.decode("utf-8", "replace")


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
    reply: Response,
    now: float,
    quota: RateLimit | None,
    message: str | None = None,
) -> APIStatusError:
    """The error for a status other than 2xx.

    `now` is the server's time in Unix seconds, `quota` what the response states of it.
    """
    kind = _BY_STATUS.get(reply.status)
    if kind is None:
        kind = InternalServerError if reply.status >= 500 else APIStatusError
    body = _decoded(reply.redact(reply.content))
    fields: Mapping[str, object] = _as_object(body) or {}
    error_id = fields.get("id")
    error = kind(
        message or _message(fields) or _plain_message(body) or _reason(reply.status),
        request=reply.request,
        status_code=reply.status,
        error_id=error_id if isinstance(error_id, str) and error_id else None,
        request_id=_request_id(fields, reply),
        retry_after=retry_after(reply, now, quota),
        rate_limit=quota,
        body=body,
    )
    note = None
    if kind is PermissionDeniedError:
        note = f"This call needs a token with the scope {' and '.join(endpoint.scopes)}."
    return with_context(error, note=note, elapsed=reply.elapsed)


def _as_object(body: object) -> dict[str, object] | None:
    return body if isinstance(body, dict) else None  # pyright: ignore[reportUnknownVariableType] - JSON's keys are str


def _message(fields: Mapping[str, object]) -> str | None:
    message = fields.get("message") or fields.get("error")
    if not message or not str(message).strip():
        return None
    causes = fields.get("root_causes")
    told = message if isinstance(message, str) else repr(message)
    return f"{told} {causes!r}" if causes else told


def _plain_message(body: object) -> str | None:
    if not isinstance(body, str) or "<" in body:
        return None  # a proxy's HTML says no more than its status does
    return " ".join(body.split())[:200]


def _reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "no reason given"


def _request_id(fields: Mapping[str, object] | None, reply: Response) -> str | None:
    told = fields.get("request_id") if fields else None
    return told if isinstance(told, str) and told else reply.headers.get("x-request-id")


# ── Headers ─────────────────────────────────────────────────────────────────────────────────


def timestamp(date: str | None) -> float | None:
    """Unix seconds of an HTTP date."""
    if not date:
        return None
    try:
        moment = parsedate_to_datetime(date)
        return moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()
    except (ValueError, OverflowError):
        return None


def retry_after(reply: Response, now: float, quota: RateLimit | None) -> float | None:
    """Seconds until the time that a response names for the next try.

    At the hourly limit the API names it only as the end of the quota's window.
    """
    named = reply.headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]{1,9}(\.[0-9]+)?", named, re.ASCII):
        return float(named)
    moment = timestamp(named)
    if moment is None and reply.status == 429 and quota is not None and quota.remaining <= 0:
        moment = float(quota.reset)
    return None if moment is None else max(0.0, moment - now)


def origin(url: str) -> tuple[str, str, int | None]:
    """Scheme, host and port: what must be the same for the token to be sent."""
    parts = urlsplit(url)
    scheme = parts.scheme.lower()
    return scheme, parts.hostname or "", parts.port or {"http": 80, "https": 443}.get(scheme)

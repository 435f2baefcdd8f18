"""What went wrong, in one shape: for people, for scripts, and as an exit code."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import IntEnum

from do_images import (
    ActionError,
    ActionErroredError,
    ActionGroupError,
    APIConnectionError,
    APIError,
    APIResponseValidationError,
    APIStatusError,
    AuthenticationError,
    ImageError,
    ImageImportError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
)
from do_images.cli._fields import region_of

__all__ = ["Code", "Failure", "UnauthenticatedError", "failure"]


class Code(IntEnum):
    """The exit codes; docs/cli.md explains them."""

    USAGE = 2
    NOT_FOUND = 3
    AUTHENTICATION = 4
    RATE_LIMIT = 5
    ERRORED = 6
    TIMEOUT = 7
    NETWORK = 8
    API = 9
    INTERRUPTED = 130


# What decides where several actions failed in several ways. A timeout comes last: that alone
# can be waited out.
_WEIGHT = (
    Code.ERRORED,
    Code.AUTHENTICATION,
    Code.NOT_FOUND,
    Code.API,
    Code.RATE_LIMIT,
    Code.NETWORK,
    Code.TIMEOUT,
)
_CODES: tuple[tuple[type[Exception], Code], ...] = (
    (NotFoundError, Code.NOT_FOUND),
    (AuthenticationError, Code.AUTHENTICATION),
    (PermissionDeniedError, Code.AUTHENTICATION),
    (RateLimitError, Code.RATE_LIMIT),
    (APIConnectionError, Code.NETWORK),
    (APIError, Code.API),
    (ActionErroredError, Code.ERRORED),
    (ImageImportError, Code.ERRORED),
    (ValueError, Code.USAGE),
)


class UnauthenticatedError(Exception):
    """There is no token to send."""


@dataclass(frozen=True, kw_only=True)
class Failure:
    """An error; with `--output json` all fields are shown, known or not."""

    code: Code
    message: str
    status_code: int | None = None
    error_id: str | None = None
    request_id: str | None = None
    retry_after: float | None = None
    region: str | None = None
    action_id: int | None = None
    image_id: int | None = None
    resume: str | None = None
    """The command that takes the wait up again."""
    parts: "tuple[Failure, ...]" = ()
    """Where several actions failed, each of them."""

    def document(self) -> dict[str, object]:
        """As JSON shows it."""
        fields = {
            name: value for name, value in vars(self).items() if name not in {"code", "parts"}
        }
        kind = self.code.name.lower()
        parts = [part.document() for part in self.parts]
        return {"exit_code": int(self.code), "kind": kind, **fields, "failures": parts}


def failure(error: Exception, regions: Iterable[str] = ()) -> Failure:
    """What an error means to who called the command; it may be about one of `regions`."""
    match error:
        case ActionGroupError():
            parts = tuple(failure(part, regions) for part in error.exceptions)
            code = min((part.code for part in parts), key=_WEIGHT.index)
            return Failure(code=code, message=str(error), parts=parts)
        case UnauthenticatedError():
            return Failure(code=Code.AUTHENTICATION, message=str(error))
        case _:
            # A transfer that found no turn has no action, and so no class of its own.
            code = next((code for kind, code in _CODES if isinstance(error, kind)), Code.TIMEOUT)
            named = next((name for name in regions if _names(error, name)), None)
            return _detailed(error, Failure(code=code, message=str(error), region=named))


def _detailed(error: Exception, plain: Failure) -> Failure:
    match error:
        case APIStatusError():
            return replace(
                plain,
                status_code=error.status_code,
                error_id=error.error_id,
                request_id=error.request_id,
                retry_after=error.retry_after,
            )
        case APIResponseValidationError():
            return replace(plain, status_code=error.status_code, request_id=error.request_id)
        case ActionError():
            action = error.action
            image = action.resource_id if action.resource_type == "image" else None
            return replace(plain, region=region_of(action), action_id=action.id, image_id=image)
        case ImageError():
            return replace(plain, image_id=error.image.id)
        case _:
            return plain


def _names(error: Exception, region: str) -> bool:
    return re.search(rf"\bto {re.escape(region)}\b", str(error)) is not None

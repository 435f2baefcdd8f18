"""What went wrong, in one shape: for people, for scripts, and as an exit code."""

from dataclasses import dataclass, replace
from enum import IntEnum

from do_images import (
    Action,
    ActionErroredError,
    ActionGroupError,
    APIConnectionError,
    APIError,
    APIResponseValidationError,
    APIStatusError,
    AuthenticationError,
    DOImagesError,
    ImageGroupError,
    ImageImportError,
    NoMatchError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
)
from do_images.cli._fields import region_of
from do_images.cli._messages import message

__all__ = ["Code", "Failure", "UnauthenticatedError", "combined", "failure"]


class Code(IntEnum):
    """The exit codes; docs/cli.md explains them."""

    OUTPUT = 1
    USAGE = 2
    NOT_FOUND = 3
    AUTHENTICATION = 4
    RATE_LIMIT = 5
    ERRORED = 6
    TIMEOUT = 7
    NETWORK = 8
    API = 9
    INTERRUPTED = 130


# Which code wins where several actions failed in several ways. A timeout comes last: only that
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
    (NoMatchError, Code.NOT_FOUND),
)


class UnauthenticatedError(Exception):
    """There is no usable token."""


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
    """The command that waits for what goes on."""
    start: str | None = None
    """The command that starts what was not started."""
    parts: "tuple[Failure, ...]" = ()
    """Where several things failed, each of them."""
    next_steps: tuple[tuple[str, str], ...] = ()
    """Sentences, each with the command that it leads to."""

    def document(self) -> dict[str, object]:
        """Return what JSON shows."""
        hidden = {"code", "parts", "next_steps"}
        fields = {name: value for name, value in vars(self).items() if name not in hidden}
        kind = self.code.name.lower()
        parts = [part.document() for part in self.parts]
        return {"exit_code": int(self.code), "kind": kind, **fields, "failures": parts}


def failure(error: Exception) -> Failure:
    """Return what an error means to the caller of the command."""
    match error:
        case ActionGroupError():
            return combined([failure(part) for part in error.exceptions])
        case ImageGroupError():
            return combined([_of_image(id_, part) for id_, part in error.failures.items()])
        case UnauthenticatedError():
            return Failure(code=Code.AUTHENTICATION, message=str(error))
        case DOImagesError():
            return _detailed(error)
        case _:
            return Failure(code=Code.USAGE, message=message(error))


def combined(parts: list[Failure]) -> Failure:
    """Return one failure for several; the worst decides the exit code."""
    code = min((part.code for part in parts), key=_WEIGHT.index)
    text = "; ".join(dict.fromkeys(part.message for part in parts))
    return Failure(code=code, message=text, parts=tuple(parts))


def _of_image(id_: int, error: DOImagesError) -> Failure:
    failed = failure(error)
    return replace(failed, image_id=id_, message=f"image {id_}: {failed.message}")


def _detailed(error: DOImagesError) -> Failure:
    # A transfer that stayed behind others on a busy image has no class of its own.
    code = next((code for kind, code in _CODES if isinstance(error, kind)), Code.TIMEOUT)
    action, image = error.action, error.image
    known = Failure(
        code=code,
        message=message(error),
        region=error.region or (region_of(action) if action else None),
        action_id=action.id if action else None,
        image_id=image.id if image else _resource(action),
    )
    match error:
        case APIStatusError():
            return replace(
                known,
                status_code=error.status_code,
                error_id=error.error_id,
                request_id=error.request_id,
                retry_after=error.retry_after,
            )
        case APIResponseValidationError():
            return replace(known, status_code=error.status_code, request_id=error.request_id)
        case _:
            return known


def _resource(action: Action | None) -> int | None:
    if action is None or action.resource_type not in {"image", None}:
        return None
    return action.resource_id

"""What modules of the package add to an error; on the error itself it is read-only."""

import copy
from typing import TypeVar

from do_images.errors import (
    APIConnectionError,
    APIError,
    APIResponseValidationError,
    DOImagesError,
)
from do_images.models import Action, Image

__all__ = ["elapsed", "is_incomplete", "is_permanent", "with_context"]

ErrorT = TypeVar("ErrorT", bound=DOImagesError)


def with_context(
    error: ErrorT,
    *,
    subject: str | None = None,
    note: str | None = None,
    action: Action | None = None,
    image: Image | None = None,
    region: str | None = None,
    cause: BaseException | None = None,
    elapsed: float | None = None,
    incomplete: bool | None = None,
    permanent: bool | None = None,
) -> ErrorT:
    """Return a copy of an error that says more; what is None stays as it is.

    `subject` goes before the text, as in `image 42: transfer to ams3 failed: ...`, and before a
    subject that is there already. `note` is a sentence that goes after it. `action`, `image` and
    `region` are what the error's attributes of these names return, `cause` becomes its
    `__cause__`. `elapsed`, `incomplete` and `permanent` are what the functions below return.
    """
    twin = copy.copy(error)
    state = vars(twin)
    if subject is not None:
        before = state.get("_subject")
        state["_subject"] = f"{subject}: {before}" if before else subject
    if note is not None:
        before = str(state.get("_note", "")).rstrip(".")
        state["_note"] = f"{before}. {note}" if before else note
    given = {
        "_action": action,
        "_image": image,
        "_region": region,
        "_elapsed": elapsed,
        "_incomplete": incomplete,
        "_permanent": permanent,
    }
    state.update({name: value for name, value in given.items() if value is not None})
    cause = cause or error.__cause__
    if cause is not None:
        twin.__cause__ = cause
    return twin


def elapsed(error: APIError) -> float:
    """Return the seconds from sending the request until it had failed."""
    return float(vars(error).get("_elapsed", 0.0))


def is_incomplete(error: APIResponseValidationError) -> bool:
    """Return whether the connection ended in the middle of the body."""
    return bool(vars(error).get("_incomplete", False))


def is_permanent(error: APIConnectionError) -> bool:
    """Return whether the same request fails again, as where a certificate does not verify."""
    return bool(vars(error).get("_permanent", False))

"""The errors of this package. Wrong arguments raise `ValueError` or `TypeError` instead.

    DOImagesError                       .action .image .region
    ├── APIError                        .request
    │   ├── APIConnectionError          .never_sent
    │   │   └── APITimeoutError
    │   ├── APIStatusError              .status_code .error_id .message .request_id .retry_after
    │   │   │                           .rate_limit .body
    │   │   ├── BadRequestError         400
    │   │   ├── AuthenticationError     401
    │   │   ├── PermissionDeniedError   403
    │   │   ├── NotFoundError           404
    │   │   ├── ConflictError           409
    │   │   ├── UnprocessableEntityError 422
    │   │   ├── RateLimitError          429
    │   │   └── InternalServerError     5xx
    │   └── APIResponseValidationError  .status_code .field .request_id .body
    ├── ActionError
    │   ├── ActionErroredError
    │   └── ActionTimeoutError          also a TimeoutError
    ├── ActionGroupError                also an ExceptionGroup; .actions .failures .present
    ├── ImageError
    │   ├── ImageImportError
    │   └── ImageTimeoutError           also a TimeoutError
    ├── ImageGroupError                 also an ExceptionGroup; .destroyed .failures
    └── NoMatchError                    also a LookupError

Every error can be pickled and copied, and none holds the token. The text of an error is one
printable line of at most 1,000 characters, of a group 4,000.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, Self, TypeVar, cast

from do_images._base import RateLimit
from do_images._text import UndecodedJSON, decode, printable
from do_images.models import Action, Image

__all__ = [
    "APIConnectionError",
    "APIError",
    "APIResponseValidationError",
    "APIStatusError",
    "APITimeoutError",
    "ActionError",
    "ActionErroredError",
    "ActionGroupError",
    "ActionTimeoutError",
    "AuthenticationError",
    "BadRequestError",
    "ConflictError",
    "DOImagesError",
    "ImageError",
    "ImageGroupError",
    "ImageImportError",
    "ImageTimeoutError",
    "InternalServerError",
    "NoMatchError",
    "NotFoundError",
    "PermissionDeniedError",
    "RateLimitError",
    "RequestInfo",
    "UnprocessableEntityError",
]

ExcT = TypeVar("ExcT", bound=Exception)
KeyT = TypeVar("KeyT")

# The most characters of an error's text, of a group's, and of the parts of either.
_LIMIT, _GROUP_LIMIT = 1_000, 4_000
_SUBJECT_LIMIT, _NOTE_LIMIT, _PART_LIMIT = 150, 350, 160
_URL_LIMIT, _ID_LIMIT = 200, 64


class RequestInfo(NamedTuple):
    """The request that an error is about, without headers and so without the token."""

    method: str
    """Such as `GET`."""
    url: str
    """The whole URL, with its query."""


class DOImagesError(Exception):
    """The base of every error of this package."""

    # The private attributes are set by do_images._core.failures.
    _limit = _LIMIT
    _subject = ""
    _note = ""
    _action: Action | None = None
    _image: Image | None = None
    _region: str | None = None

    def __init__(self, message: str) -> None:
        """`message` says in one sentence what went wrong."""
        super().__init__(message)

    @property
    def action(self) -> Action | None:
        """The action that the error is about, as it was last seen; None where there is none."""
        return self._action

    @property
    def image(self) -> Image | None:
        """The image that the error is about, as it was last seen; None where there is none."""
        return self._image

    @property
    def region(self) -> str | None:
        """The slug of the region that the error is about; None where there is none."""
        return self._region

    def __str__(self) -> str:
        """Return what the error is about, what happened, and what to do, in one printable line."""
        before = f"{printable(self._subject, _SUBJECT_LIMIT)}: " if self._subject else ""
        after = f". {printable(self._note, _NOTE_LIMIT)}" if self._note else ""
        text = self._text(self._limit - len(before) - len(after))
        return printable(f"{before}{text.rstrip('.') if after else text}{after}", self._limit)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"

    def __reduce__(self) -> tuple[object, ...]:
        # The default calls __init__ with `args` alone, which loses what was given by keyword, and
        # leaves out the cause. Only a cause of ours is sure to be picklable.
        cause = self.__cause__ if isinstance(self.__cause__, DOImagesError) else None
        return _restore, (type(self), _args(self), self.__dict__.copy(), cause)

    def _text(self, limit: int) -> str:
        """Return what happened in about `limit` characters."""
        return printable(str(self.args[0]), limit)


def _args(error: Exception) -> tuple[object, ...]:
    if isinstance(error, ExceptionGroup):  # it can't be made without its parts
        group = cast("ExceptionGroup[Exception]", error)
        return group.message, group.exceptions
    return error.args


def _restore(
    cls: type[ExcT],
    args: tuple[object, ...],
    state: Mapping[str, object],
    cause: BaseException | None = None,
) -> ExcT:
    error = cls.__new__(cls, *args)
    error.args = args
    error.__dict__.update(state)
    if cause is not None:
        error.__cause__ = cause
    return error


class APIError(DOImagesError):
    """A request failed, or its response is invalid."""

    def __init__(self, message: str, *, request: RequestInfo) -> None:
        """`request` is the request that failed."""
        super().__init__(message)
        self.request = request
        """The `method` and the `url` of the request."""

    def _text(self, limit: int) -> str:
        where = f"{self.request.method} {printable(self.request.url, _URL_LIMIT)}: "
        return where + self._outcome(limit - len(where))

    def _outcome(self, limit: int) -> str:
        return printable(str(self.args[0]), limit)


class APIConnectionError(APIError):
    """No response was received: there was no connection, or it broke before the response."""

    def __init__(self, message: str, *, request: RequestInfo, never_sent: bool = False) -> None:
        """`never_sent` is true where the request did not leave."""
        super().__init__(message, request=request)
        self.never_sent = never_sent
        """Whether the server certainly did not get the request."""


class APITimeoutError(APIConnectionError):
    """No complete response was received within the `timeout` of the request."""


class APIStatusError(APIError):
    """The API responded with a status other than 2xx."""

    def __init__(
        self,
        message: str,
        *,
        request: RequestInfo,
        status_code: int,
        error_id: str | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
        rate_limit: RateLimit | None = None,
        body: object = None,
    ) -> None:
        """The parts of the response; see the attributes of the same names."""
        super().__init__(message, request=request)
        self.message = message
        """The API's own description of the error, else the standard phrase of the status."""
        self.status_code = status_code
        """The HTTP status, such as 404."""
        self.error_id = error_id
        """The API's short name of the error, such as `not_found`; None where there is none."""
        self.request_id = request_id
        """The id by which DigitalOcean's support finds the request; None where there is none."""
        self.retry_after = retry_after
        """Seconds to wait before the next try; None where the response does not name a time."""
        self.rate_limit = rate_limit
        """The rate limit by the headers of the response; None where they are missing."""
        self.body = body
        """The decoded JSON of the response, else its text."""

    def _outcome(self, limit: int) -> str:
        name = f" {printable(self.error_id, _ID_LIMIT)}" if self.error_id else ""
        begin, end = f"{self.status_code}{name}: ", _request_id(self.request_id)
        return f"{begin}{printable(self.message, limit - len(begin) - len(end))}{end}"


def _request_id(request_id: str | None) -> str:
    return f" (request id {printable(request_id, _ID_LIMIT)})" if request_id else ""


class BadRequestError(APIStatusError):
    """400: the API could not understand the request."""


class AuthenticationError(APIStatusError):
    """401: the token is missing, wrong or revoked."""


class PermissionDeniedError(APIStatusError):
    """403: the token lacks a scope; the text names the one that the call needs."""


class NotFoundError(APIStatusError):
    """404: there is no such image or action, or it is not this account's."""


class ConflictError(APIStatusError):
    """409: the request conflicts with another change."""


class UnprocessableEntityError(APIStatusError):
    """422: the API understood the request but can't carry it out, for instance on a busy image."""


class RateLimitError(APIStatusError):
    """429: too many requests; `retry_after` is the time to wait, where that is known."""


class InternalServerError(APIStatusError):
    """5xx: the API, or a proxy before it, failed."""


class APIResponseValidationError(APIError):
    """The API responded with 2xx and a body that is not what its specification says."""

    def __init__(
        self,
        message: str,
        *,
        request: RequestInfo,
        status_code: int,
        field: str | None = None,
        request_id: str | None = None,
        body: object = None,
    ) -> None:
        """The parts of the response; see the attributes of the same names."""
        super().__init__(message, request=request)
        self.status_code = status_code
        """The HTTP status, such as 200."""
        self.field = field
        """The path of the first invalid field, such as `image.created_at`."""
        self.request_id = request_id
        """The id by which DigitalOcean's support finds the request; None where there is none."""
        self._body = body

    @property
    def body(self) -> object:
        """The decoded JSON of the response, else its text."""
        if isinstance(self._body, UndecodedJSON):
            self._body = decode(self._body)
        return self._body

    def _outcome(self, limit: int) -> str:
        end = _request_id(self.request_id)
        return printable(str(self.args[0]), limit - len(end)) + end


class ActionError(DOImagesError):
    """An action did not complete."""

    def __init__(self, message: str, *, action: Action) -> None:
        """`action` is its newest state."""
        super().__init__(message)
        self._action = action

    @property
    def action(self) -> Action:
        """The action as it was last seen; pass it to `do.action.wait` to resume the wait."""
        return cast("Action", self._action)


class ActionErroredError(ActionError):
    """The action ended, but not as `completed`."""


class ActionTimeoutError(ActionError, TimeoutError):
    """The action had not ended at the `timeout` of the wait."""


class ImageError(DOImagesError):
    """An image did not become available."""

    def __init__(self, message: str, *, image: Image) -> None:
        """`image` is its newest state."""
        super().__init__(message)
        self._image = image

    @property
    def image(self) -> Image:
        """The image as it was last seen; pass it to `do.image.wait` to resume the wait."""
        return cast("Image", self._image)


class ImageImportError(ImageError):
    """The import of a custom image failed; the text contains the API's `error_message`."""


class ImageTimeoutError(ImageError, TimeoutError):
    """The image was not available at the `timeout` of the wait."""


class NoMatchError(DOImagesError, LookupError):
    """No image matches; the text names the filters and how many images there were."""


def _group_text(group: ExceptionGroup[Exception], limit: int) -> str:
    count = len(group.exceptions)
    head = f"{printable(group.message, _NOTE_LIMIT)} ({count} failed): "
    left = limit - len(head) - len("and 1000000 more")
    share = max(left // count - len("; "), _PART_LIMIT)
    parts = list(_parts(group.exceptions, left, share))
    more = count - len(parts)
    return head + "; ".join([*parts, f"and {more} more"] if more else parts)


def _parts(exceptions: Sequence[Exception], left: int, share: int) -> Iterator[str]:
    for error in exceptions:
        part = printable(str(error), share)
        left -= len(part) + len("; ")
        if left < 0:
            return
        yield part


def _held(
    failures: Mapping[KeyT, DOImagesError] | None, exceptions: Sequence[Exception]
) -> dict[KeyT, DOImagesError]:
    held = set(map(id, exceptions))
    return {key: error for key, error in (failures or {}).items() if id(error) in held}


class ActionGroupError(DOImagesError, ExceptionGroup[Exception]):
    """At least one of several actions did not complete; `except*` takes the group apart."""

    _limit = _GROUP_LIMIT

    failures: dict[str, DOImagesError]
    """The exceptions by region for `transfer_many`, by the action's id for `wait_all`."""

    def __new__(cls, message: str, exceptions: Sequence[Exception], **_: object) -> Self:
        """Make the group; `__init__` takes the keywords."""
        return super().__new__(cls, message, tuple(exceptions))

    # Not super(): an exception's __init__ takes for `args` what it is given.
    def __init__(  # pyright: ignore[reportInconsistentConstructor] - __new__ leaves the keywords to it
        self,
        message: str,
        exceptions: Sequence[Exception],
        *,
        actions: Sequence[Action] = (),
        failures: Mapping[str, DOImagesError] | None = None,
        present: Sequence[str] = (),
    ) -> None:
        """`failures` are those of the `exceptions` that have a key."""
        self.failures = _held(failures, exceptions)
        self.actions: list[Action] = list(actions)
        """All actions that were started, the completed ones too, each in its newest state."""
        self.present: list[str] = list(present)
        """The regions that had the image already, so that nothing was started there."""

    # The base promises a group of whatever it is given; ours holds exceptions only.
    def derive(self, excs: Sequence[ExcT], /) -> "ActionGroupError":  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride] - see above
        """Return the group that `split` and `except*` make of a part of the exceptions."""
        state = {**self.__dict__, "failures": _held(self.failures, excs)}
        return _restore(type(self), (self.message, tuple(excs)), state)

    def _text(self, limit: int) -> str:
        return _group_text(self, limit)


class ImageGroupError(DOImagesError, ExceptionGroup[Exception]):
    """At least one of several images could not be destroyed; `except*` takes the group apart."""

    _limit = _GROUP_LIMIT

    failures: dict[int, DOImagesError]
    """The exceptions by the id of the image."""

    def __new__(cls, message: str, exceptions: Sequence[Exception], **_: object) -> Self:
        """Make the group; `__init__` takes the keywords."""
        return super().__new__(cls, message, tuple(exceptions))

    # Not super(): an exception's __init__ takes for `args` what it is given.
    def __init__(  # pyright: ignore[reportInconsistentConstructor] - __new__ leaves the keywords to it
        self,
        message: str,
        exceptions: Sequence[Exception],
        *,
        failures: Mapping[int, DOImagesError] | None = None,
        destroyed: Sequence[int] = (),
    ) -> None:
        """`failures` are those of the `exceptions` that have a key."""
        self.failures = _held(failures, exceptions)
        self.destroyed: list[int] = list(destroyed)
        """The ids of the images that are gone."""

    # The base promises a group of whatever it is given; ours holds exceptions only.
    def derive(self, excs: Sequence[ExcT], /) -> "ImageGroupError":  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride] - see above
        """Return the group that `split` and `except*` make of a part of the exceptions."""
        state = {**self.__dict__, "failures": _held(self.failures, excs)}
        return _restore(type(self), (self.message, tuple(excs)), state)

    def _text(self, limit: int) -> str:
        return _group_text(self, limit)


for _name in __all__:
    globals()[_name].__module__ = "do_images"

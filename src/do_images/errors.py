"""Everything that this package raises, apart from `ValueError` and `TypeError` for wrong arguments.

    DOImagesError
    ├── APIError                        .request
    │   ├── APIConnectionError          nothing came back
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
    │   └── APIResponseValidationError  a 2xx whose body is not what the API promises
    ├── ActionError                     .action
    │   ├── ActionErroredError
    │   └── ActionTimeoutError          also a TimeoutError
    ├── ActionGroupError                also an ExceptionGroup; .actions
    └── ImageError                      .image
        ├── ImageImportError
        └── ImageTimeoutError           also a TimeoutError

Every error can be pickled and copied, and none holds the token.
"""

import copy
from collections.abc import Sequence
from typing import NamedTuple, Self, TypeVar

from do_images._base import RateLimit
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
    "ImageImportError",
    "ImageTimeoutError",
    "InternalServerError",
    "NotFoundError",
    "PermissionDeniedError",
    "RateLimitError",
    "RequestInfo",
    "UnprocessableEntityError",
]

ExcT = TypeVar("ExcT", bound=Exception)


class RequestInfo(NamedTuple):
    """The request that an error is about, without headers and so without the token."""

    method: str
    """Such as `GET`."""
    url: str
    """The whole URL, with its query."""


class DOImagesError(Exception):
    """The base of every error of this package."""

    def __init__(self, message: str) -> None:
        """`message` says in one sentence what went wrong."""
        super().__init__(message)
        self._before = ""
        self._after = ""

    def __str__(self) -> str:
        """What it is about, what went wrong, and what is known beyond that."""
        told = f"{self._before}{self._text()}"
        return f"{told.rstrip('.')}. {self._after}" if self._after else told

    def __reduce__(self) -> tuple[object, ...]:
        # The default calls __init__ with `args` alone, which loses what was given by keyword.
        return _restore, (type(self), self.args, self.__dict__.copy())

    def about(self, subject: str) -> Self:
        """A copy whose text begins with `subject`, such as the region that failed."""
        twin = copy.copy(self)
        twin.__dict__["_before"] = f"{subject}: {self._before}"
        twin.__cause__ = self.__cause__
        return twin

    def adding(self, sentence: str) -> Self:
        """The same error, with one more sentence at the end of its text."""
        self._after = f"{self._after} {sentence}".strip()
        return self

    def _text(self) -> str:
        return str(self.args[0])


def _restore(cls: type[ExcT], args: tuple[object, ...], state: dict[str, object]) -> ExcT:
    error = cls.__new__(cls, *args)
    error.args = args
    error.__dict__.update(state)
    return error


class APIError(DOImagesError):
    """A request was sent, or was about to be, and its answer is no use."""

    elapsed: float = 0.0
    """Seconds from sending the request until it had failed."""

    def __init__(self, message: str, *, request: RequestInfo) -> None:
        """`request` is what was asked."""
        super().__init__(message)
        self.request = request

    def _text(self) -> str:
        return f"{self.request.method} {self.request.url}: {self.args[0]}"


class APIConnectionError(APIError):
    """Nothing came back: no connection, or it broke before an answer.

    `never_sent` is true when the server certainly did not get the request.
    """

    def __init__(self, message: str, *, request: RequestInfo, never_sent: bool = False) -> None:
        """`never_sent` says that the request surely did not reach the server."""
        super().__init__(message, request=request)
        self.never_sent = never_sent


class APITimeoutError(APIConnectionError):
    """No whole answer came within the client's `timeout`."""


class APIStatusError(APIError):
    """The API answered with a status other than 2xx."""

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
        """The parts of the answer; see the attributes of the same names."""
        super().__init__(message, request=request)
        self.message = message
        """What the API says went wrong, else the standard words for the status."""
        self.status_code = status_code
        """The HTTP status, such as 404."""
        self.error_id = error_id
        """The API's short name of the error, such as `not_found`."""
        self.request_id = request_id
        """What DigitalOcean's support asks for."""
        self.retry_after = retry_after
        """Seconds to wait before the next try, where the answer names a time."""
        self.rate_limit = rate_limit
        """The quota that the answer states."""
        self.body = body
        """The decoded JSON of the answer, else its text."""

    def _text(self) -> str:
        name = f" {self.error_id}" if self.error_id else ""
        trace = f" (request id {self.request_id})" if self.request_id else ""
        where = f"{self.request.method} {self.request.url}"
        return f"{where}: {self.status_code}{name}: {self.message}{trace}"


class BadRequestError(APIStatusError):
    """400: the API could not make sense of the request."""


class AuthenticationError(APIStatusError):
    """401: the token is missing, wrong or revoked."""


class PermissionDeniedError(APIStatusError):
    """403: the token lacks a scope; the text says which one the call needs."""


class NotFoundError(APIStatusError):
    """404: there is no such image or action, or it is not this account's."""


class ConflictError(APIStatusError):
    """409: the request collides with another change."""


class UnprocessableEntityError(APIStatusError):
    """422: the request is well-formed but can't be done, for instance on a busy image."""


class RateLimitError(APIStatusError):
    """429: too many requests; `retry_after` says for how many seconds, where that is known."""


class InternalServerError(APIStatusError):
    """5xx: the API, or a proxy before it, failed."""


class APIResponseValidationError(APIError):
    """A 2xx whose body is not what the API promises.

    `incomplete` is true when the connection ended in the middle of the body.
    """

    def __init__(
        self,
        message: str,
        *,
        request: RequestInfo,
        status_code: int,
        field: str | None = None,
        request_id: str | None = None,
        body: object = None,
        incomplete: bool = False,
    ) -> None:
        """The parts of the answer; see the attributes of the same names."""
        super().__init__(message, request=request)
        self.status_code = status_code
        """The HTTP status, such as 200."""
        self.field = field
        """The path of the first field that is wrong, such as `image.created_at`."""
        self.request_id = request_id
        """What DigitalOcean's support asks for."""
        self.body = body
        """The decoded JSON of the answer, else its text."""
        self.incomplete = incomplete


class ActionError(DOImagesError):
    """An action did not come to a good end."""

    def __init__(self, message: str, *, action: Action) -> None:
        """`action` is its newest state."""
        super().__init__(message)
        self.action = action
        """The action as it was last seen; hand it to `do.action.wait` to take the wait up."""


class ActionErroredError(ActionError):
    """The action ended with the status `errored`."""


class ActionTimeoutError(ActionError, TimeoutError):
    """The action was still in progress when the wait's `timeout` was over."""


class ImageError(DOImagesError):
    """An image did not become available."""

    def __init__(self, message: str, *, image: Image) -> None:
        """`image` is its newest state."""
        super().__init__(message)
        self.image = image
        """The image as it was last seen; hand it to `do.image.wait` to take the wait up."""


class ImageImportError(ImageError):
    """The import of a custom image failed; the text holds the API's `error_message`."""


class ImageTimeoutError(ImageError, TimeoutError):
    """The image was not available when the wait's `timeout` was over."""


class ActionGroupError(DOImagesError, ExceptionGroup[Exception]):
    """Some of several actions failed, or were not done in time; `except*` takes it apart."""

    actions: list[Action]
    """All actions that were started, the good ones too, each in its newest state."""

    def __new__(
        cls, message: str, exceptions: Sequence[Exception], *, actions: Sequence[Action] = ()
    ) -> Self:
        """One error for each action, or region, that failed."""
        self = super().__new__(cls, message, tuple(exceptions))
        self.actions = list(actions)
        return self

    def __init__(
        self, message: str, exceptions: Sequence[Exception], *, actions: Sequence[Action] = ()
    ) -> None:
        """One error for each action, or region, that failed."""
        # Not super(): an exception's __init__ takes for `args` what it is given.
        self._before = self._after = ""

    def __reduce__(self) -> tuple[object, ...]:
        # The parts travel with the message: a group can't be made without them.
        parts = (self.message, self.exceptions)
        return _restore, (type(self), parts, self.__dict__.copy())

    # The base promises a group of whatever it is given; ours holds exceptions only.
    def derive(self, excs: Sequence[ExcT], /) -> "ActionGroupError":  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride] - see above
        """What `split` and `except*` make of a part: it keeps all actions."""
        return ActionGroupError(self.message, excs, actions=self.actions)

    def _text(self) -> str:
        parts = "; ".join(str(error) for error in self.exceptions)
        return f"{self.message} ({len(self.exceptions)} failed): {parts}"

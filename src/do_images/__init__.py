"""A typed SDK for DigitalOcean's Images and Actions."""

from importlib import import_module as _import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from do_images._async.client import AsyncClient
    from do_images._base import RateLimit
    from do_images._clock import AsyncClock, Clock
    from do_images._sync.client import Client
    from do_images._version import __version__
    from do_images.errors import (
        ActionError,
        ActionErroredError,
        ActionGroupError,
        ActionTimeoutError,
        APIConnectionError,
        APIError,
        APIResponseValidationError,
        APIStatusError,
        APITimeoutError,
        AuthenticationError,
        BadRequestError,
        ConflictError,
        DOImagesError,
        ImageError,
        ImageImportError,
        ImageTimeoutError,
        InternalServerError,
        NotFoundError,
        PermissionDeniedError,
        RateLimitError,
        RequestInfo,
        UnprocessableEntityError,
    )
    from do_images.models import Action, Image, Region
else:  # a checker shall see the names above, not that any name will do
    # Where to look, the cheap rooms first.
    _ROOMS = ("_version", "_clock", "errors", "models", "_base", "_sync.client", "_async.client")

    def __getattr__(name: str) -> object:
        """Imports what is used when it is used: the command's help needs no httpx."""
        if name in _ROOMS:
            return _import_module(f"{__name__}.{name}")
        if name in __all__:
            rooms = (vars(_import_module(f"{__name__}.{room}")) for room in _ROOMS)
            value = globals()[name] = next(room[name] for room in rooms if name in room)
            return value
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})


__all__ = [
    "APIConnectionError",
    "APIError",
    "APIResponseValidationError",
    "APIStatusError",
    "APITimeoutError",
    "Action",
    "ActionError",
    "ActionErroredError",
    "ActionGroupError",
    "ActionTimeoutError",
    "AsyncClient",
    "AsyncClock",
    "AuthenticationError",
    "BadRequestError",
    "Client",
    "Clock",
    "ConflictError",
    "DOImagesError",
    "Image",
    "ImageError",
    "ImageImportError",
    "ImageTimeoutError",
    "InternalServerError",
    "NotFoundError",
    "PermissionDeniedError",
    "RateLimit",
    "RateLimitError",
    "Region",
    "RequestInfo",
    "UnprocessableEntityError",
    "__version__",
]

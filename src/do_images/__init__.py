"""A typed SDK for DigitalOcean's Images and Actions."""

from importlib import import_module as _import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from do_images._async.client import AsyncClient
    from do_images._base import RateLimit
    from do_images._core.clocks import AsyncClock, Clock
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
        ImageGroupError,
        ImageImportError,
        ImageTimeoutError,
        InternalServerError,
        NoMatchError,
        NotFoundError,
        PermissionDeniedError,
        RateLimitError,
        RequestInfo,
        UnprocessableEntityError,
    )
    from do_images.models import Action, Image, Region
else:  # a checker shall see the names above, not that any name will do
    # Where to look, the cheap ones first.
    _MODULES = (
        "_version",
        "_core.clocks",
        "errors",
        "models",
        "_base",
        "_sync.client",
        "_async.client",
    )

    def __getattr__(name: str) -> object:
        """Imports what is used when it is used: the command's help needs no httpx."""
        if name in _MODULES:
            return _import_module(f"{__name__}.{name}")
        if name in __all__:
            modules = (vars(_import_module(f"{__name__}.{module}")) for module in _MODULES)
            value = globals()[name] = next(module[name] for module in modules if name in module)
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
    "ImageGroupError",
    "ImageImportError",
    "ImageTimeoutError",
    "InternalServerError",
    "NoMatchError",
    "NotFoundError",
    "PermissionDeniedError",
    "RateLimit",
    "RateLimitError",
    "Region",
    "RequestInfo",
    "UnprocessableEntityError",
    "__version__",
]

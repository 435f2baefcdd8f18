"""A typed SDK for DigitalOcean's Images and Actions."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from do_images._async.actions import AsyncActions
    from do_images._async.client import AsyncClient
    from do_images._async.images import AsyncImages
    from do_images._base import RateLimit
    from do_images._core.clocks import AsyncClock, Clock
    from do_images._core.prune_result import PruneResult
    from do_images._http.options import ClientOptions
    from do_images._sync.actions import Actions
    from do_images._sync.client import Client
    from do_images._sync.images import Images
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
    import importlib

    def _modules(name):
        """Import the modules that may define a name one by one, the cheap ones first.

        These are statements, not names in a table, so that freezers such as Nuitka find them.
        """
        from do_images import _version

        yield _version
        from do_images._core import clocks

        yield clocks
        from do_images import errors

        yield errors
        from do_images import models

        yield models
        from do_images import _base

        yield _base
        from do_images._http import options

        yield options
        from do_images._core import prune_result

        yield prune_result
        if name.startswith("Async"):
            from do_images._async import actions, client, images
        else:
            from do_images._sync import actions, client, images
        yield from (client, images, actions)

    def __getattr__(name):
        """Import what is used when it is used: the command's help needs no httpx."""
        if name in {"errors", "models"}:
            return importlib.import_module(f"{__name__}.{name}")
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        found = (vars(module) for module in _modules(name))
        value = globals()[name] = next(names[name] for names in found if name in names)
        return value

    def __dir__():
        return sorted({*__all__, *(name for name in globals() if name.startswith("__"))})


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
    "Actions",
    "AsyncActions",
    "AsyncClient",
    "AsyncClock",
    "AsyncImages",
    "AuthenticationError",
    "BadRequestError",
    "Client",
    "ClientOptions",
    "Clock",
    "ConflictError",
    "DOImagesError",
    "Image",
    "ImageError",
    "ImageGroupError",
    "ImageImportError",
    "ImageTimeoutError",
    "Images",
    "InternalServerError",
    "NoMatchError",
    "NotFoundError",
    "PermissionDeniedError",
    "PruneResult",
    "RateLimit",
    "RateLimitError",
    "Region",
    "RequestInfo",
    "UnprocessableEntityError",
    "__version__",
]

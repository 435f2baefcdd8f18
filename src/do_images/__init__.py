"""A typed SDK for DigitalOcean's Images and Actions."""

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

# GENERATED from spec/images.yaml by "make generate". Do not edit.
"""The operations of the API, a constant for each."""

from typing import Final

from do_images._base import Endpoint, NoContent
from do_images.models import (
    AccountTransferResponse,
    ActionResponse,
    ActionsResponse,
    ImageResponse,
    ImagesResponse,
)

__all__ = [
    "ACCOUNT_TRANSFER_ACCEPT",
    "ACCOUNT_TRANSFER_CANCEL",
    "ACCOUNT_TRANSFER_DECLINE",
    "ACCOUNT_TRANSFER_START",
    "ACTIONS_GET",
    "ACTIONS_LIST",
    "IMAGES_CREATE",
    "IMAGES_DELETE",
    "IMAGES_GET",
    "IMAGES_LIST",
    "IMAGES_UPDATE",
    "IMAGE_ACTIONS_CREATE",
    "IMAGE_ACTIONS_GET",
    "IMAGE_ACTIONS_LIST",
]

IMAGES_LIST: Final = Endpoint("GET", "/v2/images", ImagesResponse, ("image:read",))
"""List images."""

IMAGES_CREATE: Final = Endpoint("POST", "/v2/images", ImageResponse, ("image:create",))
"""Import a custom image."""

IMAGES_GET: Final = Endpoint("GET", "/v2/images/{image_id}", ImageResponse, ("image:read",))
"""Get an image."""

IMAGES_UPDATE: Final = Endpoint("PUT", "/v2/images/{image_id}", ImageResponse, ("image:update",))
"""Update an image."""

IMAGES_DELETE: Final = Endpoint("DELETE", "/v2/images/{image_id}", NoContent, ("image:delete",))
"""Delete an image."""

IMAGE_ACTIONS_LIST: Final = Endpoint(
    "GET", "/v2/images/{image_id}/actions", ActionsResponse, ("image:read",)
)
"""List the actions of an image."""

IMAGE_ACTIONS_CREATE: Final = Endpoint(
    "POST", "/v2/images/{image_id}/actions", ActionResponse, ("image:update",)
)
"""Transfer or convert an image."""

IMAGE_ACTIONS_GET: Final = Endpoint(
    "GET", "/v2/images/{image_id}/actions/{action_id}", ActionResponse, ("image:read",)
)
"""Get an action of an image."""

ACCOUNT_TRANSFER_START: Final = Endpoint(
    "POST",
    "/v2/images/{image_id}/account_transfer",
    AccountTransferResponse,
    ("image:update", "image:delete"),
)
"""Offer an image to another account."""

ACCOUNT_TRANSFER_ACCEPT: Final = Endpoint(
    "POST", "/v2/images/{image_id}/account_transfer/accept", NoContent, ("image:create",)
)
"""Accept an offered image."""

ACCOUNT_TRANSFER_DECLINE: Final = Endpoint(
    "POST", "/v2/images/{image_id}/account_transfer/decline", NoContent, ("image:create",)
)
"""Decline an offered image."""

ACCOUNT_TRANSFER_CANCEL: Final = Endpoint(
    "POST", "/v2/images/{image_id}/account_transfer/cancel", NoContent, ("image:update",)
)
"""Cancel an offer."""

ACTIONS_LIST: Final = Endpoint("GET", "/v2/actions", ActionsResponse, ("actions:read",))
"""List all actions."""

ACTIONS_GET: Final = Endpoint("GET", "/v2/actions/{action_id}", ActionResponse, ("actions:read",))
"""Get any action."""

"""One request to the API, as a value, and the requests of every operation."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from do_images import _endpoints as api
from do_images._base import Endpoint, Model, NoContent
from do_images._core import arguments as check
from do_images.models import (
    AccountTransferResponse,
    ActionResponse,
    ActionsResponse,
    ImageResponse,
    ImagesResponse,
)

__all__ = [
    "Request",
    "accept_image",
    "cancel_offer",
    "create_image",
    "decline_image",
    "delete_image",
    "get_action",
    "get_image",
    "get_image_action",
    "list_actions",
    "list_image_actions",
    "list_images",
    "offer_image",
    "update_image",
]

ModelT_co = TypeVar("ModelT_co", bound=Model, covariant=True)


@dataclass(frozen=True, slots=True)
class Request(Generic[ModelT_co]):
    """What is sent, and what the response should be."""

    endpoint: Endpoint[ModelT_co]
    path: str
    """The path below the base URL, such as `/v2/images/42`."""
    query: Mapping[str, str] | None = None
    body: Mapping[str, object] | None = None
    timeout: float | None = None
    """Seconds that the whole request may take, where that is less than the client allows."""
    attempt: int = 1

    def within(self, seconds: float) -> "Request[ModelT_co]":
        """Return the same request with less time, in seconds."""
        return replace(self, timeout=seconds)

    def again(self, attempt: int) -> "Request[ModelT_co]":
        """Return the same request as another attempt."""
        return replace(self, attempt=attempt)


# ── Images ──────────────────────────────────────────────────────────────────────────────────


def list_images(
    type: object,
    private: object,
    tag_name: object,
) -> Request[ImagesResponse]:
    """Return the request for a list of images; its pages are added by whoever reads it."""
    return Request(api.IMAGES_LIST, "/v2/images", check.list_query(type, private, tag_name))


def get_image(id_slug: object) -> Request[ImageResponse]:
    """Return the request for one image, by its id or slug."""
    return Request(api.IMAGES_GET, f"/v2/images/{check.id_or_slug(id_slug)}")


def create_image(
    *,
    name: object,
    url: object,
    region: object,
    distribution: object,
    description: object,
    tags: object,
) -> Request[ImageResponse]:
    """Return the request that imports a custom image."""
    body = check.create_body(
        name=name,
        url=url,
        region=region,
        distribution=distribution,
        description=description,
        tags=tags,
    )
    return Request(api.IMAGES_CREATE, "/v2/images", body=body)


def update_image(
    image: object, *, name: object, description: object, distribution: object
) -> Request[ImageResponse]:
    """Return the request that changes an image."""
    body = check.update_body(name=name, distribution=distribution, description=description)
    return Request(api.IMAGES_UPDATE, f"/v2/images/{check.image_id(image)}", body=body)


def delete_image(image: object) -> Request[NoContent]:
    """Return the request that deletes an image."""
    return Request(api.IMAGES_DELETE, f"/v2/images/{check.image_id(image)}")


# ── Actions ─────────────────────────────────────────────────────────────────────────────────


def list_image_actions(image: object) -> Request[ActionsResponse]:
    """Return the request for the actions of an image."""
    return Request(api.IMAGE_ACTIONS_LIST, f"/v2/images/{check.image_id(image)}/actions")


def get_image_action(image: object, action: object) -> Request[ActionResponse]:
    """Return the request for one action of an image."""
    path = f"/v2/images/{check.image_id(image)}/actions/{check.action_id(action)}"
    return Request(api.IMAGE_ACTIONS_GET, path)


def list_actions() -> Request[ActionsResponse]:
    """Return the request for the actions of the account."""
    return Request(api.ACTIONS_LIST, "/v2/actions")


def get_action(action: object) -> Request[ActionResponse]:
    """Return the request for one action of the account."""
    return Request(api.ACTIONS_GET, f"/v2/actions/{check.action_id(action)}")


# ── Account transfers ───────────────────────────────────────────────────────────────────────


def offer_image(
    image: object, *, recipient_email: object, recipient_uuid: object
) -> Request[AccountTransferResponse]:
    """Return the request that offers an image to another account."""
    body = check.account_transfer_body(
        recipient_email=recipient_email, recipient_uuid=recipient_uuid
    )
    return Request(api.ACCOUNT_TRANSFER_START, _account_transfer(image), body=body)


def accept_image(image: object, transfer_id: object, recipient_uuid: object) -> Request[NoContent]:
    """Return the request that accepts an offered image."""
    body = {
        "transfer_id": check.transfer_id(transfer_id),
        "recipient_uuid": check.uuid(recipient_uuid),
    }
    return Request(api.ACCOUNT_TRANSFER_ACCEPT, f"{_account_transfer(image)}/accept", body=body)


def decline_image(image: object, transfer_id: object) -> Request[NoContent]:
    """Return the request that declines an offered image."""
    body = {"transfer_id": check.transfer_id(transfer_id)}
    return Request(api.ACCOUNT_TRANSFER_DECLINE, f"{_account_transfer(image)}/decline", body=body)


def cancel_offer(image: object, transfer_id: object) -> Request[NoContent]:
    """Return the request that takes an offer back."""
    body = {"transfer_id": check.transfer_id(transfer_id)}
    return Request(api.ACCOUNT_TRANSFER_CANCEL, f"{_account_transfer(image)}/cancel", body=body)


def _account_transfer(image: object) -> str:
    return f"/v2/images/{check.image_id(image)}/account_transfer"

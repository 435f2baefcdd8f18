"""Giving images to other accounts: a part of `do.image`."""

from do_images._async.driver import AsyncResource
from do_images._core import requests
from do_images.models import Image

__all__ = ["AsyncAccountTransfers"]


class AsyncAccountTransfers(AsyncResource):
    """The methods of `do.image` that give an image to another account."""

    async def account_transfer(
        self,
        id: int | Image,
        *,
        recipient_email: str | None = None,
        recipient_uuid: str | None = None,
    ) -> int:
        """Offer an image to another account or team.

        POST /v2/images/{image_id}/account_transfer. Token scopes: image:update and image:delete.
        Not retried where the outcome of a lost request is unknown: the error says so.

        Args:
            id: The image, or its id.
            recipient_email: The e-mail address of the other account.
            recipient_uuid: The UUID of the other account, in place of the address.

        Returns:
            The id of the account transfer, 0 where it was accepted at once.

        Raises:
            ValueError: Not exactly one recipient is given.
            NotFoundError: There is no such image.
        """
        response = await self._call_unsafe(
            requests.offer_image(id, recipient_email=recipient_email, recipient_uuid=recipient_uuid)
        )
        return response.transfer_id

    async def accept_account_transfer(
        self, id: int | Image, transfer_id: int, recipient_uuid: str
    ) -> None:
        """Accept an image that another account offers.

        POST /v2/images/{image_id}/account_transfer/accept. Token scope: image:create.

        Args:
            id: The image, or its id.
            transfer_id: What `account_transfer` returned to the other side.
            recipient_uuid: The UUID of the account that accepts it.

        Raises:
            NotFoundError: There is no such offer.
        """
        await self._call_unsafe(requests.accept_image(id, transfer_id, recipient_uuid))

    async def decline_account_transfer(self, id: int | Image, transfer_id: int) -> None:
        """Decline an image that another account offers.

        POST /v2/images/{image_id}/account_transfer/decline. Token scope: image:create.

        Args:
            id: The image, or its id.
            transfer_id: What `account_transfer` returned to the other side.

        Raises:
            NotFoundError: There is no such offer.
        """
        await self._call_unsafe(requests.decline_image(id, transfer_id))

    async def cancel_account_transfer(self, id: int | Image, transfer_id: int) -> None:
        """Take back the offer of an image to another account.

        POST /v2/images/{image_id}/account_transfer/cancel. Token scope: image:update.

        Args:
            id: The image, or its id.
            transfer_id: What `account_transfer` returned.

        Raises:
            NotFoundError: There is no such offer.
        """
        await self._call_unsafe(requests.cancel_offer(id, transfer_id))

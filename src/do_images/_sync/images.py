# GENERATED from src/do_images/_async/images.py by "make generate". Do not edit.
"""`do.image`: images, and the actions that are done to them."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

from do_images._core import arguments as check
from do_images._core import requests
from do_images._core.pagination import Listing, images_of
from do_images._core.waits.options import wait_options
from do_images._sync.account_transfers import AccountTransfers
from do_images._sync.image_actions import ImageActions
from do_images._sync.image_selection import ImageSelection
from do_images.models import Distribution, Image, ImageKind, ImagesResponse, RegionSlug

__all__ = ["Images"]

# In the body of a class, `list` is the method of that name.
ImageList: TypeAlias = list[Image]


class Images(ImageSelection, ImageActions, AccountTransfers):
    """Images, and the actions that are done to them. Reached as `do.image`.

    Wrong arguments raise `ValueError` or `TypeError` before a request is sent. Every method
    raises an `APIError` where the API refuses, can't be reached, or its response is invalid.
    """

    def list(
        self,
        type: ImageKind | None = None,
        private: bool | None = None,
        *,
        tag_name: str | None = None,
    ) -> ImageList:
        """Return all images, DigitalOcean's own included unless `private` is true.

        GET /v2/images, every page. Token scope: image:read.

        Args:
            type: Only `distribution` or `application` images.
            private: True for the account's own images only.
            tag_name: Only images with this tag.

        Raises:
            APIError: A page could not be read.
        """
        return self._driver.run(self._images(type, private, tag_name).all())

    def iter(
        self,
        type: ImageKind | None = None,
        private: bool | None = None,
        *,
        tag_name: str | None = None,
    ) -> Iterator[Image]:
        """Iterate over images, a page of 200 at a time.

        GET /v2/images. Token scope: image:read. Images may be destroyed meanwhile, by the loop
        too: none is missed.

        Args:
            type: Only `distribution` or `application` images.
            private: True for the account's own images only.
            tag_name: Only images with this tag.

        Raises:
            APIError: A page could not be read.
        """
        return self._items(self._images(type, private, tag_name))

    def _images(
        self, kind: ImageKind | None, private: bool | None, tag_name: str | None
    ) -> Listing[ImagesResponse, Image]:
        request = requests.list_images(kind, private, tag_name)
        return Listing(self._driver.session, request, images_of)

    def info(self, id_slug: int | str | Image) -> Image:
        """Return one image, by its id or, where it is public, by its slug.

        GET /v2/images/{image_id}. Token scope: image:read.

        Args:
            id_slug: Such as 7555620 or `ubuntu-24-04-x64`; an image is read again.

        Raises:
            NotFoundError: There is no such image.
        """
        response = self._call(requests.get_image(id_slug))
        return response.image

    def create(
        self,
        *,
        name: str,
        url: str,
        region: RegionSlug,
        distribution: Distribution | None = None,
        description: str | None = None,
        tags: Iterable[str] | None = None,
        wait: bool = False,
        poll: float = 5,
        timeout: float | None = 300,
        on_poll: Callable[[Image], object] | None = None,
    ) -> Image:
        """Import a custom image from a URL.

        POST /v2/images. Token scope: image:create, with `wait` image:read too. Not retried where
        the outcome of a lost request is unknown: the error says that the import may have begun.

        Args:
            name: The name of the image.
            url: Where DigitalOcean fetches the image file; http, https or ftp.
            region: The region to import into, such as `nyc3`.
            distribution: The system that the image holds.
            description: Free text.
            tags: Tags to put on the image.
            wait: Return when the image is available, not when the import has begun.
            poll: Seconds between polls, at least 1.
            timeout: Seconds that the whole call may wait, None for no limit.
            on_poll: Called with the image after each answered poll.

        Raises:
            ImageImportError: The import failed.
            ImageTimeoutError: The image was not available before the timeout.
        """
        from do_images._core.waits.images import create

        request = requests.create_image(
            name=name,
            url=url,
            region=region,
            distribution=distribution,
            description=description,
            tags=tags,
        )
        session = self._driver.session
        options = wait_options(session.clock, poll, timeout, on_poll, wait=wait)
        return self._driver.run(create(session, request, options))

    def update(
        self,
        id: int | Image,
        name: str | None = None,
        *,
        description: str | None = None,
        distribution: Distribution | None = None,
    ) -> Image:
        """Change the name, description or distribution of an image; the rest stays as it is.

        PUT /v2/images/{image_id}. Token scope: image:update.

        Args:
            id: The image, or its id.
            name: The new name.
            description: The new description, "" to have none.
            distribution: The system that the image holds.

        Raises:
            ValueError: There is nothing to change.
            NotFoundError: There is no such image.
        """
        request = requests.update_image(
            id, name=name, description=description, distribution=distribution
        )
        response = self._call(request)
        return response.image

    def destroy(self, id: int | Image) -> None:
        """Delete an image, in every region.

        DELETE /v2/images/{image_id}. Token scope: image:delete.

        Args:
            id: The image, or its id.

        Raises:
            NotFoundError: There is no such image.
        """
        self._call(requests.delete_image(id))

    def wait(
        self,
        image: Image | int,
        poll: float = 5,
        timeout: float | None = 300,
        *,
        on_poll: Callable[[Image], object] | None = None,
    ) -> Image:
        """Wait until a custom image is available; one that is already costs no request.

        GET /v2/images/{image_id}. Token scope: image:read. Lost connections, 429 and 5xx do not
        end the wait; 401 does at once, 403 and 404 when they are not a passing fault.

        Args:
            image: The image in whatever state it was last seen, or its id.
            poll: Seconds between polls, at least 1.
            timeout: Seconds that the whole call may wait, None for no limit.
            on_poll: Called with the image after each answered poll.

        Raises:
            ImageImportError: The import failed; the text says why.
            ImageError: The image can't become available any more.
            ImageTimeoutError: The image was not available before the timeout.
        """
        from do_images._core.waits.images import wait_for_image

        session = self._driver.session
        options = wait_options(session.clock, poll, timeout, on_poll)
        target = image if isinstance(image, Image) else int(check.image_id(image))
        return self._driver.run(wait_for_image(session, target, options))

# GENERATED from src/do_images/_async/images.py by "make generate". Do not edit.
"""`do.image`: find, import, change, copy and hand over images."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from do_images import _endpoints as api
from do_images._core import arguments as check
from do_images._core.waits.watches import ActionWatch, ImageWatch, TransferWatch, WaitOptions
from do_images._sync.pages import Pages
from do_images._sync.session import Session
from do_images.models import (
    Action,
    ActionsResponse,
    Distribution,
    Image,
    ImageKind,
    ImagesResponse,
    RegionSlug,
)

__all__ = ["Images"]


def _images(page: ImagesResponse) -> Sequence[Image]:
    return page.images


def _actions(page: ActionsResponse) -> Sequence[Action]:
    return page.actions


class Images:
    """Images, and the actions that are done to them. Reached as `do.image`.

    Wrong arguments raise `ValueError` or `TypeError` before anything is sent. Every method
    raises an `APIError` where the API refuses, can't be reached, or answers nonsense.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    def iter(
        self,
        type: ImageKind | None = None,  # noqa: A002 - the API's word
        private: bool | None = None,
        *,
        tag_name: str | None = None,
    ) -> Iterator[Image]:
        """Images one by one, a page of 200 being fetched when it is needed.

        GET /v2/images. Token scope: image:read.

        Args:
            type: Only `distribution` or `application` images.
            private: True for the account's own images only.
            tag_name: Only images with this tag.

        Raises:
            APIError: A page could not be had.
        """
        return self._each(check.list_query(type, private, tag_name))

    def _each(self, query: dict[str, str]) -> Iterator[Image]:
        for page in Pages(self._session, api.IMAGES_LIST, _images, {}, query).each():
            for image in page:
                yield image

    def info(self, id_slug: int | str) -> Image:
        """One image, by its id or, where it is public, by its slug.

        GET /v2/images/{image_id}. Token scope: image:read.

        Args:
            id_slug: Such as 7555620 or `ubuntu-24-04-x64`.

        Raises:
            NotFoundError: There is no such image.
        """
        segments = {"image_id": check.id_or_slug(id_slug)}
        reply = self._session.send(api.IMAGES_GET, segments)
        return reply.image

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
    ) -> Image:
        """Imports a custom image from a URL.

        POST /v2/images. Token scope: image:create, with `wait` image:read too. Sent once: where
        the answer is lost, the error says that the import may have begun.

        Args:
            name: What the image shall be called.
            url: Where DigitalOcean fetches the image file; http, https or ftp.
            region: The region to import into, such as `nyc3`.
            distribution: The system that the image holds.
            description: Free text.
            tags: Tags to put on the image.
            wait: Return when the image is available, not when the import has begun.
            poll: Seconds between looks, at least 1.
            timeout: Seconds to wait in all, None for no limit.

        Raises:
            ImageImportError: The import failed.
            ImageTimeoutError: The image was not available in time.
        """
        body = check.create_body(
            name=name,
            url=url,
            region=region,
            distribution=distribution,
            description=description,
            tags=tags,
        )
        terms = self._terms(poll, timeout)
        wait = check.boolean("wait", wait)
        reply = self._session.send_unsafe(api.IMAGES_CREATE, {}, body)
        if not wait:
            return reply.image
        watch = ImageWatch(reply.image, terms)
        self._session.watch(watch, watch.first_pause())
        return watch.result()

    def update(
        self,
        id: int,  # noqa: A002 - the seed's word
        name: str | None = None,
        *,
        description: str | None = None,
        distribution: Distribution | None = None,
    ) -> Image:
        """Changes an image's name, description or distribution; what is not given stays.

        PUT /v2/images/{image_id}. Token scope: image:update.

        Args:
            id: The image's id.
            name: The new name.
            description: The new description, "" to have none.
            distribution: The system that the image holds.

        Raises:
            ValueError: There is nothing to change.
            NotFoundError: There is no such image.
        """
        segments = {"image_id": check.image_id(id)}
        body = check.update_body(name=name, distribution=distribution, description=description)
        reply = self._session.send(api.IMAGES_UPDATE, segments, None, body)
        return reply.image

    def destroy(self, id: int) -> None:  # noqa: A002 - the seed's word
        """Deletes an image for good.

        DELETE /v2/images/{image_id}. Token scope: image:delete.

        Args:
            id: The image's id.

        Raises:
            NotFoundError: There is no such image.
        """
        self._session.send(api.IMAGES_DELETE, {"image_id": check.image_id(id)})

    def transfer(
        self,
        id: int,  # noqa: A002 - the seed's word
        region: RegionSlug,
        wait: bool = False,
        poll: float = 5,
        timeout: float | None = 300,
        *,
        on_poll: Callable[[Action], object] | None = None,
    ) -> Action:
        """Copies an image to one more region.

        POST /v2/images/{image_id}/actions. Token scope: image:update, with `wait` image:read
        too. Never started twice: where the answer is lost, the image's actions are looked
        through for the one that this call started.

        Args:
            id: The image's id.
            region: The slug of the region, such as `nyc3`.
            wait: Return when the copy is done, not when it has begun.
            poll: Seconds between looks, at least 1.
            timeout: Seconds to wait in all, None for no limit.
            on_poll: Called with the action after each look that was answered.

        Raises:
            UnprocessableEntityError: The image is busy, or can't go there.
            ActionErroredError: The copy failed.
            ActionTimeoutError: It was not done in time; `.action` can be waited for again.
        """
        body = {"type": "transfer", "region": check.region_slug(region)}
        return self._act(id, body, wait, poll, timeout, on_poll)

    def transfer_many(
        self,
        id: int,  # noqa: A002 - the seed's word
        regions: Iterable[RegionSlug],
        wait: bool = False,
        poll: float = 5,
        timeout: float | None = 300,
        *,
        on_poll: Callable[[Action], object] | None = None,
    ) -> dict[str, Action]:
        """Copies an image to each of several regions where it is not yet.

        GET /v2/images/{image_id}, then POST /v2/images/{image_id}/actions for each region. Token
        scopes: image:read and image:update. A region that fails does not stop the others. With
        `wait`, a busy image is given its next transfer when the one before has ended.

        Args:
            id: The image's id.
            regions: The slugs of the regions; one that is given twice counts once.
            wait: Return when all copies are done, not when they have begun.
            poll: Seconds between looks, at least 1; one request looks at all regions.
            timeout: Seconds to wait in all, None for no limit.
            on_poll: Called with each action after each look that showed it.

        Returns:
            The actions by region, in the order given, without regions that have the image.

        Raises:
            ActionGroupError: Some regions failed; `.actions` are all that were started.
        """
        segments = {"image_id": check.image_id(id)}
        wanted = check.regions(regions)
        terms = self._terms(poll, timeout)
        wait = check.boolean("wait", wait)
        check.callback(on_poll)
        if not wanted:
            return {}
        reply = self._session.send(api.IMAGES_GET, segments)
        missing = [region for region in wanted if region not in reply.image.regions]
        watch = TransferWatch(id, missing, terms, on_poll, wait=wait)
        # What a wait will try again in its time need not be tried again here.
        session = self._session.single() if wait else self._session
        for ask in watch.starts():
            session.ask(watch, ask)
        if wait:
            self._session.watch(watch, watch.first_pause())
        return watch.by_region()

    def convert(
        self,
        id: int,  # noqa: A002 - the seed's word
        wait: bool = False,
        poll: float = 5,
        timeout: float | None = 300,
        *,
        on_poll: Callable[[Action], object] | None = None,
    ) -> Action:
        """Turns a backup into a snapshot, which is kept until it is destroyed.

        POST /v2/images/{image_id}/actions. Token scope: image:update, with `wait` image:read
        too. Never started twice, as `transfer`.

        Args:
            id: The backup's id.
            wait: Return when it is done, not when it has begun.
            poll: Seconds between looks, at least 1.
            timeout: Seconds to wait in all, None for no limit.
            on_poll: Called with the action after each look that was answered.

        Raises:
            UnprocessableEntityError: The image is busy, or no backup.
            ActionErroredError: The conversion failed.
            ActionTimeoutError: It was not done in time; `.action` can be waited for again.
        """
        return self._act(id, {"type": "convert"}, wait, poll, timeout, on_poll)

    def _act(
        self,
        id: int,  # noqa: A002 - the seed's word
        body: dict[str, str],
        wait: bool,
        poll: float,
        timeout: float | None,
        on_poll: Callable[[Action], object] | None,
    ) -> Action:
        image = check.image_id(id)
        terms = self._terms(poll, timeout)
        wait = check.boolean("wait", wait)
        check.callback(on_poll)
        action = self._session.start(image, body)
        if not wait:
            return action
        watch = ActionWatch([action], terms, on_poll, id)
        self._session.watch(watch, watch.first_pause())
        return watch.only()

    def wait(
        self,
        image: Image,
        poll: float = 5,
        timeout: float | None = 300,
        *,
        on_poll: Callable[[Image], object] | None = None,
    ) -> Image:
        """Waits until a custom image is available; one that is already costs no request.

        GET /v2/images/{image_id}. Token scope: image:read. A 404 is waited out until the image
        was seen for the first time.

        Args:
            image: As `create` returned it, or as an `ImageTimeoutError` holds it.
            poll: Seconds between looks, at least 1.
            timeout: Seconds to wait in all, None for no limit.
            on_poll: Called with the image after each look that was answered.

        Raises:
            ImageImportError: The import failed; the text says why.
            ImageTimeoutError: The image was not available in time.
        """
        watch = ImageWatch(check.an(Image, image), self._terms(poll, timeout), on_poll)
        check.callback(on_poll)
        age = watch.age(self._session.server_time())
        self._session.watch(watch, watch.first_pause(age))
        return watch.result()

    def action_iter(self, id: int) -> Iterator[Action]:  # noqa: A002 - the seed's word
        """An image's actions one by one, newest first, a page of 200 when it is needed.

        GET /v2/images/{image_id}/actions. Token scope: image:read.

        Args:
            id: The image's id.

        Raises:
            NotFoundError: There is no such image.
        """
        return self._each_action({"image_id": check.image_id(id)})

    def _each_action(self, segments: dict[str, str]) -> Iterator[Action]:
        for page in Pages(self._session, api.IMAGE_ACTIONS_LIST, _actions, segments, {}).each():
            for action in page:
                yield action

    def action_info(self, id: int, action_id: int) -> Action:  # noqa: A002 - the seed's word
        """One action of an image.

        GET /v2/images/{image_id}/actions/{action_id}. Token scope: image:read.

        Args:
            id: The image's id.
            action_id: The action's id.

        Raises:
            NotFoundError: There is no such image, or it has no such action.
        """
        segments = {"image_id": check.image_id(id), "action_id": check.action_id(action_id)}
        reply = self._session.send(api.IMAGE_ACTIONS_GET, segments)
        return reply.action

    def account_transfer(
        self,
        id: int,  # noqa: A002 - the seed's word
        *,
        recipient_email: str | None = None,
        recipient_uuid: str | None = None,
    ) -> int:
        """Offers an image to another account or team.

        POST /v2/images/{image_id}/account_transfer. Token scopes: image:update and image:delete.
        Sent once: where the answer is lost, the error says that the offer may stand.

        Args:
            id: The image's id.
            recipient_email: The e-mail address of the other account.
            recipient_uuid: Its UUID, in place of the address.

        Returns:
            The id of the account transfer, 0 where it was accepted at once.

        Raises:
            ValueError: Not exactly one recipient is given.
            NotFoundError: There is no such image.
        """
        segments = {"image_id": check.image_id(id)}
        body = check.account_transfer_body(
            recipient_email=recipient_email, recipient_uuid=recipient_uuid
        )
        reply = self._session.send_unsafe(api.ACCOUNT_TRANSFER_START, segments, body)
        return reply.transfer_id

    def accept_account_transfer(
        self,
        id: int,  # noqa: A002 - the seed's word
        transfer_id: int,
        recipient_uuid: str,
    ) -> None:
        """Takes an image that another account offers.

        POST /v2/images/{image_id}/account_transfer/accept. Token scope: image:create.

        Args:
            id: The image's id.
            transfer_id: What `account_transfer` returned to the other side.
            recipient_uuid: The UUID of the account that takes it.

        Raises:
            NotFoundError: There is no such offer.
        """
        body = {
            "transfer_id": check.transfer_id(transfer_id),
            "recipient_uuid": check.uuid(recipient_uuid),
        }
        segments = {"image_id": check.image_id(id)}
        self._session.send_unsafe(api.ACCOUNT_TRANSFER_ACCEPT, segments, body)

    def decline_account_transfer(self, id: int, transfer_id: int) -> None:  # noqa: A002 - the seed's word
        """Refuses an image that another account offers.

        POST /v2/images/{image_id}/account_transfer/decline. Token scope: image:create.

        Args:
            id: The image's id.
            transfer_id: What `account_transfer` returned to the other side.

        Raises:
            NotFoundError: There is no such offer.
        """
        body = {"transfer_id": check.transfer_id(transfer_id)}
        segments = {"image_id": check.image_id(id)}
        self._session.send_unsafe(api.ACCOUNT_TRANSFER_DECLINE, segments, body)

    def cancel_account_transfer(self, id: int, transfer_id: int) -> None:  # noqa: A002 - the seed's word
        """Takes back the offer of an image to another account.

        POST /v2/images/{image_id}/account_transfer/cancel. Token scope: image:update.

        Args:
            id: The image's id.
            transfer_id: What `account_transfer` returned.

        Raises:
            NotFoundError: There is no such offer.
        """
        body = {"transfer_id": check.transfer_id(transfer_id)}
        segments = {"image_id": check.image_id(id)}
        self._session.send_unsafe(api.ACCOUNT_TRANSFER_CANCEL, segments, body)

    def _terms(self, poll: float, timeout: float | None) -> WaitOptions:
        return WaitOptions.checked(self._session.connection.clock, poll, timeout)

    # What follows stands last: in a class body, annotations after a method called `list` would
    # mean the method.

    def action_list(self, id: int) -> list[Action]:  # noqa: A002 - the seed's word
        """All actions of an image, newest first.

        GET /v2/images/{image_id}/actions, every page. Token scope: image:read.

        Args:
            id: The image's id.

        Raises:
            NotFoundError: There is no such image.
        """
        segments = {"image_id": check.image_id(id)}
        pages = Pages(self._session, api.IMAGE_ACTIONS_LIST, _actions, segments, {})
        # Some editors go by this annotation: to them that of the method means `self.list`.
        found: list[Action] = pages.all()
        return found

    def list(
        self,
        type: ImageKind | None = None,  # noqa: A002 - the API's word
        private: bool | None = None,
        *,
        tag_name: str | None = None,
    ) -> list[Image]:
        """All images, every page of them, public ones included unless `private` is true.

        GET /v2/images. Token scope: image:read.

        Args:
            type: Only `distribution` or `application` images.
            private: True for the account's own images only.
            tag_name: Only images with this tag.

        Raises:
            APIError: A page could not be had.
        """
        query = check.list_query(type, private, tag_name)
        pages = Pages(self._session, api.IMAGES_LIST, _images, {}, query)
        found: list[Image] = pages.all()  # for editors, as in `action_list`
        return found

"""Transfers, conversions, and the actions of an image: a part of `do.image`."""

from collections.abc import AsyncIterator, Callable, Iterable
from typing import TypeAlias

from do_images._async.driver import AsyncResource
from do_images._core import arguments as check
from do_images._core import requests
from do_images._core.pagination import Listing, actions_of
from do_images._core.starts import Start
from do_images._core.waits.options import WaitOptions, wait_options
from do_images.models import Action, ActionsResponse, Image, RegionSlug

__all__ = ["AsyncImageActions"]

ActionList: TypeAlias = list[Action]


class AsyncImageActions(AsyncResource):
    """The methods of `do.image` that start actions and read them."""

    async def transfer(
        self,
        id: int | Image,
        region: RegionSlug,
        wait: bool = False,
        poll: float = 5,
        timeout: float | None = 300,
        *,
        on_poll: Callable[[Action], object] | None = None,
    ) -> Action:
        """Copy an image to one more region.

        POST /v2/images/{image_id}/actions. Token scope: image:update, with `wait` image:read
        too. Never started twice: where the response is lost, the image's actions are read to find
        the one that this call started.

        Args:
            id: The image, or its id.
            region: The slug of the region, such as `nyc3`.
            wait: Return when the copy is complete, not when it has begun. A busy image is tried
                again until the timeout.
            poll: Seconds between polls, at least 1.
            timeout: Seconds that the whole call may wait, None for no limit.
            on_poll: Called with the action after each answered poll.

        Raises:
            UnprocessableEntityError: The image is busy, or can't be copied there.
            ActionErroredError: The copy failed.
            ActionTimeoutError: It was not complete before the timeout; hand its `.action` to
                `do.action.wait` to resume.
        """
        wanted = Start(int(check.image_id(id)), "transfer", check.region_slug(region))
        return await self._act(wanted, self._options(poll, timeout, on_poll, wait=wait))

    async def transfer_many(
        self,
        id: int | Image,
        regions: Iterable[RegionSlug],
        wait: bool = False,
        poll: float = 5,
        timeout: float | None = 300,
        *,
        on_poll: Callable[[Action], object] | None = None,
    ) -> dict[str, Action]:
        """Copy an image to each of several regions that lack it.

        GET /v2/images/{image_id} and its actions, then POST /v2/images/{image_id}/actions for each
        region. Token scopes: image:read and image:update. Transfers in progress to a wanted region
        are adopted, whoever started them, so that a job can simply be run again. A region that
        fails does not stop the others.

        Args:
            id: The image, or its id.
            regions: The slugs of the regions; one that is given twice counts once.
            wait: Return when all copies are complete, not when they have begun.
            poll: Seconds between polling rounds, at least 1; one request shows all regions.
            timeout: Seconds that the whole call may wait, None for no limit.
            on_poll: Called with each action after each poll that showed it.

        Returns:
            The actions by region, in the order given, without regions that had the image.

        Raises:
            ActionGroupError: Some regions failed: `.failures` by region, `.actions` that were
                started, and the regions `.present` from the beginning.
        """
        from do_images._core.waits.transfers import transfer_many

        image = int(check.image_id(id))
        wanted = check.regions(regions)
        options = self._options(poll, timeout, on_poll, wait=wait)
        return await self._driver.run(transfer_many(self._driver.session, image, wanted, options))

    async def convert(
        self,
        id: int | Image,
        wait: bool = False,
        poll: float = 5,
        timeout: float | None = 300,
        *,
        on_poll: Callable[[Action], object] | None = None,
    ) -> Action:
        """Turn a backup into a snapshot, which is kept until it is destroyed.

        POST /v2/images/{image_id}/actions. Token scope: image:update, with `wait` image:read
        too. Never started twice, as `transfer`.

        Args:
            id: The backup, or its id.
            wait: Return when it is converted, not when that has begun. A busy image is tried
                again until the timeout.
            poll: Seconds between polls, at least 1.
            timeout: Seconds that the whole call may wait, None for no limit.
            on_poll: Called with the action after each answered poll.

        Raises:
            UnprocessableEntityError: The image is busy, or no backup.
            ActionErroredError: The conversion failed.
            ActionTimeoutError: It was not complete before the timeout; hand its `.action` to
                `do.action.wait` to resume.
        """
        wanted = Start(int(check.image_id(id)), "convert")
        return await self._act(wanted, self._options(poll, timeout, on_poll, wait=wait))

    async def _act(self, wanted: Start, options: WaitOptions[Action]) -> Action:
        from do_images._core.waits.transfers import act

        return await self._driver.run(act(self._driver.session, wanted, options))

    def _options(
        self,
        poll: float,
        timeout: float | None,
        on_poll: Callable[[Action], object] | None,
        *,
        wait: bool,
    ) -> WaitOptions[Action]:
        return wait_options(self._driver.session.clock, poll, timeout, on_poll, wait=wait)

    async def action_list(self, id: int | Image) -> ActionList:
        """Return all actions of an image, newest first.

        GET /v2/images/{image_id}/actions, every page. Token scope: image:read.

        Args:
            id: The image, or its id.

        Raises:
            NotFoundError: There is no such image.
        """
        return await self._driver.run(self._actions(id).all())

    def action_iter(self, id: int | Image) -> AsyncIterator[Action]:
        """Iterate over the actions of an image, newest first, a page of 200 at a time.

        GET /v2/images/{image_id}/actions. Token scope: image:read.

        Args:
            id: The image, or its id.

        Raises:
            NotFoundError: There is no such image.
        """
        return self._items(self._actions(id))

    def _actions(self, image: int | Image) -> Listing[ActionsResponse, Action]:
        request = requests.list_image_actions(image)
        return Listing(self._driver.session, request, actions_of)

    async def action_info(self, id: int | Image, action_id: int) -> Action:
        """Return one action of an image.

        GET /v2/images/{image_id}/actions/{action_id}. Token scope: image:read.

        Args:
            id: The image, or its id.
            action_id: The id of the action.

        Raises:
            NotFoundError: There is no such image, or it has no such action.
        """
        response = await self._call(requests.get_image_action(id, action_id))
        return response.action

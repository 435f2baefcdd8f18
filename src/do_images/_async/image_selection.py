"""Selecting images, and deleting several: a part of `do.image`."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from re import Pattern

from do_images._async.driver import AsyncResource
from do_images._core import arguments as check
from do_images._core.prune_result import PruneResult
from do_images.models import Distribution, Image, ImageStatus, ImageType, RegionSlug

__all__ = ["AsyncImageSelection"]


class AsyncImageSelection(AsyncResource):
    """The methods of `do.image` that select images, and that delete several."""

    async def find(
        self,
        name: str | Pattern[str] | None = None,
        *,
        type: ImageType | None = None,
        distribution: Distribution | None = None,
        region: RegionSlug | None = None,
        tag_name: str | None = None,
        status: ImageStatus | None = None,
        public: bool | None = False,
        newer_than: datetime | timedelta | None = None,
        older_than: datetime | timedelta | None = None,
    ) -> list[Image]:
        """Return the images that match every filter, newest first.

        GET /v2/images with the filter that leaves the fewest, every page. Token scope: image:read.

        The account's own images come first, newest first. Then come base images, by distribution
        from A to Z and the highest version first, whatever was rebuilt last; then all others,
        newest first.

        Args:
            name: A shell pattern such as `web-*`, case-sensitive, or a regular expression that is
                searched. Of base images, whose names lack the distribution, also `Ubuntu 24.04*`
                and the slug match.
            type: The type of an image, such as `snapshot`; not one of `list`'s kinds.
            distribution: Such as `Ubuntu`; case does not matter.
            region: Only images that are available there.
            tag_name: Only images with this tag.
            status: Such as `available`; None leaves out `deleted` and `retired`.
            public: False for the account's own images, True for DigitalOcean's, None for all.
            newer_than: Created after this aware `datetime`, or less than a `timedelta` ago by the
                server's clock.
            older_than: Created before it, or longer ago.

        Raises:
            ValueError: A filter is empty or invalid, a time is naive, or `type` is a kind of the
                API's filter.
            APIError: A page could not be read.
        """
        from do_images._core.selection import find_all, selection

        wanted = selection(
            name=name,
            type=type,
            distribution=distribution,
            region=region,
            tag_name=tag_name,
            status=status,
            public=public,
            newer_than=newer_than,
            older_than=older_than,
        )
        return await self._driver.run(find_all(self._driver.session, wanted))

    async def latest(
        self,
        name: str | Pattern[str] | None = None,
        *,
        type: ImageType | None = None,
        distribution: Distribution | None = None,
        region: RegionSlug | None = None,
        tag_name: str | None = None,
        status: ImageStatus | None = None,
        public: bool | None = False,
        newer_than: datetime | timedelta | None = None,
        older_than: datetime | timedelta | None = None,
    ) -> Image:
        """Return the newest matching image: the first that `find` returns.

        GET /v2/images with the filter that leaves the fewest, every page. Token scope: image:read.
        `latest(distribution="Ubuntu", public=True)` is the highest version of Ubuntu.

        Args:
            name: As for `find`.
            type: As for `find`.
            distribution: As for `find`.
            region: As for `find`.
            tag_name: As for `find`.
            status: As for `find`.
            public: As for `find`.
            newer_than: As for `find`.
            older_than: As for `find`.

        Raises:
            NoMatchError: No image matches; the text has the filters, how many images there were,
                and the nearest names.
            ValueError: As for `find`.
            APIError: A page could not be read.
        """
        from do_images._core.selection import find_latest, selection

        wanted = selection(
            name=name,
            type=type,
            distribution=distribution,
            region=region,
            tag_name=tag_name,
            status=status,
            public=public,
            newer_than=newer_than,
            older_than=older_than,
        )
        return await self._driver.run(find_latest(self._driver.session, wanted))

    async def destroy_many(self, ids: Iterable[int | Image]) -> list[int]:
        """Delete images in every region, several at once and at most 200 in a minute.

        DELETE /v2/images/{image_id} for each. Token scope: image:delete. An image that is gone
        already (404) counts as deleted. One that can't be deleted stops no other, but a response
        of 401 or 403 does: nothing more is sent.

        Args:
            ids: The images, or their ids; one that is given twice counts once.

        Returns:
            The ids of the images that are gone, in the order given.

        Raises:
            ValueError: One of the images is public.
            ImageGroupError: Some were not deleted: `.failures` by id, and the ids `.destroyed`.
        """
        from do_images._core.deletion import deletable, destroy_many

        return await self._driver.run(destroy_many(self._driver.session, deletable(ids)))

    async def prune(
        self,
        name: str | Pattern[str],
        *,
        keep_last: int | None = None,
        keep_within: timedelta | None = None,
        keep_daily: int | None = None,
        keep_weekly: int | None = None,
        keep_monthly: int | None = None,
        keep_yearly: int | None = None,
        type: ImageType = "snapshot",
        region: RegionSlug | None = None,
        tag_name: str | None = None,
        dry_run: bool = False,
    ) -> PruneResult:
        """Delete the account's own images that no rule keeps, in every region.

        GET /v2/images?private=true, every page, then DELETE /v2/images/{image_id} for each that
        goes. Token scopes: image:read and image:delete.

        Only `available` images of the given type whose name matches are looked at, never a public
        one. The rules are those of restic's `forget`: an image stays if any of them keeps it. They
        apply to all matches together, and at least one is needed. Running it again does no harm.

        Args:
            name: A shell pattern such as `nightly-*`, case-sensitive, or a regular expression that
                is searched.
            keep_last: Keep so many newest images.
            keep_within: Keep the images of so much time before now by the server's clock, or before
                the newest match if that is earlier.
            keep_daily: Keep the newest image of each of the last so many days, in UTC, that have
                one.
            keep_weekly: The same for ISO weeks.
            keep_monthly: The same for months.
            keep_yearly: The same for years.
            type: The type of the images.
            region: Only images that are available there; they are deleted everywhere.
            tag_name: Only images with this tag.
            dry_run: Delete nothing, and return what would be kept and deleted.

        Returns:
            The images that were kept, each with the rules that keep it, and those that were
            deleted.

        Raises:
            ValueError: No rule keeps anything, or an argument is invalid.
            ImageGroupError: Some were not deleted: `.failures` by id, and the ids `.destroyed`.
        """
        from do_images._core.deletion import prune
        from do_images._core.retention import retention
        from do_images._core.selection import prune_selection

        matches = prune_selection(name=name, type=type, region=region, tag_name=tag_name)
        rules = retention(
            keep_last=keep_last,
            keep_within=keep_within,
            keep_daily=keep_daily,
            keep_weekly=keep_weekly,
            keep_monthly=keep_monthly,
            keep_yearly=keep_yearly,
        )
        only_say = check.boolean("dry_run", dry_run)
        return await self._driver.run(prune(self._driver.session, matches, rules, dry_run=only_say))

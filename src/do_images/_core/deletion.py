"""Deleting several images: those that are given, or those that no rule keeps."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import cast

from do_images._core import arguments as check
from do_images._core.failures import with_context
from do_images._core.flows import call
from do_images._core.prune_result import PruneResult
from do_images._core.requests import delete_image
from do_images._core.retention import Retention
from do_images._core.selection import Selection, find_all, server_now
from do_images._core.session import Session
from do_images._core.steps import Flow, gather, sleep
from do_images.errors import (
    APIError,
    AuthenticationError,
    DOImagesError,
    ImageGroupError,
    NotFoundError,
    PermissionDeniedError,
)
from do_images.models import Image

__all__ = ["deletable", "destroy_many", "prune"]


def deletable(images: object) -> dict[int, Image | None]:
    """Return images by id, where only an id is known without the image.

    A public image is DigitalOcean's, and not to be deleted.
    """
    if isinstance(images, (str, bytes, Image)) or not isinstance(images, Iterable):
        raise TypeError("ids must be an iterable of ids or images, such as [7555620, 7555621]")
    by_id: dict[int, Image | None] = {}
    for given in cast("Iterable[object]", images):
        image = given if isinstance(given, Image) else None
        if image is not None and image.public:
            raise ValueError(f"image {image.id} ({image.name}) is public: it can't be deleted")
        id_ = int(check.image_id(given))
        by_id[id_] = image or by_id.get(id_)
    return by_id


def prune(
    session: Session, selection: Selection, rules: Retention, *, dry_run: bool
) -> Flow[PruneResult]:
    """Delete the selected images that no rule keeps; with `dry_run` only say which."""
    images = yield from find_all(session, selection)
    result = rules.apply(images, server_now(session))
    if not dry_run:
        yield from destroy_many(session, {image.id: image for image in result.deleted})
    return result


def destroy_many(session: Session, images: Mapping[int, Image | None]) -> Flow[list[int]]:
    """Delete images several at once, as fast as the limit of a minute allows.

    A failure stops no other deletion, unless it is one of the token.
    """
    ids = list(images)
    deletions = _Deletions(session, ids)
    try:
        outcomes = yield from gather(deletions.flows(), min(len(ids), session.page_concurrency))
    finally:
        deletions.is_stopped = True
    failures: dict[int, DOImagesError] = {}
    for place, id_ in enumerate(ids):
        error = outcomes[place] if place < len(outcomes) else deletions.refusal
        if error is not None:
            image = images[id_]
            name = f" ({image.name})" if image else ""
            subject = f"image {id_}{name} was not deleted"
            failures[id_] = with_context(error, subject=subject, image=image)
    destroyed = [id_ for id_ in ids if id_ not in failures]
    if failures:
        raise ImageGroupError(
            f"{len(failures)} of {len(ids)} images were not deleted",
            list(failures.values()),
            failures=failures,
            destroyed=destroyed,
        )
    return destroyed


class _Deletions:
    """The deletions of one call, until the token is refused or the caller leaves."""

    def __init__(self, session: Session, ids: Sequence[int]) -> None:
        self._session = session
        self._ids = ids
        self.refusal: APIError | None = None
        self.is_stopped = False

    def flows(self) -> Iterator[Flow[None]]:
        for id_ in self._ids:
            if self.refusal is not None:
                return
            yield self._delete(id_)

    def _delete(self, id_: int) -> Flow[None]:
        clock, limiter = self._session.clock, self._session.limiter
        while pause := limiter.acquire(clock.monotonic()):
            yield from sleep(pause)
        try:
            if self.refusal is not None:
                raise self.refusal
            # A thread that waited for the limit may outlive the caller, who pressed Ctrl-C.
            if not self.is_stopped:
                yield from call(self._session, delete_image(id_))
        except NotFoundError:
            pass  # it is gone, whoever deleted it
        except (AuthenticationError, PermissionDeniedError) as error:
            self.refusal = error
            raise
        finally:
            limiter.release()

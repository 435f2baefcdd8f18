"""Waiting until an image is available."""

from do_images._core import retry
from do_images._core.failures import with_context
from do_images._core.flows import call_unsafe
from do_images._core.recovery import may_start_later
from do_images._core.requests import Request
from do_images._core.session import Session
from do_images._core.steps import Flow
from do_images._core.waits.actions import timeout_error
from do_images._core.waits.options import WaitOptions
from do_images._core.waits.polling import Poller, Wait, persist, poll_until_done, read
from do_images._core.waits.refusals import Refusals
from do_images._endpoints import IMAGES_GET
from do_images.errors import (
    APIError,
    DOImagesError,
    ImageError,
    ImageImportError,
    ImageTimeoutError,
)
from do_images.models import Image, ImageResponse

__all__ = ["create", "wait_for_image"]


class ImageWait(Wait[Image]):
    """Waits until an image is available."""

    def __init__(
        self, session: Session, image: Image, options: WaitOptions[Image], *, is_shown: bool
    ) -> None:
        """`is_shown` says that a response to the same request has shown the image."""
        self._session = session
        self._options = options
        self.image = image
        self.error: DOImagesError | None = None
        self._last_error: APIError | None = None
        self._refusals = Refusals(session, image.created_at.timestamp())
        if is_shown:
            self._refusals.answered()
        self._update(image)

    def _update(self, image: Image) -> None:
        self.image = image
        status = (image.status or "").lower()
        self._is_available = status == "available"
        reason = image.error_message
        if status == "deleted" or (reason and status not in {"available", "new", "pending"}):
            text = f"{_name(image)}: import failed: {reason or 'the API gives no reason'}"
            self.error = ImageImportError(text, image=image)
        elif status == "retired":
            text = f"{_name(image)} is retired: it can't become available any more"
            self.error = ImageError(text, image=image)

    @property
    def subject(self) -> str:
        return f"image {self.image.id}"

    def age(self) -> float:
        return self._session.server_time() - self.image.created_at.timestamp()

    def finished(self) -> bool:
        return self._is_available or self.error is not None

    def round(self, poller: Poller[Image]) -> Flow[None]:
        (outcome,) = yield from poller.poll([_request(self.image.id)])
        if outcome is None:
            return
        if isinstance(outcome, APIError):
            self._last_error = outcome
            if not retry.is_transient(outcome) and self._refusals.is_final(outcome):
                self.error = with_context(outcome, subject=_name(self.image), image=self.image)
            return
        self._last_error = None
        self._refusals.answered()
        self._update(outcome.image)
        if self._options.on_poll is not None:
            self._options.on_poll(outcome.image)

    def time_out(self, *, slowed: bool) -> None:
        status = self.image.status or "not available"
        text = f"{_name(self.image)} is still {status} {self._options.after()}"
        error = ImageTimeoutError(text, image=self.image)
        self.error = timeout_error(error, self._last_error, slowed=slowed)


def wait_for_image(
    session: Session, image: Image | int, options: WaitOptions[Image], *, is_fresh: bool = False
) -> Flow[Image]:
    """Wait until an image is available.

    Of a mere id, the image is read first; `is_fresh` says that this has just been done.
    """
    is_shown = isinstance(image, int)
    if isinstance(image, int):
        image = (yield from read(session, _request(image), options)).image
    is_fresh = is_fresh or is_shown
    wait = ImageWait(session, image, options, is_shown=is_shown)
    first_pause = options.first_pause(None if is_fresh else wait.age())
    yield from poll_until_done(session, wait, options, first_pause)
    if wait.error is not None:
        raise wait.error
    return wait.image


def create(
    session: Session, request: Request[ImageResponse], options: WaitOptions[Image]
) -> Flow[Image]:
    """Import a custom image, and wait until it is available if the options say so."""

    def post() -> Flow[ImageResponse]:
        return call_unsafe(session, request, retries=not options.wait)

    if not options.wait:
        response = yield from post()
        return response.image
    response = yield from persist(post, options, may_start_later)
    return (yield from wait_for_image(session, response.image, options, is_fresh=True))


def _request(id_: int) -> Request[ImageResponse]:
    return Request(IMAGES_GET, f"/v2/images/{id_}")


def _name(image: Image) -> str:
    """Return what an error calls the image."""
    return f"image {image.id} ({image.name})"

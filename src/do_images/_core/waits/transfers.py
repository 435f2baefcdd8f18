"""Starting actions and waiting for them: one, or transfers of an image to several regions."""

from collections.abc import Iterable

from do_images._base import ModelT
from do_images._core import retry
from do_images._core.failures import with_context
from do_images._core.flows import call, call_once
from do_images._core.pagination import FIRST_PAGE
from do_images._core.recovery import may_start_later, start
from do_images._core.requests import Request
from do_images._core.session import Session
from do_images._core.starts import Start, action_region
from do_images._core.steps import Flow
from do_images._core.waits.actions import ActionWait, has_ended
from do_images._core.waits.options import WaitOptions
from do_images._core.waits.polling import Poller, Wait, persist, poll_until_done, read
from do_images._endpoints import IMAGE_ACTIONS_LIST, IMAGES_GET
from do_images.errors import (
    ActionGroupError,
    APIError,
    ConflictError,
    DOImagesError,
    RateLimitError,
    UnprocessableEntityError,
)
from do_images.models import Action

__all__ = ["act", "transfer_many"]

# What the API may respond where the image or its transfer is there already.
_REFUSED = (ConflictError, UnprocessableEntityError)

# The most starts that may be refused in one round: the regions after these come next time.
_REFUSALS = 3
# How often a survey is tried once transfers may be running.
_LOOKS = 2
# Seconds after which a busy image is tried again although none of our transfers has ended.
_RETRY_BUSY = 60.0


def act(session: Session, wanted: Start, options: WaitOptions[Action]) -> Flow[Action]:
    """Start an action, and wait until it has completed if the options say so."""
    if not options.wait:
        return (yield from start(session, wanted))
    action = yield from persist(
        lambda: start(session, wanted, options, retries=False), options, may_start_later
    )
    wait = ActionWait(session, options)
    wait.add(action, image=wanted.image, region=wanted.region, is_new=True)
    yield from poll_until_done(session, wait, options, options.first_pause())
    return wait.only()


def transfer_many(
    session: Session, image: int, regions: Iterable[str], options: WaitOptions[Action]
) -> Flow[dict[str, Action]]:
    """Start a transfer to each region that lacks the image; wait for all if the options say so."""
    wait = TransferWait(session, image, regions, options)
    if wait.finished():
        return {}
    yield from wait.survey()
    yield from wait.start_queued()
    if options.wait:
        yield from poll_until_done(session, wait, options, options.first_pause())
    return wait.by_region()


class TransferWait(Wait[Action]):
    """Starts a transfer to each of several regions, and waits for all of them."""

    def __init__(
        self, session: Session, image: int, regions: Iterable[str], options: WaitOptions[Action]
    ) -> None:
        self._session = session
        self.options = options
        self._image = image
        self._regions = list(regions)
        self._queue = list(self._regions)
        self._actions = ActionWait(session, options)
        self._ids: dict[str, int] = {}
        self._present: list[str] = []
        self._failures: dict[str, DOImagesError] = {}
        # The newest refusal of each region that is tried again.
        self._refusals: dict[str, APIError] = {}
        self._running = 0
        self._has_begun = False
        self._next_try = float("-inf")

    @property
    def subject(self) -> str:
        return f"transfers of image {self._image} to {len(self._regions)} region(s)"

    @property
    def width(self) -> int:
        return self._actions.width + min(len(self._queue), _REFUSALS)

    def age(self) -> float | None:
        return self._actions.age()

    def finished(self) -> bool:
        return self._actions.finished() and not self._queue

    def round(self, poller: Poller[Action]) -> Flow[None]:
        if not self._actions.finished():
            yield from self._actions.round(poller)
        if self.options.expired():
            if self._queue:
                yield from self._look_again()
        elif self._queue and self._is_due():
            yield from self.start_queued()

    def _is_due(self) -> bool:
        """Return whether a start may succeed: an image may take one transfer at a time."""
        running = self._actions.running
        if running == 0 or running != self._running:
            return True
        refusals = [self._refusals.get(region) for region in self._queue]
        is_busy = all(refusal is not None and retry.is_busy(refusal) for refusal in refusals)
        return not is_busy or self._session.clock.monotonic() >= self._next_try

    def survey(self) -> Flow[None]:
        """Leave out the regions that have the image, and adopt transfers that are in progress."""
        yield from self._leave_out_present()
        if not self._queue:
            return
        path = f"/v2/images/{self._image}/actions"
        page = yield from self._read(Request(IMAGE_ACTIONS_LIST, path, FIRST_PAGE))
        has_completed = False
        for action in page.actions:
            region = action_region(action)
            if action.type != "transfer" or region not in self._queue:
                continue
            if has_ended(action):
                has_completed = has_completed or action.status.lower() == "completed"
            else:
                self._session.starts.claim(action, self._image)
                self._add(region, action)
        if has_completed:
            # It may have completed after the image was read.
            yield from self._leave_out_present()

    def _leave_out_present(self) -> Flow[None]:
        response = yield from self._read(Request(IMAGES_GET, f"/v2/images/{self._image}"))
        self._present += [region for region in self._queue if region in response.image.regions]
        self._queue = [region for region in self._queue if region not in self._present]

    def _read(self, request: Request[ModelT]) -> Flow[ModelT]:
        """Send one GET, as a part of the wait where there is one."""
        session, options = self._session, self.options
        if not options.wait:
            return (yield from call(session, request))
        if not self._has_begun:
            return (yield from read(session, request, options))
        # Transfers are running, whose polls must not wait for this.
        request = request.within(options.request_timeout(options.poll_timeout))
        return (yield from call_once(session, request))

    def _add(self, region: str, action: Action, *, is_new: bool = False) -> None:
        self._queue.remove(region)
        self._refusals.pop(region, None)
        self._ids[region] = action.id
        self._actions.add(action, image=self._image, region=region, is_new=is_new)

    def start_queued(self) -> Flow[None]:
        """Try to start the regions in the queue; those that are refused go to its end."""
        wait = self.options.wait
        self._has_begun = True
        refused: list[str] = []
        failed: dict[str, DOImagesError] = {}
        for region in tuple(self._queue):
            has_tried = bool(refused or failed or self._ids or self._refusals)
            if wait and (len(refused) == _REFUSALS or (has_tried and self.options.overdue())):
                break
            wanted = Start(self._image, "transfer", region)
            try:
                action = yield from start(
                    self._session, wanted, self.options if wait else None, retries=not wait
                )
            except APIError as error:
                if wait and may_start_later(error):
                    self._refusals[region] = error
                    refused.append(region)
                    if isinstance(error, RateLimitError):
                        break  # it may be meant for all regions
                else:
                    failed[region] = error
            else:
                self._add(region, action, is_new=True)
        self._queue = [region for region in self._queue if region not in refused] + refused
        self._running = self._actions.running
        self._next_try = self._session.clock.monotonic() + _RETRY_BUSY
        yield from self._fail(failed)

    def _fail(self, failed: dict[str, DOImagesError]) -> Flow[None]:
        """Give up regions whose start failed, unless the image or its transfer is there."""
        if any(isinstance(error, _REFUSED) for error in failed.values()):
            yield from self._look_again()
        for region, error in failed.items():
            if region in self._queue:
                self._queue.remove(region)
                self._refusals.pop(region, None)
                self._failures[region] = error

    def _look_again(self) -> Flow[None]:
        for _ in range(_LOOKS):
            try:
                yield from self.survey()
            except APIError as error:
                if not retry.is_transient(error):
                    return  # what is known stays as it is
            else:
                return

    def time_out(self, *, slowed: bool) -> None:
        self._actions.time_out(slowed=slowed)
        for region in self._queue:
            text = f"transfer to {region} not started {self.options.after()}"
            refusal = self._refusals.get(region)
            self._failures[region] = with_context(
                DOImagesError(f"image {self._image}: {text}") if refusal is None else refusal,
                subject=None if refusal is None else text,
                region=region,
            )
        self._queue.clear()

    def by_region(self) -> dict[str, Action]:
        """Return what was started, in its newest state and in the order of the regions."""
        newest, errors = self._actions.newest, self._actions.errors
        failures = {
            region: error
            for region in self._regions
            if (error := self._failures.get(region) or errors.get(self._ids.get(region, 0)))
        }
        if failures:
            raise ActionGroupError(
                f"image {self._image}: not all transfers succeeded",
                list(failures.values()),
                actions=list(newest.values()),
                failures=failures,
                present=[region for region in self._regions if region in self._present],
            )
        return {
            region: newest[self._ids[region]] for region in self._regions if region in self._ids
        }

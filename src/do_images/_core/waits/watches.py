"""What a wait asks next, when, and what it makes of the answers. No I/O, no clock of its own.

A `Watch` is driven from outside: `asks()` yields the requests of one tick, `answered` and `failed`
take in what came of each, and tenacity is given `pause`, `expired` and `give_up`.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Self, cast

from do_images._base import Model
from do_images._core import arguments as check
from do_images._core import retry
from do_images._core.clocks import Now
from do_images._core.failures import with_context
from do_images._core.rate_limiter import WINDOW
from do_images._core.waits.poll_requests import PollRequest, Target, account_page, plan, single
from do_images._endpoints import (
    ACTIONS_LIST,
    IMAGE_ACTIONS_CREATE,
    IMAGE_ACTIONS_LIST,
    IMAGES_GET,
)
from do_images.errors import (
    ActionErroredError,
    ActionGroupError,
    ActionTimeoutError,
    APIError,
    AuthenticationError,
    DOImagesError,
    ImageImportError,
    ImageTimeoutError,
    NotFoundError,
    PermissionDeniedError,
)
from do_images.models import (
    Action,
    ActionResponse,
    ActionsResponse,
    Image,
    ImageResponse,
    Region,
)

__all__ = [
    "ActionWatch",
    "ImageWatch",
    "TransferWatch",
    "WaitOptions",
    "Watch",
    "action_region",
]

# How long a look, of which the last is due at the deadline itself, may take beyond that.
_GRACE = 1.0
# No clock wakes anybody more exactly: less time than this is none.
_MOMENT = 0.001
# The most seconds that every system's sleeps and sockets can be told.
_LONGEST = 1e6
# What ends a wait at once, for all that a request should have shown.
_FINAL = (AuthenticationError, NotFoundError, PermissionDeniedError)
_ENDED = frozenset({"completed", "errored"})
# How many pages of other actions it may cost, for each action, to come to those sought.
_DEPTH = 0.1


@dataclass(slots=True)
class WaitOptions:
    """How long and how often to look; times are seconds by `clock`."""

    clock: Now
    poll: float
    timeout: float | None
    started: float = field(init=False)

    def __post_init__(self) -> None:
        self.started = self.clock.monotonic()

    @classmethod
    def checked(cls, clock: Now, poll: object, timeout: object) -> Self:
        """The terms that a user gives: looks are at least a second apart."""
        every = min(max(1.0, check.seconds("poll", poll)), _LONGEST)
        return cls(clock, every, None if timeout is None else check.seconds("timeout", timeout))

    def left(self) -> float | None:
        """Seconds until the timeout, 0 or below once it is over; None where there is none."""
        if self.timeout is None:
            return None
        left = self.started + self.timeout - self.clock.monotonic()
        return left if abs(left) > _MOMENT else 0.0

    def over(self) -> bool:
        """Whether the timeout has come."""
        left = self.left()
        return left is not None and left <= 0

    def after(self) -> str:
        """The time waited, for a message."""
        return f"after {self.clock.monotonic() - self.started:.0f} s"


class Watch(ABC):
    """The clockwork that all waits share."""

    def __init__(self, terms: WaitOptions) -> None:
        self.terms = terms
        self.trouble: APIError | None = None
        """The newest trouble that the wait has lived through since the last answer."""
        self._not_before = float("-inf")

    @abstractmethod
    def subject(self) -> str:
        """What is waited for, in words for the log."""

    @abstractmethod
    def asks(self) -> Iterator[PollRequest]:
        """The requests of one tick; what they showed so far decides what follows."""

    @abstractmethod
    def answered(self, ask: PollRequest, reply: Model) -> None:
        """Takes in an answer."""

    @abstractmethod
    def refused(self, ask: PollRequest, error: APIError) -> None:
        """Takes in an error that will not go away by itself."""

    @abstractmethod
    def finished(self) -> bool:
        """Whether there is nothing left to wait for."""

    @abstractmethod
    def time_out(self) -> None:
        """The timeout is over: what is still open becomes an error."""

    def failed(self, ask: PollRequest, error: APIError) -> None:
        """Takes in that a request failed: either it passes, or it is final."""
        if self.passes(error):
            self.trouble = error
            named = min(retry.named_wait(error) or 0.0, WINDOW)
            self._not_before = max(self._not_before, self.terms.clock.monotonic() + named)
        else:
            self.refused(ask, error)

    def passes(self, error: APIError) -> bool:
        """Whether the wait goes on in spite of the error."""
        return retry.transient(error)

    def limit(self) -> float | None:
        """Seconds that a request may take now; 0 once no more should be sent."""
        left = self.terms.left()
        return None if left is None else min(max(0.0, left + _GRACE), _LONGEST)

    def pause(self, _: object) -> float:
        """Seconds until the next tick: the last one falls due with the timeout."""
        pause = max(self.terms.poll, self._not_before - self.terms.clock.monotonic())
        left = self.terms.left()
        return pause if left is None else max(0.0, min(pause, left))

    def expired(self, _: object) -> bool:
        """Whether the timeout is over."""
        return self.terms.over()

    def give_up(self, _: object) -> bool:
        """Ends the wait at its timeout."""
        self.time_out()
        return True

    def first_pause(self, age: float | None = None) -> float:
        """Seconds until the first tick.

        What began `age` seconds ago was looked at then: the answer is still fresh for the
        rest of a poll.
        """
        pause = self.terms.poll if age is None else self.terms.poll - max(0.0, age)
        left = self.terms.left()
        return max(0.0, pause if left is None else min(pause, left))


class _Absences:
    """Actions that a list did not show.

    They are sought there again in the 2nd tick, the 4th, the 8th and so on: a list that lags is
    used when it has caught up, and one that never shows them costs next to nothing.
    """

    def __init__(self) -> None:
        self._times: dict[int, int] = {}
        self._until: dict[int, int] = {}

    def note(self, ids: Iterable[int], tick: int) -> None:
        """These were not shown in this tick."""
        for id_ in ids:
            times = self._times[id_] = self._times.get(id_, -1) + 1
            self._until[id_] = tick + 2**times

    def at(self, tick: int) -> set[int]:
        """Those that are not sought in a tick."""
        return {id_ for id_, until in self._until.items() if tick < until}


class ActionWatch(Watch):
    """Waits until each of several actions has ended."""

    def __init__(
        self,
        actions: Iterable[Action],
        terms: WaitOptions,
        on_poll: Callable[[Action], object] | None = None,
        image: int | None = None,
    ) -> None:
        """`image` is the one that all actions belong to, where that is known from elsewhere."""
        super().__init__(terms)
        self.newest: dict[int, Action] = {}
        self.errors: dict[int, DOImagesError] = {}
        self._on_poll = on_poll
        self._image = image
        self._pending: dict[int, Target] = {}
        self._seen: set[int] = set()
        self._tick = 0
        self._off_account = _Absences()
        self._off_image = _Absences()
        self._account = True
        self._more = False
        self._oldest = 0
        for action in actions:
            self.add(action)

    def add(self, action: Action) -> None:
        """One more action to wait for; of one that is known already, the end counts."""
        if action.id not in self.newest:
            self._pending[action.id] = Target(action.id, self._image or _image_of(action))
            self._update(action)
        elif action.id in self._pending and action.status in _ENDED:
            self._update(action)

    def _update(self, action: Action) -> None:
        self.newest[action.id] = action
        if action.status == "errored":
            error = ActionErroredError(f"{self.name(action)} errored", action=action)
            self.errors[action.id] = error
        if action.status in _ENDED:
            del self._pending[action.id]

    def name(self, action: Action) -> str:
        """What an error calls the action."""
        region = self.region(action)
        image = self._pending[action.id].image
        where = f" to {region}" if region and action.type == "transfer" else ""
        what = f" of image {image}" if image else ""
        return f"{action.type}{what}{where} (action {action.id})"

    def region(self, action: Action) -> str | None:
        """The slug of the region that an action is about."""
        return action_region(action)

    def subject(self) -> str:
        return f"{len(self._pending)} action(s)"

    def finished(self) -> bool:
        return not self._pending

    def age(self, now: float) -> float:
        """Seconds since the youngest action began, by the server's time `now`."""
        began = [
            action.started_at.timestamp()
            for action in self.newest.values()
            if action.id in self._pending and action.started_at is not None
        ]
        return now - max(began) if began else self.terms.poll

    def asks(self) -> Iterator[PollRequest]:
        """First the account's list, then those of images, then one by one what they don't show.

        So each action has its look in each tick, wherever it stands.
        """
        self._seen = set()
        self._tick += 1
        off_account = self._off_account.at(self._tick)
        off_image = self._off_image.at(self._tick)
        targets = list(self._pending.values())
        asked = plan(targets, account=self._account, off_account=off_account, off_image=off_image)
        pages = [ask for ask in asked if ask.endpoint is ACTIONS_LIST]
        if pages:
            yield from self._account_pages(pages)
            if self._account:
                self._off_account.note(self._missed(pages), self._tick)
        unseen = self._unseen(self._pending.keys())
        rest = [target for target in targets if target.id in unseen]
        asked = plan(rest, account=False, off_image=off_image)
        yield from asked
        missed = self._missed(ask for ask in asked if ask.endpoint is IMAGE_ACTIONS_LIST)
        self._off_image.note(missed, self._tick)
        yield from (single(self._pending[id_]) for id_ in missed)

    def _account_pages(self, planned: Sequence[PollRequest]) -> Iterator[PollRequest]:
        """The planned pages, and more while each goes on showing some of what is sought."""
        sought = set[int]().union(*(ask.expected_ids for ask in planned))
        page = 0
        while True:
            page += 1
            before = len(sought)
            self._more = False
            yield account_page(page, sought)
            sought = self._unseen(sought)
            if not self._more or not sought:
                return
            # Ids grow with time: so many newer actions may push ours down, but not for ever.
            near = self._oldest > max(sought) and page < len(sought) * _DEPTH
            fruitful = len(sought) < before and len(sought) > 1
            if not (page < len(planned) or fruitful or near):
                return

    def _unseen(self, ids: AbstractSet[int]) -> set[int]:
        """Those that are open still, and had no look in this tick."""
        return (self._pending.keys() & ids) - self._seen

    def _missed(self, asks: Iterable[PollRequest]) -> list[int]:
        """What should have been shown, and was not."""
        return [id_ for ask in asks for id_ in sorted(self._unseen(ask.expected_ids))]

    def answered(self, ask: PollRequest, reply: Model) -> None:
        self.trouble = None
        if isinstance(reply, ActionsResponse):
            self._more = bool(reply.links and reply.links.pages and reply.links.pages.next)
            shown = reply.actions
            self._oldest = min((action.id for action in shown), default=0)
        else:
            shown = [cast("ActionResponse", reply).action]
        for action in shown:
            if action.id in self._pending and action.id not in self._seen:
                self._seen.add(action.id)
                self._update(action)
                if self._on_poll is not None:
                    self._on_poll(action)

    def failed(self, ask: PollRequest, error: APIError) -> None:
        super().failed(ask, error)
        if self.trouble is error:
            # They had their look of this tick: a list that fails is no reason to ask singly.
            self._seen |= ask.expected_ids

    def refused(self, ask: PollRequest, error: APIError) -> None:
        if ask.endpoint is ACTIONS_LIST and not isinstance(error, AuthenticationError):
            self._account = False  # each action is asked for through its image
            return
        if ask.endpoint is IMAGE_ACTIONS_LIST and not isinstance(error, _FINAL):
            return  # one of the others on the list may be at fault: each is asked for singly
        for id_ in sorted(ask.expected_ids & self._pending.keys()):
            self.errors[id_] = with_context(
                error, subject=self.name(self.newest[id_]), action=self.newest[id_]
            )
            del self._pending[id_]

    def time_out(self) -> None:
        for id_ in self._pending:
            action = self.newest[id_]
            error = ActionTimeoutError(
                f"{self.name(action)} is still {action.status} {self.terms.after()}", action=action
            )
            error.__cause__ = self.trouble
            self.errors[id_] = error
        self._pending.clear()

    def only(self) -> Action:
        """The one action that was waited for, completed."""
        for error in self.errors.values():
            raise error
        return next(iter(self.newest.values()))

    def all(self, actions: Iterable[Action]) -> list[Action]:
        """All that were waited for, in the order given."""
        self.raise_group("not all actions completed", list(self.errors.values()))
        return [self.newest[action.id] for action in actions]

    def raise_group(self, message: str, errors: Sequence[DOImagesError]) -> None:
        """One error for all that failed, if any did."""
        if errors:
            raise ActionGroupError(message, errors, actions=list(self.newest.values()))


class TransferWatch(ActionWatch):
    """Starts a transfer to each of several regions, and waits for all of them."""

    def __init__(
        self,
        image: int,
        regions: Iterable[str],
        terms: WaitOptions,
        on_poll: Callable[[Action], object] | None,
        *,
        wait: bool,
    ) -> None:
        super().__init__((), terms, on_poll, image)
        self.started: dict[str, Action] = {}
        self.unstarted: dict[str, DOImagesError] = {}
        self._queue = list(regions)
        self._wait = wait
        self._segments = {"image_id": str(image)}
        self._later: APIError | None = None
        self._running = 0

    def finished(self) -> bool:
        return not self._pending and not self._queue

    def region(self, action: Action) -> str | None:
        """That for which we started it: an answer may leave it out."""
        regions = (region for region, mine in self.started.items() if mine.id == action.id)
        return next(regions, None)

    def asks(self) -> Iterator[PollRequest]:
        yield from super().asks()
        # A busy image takes the next transfer when one of ours ends, or someone else's does.
        busy = self._later is not None and retry.busy(self._later) and bool(self._pending)
        if not self.terms.over() and not (busy and len(self._pending) == self._running):
            yield from self.starts()

    def starts(self) -> Iterator[PollRequest]:
        """One try to start each region that waits for its turn, until one has to wait longer."""
        self._later = None
        for region in tuple(self._queue):
            # Tries that take long and fail must not use up more than the time that there is.
            late = self._wait and self.unstarted and self.terms.over()
            if late or self._later is not None:
                break
            yield PollRequest(IMAGE_ACTIONS_CREATE, self._segments, frozenset(), None, region)
        self._running = len(self._pending)

    def answered(self, ask: PollRequest, reply: Model) -> None:
        if ask.region is None:
            super().answered(ask, reply)
            return
        self.trouble = None
        self._queue.remove(ask.region)
        self.started[ask.region] = action = cast("ActionResponse", reply).action
        self.add(action)

    def failed(self, ask: PollRequest, error: APIError) -> None:
        if ask.region is None:
            super().failed(ask, error)
            return
        later = retry.busy(error) or (retry.transient(error) and retry.not_executed(error))
        if self._wait and later:
            self._later = error
            super().failed(ask, error)
        else:
            self.refused(ask, error)

    def passes(self, error: APIError) -> bool:
        return error is self._later or super().passes(error)

    def refused(self, ask: PollRequest, error: APIError) -> None:
        if ask.region is None:
            super().refused(ask, error)
        else:
            self._queue.remove(ask.region)
            self.unstarted[ask.region] = with_context(
                error, subject=f"transfer to {ask.region}", region=ask.region
            )

    def time_out(self) -> None:
        super().time_out()
        for region in self._queue:
            cause = self._later or self.trouble
            subject = f"transfer to {region}, not started {self.terms.after()}"
            error = (
                with_context(cause, subject=subject, region=region)
                if cause
                else with_context(DOImagesError(subject), region=region)
            )
            self.unstarted[region] = error
        self._queue.clear()

    def by_region(self) -> dict[str, Action]:
        """What was started, in its newest state and in the order of the regions."""
        errors = [*self.unstarted.values(), *self.errors.values()]
        self.raise_group("not all transfers succeeded", errors)
        return {region: self.newest[action.id] for region, action in self.started.items()}


class ImageWatch(Watch):
    """Waits until a custom image is available."""

    def __init__(
        self, image: Image, terms: WaitOptions, on_poll: Callable[[Image], object] | None = None
    ) -> None:
        super().__init__(terms)
        self.image = image
        self.error: DOImagesError | None = None
        self._on_poll = on_poll
        self._seen = False
        self._update(image)

    def _update(self, image: Image) -> None:
        self.image = image
        status = (image.status or "").lower()
        self._available = status == "available"
        said = image.error_message
        if status == "deleted" or (said and status not in {"available", "new", "pending"}):
            self.error = ImageImportError(
                f"import of image {image.id} ({image.name!r}) failed: {said or 'no reason given'}",
                image=image,
            )

    def age(self, now: float) -> float:
        """Seconds since the image was created, by the server's time `now`."""
        return now - self.image.created_at.timestamp()

    def subject(self) -> str:
        return f"image {self.image.id}"

    def finished(self) -> bool:
        return self._available or self.error is not None

    def asks(self) -> Iterator[PollRequest]:
        yield PollRequest(IMAGES_GET, {"image_id": str(self.image.id)})

    def answered(self, ask: PollRequest, reply: Model) -> None:
        image = cast("ImageResponse", reply).image
        self.trouble, self._seen = None, True
        self._update(image)
        if self._on_poll is not None:
            self._on_poll(image)

    def passes(self, error: APIError) -> bool:
        # A new image may be missing for a moment; one that was there and is gone is deleted.
        if isinstance(error, NotFoundError) and not self._seen:
            return True
        return super().passes(error)

    def refused(self, ask: PollRequest, error: APIError) -> None:
        self.error = error

    def time_out(self) -> None:
        status = self.image.status or "not available"
        error = ImageTimeoutError(
            f"image {self.image.id} ({self.image.name!r}) is still {status} {self.terms.after()}",
            image=self.image,
        )
        error.__cause__ = self.trouble
        self.error = error

    def result(self) -> Image:
        """The image, available."""
        if self.error is not None:
            raise self.error
        return self.image


def action_region(action: Action) -> str | None:
    """The slug of an action's region, from wherever the record has it."""
    if action.region_slug:
        return action.region_slug
    return action.region.slug if isinstance(action.region, Region) else action.region


def _image_of(action: Action) -> int | None:
    """The image that an action was done to, if it was one."""
    if action.resource_type == "image" or (
        # Old records may not say what they are about, but nothing else is transferred.
        action.resource_type is None and action.type in {"transfer", "convert"}
    ):
        return action.resource_id or None  # no image has the number 0
    return None

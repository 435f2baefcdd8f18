"""What a wait asks next, when, and what it makes of the answers. No I/O, no clock of its own.

A `Watch` is driven from outside: `asks()` yields the requests of one tick, `answered` and `failed`
take in what came of each, and tenacity is given `pause`, `expired` and `give_up`.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Self

from do_images import _arguments as check
from do_images import _retry
from do_images._base import Model
from do_images._clock import Now
from do_images._endpoints import (
    ACTIONS_LIST,
    IMAGE_ACTIONS_CREATE,
    IMAGES_GET,
)
from do_images._plan import Ask, Target, account_page, plan
from do_images.errors import (
    ActionErroredError,
    ActionGroupError,
    ActionTimeoutError,
    APIError,
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
    "Terms",
    "TransferWatch",
    "Watch",
    "action_region",
]

# How long the last look, which is due at the deadline itself, may take beyond it.
_GRACE = 1.0
# An action that a list should show and doesn't, so many times, is asked for singly from then on.
_MISSES = 2
# How many pages of other actions it may cost, for each action, to come to those sought.
_DEPTH = 0.1


@dataclass(slots=True)
class Terms:
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
        every = max(1.0, check.seconds("poll", poll))
        return cls(clock, every, None if timeout is None else check.seconds("timeout", timeout))

    def left(self) -> float | None:
        """Seconds until the timeout, below 0 once it is over; None where there is none."""
        if self.timeout is None:
            return None
        return self.started + self.timeout - self.clock.monotonic()

    def after(self) -> str:
        """The time waited, for a message."""
        return f"after {self.clock.monotonic() - self.started:.0f} s"


class Watch(ABC):
    """The clockwork that all waits share."""

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self.trouble: APIError | None = None
        """The newest trouble that the wait has lived through since the last answer."""
        self._hint = 0.0

    @abstractmethod
    def subject(self) -> str:
        """What is waited for, in words for the log."""

    @abstractmethod
    def asks(self) -> Iterator[Ask]:
        """The requests of one tick; what they showed so far decides what follows."""

    @abstractmethod
    def answered(self, ask: Ask, reply: Model) -> None:
        """Takes in an answer."""

    @abstractmethod
    def refused(self, ask: Ask, error: APIError) -> None:
        """Takes in an error that will not go away by itself."""

    @abstractmethod
    def finished(self) -> bool:
        """Whether there is nothing left to wait for."""

    @abstractmethod
    def time_out(self) -> None:
        """The timeout is over: what is still open becomes an error."""

    def failed(self, ask: Ask, error: APIError) -> None:
        """Takes in that a request failed: either it passes, or it is final."""
        if self.passes(error):
            self.trouble = error
            self._hint = max(self._hint, _retry.named_wait(error) or 0.0)
        else:
            self.refused(ask, error)

    def passes(self, error: APIError) -> bool:
        """Whether the wait goes on in spite of the error."""
        return _retry.transient(error)

    def limit(self) -> float | None:
        """Seconds that a request may take now; 0 once no more should be sent."""
        left = self.terms.left()
        if left is None or left > 0:
            return left
        return max(0.0, left + _GRACE)

    def pause(self, _: object) -> float:
        """Seconds until the next tick: the last one falls due with the timeout."""
        pause, self._hint = max(self.terms.poll, self._hint), 0.0
        left = self.terms.left()
        return pause if left is None else max(0.0, min(pause, left))

    def expired(self, _: object) -> bool:
        """Whether the timeout is over."""
        left = self.terms.left()
        return left is not None and left <= 0

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


class ActionWatch(Watch):
    """Waits until each of several actions has ended."""

    def __init__(
        self,
        actions: Iterable[Action],
        terms: Terms,
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
        self._unlisted: set[int] = set()
        self._misses: dict[int, int] = {}
        self._account = True
        self._more = False
        self._oldest = 0
        for action in actions:
            self.add(action)

    def add(self, action: Action) -> None:
        """One more action to wait for; one that is known already costs nothing."""
        if action.id not in self.newest:
            image = action.resource_id if action.resource_type == "image" else None
            self._pending[action.id] = Target(action.id, self._image or image)
            self._update(action)

    def _update(self, action: Action) -> None:
        self.newest[action.id] = action
        if action.status == "errored":
            error = ActionErroredError(f"{self.name(action)} errored", action=action)
            self.errors[action.id] = error
        if action.status in {"completed", "errored"}:
            del self._pending[action.id]

    def name(self, action: Action) -> str:
        """What an error calls the action."""
        region = action_region(action)
        image = self._pending[action.id].image
        where = f" to {region}" if region and action.type == "transfer" else ""
        what = f" of image {image}" if image else ""
        return f"{action.type}{what}{where} (action {action.id})"

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

    def asks(self) -> Iterator[Ask]:
        self._seen = set()
        targets = list(self._pending.values())
        asked = plan(targets, account=self._account, unlisted=self._unlisted)
        pages = [ask for ask in asked if ask.endpoint is ACTIONS_LIST]
        yield from self._account_pages(pages)
        yield from (ask for ask in asked if ask.endpoint is not ACTIONS_LIST)
        # What the lists did not show is asked for at once: each action has one look a tick.
        missed = [target for target in targets if self._open(target.id)]
        if missed and len(asked) < len(targets):
            if self._account:
                self._remember(missed)
            ids = {target.id for target in missed}
            yield from plan(missed, account=False, unlisted=frozenset() if pages else ids)

    def _account_pages(self, planned: Sequence[Ask]) -> Iterator[Ask]:
        """The planned pages, and more while each goes on showing some of what is sought."""
        sought = {id_ for ask in planned for id_ in ask.covers}
        page = 0
        while sought and self._account:
            page += 1
            before = len(sought)
            self._more = False
            yield account_page(page, sought)
            sought = {id_ for id_ in sought if self._open(id_)}
            if not self._more or not sought:
                return
            # Ids grow with time: so many newer actions may push ours down, but not for ever.
            near = self._oldest > max(sought) and page < len(sought) * _DEPTH
            fruitful = len(sought) < before and len(sought) > 1
            if not (page < len(planned) or fruitful or near):
                return

    def _open(self, id_: int) -> bool:
        return id_ in self._pending and id_ not in self._seen

    def _remember(self, missed: Iterable[Target]) -> None:
        for target in missed:
            misses = self._misses[target.id] = self._misses.get(target.id, 0) + 1
            if misses >= _MISSES:
                self._unlisted.add(target.id)

    def answered(self, ask: Ask, reply: Model) -> None:
        self.trouble = None
        if isinstance(reply, ActionsResponse):
            self._more = bool(reply.links and reply.links.pages and reply.links.pages.next)
            shown = reply.actions
            self._oldest = min((action.id for action in shown), default=0)
        else:
            shown = [reply.action] if isinstance(reply, ActionResponse) else []
        for action in shown:
            if self._open(action.id):
                self._seen.add(action.id)
                self._update(action)
                if self._on_poll is not None:
                    self._on_poll(action)

    def failed(self, ask: Ask, error: APIError) -> None:
        super().failed(ask, error)
        if self.trouble is error:
            # They had their look of this tick: a list that fails is no reason to ask singly.
            self._seen |= ask.covers

    def refused(self, ask: Ask, error: APIError) -> None:
        if ask.endpoint is ACTIONS_LIST and isinstance(error, PermissionDeniedError):
            self._account = False  # each action is asked for through its image
            return
        for id_ in sorted(ask.covers & self._pending.keys()):
            self.errors[id_] = error.about(self.name(self.newest[id_]))
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
        terms: Terms,
        on_poll: Callable[[Action], object] | None,
        *,
        wait: bool,
    ) -> None:
        super().__init__((), terms, on_poll, image)
        self.started: dict[str, Action] = {}
        self.unstarted: dict[str, DOImagesError] = {}
        self._queue = list(regions)
        self._wait = wait
        self._image_id = image
        self._busy: APIError | None = None
        self._running = 0

    def finished(self) -> bool:
        return not self._pending and not self._queue

    def asks(self) -> Iterator[Ask]:
        if self._pending:
            yield from super().asks()
        # A busy image takes the next transfer when one of ours ends, or someone else's does.
        if not self._pending or len(self._pending) < self._running:
            yield from self.starts()

    def starts(self) -> Iterator[Ask]:
        """One try to start each region that waits for its turn."""
        self._busy = None
        for region in tuple(self._queue):
            if self._busy is not None and self._wait:
                break
            yield Ask(
                IMAGE_ACTIONS_CREATE, {"image_id": str(self._image_id)}, frozenset(), None, region
            )
        self._running = len(self._pending)

    def answered(self, ask: Ask, reply: Model) -> None:
        if ask.region is None:
            super().answered(ask, reply)
        elif isinstance(reply, ActionResponse):
            self.trouble = None
            self._queue.remove(ask.region)
            self.started[ask.region] = reply.action
            self.add(reply.action)

    def failed(self, ask: Ask, error: APIError) -> None:
        if ask.region is None:
            super().failed(ask, error)
            return
        later = _retry.busy(error) or (_retry.transient(error) and _retry.surely_not_done(error))
        if self._wait and later:
            super().failed(ask, error)
        else:
            self.refused(ask, error)

    def passes(self, error: APIError) -> bool:
        if _retry.busy(error):
            self._busy = error
            return True
        return super().passes(error)

    def refused(self, ask: Ask, error: APIError) -> None:
        if ask.region is None:
            super().refused(ask, error)
        else:
            self._queue.remove(ask.region)
            self.unstarted[ask.region] = error.about(f"transfer to {ask.region}")

    def time_out(self) -> None:
        super().time_out()
        for region in self._queue:
            cause = self._busy or self.trouble
            subject = f"transfer to {region}, not started {self.terms.after()}"
            self.unstarted[region] = cause.about(subject) if cause else DOImagesError(subject)
        self._queue.clear()

    def by_region(self) -> dict[str, Action]:
        """What was started, in its newest state."""
        errors = [*self.unstarted.values(), *self.errors.values()]
        self.raise_group("not all transfers succeeded", errors)
        return {region: self.newest[action.id] for region, action in self.started.items()}


class ImageWatch(Watch):
    """Waits until a custom image is available."""

    def __init__(
        self, image: Image, terms: Terms, on_poll: Callable[[Image], object] | None = None
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
        if status == "deleted" or (said and status not in {"available", "new", "pending", ""}):
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

    def asks(self) -> Iterator[Ask]:
        yield Ask(IMAGES_GET, {"image_id": str(self.image.id)})

    def answered(self, ask: Ask, reply: Model) -> None:
        if isinstance(reply, ImageResponse):
            self.trouble, self._seen = None, True
            self._update(reply.image)
            if self._on_poll is not None:
                self._on_poll(reply.image)

    def passes(self, error: APIError) -> bool:
        # A new image may be missing for a moment; one that was there and is gone is deleted.
        if isinstance(error, NotFoundError) and not self._seen:
            return True
        return super().passes(error)

    def refused(self, ask: Ask, error: APIError) -> None:
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

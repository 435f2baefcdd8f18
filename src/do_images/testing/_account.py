"""The state of the fake: images, actions, account transfers and tokens. No I/O."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from random import Random
from typing import NamedTuple, NoReturn, get_args

from do_images.models import Distribution
from do_images.testing._clock import VirtualTime, nanoseconds, timestamp
from do_images.testing._data import OURS, REGIONS, ImageState, first_images
from do_images.testing._quota import Quotas

__all__ = ["NOT_FOUND", "Account", "ActionState", "Holder", "Refusal", "known_distribution"]

_DISTRIBUTIONS: dict[str, str] = {
    name.lower(): name for part in get_args(Distribution) for name in get_args(part)
}
NOT_FOUND = "The resource you were accessing could not be found."


class Refusal(Exception):
    """A request that the account refuses, as the API answers it."""

    def __init__(self, status: int, error_id: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.error_id = error_id
        self.message = message


def _not_found() -> NoReturn:
    raise Refusal(404, "not_found", NOT_FOUND)


def _impossible(message: str) -> NoReturn:
    raise Refusal(422, "unprocessable_entity", message)


@dataclass(slots=True)
class ActionState:
    """An action as the server knows it."""

    id: int
    type: str
    image_id: int
    region: str
    owner: str
    started_at: str
    born: int
    status: str = "in-progress"
    completed_at: str | None = None
    fails: bool = False
    body: bytes = b""
    """As it is sent; empty after each change."""


@dataclass(slots=True)
class Offer:
    """An account transfer that its recipient has not answered."""

    image_id: int
    recipient: str
    """The UUID or email address of another account, or `OURS`."""


class Holder(NamedTuple):
    """Who holds a token."""

    scopes: frozenset[str] | None
    """None allows everything."""
    account: str


class Account:
    """What requests see and change. `owner` is the account whose token a request has."""

    def __init__(self, seed: int, time: VirtualTime, *, empty: bool) -> None:
        self._time = time
        self._random = Random(f"{seed} ids")  # noqa: S311 - numbers that look real
        self._secrets = Random(f"{seed} tokens")  # noqa: S311 - they guard nothing
        self._last_image = 200_000_000 + self._random.randrange(1_000_000)
        self._last_action = 2_400_000_000 + self._random.randrange(10_000_000)
        self._last_offer = self._random.randrange(1000, 10_000)
        self._due: list[tuple[int, int, str]] = []
        self._running: dict[int, set[int]] = {}
        self._of_image: dict[int, list[ActionState]] = {}
        self._slugs: dict[str, int] = {}
        self._failing: list[str | None] = []
        self._deleted: dict[int, ImageState] = {}
        self.images: dict[int, ImageState] = {}
        self.actions: dict[int, ActionState] = {}
        self._offers: dict[int, Offer] = {}
        self.tokens: dict[str, Holder] = {}
        self.quotas = Quotas()
        self.action_takes = {"transfer": 5.0, "convert": 5.0}
        self.region_takes: dict[str, float] = {}
        self.import_takes = 20.0
        self.import_error: str | None = None
        for image in () if empty else first_images(time.start):
            self.put(image)

    def token(self, scopes: Iterable[str] | None, account: str, value: str | None) -> str:
        """Add a token, by default a new one."""
        token = value or f"dop_v1_{self._secrets.getrandbits(256):064x}"
        self.tokens[token] = Holder(None if scopes is None else frozenset(scopes), account)
        return token

    # ── Time ────────────────────────────────────────────────────────────────────────────────

    def settle(self) -> int:
        """Carry out what is due by now, each at its own time, and return the time."""
        now = self._time.elapsed()
        while self._due and self._due[0][0] <= now:
            moment, id_, what = heappop(self._due)
            if what == "action":
                self._end_action(self.actions[id_], moment)
            elif id_ in self.images:
                self._continue_import(self.images[id_], what)
        return now

    def timestamp(self, moment: int) -> str:
        """Format a moment, in nanoseconds since the start, as the API does."""
        return timestamp(self._time.start + moment)

    def _later(self, seconds: float, id_: int, what: str) -> None:
        if seconds != float("inf"):
            heappush(self._due, (self._time.elapsed() + nanoseconds(seconds), id_, what))

    # ── Images ──────────────────────────────────────────────────────────────────────────────

    def new_image_id(self) -> int:
        """Return the id of the next image."""
        self._last_image += self._random.randint(1, 40)
        return self._last_image

    def put(self, image: ImageState) -> None:
        """Add an image."""
        self.images[image.id] = image
        if image.slug:
            self._slugs[image.slug] = image.id

    def find(self, id_slug: int | str) -> ImageState | None:
        """Return an image by its id or slug, whoever owns it."""
        return self.images.get(self._slugs.get(id_slug, 0) if isinstance(id_slug, str) else id_slug)

    def image(self, owner: str, id_slug: str) -> ImageState:
        """Return an image by its id, or the slug of a public one, as a path has it."""
        image = self.find(_number(id_slug) or id_slug)
        if image is None or not (image.public or image.owner == owner):
            _not_found()
        return image

    def deleted_image(self, owner: str, id_: str, since: int) -> ImageState | None:
        """Return a custom image that was deleted after `since`, by its id."""
        image = self._deleted.get(_number(id_))
        return image if image and image.owner == owner and image.deleted > since else None

    def own_image(self, owner: str, id_: str) -> ImageState:
        """Return an image that the account may change, by its id."""
        image = self.images.get(_number(id_))
        if image is None or image.public or image.owner != owner:
            _not_found()
        return image

    def import_image(self, image: ImageState, region: str) -> None:
        """Start the import of a custom image."""
        if region not in REGIONS:
            _impossible("The region is not one that images can be imported to.")
        image.importing_to = region
        self.put(image)
        self._later(self.import_takes / 4, image.id, "pending")
        end = "imported" if self.import_error is None else f"failed {self.import_error}"
        self._later(self.import_takes, image.id, end)

    def _continue_import(self, image: ImageState, event: str) -> None:
        image.body = b""
        if event == "pending":
            image.status = "pending"
        elif event != "imported":
            image.status, image.error_message = "deleted", event.removeprefix("failed ")
        else:
            image.status = "available"
            image.regions = [image.importing_to or ""]
            image.importing_to = None
            image.min_disk_size = 15
            image.size_gigabytes = round(0.4 + image.id % 400 / 100, 2)

    def destroy(self, image: ImageState) -> None:
        """Delete an image, and its account transfer."""
        self._refuse_busy(image)
        self.forget(image)

    def forget(self, image: ImageState) -> None:
        """Delete an image, also while an action runs."""
        del self.images[image.id]
        if image.type == "custom":
            self._deleted[image.id] = image
            image.status, image.deleted, image.body = "deleted", self._time.elapsed(), b""
        self._slugs.pop(image.slug or "", None)
        self._withdraw(image)

    def _withdraw(self, image: ImageState) -> None:
        self._offers = {id_: it for id_, it in self._offers.items() if it.image_id != image.id}

    # ── Actions ─────────────────────────────────────────────────────────────────────────────

    def actions_of(self, image: ImageState) -> Sequence[ActionState]:
        """Return the actions of an image, oldest first."""
        return self._of_image.get(image.id, ())

    def action(self, id_: str) -> ActionState:
        """Return an action by its id, whoever started it."""
        action = self.actions.get(_number(id_))
        if action is None:
            _not_found()
        return action

    def transfer(
        self, image: ImageState, region: str | None, *, one_at_a_time: bool
    ) -> ActionState:
        """Start to copy an image to a region."""
        if region not in REGIONS:
            _impossible("The region is not one that images can be copied to.")
        self._refuse_unready(image)
        if region in image.regions:
            _impossible(f"The image is available in {region} already.")
        self._refuse_busy(image, None if one_at_a_time else region)
        seconds = self.region_takes.get(region, self.action_takes["transfer"])
        return self._start(image, "transfer", region, seconds)

    def convert(self, image: ImageState) -> ActionState:
        """Start to convert a backup to a snapshot."""
        self._refuse_unready(image)
        self._refuse_busy(image)
        if image.type != "backup":
            _impossible("Only a backup can be converted to a snapshot.")
        region = next((slug for slug in image.regions if slug in REGIONS), "nyc3")
        return self._start(image, "convert", region, self.action_takes["convert"])

    def _refuse_unready(self, image: ImageState) -> None:
        if image.importing_to is not None:
            _impossible("The image is not available.")

    def _refuse_busy(self, image: ImageState, region: str | None = None) -> None:
        running = [self.actions[id_] for id_ in self._running.get(image.id, ())]
        if region is not None:
            running = [it for it in running if it.type != "transfer" or it.region == region]
        if running:
            _impossible("The image already has a pending event.")

    def _start(self, image: ImageState, type_: str, region: str, seconds: float) -> ActionState:
        self._last_action += self._random.randint(1, 40)
        now = self._time.elapsed()
        action = ActionState(
            self._last_action, type_, image.id, region, image.owner, self.timestamp(now), now
        )
        for wanted in (region, None):
            if wanted in self._failing:
                self._failing.remove(wanted)
                action.fails = True
                break
        self.actions[action.id] = action
        self._of_image.setdefault(image.id, []).append(action)
        self._running.setdefault(image.id, set()).add(action.id)
        self._later(seconds, action.id, "action")
        return action

    def fail_next_action(self, region: str | None) -> None:
        """Let the next action, or the next one in a region, end errored."""
        self._failing.append(region)

    def _end_action(self, action: ActionState, moment: int) -> None:
        self._running[action.image_id].discard(action.id)
        action.body = b""
        action.completed_at = self.timestamp(moment)
        action.status = "errored" if action.fails else "completed"
        image = self.images.get(action.image_id)
        if image is None or action.fails:
            return
        image.body = b""
        if action.type == "convert":
            image.type = "snapshot"
        else:
            image.regions.append(action.region)

    @property
    def failures_due(self) -> list[str | None]:
        """The regions of the actions that are still to fail; None is any region."""
        return [*self._failing]

    # ── Account transfers ───────────────────────────────────────────────────────────────────

    def offer(self, image: ImageState, recipient: str) -> int:
        """Offer an image to another account, and return the transfer's id."""
        self._refuse_unready(image)
        self._refuse_busy(image)
        if image.type != "snapshot":
            _impossible("Only a snapshot can be transferred to another account.")
        if any(offer.image_id == image.id for offer in self._offers.values()):
            _impossible("The image is offered to another account already.")
        self._last_offer += self._random.randint(1, 40)
        self._offers[self._last_offer] = Offer(image.id, recipient)
        return self._last_offer

    def transfer_ownership(self, image: ImageState, account: str) -> None:
        """Make another account the owner of an image."""
        self._withdraw(image)
        image.owner = account

    def accept(self, owner: str, image_id: str, offer_id: int, recipient_uuid: str) -> None:
        """Make the recipient, whose token the request has, the owner of an image."""
        offer = self._offered(image_id, offer_id)
        _require_recipient(owner, offer)
        # A test knows the UUID of an account where it chose it itself.
        if owner not in {OURS, recipient_uuid} and "@" not in owner:
            raise Refusal(400, "bad_request", "The image is not offered to this recipient.")
        self.transfer_ownership(self.images[offer.image_id], owner)

    def decline(self, owner: str, image_id: str, offer_id: int) -> None:
        """Let the recipient decline: the image stays where it is."""
        _require_recipient(owner, self._offered(image_id, offer_id))
        del self._offers[offer_id]

    def cancel(self, image: ImageState, offer_id: int) -> None:
        """Take back the offer of an image."""
        self._offered(str(image.id), offer_id)
        del self._offers[offer_id]

    def _offered(self, image_id: str, offer_id: int) -> Offer:
        offer = self._offers.get(offer_id)
        if offer is None or offer.image_id != _number(image_id):
            _not_found()
        return offer


def _require_recipient(owner: str, offer: Offer) -> None:
    if owner != offer.recipient:
        raise Refusal(403, "forbidden", "Only the recipient of the account transfer may do this.")


def known_distribution(given: str) -> str:
    """Return the distribution that the API makes of one that is given to it."""
    return _DISTRIBUTIONS.get(given.lower(), "Unknown OS")


def _number(text: str) -> int:
    """An id in a path; 0, which no id is, for everything else."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 20 else 0

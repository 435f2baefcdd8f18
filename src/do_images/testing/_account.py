"""The state of the fake: images, actions, offers, tokens and the quota of requests. No I/O."""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from random import Random
from typing import NamedTuple, NoReturn

from do_images.testing._clock import VirtualTime, nanoseconds, timestamp
from do_images.testing._data import REGIONS, ImageState, first_images

__all__ = ["Account", "ActionState", "Holder", "Quota", "Refusal"]

_SECOND = 1_000_000_000


class Refusal(Exception):
    """What the account will not do, and how the API says so."""

    def __init__(self, status: int, error_id: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.error_id = error_id
        self.message = message


def _not_found() -> NoReturn:
    raise Refusal(404, "not_found", "The resource you were accessing could not be found.")


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
    """An image that another account may take over."""

    image_id: int
    recipient_uuid: str | None


class Holder(NamedTuple):
    """Who holds a token."""

    scopes: frozenset[str] | None
    """None allows everything."""
    account: str


class Quota:
    """How many requests a window allows; each is counted until the window has passed over it."""

    def __init__(
        self, limit: int, used: int, window: float, now: int, retry_after: bool | float
    ) -> None:
        """`retry_after`: the seconds to name in a 429; True names those until there is room."""
        self.limit = limit
        self._window = nanoseconds(window)
        self._retry_after = retry_after
        self._used = 0
        self._counted: deque[list[int]] = deque()
        if used:
            self._count(now, used)

    def _count(self, now: int, requests: int) -> None:
        self._used += requests
        self._counted.append([now + self._window, requests])

    def take(self, now: int) -> bool:
        """Counts a request, if there is room for it."""
        self._expire(now)
        if self._used >= self.limit:
            return False
        if self._counted and self._counted[-1][0] == now + self._window:
            self._counted[-1][1] += 1
            self._used += 1
        else:
            self._count(now, 1)
        return True

    def _expire(self, now: int) -> None:
        while self._counted and self._counted[0][0] <= now:
            self._used -= self._counted.popleft()[1]

    def headers(self, now: int, start: int) -> dict[str, str]:
        """What every response says of the quota."""
        self._expire(now)
        return {
            "ratelimit-limit": str(self.limit),
            "ratelimit-remaining": str(max(0, self.limit - self._used)),
            "ratelimit-reset": str(-(-(start + self._oldest(now)) // _SECOND)),
        }

    def _oldest(self, now: int) -> int:
        """When the oldest counted request expires, in nanoseconds since the start."""
        return self._counted[0][0] if self._counted else now

    def retry_after(self, now: int) -> str | None:
        """What a 429 names as the time to wait, in seconds; None where it names none."""
        if self._retry_after is False:
            return None
        if self._retry_after is True:
            return str(max(1, -(-(self._oldest(now) - now) // _SECOND)))
        return f"{self._retry_after:g}"


class Account:
    """What requests see and change. Every method takes who asks as `owner`."""

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
        self.images: dict[int, ImageState] = {}
        self.actions: dict[int, ActionState] = {}
        self.offers: dict[int, Offer] = {}
        self.tokens: dict[str, Holder] = {}
        self.quota = Quota(5000, 0, 3600.0, 0, retry_after=False)
        self.action_takes = {"transfer": 5.0, "convert": 5.0}
        self.region_takes: dict[str, float] = {}
        self.import_takes = 20.0
        self.import_error: str | None = None
        for image in () if empty else first_images(time.start):
            self.put(image)

    def token(self, scopes: Iterable[str] | None, account: str, value: str | None) -> str:
        """Makes a token, or takes in the one given."""
        token = value or f"dop_v1_{self._secrets.getrandbits(256):064x}"
        self.tokens[token] = Holder(None if scopes is None else frozenset(scopes), account)
        return token

    def count_request(self, now: int) -> None:
        """Takes one from the quota."""
        if not self.quota.take(now):
            raise Refusal(429, "too_many_requests", "API rate limit exceeded.")

    # ── Time ────────────────────────────────────────────────────────────────────────────────

    def settle(self) -> int:
        """Lets happen what is due by now, each at its own time; returns the time."""
        now = self._time.elapsed()
        while self._due and self._due[0][0] <= now:
            moment, id_, what = heappop(self._due)
            if what == "action":
                self._end_action(self.actions[id_], moment)
            elif id_ in self.images:
                self._go_on_importing(self.images[id_], what)
        return now

    def timestamp(self, moment: int) -> str:
        """Format a moment, in nanoseconds since the start, as the API does."""
        return timestamp(self._time.start + moment)

    def _later(self, seconds: float, id_: int, what: str) -> None:
        if seconds != float("inf"):
            heappush(self._due, (self._time.elapsed() + nanoseconds(seconds), id_, what))

    # ── Images ──────────────────────────────────────────────────────────────────────────────

    def new_image_id(self) -> int:
        """The id of the next image."""
        self._last_image += self._random.randint(1, 40)
        return self._last_image

    def put(self, image: ImageState) -> None:
        """Adds an image."""
        self.images[image.id] = image
        if image.slug:
            self._slugs[image.slug] = image.id

    def find(self, id_slug: int | str) -> ImageState | None:
        """An image by its id or slug, whoever it belongs to."""
        return self.images.get(self._slugs.get(id_slug, 0) if isinstance(id_slug, str) else id_slug)

    def image(self, owner: str, id_slug: str) -> ImageState:
        """An image by what stands in a path: its id, or the slug of a public one."""
        image = self.find(_number(id_slug) or id_slug)
        if image is None or not (image.public or image.owner == owner):
            _not_found()
        return image

    def own_image(self, owner: str, id_: str) -> ImageState:
        """An image that the account may change, by its id."""
        image = self.images.get(_number(id_))
        if image is None or image.public or image.owner != owner:
            _not_found()
        return image

    def import_image(self, image: ImageState, region: str) -> None:
        """Begins the import of a custom image."""
        if region not in REGIONS:
            _impossible("The region is not one that images can be imported to.")
        image.importing_to = region
        self.put(image)
        self._later(self.import_takes / 4, image.id, "pending")
        end = "imported" if self.import_error is None else f"failed {self.import_error}"
        self._later(self.import_takes, image.id, end)

    def _go_on_importing(self, image: ImageState, event: str) -> None:
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
        """Deletes an image, and what was offered of it."""
        self._refuse_busy(image)
        self.forget(image)

    def forget(self, image: ImageState) -> None:
        """Takes an image away, whatever it is doing."""
        del self.images[image.id]
        self._slugs.pop(image.slug or "", None)
        self._withdraw(image)

    def _withdraw(self, image: ImageState) -> None:
        self.offers = {id_: it for id_, it in self.offers.items() if it.image_id != image.id}

    # ── Actions ─────────────────────────────────────────────────────────────────────────────

    def actions_of(self, image: ImageState) -> Sequence[ActionState]:
        """The actions of an image, oldest first."""
        return self._of_image.get(image.id, ())

    def action(self, id_: str) -> ActionState:
        """An action by its id, whoever started it."""
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
        """Begins to turn a backup into a snapshot."""
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
        """The next action of any kind, or the next one in a region, will end errored."""
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

    # ── Offers to other accounts ────────────────────────────────────────────────────────────

    def offer(self, image: ImageState, recipient_uuid: str | None) -> int:
        """Offers an image to another account; returns the offer's id."""
        self._refuse_unready(image)
        self._refuse_busy(image)
        if any(offer.image_id == image.id for offer in self.offers.values()):
            _impossible("The image is offered to another account already.")
        self._last_offer += self._random.randint(1, 40)
        self.offers[self._last_offer] = Offer(image.id, recipient_uuid)
        return self._last_offer

    def hand_over(self, image: ImageState, account: str) -> None:
        """Makes another account the owner of an image."""
        self._withdraw(image)
        image.owner = account

    def accept(self, owner: str, image_id: str, offer_id: int, recipient_uuid: str) -> None:
        """Takes over an image; its owner may play the receiving account too."""
        image = self.images[self._offered(image_id, offer_id).image_id]
        wanted = self.offers[offer_id].recipient_uuid
        if wanted is not None and wanted != recipient_uuid:
            raise Refusal(400, "bad_request", "The image is not offered to this recipient.")
        self.hand_over(image, recipient_uuid if image.owner == owner else owner)

    def end_offer(self, image_id: str, offer_id: int) -> None:
        """Declines or cancels: the image stays where it is."""
        self._offered(image_id, offer_id)
        del self.offers[offer_id]

    def _offered(self, image_id: str, offer_id: int) -> Offer:
        offer = self.offers.get(offer_id)
        if offer is None or offer.image_id != _number(image_id):
            _not_found()
        return offer


def _number(text: str) -> int:
    """An id in a path; 0, which no id is, for everything else."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 20 else 0

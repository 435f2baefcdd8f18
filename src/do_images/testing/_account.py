"""The state of the fake: images, actions, offers, tokens and the quota. No I/O."""

from collections import deque
from datetime import UTC, datetime
from heapq import heappop, heappush
from random import Random

from do_images.testing._data import Json, Record, first_images, private
from do_images.testing._data import region as region_record
from do_images.testing._time import Timeline

__all__ = ["Account", "Quota"]


class Quota:
    """How many requests a window allows; the oldest one expires first."""

    def __init__(self, limit: int, window: float, used: int, now: float, *, named: bool) -> None:
        self.limit = limit
        self.named = named
        self._window = window
        self._times = deque([now] * used)

    def take(self, now: float) -> bool:
        """Counts a request, if there is room for it."""
        while self._times and self._times[0] <= now - self._window:
            self._times.popleft()
        if len(self._times) >= self.limit:
            return False
        self._times.append(now)
        return True

    @property
    def remaining(self) -> int:
        """Requests that are left."""
        return self.limit - len(self._times)

    @property
    def reset(self) -> float:
        """When the oldest counted request expires, in Unix seconds."""
        return self._times[0] + self._window


class Account:
    """One account: what its requests see and change."""

    def __init__(self, seed: int, timeline: Timeline, *, parallel_transfers: bool) -> None:
        self.timeline = timeline
        self.random = Random(seed)  # noqa: S311 - numbers that look real, not secrets
        self.images: dict[int, Record] = {}
        self.actions: dict[int, Record] = {}
        self.offers: dict[int, int] = {}
        self.tokens: dict[str, frozenset[str] | None] = {}
        self.quota = Quota(5000, 3600.0, 0, timeline.now(), named=False)
        self.parallel_transfers = parallel_transfers
        self.action_seconds: dict[str, float] = {"transfer": 30.0, "convert": 20.0}
        self.import_seconds = 60.0
        self.import_error: str | None = None
        self.failing_regions: list[str | None] = []
        self._due: list[tuple[float, int, int, str]] = []
        self._count = 0
        self._next_image = 200_000_000 + self.random.randrange(1_000_000)
        self._next_action = 2_000_000_000 + self.random.randrange(1_000_000)
        self._running: dict[int, set[int]] = {}
        for image in first_images():
            self.put(image)

    # ── Time ────────────────────────────────────────────────────────────────────────────────

    def stamp(self, moment: float | None = None) -> str:
        """A time as the API writes it."""
        now = self.timeline.now() if moment is None else moment
        return datetime.fromtimestamp(int(now), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def settle(self) -> None:
        """Lets happen what was due by now."""
        now = self.timeline.now()
        while self._due and self._due[0][0] <= now:
            moment, _, id_, what = heappop(self._due)
            if what == "action":
                self._end_action(id_, moment)
            elif id_ in self.images:
                self._end_import(id_, what)

    def _later(self, seconds: float, id_: int, what: str) -> None:
        self._count += 1
        heappush(self._due, (self.timeline.now() + seconds, self._count, id_, what))

    # ── Images ──────────────────────────────────────────────────────────────────────────────

    def put(self, image: Record) -> None:
        """Adds an image, or replaces it."""
        id_ = image["id"]
        assert isinstance(id_, int), "ids are numbers"  # noqa: S101 - our own data
        self.images[id_] = image

    def new_image_id(self) -> int:
        """The id of the next image."""
        self._next_image += 1 + self.random.randrange(9)
        return self._next_image

    def find(self, id_slug: str) -> Record | None:
        """An image by what stands in a path: its id, or its slug."""
        if id_slug.isdecimal():
            return self.images.get(int(id_slug))
        return next((image for image in self.images.values() if image["slug"] == id_slug), None)

    def add(self, **fields: Json) -> int:
        """A private snapshot, but for the fields given."""
        id_ = self.new_image_id()
        image = private(id_, f"snapshot-{id_}", "snapshot", ["nyc1"], 25, 1.5)
        image["created_at"] = self.stamp()
        image.update(fields)
        self.put(image)
        return id_ if "id" not in fields else int(str(fields["id"]))

    def import_image(self, body: Record) -> Record:
        """Begins the import of a custom image."""
        image: Record = {
            "id": self.new_image_id(),
            "name": body["name"],
            "type": "custom",
            "distribution": body.get("distribution", "Unknown"),
            "slug": None,
            "regions": [],
            "created_at": self.stamp(),
            "description": body.get("description", ""),
            "tags": body.get("tags") or [],
            "status": "NEW",
            "error_message": "",
            "_kind": None,
            "_region": body["region"],
        }
        # What is not known before the import: the API leaves it out.
        self.put(image)
        id_ = self._next_image
        self._later(self.import_seconds / 2, id_, "pending")
        self._later(self.import_seconds, id_, "deleted" if self.import_error else "available")
        return image

    def _end_import(self, id_: int, status: str) -> None:
        image = self.images[id_]
        image["status"] = status
        if status == "available":
            size = round(0.5 + self.random.random() * 4, 2)
            image.update(
                public=False, regions=[image["_region"]], min_disk_size=15, size_gigabytes=size
            )
        elif status == "deleted":
            image["error_message"] = self.import_error

    # ── Actions ─────────────────────────────────────────────────────────────────────────────

    def busy(self, image_id: int) -> bool:
        """Whether the image must finish something before it takes the next action."""
        running = self._running.get(image_id, ())
        if self.parallel_transfers:
            return any(self.actions[id_]["type"] != "transfer" for id_ in running)
        return bool(running)

    def start(self, image_id: int, type_: str, slug: str) -> Record:
        """Begins an action on an image."""
        self._next_action += 1 + self.random.randrange(9)
        action: Record = {
            "id": self._next_action,
            "status": "in-progress",
            "type": type_,
            "started_at": self.stamp(),
            "completed_at": None,
            "resource_id": image_id,
            "resource_type": "image",
            "region": region_record(slug),
            "region_slug": slug,
        }
        for name in (slug, None):
            if name in self.failing_regions:
                self.failing_regions.remove(name)
                action["_fails"] = True
                break
        self.actions[self._next_action] = action
        self._running.setdefault(image_id, set()).add(self._next_action)
        self._later(self.action_seconds[type_], self._next_action, "action")
        return action

    def _end_action(self, id_: int, moment: float) -> None:
        action = self.actions[id_]
        image_id = action["resource_id"]
        assert isinstance(image_id, int), "ids are numbers"  # noqa: S101 - our own data
        self._running[image_id].discard(id_)
        action["completed_at"] = self.stamp(moment)
        action["status"] = "errored" if action.get("_fails") else "completed"
        image = self.images.get(image_id)
        if image is None or action["status"] == "errored":
            return
        regions = image["regions"]
        if action["type"] == "convert":
            image["type"] = "snapshot"
        elif isinstance(regions, list) and action["region_slug"] not in regions:
            regions.append(action["region_slug"])

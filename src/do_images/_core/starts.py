"""The starts of actions: what a call asks for, and which actions are whose outcome."""

from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock

from do_images._core.requests import Request
from do_images._endpoints import IMAGE_ACTIONS_CREATE
from do_images.models import Action, ActionResponse, Region

__all__ = ["Start", "Starts", "action_region", "image_of"]

# Started actions that are remembered, so that none is taken for the outcome of another call.
_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class Start:
    """The action that a call asks for."""

    image: int
    type: str
    region: str | None = None

    @property
    def request(self) -> Request[ActionResponse]:
        """The POST that starts it."""
        body = {"type": self.type}
        if self.region is not None:
            body["region"] = self.region
        return Request(IMAGE_ACTIONS_CREATE, f"/v2/images/{self.image}/actions", body=body)

    @property
    def subject(self) -> str:
        """What an error calls it."""
        where = f" to {self.region}" if self.region else ""
        return f"image {self.image}: {self.type}{where}"

    def is_like(self, action: Action) -> bool:
        """Return whether an action does what this start asks for."""
        return action.type == self.type and (
            self.region is None or action_region(action) == self.region
        )


class Starts:
    """The actions that a client has started, and its starts that are under way."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._images: dict[int, int] = {}
        self._under_way: Counter[Start] = Counter()

    def after_fork(self) -> None:
        """Free a child process from what other threads of its parent were about to do."""
        self._lock = Lock()
        self._under_way.clear()

    def claim(self, action: Action, image: int) -> bool:
        """Take an action as the outcome of one call; False where another call has it."""
        with self._lock:
            if action.id in self._images:
                return False
            self._images[action.id] = image
            if len(self._images) > _REMEMBERED:
                del self._images[next(iter(self._images))]
            return True

    def is_claimed(self, action: Action) -> bool:
        """Return whether an action is the outcome of a call already."""
        return action.id in self._images

    def image_of(self, action: Action) -> int | None:
        """Return the id of the image that an action was started on, where it is known."""
        return image_of(action) or self._images.get(action.id)

    @contextmanager
    def sending(self, start: Start) -> Generator[None]:
        """Note that a start is under way: its response may still come."""
        with self._lock:
            self._under_way[start] += 1
        try:
            yield
        finally:
            with self._lock:
                self._under_way[start] -= 1

    def is_under_way(self, start: Start) -> bool:
        """Return whether another call waits for the response to the same start."""
        with self._lock:
            return self._under_way[start] > 0


def action_region(action: Action) -> str | None:
    """Return the slug of an action's region, from wherever the record has it."""
    if action.region_slug:
        return action.region_slug
    return action.region.slug if isinstance(action.region, Region) else action.region


def image_of(action: Action) -> int | None:
    """Return the id of the image that an action was done to, if it was one."""
    if action.resource_type == "image" or (
        # Old records may not say what they are about, but nothing else is transferred.
        action.resource_type is None and action.type in {"transfer", "convert"}
    ):
        return action.resource_id or None  # no image has the id 0
    return None

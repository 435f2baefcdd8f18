"""`Controls`: what a test arranges, inspects, and lets go wrong."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from time import time

from do_images import Action, Image
from do_images.models import Distribution, ImageStatus, ImageType
from do_images.testing._account import Account, ActionState
from do_images.testing._bodies import action_body, image_body
from do_images.testing._clock import VirtualTime, nanoseconds, timestamp
from do_images.testing._data import OURS, REGIONS, ImageState, Json
from do_images.testing._faults import Broken, Fault
from do_images.testing._messages import Loss, Request
from do_images.testing._quirks import QUIRKS, Quirk
from do_images.testing._seeds import seeds
from do_images.testing._service import Service

__all__ = ["Controls"]

_SECOND = 1_000_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Controls:
    """The members of a fake that a test uses, in process or through the control endpoint."""

    def __init__(
        self,
        *,
        seed: int,
        now: datetime | None,
        empty: bool,
        one_transfer_at_a_time: bool,
        accept_any_token: bool,
    ) -> None:
        """Start the fake; see `FakeDigitalOcean`."""
        self._seed = seed
        self._empty = empty
        self._time = VirtualTime(_unix("now", now) if now else int(time()) * _SECOND)
        account = Account(seed, self._time, empty=empty)
        self._service = Service(seed, self._time, account, accept_any_token=accept_any_token)
        self._initial_quirks: frozenset[Quirk] = frozenset(
            {"one_transfer_at_a_time"} if one_transfer_at_a_time else ()
        )
        self._service.quirks = self._initial_quirks
        self._seeds: list[str | bytes] = []

    @property
    def _account(self) -> Account:
        return self._service.account

    # ── What it holds ───────────────────────────────────────────────────────────────────────

    @property
    def requests(self) -> list[Request]:
        """The requests that were sent so far, in their order; of very many, the last 10,000."""
        return [*self._service.requests]

    @property
    def images(self) -> list[Image]:
        """All images, public ones too, as they are now, in a new list."""
        with self._service.lock:
            self._account.settle()
            bodies = [image_body(image, ()) for image in self._account.images.values()]
        return [Image.model_validate_json(body) for body in bodies]

    @property
    def actions(self) -> list[Action]:
        """All actions as they are now, oldest first, in a new list."""
        with self._service.lock:
            self._account.settle()
            bodies = [action_body(action, ()) for action in self._account.actions.values()]
        return [Action.model_validate_json(body) for body in bodies]

    def image(self, id_slug: int | str) -> Image:
        """Return an image as it is now, by its id or its slug.

        Raises:
            ValueError: There is none.
        """
        with self._service.lock:
            self._account.settle()
            body = image_body(self._image(id_slug), ())
        return Image.model_validate_json(body)

    def action(self, id: int) -> Action:
        """Return an action as it is now.

        Raises:
            ValueError: There is none.
        """
        with self._service.lock:
            self._account.settle()
            body = action_body(self._action(id), ())
        return Action.model_validate_json(body)

    def _image(self, id_slug: int | str) -> ImageState:
        image = self._account.find(id_slug)
        if image is None:
            raise ValueError(f"there is no image {id_slug!r}; fake.images are those that there are")
        return image

    def _action(self, id_: int) -> ActionState:
        if id_ not in self._account.actions:
            raise ValueError(f"there is no action {id_!r}; fake.actions are those that there are")
        return self._account.actions[id_]

    @property
    def now(self) -> datetime:
        """The fake's time, in UTC."""
        return _EPOCH + timedelta(microseconds=(self._time.start + self._time.elapsed()) // 1000)

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._time.advance(seconds)

    def token(
        self,
        scopes: Iterable[str] | None = None,
        *,
        account: str | None = None,
        value: str | None = None,
    ) -> str:
        """Return a new token.

        Args:
            scopes: What it allows, such as `image:read`; None allows everything.
            account: The UUID (or email address) of another account, such as one that an image is
                offered to.
            value: The token itself; by default it is made up.
        """
        if scopes is not None:
            scopes = _several("scopes", scopes)
        with self._service.lock:
            return self._account.token(scopes, OURS if account is None else account, value)

    # The id comes first, so that its annotation is not taken for the method's parameter `type`.
    def add_image(
        self,
        *,
        id: int | None = None,
        name: str | None = None,
        type: ImageType = "snapshot",
        distribution: Distribution = "Ubuntu",
        slug: str | None = None,
        public: bool = False,
        regions: Iterable[str] = ("nyc1",),
        min_disk_size: int = 25,
        size_gigabytes: float = 2.34,
        description: str | None = "",
        tags: Iterable[str] = (),
        status: ImageStatus = "available",
        error_message: str = "",
        created_at: datetime | None = None,
    ) -> int:
        """Add an image and return its id; without arguments, a snapshot of the account's own.

        A public image of type `base` is listed as a distribution, one of type `snapshot` as an
        application. Sizes are in GB. One that has the status `NEW` or `pending` stays so.

        Raises:
            ValueError: The id or the slug is another image's, or an argument is invalid.
            TypeError: A str stands for several regions or tags.
        """
        with self._service.lock:
            now = self._account.settle()
            id_ = self._account.new_image_id() if id is None else id
            if id_ < 1:
                raise ValueError(f"an image's id is 1 or more: {id_}")
            for taken in (id_, slug or ""):
                if self._account.find(taken):
                    raise ValueError(f"there is an image {taken!r} already")
            image = ImageState(
                id_,
                f"image-{id_}" if name is None else name,
                self._account.timestamp(now)
                if created_at is None
                else timestamp(_unix("created_at", created_at)),
                type=type,
                distribution=distribution,
                slug=slug,
                public=public,
                regions=_several("regions", regions),
                min_disk_size=min_disk_size,
                size_gigabytes=size_gigabytes,
                description=description,
                tags=_several("tags", tags),
                status=status,
                error_message=error_message,
                importing_to="" if status in {"NEW", "pending", "deleted"} else None,
            )
            self._account.put(image)
            return id_

    def add_images(
        self,
        count: int,
        *,
        type: ImageType = "snapshot",
        public: bool = False,
    ) -> list[int]:
        """Add many images, for pages, and return their ids."""
        return [self.add_image(type=type, public=public) for _ in range(count)]

    def load(self, content: str | bytes) -> list[int]:
        """Add images as `GET /v2/images` answers them, and return their ids.

        `reset` brings them back.

        Args:
            content: JSON, an object with `images` or their list. Unknown fields are left out.

        Raises:
            ValueError: It is not such JSON, or there is an image with such an id or slug.
        """
        ids = [self.add_image(**fields) for fields in seeds(content)]
        self._seeds.append(content)
        return ids

    def remove_image(self, id: int) -> None:
        """Delete an image as somebody else would; its running actions go on.

        Raises:
            ValueError: There is no such image.
        """
        with self._service.lock:
            self._account.settle()
            self._account.forget(self._image(id))

    def offer_image(
        self, *, name: str = "offered", regions: Iterable[str] = ("nyc1",)
    ) -> tuple[int, int]:
        """Let another account offer a snapshot, and return the ids of image and transfer."""
        with self._service.lock:
            id_ = self.add_image(name=name, regions=regions)
            image = self._account.images[id_]
            image.owner = "another account"
            return id_, self._account.offer(image, OURS)

    # ── What happens later ──────────────────────────────────────────────────────────────────

    def transfer_takes(self, seconds: float, *, region: str | None = None) -> None:
        """Set how long new transfers take, to one region or to all; 5 s at first.

        `math.inf` never ends.
        """
        if region is None:
            self._account.action_takes["transfer"] = _length(seconds)
        else:
            self._account.region_takes[_region(region)] = _length(seconds)

    def convert_takes(self, seconds: float) -> None:
        """Set how long new conversions take; 5 s at first."""
        self._account.action_takes["convert"] = _length(seconds)

    def imports_take(self, seconds: float) -> None:
        """Set how long new imports take; 20 s at first."""
        self._account.import_takes = _length(seconds)

    def imports_fail(self, error_message: str | None) -> None:
        """Let new imports fail for this reason; None lets them succeed again."""
        self._account.import_error = error_message

    def fail_action(self, action_id: int) -> None:
        """Let a running action end errored, when its time is over.

        Raises:
            ValueError: There is no such action, or it has ended.
        """
        with self._service.lock:
            self._account.settle()
            action = self._action(action_id)
            if action.status != "in-progress":
                raise ValueError(f"action {action_id} has ended: {action.status}")
            action.fails = True

    def fail_next_action(self, region: str | None = None) -> None:
        """Let the next action, or the next one in that region, end errored."""
        with self._service.lock:
            self._account.fail_next_action(None if region is None else _region(region))

    def quota(
        self,
        limit: int,
        *,
        remaining: int | None = None,
        window: float = 3600.0,
        retry_after: bool | float = False,
    ) -> None:
        """Set how many requests each token allows; 5,000 an hour at first.

        Args:
            limit: Requests that the window allows.
            remaining: How many of them are left now; the others expire in one window.
            window: Seconds after which a request is not counted any more.
            retry_after: A 429 has the header `Retry-After`, as at the API's limit per minute: with
                True the time that is needed, else so many seconds.
        """
        used = 0 if remaining is None else limit - remaining
        if limit < 0 or not 0 <= used <= limit:
            raise ValueError("limit must be 0 or more, and remaining from 0 to limit")
        with self._service.lock:
            now = self._time.elapsed()
            self._account.quotas.set(limit, used, window, now, retry_after=retry_after)

    def stale_for(self, seconds: float) -> None:
        """Set how long `stale_get`, `stale_list` and `deleted_get` last; 3 s at first."""
        self._service.lag = nanoseconds(seconds)

    def quirk(self, *names: Quirk, on: bool = True) -> None:
        """Switch quirks of the real API on, or off.

        Args:
            names: The names of `do_images.testing.QUIRKS`.
            on: False switches them off.

        Raises:
            ValueError: There is no such quirk.
        """
        for name in names:
            if name not in QUIRKS:
                near = get_close_matches(name, QUIRKS, 1)
                hint = f"; did you mean {near[0]!r}?" if near else "."
                known = ", ".join(sorted(QUIRKS))
                raise ValueError(f"there is no quirk {name!r}{hint} They are {known}")
        with self._service.lock:
            others = self._service.quirks.difference(names)
            self._service.quirks = others.union(names) if on else others

    def fail_next(
        self,
        method: str,
        path: str,
        *,
        status: int | None = None,
        body: Json | bytes = None,
        headers: Mapping[str, str] | None = None,
        after: bool = False,
        lose: Loss | None = None,
        broken: Broken | None = None,
        delay: float = 0.0,
        drip: float = 0.0,
        times: int | None = 1,
        skip: int = 0,
    ) -> None:
        """Let the next requests of an operation go wrong. Several faults apply in their order.

        Args:
            method: Such as `POST`; `*` is any.
            path: A template such as `/v2/images/{id}/actions`, one path, or `*`.
            status: The status of the response. The work is not done, unless `after` is true.
            body: The body of that response: an object, a str or bytes; else what is usual for it.
            headers: Further headers, such as `{"retry-after": "7"}`.
            after: With `status`: the work is done all the same.
            lose: No response at all. The connection is `refused`, not made before the timeout
                (`connect_timeout`) or not free before it (`pool_timeout`), which a server on a port
                can only show as `before`: it breaks before the work is done; or `after` it was.
            broken: The work is done, and the body of the response is invalid.
            delay: Seconds that the response takes. The work is done as usual when the request
                comes, so that a client that gives up does not know.
            drip: Seconds before each byte of the response's body.
            times: How many requests go wrong; None is all.
            skip: How many requests succeed before.

        Raises:
            ValueError: There is no such operation, or the arguments contradict each other.
        """
        fault = Fault(
            method.upper(),
            path,
            times,
            skip,
            status,
            body,
            headers or {},
            after,
            lose,
            broken,
            delay,
            drip,
        )
        with self._service.lock:
            self._service.faults.add(fault)

    @property
    def faults_left(self) -> int:
        """How many calls of `fail_next` still wait for requests."""
        return self._service.faults.left

    @property
    def unused_faults(self) -> list[str]:
        """The faults that were arranged and that no request has met, as text."""
        with self._service.lock:
            regions = self._account.failures_due
            actions = [f"fail_next_action in {region or 'any region'}" for region in regions]
            return [*self._service.faults.unused, *actions]

    def heal(self) -> None:
        """Forget all calls of `fail_next`, and switch off all quirks that `quirk` switched on."""
        with self._service.lock:
            self._service.faults.clear()
            self._service.quirks = self._initial_quirks

    def reset(self) -> None:
        """Start again: images, actions, faults, quirks, limits and requests as at first.

        Tokens stay, and so does the time.
        """
        with self._service.lock:
            self.heal()
            tokens = self._account.tokens
            self._service.account = Account(self._seed, self._time, empty=self._empty)
            self._account.tokens.update(tokens)
            self._service.requests.clear()
            for content in self._seeds:
                for fields in seeds(content):
                    self.add_image(**fields)


def _length(seconds: float) -> float:
    if not seconds >= 0:
        raise ValueError(f"seconds must be 0 or more: {seconds!r}")
    return seconds


def _several(name: str, values: Iterable[str]) -> list[str]:
    if isinstance(values, str):  # its letters would do, and mean nothing
        raise TypeError(f"{name} must be several, such as [{values!r}], not one str")
    return [*values]


def _region(slug: str) -> str:
    if slug not in REGIONS:
        raise ValueError(f"there is no region {slug!r}, only {', '.join(REGIONS)}")
    return slug


def _unix(name: str, moment: datetime) -> int:
    if moment.tzinfo is None:
        raise ValueError(f"{name} must have a time zone: {moment!r}")
    return (moment - _EPOCH) // timedelta(microseconds=1) * 1000

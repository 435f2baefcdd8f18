"""`FakeDigitalOcean`: what a test arranges, inspects, and lets go wrong."""

from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from time import time
from types import TracebackType
from typing import Self

import httpx

from do_images import Action, AsyncClient, Client, Image
from do_images.models import Distribution, ImageStatus, ImageType
from do_images.testing._account import Account, ActionState, Quota
from do_images.testing._bodies import action_body, image_body
from do_images.testing._clock import (
    AsyncVirtualClock,
    VirtualClock,
    VirtualTime,
    nanoseconds,
    timestamp,
)
from do_images.testing._data import OURS, REGIONS, ImageState, Json
from do_images.testing._faults import Broken, Fault
from do_images.testing._messages import Incoming, Loss, Reply, Request
from do_images.testing._quirks import QUIRKS, Quirk
from do_images.testing._service import Service
from do_images.testing._transports import AsyncFakeTransport, FakeTransport

__all__ = ["FakeDigitalOcean"]

_BASE_URL = "https://api.digitalocean.com"
_SECOND = 1_000_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class FakeDigitalOcean:
    """A stand-in for the Images and Actions API that keeps state.

    Its clients wait in virtual time: an hour-long transfer takes no time at all. Everything is
    determined by `seed` and by what is sent to it; two fakes know nothing of each other.

    The account holds public images, `ubuntu-24-04-x64` and more, and three of its own: the
    snapshot 7555620 in nyc1 and nyc2, the backup 7555621 in ams3, and the custom image 7555622 in
    fra1 with the tags base-image and prod.
    """

    def __init__(
        self,
        *,
        seed: int = 0,
        now: datetime | None = None,
        empty: bool = False,
        one_transfer_at_a_time: bool = False,
        accept_any_token: bool = False,
    ) -> None:
        """Nothing is shared with other fakes.

        Args:
            seed: Determines tokens, request ids, and the ids of what is created.
            now: When its time starts, with a time zone; by default the real time, in whole seconds.
            empty: The account starts without any image.
            one_transfer_at_a_time: An image that is being copied is busy: a second transfer is
                answered 422. By default transfers to several regions run in parallel.
            accept_any_token: Any token is accepted, and allows everything.

        Raises:
            ValueError: `now` has no time zone.
        """
        self._time = VirtualTime(_unix("now", now) if now else int(time()) * _SECOND)
        self._account = Account(seed, self._time, empty=empty)
        self._service = Service(seed, self._time, self._account, accept_any_token=accept_any_token)
        self._initial_quirks: frozenset[Quirk] = frozenset(
            {"one_transfer_at_a_time"} if one_transfer_at_a_time else ()
        )
        self._service.quirks = self._initial_quirks
        self._token = self.token()
        self.clock: VirtualClock = VirtualClock(self._time)
        """Virtual time for a `Client`."""
        self.async_clock: AsyncVirtualClock = AsyncVirtualClock(self._time)
        """Virtual time for an `AsyncClient`."""
        self.transport: httpx.BaseTransport = FakeTransport(self._service, self.clock)
        """What any `httpx.Client` can be pointed at."""
        self.async_transport: httpx.AsyncBaseTransport = AsyncFakeTransport(
            self._service, self.async_clock
        )
        """What any `httpx.AsyncClient` can be pointed at."""

    def __enter__(self) -> Self:
        """The fake itself."""
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Nothing is left to close."""

    def __repr__(self) -> str:
        """What it holds, in numbers."""
        counts = f"{len(self._account.images)} images, {len(self._account.actions)} actions"
        return f"<{type(self).__name__}: {counts}, {len(self.requests)} requests>"

    # ── Ways in ─────────────────────────────────────────────────────────────────────────────

    def client(
        self,
        *,
        token: str | None = None,
        base_url: str = _BASE_URL,
        timeout: float | httpx.Timeout | None = None,
        max_retries: int = 2,
        user_agent: str | None = None,
        max_retry_wait: float = 60.0,
        max_body: int = 64 * 1024 * 1024,
    ) -> Client:
        """A client of this fake, in process; for `token` see `FakeDigitalOcean.token`.

        The other options are those of `Client`.
        """
        return Client(
            token or self._token,
            base_url=base_url,
            timeout=timeout,
            max_retries=max_retries,
            user_agent=user_agent,
            http_client=httpx.Client(transport=self.transport, trust_env=False),
            clock=self.clock,
            max_retry_wait=max_retry_wait,
            max_body=max_body,
        )

    def async_client(
        self,
        *,
        token: str | None = None,
        base_url: str = _BASE_URL,
        timeout: float | httpx.Timeout | None = None,
        max_retries: int = 2,
        user_agent: str | None = None,
        max_retry_wait: float = 60.0,
        max_body: int = 64 * 1024 * 1024,
    ) -> AsyncClient:
        """The same for asyncio; for `token` see `FakeDigitalOcean.token`.

        The other options are those of `AsyncClient`.
        """
        return AsyncClient(
            token or self._token,
            base_url=base_url,
            timeout=timeout,
            max_retries=max_retries,
            user_agent=user_agent,
            http_client=httpx.AsyncClient(transport=self.async_transport, trust_env=False),
            clock=self.async_clock,
            max_retry_wait=max_retry_wait,
            max_body=max_body,
        )

    @contextmanager
    def serve(self, port: int = 0, *, speed: float = 1.0) -> Generator[str]:
        """Serves it on a loopback port, and yields the base URL.

        Meanwhile its time runs `speed` times as fast as real time; with 0 it stands still, but
        for `advance` and for clients that sleep on `clock` or `async_clock`.

        Args:
            port: 0 takes one that is free.
            speed: Seconds of the fake's time for one real second.
        """
        from do_images.testing._server import serving  # noqa: PLC0415 - most tests do without

        with serving(self._service, port, speed) as url:
            self._time.run(speed)
            try:
                yield url
            finally:
                self._time.run(0)

    def handle(
        self, method: str, target: str, headers: Mapping[str, str], content: bytes = b""
    ) -> Reply:
        """Answers one request without any wire; `target` is the path with its query."""
        path, _, query = target.partition("?")
        lower = {name.lower(): value for name, value in headers.items()}
        return self._service.handle(Incoming(method, path, query, lower, content, _BASE_URL))

    # ── What it holds ───────────────────────────────────────────────────────────────────────

    @property
    def requests(self) -> list[Request]:
        """Every request that was sent so far, in the order in which they came."""
        return [*self._service.requests]

    @property
    def images(self) -> list[Image]:
        """All images, public ones too, as they are now; changes of the list change nothing."""
        with self._service.lock:
            self._account.settle()
            bodies = [image_body(image, ()) for image in self._account.images.values()]
        return [Image.model_validate_json(body) for body in bodies]

    @property
    def actions(self) -> list[Action]:
        """All actions as they are now, oldest first; changes of the list change nothing."""
        with self._service.lock:
            self._account.settle()
            bodies = [action_body(action, ()) for action in self._account.actions.values()]
        return [Action.model_validate_json(body) for body in bodies]

    def image(self, id_slug: int | str) -> Image:
        """One of the images as it is now, by its id or its slug.

        Raises:
            ValueError: There is none.
        """
        with self._service.lock:
            self._account.settle()
            body = image_body(self._image(id_slug), ())
        return Image.model_validate_json(body)

    def action(self, id: int) -> Action:  # noqa: A002 - the API's word
        """One of the actions as it is now.

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
        """Lets time pass."""
        self._time.advance(seconds)

    def token(
        self,
        scopes: Iterable[str] | None = None,
        *,
        account: str | None = None,
        value: str | None = None,
    ) -> str:
        """A new token.

        Args:
            scopes: What it allows, such as `image:read`; None allows everything.
            account: The UUID of another account, such as one that an image was offered to.
            value: The token itself, in place of one that is made up.
        """
        if scopes is not None:
            scopes = _several("scopes", scopes)
        with self._service.lock:
            return self._account.token(scopes, OURS if account is None else account, value)

    # The id comes first, so that its annotation is not taken for the method's parameter `type`.
    def add_image(
        self,
        *,
        id: int | None = None,  # noqa: A002 - the API's word
        name: str | None = None,
        type: ImageType = "snapshot",  # noqa: A002 - the API's word
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
        """Adds an image and returns its id; without arguments, a snapshot of the account's own.

        A public image of type `base` is listed as a distribution, one of type `snapshot` as an
        application. Sizes are in GB. One that has the status `NEW` or `pending` stays so.

        Raises:
            ValueError: The id or the slug is another image's, or an argument is no good.
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
        type: ImageType = "snapshot",  # noqa: A002 - the API's word
        public: bool = False,
    ) -> list[int]:
        """Adds many images, for pages, and returns their ids."""
        return [self.add_image(type=type, public=public) for _ in range(count)]

    def remove_image(self, id: int) -> None:  # noqa: A002 - the API's word
        """Takes an image away, as if somebody else had deleted it; what runs on it goes on.

        Raises:
            ValueError: There is no such image.
        """
        with self._service.lock:
            self._account.settle()
            self._account.forget(self._image(id))

    def offer_image(
        self, *, name: str = "offered", regions: Iterable[str] = ("nyc1",)
    ) -> tuple[int, int]:
        """Another account offers an image to this one; returns the image's and the offer's id."""
        with self._service.lock:
            id_ = self.add_image(name=name, regions=regions)
            image = self._account.images[id_]
            image.owner = "another account"
            return id_, self._account.offer(image, None)

    # ── What is to happen ───────────────────────────────────────────────────────────────────

    def transfer_takes(self, seconds: float, *, region: str | None = None) -> None:
        """How long transfers take that begin from now on, to one region or to all; 5 s at first.

        `math.inf` never ends.
        """
        if region is None:
            self._account.action_takes["transfer"] = _length(seconds)
        else:
            self._account.region_takes[_region(region)] = _length(seconds)

    def convert_takes(self, seconds: float) -> None:
        """How long conversions take that begin from now on; 5 s at first."""
        self._account.action_takes["convert"] = _length(seconds)

    def imports_take(self, seconds: float) -> None:
        """How long imports take that begin from now on; 20 s at first."""
        self._account.import_takes = _length(seconds)

    def imports_fail(self, error_message: str | None) -> None:
        """Imports that begin from now on fail for this reason; None lets them succeed again."""
        self._account.import_error = error_message

    def fail_action(self, action_id: int) -> None:
        """A running action will end errored, when its time is over.

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
        """The next action, or the next one in that region, will end errored."""
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
        """Sets the limit of requests; 5,000 an hour at first.

        Args:
            limit: Requests that the window allows in all.
            remaining: How many of them are left now; what was used expires in one window.
            window: Seconds after which a request is not counted any more.
            retry_after: A 429 has the header `Retry-After`, as at the API's limit per minute: with
                True the time that is needed, else so many seconds.
        """
        used = 0 if remaining is None else limit - remaining
        if limit < 0 or not 0 <= used <= limit:
            raise ValueError("limit must be 0 or more, and remaining from 0 to limit")
        with self._service.lock:
            now = self._time.elapsed()
            self._account.quota = Quota(limit, used, window, now, retry_after)

    def stale_for(self, seconds: float) -> None:
        """How long the quirks `stale_get` and `stale_list` hide what is new; 3 s at first."""
        self._service.lag = nanoseconds(seconds)

    def quirk(self, *names: Quirk, on: bool = True) -> None:
        """Switches oddities of the real API on, or off.

        Args:
            names: See the table in `do_images.testing`.
            on: False switches them off.

        Raises:
            ValueError: There is no such quirk.
        """
        for name in names:
            if name not in QUIRKS:
                near = get_close_matches(name, QUIRKS, 1)
                told = f"; did you mean {near[0]!r}?" if near else "."
                known = ", ".join(sorted(QUIRKS))
                raise ValueError(f"there is no quirk {name!r}{told} They are {known}")
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
        """Lets the next requests of an operation go wrong. Orders are fulfilled in their order.

        Args:
            method: Such as `POST`; `*` is any.
            path: A template such as `/v2/images/{id}/actions`, one path, or `*`.
            status: Answer with this status. The work is not done, unless `after` is true.
            body: The body of that answer: an object, a str or bytes; else what is usual for it.
            headers: Further headers, such as `{"retry-after": "7"}`.
            after: With `status`: the work is done all the same.
            lose: No answer at all. The connection is `refused`, not made in time
                (`connect_timeout`) or not free in time (`pool_timeout`), which a server on a port
                can only show as `before`: it breaks before the work is done; or `after` it was.
            broken: The work is done, and the body of the answer is no good.
            delay: Seconds that the answer takes. The work is done as usual when the request
                comes, so that a client that gives up does not know.
            drip: Seconds before each byte of the answer's body.
            times: How many requests go wrong; None is all.
            skip: How many requests go well before.

        Raises:
            ValueError: There is no such operation, or the arguments make no sense together.
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
            self._service.faults.order(fault)

    @property
    def faults_left(self) -> int:
        """How many orders of `fail_next` still wait for requests."""
        return self._service.faults.left

    def heal(self) -> None:
        """Forget all orders of `fail_next`, and switch off all quirks that `quirk` switched on."""
        with self._service.lock:
            self._service.faults.clear()
            self._service.quirks = self._initial_quirks


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

"""Who is measured: the floors, do_images, and its peers, each loaded when it is first asked for.

A contender is a function that imports what it needs and returns how a client is made from a base
URL. Nothing is imported at the top: the import is one of the things that are measured.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from importlib import import_module
from typing import Any, Protocol, TypeVar

from scripts.benchmark import PAGES, PER_PAGE, SLUG

__all__ = ["CONTENDERS", "FLOORS", "PEERS", "Session"]

TOKEN = "dop_v1_not_a_real_token"  # noqa: S105 - the server does not look
WORKERS = 8

T = TypeVar("T")


class Session(Protocol):
    """A client, driven as a program would."""

    def info(self, times: int) -> None:
        """Asks for one image, so many times."""

    def list(self) -> Sequence[object]:
        """Asks for all images."""
        ...


Factory = Callable[[str], Session]
Load = Callable[[], Factory]


class Blocking:
    """A session of plain calls."""

    def __init__(self, one: Callable[[], object], every: Callable[[], Sequence[object]]) -> None:
        self._one = one
        self.list = every

    def info(self, times: int) -> None:
        """Asks for one image, so many times."""
        for _ in range(times):
            self._one()


class Looping:
    """A session of coroutines, all of them on one event loop."""

    def __init__(
        self,
        one: Callable[[], Awaitable[object]],
        every: Callable[[], Awaitable[Sequence[object]]],
    ) -> None:
        self._one = one
        self._every = every
        self._run: Callable[[Awaitable[Any]], Any] | None = None

    def _finish(self, work: Awaitable[T]) -> T:
        # Not imported at the top: a program of plain calls does without.
        run = self._run or import_module("asyncio").new_event_loop().run_until_complete
        self._run = run
        result: T = run(work)
        return result

    def info(self, times: int) -> None:
        """Asks for one image, so many times."""

        async def ask() -> None:
            for _ in range(times):
                await self._one()

        self._finish(ask())

    def list(self) -> Sequence[object]:
        """Asks for all images."""
        return self._finish(self._every())


# ── The floors: what a program would do by hand ─────────────────────────────────────────────


def _headers() -> dict[str, str]:
    return {"Authorization": f"Bearer {TOKEN}"}


def _page(number: int) -> dict[str, str]:
    return {"page": str(number), "per_page": str(PER_PAGE)}


def httpx_json() -> Factory:
    """Dictionaries, as `json` makes them."""
    import httpx

    def make(base: str) -> Session:
        http = httpx.Client(headers=_headers())

        def every() -> Sequence[object]:
            items: list[object] = []
            following: str | None = f"{base}/v2/images?page=1&per_page={PER_PAGE}"
            while following:
                body = http.get(following).json()
                items += body["images"]
                following = body["links"]["pages"].get("next")
            return items

        return Blocking(lambda: http.get(f"{base}/v2/images/{SLUG}").json()["image"], every)

    return make


def _by_hand() -> tuple[type[Any], type[Any]]:
    """Models as one would write them by hand: the same fields, nothing more."""
    from datetime import datetime

    from pydantic import BaseModel

    class Image(BaseModel):
        id: int
        name: str
        created_at: datetime
        type: str | None = None
        distribution: str | None = None
        slug: str | None = None
        public: bool | None = None
        regions: list[str] = []
        min_disk_size: int | None = None
        size_gigabytes: float | None = None
        description: str | None = None
        tags: list[str] = []
        status: str | None = None
        error_message: str | None = None

    class Links(BaseModel):
        next: str | None = None

    class Pages(BaseModel):
        pages: Links | None = None

    class Meta(BaseModel):
        total: int

    class Many(BaseModel):
        images: list[Image]
        links: Pages
        meta: Meta

    class One(BaseModel):
        image: Image

    return One, Many


def httpx_models(workers: int = 1) -> Factory:
    """`validate_json`, one page after the other or all but the first on several threads."""
    import httpx

    one, many = _by_hand()

    def make(base: str) -> Session:
        http = httpx.Client(headers=_headers())

        def fetch(number: int) -> Any:
            got = http.get(f"{base}/v2/images", params=_page(number))
            return many.model_validate_json(got.content)

        def every() -> Sequence[object]:
            items: list[object] = []
            number, more = 0, True
            while more:
                number += 1
                body = fetch(number)
                items += body.images
                more = bool(body.links.pages and body.links.pages.next)
            return items

        def at_once() -> Sequence[object]:
            from concurrent.futures import ThreadPoolExecutor

            items: list[object] = [*fetch(1).images]
            with ThreadPoolExecutor(workers) as pool:
                for body in pool.map(fetch, range(2, PAGES + 1)):
                    items += body.images
            return items

        def ask() -> object:
            return one.model_validate_json(http.get(f"{base}/v2/images/{SLUG}").content).image

        return Blocking(ask, every if workers == 1 else at_once)

    return make


def httpx_async(workers: int = 1) -> Factory:
    """The same on an event loop, with tasks in place of threads."""
    import asyncio

    import httpx

    one, many = _by_hand()

    def make(base: str) -> Session:
        http = httpx.AsyncClient(headers=_headers())

        async def fetch(number: int) -> Any:
            got = await http.get(f"{base}/v2/images", params=_page(number))
            return many.model_validate_json(got.content)

        async def every() -> Sequence[object]:
            items: list[object] = []
            number, more = 0, True
            while more:
                number += 1
                body = await fetch(number)
                items += body.images
                more = bool(body.links.pages and body.links.pages.next)
            return items

        async def at_once() -> Sequence[object]:
            free = asyncio.Semaphore(workers)

            async def fetch_in_turn(number: int) -> Any:
                async with free:
                    return await fetch(number)

            items: list[object] = [*(await fetch(1)).images]
            for body in await asyncio.gather(*map(fetch_in_turn, range(2, PAGES + 1))):
                items += body.images
            return items

        async def ask() -> object:
            got = await http.get(f"{base}/v2/images/{SLUG}")
            return one.model_validate_json(got.content).image

        return Looping(ask, every if workers == 1 else at_once)

    return make


# ── do_images ───────────────────────────────────────────────────────────────────────────────


def ours(page_concurrency: int = WORKERS) -> Factory:
    """`Client` as it comes, or with its pages one after the other."""
    from do_images import Client

    def make(base: str) -> Session:
        do = Client(TOKEN, base_url=base, page_concurrency=page_concurrency)
        return Blocking(lambda: do.image.info(SLUG), do.image.list)

    return make


def ours_async(page_concurrency: int = WORKERS) -> Factory:
    """`AsyncClient` as it comes, or with its pages one after the other."""
    from do_images import AsyncClient

    def make(base: str) -> Session:
        do = AsyncClient(TOKEN, base_url=base, page_concurrency=page_concurrency)
        return Looping(lambda: do.image.info(SLUG), do.image.list)

    return make


# ── Peers; they come with types that our checkers do not know ───────────────────────────────


def pydo() -> Factory:
    """DigitalOcean's own client: dictionaries, a call for each page."""
    module = import_module("pydo")

    def make(base: str) -> Session:
        client = module.Client(TOKEN, endpoint=base)

        def every() -> Sequence[object]:
            items: list[object] = []
            number = 0
            more = True
            while more:
                number += 1
                body = client.images.list(page=number, per_page=PER_PAGE, enforce_https=False)
                items += body["images"]
                more = bool(body["links"]["pages"].get("next"))
            return items

        return Blocking(lambda: client.images.get(SLUG, enforce_https=False)["image"], every)

    return make


def pydo_async() -> Factory:
    """The same for asyncio, over aiohttp."""
    module = import_module("pydo.aio")

    def make(base: str) -> Session:
        client = module.Client(TOKEN, endpoint=base)

        async def every() -> Sequence[object]:
            items: list[object] = []
            number = 0
            more = True
            while more:
                number += 1
                body = await client.images.list(page=number, per_page=PER_PAGE, enforce_https=False)
                items += body["images"]
                more = bool(body["links"]["pages"].get("next"))
            return items

        async def ask() -> object:
            return (await client.images.get(SLUG, enforce_https=False))["image"]

        return Looping(ask, every)

    return make


def python_digitalocean() -> Factory:
    """Objects, without validation."""
    module = import_module("digitalocean")
    environ = import_module("os").environ

    def make(base: str) -> Session:
        # What its objects load later goes by the environment.
        environ["DIGITALOCEAN_END_POINT"] = f"{base}/v2/"
        manager = module.Manager(token=TOKEN)
        return Blocking(lambda: manager.get_image(SLUG), manager.get_all_images)

    return make


def doboto() -> Factory:
    """Dictionaries; the seed of this project's names."""
    module = import_module("doboto.DO")

    def make(base: str) -> Session:
        do = module.DO(TOKEN, url=f"{base}/v2")
        return Blocking(lambda: do.image.info(SLUG), do.image.list)

    return make


FLOORS = {"do_images.Client": "httpx + validate_json", "do_images.AsyncClient": "httpx async"}
"""The floor of each of our clients."""
PEERS = {
    "do_images.Client": ("pydo", "python-digitalocean", "doboto"),
    "do_images.AsyncClient": ("pydo.aio",),
}
"""Who else does the same work, with or without an event loop."""

CONTENDERS: Mapping[str, Load] = {
    "httpx + json": httpx_json,
    "httpx + validate_json": httpx_models,
    "httpx, 8 threads": partial(httpx_models, WORKERS),
    "httpx async": httpx_async,
    "httpx async, 8 tasks": partial(httpx_async, WORKERS),
    "do_images.Client": ours,
    "Client, a page at a time": partial(ours, 1),
    "do_images.AsyncClient": ours_async,
    "AsyncClient, a page at a time": partial(ours_async, 1),
    "pydo": pydo,
    "pydo.aio": pydo_async,
    "python-digitalocean": python_digitalocean,
    "doboto": doboto,
}

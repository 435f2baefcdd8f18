"""The program in `tests/typing`, which `make check` type-checks, also runs."""

import inspect
import re
from types import ModuleType
from typing import get_type_hints

import httpx
import pytest

from do_images import AsyncClient, Client, NotFoundError
from do_images.testing import FakeDigitalOcean
from tests.typing import app_async, app_sync, app_values

STEPS = (
    "find",
    "select",
    "prune",
    "change",
    "create",
    "copy",
    "convert",
    "actions",
    "hand_over",
    "destroy",
)


@pytest.fixture
def fake() -> FakeDigitalOcean:
    return FakeDigitalOcean()


def more(fake: FakeDigitalOcean, step: str) -> list[tuple[int, int]]:
    """What a step takes beside the client: offers of another account."""
    return [fake.offer_image() for _ in range(2)] if step == "hand_over" else []


@pytest.mark.parametrize("step", STEPS)
def test_a_step_with_the_client(fake: FakeDigitalOcean, step: str) -> None:
    with fake.client() as do:
        getattr(app_sync, step)(do, *more(fake, step))
    assert fake.requests


@pytest.mark.anyio
@pytest.mark.parametrize("step", STEPS)
async def test_a_step_with_the_async_client(fake: FakeDigitalOcean, step: str) -> None:
    async with fake.async_client() as do:
        await getattr(app_async, step)(do, *more(fake, step))
    assert fake.requests


def test_both_programs_take_the_same_steps(fake: FakeDigitalOcean) -> None:
    sync_steps, async_steps = (
        {
            name
            for name, value in vars(app).items()
            if getattr(value, "__module__", "") == app.__name__
        }
        for app in (app_sync, app_async)
    )
    assert sync_steps == async_steps == {*STEPS, "make_clients"}


@pytest.mark.parametrize(("app", "do"), [(app_sync, Client), (app_async, AsyncClient)])
def test_the_programs_use_every_method(app: ModuleType, do: type[Client | AsyncClient]) -> None:
    used = re.findall(r"\bdo\.(image|action)\.(\w+)\(", inspect.getsource(app))
    properties = (inspect.getattr_static(do, name) for name in ("image", "action"))
    kinds: list[type] = [get_type_hints(it.fget)["return"] for it in properties]
    assert {*used} == {
        (name, method)
        for name, kind in zip(("image", "action"), kinds, strict=True)
        for method in dir(kind)
        if method[0] != "_"
    }


def test_makes_clients() -> None:
    with httpx.Client() as http:
        app_sync.make_clients(http)
        assert not http.is_closed


@pytest.mark.anyio
async def test_makes_async_clients() -> None:
    async with httpx.AsyncClient() as http:
        await app_async.make_clients(http)
        assert not http.is_closed


def test_reads_values() -> None:
    app_values.fields_of_an_image()
    app_values.fields_of_an_action()
    app_values.made_by_hand()


def test_catches_errors(fake: FakeDigitalOcean) -> None:
    with fake.client() as do:
        assert app_values.status_errors(do) is NotFoundError
        action = do.image.transfer(app_sync.SNAPSHOT, "nyc3")
        assert app_values.one_late(do, action).status == "completed"
        image = do.image.create(name="new", url="https://example.com/new.raw", region="nyc3")
        assert app_values.image_late(do, image).status == "available"


def test_catches_groups() -> None:
    fake = FakeDigitalOcean()
    with fake.client() as do:
        unfinished = app_values.several_late(do, app_sync.SNAPSHOT)
        assert {action.region_slug for action in unfinished} == {"blr1", "syd1"}
        done = app_values.several_late_as_one(do, app_sync.CUSTOM)
        assert [action.status for action in done] == ["completed"] * 2

"""What an editor that asks jedi shows: names to choose from, and a text for each of them."""

import inspect
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jedi  # type: ignore[import-untyped]  # pyright: ignore[reportMissingTypeStubs] - has no types
import pytest
from jedi.api.environment import (  # type: ignore[import-untyped]  # pyright: ignore[reportMissingTypeStubs]
    InterpreterEnvironment,
)

from do_images import Action, AsyncClient, Client, Image, RateLimit, Region, RequestInfo, models
from do_images._sync.actions import Actions
from do_images._sync.images import Images

ROOT = Path(__file__).resolve().parent.parent

# One worker for all of them: what jedi has read once, it need not read again.
pytestmark = [pytest.mark.xdist_group("jedi"), pytest.mark.usefixtures("untraced")]

OBJECTS: dict[str, type] = {"do": Client, "do.image": Images, "do.action": Actions}
RECORDS: dict[str, type] = {
    "image": Image,
    "action": Action,
    "region": Region,
    "limit": RateLimit,
    "error.request": RequestInfo,
}
KNOWN = (
    *("ActionStatus", "ActionType", "Distribution", "ImageKind", "ImageStatus", "ImageType"),
    *("RegionSlug", "ResourceType"),
)

# Where images and actions come from, in programs.
IMAGES = (
    "for one in do.image.iter(private=True): one.name",
    "do.image.list()[0].name",
    "do.image.wait(image).name",
    "do.image.create(name='', url='', region='').name",
    "do.with_options(timeout=3).image.update(1, 'a').name",
)
ACTIONS = (
    "for each in do.image.action_iter(1): each.status",
    "do.action.wait(action).status",
    "do.action.wait_all([action])[0].status",
    "do.image.transfer_many(1, ['nyc3'])['nyc3'].status",
    "failed.action.status",
)


def public(kind: type) -> set[str]:
    """The names of a class that have no underscore, and do not come from pydantic."""
    ours = [each for each in kind.__mro__ if each.__module__.startswith("do_images")]
    names = {name for each in ours for name in {*vars(each), *inspect.get_annotations(each)}}
    return {name for name in names if not name.startswith(("_", "model_"))}


def members(kinds: dict[str, type]) -> list[str]:
    return [f"{path}.{name}" for path, kind in kinds.items() for name in sorted(public(kind))]


SYNC = "\n".join(
    [
        "from do_images import *",
        "from do_images.models import *",
        "do = Client()",
        "image = do.image.info(1)",
        "action = do.image.transfer(1, 'nyc3')",
        "limit, region = do.rate_limit, action.region",
        "error, failed = NotFoundError(), ActionErroredError()",
        *members(OBJECTS),
        *members(RECORDS),
        *IMAGES,
        *ACTIONS,
        *KNOWN,
        "do.image.transfer(1, 'nyc3', True)",
    ]
)
ASYNC_OBJECTS = {**OBJECTS, "do": AsyncClient}
ASYNC = "\n    ".join(
    [
        "from do_images import AsyncClient",
        "async def main(do: AsyncClient):",
        "image = await do.image.info(1)",
        "action = await do.image.transfer(1, 'nyc3')",
        *members(ASYNC_OBJECTS),
        "image.name",
        "action.status",
        "async for one in do.image.iter(): one.name",
        "(await do.action.wait_all([action]))[0].status",
    ]
).replace("    async def", "async def")


class Editor:
    """A file that is open, and the cursor on one of its lines."""

    def __init__(self, name: str, code: str) -> None:
        self._lines = code.splitlines()
        # One for all questions: what it found out once it need not find out again.
        self._script: Any = jedi.Script(code, path=name, environment=InterpreterEnvironment())

    def _at(self, text: str) -> tuple[int, str]:
        return next(
            (number, line) for number, line in enumerate(self._lines, 1) if line.strip() == text
        )

    def choices(self, text: str) -> set[str]:
        """What is offered after the last dot of a line."""
        number, line = self._at(text)
        found = self._script.complete(number, line.rindex(".") + 1)
        return {name.name for name in found if not name.name.startswith("_")}

    def hover(self, text: str) -> str:
        """What is shown for the last word of a line: signature and text."""
        number, line = self._at(text)
        return "\n".join(name.docstring() for name in self._script.help(number, len(line)))

    def leads_to(self, text: str) -> Any:
        """Where the last word of a line is defined."""
        number, line = self._at(text)
        (place,) = self._script.goto(number, len(line), follow_imports=True)
        return place

    def signature(self, text: str) -> Any:
        """What is shown while the last argument is typed."""
        number, line = self._at(text)
        (signature,) = self._script.get_signatures(number, line.rindex(",") + 1)
        return signature


@pytest.fixture(scope="module")
def _own_cache() -> Iterator[None]:
    """Keeps what jedi has read out of the user's home, apart for each worker: it locks nothing."""
    settings: Any = jedi.settings
    before = settings.cache_directory
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    settings.cache_directory = str(ROOT / ".pytest_cache" / "jedi" / worker)
    yield
    settings.cache_directory = before


@pytest.fixture(scope="module")
def sync(_own_cache: None) -> Editor:
    return Editor("sync.py", SYNC)


@pytest.fixture(scope="module")
def asynchronous(_own_cache: None) -> Editor:
    return Editor("async.py", ASYNC)


def test_every_method_is_offered(sync: Editor, asynchronous: Editor) -> None:
    for editor, objects in ((sync, OBJECTS), (asynchronous, ASYNC_OBJECTS)):
        for path, kind in objects.items():
            assert editor.choices(f"{path}.{min(public(kind))}") == public(kind)


def test_every_field_is_offered(sync: Editor) -> None:
    for record, kind in RECORDS.items():
        assert public(kind) <= sync.choices(f"{record}.{min(public(kind))}")


@pytest.mark.parametrize("text", [*IMAGES, *ACTIONS])
def test_fields_are_offered_wherever_a_record_comes_from(sync: Editor, text: str) -> None:
    assert public(Image if text in IMAGES else Action) <= sync.choices(text)


def test_fields_are_offered_in_asyncio(asynchronous: Editor) -> None:
    for text in ("image.name", "async for one in do.image.iter(): one.name"):
        assert public(Image) <= asynchronous.choices(text)
    for text in ("action.status", "(await do.action.wait_all([action]))[0].status"):
        assert public(Action) <= asynchronous.choices(text)


def test_every_method_tells_its_signature_and_what_it_does(
    sync: Editor, asynchronous: Editor
) -> None:
    for editor, objects in ((sync, OBJECTS), (asynchronous, ASYNC_OBJECTS)):
        for path, kind in objects.items():
            for name in public(kind) - {"image", "action", "rate_limit"}:
                text = editor.hover(f"{path}.{name}")
                signature, _, sentence = text.partition("\n\n")
                assert signature.startswith(f"{name}("), text
                assert sentence[:1].isupper(), text
                for parameter in list(inspect.signature(getattr(kind, name)).parameters)[1:]:
                    assert parameter in signature
                    assert f"{parameter}:" in sentence


def test_every_field_tells_its_sentence(sync: Editor) -> None:
    for text in [*members(RECORDS), "do.rate_limit"]:
        assert sync.hover(text).rstrip().endswith("."), text


def test_a_call_shows_its_arguments_while_it_is_typed(sync: Editor) -> None:
    signature = sync.signature("do.image.transfer(1, 'nyc3', True)")
    names = [parameter.name for parameter in signature.params]
    assert names == ["id", "region", "wait", "poll", "timeout", "on_poll"]
    assert signature.index == 2


@pytest.mark.parametrize("alias", KNOWN)
def test_known_values_are_one_step_away(sync: Editor, alias: str) -> None:
    """jedi completes no strings; it does lead to the alias, which explains and lists them."""
    place = sync.leads_to(alias)
    assert place.docstring().endswith(".")
    literal, other = getattr(models, alias).__args__
    assert other is str
    listed = place.get_line_code(after=20).partition('"""')[0]
    assert all(f'"{value}"' in listed for value in literal.__args__)

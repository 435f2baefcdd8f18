"""Which requests show how several actions stand: a pure function, without state."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from math import ceil

from do_images import _wire
from do_images._base import Endpoint, Model
from do_images._endpoints import ACTIONS_GET, ACTIONS_LIST, IMAGE_ACTIONS_GET, IMAGE_ACTIONS_LIST

__all__ = ["Ask", "Target", "account_page", "plan"]


@dataclass(frozen=True, slots=True)
class Ask:
    """One request of a tick, and the actions that its answer should show."""

    endpoint: Endpoint[Model]
    segments: Mapping[str, str]
    covers: frozenset[int] = frozenset()
    query: Mapping[str, str] | None = None
    region: str | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """An action to ask for: its id, and its image where it belongs to one."""

    id: int
    image: int | None


def plan(
    targets: Sequence[Target], *, account: bool = True, unlisted: AbstractSet[int] = frozenset()
) -> list[Ask]:
    """The fewest requests that should show all of the actions.

    `account` allows the list of all the account's actions; those in `unlisted` are known not to
    stand on a list. Never more requests than one for each action.
    """
    singly = [target for target in targets if target.id in unlisted]
    listed = [target for target in targets if target.id not in unlisted]
    pages = ceil(len(listed) / _wire.PAGE_SIZE)
    images = {target.image or -target.id for target in listed}
    if not account or pages >= len(images):
        return [*_by_image(listed), *map(_single, singly)]
    # The list is newest first, and ids grow with time.
    newest = sorted((target.id for target in listed), reverse=True)
    chunks = [
        newest[page * _wire.PAGE_SIZE : (page + 1) * _wire.PAGE_SIZE] for page in range(pages)
    ]
    return [
        *(account_page(page, chunk) for page, chunk in enumerate(chunks, start=1)),
        *map(_single, singly),
    ]


def account_page(page: int, ids: Iterable[int]) -> Ask:
    """The request for one page of the account's actions."""
    return Ask(ACTIONS_LIST, {}, frozenset(ids), {**_wire.FIRST_PAGE, "page": str(page)})


def _by_image(targets: Iterable[Target]) -> Iterator[Ask]:
    groups: dict[int | None, list[Target]] = {}
    for target in targets:
        groups.setdefault(target.image, []).append(target)
    for image, group in groups.items():
        if image is None or len(group) == 1:
            yield from map(_single, group)
        else:
            ids = frozenset(target.id for target in group)
            yield Ask(IMAGE_ACTIONS_LIST, {"image_id": str(image)}, ids, _wire.FIRST_PAGE)


def _single(target: Target) -> Ask:
    segments = {"action_id": str(target.id)}
    if target.image is None:
        return Ask(ACTIONS_GET, segments, frozenset({target.id}))
    segments["image_id"] = str(target.image)
    return Ask(IMAGE_ACTIONS_GET, segments, frozenset({target.id}))

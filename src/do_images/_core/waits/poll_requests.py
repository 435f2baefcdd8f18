"""Which requests show how several actions stand: a pure function, without state."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from math import ceil

from do_images._base import Endpoint, Model
from do_images._core import pagination
from do_images._endpoints import ACTIONS_GET, ACTIONS_LIST, IMAGE_ACTIONS_GET, IMAGE_ACTIONS_LIST

__all__ = ["PollRequest", "Target", "account_page", "plan", "single"]


@dataclass(frozen=True, slots=True)
class PollRequest:
    """One request of a tick, and the actions that its answer should show."""

    endpoint: Endpoint[Model]
    segments: Mapping[str, str]
    expected_ids: frozenset[int] = frozenset()
    query: Mapping[str, str] | None = None
    region: str | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """An action to ask for: its id, and its image where it belongs to one."""

    id: int
    image: int | None


def plan(
    targets: Sequence[Target],
    *,
    account: bool = True,
    off_account: AbstractSet[int] = frozenset(),
    off_image: AbstractSet[int] = frozenset(),
) -> list[PollRequest]:
    """The fewest requests that should show all of the actions, never more than one for each.

    `account` allows the list of all the account's actions; those in `off_account` are not
    sought there, those in `off_image` not in the lists of their images.
    """
    if account:
        listed = [target.id for target in targets if target.id not in off_account]
        rest = [target for target in targets if target.id in off_account]
        pages = [account_page(page, ids) for page, ids in enumerate(_pages(listed), start=1)]
        if len(pages) + _cost(rest, off_image) < _cost(targets, off_image):
            return [*pages, *_by_image(rest, off_image)]
    return list(_by_image(targets, off_image))


def account_page(page: int, ids: Iterable[int]) -> PollRequest:
    """The request for one page of the account's actions."""
    return PollRequest(
        ACTIONS_LIST, {}, frozenset(ids), {**pagination.FIRST_PAGE, "page": str(page)}
    )


def _key(target: Target, off_image: AbstractSet[int]) -> int:
    """The same for those that stand on one list; ids of images are above 0."""
    return target.image if target.image and target.id not in off_image else -target.id


def _cost(targets: Iterable[Target], off_image: AbstractSet[int]) -> int:
    """How many requests `_by_image` takes: counted faster than made."""
    groups = Counter(_key(target, off_image) for target in targets)
    return sum(ceil(count / pagination.PAGE_SIZE) for count in groups.values())


def _by_image(targets: Iterable[Target], off_image: AbstractSet[int]) -> Iterator[PollRequest]:
    groups: dict[int, list[Target]] = {}
    for target in targets:
        groups.setdefault(_key(target, off_image), []).append(target)
    for image, group in groups.items():
        if len(group) == 1:
            yield single(group[0])
            continue
        segments = {"image_id": str(image)}
        for page, ids in enumerate(_pages(target.id for target in group), start=1):
            query = {**pagination.FIRST_PAGE, "page": str(page)}
            yield PollRequest(IMAGE_ACTIONS_LIST, segments, frozenset(ids), query)


def _pages(ids: Iterable[int]) -> Iterator[Sequence[int]]:
    """The ids as they should stand on pages: lists are newest first, and ids grow with time."""
    newest = sorted(ids, reverse=True)
    for start in range(0, len(newest), pagination.PAGE_SIZE):
        yield newest[start : start + pagination.PAGE_SIZE]


def single(target: Target) -> PollRequest:
    """The request for one action."""
    segments = {"action_id": str(target.id)}
    if target.image is None:
        return PollRequest(ACTIONS_GET, segments, frozenset({target.id}))
    segments["image_id"] = str(target.image)
    return PollRequest(IMAGE_ACTIONS_GET, segments, frozenset({target.id}))

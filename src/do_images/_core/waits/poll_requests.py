"""Which requests show how several actions stand."""

from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from math import ceil

from do_images._core.pagination import FIRST_PAGE, PAGE_SIZE
from do_images._core.requests import Request
from do_images._endpoints import ACTIONS_GET, ACTIONS_LIST, IMAGE_ACTIONS_GET, IMAGE_ACTIONS_LIST
from do_images.models import ActionResponse, ActionsResponse

__all__ = ["Lookup", "PollRequest", "Shown", "Target", "account_page", "plan", "single"]

# How many pages of other actions it may cost, for each action, to come to those sought.
_DEPTH = 0.1


@dataclass(frozen=True, slots=True)
class PollRequest:
    """One request of a polling round, and the actions that its response should show."""

    request: Request[ActionResponse | ActionsResponse]
    expected_ids: frozenset[int]


@dataclass(frozen=True, slots=True)
class Shown:
    """What came of a `PollRequest`."""

    ids: AbstractSet[int]
    """The actions that need no other request in this round."""
    more: bool = False
    """Whether the list goes on."""
    oldest: int = 0
    """The lowest id on the page, 0 where there is none."""
    denied: bool = False
    """Whether the list can't be had at all."""


@dataclass(frozen=True, slots=True)
class Target:
    """An action to poll: its id, and its image where it belongs to one."""

    id: int
    image: int | None


class Lookup:
    """Chooses the requests of each polling round, from what those before have shown."""

    def __init__(self) -> None:
        self._round = 0
        self._account = True
        self._confirmed = False
        self._off_account = _Absences()
        self._off_image = _Absences()

    def width(self, targets: Sequence[Target]) -> int:
        """Return about how many requests the next round takes."""
        return len(self._planned(targets))

    def round(self, targets: Sequence[Target]) -> Generator[list[PollRequest], list[Shown], None]:
        """Yield the requests of one round in batches; what they showed is sent back in.

        The account's list comes first, then those of images, then one by one what these don't
        show. So each action has its poll in each round, wherever it stands.
        """
        self._round += 1
        unseen = {target.id for target in targets}
        pages = [each for each in self._planned(targets) if _is_account(each)]
        if pages:
            unseen -= yield from self._account_pages(pages)
        rest = [target for target in targets if target.id in unseen]
        off_image = self._off_image.at(self._round)
        batch = plan(rest, account=False, off_image=off_image)
        if batch:
            unseen -= _ids((yield batch))
        lists = [each for each in batch if each.request.endpoint is IMAGE_ACTIONS_LIST]
        missed = set[int]().union(*(each.expected_ids for each in lists)) & unseen
        self._off_image.note(missed, self._round)
        if missed:
            yield [single(target) for target in rest if target.id in missed]

    def _planned(self, targets: Sequence[Target]) -> list[PollRequest]:
        off_account, off_image = self._off_account.at(self._round), self._off_image.at(self._round)
        return plan(targets, account=self._account, off_account=off_account, off_image=off_image)

    def _account_pages(
        self, planned: Sequence[PollRequest]
    ) -> Generator[list[PollRequest], list[Shown], set[int]]:
        """Yield the planned pages, and more while each goes on showing some of what is sought."""
        sought = set[int]().union(*(each.expected_ids for each in planned))
        # The first page alone shows whether the token may read the list.
        batch = list(planned) if self._confirmed else [account_page(1, sought)]
        shown = yield batch
        seen = _ids(shown)
        page, last, fruitful = len(batch), shown[-1], bool(seen)
        while last.more and (left := sought - seen):
            # Ids grow with time: so many newer actions may push ours down, but not for ever.
            is_near = last.oldest > max(left) and page < len(left) * _DEPTH
            if not (page < len(planned) or is_near or (fruitful and len(left) > 1)):
                break
            page += 1
            (last,) = yield [account_page(page, left)]
            shown.append(last)
            fruitful = bool(left & last.ids)
            seen |= last.ids
        self._account = not any(each.denied for each in shown)
        self._confirmed = self._account
        if self._account:
            self._off_account.note(sought - seen, self._round)
        return seen


class _Absences:
    """Actions that a list did not show.

    They are sought there again in the 2nd round, the 4th, the 8th and so on: a list that lags is
    used when it has caught up, and one that never shows them costs next to nothing.
    """

    def __init__(self) -> None:
        self._times: dict[int, int] = {}
        self._until: dict[int, int] = {}

    def note(self, ids: Iterable[int], round_: int) -> None:
        """These were not shown in this round."""
        for id_ in ids:
            times = self._times[id_] = self._times.get(id_, -1) + 1
            self._until[id_] = round_ + 2**times

    def at(self, round_: int) -> set[int]:
        """Return those that are not sought in a round."""
        return {id_ for id_, until in self._until.items() if round_ < until}


def plan(
    targets: Sequence[Target],
    *,
    account: bool = True,
    off_account: AbstractSet[int] = frozenset(),
    off_image: AbstractSet[int] = frozenset(),
) -> list[PollRequest]:
    """Return the fewest requests that should show all actions, never more than one for each.

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
    """Return the request for one page of the account's actions."""
    query = {**FIRST_PAGE, "page": str(page)}
    return PollRequest(Request(ACTIONS_LIST, "/v2/actions", query), frozenset(ids))


def single(target: Target) -> PollRequest:
    """Return the request for one action."""
    if target.image is None:
        request = Request(ACTIONS_GET, f"/v2/actions/{target.id}")
    else:
        path = f"/v2/images/{target.image}/actions/{target.id}"
        request = Request(IMAGE_ACTIONS_GET, path)
    return PollRequest(request, frozenset({target.id}))


def _is_account(poll: PollRequest) -> bool:
    return poll.request.endpoint is ACTIONS_LIST


def _ids(shown: Iterable[Shown]) -> set[int]:
    return set[int]().union(*(each.ids for each in shown))


def _key(target: Target, off_image: AbstractSet[int]) -> int:
    """Return the same for those that stand on one list; ids of images are above 0."""
    return target.image if target.image and target.id not in off_image else -target.id


def _cost(targets: Iterable[Target], off_image: AbstractSet[int]) -> int:
    """Return how many requests `_by_image` takes: counted faster than made."""
    groups = Counter(_key(target, off_image) for target in targets)
    return sum(ceil(count / PAGE_SIZE) for count in groups.values())


def _by_image(targets: Iterable[Target], off_image: AbstractSet[int]) -> Iterator[PollRequest]:
    groups: dict[int, list[Target]] = {}
    for target in targets:
        groups.setdefault(_key(target, off_image), []).append(target)
    for image, group in groups.items():
        if len(group) == 1:
            yield single(group[0])
            continue
        for page, ids in enumerate(_pages(target.id for target in group), start=1):
            query = {**FIRST_PAGE, "page": str(page)}
            request = Request(IMAGE_ACTIONS_LIST, f"/v2/images/{image}/actions", query)
            yield PollRequest(request, frozenset(ids))


def _pages(ids: Iterable[int]) -> Iterator[Sequence[int]]:
    """Yield the ids as they should stand on pages: lists are newest first, ids grow with time."""
    newest = sorted(ids, reverse=True)
    for start in range(0, len(newest), PAGE_SIZE):
        yield newest[start : start + PAGE_SIZE]

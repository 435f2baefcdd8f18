"""`prune`: which images the rules keep. restic's rules, pure."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from do_images._core import arguments as check
from do_images._core.prune_result import PruneResult
from do_images._core.selection import before, in_order
from do_images.models import Image

__all__ = ["Retention", "retention"]

_NEVER = timedelta(0)
# UTC has no year 0 or 10000, where a time zone may lead.
_FIRST, _LAST = datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Retention:
    """The rules of `prune`, checked; one that is 0 keeps nothing."""

    keep_last: int = 0
    keep_within: timedelta = _NEVER
    keep_daily: int = 0
    keep_weekly: int = 0
    keep_monthly: int = 0
    keep_yearly: int = 0

    def apply(self, images: Sequence[Image], now: datetime) -> PruneResult:
        """Return which of the account's own images stay and which go; `now` is the server's."""
        newest_first = in_order(images)
        reasons: dict[int, tuple[str, ...]] = {image.id: () for image in newest_first}
        for rule, ids in self._kept(newest_first, now):
            for id_ in ids:
                reasons[id_] += (rule,)
        return PruneResult(
            kept=[image for image in newest_first if reasons[image.id]],
            deleted=[image for image in newest_first if not reasons[image.id]],
            reasons={id_: rules for id_, rules in reasons.items() if rules},
        )

    def _kept(self, images: list[Image], now: datetime) -> list[tuple[str, list[int]]]:
        """Return each rule with the ids that it keeps, in the order of the parameters."""
        return [
            ("keep_last", _first_of_each(images, self.keep_last, lambda image: image.id)),
            ("keep_within", _within(images, self.keep_within, now)),
            ("keep_daily", _first_of_each(images, self.keep_daily, _day)),
            ("keep_weekly", _first_of_each(images, self.keep_weekly, _week)),
            ("keep_monthly", _first_of_each(images, self.keep_monthly, _month)),
            ("keep_yearly", _first_of_each(images, self.keep_yearly, _year)),
        ]


def retention(
    *,
    keep_last: object = None,
    keep_within: object = None,
    keep_daily: object = None,
    keep_weekly: object = None,
    keep_monthly: object = None,
    keep_yearly: object = None,
) -> Retention:
    """Return the rules of `prune`; raise where one is invalid or none keeps anything."""
    rules = Retention(
        keep_last=_count("keep_last", keep_last),
        keep_within=_length("keep_within", keep_within),
        keep_daily=_count("keep_daily", keep_daily),
        keep_weekly=_count("keep_weekly", keep_weekly),
        keep_monthly=_count("keep_monthly", keep_monthly),
        keep_yearly=_count("keep_yearly", keep_yearly),
    )
    if rules == Retention():
        raise ValueError("no rule keeps anything: give keep_last, keep_within, keep_daily, ...")
    return rules


def _count(name: str, value: object) -> int:
    return 0 if value is None else check.number(name, value, least=0)


def _length(name: str, value: object) -> timedelta:
    if value is None:
        return _NEVER
    if not isinstance(value, timedelta):
        raise TypeError(f"{name} must be a timedelta, not {type(value).__name__}")
    if value < _NEVER:
        raise ValueError(f"{name} must be 0 or more, not {value}")
    return value


def _first_of_each(
    newest_first: list[Image], n: int, period: Callable[[Image], Hashable]
) -> list[int]:
    """Return the ids of the newest image of each of the last n periods that have one."""
    newest: dict[Hashable, int] = {}
    for image in newest_first:
        newest.setdefault(period(image), image.id)
    return list(newest.values())[:n]


def _within(newest_first: list[Image], length: timedelta, now: datetime) -> list[int]:
    if not length or not newest_first:
        return []
    # Counted from the newest image where that is earlier, so that one stays in any case.
    since = before(min(now, newest_first[0].created_at), length)
    return [image.id for image in newest_first if image.created_at >= since]


def _utc(image: Image) -> datetime:
    return min(max(image.created_at, _FIRST), _LAST).astimezone(UTC)


def _day(image: Image) -> Hashable:
    return _utc(image).date()


def _week(image: Image) -> Hashable:
    return _utc(image).isocalendar()[:2]


def _month(image: Image) -> Hashable:
    return _utc(image).year, _utc(image).month


def _year(image: Image) -> Hashable:
    return _utc(image).year

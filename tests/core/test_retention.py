"""What the rules of `prune` keep: restic's `forget`, with the contract's differences."""

from collections.abc import Callable
from dataclasses import FrozenInstanceError
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from do_images import Image
from do_images._core.prune_result import PruneResult
from do_images._core.retention import Retention, retention
from tests.image_samples import moments, snapshot

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
COUNTS = ["keep_last", "keep_daily", "keep_weekly", "keep_monthly", "keep_yearly"]


def kept(times: list[str], *, now: datetime = NOW, **rules: Any) -> list[str]:
    """The times of the images that the rules keep."""
    images = [snapshot(id_, created_at=time) for id_, time in enumerate(times, 1)]
    stay = {image.id for image in retention(**rules).apply(images, now).kept}
    return [time for id_, time in enumerate(times, 1) if id_ in stay]


# ── Each rule ───────────────────────────────────────────────────────────────────────────────

NIGHTS = [
    "2026-06-01T03:00:00Z",
    "2026-05-31T15:00:00Z",
    "2026-05-31T03:00:00Z",
    "2026-05-29T03:00:00Z",
    "2026-05-24T03:00:00Z",
    "2026-04-30T03:00:00Z",
    "2026-04-29T03:00:00Z",
    "2025-12-31T03:00:00Z",
    "2024-02-29T03:00:00Z",
]


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ({"keep_last": 3}, [0, 1, 2]),
        ({"keep_last": 100}, range(9)),
        ({"keep_within": timedelta(days=3)}, [0, 1, 2, 3]),
        ({"keep_within": timedelta(seconds=1)}, [0]),
        ({"keep_daily": 3}, [0, 1, 3]),
        ({"keep_weekly": 2}, [0, 1]),  # 1 June 2026 is a Monday
        ({"keep_weekly": 3}, [0, 1, 4]),
        ({"keep_monthly": 3}, [0, 1, 5]),
        ({"keep_yearly": 2}, [0, 7]),
        ({"keep_yearly": 9}, [0, 7, 8]),
        ({"keep_last": 2, "keep_yearly": 3}, [0, 1, 7, 8]),
        ({"keep_daily": 2, "keep_weekly": 3, "keep_monthly": 3}, [0, 1, 4, 5]),
        ({"keep_last": 2, "keep_within": timedelta(hours=1), "keep_daily": 0}, [0, 1]),
    ],
)
def test_worked_examples(rules: dict[str, Any], expected: list[int]) -> None:
    assert kept(NIGHTS, **rules) == [NIGHTS[index] for index in expected]


def test_the_example_of_restics_manual() -> None:
    # "Suppose there is one snapshot on every Sunday for 12 weeks": --keep-daily 4 keeps 4 of them.
    sundays = [datetime(2016, 12, 25, tzinfo=UTC) - timedelta(weeks=week) for week in range(12)]
    times = [sunday.isoformat() for sunday in sundays]
    assert kept(times, keep_daily=4) == times[:4]
    # "keep-monthly 12" with weekly snapshots: the last of each month.
    assert kept(times, keep_monthly=12) == [times[0], times[4], times[8]]


def test_unlike_restic_the_oldest_is_not_kept_for_a_count_that_is_not_used_up() -> None:
    times = ["2026-05-02T00:00:00Z", "2026-05-01T00:00:00Z"]
    assert kept(times, keep_monthly=12) == times[:1]


# ── Edges ───────────────────────────────────────────────────────────────────────────────────


def test_of_images_of_the_same_time_the_highest_id_is_the_newest() -> None:
    images = [snapshot(id_, created_at="2026-05-01") for id_ in (5, 9, 7)]
    result = Retention(keep_last=1, keep_yearly=1).apply(images, NOW)
    assert [image.id for image in result.kept] == [9]
    assert [image.id for image in result.deleted] == [7, 5]


@pytest.mark.parametrize(
    ("rule", "times", "expected"),
    [
        # Midnight and the turn of the year, in UTC whatever the offset.
        ("keep_daily", ["2026-01-01T00:00:00Z", "2025-12-31T23:59:59Z"], [0, 1]),
        ("keep_daily", ["2026-01-01T01:30:00+02:00", "2025-12-31T22:00:00Z"], [0]),
        ("keep_yearly", ["2026-01-01T00:00:00Z", "2025-12-31T23:59:59Z"], [0, 1]),
        ("keep_yearly", ["2025-12-31T23:30:00-01:00", "2026-01-01T00:00:00Z"], [0]),
        ("keep_monthly", ["2026-03-01T00:00:00Z", "2026-02-28T23:59:59Z"], [0, 1]),
        # The same month and day of another year.
        ("keep_monthly", ["2026-05-31T00:00:00Z", "2025-05-31T00:00:00Z"], [0, 1]),
        ("keep_daily", ["2026-05-31T00:00:00Z", "2025-05-31T00:00:00Z"], [0, 1]),
        ("keep_weekly", ["2026-05-31T00:00:00Z", "2025-06-01T00:00:00Z"], [0, 1]),
        # An ISO week may have days of two years: 2026 begins in week 1, 2027 in week 53 of 2026.
        ("keep_weekly", ["2026-01-01T00:00:00Z", "2025-12-29T00:00:00Z"], [0]),
        ("keep_weekly", ["2025-12-29T00:00:00Z", "2025-12-28T00:00:00Z"], [0, 1]),
        ("keep_weekly", ["2027-01-03T00:00:00Z", "2026-12-28T00:00:00Z"], [0]),
        ("keep_weekly", ["2027-01-04T00:00:00Z", "2027-01-03T00:00:00Z"], [0, 1]),
        # The leap day is a day of its own, in February.
        ("keep_daily", ["2024-03-01T00:00:00Z", "2024-02-29T23:59:59Z"], [0, 1]),
        ("keep_monthly", ["2024-02-29T12:00:00Z", "2024-02-28T12:00:00Z"], [0]),
        ("keep_monthly", ["2024-03-01T00:00:00Z", "2024-02-29T23:59:59Z"], [0, 1]),
    ],
)
def test_a_calendar_rule_goes_by_the_calendar_of_utc(
    rule: str, times: list[str], expected: list[int]
) -> None:
    later = datetime(2028, 1, 1, tzinfo=UTC)
    assert kept(times, now=later, **{rule: 10}) == [times[index] for index in expected]


def test_within_counts_from_now() -> None:
    times = ["2026-05-31T12:00:00Z", "2026-05-31T11:59:59Z"]
    assert kept(times, keep_within=timedelta(days=1)) == times
    # An image from the future is within any time, and moves no limit.
    future = ["2027-01-01T00:00:00Z", *times]
    assert kept(future, keep_within=timedelta(days=1)) == future[:2]


def test_within_counts_from_the_newest_where_nothing_is_newer() -> None:
    times = ["2020-05-31T12:00:00Z", "2020-05-30T12:00:00Z", "2020-05-30T11:59:59Z"]
    assert kept(times, keep_within=timedelta(days=1)) == times[:2]


def test_within_all_time_keeps_everything() -> None:
    assert kept(NIGHTS, keep_within=timedelta.max) == NIGHTS


def test_an_image_from_the_future_has_its_own_day() -> None:
    times = ["2027-01-01T00:00:00Z", "2026-06-01T00:00:00Z", "2026-05-31T00:00:00Z"]
    assert kept(times, keep_daily=2) == times[:2]
    assert kept(times, keep_last=1) == times[:1]


@pytest.mark.parametrize("rule", COUNTS)
def test_the_ends_of_time_have_a_day(rule: str) -> None:
    ends = [
        datetime.max.replace(tzinfo=timezone(-timedelta(hours=14))),
        datetime.min.replace(tzinfo=timezone(timedelta(hours=14))),
    ]
    images = [snapshot(id_).model_copy(update={"created_at": end}) for id_, end in enumerate(ends)]
    assert retention(**{rule: 1}).apply(images, NOW).kept == images[:1]


def test_of_nothing_nothing_is_kept() -> None:
    result = retention(keep_last=1, keep_within=timedelta(1), keep_daily=1).apply([], NOW)
    assert result == PruneResult([], [])


# ── Properties ──────────────────────────────────────────────────────────────────────────────

WEB = snapshot(1)
_LEAP = datetime(2024, 2, 29, 23, 59, 59, tzinfo=UTC)
_NEW_YEAR = datetime(2027, 1, 1, tzinfo=UTC)
TIMES = (
    moments("2023-01-01", "2027-12-31")
    | moments("2026-05-20", "2026-06-10")
    | st.integers(-48, 48).map(lambda hours: _LEAP + timedelta(hours=hours))
    | st.integers(-240, 240).map(lambda hours: _NEW_YEAR + timedelta(hours=hours))
    | st.sampled_from([NOW, _LEAP, _NEW_YEAR])
)
IMAGES = st.dictionaries(st.integers(1, 60), TIMES, max_size=25).map(
    lambda times: [WEB.model_copy(update={"id": id_, "created_at": times[id_]}) for id_ in times]
)
LENGTHS = st.timedeltas(timedelta(0), timedelta(days=1000)) | st.sampled_from(
    [timedelta(0), timedelta(microseconds=1), timedelta(days=1)]
)
RULES = (
    st.fixed_dictionaries(
        {}, optional={rule: st.integers(0, 8) for rule in COUNTS} | {"keep_within": LENGTHS}
    )
    .filter(lambda rules: any(rules.values()))
    .map(lambda rules: retention(**rules))
)
PERIODS: dict[str, Callable[[Image], str]] = {
    "keep_last": lambda image: (
        f"{image.created_at.isoformat(timespec='microseconds')} {image.id:9}"
    ),
    "keep_daily": lambda image: image.created_at.strftime("%Y-%m-%d"),
    "keep_weekly": lambda image: image.created_at.strftime("%G-%V"),
    "keep_monthly": lambda image: image.created_at.strftime("%Y-%m"),
    "keep_yearly": lambda image: image.created_at.strftime("%Y"),
}


def _ids(images: list[Image]) -> set[int]:
    return {image.id for image in images}


def _as_documented(rule: str, n: int, images: list[Image]) -> set[int]:
    """Restic's manual: for the last n periods which have one or more, the most recent of each."""
    periods: dict[str, list[Image]] = {}
    for image in images:
        periods.setdefault(PERIODS[rule](image), []).append(image)
    last = sorted(periods, reverse=True)[:n]
    return _ids([max(periods[it], key=lambda image: (image.created_at, image.id)) for it in last])


@pytest.mark.parametrize("rule", COUNTS)
@given(images=IMAGES, n=st.integers(1, 8))
def test_a_counted_rule_keeps_the_newest_of_each_of_the_last_periods(
    rule: str, images: list[Image], n: int
) -> None:
    result = retention(**{rule: n}).apply(images, NOW)
    assert _ids(result.kept) == _as_documented(rule, n, images)


@given(IMAGES, LENGTHS.filter(bool))
def test_within_keeps_all_that_are_no_older(images: list[Image], length: timedelta) -> None:
    result = retention(keep_within=length).apply(images, NOW)
    end = min([NOW, *(image.created_at for image in result.kept[:1])])
    assert _ids(result.kept) == {image.id for image in images if end - image.created_at <= length}


@given(IMAGES, RULES)
def test_an_image_is_kept_if_any_rule_keeps_it(images: list[Image], rules: Retention) -> None:
    alone: dict[int, list[str]] = {}
    for rule in rules.__dataclass_fields__:
        for image in Retention(**{rule: getattr(rules, rule)}).apply(images, NOW).kept:
            alone.setdefault(image.id, []).append(rule)
    result = rules.apply(images, NOW)
    assert result.reasons == {id_: tuple(names) for id_, names in alone.items()}
    assert _ids(result.kept) == {*alone}


@given(IMAGES, RULES)
def test_each_image_is_kept_or_deleted_newest_first(images: list[Image], rules: Retention) -> None:
    result = rules.apply(images, NOW)
    newest_first = sorted(images, key=lambda it: (it.created_at, it.id), reverse=True)
    kept = _ids(result.kept)
    assert result.kept == [image for image in newest_first if image.id in kept]
    assert result.deleted == [image for image in newest_first if image.id not in kept]


@given(IMAGES, RULES)
@example([snapshot(1, created_at="2026-05-01"), snapshot(2, created_at="2026-05-01")], Retention(1))
def test_the_newest_always_stays(images: list[Image], rules: Retention) -> None:
    newest = sorted(images, key=lambda image: (image.created_at, image.id))[-1:]
    assert rules.apply(images, NOW).kept[:1] == newest


@given(IMAGES, RULES)
def test_running_it_twice_is_running_it_once(images: list[Image], rules: Retention) -> None:
    once = rules.apply(images, NOW)
    twice = rules.apply(once.kept, NOW)
    assert twice == PruneResult(once.kept, [], once.reasons)


@given(IMAGES, RULES, st.randoms())
def test_the_order_of_the_images_does_not_matter(
    images: list[Image], rules: Retention, random: Any
) -> None:
    shuffled = random.sample(images, len(images))
    assert rules.apply(shuffled, NOW) == rules.apply(images, NOW)


@pytest.mark.parametrize("rule", COUNTS)
@given(images=IMAGES, fewer=st.integers(1, 8), more=st.integers(0, 8))
def test_a_higher_number_keeps_no_less(
    rule: str, images: list[Image], fewer: int, more: int
) -> None:
    less = retention(**{rule: fewer}).apply(images, NOW)
    assert _ids(less.kept) <= _ids(retention(**{rule: fewer + more}).apply(images, NOW).kept)
    assert len(less.kept) <= fewer


@given(IMAGES, LENGTHS.filter(bool), LENGTHS)
def test_a_longer_time_keeps_no_less(
    images: list[Image], shorter: timedelta, more: timedelta
) -> None:
    less = retention(keep_within=shorter).apply(images, NOW)
    assert _ids(less.kept) <= _ids(retention(keep_within=shorter + more).apply(images, NOW).kept)


@given(IMAGES, LENGTHS.filter(bool), st.timedeltas(timedelta(0), timedelta(days=2000)))
def test_as_time_goes_by_nothing_that_was_deleted_would_be_kept(
    images: list[Image], length: timedelta, later: timedelta
) -> None:
    rule = retention(keep_within=length)
    assert _ids(rule.apply(images, NOW + later).kept) <= _ids(rule.apply(images, NOW).kept)


# ── Wrong arguments, and the result ─────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "rules",
    [
        {},
        {"keep_last": 0},
        {"keep_within": timedelta(0)},
        dict.fromkeys(COUNTS, 0),
        {"keep_daily": None, "keep_within": timedelta(0), "keep_last": 0},
    ],
)
def test_rules_that_keep_nothing_are_refused(rules: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="keep_last"):
        retention(**rules)


@pytest.mark.parametrize("rule", COUNTS)
def test_a_negative_number_is_refused(rule: str) -> None:
    with pytest.raises(ValueError, match=rule):
        retention(**{"keep_within": timedelta(days=1), rule: -1})


def test_a_negative_time_is_refused() -> None:
    with pytest.raises(ValueError, match="keep_within"):
        retention(keep_last=1, keep_within=timedelta(days=-1))


@pytest.mark.parametrize("value", [True, 1.0, "5", timedelta(days=1)])
@pytest.mark.parametrize("rule", COUNTS)
def test_what_is_no_whole_number_is_refused(rule: str, value: object) -> None:
    with pytest.raises(TypeError, match=rule):
        retention(**{rule: value})


@pytest.mark.parametrize("value", [True, 30, "30d", NOW])
def test_what_is_no_length_of_time_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match="keep_within"):
        retention(keep_last=1, keep_within=value)


def test_a_result_cannot_be_changed() -> None:
    result = PruneResult(kept=[], deleted=[])
    assert result.reasons == {}
    with pytest.raises(FrozenInstanceError):
        result.kept = []  # type: ignore[misc] # what a type checker refuses too

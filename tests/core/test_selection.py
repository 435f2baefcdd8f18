"""Which images `find` selects, and in which order."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from do_images import Image
from do_images._core.selection import Selection, in_order, selection
from tests.image_samples import base, moments, snapshot

NOW = datetime(2026, 6, 1, tzinfo=UTC)

WEB_1 = snapshot(11, "web-01", "2026-05-01", regions=["nyc3"], tags=["prod"])
WEB_2 = snapshot(12, "web-02", "2026-05-02", regions=["nyc3", "fra1"])
WEB_UPPER = snapshot(13, "Web-03", "2026-05-03", type="backup", distribution="Debian")
FAILED = snapshot(14, "web-04", "2026-05-04", type="custom", status="deleted")
PENDING = snapshot(15, "golden", "2026-05-05", type="custom", status="pending", public=None)
OWN = [WEB_1, WEB_2, WEB_UPPER, FAILED, PENDING]

UBUNTU_24 = base(101, "Ubuntu", "24.04 (LTS) x64", "ubuntu-24-04-x64")
UBUNTU_9 = base(109, "Ubuntu", "9.10 x64", "ubuntu-9-10-x64")
UBUNTU_25 = base(102, "Ubuntu", "25.10 x64", "ubuntu-25-10-x64", regions=["fra1"])
UBUNTU_20 = base(103, "Ubuntu", "20.04 (LTS) x64", "ubuntu-20-04-x64", status="retired")
DEBIAN_12 = base(104, "Debian", "12 x64", "debian-12-x64")
DOCKER = snapshot(105, "Docker on Ubuntu 22.04", "2026-05-06", public=True, slug="docker-20-04")
PUBLIC = [UBUNTU_24, UBUNTU_9, UBUNTU_25, UBUNTU_20, DEBIAN_12, DOCKER]

EVERY = [*OWN, *PUBLIC]


def find(images: Sequence[Image] = EVERY, **filters: Any) -> list[Image]:
    return selection(**filters).select(images, NOW)


# ── Filters ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, [PENDING, WEB_UPPER, WEB_2, WEB_1]),
        ({"name": "web-*"}, [WEB_2, WEB_1]),
        ({"name": "web-0[!1]"}, [WEB_2]),
        ({"name": "web"}, []),
        ({"name": re.compile("web")}, [WEB_2, WEB_1]),
        ({"name": re.compile(r"(?i)^WEB-0[13]$")}, [WEB_UPPER, WEB_1]),
        ({"type": "SNAPSHOT"}, [WEB_2, WEB_1]),
        ({"type": "custom"}, [PENDING]),
        ({"distribution": "debian"}, [WEB_UPPER]),
        ({"region": "fra1"}, [WEB_2]),
        ({"tag_name": "Prod"}, [WEB_1]),
        ({"status": "deleted"}, [FAILED]),
        ({"status": "Available", "type": "backup"}, [WEB_UPPER]),
        ({"name": "web-*", "status": "deleted"}, [FAILED]),
        ({"public": True, "type": "base"}, [DEBIAN_12, UBUNTU_25, UBUNTU_24, UBUNTU_9]),
        ({"public": True, "distribution": "Ubuntu"}, [UBUNTU_25, UBUNTU_24, UBUNTU_9, DOCKER]),
        ({"public": True, "status": "retired"}, [UBUNTU_20]),
        ({"public": None, "distribution": "Debian"}, [WEB_UPPER, DEBIAN_12]),
    ],
)
def test_an_image_must_match_every_filter(filters: dict[str, Any], expected: list[Image]) -> None:
    assert find(**filters) == expected


@pytest.mark.parametrize(
    "name",
    [
        "24.04*",
        "Ubuntu 24.04*",
        "ubuntu-24-04-x64",
        re.compile("^Ubuntu 24"),
        re.compile(r"u-24-04-x\d"),
    ],
)
def test_the_name_of_a_base_image_is_also_its_distribution_with_it_and_its_slug(
    name: str | re.Pattern[str],
) -> None:
    assert find(name=name, public=True) == [UBUNTU_24]


def test_no_other_image_is_matched_by_its_slug() -> None:
    assert find(name="docker-20-04", public=True) == []
    assert find(name="Ubuntu web-01") == []


def test_a_base_image_may_lack_distribution_and_slug() -> None:
    bare = base(1, None, "Mystery 7", None)
    assert find([bare], name="Mystery*", public=True) == [bare]
    assert find([bare], name="None*", public=True) == []


def test_an_image_without_a_status_is_not_gone() -> None:
    unknown = snapshot(1, status=None)
    assert find([unknown]) == [unknown]
    assert find([unknown], status="available") == []


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"newer_than": timedelta(days=30)}, [PENDING, WEB_UPPER]),
        ({"older_than": timedelta(days=30)}, [WEB_1]),
        ({"newer_than": datetime(2026, 5, 2, tzinfo=UTC)}, [PENDING, WEB_UPPER]),
        ({"older_than": datetime(2026, 5, 2, tzinfo=UTC)}, [WEB_1]),
        ({"older_than": datetime(2026, 5, 2, 2, tzinfo=timezone(timedelta(hours=2)))}, [WEB_1]),
        (
            {"newer_than": timedelta(days=31), "older_than": timedelta(days=28)},
            [WEB_UPPER, WEB_2],
        ),
        ({"newer_than": timedelta.max}, [PENDING, WEB_UPPER, WEB_2, WEB_1]),
        ({"older_than": timedelta.max}, []),
        ({"newer_than": timedelta(0)}, []),
    ],
)
def test_a_time_is_a_moment_or_a_length_before_now(
    filters: dict[str, Any], expected: list[Image]
) -> None:
    assert find(**filters) == expected


# ── The API's filters ───────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("filters", "query"),
    [
        ({}, {"private": "true"}),
        ({"type": "snapshot"}, {"private": "true"}),
        ({"tag_name": "prod"}, {"private": "true", "tag_name": "prod"}),
        ({"public": True}, {}),
        ({"public": True, "type": "Base"}, {"type": "distribution"}),
        ({"public": True, "type": "snapshot"}, {"type": "application"}),
        ({"public": True, "type": "custom"}, {}),
        ({"public": None, "type": "base"}, {}),
        ({"public": None, "tag_name": "prod"}, {"tag_name": "prod"}),
    ],
)
def test_the_api_leaves_out_what_it_can(filters: dict[str, Any], query: dict[str, str]) -> None:
    assert selection(**filters).query() == query


# ── Order ───────────────────────────────────────────────────────────────────────────────────


def test_own_images_come_first_then_base_images_by_version_then_all_others() -> None:
    old = snapshot(106, "WordPress", "2026-04-01", public=True, type="snapshot")
    assert in_order([old, *EVERY]) == [
        *(PENDING, FAILED, WEB_UPPER, WEB_2, WEB_1),
        *(DEBIAN_12, UBUNTU_25, UBUNTU_24, UBUNTU_20, UBUNTU_9),
        *(DOCKER, old),
    ]


@pytest.mark.parametrize(
    ("higher", "lower"),
    [
        (("24.04 (LTS) x64", "ubuntu-24-04-x64"), ("9.10 x64", "ubuntu-9-10-x64")),
        (("12 x64", "debian-12-x64"), ("11 x64", "debian-11-x64")),
        (("12 x64", "debian-12-x64"), ("9 x64", "debian-9-x64")),
        (("10.2 x64", None), ("10 x64", None)),
        (("10.10 x64", None), ("10.2 x64", None)),
        (("8.3 x64", "centos-8-x64"), ("8 x64", "centos-8-x64")),
        (("9 Stream x64", "centos-stream-9-x64"), ("8 Stream x64", "centos-stream-8-x64")),
        (("13.1 zfs x64", "freebsd-13-x64-zfs"), ("12.4 ufs x64", "freebsd-12-x64-ufs")),
        (("v1.5.5 x64", "rancheros"), ("1.5.4 x64", "rancheros")),
        (("Noble", "ubuntu-24-04-x64"), ("Mantic", "ubuntu-23-10-x64")),
        (("24.04.1 x64", None), ("24.04 x64", None)),
        (("Ubuntu 24.04", None), ("AI/ML Ready H100x1", "gpu-h100x1-base")),
        (("9 x64", None), ("Rawhide x64", "fedora-rawhide-x64")),
    ],
)
def test_the_numbers_in_name_or_slug_say_which_version_is_higher(
    higher: tuple[str, str | None], lower: tuple[str, str | None]
) -> None:
    # The lower one was rebuilt last and has the higher id.
    best = base(1, "Any", *higher, created_at="2025-01-01T00:00:00Z")
    worse = base(2, "Any", *lower, created_at="2026-01-01T00:00:00Z")
    assert in_order([worse, best]) == in_order([best, worse]) == [best, worse]


def test_equals_are_ordered_by_id() -> None:
    own = [snapshot(id_) for id_ in (1, 2)]
    systems = [base(id_, name, "12 x64", None) for id_, name in ((3, "debian"), (4, "Debian"))]
    others = [snapshot(id_, public=True) for id_ in (5, 6)]
    assert [image.id for image in in_order([*own, *systems, *others])] == [2, 1, 4, 3, 6, 5]


def test_base_images_without_a_distribution_come_after_those_that_have_one() -> None:
    bare, zorin = base(1, None, "99 x64", None), base(2, "Zorin OS", "17 x64", None)
    assert in_order([bare, zorin]) == [zorin, bare]


def test_a_number_of_a_thousand_digits_is_no_version() -> None:
    odd = base(1, "Any", "9" * 5000, None)
    assert in_order([odd, UBUNTU_24]) == [odd, UBUNTU_24]


IMAGES = st.builds(
    snapshot,
    st.integers(1, 30),
    st.sampled_from(["web-01", "web-02", "12 x64", "9 x64", "v10.2", "x"]),
    moments("2026-05-01", "2026-05-04"),
    type=st.sampled_from(["base", "Snapshot", "backup", "custom", None]),
    public=st.sampled_from([True, False, None]),
    status=st.sampled_from(["available", "deleted", "Retired", "NEW", None]),
    distribution=st.sampled_from(["Debian", "Ubuntu", None]),
    regions=st.lists(st.sampled_from(["nyc3", "fra1"])),
    tags=st.lists(st.sampled_from(["prod", "test"])),
)
LISTS = st.lists(IMAGES, unique_by=lambda image: image.id)
FILTERS: dict[str, st.SearchStrategy[Any]] = {
    "name": st.sampled_from(["web-*", "*x64", "Debian *", re.compile("0[12]$")]),
    "type": st.sampled_from(["base", "snapshot", "custom"]),
    "distribution": st.sampled_from(["debian", "Ubuntu"]),
    "region": st.sampled_from(["nyc3", "fra1"]),
    "tag_name": st.sampled_from(["prod", "Test"]),
    "status": st.sampled_from(["available", "retired"]),
    "newer_than": st.timedeltas(timedelta(days=28), timedelta(days=32)),
    "older_than": moments("2026-05-01", "2026-05-04"),
}


@given(LISTS, st.fixed_dictionaries({}, optional=FILTERS))
def test_own_and_public_images_are_all_images(images: list[Image], filters: Any) -> None:
    every = find(images, public=None, **filters)
    parts = [find(images, public=public, **filters) for public in (False, True)]
    assert {image.id for part in parts for image in part} == {image.id for image in every}
    assert not any(image.public for image in parts[0])
    assert all(image.public for image in parts[1])


@given(LISTS, st.fixed_dictionaries({}, optional=FILTERS))
def test_several_filters_select_what_each_of_them_selects(
    images: list[Image], filters: Any
) -> None:
    status = {"status": filters.pop("status", None)}
    together = find(images, public=None, **status, **filters)
    for name, value in filters.items():
        alone = find(images, public=None, **status, **{name: value})
        images = [image for image in alone if image in images]
    assert together == find(images, public=None, **status)


@given(LISTS, st.randoms())
def test_the_order_does_not_depend_on_that_of_the_pages(images: list[Image], random: Any) -> None:
    shuffled = random.sample(images, len(images))
    assert in_order(shuffled) == in_order(images)
    assert {image.id for image in in_order(images)} == {image.id for image in images}


@given(LISTS)
def test_of_own_images_none_comes_after_an_older_one(images: list[Image]) -> None:
    own = find(images)
    assert own == sorted(own, key=lambda image: (image.created_at, image.id), reverse=True)


# ── Wrong arguments ─────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "filters",
    [
        {"name": ""},
        {"name": "  "},
        {"name": "a\nb"},
        {"name": re.compile("")},
        {"type": ""},
        {"type": "distribution"},
        {"type": "Application"},
        {"distribution": ""},
        {"region": ""},
        {"region": "nyc 3"},
        {"tag_name": ""},
        {"status": ""},
        {"newer_than": datetime.fromisoformat("2026-05-01")},
        {"older_than": datetime.fromisoformat("2026-05-01")},
        {"newer_than": timedelta(days=-1)},
    ],
)
def test_invalid_values_are_refused(filters: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(filters))):
        selection(**filters)


@pytest.mark.parametrize("name", ["name", "type", "distribution", "region", "tag_name", "status"])
@pytest.mark.parametrize("value", [True, 5, b"web", ["web"], re.compile(b"web")])
def test_what_is_no_text_is_refused(name: str, value: object) -> None:
    with pytest.raises(TypeError, match=name):
        selection(**{name: value})


@pytest.mark.parametrize("value", [True, 30, 1.5, "2026-05-01", NOW.date()])
@pytest.mark.parametrize("name", ["newer_than", "older_than"])
def test_what_is_no_time_is_refused(name: str, value: object) -> None:
    with pytest.raises(TypeError, match=name):
        selection(**{name: value})


@pytest.mark.parametrize("value", [1, "true"])
def test_public_is_a_bool_or_none(value: object) -> None:
    with pytest.raises(TypeError, match="public"):
        selection(public=value)


def test_a_kind_of_the_api_says_what_to_use_instead() -> None:
    with pytest.raises(ValueError, match=r"type='base' with public=True.*list\("):
        selection(type="distribution")


def test_a_pattern_may_be_verbose() -> None:
    verbose = re.compile(
        """web-  # the role
                            \\d+  # the number""",
        re.VERBOSE,
    )
    assert find(name=verbose) == [WEB_2, WEB_1]


# ── Nothing matched ─────────────────────────────────────────────────────────────────────────


def no_match(images: Sequence[Image] = OWN, **filters: Any) -> str:
    return selection(**filters).no_match(images)


def test_the_message_has_the_filters_how_many_images_and_the_nearest_names() -> None:
    assert no_match(name="wev-*", region="ams3") == (
        "no image matches name='wev-*', region='ams3' among 5 of the account's own images; "
        "the nearest names: 'web-04', 'Web-03', 'web-02'"
    )


def test_names_that_match_are_the_nearest() -> None:
    message = no_match(name="[Ww]eb-03", region="ams3")
    assert message.endswith("the nearest names: 'Web-03'")


def test_case_does_not_hide_a_near_name() -> None:
    assert no_match(name="GOLDEN").endswith("the nearest names: 'golden'")


def test_a_regular_expression_has_near_names_too() -> None:
    assert "'golden'" in no_match(name=re.compile(r"^golde\d+$"))


def test_nothing_is_near_where_nothing_is_alike() -> None:
    assert no_match(name="zzz") == (
        "no image matches name='zzz' among 5 of the account's own images"
    )


def test_base_images_are_near_by_distribution_and_slug() -> None:
    assert "'Debian 12 x64'" in no_match(PUBLIC, name="Debian 13 x64", public=True)
    assert "'debian-12-x64'" in no_match(PUBLIC, name="debian-13-x64", public=True)


@pytest.mark.parametrize(
    ("filters", "message"),
    [
        ({}, "no image among 0 of the account's own images"),
        ({"public": True}, "no image among 0 public images"),
        ({"public": None}, "no image among 0 images"),
        (
            {"newer_than": timedelta(days=2), "older_than": datetime(2026, 5, 1, tzinfo=UTC)},
            (
                "no image matches newer_than=2 days, 0:00:00, older_than=2026-05-01 00:00:00+00:00"
                " among 0 of the account's own images"
            ),
        ),
    ],
)
def test_the_message_has_no_more_than_was_given(filters: dict[str, Any], message: str) -> None:
    assert no_match([], **filters) == message


@pytest.mark.parametrize("filters", [{"distribution": "Ubuntu"}, {"type": "base"}])
def test_the_message_recalls_public_where_it_may_have_been_meant(filters: dict[str, Any]) -> None:
    assert "public=True" in no_match(**filters)
    assert "public=True" not in no_match(**filters, public=None)


def test_a_selection_of_nothing_selects_every_own_image() -> None:
    assert Selection() == selection()

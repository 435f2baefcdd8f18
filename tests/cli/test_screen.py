"""Tables: they fit, they show what there is, and they come in pages."""

from collections.abc import Iterator
from contextlib import redirect_stdout
from datetime import UTC, datetime
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from do_images.cli._fields import ACTION_FIELDS, IMAGE_FIELDS, IMAGE_TABLE
from do_images.cli._progress import clock
from do_images.cli._screen import Screen
from do_images.cli._settings import Settings
from do_images.cli._text import column_widths, fitted, one_line, text
from do_images.testing import FakeDigitalOcean
from tests.cli.support import run

WIDTHS = st.dictionaries(
    st.sampled_from([*IMAGE_FIELDS, *ACTION_FIELDS]), st.integers(1, 300), min_size=1
)


@given(WIDTHS, st.integers(1, 200), st.booleans())
def test_columns_fit_whatever_they_hold(natural: dict[str, int], total: int, keep: bool) -> None:
    widths = column_widths(natural, total, keep=keep)
    assert list(widths) == list(natural)[: len(widths)]
    assert all(1 <= width <= natural[name] for name, width in widths.items())
    if keep:
        assert widths.keys() == natural.keys()
    used = sum(widths.values()) + 2 * (len(widths) - 1)
    assert used <= total or set(widths.values()) == {1}


def test_columns_that_can_not_fit_have_a_cell_each() -> None:
    natural = {"id": 5, "name": 5, "created_at": 16}
    assert column_widths(natural, 2, keep=True) == dict.fromkeys(natural, 1)


@given(WIDTHS)
def test_columns_that_fit_stay_as_they_are(natural: dict[str, int]) -> None:
    total = sum(natural.values()) + 2 * len(natural)
    assert column_widths(natural, total, keep=False) == natural


@given(st.sampled_from(["name", "regions", "created_at"]), st.text(), st.integers(1, 30))
def test_a_cell_has_exactly_its_width(name: str, value: str, width: int) -> None:
    assert cell_len(fitted(name, one_line(value), width)) == width


@given(st.text())
def test_text_from_elsewhere_becomes_one_harmless_line(value: str) -> None:
    assert one_line(value).isprintable()


@pytest.mark.parametrize(
    ("value", "shown"),
    [(None, "-"), ("", "-"), ([], "-"), (True, "yes"), (False, "no"), (2.5, "2.5"), (0, "0")],
)
def test_values_as_text(value: object, shown: str) -> None:
    assert text(value) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0.9, "0:00"), (61, "1:01"), (3599, "59:59"), (3600, "1:00:00")]
)
def test_lengths_of_time(seconds: float, shown: str) -> None:
    assert clock(seconds) == shown


@pytest.mark.parametrize("columns", [20, 40, 60, 80, 120])
def test_tables_fit_into_the_width_that_is_given(columns: int) -> None:
    fake = FakeDigitalOcean()
    fake.add_image(name="名前" * 40, regions=["nyc1"] * 30, distribution="D" * 90)
    done = run("list", to=fake, env={"COLUMNS": str(columns)})
    assert max(map(cell_len, done.out.splitlines())) <= columns
    assert len(done.out.splitlines()) == 1 + len(fake.images)


def test_chosen_columns_are_all_shown() -> None:
    fake = FakeDigitalOcean()
    done = run("list", "--columns", "id,name,tags,status", to=fake, env={"COLUMNS": "30"})
    assert len(done.out.splitlines()[0].split()) == 4


def test_nothing_is_cut_without_a_terminal() -> None:
    fake = FakeDigitalOcean(empty=True)
    fake.add_image(name="long " * 100)
    assert "long " * 99 in run("list", to=fake).out


def test_what_an_output_can_not_show_is_replaced() -> None:
    fake = FakeDigitalOcean(empty=True)
    fake.add_image(name="名前")
    done = run("list", to=fake, charset="ascii")
    assert done.code == 0
    assert "??" in done.out


def test_an_output_need_be_no_file() -> None:
    with redirect_stdout(StringIO()) as out:
        Screen(Settings()).say("done")
    assert out.getvalue() == "done\n"


def test_a_table_begins_with_the_first_page(capsys: pytest.CaptureFixture[str]) -> None:
    shown: list[str] = []

    def rows() -> Iterator[dict[str, object]]:
        for number in range(401):
            if number % 200 == 0:
                shown.append(capsys.readouterr().out)
            yield {"id": 10 ** (number // 200), "name": "x" * (1 + number // 200)}

    assert Screen(Settings()).rows(rows(), IMAGE_TABLE[:2]) == 401
    assert [len(out.splitlines()) for out in shown] == [0, 201, 200]
    assert capsys.readouterr().out == "100  xxx\n"


def test_a_long_list_in_json_is_one_document() -> None:
    fake = FakeDigitalOcean(empty=True)
    fake.add_images(450)
    listed = run("list", "-o", "json", "--columns", "id", to=fake).json
    assert len(listed) == 450
    assert set(listed[0]) == {"id"}


def test_the_names_of_the_fields_are_stable() -> None:
    fake = FakeDigitalOcean(now=datetime(2026, 1, 1, tzinfo=UTC))
    fake.quirk("unknown_fields")
    (image, *_) = run("list", "-o", "json", to=fake).json
    assert tuple(image) == (
        *("id", "name", "slug", "type", "distribution", "status", "public", "regions"),
        *("min_disk_size", "size_gigabytes", "created_at", "description", "tags"),
        "error_message",
    )
    (action,) = run("transfer", 7555620, "nyc3", "-o", "json", to=fake).json
    assert tuple(action) == (
        *("id", "type", "resource_id", "resource_type", "region", "status"),
        *("started_at", "completed_at", "seconds"),
    )
    assert action["started_at"] == "2026-01-01T00:00:00Z"

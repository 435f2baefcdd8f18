"""How values on the command line are read."""

import math

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from do_images.cli._options import choice, duration, id_number, region_list, time_limit

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90", 90),
        ("0.5", 0.5),
        ("30s", 30),
        ("1h30m", 5400),
        ("7d", 604800),
        ("2w", 1209600),
        (" 5m ", 300),
        ("0", 0),
    ],
)
def test_durations(text: str, seconds: float) -> None:
    assert duration(text) == seconds


@given(
    st.lists(st.tuples(st.integers(0, 10_000), st.sampled_from([*UNITS])), min_size=1, max_size=4)
)
def test_durations_of_several_units(parts: list[tuple[int, str]]) -> None:
    text = "".join(f"{number}{unit}" for number, unit in parts)
    assert duration(text) == sum(number * UNITS[unit] for number, unit in parts)


@pytest.mark.parametrize(
    "text", ["", "soon", "-1", "5 m", "1h30", "1y", "1e3", "nan", "inf", "1_0", "९", "9" * 400]
)
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="is not a duration"):
        duration(text)


def test_a_time_limit_may_be_none() -> None:
    assert time_limit("none") == math.inf
    assert time_limit("2m") == 120


@pytest.mark.parametrize("text", ["0", "-1", "1.0", "x", "", "1_0", "१", "9" * 19])
def test_what_is_no_id(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="is not an id"):
        id_number(text)


def test_regions_may_have_commas_between_them() -> None:
    assert region_list(["nyc3,ams3", "nyc3", " sgp1 ,"]) == ["nyc3", "ams3", "sgp1"]


def test_choices_are_completed() -> None:
    assert choice("table", "json")["autocompletion"]("j") == ["json"]

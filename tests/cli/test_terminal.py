"""What a person sees: the command as a process in a real pseudo-terminal."""

import re
from collections.abc import Sequence

import pytest

from do_images.testing import FakeDigitalOcean
from tests.cli.support import SNAPSHOT, Terminal

pytestmark = pytest.mark.usefixtures("interruptible")

REGIONS = ("nyc3", "ams3", "sgp1")
COPY = ("transfer", SNAPSHOT, *REGIONS, "--wait", "--fake", "--fake-speed")
COLOUR = re.compile(rb"\x1b\[[\d;]*m")


def _rows(frame: Sequence[str]) -> dict[str, list[str]]:
    rows = [line.split() for line in frame]
    return {row[1]: row for row in rows if len(row) > 3 and row[1] in REGIONS}


def test_a_transfer_to_three_regions() -> None:
    terminal = Terminal(*COPY, 100)
    assert terminal.end() == 0
    every = [_rows(frame) for frame in terminal.frames]
    seen = [rows for rows in every if len(rows) == 3]  # others were just being drawn
    assert seen
    for region in REGIONS:
        statuses = [rows[region][2] for rows in seen]
        assert list(dict.fromkeys(statuses)) == ["starting", "in-progress", "completed"]
        assert len({rows[region][3] for rows in seen}) > 3, "time passes"
    assert any("checked 0:0" in line for frame in terminal.frames for line in frame)
    assert terminal.lines[-1] == "3 of 3 completed in 1:00."
    assert COLOUR.search(terminal.raw)


def test_a_region_that_fails() -> None:
    terminal = Terminal(*COPY, 1000, "--fake-fail", "ams3", env={"NO_COLOR": "1"})
    assert terminal.end() == 6
    assert [row[2] for row in _rows(terminal.lines).values()] == [
        *("completed", "errored", "completed"),
    ]
    assert "2 of 3 completed in 1:00; not: ams3 (errored)." in terminal.lines
    assert any(line.startswith("error: the transfer of image") for line in terminal.lines)
    assert not COLOUR.search(terminal.raw)


def test_ctrl_c() -> None:
    terminal = Terminal(*COPY, 5)
    terminal.until(lambda lines: any(row[3] != "0:00" for row in _rows(lines).values()))
    terminal.press(b"\x03")
    assert terminal.end() == 130
    assert terminal.lines[-1] == "Interrupted. The fake account ends with the command."
    assert b"\x1b[?25h" in terminal.raw, "the cursor is shown again"


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_ctrl_c_shows_what_goes_on_and_what_was_not_started(columns: int) -> None:
    fake = FakeDigitalOcean(one_transfer_at_a_time=True)
    fake.transfer_takes(3600)
    with fake.serve() as url:
        line = ("transfer", SNAPSHOT, "nyc3,ams3", "--wait", "--poll", 1, "--base-url", url)
        token = {"DIGITALOCEAN_ACCESS_TOKEN": fake.token()}
        terminal = Terminal(*line, columns=columns, env=token)
        terminal.until(lambda lines: "in-progress" in str(_rows(lines).get("nyc3")))
        terminal.press(b"\x03")
        assert terminal.end() == 130
    shown = COLOUR.sub(b"", terminal.raw).decode().replace("\r\n", "\n")
    assert shown.partition("Interrupted.\n")[2].splitlines() == [
        "The transfer to nyc3 goes on at DigitalOcean; wait with:",
        f"  do-images wait {fake.actions[0].id} --base-url {url}",
        "Nothing was started in ams3; start it with:",
        f"  do-images transfer {SNAPSHOT} ams3 --wait --base-url {url}",
    ]


@pytest.mark.parametrize(
    ("answer", "code", "text"),
    [(b"y\n", 0, "Image 7555620 is destroyed."), (b"\n", 1, "Nothing is destroyed.")],
)
def test_asks_before_it_destroys(answer: bytes, code: int, text: str) -> None:
    terminal = Terminal("destroy", SNAPSHOT, "--fake")
    terminal.until(lambda lines: any("[y/N]" in line for line in lines))
    assert terminal.lines[0] == "7555620: web-01-before-upgrade, snapshot in nyc1, nyc2, tor1"
    terminal.press(answer)
    assert terminal.end() == code
    assert terminal.lines[-1].strip() == text


def test_a_table_fits() -> None:
    terminal = Terminal("list", "--fake", columns=28)
    assert terminal.end() == 0
    assert terminal.lines[0].startswith("id         name")
    assert len(terminal.lines) == 18, "a line for each image"
    assert any("…" in line for line in terminal.lines)


def test_a_record_and_narrow_rows() -> None:
    given = ("--name", "x" * 50, "--url", "https://example.com/x.raw", "--region", "nyc3")
    terminal = Terminal("create", *given, "--wait", "--fake", "--fake-speed", 1000, columns=40)
    assert terminal.end() == 0
    assert re.match(r"✓  import \d+  available +0:20$", terminal.lines[0])
    assert "xxxx" in terminal.lines[3], "a long name goes on in the next line"
    assert "status         available" in terminal.lines

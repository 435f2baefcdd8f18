"""The formats of the output: csv, ids only, columns; and nothing that a terminal obeys."""

import csv
import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from io import StringIO

import httpx
import pytest

from do_images.cli._text import moment, text
from do_images.testing import FakeDigitalOcean
from tests.cli.support import SNAPSHOT, Terminal, reach, run

BACKUP = 7555621
EVIL = "a\x1b[2Jb\x7f\x9b31m\N{RIGHT-TO-LEFT OVERRIDE}c"


@pytest.fixture
def fake() -> FakeDigitalOcean:
    return FakeDigitalOcean()


# ── csv ─────────────────────────────────────────────────────────────────────────────────────


def test_csv_has_every_field_as_programs_need_it(fake: FakeDigitalOcean) -> None:
    fake.add_image(id=1, name='a "b", c', regions=["nyc1", "ams3"], tags=["x", "y"])
    (row,) = [
        row
        for row in csv.DictReader(StringIO(run("list", "-o", "csv", to=fake).out))
        if row["id"] == "1"
    ]
    assert row["name"] == 'a "b", c'
    assert (row["regions"], row["tags"], row["public"]) == ("nyc1 ams3", "x y", "false")
    assert (row["slug"], row["created_at"][-1]) == ("", "Z")


def test_csv_of_one_thing_and_of_none(fake: FakeDigitalOcean) -> None:
    done = run("info", SNAPSHOT, "-o", "csv", "--columns", "id,public", to=fake)
    assert done.out == f"id,public\n{SNAPSHOT},false\n"
    empty = FakeDigitalOcean(empty=True)
    done = run("list", "-o", "csv", "--columns", "id,name", to=empty)
    assert done == (0, "id,name\n", "There are no such images.\n")
    assert run("list", "-o", "csv", "--columns", "id", "--no-header", to=empty).out == ""


# ── Ids and columns ─────────────────────────────────────────────────────────────────────────


def test_ids_only(fake: FakeDigitalOcean) -> None:
    assert run("list", "--private", "-q", to=fake).out == "7555620\n7555621\n7555622\n"
    assert run("info", SNAPSHOT, "--quiet", to=fake).out == f"{SNAPSHOT}\n"
    assert run("destroy", SNAPSHOT, BACKUP, "-yq", to=fake).out == f"{SNAPSHOT}\n{BACKUP}\n"


def test_ids_of_what_was_started_alone(fake: FakeDigitalOcean) -> None:
    done = run("transfer", SNAPSHOT, "nyc1", "nyc3", "-q", to=fake)
    assert done.out == f"{fake.actions[0].id}\n", "nyc1 has the image already"


def test_the_id_of_an_account_transfer(fake: FakeDigitalOcean) -> None:
    done = run("account-transfer", "start", SNAPSHOT, "--email", "a@example.com", "-q", to=fake)
    assert run("account-transfer", "cancel", SNAPSHOT, done.out.strip(), to=fake).code == 0


def test_a_table_without_its_header(fake: FakeDigitalOcean) -> None:
    done = run("list", "--private", "--no-header", "--columns", "id,name", to=fake)
    assert done.out.splitlines()[0] == "7555620  web-01-before-upgrade"


def test_columns_have_the_names_that_tables_show(fake: FakeDigitalOcean) -> None:
    done = run("info", SNAPSHOT, "--columns", "Size,created", "-o", "json", to=fake)
    assert done.json == {"size_gigabytes": 2.34, "created_at": done.json["created_at"]}


def test_empty_columns_are_left_out_where_a_person_reads() -> None:
    fake = FakeDigitalOcean(empty=True)
    fake.add_image(id=1, name="x", regions=[])
    head = run("list", to=fake, env={"COLUMNS": "120"}).out.splitlines()[0].split()
    assert head == ["id", "name", "type", "size", "created", "status"]
    assert "regions" in run("list", to=fake).out, "programs find all columns"


def test_lists_are_shortened_by_whole_items() -> None:
    fake = FakeDigitalOcean(empty=True)
    fake.add_image(id=1, name="x" * 30, regions=["nyc1", "nyc2", "nyc3", "ams3", "sgp1"])
    row = run("list", to=fake, env={"COLUMNS": "66"}).out.splitlines()[1]
    assert "x" * 30 in row, "names are cut last"
    assert "nyc1 +4" in row


# ── Images by name, several at once ─────────────────────────────────────────────────────────


def test_an_image_by_its_name(fake: FakeDigitalOcean) -> None:
    assert run("info", "--name", "web-01-before-upgrade", "-q", to=fake).out == f"{SNAPSHOT}\n"
    line = ("transfer", "--name", "web-01-before-upgrade", "nyc3", "--wait", "-o", "json")
    started = run(*line, to=fake)
    assert [row["resource_id"] for row in started.json] == [SNAPSHOT]
    assert run("actions", "--name", "web-01-before-upgrade", "-q", to=fake).code == 0
    assert run("destroy", "--name", "web-01-before-upgrade", "-yq", to=fake).code == 0
    assert SNAPSHOT not in {image.id for image in fake.images}


def test_a_name_that_is_no_images_or_several(fake: FakeDigitalOcean) -> None:
    fake.add_image(id=1, name="twin")
    fake.add_image(id=2, name="twin")
    done = run("destroy", "--name", "twin", "--yes", to=fake)
    assert done.code == 2
    assert "2 images have the name 'twin': choose one of 2, 1" in done.err
    done = run("convert", "--name", "web-*", to=fake)
    assert done.code == 3
    assert "there is no image with the name 'web-*'" in done.err
    assert all(request.method == "GET" for request in fake.requests)


def test_several_images(fake: FakeDigitalOcean) -> None:
    shown = run("get", SNAPSHOT, BACKUP, "-o", "json", to=fake).json
    assert [image["id"] for image in shown] == [SNAPSHOT, BACKUP]
    some = run("info", SNAPSHOT, 1, BACKUP, 2, "-q", to=fake)
    assert (some.code, some.out) == (3, f"{SNAPSHOT}\n{BACKUP}\n")
    assert [line.partition(" (")[0] for line in some.err.splitlines()] == [
        "error: there is no image 1",
        "error: there is no image 2",
    ]
    done = run("rm", BACKUP, SNAPSHOT, BACKUP, "-y", "-o", "json", to=fake)
    assert done.json == [{"id": id_, "destroyed": True} for id_ in (BACKUP, SNAPSHOT)]


def test_no_more_requests_than_the_limit_needs() -> None:
    fake = FakeDigitalOcean(empty=True)
    fake.add_images(450)
    assert len(run("list", "-q", "--limit", 3, to=fake).out.splitlines()) == 3
    assert len(fake.requests) == 1


# ── What comes from elsewhere ───────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "line", ["list --private", "info 1", "list --private -o json", "list --private -o csv"]
)
def test_names_reach_no_terminal_as_they_are(fake: FakeDigitalOcean, line: str) -> None:
    fake.add_image(id=1, name=EVIL)
    given = (*line.split(), "--columns", "name")
    with fake.serve(speed=0) as url:
        token = {"DIGITALOCEAN_ACCESS_TOKEN": fake.token()}
        terminal = Terminal(*given, "--base-url", url, env={**token, "NO_COLOR": "1"})
        assert terminal.end() == 0
    shown = terminal.raw.decode().replace("\x1b[?25h", "").replace("\r\n", "\n")
    assert all(char.isprintable() or char == "\n" for char in shown), shown


def test_a_program_gets_names_as_they_are(fake: FakeDigitalOcean) -> None:
    fake.add_image(id=1, name=EVIL)
    assert run("info", 1, "-o", "json", "--columns", "name", to=fake).json == {"name": EVIL}
    assert EVIL in run("info", 1, "-o", "csv", "--columns", "name", to=fake).out


def test_messages_and_questions_are_harmless_too(fake: FakeDigitalOcean) -> None:
    fake.add_image(id=1, name=EVIL)
    body = json.dumps({"id": "x", "message": EVIL, "request_id": EVIL}).encode()
    fake.fail_next("GET", "*", status=422, body=body)
    done = run("info", 1, to=fake)
    assert done.err.strip().isprintable()
    fake.imports_fail(EVIL)
    given = ("--name", EVIL[:1], "--url", "https://example.com/x.raw", "--region", "nyc3")
    done = run("create", *given, "--wait", to=fake)
    assert (done.code, [line for line in done.err.splitlines() if not line.isprintable()]) == (
        6,
        [],
    )


class Dated(httpx.BaseTransport):
    """A server whose images are as old and as young as can be."""

    def __init__(self, created_at: str) -> None:
        self._image = {"id": 1, "name": "x", "created_at": created_at}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"image": self._image}, request=request)


@pytest.mark.parametrize(
    ("created_at", "shown"),
    [
        ("0001-01-01T00:00:00Z", "0001-01-01 00:00"),
        ("9999-12-31T23:59:59Z", "9999-12-31 23:59"),
    ],
)
def test_shows_both_ends_of_the_calendar(
    fake: FakeDigitalOcean, created_at: str, shown: str
) -> None:
    to = reach(fake, transport=Dated(created_at))
    assert run("info", 1, "--columns", "created", to=to).out == f"created  {shown}\n"
    given = ("--columns", "created", "-o", "json")
    assert run("info", 1, *given, to=to).json == {"created_at": created_at}


def test_times_beyond_the_calendar_of_utc() -> None:
    early = datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=5)))
    assert text(early) == "0001-01-01 00:00"
    assert moment(early) == "0001-01-01T00:00:00+05:00"
    assert moment(datetime(2026, 1, 2, 3, tzinfo=UTC)) == "2026-01-02T03:00:00Z"


# ── Streams that can't be written ───────────────────────────────────────────────────────────


def _piped(*arguments: object, redirect: str) -> subprocess.CompletedProcess[str]:
    line = ["sh", "-c", f'exec "$@" {redirect}', "sh", sys.executable, "-m", "do_images"]
    environment = {**os.environ, "PYTHONUNBUFFERED": ""}
    return subprocess.run(
        [*line, *map(str, arguments), "--fake"],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )


@pytest.mark.parametrize("line", [("list",), ("list", "-o", "json"), ("list", "--help")])
def test_a_full_device(line: tuple[str, ...]) -> None:
    done = _piped(*line, redirect="> /dev/full")
    assert done.returncode == 1
    assert done.stderr == "error: the output can't be written: No space left on device\n"


def test_a_full_device_for_errors() -> None:
    assert _piped("info", 1, redirect="2> /dev/full").returncode == 3
    assert _piped("info", 1, "-o", "json", redirect="2> /dev/full").returncode == 3


def test_closed_streams() -> None:
    assert _piped("list", redirect=">&-").returncode == 0
    assert _piped("info", 1, redirect="2>&-").returncode == 3

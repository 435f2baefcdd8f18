"""Selecting images, and deleting the old ones."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest

from do_images.testing import FakeDigitalOcean
from tests.cli.support import Terminal, run

NOW = datetime(2026, 6, 30, 12, tzinfo=UTC)
NIGHTS = range(101, 111)


@pytest.fixture
def fake() -> FakeDigitalOcean:
    """Ten nightly snapshots, one a day, the newest first; a backup; two public images."""
    fake = FakeDigitalOcean(empty=True, now=NOW)
    for number, id_ in enumerate(NIGHTS):
        fake.add_image(
            id=id_,
            name=f"nightly-{id_}",
            created_at=NOW - timedelta(days=number, hours=1),
            size_gigabytes=1 + number,
            regions=["nyc3", "ams3"] if number == 4 else ["nyc3"],
            tags=["keep"] if number == 9 else [],
        )
    fake.add_image(id=200, name="Web", type="backup", distribution="Debian", created_at=NOW)
    for id_, name in ((300, "22.04 (LTS) x64"), (301, "24.04 (LTS) x64")):
        slug = f"ubuntu-{name[:5].replace('.', '-')}-x64"
        fake.add_image(id=id_, name=name, slug=slug, type="base", public=True, created_at=NOW)
    return fake


def _ids(text: str) -> list[int]:
    return [int(word) for word in text.split()]


# ── list ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("filters", "ids"),
    [
        ("--private --name nightly-10[12]", [101, 102]),
        ("--name ubuntu-24*", [301]),
        ("--type snapshot --private --limit 2", [101, 102]),
        ("--type backup", [200]),
        ("--type distribution", [300, 301]),
        ("--type distribution --name *24*", [301]),
        ("--type application --region nyc3", []),
        ("--distribution debian", [200]),
        ("--region ams3 --private", [105]),
        ("--tag keep", [110]),
        ("--tag keep --type snapshot", [110]),
        ("--status pending", []),
        ("--private --older-than 8d", [109, 110]),
        ("--private --newer-than 36h --name n*", [101, 102]),
        ("--private --older-than 1d --newer-than 3d1h1s", [102, 103, 104]),
        ("--private --type snapshot --sort size --reverse --limit 2", [110, 109]),
        ("--private --sort name --limit 1", [101]),
        ("--private --type snapshot --sort created --limit 1", [110]),
        ("--private --reverse --limit 1 --name n*", [110]),
    ],
)
def test_list(fake: FakeDigitalOcean, filters: str, ids: list[int]) -> None:
    done = run("list", *filters.split(), "-q", to=fake)
    assert (done.code, sorted(_ids(done.out)) if "--sort" not in filters else _ids(done.out)) == (
        0,
        ids,
    )


def test_sorting_puts_what_is_missing_last(fake: FakeDigitalOcean) -> None:
    fake.quirk("optional_fields_missing")
    assert run("list", "--sort", "status", to=fake).code == 0
    names = [image["name"] for image in run("list", "--sort", "name", "-o", "json", to=fake).json]
    assert names == sorted(names, key=str.casefold)


def test_public_kinds_are_not_the_accounts_own(fake: FakeDigitalOcean) -> None:
    done = run("list", "--type", "distribution", "--private", to=fake)
    assert done.code == 2
    assert "leave out --private" in done.err


# ── latest ──────────────────────────────────────────────────────────────────────────────────


def test_latest(fake: FakeDigitalOcean) -> None:
    assert run("latest", "nightly-*", "-q", to=fake).out == "101\n"
    assert run("latest", "nightly-*", "--region", "ams3", "-q", to=fake).out == "105\n"
    assert run("latest", "--older-than", "8d", "-q", to=fake).out == "109\n"
    line = ("latest", "--public", "--distribution", "Ubuntu", "--columns", "slug", "--no-header")
    assert run(*line, "-o", "csv", to=fake).out == "ubuntu-24-04-x64\n"
    assert run("latest", "--type", "distribution", "-q", to=fake).out == "301\n"


def test_nothing_is_the_latest(fake: FakeDigitalOcean) -> None:
    done = run("latest", "nigthly-1*", "--tag", "keep", "--distribution", "Ubuntu", to=fake)
    assert done.code == 3
    assert "=" not in done.err, "options, not parameters"
    assert "--tag 'keep'" in done.err
    assert "--public selects" in done.err
    assert run("latest", "x", "-o", "json", to=fake).error["kind"] == "not_found"


# ── prune ───────────────────────────────────────────────────────────────────────────────────

PRUNE = ("prune", "nightly-*", "--keep-last", 2, "--keep-within", "2d", "--keep-weekly", 1)


def test_shows_what_would_be_deleted_and_why(fake: FakeDigitalOcean) -> None:
    done = run(*PRUNE, "--dry-run", "-o", "json", to=fake)
    assert {image["id"]: (image["outcome"], image["rules"]) for image in done.json} == {
        101: ("keep", ["keep-last", "keep-within", "keep-weekly"]),
        102: ("keep", ["keep-last", "keep-within"]),
        103: ("keep", ["keep-within"]),
        **{id_: ("delete", []) for id_ in range(104, 111)},
    }
    assert {request.method for request in fake.requests} == {"GET"}
    shown = run(*PRUNE, "--dry-run", to=fake)
    assert shown.out.splitlines()[0].split() == ["id", "name", "created", "outcome", "rules"]
    assert shown.err == "7 would be deleted, 3 kept.\n"
    assert _ids(run(*PRUNE, "--dry-run", "-q", to=fake).out) == [*range(104, 111)]


def test_deletes_what_no_rule_keeps(fake: FakeDigitalOcean) -> None:
    done = run(*PRUNE, "--yes", to=fake)
    assert done.code == 0
    assert done.err == "7 deleted, 3 kept.\n"
    assert [line.split()[4] for line in done.out.splitlines()[1:]] == ["kept"] * 3 + ["deleted"] * 7
    assert {image.id for image in fake.images} == {101, 102, 103, 200, 300, 301}
    again = run(*PRUNE, "--yes", to=fake)
    assert again.err == "0 would be deleted, 3 kept.\n"


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (("prune", "x*", "--yes"), "at least one rule"),
        (("prune", "x*", "--keep-last", 0, "--yes"), "at least one rule"),
        (("prune", "--keep-last", 1, "--yes"), "Missing argument 'PATTERN'"),
        (("prune", "x*", "--keep-last", "-1"), "'-1' is not a whole number"),
        (("prune", "x*", "--keep-within", "soon"), "'soon' is not a duration"),
        (("prune", "x*", "--keep-last", 1), "--yes"),
    ],
)
def test_prunes_nothing_by_mistake(
    fake: FakeDigitalOcean, line: tuple[object, ...], text: str
) -> None:
    done = run(*line, to=fake)
    assert done.code == 2
    assert text in done.err
    assert not fake.requests


def test_goes_on_when_a_deletion_fails(fake: FakeDigitalOcean) -> None:
    fake.fail_next("DELETE", "/v2/images/105", status=422)
    done = run(*PRUNE, "--yes", "-o", "json", to=fake)
    assert done.code == 9
    (failed,) = done.error["failures"]
    assert (failed["image_id"], failed["status_code"]) == (105, 422)
    outcomes = {image["id"]: image["outcome"] for image in done.json}
    assert (outcomes[105], outcomes[104], outcomes[101]) == ("failed", "deleted", "kept")
    assert 105 in {image.id for image in fake.images}


def test_several_deletions_of_which_one_fails(fake: FakeDigitalOcean) -> None:
    fake.fail_next("DELETE", "/v2/images/102", status=422)
    done = run("destroy", 101, 102, 103, "--yes", "-o", "json", to=fake)
    assert done.code == 9
    assert done.json == [
        {"id": 101, "destroyed": True},
        {"id": 102, "destroyed": False},
        {"id": 103, "destroyed": True},
    ]
    assert "image 102" in done.error["message"]


@pytest.mark.parametrize(("answer", "left"), [(b"y\n", 2), (b"n\n", 10)])
def test_asks_before_it_prunes(fake: FakeDigitalOcean, answer: bytes, left: int) -> None:
    with fake.serve(speed=0) as url:
        line = ("prune", "nightly-*", "--keep-last", 2, "--base-url", url)
        terminal = Terminal(*line, env={"DIGITALOCEAN_ACCESS_TOKEN": fake.token()})
        terminal.until(lambda lines: any("[y/N]" in line for line in lines))
        assert terminal.lines[-1].startswith("Destroy these 8 images for good?")
        assert sum("delete" in line.split() for line in terminal.lines) == 8
        terminal.press(answer)
        assert terminal.end() == (0 if left == 2 else 1)
    assert sum(image.name.startswith("nightly") for image in fake.images) == left


def test_deletes_only_what_was_shown(fake: FakeDigitalOcean) -> None:
    with fake.serve(speed=0) as url:
        line = ("prune", "nightly-*", "--keep-last", 9, "--base-url", url, "-o", "json")
        terminal = Terminal(*line, env={"DIGITALOCEAN_ACCESS_TOKEN": fake.token()})
        terminal.until(lambda lines: any("[y/N]" in line for line in lines))
        assert any(line.startswith("110: nightly-110, snapshot in") for line in terminal.lines)
        fake.add_image(id=500, name="nightly-500", created_at=NOW)
        terminal.press(b"y\n")
        assert terminal.end() == 0
    assert {image.id for image in fake.images if image.name.startswith("n")} == {
        *range(101, 110),
        500,
    }
    document = re.search(r"\[\r?\n.*\]", terminal.raw.decode(), re.DOTALL)
    assert document
    assert len(json.loads(document[0])) == 10

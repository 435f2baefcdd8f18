"""Each command does what it says, in process and against the fake."""

from datetime import UTC, datetime

import pytest

from do_images.testing import FakeDigitalOcean
from tests.cli.support import SNAPSHOT, run

BACKUP, CUSTOM = 7555621, 7555622
OTHER = "c9a1e0c2-0000-4000-8000-000000000001"


@pytest.fixture
def fake() -> FakeDigitalOcean:
    return FakeDigitalOcean(now=datetime(2026, 1, 1, tzinfo=UTC))


def test_lists_images(fake: FakeDigitalOcean) -> None:
    done = run("list", "--private", to=fake)
    head, *rows = done.out.splitlines()
    assert head.split() == ["id", "name", "type", "regions", "size", "created", "status"]
    assert [row.split()[0] for row in rows] == ["7555620", "7555621", "7555622"]
    assert rows[0].split("  ")[3:] == ["nyc1, nyc2", "2.34 GB", "2025-11-04 22:23", "available"]
    assert (done.code, done.err) == (0, "")


@pytest.mark.parametrize(
    ("filters", "sent"),
    [
        ((), {}),
        (("--type", "application"), {"type": "application"}),
        (("--private", "--tag", "prod"), {"private": "true", "tag_name": "prod"}),
    ],
)
def test_sends_filters(
    fake: FakeDigitalOcean, filters: tuple[str, ...], sent: dict[str, str]
) -> None:
    assert run("list", *filters, to=fake).code == 0
    query = dict(fake.requests[-1].query)
    assert {name: query[name] for name in query if "page" not in name} == sent


def test_says_that_there_are_no_images() -> None:
    done = run("list", to=FakeDigitalOcean(empty=True))
    assert done == (0, "", "There are no such images.\n")


@pytest.mark.parametrize("image", [SNAPSHOT, "ubuntu-24-04-x64"])
def test_shows_an_image_by_id_or_slug(fake: FakeDigitalOcean, image: object) -> None:
    done = run("info", image, "-o", "json", to=fake)
    assert str(image) in {str(done.json["id"]), done.json["slug"]}


def test_shows_an_image_as_a_record(fake: FakeDigitalOcean) -> None:
    lines = run("info", SNAPSHOT, to=fake).out.splitlines()
    assert lines[0] == "id             7555620"
    assert "regions        nyc1, nyc2" in lines
    assert "public         no" in lines
    assert "created        2025-11-04 22:23" in lines
    assert "description    -" in lines


def test_creates_an_image(fake: FakeDigitalOcean) -> None:
    given = ("--name", "golden", "--url", "https://example.com/golden.raw", "--region", "nyc3")
    more = ("--tag", "a", "--tag", "b", "--description", "ours", "--distribution", "Debian")
    done = run("create", *given, *more, "-o", "json", to=fake)
    assert done.json["status"] == "NEW"
    assert done.json["tags"] == ["a", "b"]
    assert fake.requests[0].body == {
        "name": "golden",
        "url": "https://example.com/golden.raw",
        "region": "nyc3",
        "distribution": "Debian",
        "description": "ours",
        "tags": ["a", "b"],
    }


def test_updates_an_image(fake: FakeDigitalOcean) -> None:
    done = run("update", SNAPSHOT, "--name", "renamed", "--description", "", to=fake)
    assert "name           renamed" in done.out
    assert fake.requests[0].body == {"name": "renamed", "description": ""}


def test_destroys_an_image(fake: FakeDigitalOcean) -> None:
    done = run("destroy", SNAPSHOT, "--yes", to=fake)
    assert done == (0, "Image 7555620 is destroyed.\n", "")
    assert SNAPSHOT not in {image.id for image in fake.images}


def test_destroys_nothing_unasked_where_nobody_can_answer(fake: FakeDigitalOcean) -> None:
    done = run("destroy", SNAPSHOT, to=fake)
    assert (done.code, done.out) == (2, "")
    assert "--yes" in done.err
    assert not fake.requests


def test_reports_what_is_destroyed_as_json(fake: FakeDigitalOcean) -> None:
    done = run("destroy", SNAPSHOT, "-y", "-o", "json", to=fake)
    assert done.json == {"id": SNAPSHOT, "destroyed": True}


def test_starts_a_conversion(fake: FakeDigitalOcean) -> None:
    done = run("convert", BACKUP, "-o", "json", to=fake)
    (action,) = done.json
    assert (action["type"], action["resource_id"], action["status"]) == (
        "convert",
        BACKUP,
        "in-progress",
    )


def test_lists_and_shows_actions(fake: FakeDigitalOcean) -> None:
    assert run("transfer", SNAPSHOT, "nyc3", to=fake).code == 0
    listed = run("actions", SNAPSHOT, to=fake).out.splitlines()
    assert listed[0].split() == ["id", "type", "region", "status", "started", "seconds"]
    id_ = fake.actions[0].id
    assert listed[1].split() == [
        *(str(id_), "transfer", "nyc3", "in-progress", "2026-01-01", "00:00", "-"),
    ]
    shown = run("action", SNAPSHOT, id_, "--columns", "region,status", to=fake)
    assert shown.out == "region  nyc3\nstatus  in-progress\n"


def test_says_that_there_are_no_actions(fake: FakeDigitalOcean) -> None:
    assert run("actions", CUSTOM, to=fake).err == "The image has no actions.\n"


def test_knows_the_region_of_old_records(fake: FakeDigitalOcean) -> None:
    run("transfer", SNAPSHOT, "nyc3", to=fake)
    body = (
        '{"actions": [{"id": 1, "type": "transfer", "status": "completed", "region": "nyc2"},'
        '{"id": 2, "type": "transfer", "status": "completed", "region": null},'
        '{"id": 3, "type": "transfer", "status": "completed",'
        ' "region": {"slug": "sfo1", "name": "San Francisco 1"}}]}'
    )
    fake.fail_next("GET", "/v2/images/{id}/actions", status=200, body=body.encode())
    actions = run("actions", SNAPSHOT, "-o", "json", to=fake).json
    assert [action["region"] for action in actions] == ["nyc2", None, "sfo1"]
    assert {action["seconds"] for action in actions} == {None}


@pytest.mark.parametrize("to", [("--email", "you@example.com"), ("--uuid", OTHER)])
def test_offers_an_image(fake: FakeDigitalOcean, to: tuple[str, str]) -> None:
    done = run("account-transfer", "start", SNAPSHOT, *to, "-o", "json", to=fake)
    assert done.json["status"] == "offered"
    back = run("account-transfer", "cancel", SNAPSHOT, done.json["transfer_id"], to=fake)
    assert back.out == "The offer of image 7555620 is taken back.\n"


def test_offers_an_image_to_who_takes_it_at_once(fake: FakeDigitalOcean) -> None:
    fake.quirk("accepted_at_once")
    done = run("account-transfer", "start", SNAPSHOT, "--uuid", OTHER, to=fake)
    assert done.out == "Image 7555620 was accepted at once.\n"


def test_accepts_and_declines_an_image(fake: FakeDigitalOcean) -> None:
    image, offer = fake.offer_image()
    took = run("account-transfer", "accept", image, offer, "--uuid", OTHER, to=fake)
    assert took.out == f"Image {image} belongs to this account now.\n"
    image, offer = fake.offer_image()
    refused = run("account-transfer", "decline", image, offer, "--columns", "status", to=fake)
    assert refused.out == "status  declined\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_prints_the_script_for_a_shell(shell: str) -> None:
    done = run("completion", shell)
    assert done.code == 0
    assert f"_DO_IMAGES_COMPLETE=complete_{shell}" in done.out


def test_options_may_stand_before_the_command_too(fake: FakeDigitalOcean) -> None:
    assert run("-o", "json", "--columns", "id", "info", SNAPSHOT, to=fake).json == {"id": SNAPSHOT}
    done = run("--columns", "id", "info", SNAPSHOT, "--columns", "name", to=fake)
    assert done.out == "name  web-01-before-upgrade\n"


def test_prints_its_version() -> None:
    from do_images import __version__

    assert run("--version") == (0, f"do-images {__version__}\n", "")

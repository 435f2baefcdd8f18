"""Waiting: what is shown, what it leads to, and what Ctrl-C leaves behind."""

import math
import re
import shlex
from pathlib import Path

import httpx
import pytest

from do_images.testing import FakeDigitalOcean, VirtualClock
from tests.cli.support import SNAPSHOT, reach, run

BACKUP = 7555621


class Interrupting:
    """The fake's time, in which somebody presses Ctrl-C during a certain sleep."""

    def __init__(self, clock: VirtualClock, sleep: int) -> None:
        self.monotonic = clock.monotonic
        self.time = clock.time
        self._clock = clock
        self._left = sleep

    def sleep(self, seconds: float, /) -> None:
        self._left -= 1
        if self._left == 0:
            raise KeyboardInterrupt
        self._clock.sleep(seconds)


class Regionless(httpx.BaseTransport):
    """A server whose records of actions lack the region."""

    def __init__(self, fake: FakeDigitalOcean) -> None:
        self._transport = fake.transport

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = self._transport.handle_request(request)
        pattern = rb'"region": ?\{.*?\}, ?"region_slug": ?"\w+"'
        body = re.sub(pattern, b'"region":null,"region_slug":null', answer.read())
        return httpx.Response(answer.status_code, content=body)


@pytest.fixture
def fake() -> FakeDigitalOcean:
    return FakeDigitalOcean()


def test_waits_for_several_regions(fake: FakeDigitalOcean) -> None:
    fake.transfer_takes(12, region="ams3")
    done = run("transfer", SNAPSHOT, "nyc3", "ams3", "nyc1", "--wait", to=fake)
    head, *rows = [line.split() for line in done.out.splitlines()]
    assert head == ["id", "type", "region", "status", "seconds", "resource_id"]
    ids = [str(action.id) for action in fake.actions]
    assert rows == [
        [ids[0], "transfer", "nyc3", "completed", "5", "7555620"],
        [ids[1], "transfer", "ams3", "completed", "12", "7555620"],
        ["-", "transfer", "nyc1", "present", "-", "7555620"],
    ]
    assert done.err.splitlines() == [
        "0:00  nyc1: present",
        f"0:05  ams3: in-progress (action {ids[1]})",
        f"0:05  nyc3: completed in 0:05 (action {ids[0]})",
        f"0:15  ams3: completed in 0:12 (action {ids[1]})",
        "2 of 2 completed in 0:15.",
    ]
    assert done.code == 0


def test_waits_for_a_busy_image() -> None:
    fake = FakeDigitalOcean(one_transfer_at_a_time=True)
    done = run("transfer", SNAPSHOT, "nyc3", "ams3", "--wait", "--poll", 1, to=fake)
    assert done.code == 0
    assert [action.status for action in fake.actions] == ["completed", "completed"]


def test_an_image_that_stays_busy() -> None:
    fake = FakeDigitalOcean(one_transfer_at_a_time=True)
    fake.transfer_takes(math.inf)
    given = (SNAPSHOT, "nyc3", "ams3", "--wait", "--timeout", "20", "-o", "json")
    done = run("transfer", *given, to=fake)
    assert [row["status"] for row in done.json] == ["in-progress", "not started"]
    assert {part["region"] for part in done.error["failures"]} == {"nyc3", "ams3"}
    assert done.error["resume"] == f"do-images wait {fake.actions[0].id}"
    assert done.error["start"] == f"do-images transfer {SNAPSHOT} ams3 --wait"


def test_transfers_that_the_rate_limit_left_no_time_for(fake: FakeDigitalOcean) -> None:
    fake.quota(100, remaining=3, window=3600)
    done = run("transfer", SNAPSHOT, "nyc3", "ams3", "--wait", "--timeout", "20s", to=fake)
    assert done.code == 5
    assert "the transfer to ams3 could not be started before the timeout" in done.err
    assert done.err.endswith(
        "Nothing was started in nyc3, ams3; start it with:\n"
        f"  do-images transfer {SNAPSHOT} nyc3 ams3 --wait\n"
    )


def test_a_wait_that_a_scope_ends(fake: FakeDigitalOcean) -> None:
    run("transfer", SNAPSHOT, "nyc3", to=fake)
    id_ = fake.actions[0].id
    fake.transfer_takes(100)
    fake.fail_next("GET", "/v2/images/{id}/actions", status=403, times=None)
    fake.fail_next("GET", "/v2/images/{id}/actions/{action_id}", status=403, times=None)
    done = run("wait", id_, to=fake)
    assert done.code == 4
    assert f"the wait for action {id_} ended early: the access token lacks" in done.err
    assert done.err.endswith(f"  do-images wait {id_}\n")


@pytest.mark.parametrize(
    ("fails", "statuses"), [(False, ["completed"] * 2), (True, ["unknown"] * 2)]
)
def test_records_without_a_region(fake: FakeDigitalOcean, fails: bool, statuses: list[str]) -> None:
    if fails:
        fake.fail_next_action("ams3")
    to = reach(fake, transport=Regionless(fake))
    done = run("transfer", SNAPSHOT, "nyc3", "ams3", "--wait", "-o", "json", to=to)
    assert [row["status"] for row in done.json] == statuses
    assert done.code == (6 if fails else 0)


def test_does_not_wait_unasked(fake: FakeDigitalOcean) -> None:
    done = run("transfer", SNAPSHOT, "nyc3", "nyc3", "-o", "json", to=fake)
    assert [row["status"] for row in done.json] == ["in-progress"]
    assert (done.code, done.err) == (0, "")


def test_nothing_to_do(fake: FakeDigitalOcean) -> None:
    done = run("transfer", SNAPSHOT, "nyc1", "nyc2", "--wait", to=fake)
    assert (done.code, len(fake.actions)) == (0, 0)
    assert done.err.endswith("\nThere is nothing to do: all regions have the image.\n")


def test_waits_without_a_limit(fake: FakeDigitalOcean) -> None:
    fake.transfer_takes(100_000)
    given = ("--wait", "--timeout", "none", "--poll", 1000)
    assert run("transfer", SNAPSHOT, "nyc3", *given, to=fake).code == 0


def test_polls_as_often_as_asked(fake: FakeDigitalOcean) -> None:
    fake.convert_takes(30)
    assert run("convert", BACKUP, "--wait", "--poll", 10, to=fake).code == 0
    assert [request.method for request in fake.requests] == ["POST", "GET", "GET", "GET"]


def test_a_conversion_that_fails(fake: FakeDigitalOcean) -> None:
    fake.fail_next_action()
    done = run("convert", BACKUP, "--wait", to=fake)
    assert done.code == 6
    assert f"convert {BACKUP} ams3 (errored)" in done.err


def test_resumes_a_wait(fake: FakeDigitalOcean) -> None:
    run("transfer", SNAPSHOT, "nyc3", "ams3", to=fake)
    ids = [action.id for action in fake.actions]
    done = run("wait", *ids, "--columns", "id,status", to=fake)
    assert [line.split() for line in done.out.splitlines()] == [
        ["id", "status"],
        [str(ids[0]), "completed"],
        [str(ids[1]), "completed"],
    ]
    assert run("wait", 5, to=fake).code == 3


def test_a_late_action_says_how_to_go_on(fake: FakeDigitalOcean) -> None:
    fake.transfer_takes(100)
    run("transfer", SNAPSHOT, "nyc3", to=fake)
    id_ = fake.actions[0].id
    done = run("wait", id_, "--timeout", 10, to=fake)
    assert done.code == 7
    assert done.err.endswith(
        f"transfer {SNAPSHOT} nyc3 goes on at DigitalOcean; wait with:\n  do-images wait {id_}\n"
    )
    assert run("wait", id_, to=fake).code == 0


@pytest.mark.parametrize("command", ["create", "wait"])
def test_waits_for_an_import(fake: FakeDigitalOcean, command: str) -> None:
    given = ["--name", "x", "--url", "https://example.com/x.raw", "--region", "nyc3", "-o", "json"]
    if command == "create":
        done = run("create", *given, "--wait", to=fake)
    else:
        image = run("create", *given, to=fake).json["id"]
        done = run("wait", "--image", image, "-o", "json", to=fake)
    assert (done.json["status"], done.code) == ("available", 0)


def test_an_import_that_fails(fake: FakeDigitalOcean) -> None:
    fake.imports_fail("The file is no image.")
    given = ["--name", "x", "--url", "https://example.com/x.raw", "--region", "nyc3"]
    done = run("create", *given, "--wait", to=fake)
    assert (done.code, done.out) == (6, "")
    assert "The file is no image." in done.err


def test_an_import_that_is_late(fake: FakeDigitalOcean) -> None:
    given = ["--name", "x", "--url", "https://example.com/x.raw", "--region", "nyc3"]
    done = run("create", *given, "--wait", "--timeout", 3, "-o", "json", to=fake)
    assert done.code == 7
    image = done.error["image_id"]
    assert done.error["resume"] == f"do-images wait --image {image}"
    late = run("wait", "--image", image, "--timeout", 1, to=fake)
    assert late.code == 7
    assert f"  do-images wait --image {image}\n" in late.err


# ── Ctrl-C ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("sleep", [1, 2], ids=["before the first poll", "later"])
def test_ctrl_c_stops_waiting_only(fake: FakeDigitalOcean, sleep: int) -> None:
    run("transfer", SNAPSHOT, "fra1", "--wait", to=fake)
    run("transfer", SNAPSHOT, "tor1", to=fake)
    fake.transfer_takes(60)
    fake.transfer_takes(2, region="sgp1")
    to = reach(fake, clock=Interrupting(fake.clock, sleep))
    done = run("transfer", SNAPSHOT, "nyc3", "ams3", "sgp1", "nyc1", "--wait", to=to)
    assert (done.code, done.out) == (130, "")
    running = {action.id for action in fake.actions[2:] if action.status == "in-progress"}
    stopped, goes_on, command = done.err.splitlines()[-3:]
    assert stopped == "Interrupted."
    assert goes_on.endswith(" at DigitalOcean; wait with:")
    assert command.startswith("  do-images wait ")
    assert {int(id_) for id_ in command.split()[2:]} == running
    assert run(*command.split()[1:], to=fake).code == 0


def test_ctrl_c_before_a_transfer_was_started() -> None:
    fake = FakeDigitalOcean(one_transfer_at_a_time=True)
    to = reach(fake, clock=Interrupting(fake.clock, 1))
    done = run("transfer", SNAPSHOT, "nyc3", "ams3", "--wait", "-o", "json", to=to)
    assert done.error["kind"] == "interrupted"
    assert done.error["resume"] == f"do-images wait {fake.actions[0].id}"
    assert done.error["start"] == "do-images transfer 7555620 ams3 --wait"


def test_ctrl_c_and_no_network(fake: FakeDigitalOcean) -> None:
    to = reach(fake, clock=Interrupting(fake.clock, 1))
    fake.fail_next("GET", "/v2/images/{id}/actions", lose="refused", times=None)
    done = run("transfer", SNAPSHOT, "nyc3", "--wait", to=to)
    assert done.code == 130
    assert "do-images transfer 7555620 nyc3 --wait" in done.err
    assert "do-images wait" not in done.err


def test_ctrl_c_while_waiting_for_actions(fake: FakeDigitalOcean) -> None:
    run("transfer", SNAPSHOT, "nyc3", to=fake)
    id_ = fake.actions[0].id
    to = reach(fake, clock=Interrupting(fake.clock, 1))
    done = run("wait", id_, "--base-url", "https://api.example.com", to=to)
    assert done.code == 130
    assert f"  do-images wait {id_} --base-url https://api.example.com\n" in done.err


def test_ctrl_c_while_waiting_for_an_import(fake: FakeDigitalOcean) -> None:
    given = ["--name", "x", "--url", "https://example.com/x.raw", "--region", "nyc3"]
    to = reach(fake, clock=Interrupting(fake.clock, 1))
    done = run("create", *given, "--wait", "-o", "json", to=to)
    assert done.code == 130
    assert done.error["resume"] == f"do-images wait --image {done.error['image_id']}"


# ── The fake ────────────────────────────────────────────────────────────────────────────────


def fake_run(*arguments: object) -> tuple[int, str, str]:
    """In no real time."""
    return run(*arguments, "--fake", "--fake-speed", "inf")


def test_the_fake_can_be_waited_on() -> None:
    code, out, err = fake_run("transfer", SNAPSHOT, "nyc3", "ams3", "sgp1", "--wait")
    assert code == 0
    assert out.count("completed") == 3
    assert err.endswith("\n3 of 3 completed in 1:00.\n")


def test_the_fake_can_fail() -> None:
    code, _, err = fake_run("transfer", SNAPSHOT, "nyc3", "ams3", "--wait", "--fake-fail", "ams3")
    assert code == 6
    assert "ams3 (errored)" in err
    given = ("--name", "x", "--url", "https://example.com/x.raw", "--region", "nyc3", "--wait")
    assert fake_run("create", *given, "--fake-fail", "nyc3")[0] == 6


def test_the_fake_has_a_past() -> None:
    past = run("actions", SNAPSHOT, "--fake", "-o", "json").json
    assert {(action["region"], action["status"]) for action in past} == {
        ("tor1", "completed"),
        ("blr1", "errored"),
    }
    (running,) = run("actions", 7555622, "--fake", "-o", "json").json
    assert running["status"] == "in-progress"
    assert fake_run("wait", running["id"])[0] == 0
    private = run("list", "--private", "--fake", "-o", "json").json
    assert {"offered-by-us"} <= {image["name"] for image in private}


MANUAL = Path(__file__).parents[2] / "docs" / "cli.md"


@pytest.mark.parametrize("command", re.findall(r"\$ do-images (.* --fake)\n", MANUAL.read_text()))
def test_the_page_shows_commands_that_run(command: str) -> None:
    code, out, err = fake_run(*shlex.split(command))
    assert code == 0, err
    assert out


def test_the_fake_does_not_know_mistaken_regions() -> None:
    code, _, err = fake_run("transfer", SNAPSHOT, "nyc3", "--fake-fail", "mars1")
    assert code == 2
    assert "mars1" in err

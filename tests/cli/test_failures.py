"""Errors: one line for people, one document for programs, an exit code for scripts."""

import math
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from do_images.cli._failures import Code
from do_images.testing import FakeDigitalOcean
from tests.cli.support import SNAPSHOT, Terminal, reach, run

Arrange = Callable[[FakeDigitalOcean], object]

FAULTS: list[tuple[Arrange, int, str, int | None, str]] = [
    (lambda fake: fake.remove_image(SNAPSHOT), 3, "not_found", 404, "there is no image 7555620"),
    (
        lambda fake: fake.quota(10, remaining=0, window=3600),
        *(5, "rate_limit", 429, "the rate limit of the API is used up; try again in 3600 s"),
    ),
    (
        lambda fake: fake.fail_next("GET", "*", lose="refused", times=None),
        *(8, "network", None, "no response from api.digitalocean.com: connection refused"),
    ),
    (
        lambda fake: fake.fail_next("GET", "*", status=503, times=None),
        *(9, "api", 503, "the API failed with 503: "),
    ),
    (
        lambda fake: fake.fail_next("GET", "*", broken="no_envelope"),
        *(9, "api", 200, "the API's response is invalid: in image"),
    ),
]


@pytest.fixture
def fake() -> FakeDigitalOcean:
    return FakeDigitalOcean()


@pytest.mark.parametrize(("arrange", "code", "kind", "status", "text"), FAULTS)
def test_exit_codes_of_requests(
    arrange: Arrange, code: int, kind: str, status: int | None, text: str
) -> None:
    fakes = [FakeDigitalOcean(), FakeDigitalOcean()]
    for fake in fakes:
        arrange(fake)
    done = run("info", SNAPSHOT, "-o", "json", to=fakes[0])
    assert (done.code, done.out) == (code, "")
    error = done.error
    assert (error["exit_code"], error["kind"], error["status_code"]) == (code, kind, status)
    assert (error["request_id"] is None) == (status is None)
    assert error["message"].startswith(text)
    shown = run("info", SNAPSHOT, to=fakes[1])
    assert shown.code == code
    assert shown.err.startswith(f"error: {text}")
    assert shown.err.count("\n") == 1
    assert status is None or "request id" in shown.err


def test_a_wrong_token(fake: FakeDigitalOcean) -> None:
    done = run("info", SNAPSHOT, to=reach(fake, "dop_v1_wrong"))
    assert done.code == 4
    assert "401" in done.err
    assert "dop_v1_wrong" not in done.err


def test_a_missing_scope_is_named(fake: FakeDigitalOcean) -> None:
    token = fake.token(["image:read"])
    done = run("update", SNAPSHOT, "--name", "x", to=reach(fake, token))
    assert done.code == 4
    assert "scope image:update" in done.err


def test_no_token() -> None:
    done = run("list", "-o", "json")
    assert done.code == 4
    assert "DIGITALOCEAN_ACCESS_TOKEN" in done.error["message"]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("info",), "Missing argument 'ID'"),
        (("info", SNAPSHOT, "--output", "yaml"), "--output"),
        (("info", "a/b"), "must be an id or a slug"),
        (("info", SNAPSHOT, "--name", "x"), "either ids or --name"),
        (("transfer", "many", "nyc3"), "'many' is not an id"),
        (("transfer", SNAPSHOT), "at least one region"),
        (("transfer", SNAPSHOT, ",", "--wait"), "at least one region"),
        (("destroy", "0", "--yes"), "'0' is not an id"),
        (("destroy", SNAPSHOT, "--name", "x", "--yes"), "either ids or --name"),
        (("update", SNAPSHOT), "Nothing to update: give --name"),
        (("list", "--columns", "id,colour"), "no column 'colour'; the columns are id, name"),
        (("list", "-q", "-o", "json"), "--quiet prints ids only"),
        (("list", "-q", "--columns", "name"), "--quiet prints ids only"),
        (("list", "-o", "yaml"), "'yaml' is not one of table, json, csv"),
        (("completion", "tcsh"), "'tcsh' is not one of bash, zsh, fish"),
        (("list", "--columns", " , "), "names no column"),
        (("transfer", SNAPSHOT, "nyc3", "--timeout", "soon"), "--timeout"),
        (("transfer", SNAPSHOT, "nyc3", "--poll", "-1"), "--poll"),
        (("transfer", SNAPSHOT, "nyc3", "--timeout", "nan"), "--timeout"),
        (("transfer", SNAPSHOT, "nyc3", "--wait", "--timeout", "9" * 400), "--timeout"),
        (("list", "--older-than", "9999999999d"), "--older-than"),
        (("transfer", SNAPSHOT, "nyc3", "--poll", 5), "mean nothing without --wait"),
        (("convert", SNAPSHOT, "--timeout", "2h"), "mean nothing without --wait"),
        (("list", "--fake-speed", "-3"), "--fake-speed"),
        (("list", "--fake-speed", "fast"), "--fake-speed"),
        (("upload",), "No such command"),
        (("wait",), "name actions"),
        (("wait", 1, "--image", 2), "name actions"),
        (("account-transfer", "start", SNAPSHOT), "exactly one"),
    ],
)
def test_mistakes_on_the_command_line(
    fake: FakeDigitalOcean, arguments: tuple[object, ...], text: str
) -> None:
    done = run(*arguments, to=fake)
    assert (done.code, done.out) == (2, "")
    assert text in done.err
    assert not fake.requests


@pytest.mark.parametrize("line", [("info",), ("info", "--colour"), ("--colour",), ("upload",)])
@pytest.mark.parametrize(
    "option", [("-o", "json"), ("--output", "json"), ("--output=json",), ("-ojson",)]
)
def test_usage_errors_are_json_too(
    fake: FakeDigitalOcean, line: tuple[str, ...], option: tuple[str, ...]
) -> None:
    done = run(*line, *option, to=fake)
    assert (done.code, done.out) == (2, "")
    assert (done.error["kind"], done.error["exit_code"]) == ("usage", 2)
    assert done.error["message"]


def test_all_fields_of_an_error_are_always_there(fake: FakeDigitalOcean) -> None:
    errors = [
        run("info", "-o", "json", to=fake).error,
        run("info", 1, "-o", "json", to=fake).error,
        run("transfer", SNAPSHOT, "nowhere", "-o", "json", to=fake).error,
    ]
    assert len({tuple(error) for error in [*errors, *errors[2]["failures"]]}) == 1


# ── Several regions ─────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"nyc3": "fails"}, 6),
        ({"nyc3": "late"}, 7),
        ({"nowhere": "unknown"}, 9),
        ({"nyc3": "late", "ams3": "fails"}, 6),
        ({"nyc3": "late", "nowhere": "unknown"}, 9),
        ({"nyc3": "late", "nowhere": "unknown", "ams3": "fails"}, 6),
    ],
)
def test_what_failed_decides(fake: FakeDigitalOcean, wrong: dict[str, str], code: int) -> None:
    for region, how in wrong.items():
        if how == "fails":
            fake.fail_next_action(region)
        elif how == "late":
            fake.transfer_takes(math.inf, region=region)
    given = (SNAPSHOT, "sgp1", *wrong, "--wait", "--timeout", 60)
    done = run("transfer", *given, "-o", "json", to=fake)
    assert done.code == code
    rows = {row["region"]: row["status"] for row in done.json}
    words = {"fails": "errored", "late": "in-progress", "unknown": "not started"}
    expected = {region: words[how] for region, how in wrong.items()}
    assert rows == {"sgp1": "completed", **expected}
    failed = done.error["failures"]
    assert {part["region"] for part in failed} == {*wrong}
    late = [action.id for action in fake.actions if action.status == "in-progress"]
    resume = f"do-images wait {late[0]}" if late else None
    assert done.error["resume"] == resume


def test_each_region_that_failed_has_a_line(fake: FakeDigitalOcean) -> None:
    fake.fail_next_action("ams3")
    done = run("transfer", SNAPSHOT, "nyc3", "ams3", "nowhere", "--wait", to=fake)
    lines = done.err.splitlines()
    errors = [line for line in lines if line.startswith("error: ")]
    (summary,) = (line for line in lines if " of 3 completed" in line)
    assert summary.startswith("1 of 3 completed in ")
    assert summary.endswith("; not: ams3 (errored), nowhere (not started).")
    assert len(errors) == 2
    assert any("to ams3" in line and "failed at DigitalOcean" in line for line in errors)
    assert any("nowhere was not started" in line and "request id" in line for line in errors)


@pytest.mark.parametrize("code", Code)
def test_the_page_lists_every_exit_code(code: Code) -> None:
    manual = (Path(__file__).parents[2] / "docs" / "cli.md").read_text()
    assert f"| {code.value} | `{code.name.lower()}` | " in manual


# ── How it ends ─────────────────────────────────────────────────────────────────────────────


def test_text_from_the_api_can_not_move_the_cursor(fake: FakeDigitalOcean) -> None:
    fake.add_image(id=1, name="a\x1b[2Jb\nc\N{RIGHT-TO-LEFT OVERRIDE}d[red]")
    done = run("list", "--private", "--columns", "name", to=fake)
    assert "a\N{REPLACEMENT CHARACTER}[2Jb c\N{REPLACEMENT CHARACTER}d[red]\n" in done.out


def test_a_reader_that_has_seen_enough(fake: FakeDigitalOcean) -> None:
    fake.add_images(2000)
    command = [sys.executable, "-m", "do_images", "list", "--columns", "id,name"]
    with fake.serve(speed=0) as url:
        process = subprocess.Popen(
            [*command, "--base-url", url],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "DIGITALOCEAN_ACCESS_TOKEN": fake.token()},
        )
        assert process.stdout
        assert process.stderr
        assert process.stdout.readline().split() == [b"id", b"name"]
        process.stdout.close()
        with process.stderr:
            assert process.stderr.read() == b""
        assert process.wait(30) == 0


def test_debug_shows_what_is_sent_without_the_token(fake: FakeDigitalOcean) -> None:
    token = fake.token()
    with fake.serve(speed=0) as url:
        env = {"DIGITALOCEAN_ACCESS_TOKEN": token}
        done = run("info", SNAPSHOT, "--debug", "--base-url", url, env=env)
        again = run("info", SNAPSHOT, "--base-url", url, env=env)
    assert done.code == 0
    assert "GET /v2/images/7555620 -> 200" in done.err
    assert token not in done.err
    assert again.err == ""


@pytest.mark.parametrize("variable", ["DIGITALOCEAN_ACCESS_TOKEN", "DIGITALOCEAN_TOKEN"])
@pytest.mark.parametrize("token", ["dop v1", "dop_v1\n", "дop"])
def test_a_malformed_token(variable: str, token: str) -> None:
    done = run("list", "-o", "json", env={variable: token})
    assert (done.code, done.error["kind"]) == (4, "authentication")
    assert done.error["message"].startswith(f"{variable} holds white space")
    assert token not in done.err


@pytest.mark.parametrize(
    ("line", "name"),
    [
        (("--base-url", "http://example.com"), "--base-url"),
        (("--base-url", "example"), "--base-url"),
        ((), "DIGITALOCEAN_API_URL"),
    ],
)
def test_a_base_url_that_would_show_the_token(line: tuple[str, ...], name: str) -> None:
    env = {"DIGITALOCEAN_TOKEN": "secret", "DIGITALOCEAN_API_URL": "http://example.com"}
    done = run("list", *line, env=env)
    assert done.code == 2
    assert done.err.startswith(f"error: {name} must be like https://")
    assert "unencrypted" in done.err
    assert "allow_http" not in done.err


def test_a_proxy_that_can_not_be_used() -> None:
    env = {"DIGITALOCEAN_TOKEN": "secret", "HTTPS_PROXY": "ftp://example.com", "ALL_PROXY": ""}
    done = run("list", env=env)
    assert done.code == 2
    assert done.err.startswith("error: the proxy that HTTPS_PROXY names can't be used")


def test_the_end_of_the_input_is_no_yes() -> None:
    terminal = Terminal("destroy", SNAPSHOT, "--fake")
    terminal.until(lambda lines: any("[y/N]" in line for line in lines))
    terminal.press(b"\x04")
    assert terminal.end() == 1


class Interrupted(httpx.BaseTransport):
    """A network on which somebody presses Ctrl-C during the first request of a kind."""

    def __init__(self, fake: FakeDigitalOcean, method: str) -> None:
        self._transport = fake.transport
        self._method = method

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == self._method:
            raise KeyboardInterrupt
        return self._transport.handle_request(request)


IMPORT = ("--name", "x", "--url", "https://example.com/x.raw", "--region", "nyc3")


@pytest.mark.parametrize(
    ("line", "method", "check"),
    [
        (("create", *IMPORT), "POST", "do-images list --private"),
        (("convert", SNAPSHOT), "POST", f"do-images actions {SNAPSHOT}"),
        (("destroy", SNAPSHOT, "--yes"), "DELETE", "do-images list --private"),
    ],
)
def test_ctrl_c_during_a_change(
    fake: FakeDigitalOcean, line: tuple[object, ...], method: str, check: str
) -> None:
    to = reach(fake, transport=Interrupted(fake, method))
    done = run(*line, to=to)
    assert done.code == 130
    stopped, sentence, command = done.err.splitlines()
    assert (stopped, sentence[-1], command) == ("Interrupted.", ":", f"  {check}")
    assert run(*line, "--fake", to=to).err == (
        "Interrupted. The fake account ends with the command.\n"
    )


def test_ctrl_c_outside_of_a_wait() -> None:
    def connect(_: object) -> None:
        raise KeyboardInterrupt

    done = run("list", to=connect)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType] - it never connects
    assert (done.code, done.err) == (130, "Interrupted.\n")

"""Every command in a pseudo-terminal of 60, 80 and 120 columns, and in a pipe."""

import json
import re
import sys

import pytest
from rich.cells import cell_len

from tests.cli.support import Terminal, run

IMPORT = "create --name imported --url https://example.com/x.raw --region nyc3"
UUID = "5df3e3004a17e242b7c20ca6c9fc25b701a47ece"
# Each with its exit code, and what it prints at any width.
SESSIONS = {
    "--help": (0, "Find, import, change, copy and delete"),
    "-h": (0, "DIGITALOCEAN_ACCESS_TOKEN"),
    "--version": (0, "do-images "),
    "list --help": (0, "Examples:"),
    "completion --help": (0, "bash|zsh|fish"),
    "completion bash": (0, "complete_bash"),
    "list": (0, "7555620"),
    "list --private --no-header": (0, "7555622"),
    "list -o csv --limit 2": (0, "id,name,slug,"),
    "list -q --private": (0, "7555621"),
    "info 7555620": (0, "web-01-before-upgrade"),
    "get 7555620 7555621": (0, "backup"),
    "latest web-* --type snapshot": (0, "web-01-before-upgrade"),
    "prune * --keep-last 1 --dry-run": (0, "1 would be deleted, 1 kept."),
    "prune * --keep-last 1 --yes": (0, "1 deleted, 1 kept."),
    "info --name web-01-before-upgrade": (0, "7555620"),
    IMPORT: (0, "imported"),
    f"{IMPORT} --wait": (0, "available"),
    "update 7555620 --name renamed": (0, "renamed"),
    "rm 7555620 --yes": (0, "Image 7555620 is destroyed."),
    "delete 7555620 7555621 -y": (0, "2 images are destroyed."),
    "transfer 7555620 nyc3,ams3": (0, "in-progress"),
    "transfer 7555620 nyc3 ams3 nyc1 --wait": (0, "2 of 2 completed in 0:45."),
    "transfer 7555620 nyc3 ams3 --wait --fake-fail ams3": (6, "failed at DigitalOcean"),
    "transfer 7555620 nyc3 --wait --timeout 10s": (7, "0 of 1 completed"),
    "convert 7555621": (0, "convert"),
    "convert 7555621 --wait": (0, "1 of 1 completed in 0:25."),
    "wait 2408963545": (0, "1 of 1 completed"),
    "actions 7555620": (0, "errored"),
    "action 7555620 2408963514": (0, "tor1"),
    "account-transfer start 7555620 --email team@example.com": (0, "is offered"),
    f"account-transfer accept 200760866 8300 --uuid {UUID}": (0, "belongs to this account now"),
    "account-transfer decline 200760866 8300": (0, "is declined"),
    "account-transfer cancel 200760873 8306": (0, "is taken back"),
    "info 1": (3, "error: there is no image 1"),
    "info": (2, "error: Missing argument 'ID'"),
    "uplaod": (2, "Try: do-images --help"),
}
PROGRAM = """
import json, sys
from do_images.cli._commands import run
for line in json.loads(sys.argv[1]):
    code = run(line)
    print(f"\\r\\x1e{code}\\x1e", flush=True)
"""
CONTROL = re.compile(r"\x1b\[[\d;?]*[a-zA-Z]")


def _lines(names: list[str]) -> list[list[str]]:
    return [[*name.split(), "--fake", "--fake-speed", "inf"] for name in names]


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_in_a_terminal(columns: int) -> None:
    terminal = Terminal(
        json.dumps(_lines([*SESSIONS])), columns=columns, program=(sys.executable, "-c", PROGRAM)
    )
    assert terminal.end() == 0
    text = CONTROL.sub("", terminal.raw.decode())
    outputs = re.split(r"\r\x1e(\d+)\x1e\r?\n?", text)
    assert len(outputs) == 2 * len(SESSIONS) + 1
    for name, shown, exited in zip(SESSIONS, outputs[::2], outputs[1::2], strict=False):
        code, expected = SESSIONS[name]
        assert (name, int(exited)) == (name, code), shown
        assert expected in " ".join(shown.split()), name
        assert "\x1b" not in shown
        if "csv" not in name:
            wide = [line for line in shown.splitlines() if cell_len(line) > columns]
            assert [line for line in wide if not line.startswith("  do-images ")] == [], name


@pytest.mark.parametrize("name", SESSIONS)
def test_in_a_pipe(name: str) -> None:
    code, expected = SESSIONS[name]
    ((*line,),) = _lines([name])
    done = run(*line)
    assert done.code == code, done
    both = done.out + done.err
    assert expected in " ".join(both.split())
    assert "\x1b" not in both
    assert "…" not in both
    if code:
        assert "error: " in done.err
        assert done.err.count("error: ") == 1

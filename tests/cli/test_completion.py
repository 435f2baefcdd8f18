"""Completion, in the real shells."""

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pytest

from do_images.cli import _completion
from tests.cli.support import Terminal

LINES = {
    "do-images tra": "transfer",
    "do-images transfer --name web nyc3,am": "nyc3,ams1 nyc3,ams2 nyc3,ams3",
    "do-images list --columns id,na": "id,name",
    "do-images create --distribution Deb": "Debian",
    "do-images list --type sn": "snapshot",
}


def _needs(shell: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(shell) is None, reason=f"{shell} is not installed")


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment in which `do-images` is a command."""
    folder = tmp_path_factory.mktemp("bin")
    script = folder / "do-images"
    script.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m do_images "$@"\n')
    script.chmod(0o755)
    return {**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}


def _run(environment: dict[str, str], *command: str) -> str:
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@_needs("bash")
def test_bash(environment: dict[str, str]) -> None:
    program = """
source <(do-images completion bash)
for line in "$@"; do
    COMP_WORDS=($line) COMP_CWORD=$((${#COMP_WORDS[@]} - 1)) COMPREPLY=()
    $(complete -p do-images | sed 's/.*-F \\([^ ]*\\) .*/\\1/') do-images
    echo "${COMPREPLY[*]}"
done
"""
    # bash inserts a word as it is.
    lines = {**LINES, "do-images create --distribution Roc": "Rocky\\ Linux"}
    shown = _run(environment, "bash", "--norc", "-c", program, "bash", *lines)
    assert dict(zip(lines, shown.splitlines(), strict=True)) == lines


@_needs("fish")
def test_fish(environment: dict[str, str], tmp_path: Path) -> None:
    program = """
do-images completion fish | source
for line in $argv
    echo (complete -C $line | string split -f1 \\t)
end
"""
    shown = _run({**environment, "HOME": str(tmp_path)}, "fish", "-N", "-c", program, *LINES)
    found = dict(zip(LINES, shown.splitlines(), strict=True))
    assert {line: sorted(words.split()) for line, words in found.items()} == {
        line: sorted(words.split()) for line, words in LINES.items()
    }


@_needs("zsh")
def test_zsh(environment: dict[str, str]) -> None:
    terminal = Terminal("-f", "-i", env={**environment, "PS1": "> "}, program=["zsh"])
    terminal.until(lambda lines: lines[-1:] == [">"])
    terminal.press(b"autoload -Uz compinit; compinit -u -D; unsetopt list_ambiguous\n")
    terminal.press(b"source <(do-images completion zsh)\n")
    for line, words in LINES.items():
        choices = words.split()
        terminal.press(b"\x15clear\n")
        terminal.until(lambda lines: lines == [">"])
        terminal.press(line.encode() + b"\t")
        if len(choices) > 1:
            terminal.until(partial(_lists, choices))
        else:
            whole = f"> {line[: line.rindex(' ')]} {choices[0]}"
            terminal.until(partial(_begins, whole))
    terminal.press(b"\x15exit\n")
    assert terminal.end() == 0


def _lists(choices: list[str], lines: Sequence[str]) -> bool:
    return sorted(" ".join(lines[1:]).split()) == sorted(choices)


def _begins(first: str, lines: Sequence[str]) -> bool:
    return lines[:1] == [first]


def test_what_no_shell_was_asked_for() -> None:
    assert {"available", "pending"} <= {*_completion.statuses()}
    assert {*_completion.own_image_types()} < {*_completion.image_types()}


def test_no_region_is_offered_before_the_image(environment: dict[str, str]) -> None:
    asked = {"COMP_WORDS": "do-images transfer ", "COMP_CWORD": "2"}
    shown = _run({**environment, **asked, "_DO_IMAGES_COMPLETE": "complete_bash"}, "do-images")
    assert shown == "\n"

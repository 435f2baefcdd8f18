"""Checks types as a strict user does, with mypy and pyright on the programs in `tests/typing`.

The programs called `app_*` must have no findings. In those called `mistakes_*`, what the checkers
report must be exactly what follows `# wrong:`, rules that begin with `report` being pyright's.
"""

import argparse
import json
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

PROGRAMS = Path(__file__).resolve().parent.parent / "tests" / "typing"
MARK = re.compile(r"# wrong: (.+)")
MYPY_LINE = re.compile(
    r"(?P<file>[^:]+):(?P<line>\d+): error: (?P<text>.*?)(?:  \[(?P<rule>[\w-]+)\])?"
)


class Finding(NamedTuple):
    """A line and the rule that it breaks."""

    file: str
    line: int
    rule: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.rule}"


Found = dict[Finding, str]
"""The findings, each with the message of the checker."""


def mypy(python: str) -> Found:
    """Return what mypy reports, for the given interpreter."""
    output = _run("mypy", "--no-error-summary", f"--python-executable={python}", ".")
    found: Found = {}
    for line in output.splitlines():
        match = MYPY_LINE.fullmatch(line)
        if match:
            rule = match["rule"] or "syntax"
            found[Finding(match["file"], int(match["line"]), rule)] = match["text"]
        elif ": note: " not in line:
            raise SystemExit(f"mypy: {line}")
    return found


def pyright(python: str) -> Found:
    """Return what pyright reports, for the given interpreter."""
    output = _run("pyright", "--project=.", "--outputjson", f"--pythonpath={python}")
    try:
        report = json.loads(output)
    except ValueError:
        raise SystemExit(f"pyright: {output}") from None
    if report["summary"]["filesAnalyzed"] != len(list(PROGRAMS.glob("*.py"))):
        raise SystemExit(f"pyright saw {report['summary']['filesAnalyzed']} files")
    return {
        Finding(
            Path(item["file"]).name, item["range"]["start"]["line"] + 1, item.get("rule", "syntax")
        ): item["message"]
        for item in report["generalDiagnostics"]
    }


def marks() -> Iterator[Finding]:
    """Return what the programs mark as wrong."""
    for path in sorted(PROGRAMS.glob("*.py")):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            for rule in _rules(line):
                yield Finding(path.name, number, rule)


def _rules(line: str) -> Iterable[str]:
    match = MARK.search(line)
    return match[1].split() if match else ()


def _run(tool: str, *arguments: str) -> str:
    command = [sys.executable, "-m", tool, *arguments]
    done = subprocess.run(command, cwd=PROGRAMS, capture_output=True, text=True, check=False)
    if done.returncode not in {0, 1}:
        raise SystemExit(f"{tool}: {done.stdout}{done.stderr}")
    return done.stdout


def main() -> int:
    """Print every difference; return 1 if there is one."""
    parser = argparse.ArgumentParser(description="Checks the types that users see.")
    parser.add_argument(
        "--python", default=sys.executable, help="an interpreter that has do_images installed"
    )
    python: str = parser.parse_args().python
    with ThreadPoolExecutor() as pool:
        runs = [pool.submit(checker, python) for checker in (mypy, pyright)]
        found: Found = {}
        for run in runs:
            found |= run.result()
    wanted = set(marks())
    for finding in sorted(found.keys() - wanted):
        print(f"{finding}: not expected: {found[finding]}")
    for finding in sorted(wanted - found.keys()):
        print(f"{finding}: not reported")
    if found.keys() != wanted:
        return 1
    print(f"types as users see them: {len(wanted)} mistakes reported, nothing else")
    return 0


if __name__ == "__main__":
    sys.exit(main())

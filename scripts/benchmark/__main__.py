"""What the SDK costs, measured: `make bench`, or `python scripts/benchmark [--quick] [--json]`.

Ratios hold from machine to machine, absolute times don't: each contender runs in a process of its
own, all of them once a round, and the result is the median of the rounds.
"""

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from scripts.benchmark import report, rounds
from scripts.benchmark.ceiling import ceiling
from scripts.benchmark.connections import connections
from scripts.benchmark.contenders import CONTENDERS
from scripts.benchmark.probe import BARE
from scripts.benchmark.waiting import waiting

Rows = list[tuple[str, str, str]]

QUICK, FULL = 2, 7
QUICK_POLLS, POLLS = 3, 60


def contenders(count: int, names: list[str], results: dict[str, object]) -> list[str]:
    """Measure start-up, calls and lists of all contenders, as one table."""
    with rounds.serving() as base:
        limits = ceiling(base)
        found = rounds.run(names or [BARE, *CONTENDERS], count, base)
    results["contenders"] = report.as_json(found)
    results["server"] = _fields(limits)
    return [report.printed(report.table(found)), "", report.printed(limits)]


def waits(results: dict[str, object]) -> list[str]:
    """Measure the requests and the CPU time of waiting."""
    rows = waiting()
    results["waiting"] = _fields(rows)
    return [report.printed([("", "measured", "aim"), *rows])]


def kept_alive(polls: int, results: dict[str, object]) -> list[str]:
    """Measure the connections that polls take."""
    rows = connections(polls)
    results["connections"] = _fields(rows)
    return [report.printed([("", "measured", "aim"), *rows])]


def _fields(rows: Rows) -> list[dict[str, str]]:
    return [dict(zip(("what", "measured", "aim"), row, strict=True)) for row in rows]


def main() -> None:
    """Measure the subjects that are named, all of them if none is."""
    parser = argparse.ArgumentParser(prog="scripts/benchmark", description=__doc__)
    parser.add_argument(
        "subjects", nargs="*", metavar="SUBJECT", help="contenders, waiting, connections"
    )
    parser.add_argument("--json", action="store_true", help="print JSON in place of a table")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK} rounds, not {FULL}")
    parser.add_argument("--rounds", type=int, help="so many rounds")
    parser.add_argument("--only", action="append", default=[], help="one contender; repeatable")
    options = parser.parse_args()
    count = options.rounds or (QUICK if options.quick else FULL)
    results: dict[str, object] = {"machine": report.machine(), "rounds": count}
    subjects: dict[str, Callable[[], list[str]]] = {
        "contenders": lambda: contenders(count, options.only, results),
        "waiting": lambda: waits(results),
        "connections": lambda: kept_alive(QUICK_POLLS if options.quick else POLLS, results),
    }
    unknown = set(options.subjects) - set(subjects)
    if unknown:
        parser.error(f"no such subject: {', '.join(sorted(unknown))}")
    lines = [f"{results['machine']}, medians of {count} rounds"]
    for name in options.subjects or subjects:
        lines += ["", *subjects[name]()]
    print(json.dumps(results, indent=2) if options.json else "\n".join(lines))


if __name__ == "__main__":
    main()

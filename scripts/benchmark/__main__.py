"""What the SDK costs, measured: `make bench`, or `python scripts/benchmark [--json]`.

Ratios hold from machine to machine, absolute times don't: each is taken against a floor that runs
in the same process, in alternating rounds.
"""

import argparse
import json
import platform
import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from scripts.benchmark.calls import single_calls
from scripts.benchmark.waiting import waiting

SUBJECTS: dict[str, Callable[[], list[tuple[str, str, str]]]] = {
    "calls": single_calls,
    "waiting": waiting,
}


def main() -> None:
    """Measures the subjects that are asked for, all of them if none is."""
    parser = argparse.ArgumentParser(prog="scripts/benchmark", description=__doc__)
    parser.add_argument("subjects", nargs="*", metavar="SUBJECT", help=", ".join(SUBJECTS))
    parser.add_argument("--json", action="store_true", help="print JSON in place of a table")
    options = parser.parse_args()
    unknown = set(options.subjects) - set(SUBJECTS)
    if unknown:
        parser.error(f"no such subject: {', '.join(sorted(unknown))}")
    rows: list[tuple[str, str, str]] = []
    for name in options.subjects or SUBJECTS:
        rows += SUBJECTS[name]()
    machine = f"Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    if options.json:
        fields = ("what", "measured", "aim")
        print(json.dumps([dict(zip(fields, row, strict=True)) for row in rows], indent=2))
        return
    print(machine)
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)))


if __name__ == "__main__":
    main()

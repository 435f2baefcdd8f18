"""Writes the files that are generated: `python scripts/generate [--check]`.

    spec/images.yaml        ->  src/do_images/models.py, src/do_images/_endpoints.py
    src/do_images/_async/   ->  src/do_images/_sync/
    tests/_async/           ->  tests/_sync/

With `--check` nothing is written: whole texts are compared, and every difference is printed. A file
in a generated folder that has no source is reported, or removed. A rule that changes nothing any
more is an error either way.
"""

import argparse
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from scripts.generate import project
from scripts.generate.tools import Problem


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return 1 if anything is wrong."""
    parser = argparse.ArgumentParser(description="Generates models, endpoints and sync code.")
    parser.add_argument("--check", action="store_true", help="write nothing, report differences")
    parser.add_argument("--root", type=Path, default=Path(__file__).parents[2], help="the project")
    options = parser.parse_args(arguments)
    try:
        texts, problems = project.generate(options.root)
    except Problem as problem:
        print(problem, file=sys.stderr)
        return 1
    return finish(options.root, texts, problems, only_check=options.check)


def finish(
    root: Path, texts: Mapping[str, str], problems: Iterable[str], *, only_check: bool
) -> int:
    """Write or check all files, and print the result; return 1 if anything is wrong."""
    problems = [*problems, *(project.check(root, texts) if only_check else ())]
    if not only_check:
        print("\n".join(project.write(root, texts)) or "Everything was up to date.")
    for line in problems:
        print(line, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())

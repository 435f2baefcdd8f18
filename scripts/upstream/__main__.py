"""Prints every difference between our spec and the official one: `scripts/compare_upstream PATH`.

Differences that the reviewed list holds stand under its reasons; one that it does not hold is new,
and makes the exit code 1. Nothing is downloaded: PATH is what the user has.
"""

import argparse
import sys
from pathlib import Path

import yaml

from scripts.upstream.compare import Difference, differences, read_rules, report
from scripts.upstream.document import open_document
from scripts.upstream.facts import operations

SPEC = Path(__file__).resolve().parents[2] / "spec"


def main() -> int:
    """0 if all differences are meant, 1 if some are new, 2 if a document can't be read."""
    parser = argparse.ArgumentParser(prog="scripts/compare_upstream", description=__doc__)
    parser.add_argument(
        "path", type=Path, help="the official OpenAPI: a bundled file or a checkout"
    )
    parser.add_argument("--spec", type=Path, default=SPEC / "images.yaml", help="our document")
    parser.add_argument(
        "--deliberate", type=Path, default=SPEC / "deliberate.yaml", help="the reviewed list"
    )
    options = parser.parse_args()
    try:
        found = _compare(options.spec, options.path)
    except (OSError, ValueError, TypeError, LookupError, yaml.YAMLError) as error:
        print(f"can't compare: {error}", file=sys.stderr)
        return 2
    return report(found, read_rules(options.deliberate))


def _compare(spec: Path, path: Path) -> list[Difference]:
    ours, upstream = (operations(open_document(place)) for place in (spec, path))
    return list(dict.fromkeys(differences(ours, upstream)))


if __name__ == "__main__":
    sys.exit(main())

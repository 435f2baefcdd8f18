"""Prints every difference between our spec and the official one: `scripts/compare_upstream PATH`.

Differences that the reviewed list holds stand under its reasons; one that it does not hold is new,
and makes the exit code 1. Nothing is downloaded: PATH is what the user has.
"""

import argparse
import sys
from pathlib import Path

import yaml

from scripts.upstream.compare import Difference, differences, read_rules
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
    return _report(found, options.deliberate)


def _compare(spec: Path, path: Path) -> list[Difference]:
    ours, upstream = (operations(open_document(place)) for place in (spec, path))
    return list(dict.fromkeys(differences(ours, upstream)))


def _report(found: list[Difference], deliberate: Path) -> int:
    left = found
    for rule in read_rules(deliberate):
        meant = [difference for difference in left if rule.matches(difference)]
        left = [difference for difference in left if difference not in meant]
        print(f"deliberate: {rule.reason}" if meant else f"no longer there: {rule.reason}")
        _show(meant)
    if left:
        print("new:")
        _show(left)
    print(f"{len(found)} differences, {len(found) - len(left)} deliberate, {len(left)} new")
    return 1 if left else 0


def _show(some: list[Difference]) -> None:
    for difference in some:
        print(f"  {difference}")


if __name__ == "__main__":
    sys.exit(main())

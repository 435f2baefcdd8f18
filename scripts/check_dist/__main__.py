"""Checks the sdist and the wheel in a folder: `python scripts/check_dist dist`.

Their contents and metadata, the changelog, whether they install and work in empty environments of
every interpreter at hand, and what type checkers say of them when they are installed.
"""

import argparse
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parents[2]))

from scripts import changelog, interpreters
from scripts.check_dist import archives, installs

ROOT = interpreters.ROOT


def main() -> int:
    """Print what is wrong; return 1 if anything is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args().folder.resolve()
    version = (ROOT / "src/do_images/_version.py").read_text("utf-8").split('"')[-2]
    stem = folder / f"do_images-{version}"
    wheel, sdist = Path(f"{stem}-py3-none-any.whl"), Path(f"{stem}.tar.gz")
    if {*folder.iterdir()} != {wheel, sdist}:
        print(f"{folder} should hold {wheel.name} and {sdist.name}, nothing else")
        return 1
    found = [*_contents(wheel, sdist, version), *_installed(wheel, sdist)]
    print(*found or [f"{wheel.name} and {sdist.name} are good"], sep="\n")
    return 1 if found else 0


def _contents(wheel: Path, sdist: Path, version: str) -> list[str]:
    of_wheel = archives.of_wheel(archives.wheel_files(wheel), version, ROOT / "src")
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    of_sdist = archives.of_sdist(archives.sdist_files(sdist), version, tracked)
    announced = changelog.faults((ROOT / "CHANGELOG.md").read_text("utf-8"), version)
    return [
        *(f"{wheel.name}: {fault}" for fault in of_wheel),
        *(f"{sdist.name}: {fault}" for fault in of_sdist),
        *(f"CHANGELOG.md: {fault}" for fault in announced),
    ]


def _installed(wheel: Path, sdist: Path) -> list[str]:
    found: list[str] = []
    pythons = interpreters.at_hand()
    known = [version for version, python in pythons.items() if python]
    for version, python in pythons.items():
        if python is None:
            print(f"Python {version}: skipped, it is not at hand")
            continue
        found += _tried(version, python, wheel, types=version in {known[0], known[-1]})
        found += _tried(version, python, sdist, types=False)
    return found


def _tried(version: str, python: str, archive: Path, *, types: bool) -> list[str]:
    with TemporaryDirectory() as folder:
        try:
            inside = installs.install(python, archive, Path(folder) / "venv")
            if types:
                installs.types(sys.executable, inside, Path(folder))
        except installs.Failure as failure:
            return [f"Python {version}, {archive.name}: {failure}"]
    good = "installs and works, its types are complete" if types else "installs and works"
    print(f"Python {version}: {archive.name} {good}", flush=True)
    return []


if __name__ == "__main__":
    sys.exit(main())

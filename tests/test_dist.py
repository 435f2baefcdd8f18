"""`make build` checks what it has built, and finds each fault of an archive."""

import io
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from scripts import interpreters, lowest
from scripts.check_dist import archives, installs

pytestmark = pytest.mark.usefixtures("untraced")

METADATA = b"""\
Metadata-Version: 2.4
Name: do-images
Version: 1.2.3
Summary: A typed SDK.
License-Expression: MIT
License-File: LICENSE
Classifier: Typing :: Typed
Requires-Python: >=3.11
Description-Content-Type: text/markdown

# do-images
"""
INFO = "do_images-1.2.3.dist-info"
Files = dict[str, bytes]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A `src/` with a package in it, and what running it leaves behind."""
    package = tmp_path / "src" / "do_images"
    (package / "__pycache__").mkdir(parents=True)
    for name in ("__init__.py", "py.typed", "__pycache__/__init__.cpython-311.pyc"):
        (package / name).write_text("")
    return tmp_path / "src"


def wheel() -> Files:
    names = ("METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE")
    files = {f"{INFO}/{name}": b"" for name in names}
    return files | {
        f"{INFO}/METADATA": METADATA,
        "do_images/__init__.py": b"",
        "do_images/py.typed": b"",
        "do_images_pytest/py.typed": b"",
    }


def test_a_good_wheel_has_no_fault(source: Path) -> None:
    assert archives.of_wheel(wheel(), "1.2.3", source) == []


STRAY = "which does not belong there"
CHANGES: list[tuple[Callable[[Files], object], str]] = [
    (lambda files: files.pop("do_images/py.typed"), "lacks do_images/py.typed"),
    (lambda files: files.pop("do_images_pytest/py.typed"), "lacks do_images_pytest/py.typed"),
    (lambda files: files.pop("do_images/__init__.py"), "lacks do_images/__init__.py"),
    (lambda files: files.update({"tests/a.py": b""}), f"holds tests/a.py, {STRAY}"),
    (lambda files: files.update({"do_images/.env": b""}), f"holds do_images/.env, {STRAY}"),
]


@pytest.mark.parametrize(("change", "fault"), CHANGES)
def test_a_fault_of_a_wheel_is_found(
    source: Path, change: Callable[[Files], object], fault: str
) -> None:
    files = wheel()
    change(files)
    assert fault in archives.of_wheel(files, "1.2.3", source)


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (b"Name: do-images", b"Name: do-image", "metadata: invalid name"),
        (b"1.2.3", b"1.2.4", "metadata: invalid version"),
        (b"text/markdown", b"text/plain", "metadata: invalid a description in Markdown"),
        (b"MIT", b"ISC", "metadata: invalid an SPDX licence and its file"),
        (b"Classifier: Typing :: Typed\n", b"", "metadata: invalid Typing :: Typed"),
        (b"Version: 1.2.3", b"Version: one", "'one' is invalid for 'version'"),
        (b"MIT", b"do what you like", "is invalid for 'license-expression'"),
    ],
)
def test_a_fault_of_metadata_is_found(old: bytes, new: bytes, fault: str) -> None:
    assert archives.of_metadata(METADATA, "1.2.3") == []
    (found,) = archives.of_metadata(METADATA.replace(old, new), "1.2.3")
    assert fault in found


def test_an_sdist_holds_what_git_tracks() -> None:
    tracked = ["pyproject.toml", "docs/index.md", ".ci/run"]
    files = {"PKG-INFO": METADATA, "pyproject.toml": b"", "docs/index.md": b""}
    assert archives.of_sdist(files, "1.2.3", tracked) == []
    del files["docs/index.md"]
    assert archives.of_sdist({**files, ".ci/run": b""}, "1.2.3", tracked) == [
        "lacks docs/index.md",
        "holds .ci/run, which does not belong there",
    ]


def test_reads_archives(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.whl", "w") as packed:
        packed.writestr("do_images/py.typed", "x")
    assert archives.wheel_files(tmp_path / "a.whl") == {"do_images/py.typed": b"x"}
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as archive:
        entry = tarfile.TarInfo("do_images-1.2.3/docs/index.md")
        entry.size = 1
        archive.addfile(entry, io.BytesIO(b"x"))
        folder = tarfile.TarInfo("do_images-1.2.3/docs")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
    assert archives.sdist_files(tmp_path / "a.tar.gz") == {"docs/index.md": b"x"}


def test_finds_the_interpreter_that_runs_this() -> None:
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    found = interpreters.at_hand()
    assert list(found) == interpreters.supported()
    assert found[version] == sys.executable


def test_a_command_that_fails_tells_what_it_printed(tmp_path: Path) -> None:
    code = "import sys; print('so'); print('it is', file=sys.stderr); sys.exit(3)"
    with pytest.raises(installs.Failure, match=r"so\nit is\n"):
        installs.run([sys.executable, "-c", code], tmp_path)
    installs.run([sys.executable, "-c", ""], tmp_path, tmp_path)


def test_the_program_that_is_run_where_it_is_installed_passes_nowhere_else() -> None:
    # Here the package comes from `src/`, outside of the environment.
    command = [sys.executable, "-c", installs.PROGRAM]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "AssertionError" in done.stderr


def test_the_lowest_versions_take_the_place_of_the_pins() -> None:
    requirements = ["httpx>=0.25.1,<1", "pydantic>=2.12,<3"]
    pinned = (
        "# Pins.\nh11==0.16.0\nhttpx==0.28.1\npydantic==2.14.4\npydantic_core==2.50.5\nruff==1.0\n"
    )
    assert lowest.constraints(pinned, requirements) == (
        "# Pins.\nruff==1.0\nhttpx==0.25.1\npydantic==2.12\n"
    )
    assert lowest.lows(["httpx", "tenacity==9"]) == []

"""`make api` sees what breaks programs, and CHANGELOG.md has to announce it."""

import ast
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import do_images
from do_images import testing
from scripts import changelog, check_api

pytestmark = pytest.mark.usefixtures("untraced")

ROOT = Path(__file__).resolve().parent.parent

OLD = """
class Images:
    def transfer(self, id: int, region: str, wait: bool = False, *, on_poll: object = None) -> Action: ...

class AsyncImages:
    async def transfer(self, id: int, region: str, wait: bool = False, *, on_poll: object = None) -> Action: ...

class Image(Model):
    id: int
    slug: str | None

class NotFoundError(APIStatusError):
    ...
"""


def test_what_is_the_same_breaks_nothing() -> None:
    assert check_api.breaks(OLD, OLD) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("    slug: str | None", "    slug: str | None\n    size: int"),
        ("on_poll: object = None)", "on_poll: object = None, log: object = None)"),
        ("class Image(Model)", "class Extra:\n    ...\n\nclass Image(Model)"),
    ],
)
def test_what_is_added_breaks_nothing(old: str, new: str) -> None:
    assert OLD.replace(old, new) != OLD
    assert check_api.breaks(OLD, OLD.replace(old, new)) == []


@pytest.mark.parametrize(
    ("old", "new", "name", "text"),
    [
        ("    slug: str | None\n", "", "Image.slug", "Image.slug: Public object was removed"),
        (
            "slug: str | None",
            "slug: str",
            "Image.slug",
            "Image.slug: its type was str | None, is str",
        ),
        ("class NotFoundError(", "class Other(", "NotFoundError", "Public object was removed"),
        (
            "NotFoundError(APIStatusError)",
            "NotFoundError",
            "NotFoundError",
            "Base class was removed",
        ),
        ("def transfer(", "def copy(", "do.image.transfer", "Public object was removed"),
        ("region: str, ", "", "do.image.transfer", "(region): Parameter was removed"),
        (
            "id: int, region: str",
            "region: str, id: int",
            "do.image.transfer",
            "Positional parameter",
        ),
        ("region: str, wait", "region: int, wait", "do.image.transfer", "region was str, is int"),
        ("wait: bool = False, *", "*, wait: bool = False", "do.image.transfer", "kind was changed"),
        ("wait: bool = False", "wait: bool = True", "do.image.transfer", "False -> True"),
        ("wait: bool = False", "wait: bool", "do.image.transfer", "now required"),
        (
            ", *, on",
            ", *, by: int, on",
            "do.image.transfer",
            "(by): Parameter was added as required",
        ),
        ("-> Action", "-> Image", "do.image.transfer", "the result was Action, is Image"),
        ("async def", "def", "do.image.transfer", "awaiting it was True, is False"),
    ],
)
def test_a_change_that_breaks_programs_is_found(old: str, new: str, name: str, text: str) -> None:
    found = check_api.breaks(OLD, OLD.replace(old, new))
    assert {it.name for it in found} == {name}
    assert any(text in it.text for it in found), found


Run = Callable[..., tuple[int, str]]


@pytest.fixture(scope="module")
def api() -> str:
    return check_api.render(ROOT / "src")


@pytest.fixture
def run(
    api: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """Runs the check over a copy of the sources where `destroy` has become `delete`."""
    source = tmp_path / "src"
    shutil.copytree(ROOT / "src", source)
    for side in ("_async", "_sync"):
        file = source / "do_images" / side / "images.py"
        file.write_text(file.read_text().replace("def destroy(", "def delete("))
    version = source / "do_images" / "_version.py"
    version.write_text('__version__ = "1.5.0"\n')
    (tmp_path / "old.pyi").write_text(check_api.HEADER.format(version="1.4.0") + api)

    def command(text: str, *arguments: str) -> tuple[int, str]:
        (tmp_path / "CHANGELOG.md").write_text(text)
        paths = ("source=src", "snapshot=old.pyi", "changelog=CHANGELOG.md")
        options = [
            f"--{name}={tmp_path / file}" for name, _, file in (it.partition("=") for it in paths)
        ]
        monkeypatch.setattr(sys, "argv", ["check_api", *options, *arguments])
        return check_api.main(), capsys.readouterr().out

    return command


BREAKING = "- **Breaking**: `do.image.destroy` is called\n  `delete` now.\n"
ADDED = "- `do.image.destroy` is quicker.\n"
RELEASED = f"\n## [1.4.0] - 2026-05-04\n\n### Changed\n\n{BREAKING}"


def test_a_break_has_to_be_announced(run: Run) -> None:
    code, out = run(f"## [Unreleased]\n\n{ADDED}{RELEASED}")
    assert code == 1
    assert "not announced: do.image.destroy: Public object was removed" in out
    assert out.endswith("API since 1.4.0: 1 breaking changes, 1 not announced\n")
    code, out = run(f"## [Unreleased]\n\n{ADDED}{BREAKING}{RELEASED}")
    assert code == 0
    assert out.startswith("announced: do.image.destroy: ")


def test_a_release_writes_the_snapshot_anew(run: Run, tmp_path: Path) -> None:
    assert run("", "--write") == (0, "")
    snapshot = (tmp_path / "old.pyi").read_text()
    assert " of do-images 1.5.0, " in snapshot.partition("\n")[0]
    assert "def delete(" in snapshot
    assert run("") == (0, "API since 1.5.0: 0 breaking changes, 0 not announced\n")


def test_all_that_is_exported_is_compared(api: str) -> None:
    names = {
        getattr(node, "name", None) or ast.unparse(getattr(node, "target"))  # noqa: B009 - no type
        for node in ast.parse(api).body
    }
    assert {*do_images.__all__, *testing.__all__, "Images", "AsyncActions", "RegionSlug"} <= names


def test_the_snapshot_is_one() -> None:
    snapshot = check_api.SNAPSHOT.read_text("utf-8")
    assert snapshot.startswith(check_api.HEADER.partition("{")[0])
    assert ast.parse(snapshot).body


def test_the_changelog_fits_the_version() -> None:
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    assert changelog.faults(text, do_images.__version__) == []


GOOD = "## [Unreleased]\n\n- New.\n\n## [1.1.0] - 2026-02-01\n\n- B.\n\n## [1.0.0] - 2026-01-01\n\n- A.\n"


@pytest.mark.parametrize(
    ("text", "version", "fault"),
    [
        (GOOD, "1.1.0", None),
        (GOOD, "1.2.0", None),
        (GOOD.partition("## [1.1")[1] + GOOD.partition("## [1.1")[2], "1.1.0", None),
        ("# Changelog\n", "1.0", "there is no section at all"),
        (GOOD, "1.0.0", "has 1.1.0, but the package is only 1.0.0"),
        ("## [1.1.0] - 2026-02-01\n\n- B.\n", "1.2.0", "has no section for 1.2.0"),
        (
            "## 1.0.0\n\n- A.\n" + GOOD,
            "1.1.0",
            "'## 1.0.0' is not a heading like '## [1.0.0] - 2026-01-31'",
        ),
        (GOOD.replace(" - 2026-02-01", ""), "1.1.0", "1.1.0 has no date like 2026-01-31"),
        (GOOD.replace("- New.\n", ""), "1.1.0", "Unreleased is empty"),
        (GOOD.replace("1.0.0", "1.2.0"), "1.2.0", "versions are not in descending order"),
    ],
)
def test_a_fault_of_the_changelog_is_found(text: str, version: str, fault: str | None) -> None:
    assert changelog.faults(text, version)[:1] == ([fault] if fault else [])


def test_only_what_came_after_a_version_announces() -> None:
    text = f"## [Unreleased]\n\n- **Breaking**: `Image.slug` is gone.\n{RELEASED}"
    assert changelog.announced(text, "1.4.0") == {"Image.slug"}
    assert changelog.announced(text, "1.3.0") == {"Image.slug", "do.image.destroy", "delete"}

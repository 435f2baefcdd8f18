"""All generated files of a project: their texts, how they differ, and how they are written."""

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from scripts.generate.endpoints import endpoints
from scripts.generate.models import MODEL_RULES, models
from scripts.generate.rules import Rewriter
from scripts.generate.sync import SYNC_RULES, left_overs, to_sync
from scripts.generate.tools import headed, put, tool

__all__ = ["ENDPOINTS", "MODELS", "SPEC", "check", "generate", "write"]

SPEC = "spec/images.yaml"
MODELS = "src/do_images/models.py"
ENDPOINTS = "src/do_images/_endpoints.py"
SYNC_OF = {"src/do_images/_async": "src/do_images/_sync", "tests/_async": "tests/_sync"}

FIXES = (
    "--fix-only",
    "--select=I,F401,RUF022",
    # Modules that are not written yet are ours, too.
    "--config=lint.isort.known-first-party=['do_images']",
)


def _finished(root: Path, texts: Mapping[str, str]) -> dict[str, str]:
    """Return the texts formatted, with only the imports that they need."""
    with TemporaryDirectory() as scratch:
        for path, text in texts.items():
            put(Path(scratch, path), text)
        where = ("--quiet", "--no-cache", "--config=pyproject.toml", scratch)
        tool(root, "ruff", "check", *FIXES, *where)
        tool(root, "ruff", "format", *where)
        return {path: Path(scratch, path).read_text("utf-8") for path in texts}


def generate(root: Path) -> tuple[dict[str, str], list[str]]:
    """Return the texts of all generated files by their paths, and what is wrong with the rules."""
    rewriter = Rewriter()
    # The quick one first: it finds mistakes in the spec.
    drafts = {ENDPOINTS: headed(SPEC, endpoints(root, SPEC))}
    drafts[MODELS] = headed(SPEC, models(root, SPEC, rewriter))
    for written, generated in SYNC_OF.items():
        for file in sorted((root / written).rglob("*.py")):
            name = file.relative_to(root / written).as_posix()
            text = to_sync(file.read_text("utf-8"), rewriter)
            drafts[f"{generated}/{name}"] = headed(f"{written}/{name}", text)
    texts = _finished(root, drafts)
    copies = (path for path in texts if path not in {MODELS, ENDPOINTS})
    problems = [problem for path in copies for problem in left_overs(path, texts[path])]
    problems += rewriter.unused([*MODEL_RULES, *SYNC_RULES])
    return texts, problems


def _orphans(root: Path, texts: Mapping[str, str]) -> list[str]:
    """Return the paths of files in generated folders that nothing generates."""
    files = (file for folder in SYNC_OF.values() for file in sorted((root / folder).rglob("*")))
    paths = (file.relative_to(root).as_posix() for file in files if file.is_file())
    return [path for path in paths if path not in texts and "__pycache__" not in path]


def check(root: Path, texts: Mapping[str, str]) -> list[str]:
    """Return how the files differ from what they should be."""
    differences = [f"{path}: nothing generates it" for path in _orphans(root, texts)]
    for path, text in texts.items():
        if not (root / path).is_file():
            differences.append(f"{path}: missing")
        elif (line := _first_difference((root / path).read_text("utf-8"), text)) is not None:
            differences.append(f"{path}:{line}: differs from what its source generates")
    return differences


def _first_difference(one: str, other: str) -> int | None:
    """Return the number of the first line in which two texts differ, None if there is none."""
    if one == other:
        return None
    pairs = zip(one.splitlines(), other.splitlines(), strict=False)
    equal = [left == right for left, right in pairs]
    return equal.index(False) + 1 if False in equal else len(equal) + 1


def write(root: Path, texts: Mapping[str, str]) -> list[str]:
    """Write what differs, remove what nothing generates, and return a line about each."""
    changes: list[str] = []
    for path in _orphans(root, texts):
        (root / path).unlink()
        changes.append(f"removed {path}")
    for path, text in texts.items():
        file = root / path
        if not file.is_file() or file.read_text("utf-8") != text:
            put(file, text)
            changes.append(f"wrote {path}")
    return changes

"""Finds what is wrong with a wheel or an sdist."""

import tarfile
import zipfile
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from packaging.metadata import Metadata

__all__ = ["of_metadata", "of_sdist", "of_wheel", "sdist_files", "wheel_files"]

NAME = "do-images"
STEM = "do_images"
TYPED = ("do_images/py.typed", "do_images_pytest/py.typed")


def wheel_files(wheel: Path) -> dict[str, bytes]:
    """All files by path."""
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def sdist_files(sdist: Path) -> dict[str, bytes]:
    """All files by path, without the folder that holds them all."""
    files: dict[str, bytes] = {}
    with tarfile.open(sdist) as archive:
        for member in archive:
            content = archive.extractfile(member)
            if content:
                _, _, name = member.name.partition("/")
                files[name] = content.read()
    return files


def of_wheel(files: dict[str, bytes], version: str, source: Path) -> list[str]:
    """Check for the package as in `src/`, metadata, and nothing else."""
    info = f"{STEM}-{version}.dist-info"
    wanted = {
        path.relative_to(source).as_posix()
        for path in source.rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    wanted |= {f"{info}/{name}" for name in ("METADATA", "RECORD", "WHEEL", "entry_points.txt")}
    wanted |= {f"{info}/licenses/LICENSE", *TYPED}
    return [
        *_differences(wanted, files),
        *of_metadata(files.get(f"{info}/METADATA", b""), version),
    ]


def of_sdist(files: dict[str, bytes], version: str, tracked: Iterable[str]) -> list[str]:
    """Check for all that git tracks, except the folder of CI, and metadata."""
    wanted = {name for name in tracked if not name.startswith(".ci/")} | {"PKG-INFO"}
    return [*_differences(wanted, files), *of_metadata(files.get("PKG-INFO", b""), version)]


def _differences(wanted: set[str], files: Iterable[str]) -> list[str]:
    held = {str(PurePosixPath(name)) for name in files}
    return [
        *(f"lacks {name}" for name in sorted(wanted - held)),
        *(f"holds {name}, which does not belong there" for name in sorted(held - wanted)),
    ]


def of_metadata(text: bytes, version: str) -> list[str]:
    """Check for what an index would refuse, or a user would miss."""
    try:
        metadata = Metadata.from_email(text)
    except ExceptionGroup as group:
        return [f"metadata: {error}" for error in group.exceptions]
    facts = {
        "name": metadata.name == NAME,
        "version": str(metadata.version) == version,
        "summary": bool(metadata.summary),
        "a description in Markdown": metadata.description_content_type == "text/markdown"
        and bool(metadata.description),
        "Python versions": metadata.requires_python is not None,
        "an SPDX licence and its file": metadata.license_expression == "MIT"
        and metadata.license_files == ["LICENSE"],
        "Typing :: Typed": "Typing :: Typed" in (metadata.classifiers or []),
    }
    return [f"metadata: invalid {name}" for name, good in facts.items() if not good]

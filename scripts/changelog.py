"""Reads CHANGELOG.md: its versions, and the breaking changes that it announces."""

import re
from typing import NamedTuple

from packaging.version import Version

__all__ = ["Section", "announced", "faults", "sections"]

HEADING = re.compile(r"(?m)^## \[(?P<name>[^]]+)\](?: - (?P<date>\S+))?$")
DATE = re.compile(r"\d{4}-\d\d-\d\d")


class Section(NamedTuple):
    """What changed in one version."""

    version: Version | None
    """None if it is not released yet."""
    date: str | None
    entries: list[str]


def sections(text: str) -> list[Section]:
    """Return all sections, the newest first."""
    headings = list(HEADING.finditer(text))
    ends = [heading.start() for heading in headings[1:]] + [len(text)]
    return [
        Section(
            None if heading["name"] == "Unreleased" else Version(heading["name"]),
            heading["date"],
            re.findall(r"(?ms)^- (.+?)(?=^- |^#|^\[|^$|\Z)", text[heading.end() : end]),
        )
        for heading, end in zip(headings, ends, strict=False)
    ]


def faults(text: str, version: str) -> list[str]:
    """Return what is wrong with the changelog of a package of this version."""
    found = sections(text)
    released = [section for section in found if section.version]
    versions = [section.version for section in released if section.version]
    return [
        *(["there is no section at all"] if not found else []),
        *(
            f"{line!r} is not a heading like '## [1.0.0] - 2026-01-31'"
            for line in re.findall(r"(?m)^## .*$", text)
            if not HEADING.fullmatch(line)
        ),
        *(
            f"{section.version} has no date like 2026-01-31"
            for section in released
            if not DATE.fullmatch(section.date or "")
        ),
        *(
            ["versions are not in descending order"]
            if versions != sorted({*versions}, reverse=True)
            else []
        ),
        *(
            f"{section.version or 'Unreleased'} is empty"
            for section in found
            if not section.entries
        ),
        *_of_version(found, versions, Version(version)),
    ]


def _of_version(found: list[Section], versions: list[Version], version: Version) -> list[str]:
    if versions and versions[0] > version:
        return [f"has {versions[0]}, but the package is only {version}"]
    if version not in versions and all(section.version for section in found):
        return [f"has no section for {version}"]
    return []


def announced(text: str, since: str) -> set[str]:
    """Return the names in back quotes of all breaking changes announced after a version."""
    names = set[str]()
    for section in sections(text):
        if section.version and section.version <= Version(since):
            break
        for entry in section.entries:
            if entry.startswith("**Breaking**"):
                names.update(re.findall(r"`([\w.]+)`", entry))
    return names

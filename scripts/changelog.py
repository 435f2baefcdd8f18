"""Reads CHANGELOG.md: which versions it tells of, and which breaks it announces."""

import re
from typing import NamedTuple

from packaging.version import Version

__all__ = ["Section", "announced", "faults", "sections"]

HEADING = re.compile(r"(?m)^## \[(?P<name>[^]]+)\](?: - (?P<date>\S+))?$")
DATE = re.compile(r"\d{4}-\d\d-\d\d")


class Section(NamedTuple):
    """What changed in one version."""

    version: Version | None
    """None where it is not released yet."""
    date: str | None
    entries: list[str]


def sections(text: str) -> list[Section]:
    """All sections, the newest first."""
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
    """What is wrong with the changelog of a package of this version."""
    told = sections(text)
    released = [section for section in told if section.version]
    versions = [section.version for section in released if section.version]
    return [
        *(["there is no section at all"] if not told else []),
        *(
            f"{line!r} is no heading like '## [1.0.0] - 2026-01-31'"
            for line in re.findall(r"(?m)^## .*$", text)
            if not HEADING.fullmatch(line)
        ),
        *(
            f"{section.version} has no date like 2026-01-31"
            for section in released
            if not DATE.fullmatch(section.date or "")
        ),
        *(["versions do not go down"] if versions != sorted({*versions}, reverse=True) else []),
        *(f"{section.version or 'Unreleased'} is empty" for section in told if not section.entries),
        *_of_version(told, versions, Version(version)),
    ]


def _of_version(told: list[Section], versions: list[Version], version: Version) -> list[str]:
    if versions and versions[0] > version:
        return [f"tells of {versions[0]}, the package is only {version}"]
    if version not in versions and all(section.version for section in told):
        return [f"tells nothing of {version}"]
    return []


def announced(text: str, since: str) -> set[str]:
    """The names in back quotes of all breaks that were announced after a version."""
    names = set[str]()
    for section in sections(text):
        if section.version and section.version <= Version(since):
            break
        for entry in section.entries:
            if entry.startswith("**Breaking**"):
                names.update(re.findall(r"`([\w.]+)`", entry))
    return names

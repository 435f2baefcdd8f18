"""Reads an OpenAPI document, bundled or in many files, with its references followed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote

import yaml

__all__ = ["Node", "Place", "open_document"]

Node = Mapping[str, Any]

# Where a checkout of the official description begins.
ROOT = "specification/DigitalOcean-public.v2.yaml"


@dataclass
class File:
    """One file of a document; all of them share what has been read."""

    path: Path
    read: dict[Path, Any] = field(default_factory=dict[Path, Any])

    def find(self, reference: str) -> "tuple[File, Any]":
        """The file that a reference leads to, and what it points at there."""
        name, _, pointer = unquote(reference).partition("#")
        if "://" in name:
            raise ValueError(f"{reference} is elsewhere, and nothing is downloaded")
        file = File((self.path.parent / name).resolve(), self.read) if name else self
        node = file.contents()
        for key in pointer.split("/")[1:]:
            key = key.replace("~1", "/").replace("~0", "~")  # noqa: PLW2901 - as JSON Pointer has it
            node = node[int(key) if isinstance(node, Sequence) else key]
        return file, node

    def contents(self) -> Any:
        """The whole file, which is read once."""
        if self.path not in self.read:
            self.read[self.path] = yaml.safe_load(self.path.read_text("utf-8"))
        return self.read[self.path]


class Place(NamedTuple):
    """A mapping of the document, and how to find what it refers to."""

    node: Node
    file: File
    trail: frozenset[int] = frozenset()
    """The mappings that were walked through on the way here, so that a circle ends."""

    def at(self, key: str) -> "Place | None":
        """What stands behind a key, None where that is no mapping."""
        node: Node | str | None = self.node.get(key)
        return self.follow(node) if isinstance(node, Mapping) else None

    def each(self, key: str) -> Iterator["Place"]:
        """The mappings of a list."""
        return (self.follow(node) for node in self.node.get(key) or ())

    def items(self, key: str) -> Iterator[tuple[str, "Place"]]:
        """The names and mappings of a mapping."""
        below = self.at(key)
        if below:
            for name, node in below.node.items():
                # YAML reads an unquoted 200 as a number.
                yield str(name), below.follow(node or {})

    def follow(self, node: Node) -> "Place":
        """The node with its reference, if it is one, followed to the end."""
        file, trail = self.file, self.trail
        while "$ref" in node:
            # What stands beside a reference holds too.
            beside = {key: value for key, value in node.items() if key != "$ref"}
            file, found = file.find(node["$ref"])
            if id(found) in trail:
                return Place({}, file, trail)
            trail |= {id(found)}
            node = {**found, **beside}
        return Place(node, file, trail)


def open_document(path: Path) -> Place:
    """The root of the document: a file, or a checkout of the official repository."""
    file = File((path / ROOT if path.is_dir() else path).resolve())
    contents: Node | None = file.contents()
    if not contents or "paths" not in contents:
        raise ValueError(f"{path} is no OpenAPI document")
    return Place(contents, file)

"""What a shell offers for the word that is being typed."""

import os
from collections.abc import Iterable
from typing import get_args

import typer

__all__ = [
    "VARIABLE",
    "columns",
    "distributions",
    "image_types",
    "own_image_types",
    "regions",
    "regions_to_copy_to",
    "register_shells",
    "statuses",
]

VARIABLE = "_DO_IMAGES_COMPLETE"
"""The environment variable by which a shell asks the command for completions."""


def _known(alias: str) -> list[str]:
    """Return the known values of one of the models' open enumerations."""
    from do_images import models  # noqa: PLC0415 - only completion needs it

    literal, _ = get_args(getattr(models, alias))
    return [*get_args(literal)]


def _listed(values: Iterable[str], incomplete: str) -> list[str]:
    """Complete the last word of a list with commas."""
    before, comma, _ = incomplete.rpartition(",")
    chosen = before.split(",")
    return [f"{before}{comma}{value}" for value in values if value not in chosen]


def regions(incomplete: str) -> list[str]:
    """Return the regions that are known."""
    return _listed(_known("RegionSlug"), incomplete)


def regions_to_copy_to(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the regions that are known, unless the image is still to be named."""
    named = ctx.params.get("words") or ctx.params.get("name")
    return regions(incomplete) if named else []


def distributions() -> list[str]:
    """Return the distributions that are known."""
    names = _known("Distribution")
    if os.environ.get(VARIABLE) == "complete_bash":  # it inserts a word as it is
        return [name.replace(" ", "\\ ") for name in names]
    return names


def image_types() -> list[str]:
    """Return the types of images, and the kinds of public ones."""
    return [*_known("ImageType"), *_known("ImageKind")]


def own_image_types() -> list[str]:
    """Return the types of images that an account can have."""
    return ["snapshot", "backup", "custom"]


def statuses() -> list[str]:
    """Return the statuses of images."""
    return _known("ImageStatus")


def columns(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the columns of the command."""
    fields: tuple[str, ...] = getattr(ctx.command, "fields", ())
    return _listed(fields, incomplete)


def register_shells() -> None:
    """Prepare completion: typer does so only for programs with its option for that."""
    from typer.completion import get_completion_inspect_parameters  # noqa: PLC0415 - seldom needed

    get_completion_inspect_parameters()

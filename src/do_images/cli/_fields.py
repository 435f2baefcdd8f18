"""What is shown of images and actions: the names of the fields are part of the interface."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeAlias

from do_images.cli._options import UsageError

if TYPE_CHECKING:
    from do_images import Action, Image

__all__ = [
    "ACTION_FIELDS",
    "ACTION_TABLE",
    "HISTORY_TABLE",
    "IMAGE_FIELDS",
    "IMAGE_TABLE",
    "LABELS",
    "Row",
    "action_row",
    "chosen",
    "image_row",
    "region_of",
    "seconds_of",
]

Row: TypeAlias = Mapping[str, object]

IMAGE_FIELDS = (
    *("id", "name", "slug", "type", "distribution", "status", "public", "regions"),
    *("min_disk_size", "size_gigabytes", "created_at", "description", "tags", "error_message"),
)
ACTION_FIELDS = (
    *("id", "type", "resource_id", "resource_type", "region", "status"),
    *("started_at", "completed_at", "seconds"),
)
# What a table shows unless --columns is given; the last are left out first in a narrow terminal.
IMAGE_TABLE = ("id", "name", "type", "regions", "size_gigabytes", "created_at", "status")
ACTION_TABLE = ("id", "type", "region", "status", "seconds", "resource_id")
HISTORY_TABLE = ("id", "type", "region", "status", "started_at", "seconds")
# Shorter names, which tables have and --columns accepts as well.
LABELS = {
    "size_gigabytes": "size",
    "created_at": "created",
    "started_at": "started",
    "completed_at": "completed",
}
_BY_LABEL = {label: name for name, label in LABELS.items()}


def image_row(image: "Image") -> Row:
    """Return the fields of an image."""
    return {name: getattr(image, name) for name in IMAGE_FIELDS}


def action_row(action: "Action") -> Row:
    """Return the fields of an action: its region as a slug, and the seconds that it took."""
    row: dict[str, object] = {name: getattr(action, name, None) for name in ACTION_FIELDS}
    return {**row, "region": region_of(action), "seconds": seconds_of(action)}


def region_of(action: "Action") -> str | None:
    """Return the slug of an action's region, wherever the record has it."""
    if action.region_slug:
        return action.region_slug
    region = action.region
    return region if region is None or isinstance(region, str) else region.slug


def seconds_of(action: "Action") -> int | None:
    """Return how long an action took by DigitalOcean's clock, once it has ended."""
    if action.started_at and action.completed_at and action.status != "in-progress":
        return int((action.completed_at - action.started_at).total_seconds())
    return None


def chosen(columns: str | None, known: tuple[str, ...], usual: tuple[str, ...]) -> tuple[str, ...]:
    """Return the fields that `--columns` names, else the usual ones."""
    if columns is None:
        return usual
    words = [word.strip().lower() for word in columns.split(",") if word.strip()]
    names = [_BY_LABEL.get(word, word) for word in words]
    unknown = [word for word, name in zip(words, names, strict=True) if name not in known]
    if unknown or not names:
        problem = f"There is no column {unknown[0]!r}" if unknown else "--columns names no column"
        raise UsageError(f"{problem}; the columns are {', '.join(known)}.")
    return tuple(names)

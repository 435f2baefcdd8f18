"""What is shown of images and actions: the names of the fields are part of the interface."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from do_images import Action, Image

__all__ = [
    "ACTION_FIELDS",
    "ACTION_TABLE",
    "HISTORY_TABLE",
    "IMAGE_FIELDS",
    "IMAGE_TABLE",
    "Row",
    "action_row",
    "chosen",
    "image_row",
    "region_of",
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
# What a table shows unless it is told otherwise; the last go first where there is no room.
IMAGE_TABLE = ("id", "name", "slug", "type", "distribution", "regions")
ACTION_TABLE = ("id", "type", "region", "status", "seconds", "resource_id")
HISTORY_TABLE = ("id", "type", "region", "status", "started_at", "seconds")


def image_row(image: "Image") -> Row:
    """An image as it is shown."""
    return {name: getattr(image, name) for name in IMAGE_FIELDS}


def action_row(action: "Action") -> Row:
    """An action as it is shown: its region as a slug, and the seconds that it took."""
    row: dict[str, object] = {name: getattr(action, name, None) for name in ACTION_FIELDS}
    row["region"] = region_of(action)
    if action.started_at and action.completed_at and action.status != "in-progress":
        row["seconds"] = int((action.completed_at - action.started_at).total_seconds())
    return row


def region_of(action: "Action") -> str | None:
    """The slug of an action's region, wherever the record has it."""
    if action.region_slug:
        return action.region_slug
    region = action.region
    return region if region is None or isinstance(region, str) else region.slug


def chosen(columns: str | None, known: tuple[str, ...], usual: tuple[str, ...]) -> tuple[str, ...]:
    """The fields that `--columns` names."""
    if columns is None:
        return usual
    names = tuple(name.strip() for name in columns.split(",") if name.strip())
    strange = [name for name in names if name not in known]
    if strange or not names:
        told = f"there is no column {strange[0]!r}" if strange else "--columns names no column"
        raise ValueError(f"{told}; the columns are {', '.join(known)}")
    return names

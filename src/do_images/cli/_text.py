"""Values as text in the cells of a table, and how wide the columns are."""

from collections.abc import Mapping
from datetime import UTC, datetime

from rich.cells import cell_len, set_cell_size

from do_images.cli._fields import Row

__all__ = ["GAP", "cell", "column_widths", "fitted", "moment", "one_line", "styled", "text"]

GAP = "  "
# Columns that are useless when they are cut.
_WHOLE = frozenset(
    {"id", "type", "region", "status", "seconds", "resource_id", "size_gigabytes", "outcome"}
)
# Lists and prose, which are shortened first.
_LONG = frozenset({"regions", "tags", "rules", "description", "error_message"})
_MOMENTS = frozenset({"created_at", "started_at", "completed_at"})
_LEAST, _DATE = 8, 10
_GIGABYTES = frozenset({"size_gigabytes", "min_disk_size"})
_STYLES = {
    "available": "green",
    "completed": "green",
    "present": "green",
    "keep": "green",
    "kept": "green",
    "delete": "red",
    "failed": "bold red",
    "in-progress": "yellow",
    "new": "yellow",
    "pending": "yellow",
    "errored": "bold red",
    "deleted": "red",
    "not started": "red",
}


# ── Cells ───────────────────────────────────────────────────────────────────────────────────


def one_line(value: str) -> str:
    """Return text of unknown origin as one line without control characters and bidi marks."""
    if value.isprintable():
        return value
    line = " ".join(value.split())
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in line)


def moment(value: datetime) -> str:
    """Return a time in ISO 8601 and in UTC, also at both ends of the calendar."""
    try:
        value = value.astimezone(UTC)
    except OverflowError:  # year 1 or 9999, and UTC would be outside of it
        return value.isoformat()
    return value.isoformat().replace("+00:00", "Z")


def text(value: object) -> str:
    """Return a value as people read it."""
    if value is None or value in ("", []):
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return moment(value)[:16].replace("T", " ")
    if isinstance(value, (list, tuple)):
        return one_line(", ".join(map(str, value)))  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType] - whatever it is, as text
    return one_line(str(value))


def cell(row: Row, name: str) -> str:
    """Return the text of a field in a table."""
    value = text(row.get(name))
    if name == "name" and row.get("type") == "base" and row.get("distribution"):
        return f"{text(row['distribution'])} {value}"  # alone it is only "24.04 (LTS) x64"
    return f"{value} GB" if name in _GIGABYTES and value != "-" else value


def styled(name: str, cell: str) -> str:
    """Return the style of a cell."""
    return _STYLES.get(cell.strip().lower(), "") if name in {"status", "outcome"} else ""


def fitted(name: str, cell: str, width: int) -> str:
    """Return a cell in exactly this width, shortened where it must be."""
    if cell_len(cell) <= width:
        return set_cell_size(cell, width)
    if name in _MOMENTS and width >= _DATE:
        return set_cell_size(cell[:_DATE], width)
    if name in _LONG:
        items = cell.split(", ")
        for count in range(len(items) - 1, 0, -1):
            shorter = f"{', '.join(items[:count])} +{len(items) - count}"
            if cell_len(shorter) <= width:
                return set_cell_size(shorter, width)
    return set_cell_size(cell, width - 1) + "…"


# ── Columns ─────────────────────────────────────────────────────────────────────────────────


def column_widths(natural: Mapping[str, int], total: int, *, keep: bool) -> dict[str, int]:
    """Return the widths of columns that fit into `total` cells.

    Lists are shortened first, then times to dates, then other words, and names last; a name has
    at least half of the line. Where that is not enough the last columns are left out, or with
    `keep` all of them are cut.
    """
    widths = {name: min(width, total) for name, width in natural.items()}
    least = {name: min(width, _least(name, total)) for name, width in widths.items()}
    while not keep and len(widths) > 1 and _sum(least) > total:
        widths.popitem()
        least.popitem()
    while _sum(widths) > total:
        soft = [name for name in widths if widths[name] > least[name]]
        if soft:
            name = min(soft, key=lambda name: (_order(name), -widths[name]))
            widths[name] = least[name] if name in _MOMENTS else widths[name] - 1
        elif max(widths.values()) == 1:
            break
        else:
            least = dict.fromkeys(widths, 1)
    return widths


def _least(name: str, total: int) -> int:
    if name in _WHOLE:
        return total
    if name == "name":
        return max(_LEAST, total // 2)
    return _DATE if name in _MOMENTS else _LEAST


def _order(name: str) -> int:
    """Return what is shortened first: the lowest."""
    if name in _LONG:
        return 0
    if name in _MOMENTS:
        return 1
    return {"name": 3, "id": 4}.get(name, 2)


def _sum(widths: Mapping[str, int]) -> int:
    return sum(widths.values()) + len(GAP) * (len(widths) - 1)

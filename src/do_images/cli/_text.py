"""Values as text in cells of a table, and how wide the cells are."""

from collections.abc import Mapping
from datetime import UTC, datetime

from rich.cells import cell_len, set_cell_size

__all__ = ["GAP", "fitted", "one_line", "room", "styled", "text"]

GAP = "  "
# Numbers and words that are no use when they are cut.
_WHOLE = frozenset({"id", "type", "region", "status", "seconds", "started_at", "resource_id"})
# Lists and prose, which tell something still when they are cut; they give way first.
_LONG = frozenset({"regions", "tags", "description", "error_message"})
_LEAST = 8
_STYLES = {
    "available": "green",
    "completed": "green",
    "present": "green",
    "in-progress": "yellow",
    "new": "yellow",
    "pending": "yellow",
    "errored": "bold red",
    "deleted": "red",
    "not started": "red",
}


def one_line(value: str) -> str:
    """Text from elsewhere, safe on a terminal: in one line and without control characters."""
    if value.isprintable():
        return value
    line = " ".join(value.split())
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in line)


def text(value: object) -> str:
    """A value as people read it."""
    if value is None or value in ("", []):
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%d %H:%M}"
    if isinstance(value, (list, tuple)):
        return one_line(", ".join(map(str, value)))  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType] - whatever it is, as text
    return one_line(str(value))


def styled(name: str, cell: str) -> str:
    """The colour of a cell."""
    return _STYLES.get(cell.strip().lower(), "") if name == "status" else ""


def fitted(cell: str, width: int) -> str:
    """A cell made exactly so wide; what is cut off is marked."""
    if cell_len(cell) <= width:
        return set_cell_size(cell, width)
    return set_cell_size(cell, width - 1) + "…"


def room(natural: Mapping[str, int], total: int, *, keep: bool) -> dict[str, int]:
    """How wide each column may be, so that all fit into `total` cells.

    The widest gives way, lists before words, and what is no use when cut does not. Where that is
    not enough the last columns are left out, or with `keep` all of them are cut.
    """
    widths = {name: min(width, total) for name, width in natural.items()}
    least = {
        name: width if name in _WHOLE else min(width, _LEAST) for name, width in widths.items()
    }
    while not keep and len(widths) > 1 and _sum(least) > total:
        widths.popitem()
        least.popitem()
    while _sum(widths) > total:
        soft = [name for name in widths if widths[name] > least[name]]
        soft = soft or [name for name in widths if widths[name] > 1]
        if not soft:
            break
        widths[max(soft, key=lambda name: (name in _LONG, widths[name]))] -= 1
    return widths


def _sum(widths: Mapping[str, int]) -> int:
    return sum(widths.values()) + len(GAP) * (len(widths) - 1)

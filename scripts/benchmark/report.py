"""One table: what was measured of everybody, and ratios to the floor and to the best peer."""

import os
import platform
from collections.abc import Sequence
from typing import NamedTuple

from scripts.benchmark.contenders import FLOORS, PEERS
from scripts.benchmark.rounds import Found, medians, ratio

__all__ = ["MEASURES", "as_json", "machine", "printed", "table"]


class Measure(NamedTuple):
    """One column."""

    key: str
    title: str
    scale: float
    digits: int


MEASURES = (
    Measure("import", "import\nCPU ms", 1e3, 0),
    Measure("cold", "cold start\nCPU ms", 1e3, 0),
    Measure("client", "client\nms", 1e3, 2),
    Measure("info", "info\nCPU us", 1e6, 0),
    Measure("list", "list 10,000\ns", 1, 3),
    Measure("list_cpu", "the same\nCPU s", 1, 3),
    Measure("slow_list", "with 50 ms\nlatency, s", 1, 2),
    Measure("memory", "memory\nMB", 1e-6, 1),
    Measure("requests", "requests\na list", 1, 0),
)


def ratios(found: Found) -> dict[str, dict[str, float]]:
    """How our clients stand to the floor and to the best peer, below 1 being better."""
    rows: dict[str, dict[str, float]] = {}
    middle = medians(found)
    for name, floor in FLOORS.items():
        if name not in found:
            continue
        peers = [peer for peer in PEERS[name] if peer in found]
        if floor in found:
            rows[f"{name} / {floor}"] = {
                one.key: ratio(found, one.key, name, floor) for one in MEASURES
            }
        if peers:
            rows[f"{name} / best peer"] = {
                one.key: ratio(
                    found, one.key, name, min(peers, key=lambda peer: middle[peer][one.key])
                )
                for one in MEASURES
            }
    return rows


def table(found: Found) -> list[list[str]]:
    """All of it as text, the title first."""
    rows = [["", *(one.title.split("\n")[line] for one in MEASURES)] for line in (0, 1)]
    for name, values in medians(found).items():
        cells = [
            f"{values[one.key] * one.scale:.{one.digits}f}" if one.key in values else ""
            for one in MEASURES
        ]
        rows.append([name, *cells])
    for name, values in ratios(found).items():
        rows.append([name, *(f"{values[one.key]:.2f} x" for one in MEASURES)])
    return rows


def as_json(found: Found) -> dict[str, object]:
    """The same for programs: seconds, bytes and counts."""
    return {"medians": medians(found), "ratios": ratios(found)}


def printed(rows: Sequence[Sequence[str]]) -> str:
    """Rows as a table: words to the left, numbers to the right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


def machine() -> str:
    """Where it was measured."""
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    return (
        f"Python {platform.python_version()}, {platform.system()} {platform.machine()}, "
        f"{os.cpu_count()} cores, load {load:.1f}"
    )

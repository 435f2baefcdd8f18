"""Where output goes: tables and records for people, JSON for programs, errors on stderr."""

import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from io import TextIOWrapper
from itertools import islice
from typing import TextIO

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from do_images.cli._failures import Code, Failure
from do_images.cli._fields import Row
from do_images.cli._text import GAP, fitted, one_line, room, styled, text

__all__ = ["Screen"]

# The rows that come with one request: they are shown before the next one.
_PAGE = 200


class Screen:
    """Both streams, and what they can do: colour and motion only where both are a terminal."""

    def __init__(self, output: str) -> None:
        """`output` is `table` or `json`."""
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, TextIOWrapper):  # what it can't show shall not stop a command
                stream.reconfigure(errors="replace")
        self.json = output == "json"
        self.terminal = sys.stdout.isatty() and sys.stderr.isatty()
        self.out = _console(sys.stdout, self.terminal)
        self.err = _console(sys.stderr, self.terminal)
        self.lively = self.terminal and not self.json and not self.err.is_dumb_terminal
        """Whether something may move."""

    # ── Results ─────────────────────────────────────────────────────────────────────────────

    def rows(self, rows: Iterable[Row], columns: Sequence[str], *, keep: bool = False) -> int:
        """Shows many things, as they come, and returns their number; JSON shows them at the end.

        With `keep` no column is left out, however narrow the terminal is.
        """
        if self.json:
            listed = [_only(row, columns) for row in rows]
            self._document(listed)
            return len(listed)
        count, natural = 0, {name: len(name) for name in columns}
        source = iter(rows)
        while chunk := list(islice(source, _PAGE)):
            cells = [{name: text(row.get(name)) for name in natural} for row in chunk]
            natural = {
                name: max(width, *(cell_len(row[name]) for row in cells))
                for name, width in natural.items()
            }
            widths = self._widths(natural, keep=keep or count > 0)
            natural = {name: natural[name] for name in widths}
            if count == 0:
                self._line([(fitted(name, width), "bold") for name, width in widths.items()])
            for row in cells:
                line = [(fitted(row[name], width), name) for name, width in widths.items()]
                self._line([(cell, styled(name, cell)) for cell, name in line])
            count += len(chunk)
        return count

    def record(self, row: Row, columns: Sequence[str]) -> None:
        """Shows one thing, a field in a line."""
        if self.json:
            self._document(_only(row, columns))
            return
        width = max(map(len, columns))
        if not sys.stdout.isatty():
            for name in columns:
                self._line([(name.ljust(width), ""), (text(row.get(name)), "")])
            return
        grid = Table.grid(padding=(0, len(GAP), 0, 0))
        grid.add_column(no_wrap=True)
        grid.add_column(overflow="fold")
        for name in columns:
            value = text(row.get(name))
            grid.add_row(Text(name, "bold"), Text(value, styled(name, value)))
        self.out.print(grid)

    def _widths(self, natural: Mapping[str, int], *, keep: bool) -> dict[str, int]:
        if not sys.stdout.isatty() and "COLUMNS" not in os.environ:
            return dict(natural)
        return room(natural, self.out.width, keep=keep)

    def _line(self, cells: Iterable[tuple[str, str]]) -> None:
        if self.out.color_system is None:
            sys.stdout.write(GAP.join(cell for cell, _ in cells).rstrip() + "\n")
        else:
            line = Text(GAP).join(Text(cell, style) for cell, style in cells)
            line.rstrip()
            self.out.print(line, soft_wrap=True)

    def _document(self, value: object) -> None:
        json.dump(value, sys.stdout, indent=2, default=_plain)
        sys.stdout.write("\n")

    # ── Beside them ─────────────────────────────────────────────────────────────────────────

    def say(self, sentence: str) -> None:
        """Says what came of it, where there is no thing to show."""
        self.out.print(Text(one_line(sentence)), soft_wrap=True)

    def note(self, sentence: str) -> None:
        """Says something that is no result; programs don't see it."""
        if not self.json:
            self.err.print(Text(one_line(sentence)), soft_wrap=True)

    def fail(self, failure: Failure) -> None:
        """Says what went wrong: a line for each failure, or one document."""
        if self.json:
            json.dump({"error": failure.document()}, sys.stderr, indent=2)
            sys.stderr.write("\n")
            return
        word, style = ("error: ", "bold red")
        if failure.code is Code.INTERRUPTED:
            word, style = "", "yellow"
        for each in failure.parts or (failure,):
            self.err.print(Text.assemble((word, style), one_line(each.message)), soft_wrap=True)
        if failure.resume:
            self.err.print(Text("Take the wait up again with:"), soft_wrap=True)
            self.err.print(Text(f"  {failure.resume}", "bold"), soft_wrap=True)


def _console(stream: TextIO, terminal: bool) -> Console:
    colour = terminal and not os.environ.get("NO_COLOR")
    return Console(
        file=stream,
        force_terminal=terminal,
        color_system="auto" if colour else None,
        highlight=False,
        markup=False,
        emoji=False,
    )


def _only(row: Row, columns: Sequence[str]) -> dict[str, object]:
    return {name: row.get(name) for name in columns}


def _plain(moment: datetime) -> str:
    """As the API writes it."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")

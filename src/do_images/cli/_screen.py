"""Where output goes: results on stdout in the chosen format, everything else on stderr."""

import csv
import json
import os
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from io import TextIOWrapper
from itertools import islice
from typing import Any, TextIO

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from do_images.cli._failures import Code, Failure
from do_images.cli._fields import LABELS, Row
from do_images.cli._output import errors_on_stderr_ignored
from do_images.cli._settings import Settings
from do_images.cli._text import GAP, cell, column_widths, fitted, moment, one_line, styled

__all__ = ["Screen"]

# The rows that come with one request: they are shown before the next one.
_PAGE = 200


class Screen:
    """Both streams, and what they can do: colour and motion only where both are a terminal."""

    def __init__(self, settings: Settings) -> None:
        """`settings` has the format."""
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, TextIOWrapper):  # an odd character must not stop a command
                stream.reconfigure(errors="replace")
        self.json = settings.output == "json"
        self.plain = settings.output == "table" and not settings.quiet
        """Whether results are tables and sentences for people."""
        self._csv = settings.output == "csv"
        self._quiet = settings.quiet
        self._header = not settings.no_header
        self._safe = sys.stdout.isatty()
        terminal = sys.stdout.isatty() and sys.stderr.isatty()
        self.out = _console(sys.stdout, terminal)
        self.err = _console(sys.stderr, terminal)
        self.lively = terminal and self.plain and not self.err.is_dumb_terminal
        """Whether something may move."""

    # ── Results ─────────────────────────────────────────────────────────────────────────────

    def rows(self, rows: Iterable[Row], columns: Sequence[str], *, keep: bool = False) -> int:
        """Show many things as they come, and return their number; JSON shows them at the end.

        With `keep` no column is left out, however narrow the terminal is.
        """
        if self.json:
            listed = [_only(row, columns) for row in rows]
            self._document(listed)
            return len(listed)
        if self._quiet or self._csv:
            return self._csv_rows(rows, columns)
        return self._table(rows, columns, keep=keep)

    def _csv_rows(self, rows: Iterable[Row], columns: Sequence[str]) -> int:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        if self._header and not self._quiet:
            writer.writerow(columns)
        number = 0
        for row in rows:
            number += 1
            values = [_csv_value(row.get(name)) for name in columns]
            if not self._quiet or any(values):  # a region that has the image has no action
                writer.writerow(map(one_line, values) if self._safe else values)
        return number

    def _table(self, rows: Iterable[Row], columns: Sequence[str], *, keep: bool) -> int:
        count, source = 0, iter(rows)
        labels = {name: LABELS.get(name, name) for name in columns}
        natural = {name: cell_len(labels[name]) if self._header else 1 for name in columns}
        while chunk := list(islice(source, _PAGE)):
            cells = [{name: cell(row, name) for name in natural} for row in chunk]
            if count == 0 and self._fits and not keep:
                natural = {
                    name: width
                    for name, width in natural.items()
                    if any(row[name] != "-" for row in cells)
                }
            natural = {
                name: max(width, *(cell_len(row[name]) for row in cells))
                for name, width in natural.items()
            }
            widths = dict(natural)
            if self._fits:
                widths = column_widths(natural, self.out.width, keep=keep or count > 0)
            natural = {name: natural[name] for name in widths}
            if count == 0 and self._header:
                self._line((fitted("", labels[name], widths[name]), "bold") for name in widths)
            for row in cells:
                fit = [(name, fitted(name, row[name], width)) for name, width in widths.items()]
                self._line((value, styled(name, value)) for name, value in fit)
            count += len(chunk)
        return count

    @property
    def _fits(self) -> bool:
        """Whether lines have a width: without a terminal nothing is cut."""
        return sys.stdout.isatty() or "COLUMNS" in os.environ

    def record(self, row: Row, columns: Sequence[str]) -> None:
        """Show one thing, a field in a line."""
        if self.json:
            self._document(_only(row, columns))
            return
        if not self.plain:
            self.rows([row], columns)
            return
        labels = {name: LABELS.get(name, name) for name in columns}
        width = max(map(len, labels.values()))
        if not sys.stdout.isatty():
            for name, label in labels.items():
                self._line([(label.ljust(width), ""), (cell(row, name), "")])
            return
        grid = Table.grid(padding=(0, len(GAP), 0, 0))
        grid.add_column(no_wrap=True)
        grid.add_column(overflow="fold")
        for name, label in labels.items():
            value = cell(row, name)
            grid.add_row(Text(label, "bold"), Text(value, styled(name, value)))
        self.out.print(grid)

    def _line(self, cells: Iterable[tuple[str, str]]) -> None:
        if self.out.color_system is None:
            sys.stdout.write(GAP.join(value for value, _ in cells).rstrip() + "\n")
        else:
            line = Text(GAP).join(Text(value, style) for value, style in cells)
            line.rstrip()
            self.out.print(line, soft_wrap=True)

    def _document(self, value: object) -> None:
        sys.stdout.write(_json(value))

    def say(self, sentence: str) -> None:
        """Print the result of a command that has no thing to show."""
        self.out.print(Text(one_line(sentence)), soft_wrap=not sys.stdout.isatty())

    # ── Beside them ─────────────────────────────────────────────────────────────────────────

    def note(self, sentence: str) -> None:
        """Print something that is no result; in JSON there is nothing but documents."""
        if not self.json:
            self._tell(Text(one_line(sentence)))

    def alive(self) -> None:
        """Print white space, which is harmless before a JSON document."""
        with errors_on_stderr_ignored():
            self.err.file.write("\n")
            self.err.file.flush()

    def fail(self, failure: Failure) -> None:
        """Print an error: a line for each failure, or one document."""
        if self.json:
            with errors_on_stderr_ignored():
                sys.stderr.write(_json({"error": failure.document()}))
                sys.stderr.flush()
            return
        word, style = ("error: ", "bold red")
        if failure.code is Code.INTERRUPTED:
            word, style = "", "yellow"
        for each in failure.parts or (failure,):
            self._tell(Text.assemble((word, style), one_line(each.message)))
        for sentence, command in failure.next_steps:
            self.note(sentence)
            self._tell(Text(f"  {one_line(command)}", "bold"), whole=True)

    def _tell(self, line: Text, *, whole: bool = False) -> None:
        """Print a line; on a terminal it is wrapped between words, unless it is to be copied."""
        with errors_on_stderr_ignored():
            self.err.print(line, soft_wrap=whole or not sys.stderr.isatty())
            self.err.file.flush()


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


def _json(value: object) -> str:
    # All but ASCII is escaped, and so is what a terminal could take for a command.
    return json.dumps(value, indent=2, default=_plain).replace("\x7f", "\\u007f") + "\n"


def _plain(value: datetime) -> str:
    return moment(value)


def _csv_value(value: Any) -> str:
    """Return a value for a program that reads CSV: a list's items have spaces between them."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case datetime():
            return moment(value)
        case list() | tuple():
            return " ".join(map(str, value))  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType] - whatever it is, as text
        case _:
            return str(value)

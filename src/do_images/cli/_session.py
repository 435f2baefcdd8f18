"""What a command works with, and what becomes of its errors."""

import logging
import re
import shlex
import sys
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from dataclasses import replace

import typer

from do_images import DOImagesError, Image
from do_images.cli._connection import connect as connect_by_settings
from do_images.cli._failures import Code, Failure, UnauthenticatedError, failure
from do_images.cli._fields import Row, chosen
from do_images.cli._options import UsageError
from do_images.cli._output import output_failed
from do_images.cli._screen import Screen
from do_images.cli._settings import Connect, Connection, Settings
from do_images.cli._text import one_line

__all__ = ["FailedError", "Session", "opened"]


class FailedError(Exception):
    """Ends a command with a failure that says more than the error it came from."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure


class Session:
    """A client, the screen and the settings of one command."""

    def __init__(
        self,
        connection: Connection,
        screen: Screen,
        settings: Settings,
        fields: tuple[str, ...],
    ) -> None:
        """`fields` are those of what the command shows."""
        self.do, self.monotonic = connection
        self.screen = screen
        self.settings = settings
        self._fields = fields

    # ── Results ─────────────────────────────────────────────────────────────────────────────

    def show_all(self, rows: Iterable[Row], usual: tuple[str, ...]) -> int:
        """Show many things and return their number: a table has the `usual` fields, else all."""
        named = self.settings.columns
        default = usual if self.screen.plain else self._fields
        columns = chosen(named, self._fields, default)
        return self.screen.rows(rows, self._quiet(columns), keep=named is not None)

    def show(self, row: Row) -> None:
        """Show one thing."""
        columns = chosen(self.settings.columns, self._fields, self._fields)
        self.screen.record(row, self._quiet(columns))

    def done(self, sentence: str, *rows: Row) -> None:
        """Report what a command did that has no thing to show; programs get rows."""
        if self.screen.plain and not self.settings.columns:
            self.screen.say(sentence)
        elif len(rows) == 1:
            self.show(rows[0])
        else:
            self.show_all(rows, self._fields)

    def _quiet(self, columns: tuple[str, ...]) -> tuple[str, ...]:
        """Return the column of ids for `--quiet`."""
        if not self.settings.quiet:
            return columns
        return ("id",) if "id" in self._fields else ("transfer_id",)

    # ── Images ──────────────────────────────────────────────────────────────────────────────

    def image_ids(self, ids: Iterable[int], name: str | None) -> list[int]:
        """Return the ids that are given, or that of the one image of exactly this name."""
        return [*dict.fromkeys(ids)] or [self._named(name or "").id]

    def image_id(self, id_: int | None, name: str | None) -> int:
        """Return the id that is given, or that of the one image of exactly this name."""
        return self._named(name or "").id if id_ is None else id_

    def _named(self, name: str) -> Image:
        found = self.do.image.find(re.compile(rf"\A{re.escape(name)}\Z"))
        if len(found) == 1:
            return found[0]
        if found:
            ids = ", ".join(str(image.id) for image in found[:5])
            raise UsageError(f"{len(found)} images have the name {name!r}: choose one of {ids}.")
        text = f"there is no image with the name {name!r} in this account"
        raise FailedError(Failure(code=Code.NOT_FOUND, message=text))

    # ── Questions and further commands ──────────────────────────────────────────────────────

    def confirm(self, images: Iterable[Image], question: str, *, shown: bool = False) -> None:
        """Ask before images are deleted, and show them unless that was done; only yes goes on."""
        for image in () if shown else images:
            where = f"{image.type or 'image'} in {', '.join(image.regions) or 'no region'}"
            self.screen.err.print(one_line(f"{image.id}: {image.name}, {where}"), soft_wrap=True)
        if not typer.confirm(question, err=True):
            self.screen.note("Nothing is destroyed.")
            raise typer.Exit(1)

    def command(self, *arguments: object) -> str | None:
        """Return a command line for the same API; a fake account is gone with this command."""
        if self.settings.fake:
            return None
        base = self.settings.base_url
        where = () if base is None else ("--base-url", base)
        return shlex.join(["do-images", *map(str, arguments), *where])

    @property
    def interrupted(self) -> Failure:
        """What Ctrl-C leads to."""
        text = "Interrupted. The fake account ends with the command."
        return Failure(
            code=Code.INTERRUPTED, message=text if self.settings.fake else "Interrupted."
        )

    @contextmanager
    def interruptible(self, sentence: str, *arguments: object) -> Generator[None]:
        """After Ctrl-C say what may have happened, and the command that shows it."""
        try:
            yield
        except KeyboardInterrupt:
            command = self.command(*arguments)
            steps = ((sentence, command),) if command else ()
            raise FailedError(replace(self.interrupted, next_steps=steps)) from None


@contextmanager
def opened(
    settings: Settings, connect: Connect | None, fields: tuple[str, ...]
) -> Generator[Session]:
    """Open a session; errors inside are shown, and end the command with their exit code."""
    screen = Screen(settings)
    try:
        _check(settings, fields)
        with (connect or connect_by_settings)(settings) as connection, _logged(settings.debug):
            yield Session(connection, screen, settings, fields)
        sys.stdout.flush()
        return
    except (DOImagesError, UnauthenticatedError, ValueError) as error:
        failed = failure(error)
    except FailedError as error:
        failed = error.failure
    except KeyboardInterrupt:
        failed = Failure(code=Code.INTERRUPTED, message="Interrupted.")
    except OSError as error:
        raise typer.Exit(output_failed(error)) from None
    sys.stdout.flush()
    screen.fail(failed)
    raise typer.Exit(failed.code)


def _check(settings: Settings, fields: tuple[str, ...]) -> None:
    """Find mistakes before anything is sent."""
    chosen(settings.columns, fields, fields)
    if settings.quiet and (settings.columns or settings.output != "table"):
        raise UsageError("--quiet prints ids only: leave out --columns and --output.")


class _Formatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return one_line(super().format(record))


@contextmanager
def _logged(wanted: bool) -> Generator[None]:
    """Show the log of the package on stderr."""
    if not wanted:
        yield
        return
    log = logging.getLogger("do_images")
    level, handler = log.level, logging.StreamHandler()
    handler.setFormatter(_Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
    log.addHandler(handler)
    log.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        log.removeHandler(handler)
        log.setLevel(level)

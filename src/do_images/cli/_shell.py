"""What a command is handed, and what becomes of its errors."""

import logging
import os
import shlex
import sys
from collections.abc import Generator, Iterable
from contextlib import contextmanager

import typer

from do_images import DOImagesError
from do_images.cli._connection import connect as connect_as_told
from do_images.cli._failures import Code, Failure, UnauthenticatedError, failure
from do_images.cli._fields import Row, chosen
from do_images.cli._screen import Screen
from do_images.cli._settings import Connect, Connection, Settings
from do_images.cli._text import one_line

__all__ = ["FailedError", "Shell", "opened"]


class FailedError(Exception):
    """Ends a command with a failure that says more than the error it came from."""

    def __init__(self, what: Failure) -> None:
        super().__init__(what.message)
        self.what = what


class Shell:
    """A command's surroundings."""

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

    def list(self, rows: Iterable[Row], usual: tuple[str, ...]) -> int:
        """Shows many things: a table the `usual` fields, JSON all of them."""
        told = self.settings.columns
        columns = chosen(told, self._fields, self._fields if self.screen.json else usual)
        return self.screen.rows(rows, columns, keep=told is not None)

    def show(self, row: Row) -> None:
        """Shows one thing."""
        self.screen.record(row, chosen(self.settings.columns, self._fields, self._fields))

    def done(self, sentence: str, **fields: object) -> None:
        """Says that something is done whose answer holds nothing."""
        if self.screen.json or self.settings.columns:
            self.show(fields)
        else:
            self.screen.say(sentence)

    def confirm(self, image: int) -> None:
        """Asks before an image is deleted; only a yes goes on."""
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            raise ValueError("without a terminal to ask on, destroying an image needs --yes")
        found = self.do.image.info(image)
        where = f"{found.type or 'image'} in {', '.join(found.regions) or 'no region'}"
        self.screen.err.print(one_line(f"{found.id}: {found.name}, {where}"), soft_wrap=True)
        if not typer.confirm("Destroy it for good?", err=True):
            self.screen.note("Nothing is destroyed.")
            raise typer.Exit(1)

    def again(self, *arguments: object) -> str:
        """A command line that goes on with the same API."""
        base = self.settings.base_url
        where = () if base is None else ("--base-url", base)
        return shlex.join(["do-images", *map(str, arguments), *where])


@contextmanager
def opened(
    settings: Settings, connect: Connect | None, fields: tuple[str, ...]
) -> Generator[Shell]:
    """A shell; errors inside are told, and end the command with their exit code."""
    screen = Screen(settings.output)
    try:
        chosen(settings.columns, fields, fields)  # a mistake is found before anything is done
        with (connect or connect_as_told)(settings) as connection, _logged(settings.debug):
            yield Shell(connection, screen, settings, fields)
        sys.stdout.flush()
    except BrokenPipeError:
        # Who reads has seen enough. What is still to be flushed at exit goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit from None
    except KeyboardInterrupt:
        what = Failure(code=Code.INTERRUPTED, message="interrupted")
    except FailedError as error:
        what = error.what
    except (DOImagesError, UnauthenticatedError, ValueError) as error:
        what = failure(error)
    else:
        return
    screen.fail(what)
    raise typer.Exit(what.code)


@contextmanager
def _logged(wanted: bool) -> Generator[None]:
    """Shows the log of the package on stderr."""
    if not wanted:
        yield
        return
    log = logging.getLogger("do_images")
    level, handler = log.level, logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
    log.addHandler(handler)
    log.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        log.removeHandler(handler)
        log.setLevel(level)

"""All commands, in the order of the help, and how a command line is run."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import typer

from do_images.cli import _selection

# isort: split
from do_images.cli import _images

# isort: split
from do_images.cli import _prune

# isort: split
from do_images.cli import _actions

# isort: split
from do_images.cli import _account_transfers
from do_images.cli._app import OUTPUTS, app
from do_images.cli._completion import VARIABLE, register_shells
from do_images.cli._output import output_failed
from do_images.cli._settings import Connect, Settings

__all__ = ["run"]

_ = (
    _selection,
    _images,
    _prune,
    _actions,
    _account_transfers,
)  # each adds its commands to the program


def run(arguments: Sequence[str], connect: Connect | None = None) -> int:
    """Run a command line and return its exit code."""
    if None in (sys.stdout, sys.stderr):  # closed by `>&-`
        nowhere = Path(os.devnull).open("w")  # noqa: SIM115 - until the process ends
        sys.stdout, sys.stderr = sys.stdout or nowhere, sys.stderr or nowhere
    if VARIABLE in os.environ:
        register_shells()
    try:
        code: int | None = app(
            [*arguments] or ["--help"], prog_name="do-images", standalone_mode=False, obj=connect
        )
        sys.stdout.flush()
    except typer.TyperException as error:
        return _usage_error(error, arguments)
    except typer.Abort:  # the end of the input, at a question
        return 1
    except OSError as error:
        return output_failed(error)
    return code or 0


def _usage_error(error: typer.TyperException, arguments: Sequence[str]) -> int:
    from do_images.cli._failures import Code, Failure  # noqa: PLC0415 - only errors need it
    from do_images.cli._screen import Screen  # noqa: PLC0415 - only errors need it

    ctx = getattr(error, "ctx", None)
    screen = Screen(Settings(output=_output_of(arguments)))
    screen.fail(Failure(code=Code.USAGE, message=error.format_message()))
    if ctx is not None:
        screen.note(f"Try: {ctx.command_path} --help")
    return Code.USAGE


def _output_of(arguments: Sequence[str]) -> str:
    """Return the value of `--output`, although the rest of the command line may be wrong."""
    from argparse import ArgumentParser  # noqa: PLC0415 - only errors need it

    parser = ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("-o", "--output", nargs="?")
    found: str | None = parser.parse_known_args(arguments)[0].output
    return found if found in OUTPUTS else "table"

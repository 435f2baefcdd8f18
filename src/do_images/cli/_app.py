"""The frame of all commands: the options that each of them takes, and how a command is run.

Only typer is imported here: `--help` and completion shall answer at once.
"""

import inspect
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any, NamedTuple, TypeVar, cast

import typer
from typer.core import TyperGroup

from do_images.cli._settings import Connect, Settings

__all__ = ["Commands", "begin", "command", "show_version"]

CommandT = TypeVar("CommandT", bound=Callable[..., None])


class _Begun(NamedTuple):
    """What the group hands on to the command."""

    settings: Settings
    connect: Connect | None


_SHARED = [
    parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY)
    for parameter in inspect.signature(Settings).parameters.values()
]
# Not the annotations: typer would look for types that are there for checkers only.
_NAMES = ("__module__", "__name__", "__qualname__", "__doc__")
_CONTEXT = inspect.Parameter("ctx", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)


def _with_options(run: Callable[..., None], own: Sequence[inspect.Parameter]) -> None:
    """Lets typer see the parameters of a command and the shared ones."""
    keywords = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in own]
    run.__signature__ = inspect.Signature([_CONTEXT, *keywords, *_SHARED])  # type: ignore[attr-defined] # pyright: ignore[reportFunctionMemberAccess] - inspect reads it


def _split(given: Mapping[str, object]) -> tuple[Settings, dict[str, object]]:
    shared = {parameter.name for parameter in _SHARED}
    settings = {name: value for name, value in given.items() if name in shared}
    own = {name: value for name, value in given.items() if name not in shared}
    return Settings(**cast("dict[str, Any]", settings)), own


def command(
    app: typer.Typer, fields: tuple[str, ...], name: str | None = None
) -> Callable[[CommandT], CommandT]:
    """Makes a function a command. It is handed a `Shell`, and its errors become exit codes.

    `fields` are those of what it shows, for `--columns`.
    """

    def register(function: CommandT) -> CommandT:
        @wraps(function, assigned=_NAMES)
        def run(ctx: typer.Context, **given: object) -> None:
            settings, own = _split(given)
            begun = cast("_Begun", ctx.obj)
            from do_images.cli._shell import opened  # noqa: PLC0415 - help does without

            with opened(settings.over(begun.settings), begun.connect, fields) as shell:
                function(shell, **own)

        parameters = inspect.signature(function).parameters
        _with_options(run, list(parameters.values())[1:])
        app.command(name)(run)
        return function

    return register


def begin(app: typer.Typer, own: Callable[..., None]) -> None:
    """Lets the shared options stand before the command's name too."""

    @wraps(own, assigned=_NAMES)
    def run(ctx: typer.Context, **given: object) -> None:
        settings, rest = _split(given)
        own(**rest)
        ctx.obj = _Begun(settings, cast("Connect | None", ctx.obj))

    _with_options(run, list(inspect.signature(own).parameters.values()))
    app.callback()(run)


def show_version(value: bool) -> None:
    """Prints the version and ends."""
    if value:
        from do_images import __version__  # noqa: PLC0415 - the others do without

        typer.echo(f"do-images {__version__}")
        raise typer.Exit


class Commands(TyperGroup):
    """The group of all commands; with `--output json` its usage errors are JSON too."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        """Runs the command that the arguments name, and exits."""
        given = sys.argv[1:] if args is None else list(args)
        names = (prog_name, complete_var)
        if not (standalone_mode and _wants_json(given)):
            return super().main(given, *names, standalone_mode, windows_expand_args, **extra)
        try:
            code = super().main(given, *names, False, windows_expand_args, **extra)
        except typer.TyperException as error:
            from do_images.cli._failures import Code, Failure  # noqa: PLC0415 - seldom needed
            from do_images.cli._screen import Screen  # noqa: PLC0415 - seldom needed

            Screen("json").fail(Failure(code=Code.USAGE, message=error.format_message()))
            code = error.exit_code
        sys.exit(code)


def _wants_json(arguments: Sequence[str]) -> bool:
    text = "\0".join(arguments)
    return any(
        f"\0{given}" in f"\0{text}"
        for given in ("--output=json", "--output\0json", "-o\0json", "-ojson")
    )

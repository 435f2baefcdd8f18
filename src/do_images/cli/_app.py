"""The frame of all commands: the options that each of them takes, and how a command is run.

Only typer is imported here: `--help` and completion shall answer at once.
"""

import inspect
import sys
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Annotated, Any, Literal, TypeVar, cast

import typer
from typer.core import TyperGroup

from do_images.cli._settings import Connect, Settings

__all__ = ["Commands", "command", "shared_options"]

CommandT = TypeVar("CommandT", bound=Callable[..., None])


def _keep(ctx: typer.Context, param: typer.CallbackParam, value: object) -> None:
    """Keeps a shared option; what stands after the command's name wins."""
    if value:
        _kept(ctx)[param.name or ""] = value


def _kept(ctx: typer.Context) -> dict[str, Any]:
    return cast("dict[str, Any]", ctx.meta.setdefault(__name__, {}))


def _show_version(value: bool) -> None:
    if value:
        from do_images import __version__  # noqa: PLC0415 - the others do without

        typer.echo(f"do-images {__version__}")
        raise typer.Exit


def _shared(*names: str, **more: Any) -> Any:
    return typer.Option(*names, expose_value=False, callback=_keep, **more)


def shared_options(
    *,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_show_version)
    ] = False,
    output: Annotated[
        Literal["table", "json"] | None,
        _shared("--output", "-o", help="A table, or one JSON document; errors too.  [table]"),
    ] = None,
    columns: Annotated[
        str | None, _shared("--columns", help="Fields to show, such as id,name.", metavar="NAMES")
    ] = None,
    fake: Annotated[
        bool, _shared("--fake", help="Use an embedded fake of the API; needs no account.")
    ] = False,
    fake_fail: Annotated[
        list[str] | None,
        _shared("--fake-fail", help="What starts there fails.", hidden=True),
    ] = None,
    fake_speed: Annotated[
        float | None,
        _shared("--fake-speed", help="Its seconds in a real one.", hidden=True, min=1),
    ] = None,
    base_url: Annotated[
        str | None, _shared("--base-url", help="Where the API is.", metavar="URL")
    ] = None,
    debug: Annotated[
        bool, _shared("--debug", help="Show on stderr what is sent, without the token.")
    ] = False,
) -> None:
    """DigitalOcean's images: find, import, change, copy and hand them over."""


def command(
    app: typer.Typer, shown: tuple[str, ...], name: str | None = None
) -> Callable[[CommandT], CommandT]:
    """Makes a function a command. It is handed a `Shell`, and its errors become exit codes.

    `shown` are the fields of what it shows, for `--columns`.
    """

    def register(function: CommandT) -> CommandT:
        # Not the annotations: typer would look for types that are there for checkers only.
        @wraps(function, assigned=("__module__", "__name__", "__qualname__", "__doc__"))
        def run(ctx: typer.Context, **own: object) -> None:
            from do_images.cli._shell import opened  # noqa: PLC0415 - help does without

            settings = Settings(**_kept(ctx))
            with opened(settings, cast("Connect | None", ctx.obj), shown) as shell:
                function(shell, **own)

        context = inspect.Parameter("ctx", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)
        own = list(inspect.signature(function).parameters.values())[1:]
        run.__signature__ = inspect.Signature([context, *own])  # type: ignore[attr-defined] # pyright: ignore[reportFunctionMemberAccess] - inspect reads it
        app.command(name)(run)
        return function

    return register


class Commands(TyperGroup):
    """The group of all commands: each has the shared options too, built only once."""

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """A command by its name."""
        found = super().get_command(ctx, cmd_name)
        if found is not None:
            options = [
                param for param in ctx.find_root().command.params if param.name in Settings._fields
            ]
            found.params.extend(param for param in options if param not in found.params)
        return found

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        """Runs the command that the arguments name, and exits; usage errors may be JSON too."""
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

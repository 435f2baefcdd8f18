"""The program and the options that all its commands share.

A command is a function that typer reads. It opens a session, which turns errors into messages and
exit codes:

    @command(app, IMAGE_FIELDS, examples=("info 7555620",))
    def info(ctx: typer.Context, *, image: ...) -> None:
        with session(ctx) as cli:
            cli.show(image_row(cli.do.image.info(image)))

Only typer is imported here: `--help` and completion must be fast.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, TypeVar, cast

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from do_images.cli import _completion as complete
from do_images.cli._options import at_least_one, choice
from do_images.cli._settings import Connect, Settings

if TYPE_CHECKING:
    from do_images.cli._session import Session

__all__ = ["OUTPUTS", "App", "Command", "Group", "app", "command", "session"]

FunctionT = TypeVar("FunctionT", bound=Callable[..., None])

ALIASES = {"get": "info", "delete": "destroy", "rm": "destroy"}
OUTPUTS = ("table", "json", "csv")
HELP_OPTIONS = {"help_option_names": ["-h", "--help"]}
_TYPER: dict[str, Any] = {
    "context_settings": HELP_OPTIONS,
    "rich_markup_mode": None,  # drawing boxes takes as long as all the rest of --help
    "pretty_exceptions_enable": False,  # they show local variables
    "add_completion": False,  # there is a command for that
}


# ── Options before and after the command's name ─────────────────────────────────────────────


def _keep(ctx: typer.Context, param: typer.CallbackParam, value: object) -> None:
    """Keep the value of a shared option; the one after the command's name wins."""
    if value:
        _kept(ctx)[param.name or ""] = value


def _kept(ctx: typer.Context) -> dict[str, Any]:
    return cast("dict[str, Any]", ctx.meta.setdefault(__name__, {}))


def _shared(*names: str, **more: Any) -> Any:
    return typer.Option(*names, expose_value=False, callback=_keep, **more)


def _show_version(value: bool) -> None:
    if value:
        from do_images import __version__  # noqa: PLC0415 - only this option needs it

        typer.echo(f"do-images {__version__}")
        raise typer.Exit


def _options(
    *,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_show_version)
    ] = False,
    output: Annotated[
        str | None,
        _shared("--output", "-o", help="The format of the output.  [table]", **choice(*OUTPUTS)),
    ] = None,
    columns: Annotated[
        str | None,
        _shared(
            "--columns",
            help="The columns to show, such as id,name.",
            metavar="NAMES",
            autocompletion=complete.columns,
        ),
    ] = None,
    no_header: Annotated[
        bool, _shared("--no-header", help="Leave out the line with the column names.")
    ] = False,
    quiet: Annotated[bool, _shared("--quiet", "-q", help="Print ids only, one a line.")] = False,
    fake: Annotated[
        bool, _shared("--fake", help="Use a built-in fake account, which needs no token.")
    ] = False,
    fake_fail: Annotated[
        list[str] | None, _shared("--fake-fail", help="Regions that fail.", hidden=True)
    ] = None,
    fake_speed: Annotated[
        float | None,
        _shared("--fake-speed", help="Its speed.", hidden=True, parser=at_least_one),
    ] = None,
    base_url: Annotated[
        str | None,
        _shared("--base-url", help="The address of another API server.", metavar="URL"),
    ] = None,
    debug: Annotated[
        bool, _shared("--debug", help="Log the requests to stderr, without the token.")
    ] = False,
) -> None:
    """Hold the options that stand before the command's name."""


def _shared_params(ctx: Any) -> list[Any]:
    """Return the options of the program that a command takes too."""
    if ctx.parent is None:
        return []
    return [param for param in ctx.find_root().command.params if param.name in Settings._fields]


# ── Commands and groups ─────────────────────────────────────────────────────────────────────


class Command(TyperCommand):
    """A command; the options of the program may stand after its name as well."""

    fields: tuple[str, ...] = ()
    """The fields of what it shows, for `--columns`."""
    examples: tuple[str, ...] = ()
    """Command lines for its help, without `do-images`."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Return its own parameters, then those of the program."""
        return [*super().get_params(ctx), *_shared_params(ctx)]

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """Return the parts of the usage line: typer would add braces to the arguments."""
        arguments = [param for param in self.params if param.param_type_name == "argument"]
        words = [(str(param.metavar), param.required) for param in arguments]
        return ["[OPTIONS]", *(word if required else f"[{word}]" for word, required in words)]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the help of the parameters."""
        _write_params(super().get_params(ctx), ctx, formatter)

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """Write the names of the columns, and examples."""
        if self.fields:
            with formatter.section("Columns"):
                formatter.write_text(", ".join(self.fields))
        with formatter.section("Examples"):
            for line in self.examples:
                formatter.write(f"{'':>{formatter.current_indent}}do-images {line}\n")


class Lazy(NamedTuple):
    """A command that is not built yet."""

    summary: str
    build: Callable[[], Any]


class Group(TyperGroup):
    """A group of commands. Each is built when it is used: the help of the group needs none."""

    lazy: Mapping[str, Lazy] = {}

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        names: dict[str, Any] = dict.fromkeys(self.lazy)  # typer suggests a name for a typo
        self.commands = {**names, **self.commands}

    def get_params(self, ctx: Any) -> list[Any]:
        """Return its own parameters, then those of the program."""
        return [*super().get_params(ctx), *_shared_params(ctx)]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return a command by its name or alias."""
        name = ALIASES.get(cmd_name, cmd_name)
        return self.lazy[name].build() if name in self.lazy else super().get_command(ctx, name)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the names of the commands and what they do."""
        rows = [(name, command.summary) for name, command in self.lazy.items()]
        groups = [name for name in self.commands if name not in self.lazy]
        rows += [(name, str(self.commands[name].help)) for name in groups]
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the help of the commands, then of the parameters."""
        self.format_commands(ctx, formatter)
        _write_params(super().get_params(ctx), ctx, formatter)

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """Write the environment variables and the exit codes: typer would fill the lines."""
        for paragraph in (self.epilog or "").splitlines():
            formatter.write_paragraph()
            formatter.write_text(paragraph)


def _write_params(own: list[Any], ctx: Any, formatter: Any) -> None:
    arguments = [param for param in own if param.param_type_name == "argument"]
    options = [param for param in own if param not in arguments]
    sections = {
        # typer would add the type to an argument's name: `REGION <list[str]>`.
        "Arguments": [(param.metavar, param.help) for param in arguments],
        "Options": _help_of(options, ctx),
        "Options of every command": _help_of(_shared_params(ctx), ctx),
    }
    for title, rows in sections.items():
        if rows:
            with formatter.section(title):
                formatter.write_dl(rows)


def _help_of(options: list[Any], ctx: Any) -> list[Any]:
    records = [option.get_help_record(ctx) for option in options]
    return [record for record in records if record is not None]


class App(typer.Typer):
    """The program, or a group of commands in it."""

    def __init__(self, **more: Any) -> None:
        """`more` goes to typer."""

        class ThisGroup(Group):
            pass

        ThisGroup.lazy = self.lazy = dict[str, Lazy]()
        super().__init__(cls=ThisGroup, **_TYPER, **more)


def command(
    group: App,
    fields: tuple[str, ...],
    name: str | None = None,
    *,
    examples: tuple[str, ...],
) -> Callable[[FunctionT], FunctionT]:
    """Make a function a command of a group."""

    class ThisCommand(Command):
        pass

    ThisCommand.fields, ThisCommand.examples = fields, examples

    def register(function: FunctionT) -> FunctionT:
        command_name = name or function.__name__

        def build() -> Any:
            alone = typer.Typer(**_TYPER)
            alone.command(command_name, cls=ThisCommand)(function)
            return get_command(alone)

        summary = (function.__doc__ or "").partition(". ")[0].rstrip(".")
        group.lazy[command_name] = Lazy(f"{summary}.", build)
        return function

    return register


def session(ctx: typer.Context) -> "AbstractContextManager[Session]":
    """Connect to the API for a command; errors inside end it with a message and an exit code."""
    from do_images.cli._session import opened  # noqa: PLC0415 - help and completion do without

    this = cast("Command", ctx.command)
    return opened(Settings(**_kept(ctx)), cast("Connect | None", ctx.obj), this.fields)


app = App(
    help="Find, import, change, copy and delete DigitalOcean's images.",
    epilog="The access token comes from the environment: DIGITALOCEAN_ACCESS_TOKEN, else "
    "DIGITALOCEAN_TOKEN. Without one, try a command with --fake.\n"
    "Aliases: get for info, delete and rm for destroy.\n"
    "Exit codes: 1 output, 2 usage, 3 not found, 4 authentication, 5 rate limit, 6 action errored, "
    "7 timeout, 8 network, 9 other API errors, 130 interrupted.",
)
app.callback()(_options)

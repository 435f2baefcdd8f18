"""The options that every command takes."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple, TypeAlias

import typer

if TYPE_CHECKING:
    from do_images import Client

__all__ = ["Connect", "Connection", "Settings"]


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The options that every command takes, before its name or after it."""

    output: Annotated[
        Literal["table", "json"] | None,
        typer.Option("--output", "-o", help="A table, or one JSON document; errors too.  [table]"),
    ] = None
    columns: Annotated[
        str | None, typer.Option(help="Fields to show, such as id,name.", metavar="NAMES")
    ] = None
    fake: Annotated[
        bool, typer.Option("--fake", help="Use an embedded fake of the API; needs no account.")
    ] = False
    fake_fail: Annotated[
        list[str] | None,
        typer.Option(help="With --fake: what is started in REGION fails.", hidden=True),
    ] = None
    fake_speed: Annotated[
        float | None,
        typer.Option(help="With --fake: its seconds in a real one.", hidden=True, min=1),
    ] = None
    base_url: Annotated[
        str | None, typer.Option(help="Where the API is.", metavar="URL", show_default=False)
    ] = None
    debug: Annotated[
        bool, typer.Option("--debug", help="Show on stderr what is sent, without the token.")
    ] = False

    def over(self, earlier: "Settings") -> "Settings":
        """These, and where nothing is said here, the earlier ones."""
        given = {field.name: getattr(self, field.name) for field in fields(self)}
        return replace(earlier, **{name: value for name, value in given.items() if value})


class Connection(NamedTuple):
    """A client, and the time by which it waits."""

    do: "Client"
    monotonic: Callable[[], float]


Connect: TypeAlias = Callable[[Settings], AbstractContextManager[Connection]]
"""Makes a connection; a test may bring its own."""

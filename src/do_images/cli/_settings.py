"""The options that every command takes, and the connection to the API that they lead to."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from do_images import Client

__all__ = ["Connect", "Connection", "Settings"]


class Settings(NamedTuple):
    """The options that every command takes."""

    output: str = "table"
    columns: str | None = None
    no_header: bool = False
    quiet: bool = False
    fake: bool = False
    fake_fail: tuple[str, ...] = ()
    fake_speed: float = 20.0
    base_url: str | None = None
    debug: bool = False


class Connection(NamedTuple):
    """A client, and the clock by which it waits."""

    do: "Client"
    monotonic: Callable[[], float]


Connect: TypeAlias = Callable[[Settings], AbstractContextManager[Connection]]
"""Makes a connection; a test may bring its own."""

"""A client of the real API, or of a fake one."""

import os
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import NamedTuple

from do_images import Client
from do_images.cli._app import Settings
from do_images.cli._failures import UnauthenticatedError

__all__ = ["Connection", "connect"]

_VARIABLES = ("DIGITALOCEAN_ACCESS_TOKEN", "DIGITALOCEAN_TOKEN")


class Connection(NamedTuple):
    """A client, and the time by which it waits."""

    do: Client
    monotonic: Callable[[], float]


@contextmanager
def connect(settings: Settings) -> Generator[Connection]:
    """What the settings ask for."""
    if settings.fake:
        from do_images.cli._fake import pretend  # noqa: PLC0415 - the others do without

        with pretend(settings) as connection:
            yield connection
        return
    if not any(os.environ.get(name) for name in _VARIABLES):
        told = "set DIGITALOCEAN_ACCESS_TOKEN, or try the command with --fake"
        raise UnauthenticatedError(f"no access token: {told}")
    with Client(base_url=settings.base_url, user_agent="cli") as do:
        yield Connection(do, time.monotonic)

"""A client of the real API, or of a fake one."""

import os
import time
from collections.abc import Generator
from contextlib import contextmanager

from do_images import Client
from do_images.cli._failures import UnauthenticatedError
from do_images.cli._settings import Connection, Settings

__all__ = ["connect"]

_VARIABLES = ("DIGITALOCEAN_ACCESS_TOKEN", "DIGITALOCEAN_TOKEN")


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

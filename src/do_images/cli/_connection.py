"""A client of the real API, or of a fake one."""

import os
import re
import time
from collections.abc import Generator
from contextlib import contextmanager

from do_images import Client
from do_images.cli._failures import UnauthenticatedError
from do_images.cli._messages import TOKEN_VARIABLES, token_variable
from do_images.cli._options import UsageError
from do_images.cli._settings import Connection, Settings

__all__ = ["connect"]


@contextmanager
def connect(settings: Settings) -> Generator[Connection]:
    """Connect as the settings say."""
    if settings.fake:
        from do_images.cli._fake import pretend  # noqa: PLC0415 - only --fake needs it

        with pretend(settings) as connection:
            yield connection
        return
    variable = token_variable()
    if variable is None:
        advice = f"set {TOKEN_VARIABLES[0]}, or try the command with --fake"
        raise UnauthenticatedError(f"there is no access token: {advice}")
    if not re.fullmatch(r"[!-~]+", os.environ[variable]):
        problem = "holds white space or other characters that no access token has"
        raise UnauthenticatedError(f"{variable} {problem}")
    with _client(settings.base_url) as do:
        yield Connection(do, time.monotonic)


def _client(base_url: str | None) -> Client:
    try:
        return Client(base_url=base_url, user_agent="cli")
    except ValueError:  # the token was checked before
        name = "DIGITALOCEAN_API_URL" if base_url is None else "--base-url"
        rule = (
            "must be like https://host[:port][/prefix]; http:// sends the token unencrypted, "
            "so it is for this machine only"
        )
        raise UsageError(f"{name} {rule}.") from None

"""The options of a client that environment variables stand in for, and their defaults."""

import os

from do_images._core import arguments as check
from do_images._version import __version__

__all__ = ["access_token", "base_url", "user_agent"]

_TOKEN_VARIABLES = ("DIGITALOCEAN_ACCESS_TOKEN", "DIGITALOCEAN_TOKEN")
_URL_VARIABLE = "DIGITALOCEAN_API_URL"
_URL = "https://api.digitalocean.com"


def access_token(token: str | None) -> str | None:
    """Return the argument, else that of the first environment variable that is not empty."""
    if token is not None:
        return token
    return next(filter(None, map(os.environ.get, _TOKEN_VARIABLES)), None)


def base_url(value: object, *, allow_http: object) -> str:
    """Return the base URL of the argument, of the environment, or of DigitalOcean."""
    if value is None:
        value = os.environ.get(_URL_VARIABLE) or _URL
    return check.base_url(value, allow_http=check.boolean("allow_http", allow_http))


def user_agent(value: object) -> str:
    """Return the `User-Agent` header with what a program adds to it."""
    own = f"do-images/{__version__}"
    return own if value is None else f"{own} {check.header_value('user_agent', value)}"

"""The options of a client that are httpx's, and the limits of its requests."""

from dataclasses import dataclass, field, replace
from typing import Final, Self, TypeAlias, TypedDict

import httpx

from do_images._core import arguments as check
from do_images._core import options

__all__ = ["POOL_SIZES", "ClientOptions", "Limits", "root_url"]

_TIMEOUT = 60.0
# Seconds for a connection, where the timeout is a number and not less.
_CONNECT_TIMEOUT = 10.0


class _PoolSizes(TypedDict):
    max_connections: int
    max_keepalive_connections: int
    keepalive_expiry: float


# An idle connection is kept for longer than most pauses between two polls.
POOL_SIZES: Final[_PoolSizes] = {
    "max_connections": 100,
    "max_keepalive_connections": 20,
    "keepalive_expiry": 90.0,
}

Steps: TypeAlias = tuple[float | None, float | None, float | None, float | None]
"""Seconds for connecting, reading, writing, and waiting for a connection of the pool."""


class ClientOptions(TypedDict, total=False):
    """The keyword arguments that `Client` and `AsyncClient` have in common.

    `http_client` and `clock` are missing: they differ between the two.
    """

    token: str | None
    """The access token."""
    base_url: str | None
    """The base URL of the API."""
    timeout: float | httpx.Timeout | None
    """Seconds for one HTTP request as a whole."""
    max_retries: int
    """How often a request is sent again where that can't do anything twice."""
    user_agent: str | None
    """Appended to `do-images/VERSION`."""
    allow_http: bool
    """Sends the token over plain http to any host."""
    max_retry_wait: float
    """The longest time in seconds that a response may name for the next try."""
    max_body: int
    """The most bytes that a response may have."""
    page_concurrency: int
    """How many pages of a long list may be fetched at once."""


ClientOptions.__module__ = "do_images"


@dataclass(frozen=True, slots=True)
class Limits:
    """What one client allows: seconds, retries, bytes, and pages at once."""

    timeout: httpx.Timeout
    max_retries: int
    max_retry_wait: float
    max_body: int
    page_concurrency: int
    whole: float | None = field(init=False)
    """Seconds for a request as a whole: the longest of its steps, None if one has no limit."""

    def __post_init__(self) -> None:
        """Compute `whole` once, not for each request."""
        parts = _parts(self.timeout)
        known = [part for part in parts if part is not None]
        object.__setattr__(self, "whole", max(known) if len(known) == len(parts) else None)

    @classmethod
    def checked(
        cls,
        timeout: float | httpx.Timeout | None,
        max_retries: int,
        max_retry_wait: float,
        max_body: int,
        page_concurrency: int,
    ) -> Self:
        """Check the arguments of a client."""
        return cls(
            _timeout(_TIMEOUT if timeout is None else timeout),
            check.number("max_retries", max_retries, least=0),
            check.seconds("max_retry_wait", max_retry_wait),
            check.number("max_body", max_body),
            check.number("page_concurrency", page_concurrency),
        )

    def changed(self, timeout: float | httpx.Timeout | None, max_retries: int | None) -> Self:
        """Return the same with another timeout or number of retries; None keeps this one's."""
        limits = self
        if timeout is not None:
            limits = replace(limits, timeout=_timeout(timeout))
        if max_retries is not None:
            limits = replace(limits, max_retries=check.number("max_retries", max_retries, least=0))
        return limits

    def within(self, seconds: float | None) -> tuple[Steps, float | None]:
        """Return the timeouts of a request's steps, and of all of it, where it has so much time."""
        steps = _parts(self.timeout)
        if seconds is None:
            return steps, self.whole
        connect, read, write, pool = (
            seconds if part is None else min(part, seconds) for part in steps
        )
        whole = seconds if self.whole is None else min(self.whole, seconds)
        return (connect, read, write, pool), whole


def root_url(base_url: object, *, allow_http: object) -> str:
    """Return the base URL, once httpx can read it too."""
    root = options.base_url(base_url, allow_http=allow_http)
    try:
        _ = httpx.URL(root).host  # decodes the name, which may fail
    except (httpx.InvalidURL, UnicodeError) as error:
        raise ValueError(f"base_url is not a URL: {error}") from None
    return root


def _timeout(value: float | httpx.Timeout) -> httpx.Timeout:
    if not isinstance(value, httpx.Timeout):
        seconds = check.timeout(value)
        return httpx.Timeout(seconds, connect=min(seconds, _CONNECT_TIMEOUT))
    for part in _parts(value):
        if part is not None:
            check.timeout(part)
    return value


def _parts(timeout: httpx.Timeout) -> Steps:
    return timeout.connect, timeout.read, timeout.write, timeout.pool

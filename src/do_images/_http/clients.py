"""The HTTP clients that users bring: those of httpx, and of httpx2, which continues it.

Neither library is imported for the other's sake: a client of a library that is not loaded can't
be there.
"""

import sys
from copy import copy
from typing import Any, Protocol, TypeVar, cast

import httpx

from do_images._http.cookies import FixedCookies

__all__ = ["AsyncHTTPClient", "HTTPClient", "as_it_is", "checked", "raised"]

HttpT = TypeVar("HttpT", httpx.Client, httpx.AsyncClient)

_LIBRARIES = ("httpx", "httpx2")


class _Common(Protocol):
    """What the HTTP clients of both kinds have."""

    @property
    def is_closed(self) -> bool:
        """Whether the client has been closed."""
        ...

    @property
    def trust_env(self) -> bool:
        """Whether the client reads the environment."""
        ...

    def build_request(self, method: str, url: str) -> object:
        """Return a request."""
        ...


class HTTPClient(_Common, Protocol):
    """An `httpx.Client`, or an `httpx2.Client`."""

    def close(self) -> None:
        """Close the connections."""
        ...


class AsyncHTTPClient(_Common, Protocol):
    """An `httpx.AsyncClient`, or an `httpx2.AsyncClient`."""

    async def aclose(self) -> None:
        """Close the connections."""
        ...


def checked(kind: type[HttpT], http_client: object) -> HttpT:
    """Return a user's HTTP client as one of httpx, whose interface httpx2 shares.

    Raises:
        TypeError: It is neither library's, or it is the one for the other client.
    """
    name = kind.__name__
    kinds = tuple(_loaded(name))
    if isinstance(http_client, kinds):
        return cast("HttpT", http_client)
    expected = " or ".join(f"{library}.{name}" for library in _LIBRARIES)
    raise TypeError(f"http_client must be an {expected}, not {type(http_client).__name__}")


def raised() -> tuple[type[Exception], ...]:
    """Return what comes out of an HTTP client that can't send a request or read a response."""
    names = ("HTTPError", "StreamError", "InvalidURL")
    # UnicodeError: the host that a redirect names is decoded, whether it is followed or not.
    return *(kind for name in names for kind in _loaded(name)), OSError, UnicodeError


def _loaded(name: str) -> list[type[Any]]:
    """Return the classes of a name in the libraries that are imported."""
    modules = (sys.modules.get(library) for library in _LIBRARIES)
    return [getattr(module, name) for module in modules if module is not None]


def as_it_is(http: HttpT) -> HttpT:
    """Return a user's HTTP client as it is now, but for the cookies that responses set.

    The user's own client keeps its cookies, and gets none.
    """
    twin = copy(http)
    twin.cookies = FixedCookies(http.cookies.jar)
    return twin

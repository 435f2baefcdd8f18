"""The bearer token: it is put on a request while it is sent, and kept out of everything else."""

from collections.abc import Callable, MutableMapping
from contextlib import suppress
from typing import NoReturn

__all__ = ["Bearer"]

# Real tokens have 64 characters and more; a short word such as "test" occurs in many texts.
_SHORTEST = 8


class Bearer:
    """The token of one client."""

    __slots__ = ("_token",)

    def __init__(self, token: str) -> None:
        """The token is kept in a closure: no walk over attributes finds it."""
        self._token: Callable[[], str] = lambda: token

    def __reduce__(self) -> NoReturn:
        raise TypeError("a token can't be pickled or copied")

    def sign(self, headers: MutableMapping[str, str]) -> None:
        """Add the `Authorization` header; `unsign` removes it."""
        headers["Authorization"] = f"Bearer {self._token()}"

    @staticmethod
    def unsign(headers: MutableMapping[str, str]) -> None:
        """Remove the header, so that whoever holds the request later holds no token."""
        with suppress(KeyError):  # a hook of the user's own client may have removed it
            del headers["Authorization"]

    def redact(self, text: str) -> str:
        """Return a text without the token."""
        token = self._token()
        return text if len(token) < _SHORTEST else text.replace(token, "[token]")

"""TLS: the certificates that connections trust."""

import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    import ssl

__all__ = ["context", "is_ready"]

# What a context is made from, beside the certificates that httpx brings.
_VARIABLES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE")


def context() -> "ssl.SSLContext":
    """Return the context of all clients of this process.

    Raises:
        ValueError: A variable of the environment names a file or folder that can't be used.
    """
    return _context(*_settings())


def is_ready() -> bool:
    """Return whether `context` returns at once: to make one takes a tenth of a second of CPU."""
    return _settings() in _made


def _settings() -> tuple[str | None, ...]:
    return tuple(os.environ.get(name) or None for name in _VARIABLES)


_made: set[tuple[str | None, ...]] = set()


@cache
def _context(file: str | None, folder: str | None, key_log: str | None) -> "ssl.SSLContext":
    import ssl  # noqa: PLC0415 - only https pays for it

    if folder is not None and not Path(folder).is_dir():
        raise ValueError(f"SSL_CERT_DIR names {folder!r}, which is not a folder")
    try:
        if file is None and folder is None:
            made = httpx.create_ssl_context(trust_env=False)
        else:
            made = ssl.create_default_context(cafile=file, capath=folder)
    except OSError as error:  # ssl.SSLError is one
        reason = str(error)
    else:
        _made.add((file, folder, key_log))
        return made
    name, path = ("SSLKEYLOGFILE", key_log) if _is_readable(file) else ("SSL_CERT_FILE", file)
    raise ValueError(f"{name} names {path!r}, which can't be used: {reason}")


def _is_readable(file: str | None) -> bool:
    """Return whether a file of certificates can be loaded."""
    import ssl  # noqa: PLC0415 - as above

    if file is None:
        return True
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(file)
    except OSError:
        return False
    return True

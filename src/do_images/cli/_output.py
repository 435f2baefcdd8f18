"""What happens when stdout or stderr can't be written."""

import os
import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import TextIO

__all__ = ["errors_on_stderr_ignored", "output_failed"]


def output_failed(error: OSError) -> int:
    """Report that stdout can't be written, unless its reader has seen enough."""
    _discard(sys.stdout)
    if isinstance(error, BrokenPipeError):
        return 0
    with errors_on_stderr_ignored():
        sys.stderr.write(f"error: the output can't be written: {error.strerror}\n")
        sys.stderr.flush()
    return 1


@contextmanager
def errors_on_stderr_ignored() -> Generator[None]:
    """Go on without stderr where it can't be written: a full disk must not end a wait."""
    try:
        yield
    except OSError:
        _discard(sys.stderr)


def _discard(stream: TextIO) -> None:
    """Send what is still to be flushed, at the exit at the latest, nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())

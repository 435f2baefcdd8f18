"""What happens when the output can't be written."""

import os
import sys
from contextlib import suppress

__all__ = ["output_failed"]


def output_failed(error: OSError) -> int:
    """Report that the output can't be written, unless its reader has seen enough."""
    # What is still to be flushed at exit goes nowhere.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if isinstance(error, BrokenPipeError):
        return 0
    with suppress(OSError):
        sys.stderr.write(f"error: the output can't be written: {error.strerror}\n")
        sys.stderr.flush()
    return 1

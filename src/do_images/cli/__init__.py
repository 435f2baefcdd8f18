"""The command `do-images`: the same verbs for a terminal. Comes with the extra `cli`."""

import sys

__all__ = ["main"]


def main() -> None:
    """Runs the command, or says how to get what it needs."""
    try:
        from do_images.cli._commands import app  # noqa: PLC0415 - the extra may be missing
    except ModuleNotFoundError as error:
        if error.name != "typer":
            raise
        sys.stderr.write('do-images needs its extra: pip install "do-images[cli]"\n')
        sys.exit(1)
    app(prog_name="do-images")

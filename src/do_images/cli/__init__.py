"""The command `do-images`: the same verbs for a terminal. It comes with the extra `cli`."""

import sys

__all__ = ["main"]


def main() -> None:
    """Run the command, or explain how to install what it needs."""
    try:
        from do_images.cli._commands import run  # noqa: PLC0415 - the extra may be missing
    except ModuleNotFoundError as error:
        if error.name != "typer":
            raise
        sys.stderr.write('do-images needs its extra: pip install "do-images[cli]"\n')
        sys.exit(1)
    sys.exit(run(sys.argv[1:]))

"""What stands on the command line: how values are read, and the parameters of several commands."""

import math
import re
import sys
from collections.abc import Iterable, Sequence
from typing import Annotated, Any

import typer

__all__ = [
    "ActionIds",
    "ExactName",
    "ImageId",
    "OptionalImageId",
    "Poll",
    "Timeout",
    "TransferId",
    "UsageError",
    "Wait",
    "Yes",
    "at_least_one",
    "check_confirmation",
    "check_one_way",
    "choice",
    "count",
    "duration",
    "id_number",
    "region_list",
]


class UsageError(typer.TyperException):
    """Something is wrong with the command line that typer can't know."""

    exit_code = 2


_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_LONGEST = 1000 * 365 * 86400  # times before the year 1 are no times
_DURATION = re.compile(r"(?:\d+(?:\.\d+)?|(?:\d+(?:\.\d+)?[smhdw])+)", re.ASCII)
_PART = re.compile(r"([\d.]+)([smhdw]?)", re.ASCII)


def duration(text: str) -> float:
    """Return the seconds of a duration such as `90`, `30s`, `1h30m` or `7d`."""
    text = text.strip()
    seconds = math.inf
    if _DURATION.fullmatch(text):
        seconds = sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(text))
    if seconds > _LONGEST:
        raise typer.BadParameter(f"{text!r} is not a duration such as 90, 30s, 1h30m or 7d.")
    return seconds


def time_limit(text: str) -> float:
    """Return the seconds of a duration, or infinity for `none`."""
    return math.inf if text == "none" else duration(text)


def id_number(text: str) -> int:
    """Return the number of an image, an action or an account transfer."""
    if not re.fullmatch(r"[0-9]{1,18}", text) or int(text) == 0:
        raise typer.BadParameter(f"{text!r} is not an id: that is a whole number, such as 7555620.")
    return int(text)


def count(text: str) -> int:
    """Return a whole number of at least 0."""
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise typer.BadParameter(f"{text!r} is not a whole number, such as 5.")
    return int(text)


def at_least_one(text: str) -> float:
    """Return a number of at least 1."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not number >= 1:
        raise typer.BadParameter(f"{text!r} is not a number of at least 1.")
    return number


def choice(*names: str) -> dict[str, Any]:
    """Return what `typer.Option` needs for one of several words."""

    def parse(text: str) -> str:
        if text not in names:
            raise typer.BadParameter(f"{text!r} is not one of {', '.join(names)}.")
        return text

    def candidates(incomplete: str) -> list[str]:
        return [name for name in names if name.startswith(incomplete)]

    return {"parser": parse, "autocompletion": candidates, "metavar": "|".join(names)}


def check_one_way(ids: Sequence[object] | None, name: str | None) -> None:
    """Check that images are named either by their ids or by `--name`."""
    if not ids and name is None:
        raise UsageError("Missing argument 'ID': name an image by its id, or with --name.")
    if ids and name is not None:
        raise UsageError("Give either ids or --name.")


def check_confirmation(*, yes: bool) -> None:
    """Refuse to delete anything where nobody can be asked."""
    if not (yes or (sys.stdin.isatty() and sys.stderr.isatty())):
        raise UsageError("Without a terminal to ask on, destroying images needs --yes.")


def region_list(given: Iterable[str]) -> list[str]:
    """Return regions, each once, where `nyc3,ams3` may stand for two."""
    regions = [part.strip() for text in given for part in text.split(",") if part.strip()]
    if not regions:
        raise UsageError("Missing argument 'REGION': name at least one region, such as nyc3.")
    return list(dict.fromkeys(regions))


ImageId = Annotated[
    int, typer.Argument(metavar="ID", help="The image's id.", parser=id_number, show_default=False)
]
OptionalImageId = Annotated[
    int | None,
    typer.Argument(metavar="ID", help="The image's id, unless --name is given.", parser=id_number),
]
ExactName = Annotated[
    str | None,
    typer.Option(
        "--name", metavar="NAME", help="Choose the account's own image of exactly this name."
    ),
]
TransferId = Annotated[
    int,
    typer.Argument(
        metavar="TRANSFER_ID",
        help="The id of the account transfer.",
        parser=id_number,
        show_default=False,
    ),
]
ActionIds = Annotated[
    list[int] | None,
    typer.Argument(metavar="ACTION_ID...", help="The ids of the actions.", parser=id_number),
]
Wait = Annotated[
    bool, typer.Option("--wait", help="Return when the work has ended, and show its progress.")
]
Poll = Annotated[
    float | None,
    typer.Option(
        "--poll",
        metavar="DURATION",
        help="The time between two checks, at least 1s.  [default: 5s]",
        parser=duration,
    ),
]
Timeout = Annotated[
    float | None,
    typer.Option(
        "--timeout",
        metavar="DURATION",
        help="How long to wait in all, such as 90, 30s or 1h30m, or none.  [default: 1h]",
        parser=time_limit,
    ),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Don't ask for confirmation.")]

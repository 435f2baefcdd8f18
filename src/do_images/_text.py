"""Text that comes from outside: made fit for one line of a log or a terminal, and decoded."""

from pydantic_core import from_json

__all__ = ["UndecodedJSON", "decode", "printable"]


def printable(text: str, limit: int) -> str:
    r"""Return `text` in at most `limit` characters, with everything escaped that is not printable.

    Line breaks, terminal escape sequences, marks that change the direction of writing and halves
    of surrogate pairs become escapes such as `\n` and `\u202e`.
    """
    part = text[: limit + 1]  # escaping a body of megabytes would take long
    if not part.isprintable():
        part = "".join(map(_escaped, part))
    return part if len(part) <= limit else f"{part[: limit - 3]}..."


def _escaped(character: str) -> str:
    if character.isprintable():
        return character
    return character.encode("unicode_escape").decode("ascii")


class UndecodedJSON(str):
    """A body that is decoded when it is first read: a large one would fill the memory."""

    __slots__ = ()


def decode(text: str) -> object:
    """Return the decoded JSON of a text, else the text."""
    try:
        return from_json(text, allow_inf_nan=False)
    except ValueError:
        return str(text)

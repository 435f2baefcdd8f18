"""Makes text that comes from outside fit for one line of a log or a terminal."""

__all__ = ["printable"]


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

"""Records docs/transfer.svg: a transfer to several regions, half way and at its end.

The command runs as a process in a pseudo-terminal: the picture shows what people see. Run it with
`python -m scripts.picture`.
"""

import re
from collections.abc import Iterator, Sequence
from io import StringIO
from itertools import groupby
from pathlib import Path

from pyte.screens import Screen
from rich.console import Console
from rich.style import Style
from rich.text import Text

from tests.cli.support import SNAPSHOT, Terminal

PICTURE = Path(__file__).resolve().parent.parent / "docs" / "transfer.svg"
COPY = ("transfer", SNAPSHOT, "nyc3", "ams3", "sgp1", "nyc1", "--wait")
COMMAND = (*COPY, "--fake", "--fake-fail", "ams3")
# The terminal's names for colours that the palette of the picture calls otherwise.
COLOURS = {"brown": "yellow"}
FONTS = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)


def painted(screen: Screen) -> Iterator[Text]:
    """The lines of a terminal with their colours."""
    for number, shown in enumerate(screen.display):
        if not shown.strip():
            continue
        line = Text()
        chars = [screen.buffer[number][column] for column in range(screen.columns)]
        for (colour, bold), run in groupby(chars, lambda char: (char.fg, char.bold)):
            style = Style(color=COLOURS.get(colour, colour), bold=bold)
            line.append("".join(char.data for char in run), style)
        line.rstrip()
        yield line


def half_way(lines: Sequence[str]) -> bool:
    """One region is done, others are not."""
    text = "\n".join(lines)
    return "completed" in text and "in-progress" in text


def main() -> None:
    """Runs the command, and writes the picture."""
    terminal = Terminal(*COMMAND)
    terminal.until(half_way)
    middle = [*painted(terminal.screen)]
    code = terminal.end()
    paper = Console(record=True, width=80, file=StringIO())
    paper.print(Text(f"$ do-images {' '.join(map(str, COMMAND))}", "bold"))
    for line in middle:
        paper.print(line)
    paper.print(Text("... and later:", "dim"))
    for line in painted(terminal.screen):
        paper.print(line)
    paper.print(Text("$ echo $?", "bold"))
    paper.print(str(code), highlight=False)
    svg = paper.export_svg(title="do-images", unique_id="transfer")
    PICTURE.write_text(FONTS.sub("", svg))
    print(f"{PICTURE.name}: {len(svg)} characters")


if __name__ == "__main__":
    main()

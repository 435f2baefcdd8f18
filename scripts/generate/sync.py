"""The sync code: async source with other keywords, names and words, its layout kept."""

import io
import re
import tokenize
from collections.abc import Iterator
from typing import NamedTuple

from scripts.generate.rules import Rewriter, Rule, phrases, words

__all__ = ["SYNC_RULES", "left_overs", "to_sync"]

# For names in code, and for words in strings and comments.
NAMES = [
    # Ours and those of libraries alike: AsyncClient, AsyncIterator, AsyncRetrying, ...
    Rule(r"\bAsync(?=[A-Z])", ""),
    *words(
        {
            "_async": "_sync",
            "__aenter__": "__enter__",
            "__aexit__": "__exit__",
            "aclose": "close",
            "aiter_raw": "iter_raw",
            "handle_async_request": "handle_request",
            "__aiter__": "__iter__",
            "async_client": "client",
            "aclosing": "closing",
            "anext": "next",
            "gather_in_tasks": "gather_in_threads",
            "async_clock": "clock",
            "async_transport": "transport",
        }
    ),
]

# For examples in strings and comments. In code, `async` and `await` just go.
EXAMPLES = [
    Rule(r"\basync (?=(?:def|with|for) )", ""),
]

# For sentences that differ.
PHRASES = phrases(
    {
        "pytestmark = pytest.mark.anyio": "",
        "The asynchronous client: the source that the synchronous one is generated from.": (
            "The synchronous client."
        ),
        "DigitalOcean's Images and Actions for asyncio and trio.": (
            "DigitalOcean's Images and Actions."
        ),
        "Safe to share between the tasks of one event loop.": "Safe to share between threads.",
    }
)

SYNC_RULES = [*NAMES, *EXAMPLES, *PHRASES]

# What no synchronous text contains; `aread` and the like are httpx's names.
LEFT_OVER = re.compile(
    r"async|await|anyio|\ba(?:iter|next|read|close|send)(?:_\w+)?\b", re.IGNORECASE
)


class Span(NamedTuple):
    """A piece of source that rules may change."""

    start: int
    end: int
    kind: str
    """`keyword`, `name`, or `text` for strings and comments."""


def to_sync(source: str, rewriter: Rewriter) -> str:
    """Return asynchronous source as synchronous source, its layout kept."""
    source = rewriter.apply(PHRASES, source)
    parts: list[str] = []
    done = 0
    for span in _spans(source):
        piece = source[span.start : span.end]
        parts.append(source[done : span.start])
        done = span.end
        if span.kind == "name":
            parts.append(rewriter.apply(NAMES, piece))
        elif span.kind == "text":
            parts.append(rewriter.apply([*EXAMPLES, *NAMES], piece))
    parts.append(source[done:])
    return "".join(parts)


def _spans(source: str) -> Iterator[Span]:
    """Return the names, keywords, strings and comments of a source, in order."""
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    opened: list[int] = []
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        start = starts[token.start[0] - 1] + token.start[1]
        end = starts[token.end[0] - 1] + token.end[1]
        kind = tokenize.tok_name[token.type]
        # Since Python 3.12 an f-string is many tokens; here it is one text, as before.
        if kind.endswith("STRING_START"):
            opened.append(start)
        elif kind.endswith("STRING_END"):
            start = opened.pop()
            kind = "STRING"
        if opened:
            continue
        if kind in {"STRING", "COMMENT"}:
            yield Span(start, end, "text")
        elif token.string in {"async", "await"}:
            yield Span(start, end + len(source[end:]) - len(source[end:].lstrip()), "keyword")
        elif kind == "NAME":
            yield Span(start, end, "name")


def left_overs(path: str, text: str) -> list[str]:
    """Return a message about each line below the header that is still asynchronous."""
    return [
        f"{path}:{number}: still has {found[0]!r}: reword its source, or add a rule"
        for number, line in enumerate(text.splitlines(), 1)
        if number > 1 and (found := LEFT_OVER.search(line))
    ]

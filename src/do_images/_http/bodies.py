"""The body of a response, decompressed as it comes, and never larger than a limit."""

import zlib

__all__ = ["ENCODING", "Body"]

ENCODING = "gzip"
"""What requests accept. httpx would accept more, and decompresses without a bound."""

_GZIP = 16 + zlib.MAX_WBITS


class Body:
    """Collects one body; `problem` is set where it is invalid, and then no more is needed."""

    __slots__ = ("_gzip", "_limit", "content", "problem")

    def __init__(self, encoding: str, limit: int) -> None:
        """`encoding` is the response's `Content-Encoding`, `limit` the most bytes to collect."""
        self.content = bytearray()
        self.problem: str | None = None
        self._limit = limit
        coding = encoding.strip().lower()
        self._gzip = zlib.decompressobj(_GZIP) if coding in {ENCODING, "x-gzip"} else None
        if self._gzip is None and coding not in {"", "identity"}:
            self.problem = f"its Content-Encoding is {encoding!r}, not {ENCODING}"

    def feed(self, data: bytes) -> None:
        """Take the next bytes as they came."""
        if self._gzip is not None and data:
            if self._gzip.eof:
                self.problem = "something follows the end of its gzip data"
                return
            try:
                # What is beyond the limit stays compressed.
                data = self._gzip.decompress(data, self._limit + 1 - len(self.content))
            except zlib.error as error:
                self.problem = f"its gzip data is invalid ({error})"
                return
            if self._gzip.unused_data:
                self.problem = "something follows the end of its gzip data"
        self.content += data
        if len(self.content) > self._limit:
            self.problem = f"it is larger than {self._limit} bytes"

    def finish(self) -> None:
        """Take note that no more bytes come."""
        if self._gzip is not None and self.problem is None and not self._gzip.eof:
            self.problem = "its gzip data ends too early"

"""The server: `python -m scripts.benchmark.server`, on a loopback port of its own.

It sends bytes that were prepared before the first request, so that the client is what is measured.
 It prints its address, and ends when its standard input does.
"""

import asyncio
import json
import re
import sys
import time
from collections import Counter
from functools import partial
from urllib.parse import parse_qs, urlsplit

from scripts.benchmark import IMAGES, PAGES, PER_PAGE, SLUG

_REGIONS = ["nyc1", "nyc3", "ams3", "sfo3", "sgp1", "lon1", "fra1", "tor1", "blr1", "syd1"]


def image(number: int) -> dict[str, object]:
    """Return one image as the API shows it."""
    return {
        "id": SLUG + number,
        "name": f"nightly of db-{number:05d}, before the migration",
        "type": "snapshot",
        "distribution": ("Ubuntu", "Debian", "Rocky Linux")[number % 3],
        "slug": f"backup-{number}" if number % 5 == 0 else None,
        "public": False,
        "regions": _REGIONS[: 1 + number % len(_REGIONS)],
        "created_at": f"2026-05-{1 + number % 28:02d}T{number % 24:02d}:23:02Z",
        "min_disk_size": 20 + number % 60,
        "size_gigabytes": 2.34 + number % 100,
        "description": "",
        "tags": ["nightly", f"db-{number % 40}"][: number % 3],
        "status": "available",
        "error_message": "",
    }


def page(base: str, number: int) -> dict[str, object]:
    """Return one page of the list, with the links that the API gives."""
    first = (number - 1) * PER_PAGE
    link = f"{base}/v2/images?page={{}}&per_page={PER_PAGE}"
    pages = {"last": link.format(PAGES), "next": link.format(number + 1)}
    return {
        "images": [image(first + offset) for offset in range(PER_PAGE)],
        "links": {"pages": pages if number < PAGES else {"first": link.format(1)}},
        "meta": {"total": IMAGES},
    }


def response(body: object) -> bytes:
    """Return a whole HTTP response, with all the headers that the API sends."""
    content = json.dumps(body, separators=(",", ":")).encode()
    head = (
        "HTTP/1.1 200 OK\r\n"
        "content-type: application/json; charset=utf-8\r\n"
        f"content-length: {len(content)}\r\n"
        "date: Tue, 24 Nov 2026 10:00:00 GMT\r\n"
        "ratelimit-limit: 5000\r\n"
        "ratelimit-remaining: 4816\r\n"
        "ratelimit-reset: 1795514400\r\n"
        "x-request-id: 2a1c8f3e-61a2-44f9-9c4e-0b1f4a3c7d52\r\n"
        "\r\n"
    )
    return head.encode() + content


class State:
    """The responses, their latency, and the counts of requests."""

    def __init__(self, base: str) -> None:
        self.pages = {str(number): response(page(base, number)) for number in range(1, PAGES + 1)}
        self.image = response({"image": image(0)})
        self.latency = 0.0
        self.counts = Counter[str]()

    def answer(self, target: str) -> bytes:
        """Return the response to a request for a path and its query."""
        url = urlsplit(target)
        path = re.sub(r"//+", "/", url.path).rstrip("/")
        if path == "/control":
            return self._control(parse_qs(url.query))
        self.counts[re.sub(r"\d+", "{id}", path)] += 1
        if path == "/v2/images":
            return self.pages[parse_qs(url.query).get("page", ["1"])[0]]
        return self.image

    def _control(self, query: dict[str, list[str]]) -> bytes:
        """Set the latency in seconds, and return the counts since it was last set."""
        counted = {"counts": dict(self.counts), "cpu": time.process_time()}
        self.counts.clear()
        self.latency = float(query["latency"][0])
        return response(counted)


class Connection(asyncio.Protocol):
    """One keep-alive connection; requests have no body."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the socket."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer each whole request."""
        self._buffer += data
        while b"\r\n\r\n" in self._buffer:
            head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
            answer = self._state.answer(head.split(b" ", 2)[1].decode())
            if self._state.latency and not head.startswith(b"GET /control"):
                asyncio.get_running_loop().call_later(self._state.latency, self._send, answer)
            else:
                self._send(answer)

    def _send(self, answer: bytes) -> None:
        self._transport.write(answer)


async def main() -> None:
    """Serve until standard input ends."""
    loop = asyncio.get_running_loop()
    states: list[State] = []
    server = await loop.create_server(lambda: Connection(states[0]), "127.0.0.1", 0)
    base = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    states.append(State(base))
    print(base, flush=True)
    await loop.run_in_executor(None, partial(sys.stdin.read))


if __name__ == "__main__":
    asyncio.run(main())

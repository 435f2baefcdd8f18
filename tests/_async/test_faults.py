"""The tables of docs/faults.md, row by row, on a real socket."""

import gzip
import re
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import formatdate
from pathlib import Path
from typing import Protocol

import pytest

from do_images import Action, APIError, AsyncClient, Image
from tests.hostile import (
    HostileServer,
    Peer,
    Script,
    answer,
    broken_chunks,
    close_unanswered,
    cut,
    dripped,
    gzipped,
    refusing_port,
    replies,
    reset_unanswered,
    stall_half_way,
    stall_unanswered,
    zipped_bomb,
)
from tests.support import TOKEN, AsyncVirtualClock, Json

pytestmark = pytest.mark.anyio

DOCUMENT = Path(__file__).parents[2] / "docs" / "faults.md"
CAP = 1 << 16

BEGUN = datetime.fromtimestamp(AsyncVirtualClock().start, UTC).isoformat()
IMAGE: dict[str, Json] = {"id": 1, "name": "golden", "created_at": "2026-01-01T00:00:00Z"}
ACTION: dict[str, Json] = {"id": 9, "status": "in-progress", "started_at": BEGUN}
TRANSFER: dict[str, Json] = {**ACTION, "type": "transfer", "region_slug": "nyc3"}
CONVERT: dict[str, Json] = {**ACTION, "type": "convert"}

# What serves as every answer: a fault does not care what it was that was asked for.
ALL: dict[str, Json] = {"image": IMAGE, "action": TRANSFER, "actions": [TRANSFER, CONVERT]}
GOOD = answer(ALL, date=formatdate(AsyncVirtualClock().start, usegmt=True))
HTML = b"<html><h1>It is all broken</h1></html>"

# How long a request may take where the fault is that it takes too long.
SHORT, LONG = 0.3, 5.0


class Call(Protocol):
    async def __call__(self, do: AsyncClient, /) -> object: ...


async def _info(do: AsyncClient) -> object:
    return await do.image.info(1)


async def _transfer(do: AsyncClient) -> object:
    return await do.image.transfer(1, "nyc3")


async def _convert(do: AsyncClient) -> object:
    return await do.image.convert(1)


async def _update(do: AsyncClient) -> object:
    return await do.image.update(1, "golden")


async def _destroy(do: AsyncClient) -> object:
    await do.image.destroy(1)
    return None


async def _create(do: AsyncClient) -> object:
    url = "https://example.com/golden.qcow2"
    return await do.image.create(name="golden", url=url, region="nyc3")


async def _account_transfer(do: AsyncClient) -> object:
    return await do.image.account_transfer(1, recipient_email="ops@example.com")


CALLS: Mapping[str, Call] = {
    "info": _info,
    "transfer": _transfer,
    "convert": _convert,
    "update": _update,
    "destroy": _destroy,
    "create": _create,
    "account_transfer": _account_transfer,
}


def _status(status: int, retry_after: str = "1") -> Script:
    body: dict[str, Json] = {"id": "broken", "message": "It is broken."}
    return replies(answer(body, status, retry_after=retry_after))


def _elsewhere(peer: Peer) -> None:
    peer.request()
    peer.send(answer(b"", 302, location="https://example.com/v2/images/1"))


EVERY_TIME: Mapping[str, Script | None] = {
    "connection refused": None,
    "connection reset before an answer": reset_unanswered,
    "connection closed before an answer": close_unanswered,
    "no answer within `timeout`": stall_unanswered,
    "an answer a byte at a time": dripped(GOOD),
    "a body that stalls half-way": stall_half_way(GOOD, 20),
    "a body that breaks off": cut(GOOD, 20),
    "a chunk of no size": broken_chunks,
    "a length that is too short": replies(answer(ALL, length=40)),
    "something that is not HTTP": replies(b"SSH-2.0-OpenSSH_9.9\r\n\r\n"),
    "200, an empty body": replies(answer()),
    "200, a page of HTML": replies(answer(HTML)),
    "200, JSON that is no object": replies(answer(b"[]")),
    "200, bytes that are not UTF-8": replies(answer(GOOD[GOOD.index(b"{") :] + b"\xff\xfe")),
    "200, no envelope": replies(answer({**IMAGE, **TRANSFER})),
    "200, a field of another type": replies(
        answer({"image": {**IMAGE, "id": "1"}, "action": {**TRANSFER, "id": "9"}, "actions": 5})
    ),
    "200, more than `max_body` bytes": replies(answer(b" " * (CAP + 1))),
    "200, few bytes that unpack to many": replies(zipped_bomb(1 << 22)),
    "200, gzip that is none": replies(gzipped(gzip.compress(b"{}")[5:])),
    "200, in another encoding than gzip": replies(answer(ALL, content_encoding="br")),
    "200, packed twice": replies(answer(ALL, content_encoding="gzip, gzip")),
    "a second response after each": replies(GOOD + GOOD),
    "a cookie that is not ASCII": replies(GOOD.replace(b"\r\n", b"\r\nset-cookie: a=\xe9\r\n", 1)),
    **{f"{status}": _status(status) for status in (400, 401, 403, 404, 408, 409, 422, 429)},
    "429 that names more than 60 s": _status(429, retry_after="61"),
    **{f"{status}": _status(status) for status in (500, 501, 503, 522)},
    "502 with a proxy's HTML": replies(answer(HTML, 502, content_type="text/html")),
    "504 without a body": replies(answer(b"", 504)),
    "a redirect to another origin": _elsewhere,
    "a redirect in a circle": replies(answer(b"", 307, location="/v2/images/1")),
}

ONCE: Mapping[str, bytes | None] = {
    "connection reset before an answer": None,
    "503": answer(b"", 503),
    "429": answer(b"", 429),
    "a redirect to another path": answer(b"", 308, location="/v2/images/1?again=1"),
}


def _table(heading: str) -> list[list[str]]:
    section = DOCUMENT.read_text().partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    rows = [line.strip("|").split(" | ") for line in section.splitlines() if line[:2] == "| "]
    return [[cell.strip() for cell in row] for row in rows[1:]]


ROWS = _table("Every time")
ROWS_ONCE = _table("Once")


def test_the_tables_show_what_is_tested() -> None:
    assert sorted(row[0] for row in ROWS) == sorted(EVERY_TIME), "each once"
    assert {row[0] for row in ROWS_ONCE} == {*ONCE}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
async def test_every_time(row: list[str]) -> None:
    fault, of_info, sent_by_info, of_transfer, sent_by_transfer = row
    slow = of_info == "`APITimeoutError`"
    for call, wanted, sent in (
        (_info, of_info, sent_by_info),
        (_transfer, of_transfer, sent_by_transfer),
    ):
        script = EVERY_TIME[fault]
        if script is None:
            with refusing_port() as port:
                outcome, _ = await _outcome(call, f"http://127.0.0.1:{port}", LONG)
            assert (outcome, "none") == (wanted, sent)
            continue
        with HostileServer(script) as server:
            outcome, _ = await _outcome(call, server.url, SHORT if slow else LONG)
        assert (outcome, _methods(server)) == (wanted, sent)


@pytest.mark.parametrize("row", ROWS_ONCE, ids=lambda row: " ".join(row[:2]))
async def test_once(row: list[str]) -> None:
    fault, called, wanted, sent = row
    name = re.findall(r"`do\.image\.(\w+)", called)[0]
    with HostileServer(_once(ONCE[fault]), replies(GOOD)) as server:
        outcome, value = await _outcome(CALLS[name], server.url, LONG)
    assert (outcome, _methods(server)) == (wanted, sent)
    if isinstance(value, Action):
        assert value.id == 9
    if isinstance(value, Image):
        assert value.name == "golden"


def _once(fault: bytes | None) -> Script:
    """The fault first, then the good answers of a server that had done the work all the same."""

    def script(peer: Peer) -> None:
        peer.request()
        if fault is None:
            return peer.reset()
        peer.send(fault)
        while True:
            method = peer.request().method
            peer.send(answer({"message": "gone"}, 404) if method == "DELETE" else GOOD)

    return script


async def _outcome(call: Call, url: str, timeout: float) -> tuple[str, object]:
    """What came of a call, in the words of the tables, and what it returned."""
    clock = AsyncVirtualClock()
    async with AsyncClient(TOKEN, base_url=url, timeout=timeout, max_body=CAP, clock=clock) as do:
        try:
            value = await call(do)
        except APIError as error:
            name = f"`{type(error).__name__}`"
            if "was started is not known" in str(error):
                return f"{name}, not known", None
            if "may have been carried out" in str(error):
                return f"{name}, perhaps carried out", None
            return name, None
    kinds = {"Action": "the action", "Image": "the image", "NoneType": "nothing more: it is gone"}
    return kinds[type(value).__name__], value


def _methods(server: HostileServer) -> str:
    counts = Counter(server.methods)
    return ", ".join(f"{counts[method]} {method}" for method in counts)

"""The limit of the server alone: a bare socket sends requests and discards the responses."""

import re
import socket
import time

from scripts.benchmark import PAGES, SLUG

__all__ = ["ceiling"]

_TIMES = 1000


def ceiling(base: str) -> list[tuple[str, str, str]]:
    """Measure requests per second over one connection: no client can be faster."""
    host, _, port = base.removeprefix("http://").partition(":")
    rows: list[tuple[str, str, str]] = []
    with socket.create_connection((host, int(port))) as connection:
        for what, path, times in (
            ("one image", f"/v2/images/{SLUG}", _TIMES),
            ("a page of 200", "/v2/images?page=1", _TIMES),
        ):
            request = f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()
            began = time.perf_counter()
            for _ in range(times):
                _exchange(connection, request)
            took = (time.perf_counter() - began) / times
            rate = f"{1 / took:,.0f} requests a second, {took * 1e6:.0f} us each"
            rows.append((f"the server alone: {what}", rate, ""))
    rows.append(("pages of a list", str(PAGES), ""))
    return rows


def _exchange(connection: socket.socket, request: bytes) -> None:
    connection.sendall(request)
    got = b""
    while b"\r\n\r\n" not in got:
        got += connection.recv(1 << 18)
    head, _, body = got.partition(b"\r\n\r\n")
    length = re.search(rb"content-length: (\d+)", head)
    assert length is not None
    left = int(length[1]) - len(body)
    while left > 0:
        left -= len(connection.recv(1 << 18))

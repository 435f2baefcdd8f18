"""Soak test: many workers against a loopback server that breaks one request in four.

    python scripts/soak.py [--seconds 20] [--workers 200]

Half of the workers are threads with a `Client`, half are tasks with an `AsyncClient`. Each starts
transfers of images of its own, waits for some, reads images, and is cancelled now and then. The
server, a process of its own on a loopback port, drops, resets, delays and cuts, and answers 429 and
5xx, before or after it has carried a request out; so it knows what really happened.

Prints what was doubled, lost, wrong or foreign, and what is left of connections, descriptors,
threads and memory, and exits with 1 where any of it is not as it should be.
"""

import argparse
import asyncio
import gc
import json
import multiprocessing
import os
import random
import re
import socket
import struct
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from email.utils import formatdate
from multiprocessing.connection import Connection

from do_images import Action, AsyncClient, Client, DOImagesError

_TOKEN = "dop_v1_" + "50a4" * 16
_CLIENT_TIMEOUT = 2.0
# Longer than a client waits for a response.
_STALL = 3.0
_REGIONS = ("ams3", "fra1", "nyc3", "sgp1")
# A bound in count: no worker makes more calls.
_MOST_CALLS = 20_000
# Which share of requests goes wrong, and how.
_FAULTS = 0.25
_KINDS = ("drop", "reset", "delay", "cut", "429", "500", "503")
_WORKERS_A_CLIENT = 10

_Started = dict[int, list[tuple[int, str]]]

# ── The server ──────────────────────────────────────────────────────────────────────────────


@dataclass
class _Server:
    """A small part of the API, and what has happened there."""

    chance: random.Random
    started: _Started = field(default_factory=dict[int, list[tuple[int, str]]])
    """The actions of each image: id and region."""
    began: dict[int, float] = field(default_factory=dict[int, float])
    open: int = 0
    requests: int = 0
    faults: Counter[str] = field(default_factory=Counter[str])

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serves one connection until it ends."""
        self.open += 1
        try:
            while await self._one(reader, writer):
                pass
        except (OSError, asyncio.IncompleteReadError):
            pass  # the client went away
        finally:
            self.open -= 1
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """One request; returns whether the connection goes on."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        length = re.search(r"(?im)^content-length: *(\d+)", head)
        body = await reader.readexactly(int(length[1])) if length else b""
        method, target, _ = head.split(" ", 2)
        self.requests += 1
        fault = self.chance.choice(_KINDS) if self.chance.random() < _FAULTS else ""
        self.faults[fault] += 1
        # Half of the 5xx are from a proxy that never passed the request on.
        executed = fault not in {"drop", "429"} and (fault != "503" or self.chance.random() < 0.5)
        status, document = self._carry_out(method, target, body) if executed else (200, {})
        if fault in {"429", "500", "503"}:
            status, document = int(fault), {"id": "trouble", "message": "so it goes"}
        response = _response(status, document, retry_after=fault == "429")
        if fault == "delay":
            await asyncio.sleep(self.chance.uniform(0.0, _STALL))
        if fault == "cut":
            response = response[: self.chance.randrange(1, len(response))]
        if fault in {"drop", "reset"}:
            connection: socket.socket = writer.get_extra_info("socket")
            if fault == "reset":
                linger = struct.pack("ii", 1, 0)
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            return False
        writer.write(response)
        await writer.drain()
        return fault != "cut"

    def _carry_out(self, method: str, target: str, body: bytes) -> tuple[int, dict[str, object]]:
        parts = target.partition("?")[0].strip("/").split("/")
        image = int(parts[2])
        actions = self.started.setdefault(image, [])
        if method == "POST":
            action = len(self.began) + 1
            self.began[action] = time.time()
            actions.append((action, json.loads(body)["region"]))
            return 201, {"action": self._action(image, *actions[-1])}
        if len(parts) == 3:
            created = "2026-01-01T00:00:00Z"
            return 200, {"image": {"id": image, "name": f"image {image}", "created_at": created}}
        shown = [self._action(image, *action) for action in reversed(actions)]
        if len(parts) == 4:
            return 200, {"actions": shown, "links": {}, "meta": {"total": len(shown)}}
        found = [action for action in shown if action["id"] == int(parts[4])]
        return (200, {"action": found[0]}) if found else (404, {"id": "not_found", "message": ""})

    def _action(self, image: int, action: int, region: str) -> dict[str, object]:
        began = self.began[action]
        ended = time.time() > began + 0.5 + action % 10 / 5
        return {
            "id": action,
            "status": "completed" if ended else "in-progress",
            "type": "transfer",
            "started_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(began)),
            "completed_at": None,
            "resource_id": image,
            "resource_type": "image",
            "region": None,
            "region_slug": region,
        }


def _response(status: int, document: object, *, retry_after: bool) -> bytes:
    body = json.dumps(document).encode()
    lines = [
        f"HTTP/1.1 {status} X",
        f"date: {formatdate(usegmt=True)}",
        "content-type: application/json",
        f"content-length: {len(body)}",
        *(["retry-after: 1"] if retry_after else []),
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body


def _serve(pipe: Connection) -> None:
    """Runs the server until the pipe brings a message; then sends back what happened."""
    server = _Server(random.Random(1))  # noqa: S311 - chooses faults, guards no secret

    async def main() -> None:
        listener = await asyncio.start_server(server.connected, "127.0.0.1", 0, backlog=1024)
        pipe.send(listener.sockets[0].getsockname()[1])
        await asyncio.to_thread(pipe.recv)
        # What the clients closed the server sees a moment later.
        for _ in range(40):
            if server.open:
                await asyncio.sleep(0.05)
        pipe.send((server.started, server.open, server.requests, server.faults))
        listener.close()

    asyncio.run(main())


# ── The workers ─────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _Transfer:
    """What a transfer came to: so little that the log does not count as growth."""

    image: int
    region: str
    failed: bool
    unknown: bool
    action: int | None
    wrong: bool

    @classmethod
    def of(cls, image: int, region: str, outcome: Action | DOImagesError) -> "_Transfer":
        """Return what is kept of an outcome."""
        failed = isinstance(outcome, DOImagesError)
        action = outcome.action if isinstance(outcome, DOImagesError) else outcome
        wrong = action is not None and (action.resource_id, action.region_slug) != (image, region)
        return cls(
            image, region, failed, "not known" in str(outcome), action.id if action else None, wrong
        )


@dataclass
class _Log:
    """What the calls came to; workers append, one thread counts."""

    transfers: list[_Transfer] = field(default_factory=list[_Transfer])
    foreign: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    """Images that answered for another one."""
    calls: int = 0
    cancelled: int = 0
    unexpected: list[str] = field(default_factory=list[str])


class _Work:
    """Chooses what a worker does next; its images belong to no other worker."""

    def __init__(self, number: int, log: _Log, until: float) -> None:
        self.chance = random.Random(number)  # noqa: S311 - chooses calls, guards no secret
        self.log, self.until = log, until
        self._images = iter(range(1 + number * _MOST_CALLS, 1 + (number + 1) * _MOST_CALLS))

    def next(self) -> tuple[str, int, str] | None:
        """Return a kind of call, an image and a region; None at the end."""
        image = next(self._images, None)
        if image is None or time.monotonic() > self.until:
            return None
        self.log.calls += 1
        kind = self.chance.choices(("transfer", "wait", "info", "cancel"), (4, 1, 4, 1))[0]
        return kind, image, self.chance.choice(_REGIONS)

    def failed(self, kind: str, image: int, region: str, error: Exception) -> None:
        """Takes in what a call raised."""
        if not isinstance(error, DOImagesError):
            self.log.unexpected.append(repr(error))
        elif kind in {"transfer", "wait"}:
            self.log.transfers.append(_Transfer.of(image, region, error))

    def answered(self, image: int, found: int) -> None:
        """Takes in an image that was read."""
        if found != image:
            self.log.foreign.append((image, found))


def _thread(do: Client, work: _Work) -> None:
    while (step := work.next()) is not None:
        kind, image, region = step
        try:
            if kind in {"transfer", "wait"}:
                wait = kind == "wait"
                action = do.image.transfer(image, region, wait=wait, poll=1, timeout=10)
                work.log.transfers.append(_Transfer.of(image, region, action))
            else:
                work.answered(image, do.image.info(image).id)
        except Exception as error:  # noqa: BLE001 - what is not ours is counted
            work.failed(kind, image, region, error)


async def _task(do: AsyncClient, work: _Work) -> None:
    while (step := work.next()) is not None:
        kind, image, region = step
        try:
            if kind in {"transfer", "wait"}:
                wait = kind == "wait"
                action = await do.image.transfer(image, region, wait=wait, poll=1, timeout=10)
                work.log.transfers.append(_Transfer.of(image, region, action))
            else:
                limit = work.chance.uniform(0.0, 0.02) if kind == "cancel" else None
                async with asyncio.timeout(limit):
                    work.answered(image, (await do.image.info(image)).id)
        except TimeoutError as error:
            if isinstance(error, DOImagesError):
                work.failed(kind, image, region, error)
            else:
                work.log.cancelled += 1
        except Exception as error:  # noqa: BLE001 - what is not ours is counted
            work.failed(kind, image, region, error)


def _threads(url: str, works: list[_Work]) -> None:
    clients: list[Client] = []
    threads: list[threading.Thread] = []
    for place, work in enumerate(works):
        if place % _WORKERS_A_CLIENT == 0:
            clients.append(Client(_TOKEN, base_url=url, timeout=_CLIENT_TIMEOUT))
        threads.append(threading.Thread(target=_thread, args=(clients[-1], work)))
        threads[-1].start()
    for thread in threads:
        thread.join()
    for client in clients:
        client.close()


async def _tasks(url: str, works: list[_Work]) -> None:
    clients: list[AsyncClient] = []
    async with asyncio.TaskGroup() as group:
        for place, work in enumerate(works):
            if place % _WORKERS_A_CLIENT == 0:
                clients.append(AsyncClient(_TOKEN, base_url=url, timeout=_CLIENT_TIMEOUT))
            group.create_task(_task(clients[-1], work))
    for client in clients:
        await client.aclose()


# ── The report ──────────────────────────────────────────────────────────────────────────────


@dataclass
class Report:
    """What a soak came to."""

    calls: int
    requests: int
    faults: dict[str, int]
    transfers: int
    failed: int
    unknown: int
    """Transfers whose outcome the client does not know."""
    unknown_started: int
    """Those of them that really started."""
    cancelled: int
    doubled: int
    lost: int
    """Started although the error says otherwise, or not started although an action was returned."""
    wrong: int
    foreign: int
    unexpected: list[str]
    connections: int
    """Still open at the server after the clients were closed."""
    descriptors: tuple[int, int]
    threads: tuple[int, int]
    memory: tuple[float, float]
    """MB before, and after the clients were closed."""

    def problems(self) -> list[str]:
        """Return what is not as it should be."""
        found = [
            f"{name}: {count}"
            for name in ("doubled", "lost", "wrong", "foreign", "connections")
            if (count := getattr(self, name))
        ]
        found += self.unexpected[:5]
        if self.descriptors[1] > self.descriptors[0]:
            found.append(f"descriptors: {self.descriptors}")
        if self.threads[1] > self.threads[0]:
            found.append(f"threads: {self.threads}")
        if self.memory[1] > self.memory[0] * 1.1 + 16:
            found.append(f"memory: {self.memory}")
        return found


def _report(
    log: _Log,
    server: tuple[_Started, int, int, Counter[str]],
    before: tuple[int, int, float],
) -> Report:
    started, connections, requests, faults = server
    unknown = unknown_started = lost = 0
    for transfer in log.transfers:
        actions = started.get(transfer.image, [])
        if transfer.action is not None:
            lost += (transfer.action, transfer.region) not in actions
        elif transfer.unknown:
            unknown += 1
            unknown_started += bool(actions)
        else:
            lost += bool(actions)
    gc.collect()
    after = _descriptors(), threading.active_count(), _memory()
    return Report(
        calls=log.calls,
        requests=requests,
        faults={kind: faults[kind] for kind in _KINDS},
        transfers=len(log.transfers),
        failed=sum(transfer.failed for transfer in log.transfers),
        unknown=unknown,
        unknown_started=unknown_started,
        cancelled=log.cancelled,
        doubled=sum(len(actions) > 1 for actions in started.values()),
        lost=lost,
        wrong=sum(transfer.wrong for transfer in log.transfers),
        foreign=len(log.foreign),
        unexpected=log.unexpected,
        connections=connections,
        descriptors=(before[0], after[0]),
        threads=(before[1], after[1]),
        memory=(before[2], after[2]),
    )


def _descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - one more descriptor would count


def _memory() -> float:
    with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123 - as above
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def soak(seconds: float, workers: int) -> Report:
    """Runs the workers for so many seconds, and returns what it came to."""
    context = multiprocessing.get_context("spawn")
    pipe, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs,), daemon=True)
    process.start()
    url = f"http://127.0.0.1:{pipe.recv()}"
    # Threads, imports and caches of a first second are no growth.
    _run(url, _Log(), 1.0, range(workers, 2 * workers))
    gc.collect()
    before = _descriptors(), threading.active_count(), _memory()
    log = _Log()
    _run(url, log, seconds, range(workers))
    pipe.send("stop")
    try:
        return _report(log, pipe.recv(), before)
    finally:
        process.join(5)
        process.kill()
        pipe.close()


def _run(url: str, log: _Log, seconds: float, numbers: Sequence[int]) -> None:
    until = time.monotonic() + seconds
    works = [_Work(number, log, until) for number in numbers]
    thread = threading.Thread(target=_threads, args=(url, works[::2]))
    thread.start()
    asyncio.run(_tasks(url, works[1::2]))
    thread.join()


def main() -> None:
    """Runs from the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seconds", type=_between(1, 3600), default=180)
    parser.add_argument("--workers", type=_between(2, 1000), default=200)
    options = parser.parse_args()
    report = soak(options.seconds, options.workers)
    for name, value in vars(report).items():
        print(f"{name:16}{value}")
    problems = report.problems()
    print("problems:", "; ".join(problems) or "none")
    sys.exit(bool(problems))


def _between(least: int, most: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        value = int(text)
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"between {least} and {most}")
        return value

    return number


if __name__ == "__main__":
    main()

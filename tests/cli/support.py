"""Runs the command in process against a fake, or in a real pseudo-terminal as a process."""

import fcntl
import json
import os
import pty
import select
import struct
import subprocess
import sys
import termios
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from io import BytesIO, TextIOWrapper
from time import monotonic
from typing import Any, NamedTuple

import httpx
import pyte

from do_images import Client, Clock
from do_images.cli import _commands as commands
from do_images.cli._settings import Connect, Connection, Settings
from do_images.testing import FakeDigitalOcean

__all__ = ["SNAPSHOT", "Done", "Terminal", "reach", "run"]

SNAPSHOT = 7555620
# Variables that change the output, and may be set where the tests run.
VARIABLES = ("COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE")


class Done(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The document on stdout."""
        return json.loads(self.out)

    @property
    def error(self) -> Any:
        """The document on stderr."""
        return json.loads(self.err)["error"]


def reach(
    fake: FakeDigitalOcean,
    token: str | None = None,
    clock: Clock | None = None,
    transport: httpx.BaseTransport | None = None,
) -> Connect:
    """The way to a fake, in its own time."""
    time = clock or fake.clock

    @contextmanager
    def connect(_: Settings) -> Generator[Connection]:
        http = httpx.Client(transport=transport or fake.transport)
        with http, Client(token or fake.token(), http_client=http, clock=time) as do:
            yield Connection(do, time.monotonic)

    return connect


def run(
    *arguments: object,
    to: FakeDigitalOcean | Connect | None = None,
    env: dict[str, str] | None = None,
    charset: str = "utf-8",
) -> Done:
    """Run a command line in process; without `to` it connects as a user's does."""
    connect = reach(to) if isinstance(to, FakeDigitalOcean) else to
    streams = [TextIOWrapper(BytesIO(), charset) for _ in range(3)]
    before = (sys.stdin, sys.stdout, sys.stderr, dict(os.environ))
    try:
        for name in VARIABLES:
            os.environ.pop(name, None)
        os.environ.update(env or {})
        sys.stdin, sys.stdout, sys.stderr = streams
        code = commands.run([*map(str, arguments)], connect)
    finally:
        sys.stdin, sys.stdout, sys.stderr, environ = before
        os.environ.clear()
        os.environ.update(environ)
    texts: list[str] = []
    for stream in streams[1:]:
        stream.seek(0)
        texts.append(stream.read())
    return Done(code, *texts)


class Terminal:
    """A pseudo-terminal with the command in it, and what a person sees there."""

    def __init__(
        self,
        *arguments: object,
        columns: int = 80,
        env: dict[str, str] | None = None,
        program: Sequence[str] = (sys.executable, "-m", "do_images"),
    ) -> None:
        self.screen = pyte.Screen(columns, 30)
        self.raw = b""
        self.frames: list[list[str]] = []
        self._stream = pyte.ByteStream(self.screen)
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 30, columns, 0, 0))
        kept = {name: value for name, value in os.environ.items() if name not in VARIABLES}
        # Who opens a terminal as the first of a session gets its Ctrl-C as a signal.
        shell = ["sh", "-c", 'exec "$@" <>"$0" >&0 2>&1', os.ttyname(slave)]
        self._process = subprocess.Popen(
            [*shell, *program, *map(str, arguments)],
            env={**kept, "TERM": "xterm-256color", **(env or {})},
            start_new_session=True,
        )
        self.until(bool)  # by now the process has opened it
        os.close(slave)

    @property
    def lines(self) -> list[str]:
        """What the screen shows, without empty lines."""
        return [line.rstrip() for line in self.screen.display if line.strip()]

    def until(self, seen: Callable[[Sequence[str]], bool]) -> None:
        """Reads on until the screen shows it."""
        deadline = monotonic() + 30
        while not seen(self.lines):
            assert monotonic() < deadline, self.lines
            assert self._read(), self.lines

    def press(self, keys: bytes) -> None:
        """What a person types."""
        os.write(self._master, keys)

    def end(self) -> int:
        """Reads to the end; returns the exit code."""
        while self._read():
            pass
        os.close(self._master)
        return self._process.wait(30)

    def _read(self) -> bool:
        if not select.select([self._master], [], [], 30)[0]:
            return False
        try:
            piece = os.read(self._master, 1 << 16)
        except OSError:  # Linux's way to say that the other side is closed
            return False
        self.raw += piece
        self._stream.feed(piece)
        self.frames.append(self.lines)
        return bool(piece)

"""`python -m do_images.testing`: the fake on a port, until Ctrl-C."""

import argparse
import signal
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from threading import Event
from types import FrameType

from do_images.testing import QUIRKS, FakeDigitalOcean, Request


def _arguments(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m do_images.testing",
        description="Serve a fake of DigitalOcean's Images and Actions API.",
    )
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="address to listen on (127.0.0.1)")
    add("--port", type=int, default=8080, help="port to listen on; 0 takes a free one (8080)")
    add("--seed", type=int, default=0, help="determines all ids (0)")
    add("--seed-file", metavar="FILE", help="images, in the JSON of GET /v2/images")
    add(
        "--now",
        type=datetime.fromisoformat,
        metavar="TIME",
        help="when its time starts, such as 2026-01-31T12:00:00Z (the real time)",
    )
    add("--speed", type=float, default=1.0, help="how many times as fast as real time (1)")
    add("--quota", type=int, metavar="N", help="requests an hour that each token allows (5000)")
    add("--token", help="the only token that is accepted; by default any is")
    add("--one-transfer-at-a-time", action="store_true", help="an image being copied is busy")
    add("--log", action="store_true", help="write a line about each request to standard error")
    add(
        "--quirk",
        action="append",
        default=[],
        choices=[*QUIRKS],
        metavar="NAME",
        help="a quirk of the real API, such as null_tags; may be given again",
    )
    return parser.parse_args(given)


def _fake(arguments: argparse.Namespace) -> FakeDigitalOcean:
    fake = FakeDigitalOcean(
        seed=arguments.seed,
        now=arguments.now,
        empty=arguments.seed_file is not None,
        one_transfer_at_a_time=arguments.one_transfer_at_a_time,
        accept_any_token=arguments.token is None,
    )
    fake.token(value=arguments.token)
    fake.quirk(*arguments.quirk)
    if arguments.quota is not None:
        fake.quota(arguments.quota)
    if arguments.seed_file is not None:
        try:
            fake.load(Path(arguments.seed_file).read_bytes())
        except (OSError, ValueError) as error:
            raise ValueError(f"{arguments.seed_file}: {error}") from None
    return fake


class _Log:
    """Counts the requests, and writes a line about each if that is wanted."""

    def __init__(self, *, writes: bool) -> None:
        self.count = 0
        self._writes = writes

    def __call__(self, request: Request) -> None:
        self.count += 1
        if self._writes:
            status = "lost" if request.status is None else request.status
            sys.stderr.write(f"{request.method} {request.path}: {status}\n")


def main(given: Sequence[str] | None = None) -> int:
    """Serve until SIGINT or SIGTERM; return the exit code."""
    arguments = _arguments(given)
    stop = Event()

    def stopped(_signum: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stopped)
    log = _Log(writes=arguments.log)
    host, port, speed = arguments.host, arguments.port, arguments.speed
    try:
        fake = _fake(arguments)
        with fake.serve(port, speed=speed, host=host, on_request=log) as url:
            sys.stdout.write(f"The fake API listens at {url}\n")
            sys.stdout.flush()
            stop.wait()
    except (OSError, OverflowError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        sys.stderr.write(f"The fake API can't be served on port {port}: {reason}\n")
        return 1
    sys.stdout.write(f"{log.count} requests were answered.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""`python -m do_images.testing`: the fake on a loopback port, until Ctrl-C."""

import argparse
import signal
import sys
from collections.abc import Sequence
from threading import Event
from types import FrameType
from typing import get_args

from do_images.testing import FakeDigitalOcean, Quirk


def _arguments(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m do_images.testing",
        description="Serves a fake of DigitalOcean's Images and Actions API on 127.0.0.1.",
    )
    parser.add_argument("--port", type=int, default=8080, help="0 takes a free one (8080)")
    parser.add_argument("--seed", type=int, default=0, help="determines all ids (0)")
    parser.add_argument(
        "--speed", type=float, default=1.0, help="how many times as fast as real time (1)"
    )
    parser.add_argument("--token", help="the only one that is accepted; else any will do")
    parser.add_argument(
        "--one-transfer-at-a-time", action="store_true", help="an image being copied is busy"
    )
    parser.add_argument(
        "--quirk",
        action="append",
        default=[],
        choices=get_args(Quirk),
        metavar="NAME",
        help="an oddity of the real API, such as null_tags; may be given again",
    )
    return parser.parse_args(given)


def main(given: Sequence[str] | None = None) -> int:
    """Serves until SIGINT or SIGTERM; returns the exit code."""
    arguments = _arguments(given)
    fake = FakeDigitalOcean(
        seed=arguments.seed,
        one_transfer_at_a_time=arguments.one_transfer_at_a_time,
        accept_any_token=arguments.token is None,
    )
    fake.token(value=arguments.token)
    fake.quirk(*arguments.quirk)
    stop = Event()

    def stopped(_signum: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stopped)
    try:
        with fake.serve(arguments.port, speed=arguments.speed) as url:
            sys.stdout.write(f"The fake API listens at {url}\n")
            sys.stdout.flush()
            stop.wait()
    except (OSError, OverflowError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        sys.stderr.write(f"The fake API can't be served on port {arguments.port}: {reason}\n")
        return 1
    sys.stdout.write(f"{len(fake.requests)} requests were answered.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

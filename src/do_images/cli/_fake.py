"""`--fake`: an account to try the command on. It is made anew for each command."""

import time
from collections.abc import Generator, Iterable
from contextlib import contextmanager

import httpx

from do_images import Client
from do_images.cli._settings import Connection, Settings
from do_images.testing import FakeDigitalOcean

__all__ = ["pretend"]

SNAPSHOT, CUSTOM = 7555620, 7555622
# How long transfers take, in seconds of the fake's time: not all of them end together.
_TAKES = {"nyc3": 31, "ams3": 44, "sgp1": 57, "fra1": 38, "sfo3": 35, "syd1": 66}
_STEP = 0.05


class Pace:
    """The fake's time as people can watch it: sleeping takes real time, if less of it."""

    def __init__(self, fake: FakeDigitalOcean, speed: float) -> None:
        """`speed` is how many seconds pass in a real one; `inf` takes no real time."""
        self._fake = fake
        self._speed = speed

    def monotonic(self) -> float:
        """Seconds since the fake's beginning."""
        return self._fake.clock.monotonic()

    def time(self) -> float:
        """Unix seconds."""
        return self._fake.clock.time()

    def sleep(self, seconds: float, /) -> None:
        """Lets time pass in small steps, so that a clock on the screen runs smoothly."""
        while seconds > 0:
            step = min(seconds, self._speed * _STEP)
            time.sleep(step / self._speed)
            self._fake.advance(step)
            seconds -= step


def _account(fails: Iterable[str]) -> FakeDigitalOcean:
    """Three private images with a past, a running transfer, and an offer from another account."""
    fake = FakeDigitalOcean()
    with fake.client() as do:
        do.image.transfer(SNAPSHOT, "tor1", wait=True)
        fake.fail_next_action("blr1")
        do.image.transfer(SNAPSHOT, "blr1")
        fake.advance(60)
        fake.offer_image(name="from-another-team")
        do.image.account_transfer(
            fake.add_image(name="offered-by-us"), recipient_email="other@example.com"
        )
        fake.transfer_takes(50)
        fake.convert_takes(25)
        for region, seconds in _TAKES.items():
            fake.transfer_takes(seconds, region=region)
        do.image.transfer(CUSTOM, "lon1")
    for region in fails:
        fake.fail_next_action(region)
        fake.imports_fail("The image file is corrupt.")
    return fake


@contextmanager
def pretend(settings: Settings) -> Generator[Connection]:
    """A client of a new fake."""
    fake = _account(settings.fake_fail)
    pace = Pace(fake, settings.fake_speed)
    http = httpx.Client(transport=fake.transport, trust_env=False)
    with http, Client(fake.token(), http_client=http, clock=pace) as do:
        yield Connection(do, pace.monotonic)

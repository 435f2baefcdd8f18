"""A stand-in applies to the whole process; see `tests/_async/test_interception.py` for the rest."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import httpx
import pytest

from do_images import Client
from do_images._http.interception import StandIn, intercept
from do_images.testing import FakeDigitalOcean

FAKE = FakeDigitalOcean()


def _stand_in(name: str) -> StandIn:
    """A stand-in whose images have a name."""
    body = {"image": {"id": 1, "name": name, "created_at": "2024-05-01T12:00:00Z"}}
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json=body))
    return StandIn(transport, transport, FAKE.clock, FAKE.async_clock, "token")


def _answered() -> str:
    with Client() as do:
        return do.image.info(1).name


def test_it_applies_to_clients_of_other_threads() -> None:
    with ThreadPoolExecutor(1) as pool, intercept(_stand_in("golden")):
        assert pool.submit(_answered).result() == "golden"


def test_blocks_of_many_threads_do_not_disturb_each_other() -> None:
    barrier = Barrier(8)

    def work(number: int) -> None:
        for _ in range(50):
            barrier.wait()
            with intercept(_stand_in(str(number))):
                barrier.wait()
                assert _answered() in map(str, range(8))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    with pytest.raises(ValueError, match="DIGITALOCEAN_TOKEN"):
        Client()

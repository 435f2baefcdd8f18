"""One call, against httpx and `validate_json` by hand."""

import statistics
import time
from collections.abc import Callable

import httpx

from do_images import Client
from do_images.models import ImageResponse
from do_images.testing import FakeDigitalOcean

_ROUNDS, _CALLS = 7, 200


def single_calls() -> list[tuple[str, str, str]]:
    """CPU of `do.image.info`, as a ratio; the server's own CPU is on both sides."""
    with FakeDigitalOcean() as fake:
        fake.quota(10_000_000)
        token = fake.token()
        with (
            fake.serve() as url,
            Client(token, base_url=url) as do,
            httpx.Client(headers={"Authorization": f"Bearer {token}"}) as http,
        ):
            address = f"{url}/v2/images/7555620"

            def floor() -> object:
                return ImageResponse.model_validate_json(http.get(address).content).image

            def ours() -> object:
                return do.image.info(7555620)

            times: dict[str, list[float]] = {"floor": [], "ours": []}
            for _ in range(_ROUNDS):
                times["floor"].append(_cpu(floor))
                times["ours"].append(_cpu(ours))
    ratios = [ours / floor for ours, floor in zip(times["ours"], times["floor"], strict=True)]
    micros = statistics.median(times["ours"]) * 1e6
    measured = f"{statistics.median(ratios):.2f} times httpx + validate_json ({micros:.0f} us)"
    return [("info, CPU of the calling thread", measured, "1.10")]


def _cpu(call: Callable[[], object]) -> float:
    began = time.thread_time()
    for _ in range(_CALLS):
        call()
    return (time.thread_time() - began) / _CALLS

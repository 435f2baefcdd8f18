"""Waiting for many actions: requests as the fake counts them over loopback, time and CPU."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from itertools import pairwise

import httpx

from do_images import Action, AsyncClient, Client
from do_images.models import ActionsResponse
from do_images.testing import FakeDigitalOcean, Request

_RUNS = 5

_Rows = list[tuple[str, str, str]]
_Wait = Callable[[str, str, list[Action]], None]


def waiting() -> _Rows:
    """Measure waits in both clients."""
    rows: _Rows = []
    for name, wait in (("Client", _sync), ("AsyncClient", _async)):
        rows += _many_images(name, wait)
        rows += _one_image(name, wait)
    rows += _little_quota(None, "")
    # Where the account's list is refused, each image is a request.
    rows += _little_quota(["image:read"], ", image by image")
    rows += _far_reset()
    for name, round_ in (("Client", _sync_round), ("AsyncClient", _async_round)):
        rows += _image_by_image(name, round_)
    return rows + _thousand()


def _sync(url: str, token: str, actions: list[Action]) -> None:
    with Client(token, base_url=url) as do:
        do.action.wait_all(actions, poll=1, timeout=600)


def _async(url: str, token: str, actions: list[Action]) -> None:
    async def wait() -> None:
        async with AsyncClient(token, base_url=url) as do:
            await do.action.wait_all(actions, poll=1, timeout=600)

    asyncio.run(wait())


def _many_images(name: str, wait: _Wait) -> _Rows:
    with FakeDigitalOcean() as fake:
        images = [fake.add_image() for _ in range(200)]
        with fake.client() as do:
            fake.transfer_takes(3.0)
            actions = [do.image.transfer(image, "nyc3") for image in images]
        begun = len(fake.requests)
        with fake.serve() as url:
            took = _timed(lambda: wait(url, fake.token(), actions))
        measured = _per_round(fake.requests[begun:])
    return [
        (
            f"{name}: 200 actions on 200 images, requests a round",
            measured,
            "2; one for each action: 200",
        ),
        (f"{name}: the same, 3 s each, poll 1: time", f"{took:.2f} s", "4.5 s"),
    ]


def _one_image(name: str, wait: _Wait) -> _Rows:
    regions = ["ams3", "atl1", "blr1", "fra1", "lon1", "nyc2", "nyc3", "ric1"]
    regions += ["sfo2", "sfo3", "sgp1", "tor1"]
    with FakeDigitalOcean() as fake:
        image = fake.add_image()
        fake.transfer_takes(3.0)
        with fake.client() as do:
            actions = list(do.image.transfer_many(image, regions).values())
        begun = len(fake.requests)
        with fake.serve() as url:
            wait(url, fake.token(), actions)
        measured = _per_round(fake.requests[begun:])
    return [(f"{name}: {len(regions)} regions of one image, requests a round", measured, "1")]


def _per_round(requests: Sequence[Request]) -> str:
    """Return how many requests a polling round takes; rounds are a second apart."""
    times = [request.time for request in requests]
    rounds = 1 + sum(later - sooner > 0.5 for sooner, later in pairwise(times))
    return f"{len(times) / rounds:.1f} ({len(times)} in {rounds} rounds)"


def _little_quota(scopes: Sequence[str] | None, name: str) -> _Rows:
    with FakeDigitalOcean() as fake:
        images = [fake.add_image() for _ in range(300)]
        with fake.client() as do:
            fake.transfer_takes(3.0)
            actions = [do.image.transfer(image, "nyc3") for image in images]
        fake.quota(250, remaining=60, window=6.0)
        begun = len(fake.requests)
        token = fake.token(scopes)
        with fake.serve() as url:
            took = _timed(lambda: _sync(url, token, actions))
        statuses = [request.status for request in fake.requests[begun:]]
    measured = f"{statuses.count(429)} of {len(statuses)} requests, {took:.1f} s"
    return [(f"300 actions with 60 requests left{name}: responses of 429", measured, "0")]


def _far_reset() -> _Rows:
    with FakeDigitalOcean() as fake:
        images = [fake.add_image() for _ in range(300)]
        with fake.client() as do:
            fake.transfer_takes(6.0)
            actions = [do.image.transfer(image, "nyc3") for image in images]
        fake.quota(5000, remaining=60, window=3600)
        begun = len(fake.requests)
        with fake.serve() as url, Client(fake.token(), base_url=url) as do:
            took = _timed(partial(do.action.wait_all, actions, poll=1))
        statuses = [request.status for request in fake.requests[begun:]]
    measured = f"{took:.1f} s, {statuses.count(429)} of {len(statuses)} requests"
    name = "300 actions of 6 s, 60 requests left, reset in 1 h: time, responses of 429"
    return [(name, measured, "10 s, 0")]


_LATENCY = 0.05


class _Slow(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Answers as a fake does, after a while, whose requests it counts."""

    def __init__(self, fake: FakeDigitalOcean) -> None:
        self._fake = fake
        self.requests = 0

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests += 1
        target = request.url.raw_path.decode()
        response = self._fake.handle("GET", target, request.headers)
        return httpx.Response(response.status, headers=response.headers, content=response.content)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        time.sleep(_LATENCY)
        return self._answer(request)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(_LATENCY)
        return self._answer(request)


def _sync_round(transport: _Slow, token: str, actions: list[Action]) -> None:
    with httpx.Client(transport=transport) as http:
        Client(token, http_client=http).action.wait_all(actions, poll=1, timeout=60)


def _async_round(transport: _Slow, token: str, actions: list[Action]) -> None:
    async def wait() -> None:
        async with httpx.AsyncClient(transport=transport) as http:
            await AsyncClient(token, http_client=http).action.wait_all(actions, poll=1, timeout=60)

    asyncio.run(wait())


def _image_by_image(name: str, wait: Callable[[_Slow, str, list[Action]], None]) -> _Rows:
    """Measure one round: all actions have ended when it begins."""
    with FakeDigitalOcean() as fake:
        images = [fake.add_image() for _ in range(200)]
        with fake.client() as do:
            fake.transfer_takes(0.5)
            actions = [do.image.transfer(image, "nyc3") for image in images]
        fake.clock.sleep(1.0)
        transport = _Slow(fake)
        # The round begins a second after the call.
        took = _timed(lambda: wait(transport, fake.token(["image:read"]), actions)) - 1.0
    sequential = transport.requests * _LATENCY
    measured = f"{took:.2f} s, {took / sequential:.2f} of one after the other"
    return [(f"{name}: 200 images without actions:read, 50 ms: a round", measured, "0.25")]


def _thousand() -> _Rows:
    """Measure the CPU of the client alone: the responses are prepared, without a socket."""
    with FakeDigitalOcean() as fake:
        images = [fake.add_image() for _ in range(1000)]
        with fake.client() as do:
            fake.transfer_takes(1000.0)
            actions = [do.image.transfer(image, "nyc3") for image in images]
        prepared: dict[str, httpx.Response] = {}
        rounds = 20

        def answer(request: httpx.Request) -> httpx.Response:
            key = str(request.url)
            if key not in prepared:
                response = fake.handle(
                    "GET", request.url.raw_path.decode(), request.headers, request.content
                )
                prepared[key] = httpx.Response(200, content=response.content)
            return httpx.Response(200, content=prepared[key].content)

        async def wait(polls: int) -> float:
            http = httpx.AsyncClient(transport=httpx.MockTransport(answer))
            clock = fake.async_clock
            do = AsyncClient(fake.token(), http_client=http, clock=clock)
            began = time.process_time()
            try:
                await do.action.wait_all(actions, poll=1, timeout=polls)
            except ExceptionGroup:
                return time.process_time() - began
            raise AssertionError("the actions take longer than that")

        def validate() -> float:
            began = time.process_time()
            kept: list[ActionsResponse] = []
            for _ in range(rounds):
                # The newest state is kept until the next one comes, as a wait does.
                kept = [
                    ActionsResponse.model_validate_json(response.content, strict=True)
                    for response in prepared.values()
                ]
            assert kept
            return time.process_time() - began

        # The best of several runs: others use the machine too.
        spent = min(_run(wait(rounds + 1)) - _run(wait(1)) for _ in range(_RUNS)) / rounds
        floor = min(validate() for _ in range(_RUNS)) / rounds
    measured = (
        f"{spent * 1000:.1f} ms, {spent / floor:.2f} times validating the {len(prepared)} pages"
    )
    return [("1,000 actions, one AsyncClient: CPU a round", measured, "10 ms")]


def _run(awaitable: Awaitable[float]) -> float:
    async def main() -> float:
        return await awaitable

    return asyncio.run(main())


def _timed(call: Callable[[], object]) -> float:
    began = time.monotonic()
    call()
    return time.monotonic() - began

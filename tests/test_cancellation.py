"""Ctrl-C in a synchronous wait, and cancelling an asynchronous one: both end at once, and clean."""

import asyncio
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager

import httpx
import pytest
import respx

from do_images import Action, AsyncClient, Client
from do_images.testing import FakeDigitalOcean
from tests.support import TOKEN, AsyncVirtualClock, VirtualClock
from tests.waiting import action, action_response, image, image_json, page

SNAPSHOT = 7555620

# ── Ctrl-C ──────────────────────────────────────────────────────────────────────────────────


class Interrupted(VirtualClock):
    """Somebody presses Ctrl-C during one of the sleeps."""

    def __init__(self, sleep: int) -> None:
        super().__init__()
        self._left = sleep
        self.error = KeyboardInterrupt()

    def sleep(self, seconds: float, /) -> None:
        self._left -= 1
        if self._left == 0:
            raise self.error
        super().sleep(seconds)


def _wait(do: Client) -> object:
    return do.action.wait(action())


def _wait_all(do: Client) -> object:
    return do.action.wait_all([action(1), action(2)])


def _wait_for_image(do: Client) -> object:
    return do.image.wait(image())


def _transfer(do: Client) -> object:
    return do.image.transfer(1, "nyc3", wait=True)


def _transfer_many(do: Client) -> object:
    return do.image.transfer_many(1, ["nyc3", "ams3"], wait=True)


def _respond(request: httpx.Request) -> httpx.Response:
    """Return what never ends: an action in progress, a pending image."""
    if request.url.path == "/v2/images/1":
        return httpx.Response(200, json={"image": image_json("pending")})
    if request.method == "GET" and request.url.path.endswith("/actions"):
        return page()
    return action_response()


@pytest.fixture
def endless(respx_mock: respx.MockRouter) -> respx.Route:
    """The one route of all requests, where nothing ever ends; some waits don't get that far."""
    return respx_mock.route().mock(side_effect=_respond)


WAITS = [_wait, _wait_all, _wait_for_image, _transfer, _transfer_many]


@pytest.mark.parametrize("sleep", [1, 2, 3])
@pytest.mark.parametrize("wait", WAITS)
def test_ctrl_c_while_a_wait_sleeps_ends_it(
    wait: Callable[[Client], object], sleep: int, endless: respx.Route
) -> None:
    clock = Interrupted(sleep)
    threads = threading.active_count()
    with Client(TOKEN, clock=clock) as do:
        with pytest.raises(KeyboardInterrupt) as caught:
            wait(do)
        assert caught.value is clock.error
        assert threading.active_count() == threads
        requests = endless.call_count
        # Nothing is locked: the client is as good as before.
        assert do.image.info(1).id == 1
    assert endless.call_count == requests + 1


@pytest.mark.parametrize("wait", WAITS)
def test_ctrl_c_while_a_poll_is_on_its_way_ends_it(
    wait: Callable[[Client], object], endless: respx.Route
) -> None:
    error = KeyboardInterrupt()

    def respond(request: httpx.Request) -> httpx.Response:
        if clock.sleeps:
            raise error
        return _respond(request)

    clock = VirtualClock()
    endless.mock(side_effect=respond)
    with Client(TOKEN, clock=clock) as do:
        with pytest.raises(KeyboardInterrupt) as caught:
            wait(do)
        assert caught.value is error
        assert len(clock.sleeps) == 1


def test_ctrl_c_while_the_quota_is_used_up_ends_it(api: respx.MockRouter) -> None:
    api.get("/v2/images/1/actions/9").respond(429, headers={"retry-after": "600"})
    clock = Interrupted(2)
    with Client(TOKEN, clock=clock) as do:
        with pytest.raises(KeyboardInterrupt):
            _wait(do)
        assert clock.now < 600


_PROGRAM = """
import sys, threading
from do_images import Action, Client

url, body = sys.argv[1:]
action = Action.model_validate_json(body)
do = Client("token", base_url=url)
threading.Thread(target=do.action.wait, args=(action, 1, None), daemon=True).start()
try:
    do.action.wait(action, poll=60, timeout=None)
except KeyboardInterrupt:
    do.action.wait(Action.model_validate_json(body.replace("in-progress", "completed")))
    print("interrupted", do.image.info(7555620).id)
"""


@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize("hangs", [False, True])
def test_a_real_ctrl_c_ends_a_wait_while_other_threads_go_on(hangs: bool) -> None:
    fake = FakeDigitalOcean(accept_any_token=True)
    fake.transfer_takes(3600)
    with fake.client() as do:
        started = do.image.transfer(SNAPSHOT, "nyc3")
    if hangs:
        fake.fail_next("GET", "/v2/images/{id}/actions/{id}", delay=600, times=2)
    begin = len(fake.requests)
    # An action without a start time is polled at once.
    body = started.model_copy(update={"started_at": None}).model_dump_json()
    with fake.serve() as url, _python(_PROGRAM, url, body) as process:
        _until(lambda: len(fake.requests) >= begin + 2)
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=60)
    assert output.split() == ["interrupted", str(SNAPSHOT)]
    assert process.returncode == 0


@contextmanager
def _python(program: str, *arguments: str) -> Generator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", program, *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()  # where it did not end as it should


def _until(done: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not done():
        assert time.monotonic() < end, "it takes too long"
        time.sleep(0.01)


# ── Cancelled tasks ─────────────────────────────────────────────────────────────────────────


class Endless(AsyncVirtualClock):
    """Whoever sleeps here sleeps until cancelled."""

    def __init__(self) -> None:
        super().__init__()
        self.asleep = asyncio.Event()

    async def sleep(self, seconds: float, /) -> None:
        self.asleep.set()
        await asyncio.Event().wait()


async def _wait_async(do: AsyncClient) -> object:
    return await do.action.wait(action())


async def _wait_all_async(do: AsyncClient) -> object:
    return await do.action.wait_all([action(1), action(2)])


async def _wait_for_image_async(do: AsyncClient) -> object:
    return await do.image.wait(image())


async def _transfer_many_async(do: AsyncClient) -> object:
    return await do.image.transfer_many(1, ["nyc3", "ams3"], wait=True)


ASYNC_WAITS = [_wait_async, _wait_all_async, _wait_for_image_async, _transfer_many_async]


@pytest.mark.parametrize("wait", ASYNC_WAITS)
def test_a_cancelled_wait_ends_at_once(
    wait: Callable[[AsyncClient], Awaitable[object]], endless: respx.Route
) -> None:
    async def main() -> None:
        clock = Endless()
        async with AsyncClient(TOKEN, clock=clock) as do:
            task = asyncio.ensure_future(wait(do))
            await clock.asleep.wait()
            requests = endless.call_count
            task.cancel("enough")
            with pytest.raises(asyncio.CancelledError):
                await task
            assert asyncio.all_tasks() == {asyncio.current_task()}
            assert (await do.image.info(1)).id == 1
            assert endless.call_count == requests + 1

    asyncio.run(main())


@pytest.mark.parametrize("wait", ASYNC_WAITS)
def test_a_wait_inside_of_a_timeout_ends_with_that(
    wait: Callable[[AsyncClient], Awaitable[object]], endless: respx.Route
) -> None:
    async def main() -> None:
        async with AsyncClient(TOKEN, clock=Endless()) as do:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.01):
                    await wait(do)
            assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(main())


class Silent:
    """A server that reads requests, never answers, and sees when connections end."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.closed = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        self.asked.set()
        await reader.read()
        self.closed.set()
        writer.close()


def test_a_wait_that_is_cancelled_during_a_poll_leaves_no_connection() -> None:
    async def main() -> None:
        silent = Silent()
        server = await asyncio.start_server(silent.serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server, AsyncClient(TOKEN, base_url=f"http://127.0.0.1:{port}") as do:
            begun_long_ago = action(begun=-3600)
            task = asyncio.ensure_future(do.action.wait(begun_long_ago, timeout=None))
            await silent.asked.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            # The client is open still, and nothing else of it is left.
            await asyncio.wait_for(silent.closed.wait(), 60)

    asyncio.run(main())


# ── Nothing is locked meanwhile ─────────────────────────────────────────────────────────────


class Busy(VirtualClock):
    """While one sleeps, the same client is used."""

    def __init__(self) -> None:
        super().__init__()
        self.do: Client | None = None
        self.used = 0

    def sleep(self, seconds: float, /) -> None:
        super().sleep(seconds)
        if self.do is not None:
            do, self.do = self.do, None
            with _in_thread(lambda: do.image.info(1)):
                self.used += 1
            self.do = do


@contextmanager
def _in_thread(call: Callable[[], object]) -> Generator[None]:
    thread = threading.Thread(target=call, daemon=True)
    thread.start()
    thread.join(60)
    assert not thread.is_alive(), "it waits for a lock"
    yield


@pytest.mark.parametrize(
    "failure",
    [action_response(), httpx.Response(429, headers={"retry-after": "30"}), httpx.Response(503)],
)
def test_a_wait_that_sleeps_holds_no_lock(failure: httpx.Response, api: respx.MockRouter) -> None:
    polls = [failure, failure, action_response(status="completed")]
    api.get("/v2/images/1/actions/9").mock(side_effect=polls)
    api.get("/v2/images/1").mock(side_effect=_respond)
    clock = Busy()
    with Client(TOKEN, clock=clock) as do:
        clock.do = do
        done: Action = do.action.wait(action())
    assert done.status == "completed"
    assert clock.used >= 3

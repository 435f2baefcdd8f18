"""One client, many users: threads, tasks, and a process that was forked."""

import asyncio
import re
import ssl
import subprocess
import sys
import threading
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor, as_completed
from email.utils import formatdate
from functools import partial
from pathlib import Path

import anyio
import httpx
import pytest
import respx

from do_images import APIConnectionError, AsyncClient, Client
from do_images.testing import FakeDigitalOcean
from tests.hostile import HostileServer, Peer, answer, refusing_port
from tests.support import TOKEN, Gate, Json, VirtualClock

EVERYONE, CALLS = 8, 25


def _mirror(peer: Peer) -> None:
    """Answers with an image that has the id it was asked for."""
    while True:
        number = int(re.findall(r"/images/(\d+)", peer.request().target)[0])
        image: Json = {"id": number, "name": "x", "created_at": "2026-01-01T00:00:00Z"}
        peer.send(answer({"image": image}))


@pytest.fixture
def server() -> Generator[HostileServer]:
    with HostileServer(_mirror) as hostile:
        yield hostile


def test_threads_share_a_client(server: HostileServer) -> None:
    with Client(TOKEN, base_url=server.url) as do, ThreadPoolExecutor(EVERYONE) as pool:

        def work(who: int) -> list[int]:
            twin = do.with_options(timeout=10) if who % 2 else do
            numbers = [who * 1000 + call * 10 + 1 for call in range(CALLS)]
            return [twin.image.info(number).id - number for number in numbers]

        found = list(pool.map(work, range(EVERYONE)))
    assert found == [[0] * CALLS] * EVERYONE
    assert len(server.requests) == EVERYONE * CALLS
    assert server.connections <= EVERYONE, "connections are kept and shared"


def test_tasks_share_a_client(server: HostileServer) -> None:
    async def main() -> list[list[int]]:
        async with AsyncClient(TOKEN, base_url=server.url) as do:

            async def work(who: int) -> list[int]:
                numbers = [who * 1000 + call * 10 + 1 for call in range(CALLS)]
                return [(await do.image.info(number)).id - number for number in numbers]

            return await asyncio.gather(*map(work, range(EVERYONE)))

    assert asyncio.run(main()) == [[0] * CALLS] * EVERYONE
    assert server.connections <= EVERYONE


def test_threads_whose_answers_are_lost_each_find_their_own_transfer() -> None:
    regions = ["ams3", "blr1", "fra1", "lon1", "nyc3", "sfo3", "sgp1", "tor1"]
    with FakeDigitalOcean() as fake:
        image = fake.add_image()
        for _ in regions:
            fake.fail_next("POST", "/v2/images/{id}/actions", lose="after")
        with fake.client() as do, ThreadPoolExecutor(len(regions)) as pool:
            found = pool.map(partial(do.image.transfer, image), regions)
            assert [action.region_slug for action in found] == regions
        assert len(fake.actions) == len(regions)


def test_two_calls_never_return_the_same_action(api: respx.MockRouter) -> None:
    """The first start is lost; the second is executed, and its response comes late."""
    second_is_under_way, first_has_ended = threading.Event(), threading.Event()
    posts: list[int] = []
    action: Json = {
        "id": 1002,
        "status": "in-progress",
        "type": "transfer",
        "started_at": "2023-11-14T22:13:20Z",
        "region_slug": "nyc3",
        "resource_id": 1,
        "resource_type": "image",
    }

    def start(_: httpx.Request) -> httpx.Response:
        posts.append(1)
        if len(posts) == 1:
            assert second_is_under_way.wait(60)
            raise httpx.ReadError("reset")
        second_is_under_way.set()
        assert first_has_ended.wait(60)
        return httpx.Response(201, json={"action": action})

    date = formatdate(1_700_000_000, usegmt=True)
    listed = httpx.Response(200, json={"actions": [action]}, headers={"date": date})
    api.post("/v2/images/1/actions").mock(side_effect=start)
    api.get("/v2/images/1/actions").mock(return_value=listed)
    do = Client(TOKEN, clock=VirtualClock())
    with ThreadPoolExecutor(2) as pool:
        calls = [pool.submit(do.image.transfer, 1, "nyc3") for _ in range(2)]
        lost = next(as_completed(calls))
        first_has_ended.set()
        with pytest.raises(APIConnectionError, match="is not known"):
            lost.result()
        (other,) = (call for call in calls if call is not lost)
        assert other.result().id == 1002
    assert len(posts) == 2


# In a process of its own, as the one that runs the tests may have threads.
_FORKED = """
import os, sys
from do_images import Client

do = Client("dop_v1_not_a_real_token", base_url=sys.argv[1])
assert do.image.info(1).id == 1
twin = do.with_options(max_retries=0)
child = os.fork()
number = 2 if child else 3
for client in (do, twin) * 3:
    assert client.image.info(number).id == number
if child == 0:
    do.close()
    os._exit(0)
_, status = os.waitpid(child, 0)
assert do.image.info(4).id == 4, "what the child closes stays open here"
do.close()
sys.exit(os.waitstatus_to_exitcode(status))
"""

_FORKED_IN_A_LOOP = """
import asyncio, os, sys
from do_images import AsyncClient

do = AsyncClient("dop_v1_not_a_real_token", base_url=sys.argv[1])
loop = asyncio.new_event_loop()
assert loop.run_until_complete(do.image.info(1)).id == 1
child = os.fork()
if child == 0:
    assert asyncio.run(do.image.info(2)).id == 2
    os._exit(0)
_, status = os.waitpid(child, 0)
assert loop.run_until_complete(do.image.info(3)).id == 3
loop.run_until_complete(do.aclose())
loop.close()
sys.exit(os.waitstatus_to_exitcode(status))
"""


@pytest.mark.parametrize(
    ("program", "asked"), [(_FORKED, "12222223333334"), (_FORKED_IN_A_LOOP, "123")]
)
def test_a_forked_process_has_connections_of_its_own(
    server: HostileServer, program: str, asked: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program, server.url],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "".join(sorted(request.target[-1] for request in server.requests)) == asked
    assert server.connections == 2


@pytest.fixture
def slow_certificates(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Let the first two calls meet while each makes its HTTP client."""
    gate = Gate(2)
    real = ssl.create_default_context

    def create(*, cafile: str | None = None, capath: str | None = None) -> ssl.SSLContext:
        gate.wait()
        return real(cafile=cafile, capath=capath)

    monkeypatch.setattr(ssl, "create_default_context", create)
    # Certificates that no other test has asked for yet.
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys"))


@pytest.mark.usefixtures("slow_certificates")
def test_two_first_calls_share_what_one_of_them_made() -> None:
    with refusing_port() as port, Client(TOKEN, base_url=f"https://127.0.0.1:{port}") as do:

        def work(_: int) -> object:
            connection = do.image._driver.connection  # pyright: ignore[reportPrivateUsage] - there is no other way to see it
            with pytest.raises(APIConnectionError):
                do.with_options(max_retries=0).image.info(1)
            return connection._http  # pyright: ignore[reportPrivateUsage] - as above

        with ThreadPoolExecutor(2) as pool:
            one, other = pool.map(work, range(2))
    assert one is other


@pytest.mark.anyio
@pytest.mark.usefixtures("slow_certificates")
async def test_two_first_tasks_share_what_one_of_them_made() -> None:
    found: list[object] = []
    with refusing_port() as port:
        base = f"https://127.0.0.1:{port}"
        async with AsyncClient(TOKEN, base_url=base, max_retries=0) as do:

            async def work() -> None:
                with pytest.raises(APIConnectionError):
                    await do.image.info(1)
                found.append(do.image._driver.connection._http)  # pyright: ignore[reportPrivateUsage] - as above

            async with anyio.create_task_group() as tasks:
                tasks.start_soon(work)
                tasks.start_soon(work)
    assert found[0] is found[1]

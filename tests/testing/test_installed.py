"""`with fake.installed():`, and the options of the fake's own clients."""

import threading

import anyio
import httpx
import pytest

from do_images import AsyncClient, AuthenticationError, Client, ClientOptions, PermissionDeniedError
from do_images.testing import FakeDigitalOcean

SNAPSHOT = 7555620


def test_clients_made_meanwhile_use_the_fake(fake: FakeDigitalOcean) -> None:
    with fake.installed() as installed:
        assert installed is fake
        do = Client()
        assert do.image.transfer(SNAPSHOT, "nyc3", wait=True).status == "completed"
    assert fake.clock.monotonic() == 5
    # It goes on with it, as it holds its transport.
    assert do.with_options(timeout=5).image.info(SNAPSHOT).id == SNAPSHOT
    with pytest.raises(ValueError, match="DIGITALOCEAN_ACCESS_TOKEN"):
        Client()


def test_any_token_is_accepted(fake: FakeDigitalOcean, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGITALOCEAN_ACCESS_TOKEN", "of-the-environment")
    weak = fake.token(scopes={"image:read"})
    with fake.installed():
        Client().image.info(SNAPSHOT)
        assert fake.requests[-1].headers["authorization"] == "Bearer of-the-environment"
        Client("given").image.info(SNAPSHOT)
        assert fake.requests[-1].headers["authorization"] == "Bearer given"
        with pytest.raises(PermissionDeniedError, match="image:delete"):
            Client(weak).image.destroy(SNAPSHOT)
    # Elsewhere the fake is as strict as before.
    with fake.client(token="given") as do, pytest.raises(AuthenticationError):
        do.image.info(SNAPSHOT)


def test_a_client_with_its_own_http_client_is_left_alone(fake: FakeDigitalOcean) -> None:
    own = httpx.MockTransport(lambda _: httpx.Response(401))
    with fake.installed():
        do = Client("t", http_client=httpx.Client(transport=own))
        with pytest.raises(AuthenticationError):
            do.image.info(SNAPSHOT)
    assert not fake.requests


def test_clients_of_other_threads_use_it_too(fake: FakeDigitalOcean) -> None:
    def work() -> None:
        with Client() as do:
            do.image.transfer(SNAPSHOT, "nyc3", wait=True)

    with fake.installed():
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    assert fake.image(SNAPSHOT).regions == ["nyc1", "nyc2", "nyc3"]


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_asynchronous_clients_use_it_too(fake: FakeDigitalOcean, backend: str) -> None:
    async def work() -> None:
        async with AsyncClient() as do:
            await do.image.transfer(SNAPSHOT, "nyc3", wait=True)

    with fake.installed():
        anyio.run(work, backend=backend)
    assert fake.async_clock.monotonic() == 5


def test_the_fakes_own_clients_take_all_options(fake: FakeDigitalOcean) -> None:
    options: ClientOptions = {
        "token": fake.token(),
        "base_url": "http://fake.example/api",
        "timeout": 7,
        "max_retries": 0,
        "user_agent": "tests/1",
        "allow_http": True,
        "max_retry_wait": 1.0,
        "max_body": 100_000,
        "page_concurrency": 2,
    }
    assert options.keys() == ClientOptions.__annotations__.keys()
    with fake.client(**options) as do:
        assert fake.client(token=None).rate_limit is None
        with pytest.raises(Exception, match="404"):  # the fake has no such prefix
            do.image.info(SNAPSHOT)
    assert fake.requests[-1].path == f"/api/v2/images/{SNAPSHOT}"
    assert fake.requests[-1].origin == "http://fake.example"
    assert fake.requests[-1].headers["user-agent"].endswith(" tests/1")


def test_faults_that_never_came_are_named(fake: FakeDigitalOcean) -> None:
    assert fake.unused_faults == []
    fake.fail_next("GET", "/v2/images/{id}", status=503, times=None)
    fake.fail_next("POST", "*", lose="after", delay=2)
    fake.fail_next_action()
    fake.fail_next_action("nyc3")
    assert fake.unused_faults == [
        "GET /v2/images/{id}: status=503",
        "POST *: lose='after', delay=2",
        "fail_next_action in any region",
        "fail_next_action in nyc3",
    ]
    with fake.client(max_retries=0) as do:
        with pytest.raises(Exception, match="503"):
            do.image.info(SNAPSHOT)
        fake.heal()
        do.image.transfer(SNAPSHOT, "nyc3")
    assert fake.unused_faults == ["fail_next_action in any region"]

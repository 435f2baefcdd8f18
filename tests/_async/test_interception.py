"""Clients that are constructed while a stand-in is installed use it in place of the network."""

import httpx
import pytest
import respx

from do_images import AsyncClient
from do_images._http.interception import intercept
from do_images.testing import FakeDigitalOcean
from tests.stand_in import SNAPSHOT, Recorded

pytestmark = pytest.mark.anyio


async def test_it_replaces_network_and_token() -> None:
    recorded = Recorded()
    with intercept(recorded.stand_in):
        async with AsyncClient() as do:
            assert (await do.image.info(7555620)).name == "golden"
    assert str(recorded.requests[0].url) == "https://api.digitalocean.com/v2/images/7555620"
    assert recorded.requests[0].headers["User-Agent"].startswith("do-images/")
    assert recorded.tokens == ["stand-in-token"]


async def test_it_replaces_the_clock_also_where_one_is_given() -> None:
    recorded, other = Recorded(500, 500), FakeDigitalOcean()
    began = recorded.clocks.async_clock.monotonic(), other.async_clock.monotonic()
    with intercept(recorded.stand_in):
        async with AsyncClient(clock=other.async_clock) as do:
            await do.image.info(7555620)
    assert len(recorded.requests) == 3
    assert recorded.clocks.async_clock.monotonic() > began[0]
    assert other.async_clock.monotonic() == began[1]


async def test_a_token_that_is_set_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    recorded = Recorded()
    monkeypatch.setenv("DIGITALOCEAN_TOKEN", "from-the-environment")
    with intercept(recorded.stand_in):
        await AsyncClient().image.info(7555620)
        await AsyncClient("argument").image.info(7555620)
        with pytest.raises(ValueError, match="DIGITALOCEAN_TOKEN"):
            AsyncClient("")
    assert recorded.tokens == ["from-the-environment", "argument"]


async def test_a_client_with_an_http_client_of_its_own_is_left_alone() -> None:
    recorded, own = Recorded(), Recorded()
    with intercept(recorded.stand_in):
        async with httpx.AsyncClient(transport=own.stand_in.async_transport) as http:
            await AsyncClient("token", http_client=http).image.info(7555620)
            with pytest.raises(ValueError, match="DIGITALOCEAN_TOKEN"):
                AsyncClient(http_client=http)
    assert own.tokens == ["token"]
    assert not recorded.requests


@respx.mock
async def test_a_client_that_existed_before_is_left_alone() -> None:
    route = respx.get("https://api.digitalocean.com/v2/images/7555620").respond(content=SNAPSHOT)
    recorded = Recorded()
    async with AsyncClient("token") as do:
        with intercept(recorded.stand_in):
            await do.image.info(7555620)
    assert route.call_count == 1
    assert not recorded.requests


async def test_a_client_keeps_the_stand_in_after_the_block() -> None:
    recorded = Recorded()
    with intercept(recorded.stand_in):
        do = AsyncClient()
    await do.image.info(7555620)
    await do.with_options(max_retries=0).image.info(7555620)
    assert len(recorded.requests) == 2
    await do.aclose()
    with pytest.raises(RuntimeError, match="closed"):
        await do.image.info(7555620)
    with pytest.raises(ValueError, match="DIGITALOCEAN_TOKEN"):
        AsyncClient()


async def test_the_block_entered_last_applies_whichever_ends_first() -> None:
    outer, inner = Recorded(), Recorded()
    first, second = intercept(outer.stand_in), intercept(inner.stand_in)
    with first:
        await AsyncClient().image.info(1)
        second.__enter__()
        await AsyncClient().image.info(2)
    await AsyncClient().image.info(3)
    second.__exit__(None, None, None)
    with pytest.raises(ValueError, match="DIGITALOCEAN_TOKEN"):
        AsyncClient()
    assert [request.url.path[-1] for request in outer.requests] == ["1"]
    assert [request.url.path[-1] for request in inner.requests] == ["2", "3"]


async def test_a_block_may_hold_itself_and_ends_with_an_error() -> None:
    recorded = Recorded()
    with pytest.raises(KeyError), intercept(recorded.stand_in):
        with intercept(recorded.stand_in):
            await AsyncClient().image.info(1)
        await AsyncClient().image.info(2)
        raise KeyError
    assert len(recorded.requests) == 2
    with pytest.raises(ValueError, match="DIGITALOCEAN_TOKEN"):
        AsyncClient()

"""Importing custom images, and waiting until they are available."""

import math

import httpx
import pytest
import respx

from do_images import (
    APIStatusError,
    AsyncClient,
    Image,
    ImageImportError,
    ImageTimeoutError,
    NotFoundError,
)
from do_images.testing import FakeDigitalOcean
from tests.support import AsyncVirtualClock
from tests.waiting import image, image_json

pytestmark = pytest.mark.anyio

URL = "https://example.com/golden.qcow2"


@pytest.fixture
def fake() -> FakeDigitalOcean:
    return FakeDigitalOcean()


def _shown(status: str | None, error_message: str = "") -> httpx.Response:
    return httpx.Response(200, json={"image": image_json(status, error_message)})


async def test_create_waits_until_the_image_is_available(fake: FakeDigitalOcean) -> None:
    async with fake.async_client() as do:
        ready = await do.image.create(name="golden", url=URL, region="nyc3", wait=True)
    assert (ready.status, ready.regions) == ("available", ["nyc3"])
    assert [request.method for request in fake.requests] == ["POST", "GET", "GET", "GET", "GET"]
    assert fake.clock.monotonic() == 20


async def test_without_wait_it_does_not(fake: FakeDigitalOcean) -> None:
    async with fake.async_client() as do:
        fresh = await do.image.create(name="golden", url=URL, region="nyc3")
    assert fresh.status == "NEW"
    assert len(fake.requests) == 1


async def test_on_poll_gets_the_image(fake: FakeDigitalOcean) -> None:
    seen: list[str | None] = []
    async with fake.async_client() as do:
        fresh = await do.image.create(name="golden", url=URL, region="nyc3")
        fake.fail_next("GET", "/v2/images/{id}", status=502, skip=1)
        await do.image.wait(fresh, 5, 300, on_poll=lambda shown: seen.append(shown.status))
    assert seen == ["pending", "pending", "available"], "a failed poll does not count"


async def test_an_available_image_costs_no_request(api: respx.MockRouter, do: AsyncClient) -> None:
    ready = image("available")
    assert await do.image.wait(ready) is ready
    assert not api.calls


@pytest.mark.parametrize("status", ["NEW", "new", "pending"])
async def test_a_failed_import_is_reported_as_soon_as_it_has_failed(
    status: str, api: respx.MockRouter, do: AsyncClient, clock: AsyncVirtualClock
) -> None:
    api.get("/v2/images/1").mock(
        side_effect=[_shown(status), _shown("deleted", "Unsupported format.")]
    )
    with pytest.raises(ImageImportError, match=r"golden.*Unsupported format\.") as caught:
        await do.image.wait(image(status), timeout=None)
    assert caught.value.image.error_message == "Unsupported format."
    assert clock.now == 10


async def test_create_tells_it_too(fake: FakeDigitalOcean) -> None:
    fake.imports_fail("The file is too large.")
    async with fake.async_client() as do:
        with pytest.raises(ImageImportError, match=r"The file is too large\."):
            await do.image.create(name="golden", url=URL, region="nyc3", wait=True)
    assert fake.clock.monotonic() == 20


async def test_an_import_that_has_failed_before_costs_no_request(
    api: respx.MockRouter, do: AsyncClient
) -> None:
    with pytest.raises(ImageImportError, match="the API gives no reason"):
        await do.image.wait(image("deleted"))
    assert not api.calls


async def test_a_wait_for_one_that_is_late_can_be_resumed(fake: FakeDigitalOcean) -> None:
    fake.imports_take(400)
    async with fake.async_client() as do:
        with pytest.raises(ImageTimeoutError, match="is still pending after 300 s") as caught:
            await do.image.create(name="golden", url=URL, region="nyc3", wait=True)
        assert isinstance(caught.value, TimeoutError)
        assert caught.value.image.status == "pending"
        assert (await do.image.wait(caught.value.image)).status == "available"
        assert fake.clock.monotonic() == 400


# ── 404 ─────────────────────────────────────────────────────────────────────────────────────


async def test_a_new_image_may_be_missing_for_a_while(fake: FakeDigitalOcean) -> None:
    fake.quirk("stale_get")
    fake.stale_for(12)
    seen: list[str | None] = []
    async with fake.async_client() as do:
        fresh = await do.image.create(name="golden", url=URL, region="nyc3")
        ready = await do.image.wait(fresh, on_poll=lambda shown: seen.append(shown.status))
    assert ready.status == "available"
    assert seen == ["pending", "available"], "two polls came too early"


async def test_one_that_is_never_seen_is_late(fake: FakeDigitalOcean) -> None:
    fake.fail_next("GET", "/v2/images/{id}", status=404, times=None)
    async with fake.async_client() as do:
        with pytest.raises(ImageTimeoutError) as caught:
            await do.image.create(name="x", url=URL, region="nyc3", wait=True, timeout=30)
    assert isinstance(caught.value.__cause__, NotFoundError)
    assert fake.clock.monotonic() == 30


async def test_one_that_was_seen_and_is_gone_is_an_error_at_the_second_404(
    fake: FakeDigitalOcean,
) -> None:
    fake.fail_next("GET", "/v2/images/{id}", status=404, skip=1, times=2)
    async with fake.async_client() as do:
        with pytest.raises(NotFoundError):
            await do.image.create(name="golden", url=URL, region="nyc3", wait=True)
    assert fake.clock.monotonic() == 15


# ── Other errors ────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("status", [400, 401, 403, 410, 422])
async def test_other_refusals_end_it_at_once(
    status: int, api: respx.MockRouter, do: AsyncClient
) -> None:
    api.get("/v2/images/1").mock(return_value=httpx.Response(status))
    with pytest.raises(APIStatusError) as caught:
        await do.image.wait(image())
    assert caught.value.status_code == status
    assert len(api.calls) == 1


@pytest.mark.parametrize(
    "failure", [httpx.Response(429), httpx.Response(500), httpx.ReadError("reset")]
)
async def test_transient_errors_do_not(
    failure: httpx.Response | Exception, api: respx.MockRouter, do: AsyncClient
) -> None:
    api.get("/v2/images/1").mock(
        side_effect=[failure, _shown("pending"), failure, _shown("available")]
    )
    assert (await do.image.wait(image())).status == "available"


@pytest.mark.parametrize("wrong", [-1, math.nan, math.inf])
async def test_wrong_times_are_refused_before_any_request(
    wrong: float, api: respx.MockRouter, do: AsyncClient
) -> None:
    with pytest.raises(ValueError, match="poll"):
        await do.image.wait(image(), poll=wrong)
    with pytest.raises(ValueError, match="timeout"):
        await do.image.wait(image(), timeout=wrong)
    with pytest.raises(ValueError, match="poll"):
        await do.image.create(name="x", url=URL, region="nyc3", wait=True, poll=wrong)
    with pytest.raises(ValueError, match="timeout"):
        await do.image.create(name="x", url=URL, region="nyc3", timeout=wrong)
    assert not api.calls


async def test_other_things_than_an_image_are_refused(
    api: respx.MockRouter, do: AsyncClient
) -> None:
    with pytest.raises(TypeError, match="must be an int, not str"):
        await do.image.wait("1")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType] - as meant
    with pytest.raises(TypeError, match="on_poll"):
        await do.image.wait(image("available"), on_poll=1)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType] - as meant
    assert not api.calls


@pytest.mark.parametrize(("begun", "first"), [(-3600, 0), (-2, 3), (0, 5)])
async def test_it_is_polled_when_its_state_is_a_poll_old(
    begun: float, first: float, api: respx.MockRouter, do: AsyncClient, clock: AsyncVirtualClock
) -> None:
    clock.start -= begun
    made: Image = image()
    api.get("/v2/images/1").mock(return_value=_shown("available"))
    await do.image.wait(made)
    assert clock.sleeps == [first]

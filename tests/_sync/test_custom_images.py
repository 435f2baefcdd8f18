# GENERATED from tests/_async/test_custom_images.py by "make generate". Do not edit.
"""Importing custom images, and waiting until they are available."""

import math

import httpx
import pytest
import respx

from do_images import (
    APIStatusError,
    Client,
    Image,
    ImageImportError,
    ImageTimeoutError,
    NotFoundError,
)
from do_images.testing import FakeDigitalOcean
from tests.support import VirtualClock
from tests.waiting import image, image_json

URL = "https://example.com/golden.qcow2"


@pytest.fixture
def fake() -> FakeDigitalOcean:
    return FakeDigitalOcean()


def _shown(status: str | None, error_message: str = "") -> httpx.Response:
    return httpx.Response(200, json={"image": image_json(status, error_message)})


def test_create_waits_until_the_image_is_available(fake: FakeDigitalOcean) -> None:
    with fake.client() as do:
        ready = do.image.create(name="golden", url=URL, region="nyc3", wait=True)
    assert (ready.status, ready.regions) == ("available", ["nyc3"])
    assert [request.method for request in fake.requests] == ["POST", "GET", "GET", "GET", "GET"]
    assert fake.clock.monotonic() == 20


def test_without_wait_it_does_not(fake: FakeDigitalOcean) -> None:
    with fake.client() as do:
        fresh = do.image.create(name="golden", url=URL, region="nyc3")
    assert fresh.status == "NEW"
    assert len(fake.requests) == 1


def test_on_poll_gets_the_image(fake: FakeDigitalOcean) -> None:
    seen: list[str | None] = []
    with fake.client() as do:
        fresh = do.image.create(name="golden", url=URL, region="nyc3")
        fake.fail_next("GET", "/v2/images/{id}", status=502, skip=1)
        do.image.wait(fresh, 5, 300, on_poll=lambda shown: seen.append(shown.status))
    assert seen == ["pending", "pending", "available"], "a failed poll does not count"


def test_an_available_image_costs_no_request(api: respx.MockRouter, do: Client) -> None:
    ready = image("available")
    assert do.image.wait(ready) is ready
    assert not api.calls


@pytest.mark.parametrize("status", ["NEW", "new", "pending"])
def test_a_failed_import_is_reported_as_soon_as_it_has_failed(
    status: str, api: respx.MockRouter, do: Client, clock: VirtualClock
) -> None:
    api.get("/v2/images/1").mock(
        side_effect=[_shown(status), _shown("deleted", "Unsupported format.")]
    )
    with pytest.raises(ImageImportError, match=r"golden.*Unsupported format\.") as caught:
        do.image.wait(image(status), timeout=None)
    assert caught.value.image.error_message == "Unsupported format."
    assert clock.now == 10


def test_create_tells_it_too(fake: FakeDigitalOcean) -> None:
    fake.imports_fail("The file is too large.")
    with fake.client() as do:
        with pytest.raises(ImageImportError, match=r"The file is too large\."):
            do.image.create(name="golden", url=URL, region="nyc3", wait=True)
    assert fake.clock.monotonic() == 20


def test_an_import_that_has_failed_before_costs_no_request(
    api: respx.MockRouter, do: Client
) -> None:
    with pytest.raises(ImageImportError, match="the API gives no reason"):
        do.image.wait(image("deleted"))
    assert not api.calls


def test_a_wait_for_one_that_is_late_can_be_resumed(fake: FakeDigitalOcean) -> None:
    fake.imports_take(400)
    with fake.client() as do:
        with pytest.raises(ImageTimeoutError, match="is still pending after 300 s") as caught:
            do.image.create(name="golden", url=URL, region="nyc3", wait=True)
        assert isinstance(caught.value, TimeoutError)
        assert caught.value.image.status == "pending"
        assert (do.image.wait(caught.value.image)).status == "available"
        assert fake.clock.monotonic() == 400


# ── 404 ─────────────────────────────────────────────────────────────────────────────────────


def test_a_new_image_may_be_missing_for_a_while(fake: FakeDigitalOcean) -> None:
    fake.quirk("stale_get")
    fake.stale_for(12)
    seen: list[str | None] = []
    with fake.client() as do:
        fresh = do.image.create(name="golden", url=URL, region="nyc3")
        ready = do.image.wait(fresh, on_poll=lambda shown: seen.append(shown.status))
    assert ready.status == "available"
    assert seen == ["pending", "available"], "two polls came too early"


def test_one_that_is_never_seen_is_late(fake: FakeDigitalOcean) -> None:
    fake.fail_next("GET", "/v2/images/{id}", status=404, times=None)
    with fake.client() as do:
        with pytest.raises(ImageTimeoutError) as caught:
            do.image.create(name="x", url=URL, region="nyc3", wait=True, timeout=30)
    assert isinstance(caught.value.__cause__, NotFoundError)
    assert fake.clock.monotonic() == 30


def test_one_that_was_seen_and_is_gone_is_an_error_at_the_second_404(
    fake: FakeDigitalOcean,
) -> None:
    fake.fail_next("GET", "/v2/images/{id}", status=404, skip=1, times=2)
    with fake.client() as do:
        with pytest.raises(NotFoundError):
            do.image.create(name="golden", url=URL, region="nyc3", wait=True)
    assert fake.clock.monotonic() == 15


# ── Other errors ────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("status", [400, 401, 403, 410, 422])
def test_other_refusals_end_it_at_once(status: int, api: respx.MockRouter, do: Client) -> None:
    api.get("/v2/images/1").mock(return_value=httpx.Response(status))
    with pytest.raises(APIStatusError) as caught:
        do.image.wait(image())
    assert caught.value.status_code == status
    assert len(api.calls) == 1


@pytest.mark.parametrize(
    "failure", [httpx.Response(429), httpx.Response(500), httpx.ReadError("reset")]
)
def test_transient_errors_do_not(
    failure: httpx.Response | Exception, api: respx.MockRouter, do: Client
) -> None:
    api.get("/v2/images/1").mock(
        side_effect=[failure, _shown("pending"), failure, _shown("available")]
    )
    assert (do.image.wait(image())).status == "available"


@pytest.mark.parametrize("wrong", [-1, math.nan, math.inf])
def test_wrong_times_are_refused_before_any_request(
    wrong: float, api: respx.MockRouter, do: Client
) -> None:
    with pytest.raises(ValueError, match="poll"):
        do.image.wait(image(), poll=wrong)
    with pytest.raises(ValueError, match="timeout"):
        do.image.wait(image(), timeout=wrong)
    with pytest.raises(ValueError, match="poll"):
        do.image.create(name="x", url=URL, region="nyc3", wait=True, poll=wrong)
    with pytest.raises(ValueError, match="timeout"):
        do.image.create(name="x", url=URL, region="nyc3", timeout=wrong)
    assert not api.calls


def test_other_things_than_an_image_are_refused(api: respx.MockRouter, do: Client) -> None:
    with pytest.raises(TypeError, match="must be an int, not str"):
        do.image.wait("1")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType] - as meant
    with pytest.raises(TypeError, match="on_poll"):
        do.image.wait(image("available"), on_poll=1)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType] - as meant
    assert not api.calls


@pytest.mark.parametrize(("begun", "first"), [(-3600, 0), (-2, 3), (0, 5)])
def test_it_is_polled_when_its_state_is_a_poll_old(
    begun: float, first: float, api: respx.MockRouter, do: Client, clock: VirtualClock
) -> None:
    clock.start -= begun
    made: Image = image()
    api.get("/v2/images/1").mock(return_value=_shown("available"))
    do.image.wait(made)
    assert clock.sleeps == [first]

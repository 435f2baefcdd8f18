"""The main job from outside, against the fake: what the README promises."""

from collections.abc import AsyncIterator

import pytest

from do_images import (
    Action,
    ActionErroredError,
    ActionTimeoutError,
    AsyncClient,
    AuthenticationError,
    NotFoundError,
    PermissionDeniedError,
    UnprocessableEntityError,
)
from do_images.testing import FakeDigitalOcean

pytestmark = pytest.mark.anyio

SNAPSHOT, BACKUP = 7555620, 7555621


@pytest.fixture
def fake() -> FakeDigitalOcean:
    return FakeDigitalOcean()


@pytest.fixture
async def do(fake: FakeDigitalOcean) -> AsyncIterator[AsyncClient]:
    async with fake.async_client() as client:
        yield client


async def test_lists_by_kind_privacy_and_tag(do: AsyncClient) -> None:
    systems = await do.image.list("distribution")
    assert {image.type for image in systems} == {"base"}
    applications = await do.image.list("application")
    assert applications[0].slug == "docker-20-04"
    assert [image.id for image in await do.image.list(None, True)] == [7555620, 7555621, 7555622]
    assert [image.id for image in await do.image.list(tag_name="prod")] == [7555622]
    everything = [image async for image in do.image.iter()]
    assert everything == await do.image.list()


async def test_finds_by_slug_and_by_id(do: AsyncClient) -> None:
    by_slug = await do.image.info("ubuntu-24-04-x64")
    assert by_slug == await do.image.info(by_slug.id)
    assert by_slug.min_disk_size == 7


async def test_renames_and_describes(do: AsyncClient) -> None:
    assert (await do.image.update(SNAPSHOT, "renamed")).name == "renamed"
    image = await do.image.update(SNAPSHOT, description="two\nlines", distribution="Debian")
    assert (image.name, image.description) == ("renamed", "two\nlines")
    assert await do.image.info(SNAPSHOT) == image


async def test_transfers_and_waits(fake: FakeDigitalOcean, do: AsyncClient) -> None:
    fake.transfer_takes(30)
    seen: list[str] = []

    def note(action: Action) -> None:
        seen.append(action.status)

    action = await do.image.transfer(SNAPSHOT, "nyc3", True, 5, 300, on_poll=note)
    assert action.status == "completed"
    assert seen == ["in-progress"] * 5 + ["completed"], "a poll every 5 s"
    image = await do.image.info(SNAPSHOT)
    assert image.regions == ["nyc1", "nyc2", "nyc3"]
    assert await do.image.action_list(SNAPSHOT) == [action]
    assert await do.image.action_info(SNAPSHOT, action.id) == action
    assert await do.action.info(action.id) == action
    assert await do.action.list() == [action]
    assert [one async for one in do.action.iter()] == [action]
    assert [one async for one in do.image.action_iter(SNAPSHOT)] == [action]


async def test_converts_a_backup(do: AsyncClient) -> None:
    action = await do.image.convert(BACKUP)
    assert action.status == "in-progress"
    assert (await do.action.wait(action)).status == "completed"
    image = await do.image.info(BACKUP)
    assert image.type == "snapshot"


async def test_destroys(do: AsyncClient) -> None:
    await do.image.destroy(BACKUP)
    with pytest.raises(NotFoundError) as caught:
        await do.image.info(BACKUP)
    assert caught.value.error_id == "not_found"
    assert caught.value.request_id


async def test_a_busy_image_says_so(fake: FakeDigitalOcean, do: AsyncClient) -> None:
    fake.quirk("one_transfer_at_a_time")
    await do.image.transfer(SNAPSHOT, "nyc3")
    with pytest.raises(UnprocessableEntityError, match="pending event"):
        await do.image.transfer(SNAPSHOT, "ams3")


async def test_an_action_that_errors(fake: FakeDigitalOcean, do: AsyncClient) -> None:
    fake.fail_next_action("nyc3")
    with pytest.raises(ActionErroredError, match="nyc3") as caught:
        await do.image.transfer(SNAPSHOT, "nyc3", wait=True)
    assert caught.value.action.status == "errored"


async def test_a_wait_that_is_resumed(fake: FakeDigitalOcean, do: AsyncClient) -> None:
    fake.transfer_takes(3600)
    with pytest.raises(ActionTimeoutError) as caught:
        await do.image.transfer(SNAPSHOT, "nyc3", wait=True, timeout=60)
    assert isinstance(caught.value, TimeoutError)
    action = await do.action.wait(caught.value.action, poll=60, timeout=None)
    assert action.status == "completed"


async def test_imports_and_waits(fake: FakeDigitalOcean, do: AsyncClient) -> None:
    url = "https://example.com/golden.qcow2"
    fresh = await do.image.create(name="golden", url=url, region="nyc3", tags=["a", "b"])
    assert (fresh.status, fresh.slug, fresh.min_disk_size, fresh.regions) == ("NEW", None, None, [])
    ready = await do.image.wait(fresh)
    assert (ready.status, ready.regions, ready.tags) == ("available", ["nyc3"], ["a", "b"])


async def test_hands_an_image_over(do: AsyncClient) -> None:
    offer = await do.image.account_transfer(SNAPSHOT, recipient_email="someone@example.com")
    assert offer > 0
    await do.image.cancel_account_transfer(SNAPSHOT, offer)
    with pytest.raises(NotFoundError):
        await do.image.cancel_account_transfer(SNAPSHOT, offer)


async def test_a_wrong_token_and_a_missing_scope(fake: FakeDigitalOcean) -> None:
    async with fake.async_client(token="wrong") as do:
        with pytest.raises(AuthenticationError):
            await do.image.info(SNAPSHOT)
    async with fake.async_client(token=fake.token({"image:read"})) as do:
        assert (await do.image.info(SNAPSHOT)).id == SNAPSHOT
        with pytest.raises(PermissionDeniedError, match="scope image:delete"):
            await do.image.destroy(SNAPSHOT)


async def test_the_rate_limit_is_reported(do: AsyncClient) -> None:
    assert do.rate_limit is None
    await do.image.info(SNAPSHOT)
    assert do.rate_limit is not None
    assert (do.rate_limit.limit, do.rate_limit.remaining) == (5000, 4999)

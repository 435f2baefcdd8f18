"""The fake and both clients together: as in the tests of a user."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest

from do_images import (
    Action,
    ActionErroredError,
    ActionTimeoutError,
    ImageImportError,
    NotFoundError,
    PermissionDeniedError,
)
from do_images.testing import FakeDigitalOcean


def test_a_users_test_is_three_lines() -> None:
    with FakeDigitalOcean() as fake, fake.client() as do:
        action = do.image.transfer(7555620, "nyc3", wait=True)
        assert action.status == "completed"
        assert "nyc3" in do.image.info(7555620).regions


def test_an_hour_takes_no_time(fake: FakeDigitalOcean) -> None:
    fake.transfer_takes(3600)
    with fake.client() as do:
        action = do.image.transfer(7555620, "nyc3", wait=True, poll=30, timeout=None)
        with pytest.raises(ActionTimeoutError):
            do.image.transfer(7555621, "nyc3", wait=True, timeout=60)
    assert action.completed_at is not None
    assert action.started_at is not None
    assert (action.completed_at - action.started_at).total_seconds() == 3600


def test_errors_are_reported(fake: FakeDigitalOcean) -> None:
    with fake.client() as do:
        fake.fail_next_action()
        with pytest.raises(ActionErroredError):
            do.image.transfer(7555620, "nyc3", wait=True)
        with pytest.raises(NotFoundError):
            do.image.info("no-such-image")
        fake.imports_fail("It is no disk image.")
        with pytest.raises(ImageImportError, match="It is no disk image"):
            do.image.create(name="n", url="https://example.com/x", region="nyc3", wait=True)
    token = fake.token(scopes={"image:read"})
    with fake.client(token=token, user_agent="tests/1") as do:
        with pytest.raises(PermissionDeniedError, match="image:update"):
            do.image.convert(7555621)
        assert fake.requests[-1].headers["user-agent"].endswith("tests/1")


def test_to_many_regions(fake: FakeDigitalOcean) -> None:
    with fake.client() as do:
        actions = do.image.transfer_many(7555620, ["nyc1", "nyc3", "fra1", "sgp1"], wait=True)
        assert [*actions] == ["nyc3", "fra1", "sgp1"]
        assert do.image.info(7555620).regions == ["nyc1", "nyc2", "nyc3", "fra1", "sgp1"]


def test_lists_are_whole(fake: FakeDigitalOcean) -> None:
    added = fake.add_images(450)
    with fake.client() as do:
        listed = do.image.list(private=True)
    assert [image.id for image in listed[3:]] == added
    assert [request.query["page"] for request in fake.requests] == ["1", "2", "3"]


def test_everything_else(fake: FakeDigitalOcean) -> None:
    with fake.client() as do:
        image = do.image.create(
            name="n", url="https://example.com/x", region="nyc3", tags=["t"], wait=True
        )
        assert do.image.list(tag_name="t") == [image]
        assert do.image.update(image.id, "m").name == "m"
        number = do.image.account_transfer(7555620, recipient_email="ops@example.com")
        do.image.cancel_account_transfer(7555620, number)
        number = do.image.account_transfer(7555620, recipient_uuid="u")
        with fake.client(token=fake.token(account="u")) as them:
            them.image.decline_account_transfer(7555620, number)
            number = do.image.account_transfer(7555620, recipient_uuid="u")
            them.image.accept_account_transfer(7555620, number, "u")
        action = do.image.convert(7555621, wait=True)
        assert do.image.action_list(7555621) == [action] == do.action.list()
        assert do.action.info(action.id) == do.image.action_info(7555621, action.id)
        do.image.destroy(7555621)
    assert {request.status for request in fake.requests} == {200, 201, 202, 204}


def test_the_same_for_asyncio(fake: FakeDigitalOcean) -> None:
    images = fake.add_images(20)

    async def main() -> None:
        async with fake.async_client() as do:
            async with asyncio.TaskGroup() as group:
                waits = [
                    group.create_task(do.image.transfer(image, "nyc3", wait=True))
                    for image in images
                ]
            assert {wait.result().status for wait in waits} == {"completed"}
            assert fake.async_clock.monotonic() == 5
            async with asyncio.timeout(60):
                fake.transfer_takes(3600)
                await do.image.transfer(7555620, "nyc3", wait=True, poll=60, timeout=None)

    asyncio.run(main())


def test_async_waits_end_in_their_order(fake: FakeDigitalOcean) -> None:
    ended: list[str] = []
    regions = {"nyc3": 100, "fra1": 11, "sgp1": 40}
    for region, seconds in regions.items():
        fake.transfer_takes(seconds, region=region)

    async def main() -> None:
        async with fake.async_client() as do:

            async def copy(image: int, region: str) -> None:
                await do.image.transfer(image, region, wait=True)
                ended.append(region)

            pairs = zip(fake.add_images(3), regions, strict=True)
            await asyncio.gather(*(copy(image, region) for image, region in pairs))

    asyncio.run(main())
    assert ended == ["fra1", "sgp1", "nyc3"]
    assert fake.async_clock.monotonic() == 100


def test_threads_share_a_fake(fake: FakeDigitalOcean) -> None:
    images = fake.add_images(24)
    with fake.client() as do, ThreadPoolExecutor(4) as pool:

        def copy(image: int) -> Action:
            return do.image.transfer(image, "nyc3", wait=True)

        actions = list(pool.map(copy, images))
    assert {action.status for action in actions} == {"completed"}
    assert len({action.id for action in actions}) == 24
    assert all("nyc3" in image.regions for image in fake.images if image.id in images)


@pytest.mark.usefixtures("untraced")
def test_a_thousand_transfers_with_waiting_cost_two_requests_each(fake: FakeDigitalOcean) -> None:
    images = fake.add_images(1000)
    with fake.client() as do:
        for image in images:
            do.image.transfer(image, "nyc3", wait=True)
    assert len(fake.requests) == 2000

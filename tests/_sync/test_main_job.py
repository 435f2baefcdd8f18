# GENERATED from tests/_async/test_main_job.py by "make generate". Do not edit.
"""The main job from outside, against the fake: what the README promises."""

from collections.abc import Iterator

import pytest

from do_images import (
    Action,
    ActionErroredError,
    ActionTimeoutError,
    AuthenticationError,
    Client,
    NotFoundError,
    PermissionDeniedError,
    UnprocessableEntityError,
)
from do_images.testing import FakeDigitalOcean

SNAPSHOT, BACKUP = 7555620, 7555621


@pytest.fixture
def fake() -> FakeDigitalOcean:
    return FakeDigitalOcean()


@pytest.fixture
def do(fake: FakeDigitalOcean) -> Iterator[Client]:
    with fake.client() as client:
        yield client


def test_lists_by_kind_privacy_and_tag(do: Client) -> None:
    systems = do.image.list("distribution")
    assert {image.type for image in systems} == {"base"}
    applications = do.image.list("application")
    assert applications[0].slug == "docker-20-04"
    assert [image.id for image in do.image.list(None, True)] == [7555620, 7555621, 7555622]
    assert [image.id for image in do.image.list(tag_name="prod")] == [7555622]
    everything = [image for image in do.image.iter()]
    assert everything == do.image.list()


def test_finds_by_slug_and_by_id(do: Client) -> None:
    by_slug = do.image.info("ubuntu-24-04-x64")
    assert by_slug == do.image.info(by_slug.id)
    assert by_slug.min_disk_size == 7


def test_renames_and_describes(do: Client) -> None:
    assert (do.image.update(SNAPSHOT, "renamed")).name == "renamed"
    image = do.image.update(SNAPSHOT, description="two\nlines", distribution="Debian")
    assert (image.name, image.description) == ("renamed", "two\nlines")
    assert do.image.info(SNAPSHOT) == image


def test_transfers_and_waits(fake: FakeDigitalOcean, do: Client) -> None:
    fake.transfer_takes(30)
    seen: list[str] = []

    def note(action: Action) -> None:
        seen.append(action.status)

    action = do.image.transfer(SNAPSHOT, "nyc3", True, 5, 300, on_poll=note)
    assert action.status == "completed"
    assert seen == ["in-progress"] * 5 + ["completed"], "a poll every 5 s"
    image = do.image.info(SNAPSHOT)
    assert image.regions == ["nyc1", "nyc2", "nyc3"]
    assert do.image.action_list(SNAPSHOT) == [action]
    assert do.image.action_info(SNAPSHOT, action.id) == action
    assert do.action.info(action.id) == action
    assert do.action.list() == [action]
    assert [one for one in do.action.iter()] == [action]
    assert [one for one in do.image.action_iter(SNAPSHOT)] == [action]


def test_converts_a_backup(do: Client) -> None:
    action = do.image.convert(BACKUP)
    assert action.status == "in-progress"
    assert (do.action.wait(action)).status == "completed"
    image = do.image.info(BACKUP)
    assert image.type == "snapshot"


def test_destroys(do: Client) -> None:
    do.image.destroy(BACKUP)
    with pytest.raises(NotFoundError) as caught:
        do.image.info(BACKUP)
    assert caught.value.error_id == "not_found"
    assert caught.value.request_id


def test_a_busy_image_says_so(fake: FakeDigitalOcean, do: Client) -> None:
    fake.quirk("one_transfer_at_a_time")
    do.image.transfer(SNAPSHOT, "nyc3")
    with pytest.raises(UnprocessableEntityError, match="pending event"):
        do.image.transfer(SNAPSHOT, "ams3")


def test_an_action_that_errors(fake: FakeDigitalOcean, do: Client) -> None:
    fake.fail_next_action("nyc3")
    with pytest.raises(ActionErroredError, match="nyc3") as caught:
        do.image.transfer(SNAPSHOT, "nyc3", wait=True)
    assert caught.value.action.status == "errored"


def test_a_wait_that_is_resumed(fake: FakeDigitalOcean, do: Client) -> None:
    fake.transfer_takes(3600)
    with pytest.raises(ActionTimeoutError) as caught:
        do.image.transfer(SNAPSHOT, "nyc3", wait=True, timeout=60)
    assert isinstance(caught.value, TimeoutError)
    action = do.action.wait(caught.value.action, poll=60, timeout=None)
    assert action.status == "completed"


def test_imports_and_waits(fake: FakeDigitalOcean, do: Client) -> None:
    url = "https://example.com/golden.qcow2"
    fresh = do.image.create(name="golden", url=url, region="nyc3", tags=["a", "b"])
    assert (fresh.status, fresh.slug, fresh.min_disk_size, fresh.regions) == ("NEW", None, None, [])
    ready = do.image.wait(fresh)
    assert (ready.status, ready.regions, ready.tags) == ("available", ["nyc3"], ["a", "b"])


def test_hands_an_image_over(do: Client) -> None:
    offer = do.image.account_transfer(SNAPSHOT, recipient_email="someone@example.com")
    assert offer > 0
    do.image.cancel_account_transfer(SNAPSHOT, offer)
    with pytest.raises(NotFoundError):
        do.image.cancel_account_transfer(SNAPSHOT, offer)


def test_a_wrong_token_and_a_missing_scope(fake: FakeDigitalOcean) -> None:
    with fake.client(token="wrong") as do:
        with pytest.raises(AuthenticationError):
            do.image.info(SNAPSHOT)
    with fake.client(token=fake.token({"image:read"})) as do:
        assert (do.image.info(SNAPSHOT)).id == SNAPSHOT
        with pytest.raises(PermissionDeniedError, match="scope image:delete"):
            do.image.destroy(SNAPSHOT)


def test_the_rate_limit_is_reported(do: Client) -> None:
    assert do.rate_limit is None
    do.image.info(SNAPSHOT)
    assert do.rate_limit is not None
    assert (do.rate_limit.limit, do.rate_limit.remaining) == (5000, 4999)

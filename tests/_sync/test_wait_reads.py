# GENERATED from tests/_async/test_wait_reads.py by "make generate". Do not edit.
"""What a wait reads before it polls, and what it reads where a list or a survey fails."""

from collections.abc import Iterator

import pytest

from do_images import (
    Action,
    ActionGroupError,
    ActionTimeoutError,
    APIError,
    APITimeoutError,
    Client,
    ConflictError,
    DOImagesError,
    InternalServerError,
    NotFoundError,
    UnprocessableEntityError,
)
from do_images.testing import FakeDigitalOcean

SNAPSHOT = 7555620  # in nyc1 and nyc2
IMAGE = "/v2/images/{id}"
STARTS = "/v2/images/{id}/actions"
ONE = "/v2/images/{id}/actions/{action_id}"
OF_ACCOUNT = "/v2/actions/{id}"


@pytest.fixture
def fake() -> FakeDigitalOcean:
    return FakeDigitalOcean()


@pytest.fixture
def do(fake: FakeDigitalOcean) -> Iterator[Client]:
    with fake.client() as client:
        yield client


def _wait_by_id(do: Client, what: str, number: int, timeout: float) -> object:
    if what == "action":
        return do.action.wait(number, timeout=timeout)
    return do.image.wait(number, timeout=timeout)


def _target(do: Client, what: str) -> tuple[int, str]:
    """An id to wait for, and the path of its first request."""
    if what == "action":
        return (do.image.transfer(SNAPSHOT, "nyc3")).id, OF_ACCOUNT
    return SNAPSHOT, IMAGE


# ── By id ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("what", ["action", "image"])
def test_an_id_is_read_at_the_deadline_too(what: str, fake: FakeDigitalOcean, do: Client) -> None:
    number, path = _target(do, what)
    fake.fail_next("GET", path, status=503, times=5)  # at 0, 5, 10, 15 s, and once at 20 s
    assert _wait_by_id(do, what, number, 20)
    assert fake.clock.monotonic() == 20


@pytest.mark.parametrize("what", ["action", "image"])
def test_an_id_that_stays_unread_gives_the_last_error(
    what: str, fake: FakeDigitalOcean, do: Client
) -> None:
    number, path = _target(do, what)
    fake.fail_next("GET", path, status=503, times=None)
    with pytest.raises(InternalServerError):
        _wait_by_id(do, what, number, 20)
    assert fake.clock.monotonic() == 20


@pytest.mark.parametrize("what", ["action", "image"])
def test_a_response_that_stalls_keeps_nobody_longer_than_a_poll_may_take(
    what: str, fake: FakeDigitalOcean, do: Client
) -> None:
    number, path = _target(do, what)
    fake.fail_next("GET", path, delay=3600, times=None)
    with pytest.raises(APITimeoutError):
        _wait_by_id(do, what, number, 8)
    assert 8 <= fake.clock.monotonic() <= 9


@pytest.mark.parametrize("what", ["action", "image"])
def test_no_id_is_read_before_the_reset(what: str, fake: FakeDigitalOcean, do: Client) -> None:
    number, _ = _target(do, what)
    fake.quota(5000, remaining=1, window=600)
    do.image.info(SNAPSHOT)
    begin = len(fake.requests)
    with pytest.raises(DOImagesError, match="rate limit") as caught:
        _wait_by_id(do, what, number, 60)
    assert not isinstance(caught.value, APIError)
    assert len(fake.requests) == begin
    assert _wait_by_id(do, what, number, 900)
    assert fake.clock.monotonic() == pytest.approx(600, abs=10)
    assert {request.status for request in fake.requests[begin:]} == {200}


def test_an_image_that_was_shown_may_be_404_once(fake: FakeDigitalOcean, do: Client) -> None:
    number = fake.add_image(status="NEW")
    fake.advance(3600)
    fake.fail_next("GET", IMAGE, status=404, skip=1)
    with pytest.raises(DOImagesError, match="still NEW"):
        do.image.wait(number, timeout=20)
    fake.remove_image(number)
    with pytest.raises(NotFoundError):
        do.image.wait(number)


# ── Lists that fail ─────────────────────────────────────────────────────────────────────────


def _two(do: Client, fake: FakeDigitalOcean, *, of_one_image: bool) -> list[Action]:
    if of_one_image:
        return [do.image.transfer(SNAPSHOT, region) for region in ("nyc3", "ams3")]
    return [do.image.transfer(image, "nyc3") for image in fake.add_images(2)]


@pytest.mark.parametrize(("path", "of_one_image"), [("/v2/actions", False), (STARTS, True)])
@pytest.mark.parametrize(("timeout", "ends"), [(20, 20), (None, 45)])
def test_actions_are_polled_singly_where_the_list_of_them_stays_broken(
    path: str,
    of_one_image: bool,
    timeout: float | None,
    ends: float,
    fake: FakeDigitalOcean,
    do: Client,
) -> None:
    actions = _two(do, fake, of_one_image=of_one_image)
    fake.fail_next("GET", path, status=500, times=None)
    done = do.action.wait_all(actions, timeout=timeout)
    assert {action.status for action in done} == {"completed"}
    assert fake.clock.monotonic() == ends


def test_a_list_that_is_over_the_limit_is_not_broken(fake: FakeDigitalOcean, do: Client) -> None:
    actions = _two(do, fake, of_one_image=False)
    begin = len(fake.requests)
    fake.fail_next("GET", "/v2/actions", status=429, headers={"retry-after": "1"}, times=None)
    with pytest.raises(ActionGroupError) as caught:
        do.action.wait_all(actions, timeout=60)
    assert {request.path for request in fake.requests[begin:]} == {"/v2/actions"}
    first, _ = caught.value.exceptions
    assert isinstance(first, ActionTimeoutError)


# ── Surveys that fail ───────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("status", [409, 422])
@pytest.mark.parametrize("wait", [True, False])
def test_a_refused_region_is_looked_for_again_although_a_read_fails_in_passing(
    status: int, wait: bool, fake: FakeDigitalOcean, do: Client
) -> None:
    # Somebody else starts the transfer between our survey and our start.
    fake.fail_next("POST", STARTS, status=status, body={"id": "x", "message": "no"}, after=True)
    fake.fail_next("GET", IMAGE, status=503, skip=1)
    done = do.image.transfer_many(SNAPSHOT, ["nyc3"], wait=wait)
    assert list(done) == ["nyc3"]
    assert len(fake.actions) == 1


@pytest.mark.parametrize(
    ("status", "kind"), [(409, ConflictError), (422, UnprocessableEntityError)]
)
@pytest.mark.parametrize("reads", [403, 503])
def test_a_survey_that_stays_broken_holds_up_no_other_transfer(
    status: int, kind: type[APIError], reads: int, fake: FakeDigitalOcean, do: Client
) -> None:
    fake.fail_next("POST", STARTS, status=status, body={"id": "x", "message": "no"})
    fake.fail_next("GET", IMAGE, status=reads, skip=1, times=None)
    with pytest.raises(ActionGroupError) as caught:
        do.image.transfer_many(SNAPSHOT, ["nyc3", "ams3"], wait=True, timeout=60)
    assert {region: type(error) for region, error in caught.value.failures.items()} == {
        "nyc3": kind
    }
    assert [action.status for action in caught.value.actions] == ["completed"]
    assert fake.clock.monotonic() == 5


def test_the_notes_of_an_error_are_sentences(fake: FakeDigitalOcean, do: Client) -> None:
    action = do.image.transfer(SNAPSHOT, "nyc3")
    fake.fail_next("GET", ONE, status=429, times=None)
    with pytest.raises(ActionTimeoutError, match=r"on demand\. .*\. The rate limit slowed"):
        do.action.wait(action, timeout=60)


def test_a_survey_is_not_spread_out(fake: FakeDigitalOcean, do: Client) -> None:
    do.image.info(SNAPSHOT)
    fake.quota(5000, remaining=7, window=3600)
    do.image.info(SNAPSHOT)
    begin = len(fake.requests)
    do.image.transfer_many(SNAPSHOT, ["nyc3", "ams3"], wait=True, timeout=60)
    survey = fake.requests[begin : begin + 4]
    assert [request.method for request in survey] == ["GET", "GET", "POST", "POST"]
    assert {request.time for request in survey} == {survey[0].time}


def test_many_polls_that_stall_keep_no_other_from_its_last_poll(
    fake: FakeDigitalOcean,
) -> None:
    fake.transfer_takes(58)
    with fake.client() as starter:
        actions = [starter.image.transfer(image, "nyc3") for image in fake.add_images(20)]
    stalled = actions[:10]
    for action in stalled:
        path = f"/v2/images/{action.resource_id}/actions/{action.id}"
        fake.fail_next("GET", path, delay=3600, times=None)
    with fake.client(token=fake.token(["image:read"]), page_concurrency=4) as do:
        with pytest.raises(ActionGroupError) as caught:
            do.action.wait_all(actions, timeout=60)
    assert sorted(caught.value.failures) == sorted(str(action.id) for action in stalled)
    assert fake.clock.monotonic() <= 60 + 6

# GENERATED from tests/_async/test_wait_rules.py by "make generate". Do not edit.
"""What ends a wait, what does not, and what the errors out of it carry."""

import json
from collections.abc import Callable, Iterator

import httpx
import pytest
import respx

from do_images import (
    Action,
    ActionError,
    ActionErroredError,
    ActionGroupError,
    ActionTimeoutError,
    APIConnectionError,
    APIStatusError,
    AuthenticationError,
    Client,
    DOImagesError,
    Image,
    ImageError,
    ImageTimeoutError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    UnprocessableEntityError,
)
from do_images.testing import FakeDigitalOcean
from tests.support import TOKEN, Json, VirtualClock
from tests.waiting import action_json, action_response, image_json

SNAPSHOT, BACKUP = 7555620, 7555621
STARTS = "/v2/images/{id}/actions"
ONE = "/v2/images/{id}/actions/{action_id}"
URL = "https://files.example/golden.qcow2"


@pytest.fixture
def fake() -> FakeDigitalOcean:
    return FakeDigitalOcean()


@pytest.fixture
def do(fake: FakeDigitalOcean) -> Iterator[Client]:
    with fake.client() as client:
        yield client


def _started(fake: FakeDigitalOcean) -> list[Json]:
    """The bodies of all starts that were sent."""
    return [request.body for request in fake.requests if request.method == "POST"]


# ── Statuses ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("status", ["COMPLETED", "Completed"])
def test_a_status_is_compared_without_case(status: str, api: respx.MockRouter) -> None:
    api.post("/v2/images/1/actions").respond(201, json={"action": action_json()})
    api.get("/v2/images/1/actions/9").mock(return_value=action_response(9, status))
    with Client(TOKEN, clock=VirtualClock()) as do:
        assert (do.image.transfer(1, "nyc3", wait=True)).status == status


def test_errored_in_capitals_is_an_error_too(api: respx.MockRouter) -> None:
    api.post("/v2/images/1/actions").respond(201, json={"action": action_json()})
    api.get("/v2/images/1/actions/9").mock(return_value=action_response(9, "ERRORED"))
    with Client(TOKEN, clock=VirtualClock()) as do:
        with pytest.raises(ActionErroredError):
            do.image.convert(1, wait=True)


def test_an_unknown_status_with_an_end_has_ended(api: respx.MockRouter) -> None:
    ended = action_json(9, "done") | {"completed_at": "2026-05-04T22:23:02Z"}
    api.post("/v2/images/1/actions").respond(201, json={"action": action_json()})
    api.get("/v2/images/1/actions/9").respond(json={"action": ended})
    with Client(TOKEN, clock=VirtualClock()) as do:
        with pytest.raises(ActionError, match="'done'") as caught:
            do.image.transfer(1, "nyc3", wait=True, timeout=None)
    assert type(caught.value) is ActionError
    assert caught.value.action.status == "done"


@pytest.mark.parametrize("status", ["new", "queued", "in-progress"])
def test_others_go_on_until_they_end(status: str, api: respx.MockRouter) -> None:
    # An end that is stated while the action runs means nothing.
    end = {"completed_at": "2026-05-04T22:23:02Z"} if status == "in-progress" else {}
    running = httpx.Response(200, json={"action": action_json(9, status) | end})
    api.post("/v2/images/1/actions").respond(201, json={"action": action_json()})
    api.get("/v2/images/1/actions/9").mock(
        side_effect=[running, running, action_response(9, "completed")]
    )
    with Client(TOKEN, clock=VirtualClock()) as do:
        assert (do.image.transfer(1, "nyc3", wait=True)).status == "completed"


@pytest.mark.parametrize("status", ["retired", "RETIRED"])
def test_a_retired_image_ends_its_wait(status: str, api: respx.MockRouter) -> None:
    retired = image_json(status)
    api.get("/v2/images/1").respond(json={"image": retired})
    clock = VirtualClock()
    with Client(TOKEN, clock=clock) as do:
        with pytest.raises(ImageError, match="can't become available") as caught:
            do.image.wait(1, timeout=3600)
    assert caught.value.image.status == status
    assert clock.now == 0


# ── Refusals ────────────────────────────────────────────────────────────────────────────────


def test_a_new_action_may_be_404_for_a_minute(fake: FakeDigitalOcean, do: Client) -> None:
    fake.transfer_takes(80)
    fake.fail_next("GET", ONE, status=404, times=11)
    assert (do.image.transfer(SNAPSHOT, "nyc3", wait=True)).status == "completed"


def test_but_not_for_longer(fake: FakeDigitalOcean, do: Client) -> None:
    fake.fail_next("GET", ONE, status=404, times=None)
    with pytest.raises(NotFoundError) as caught:
        do.image.transfer(SNAPSHOT, "nyc3", wait=True, timeout=None)
    assert fake.clock.monotonic() == 60
    assert caught.value.action is not None


def test_an_old_action_is_404_at_once(fake: FakeDigitalOcean, do: Client) -> None:
    fake.transfer_takes(1000)
    action = do.image.transfer(SNAPSHOT, "nyc3")
    fake.advance(100)
    fake.fail_next("GET", ONE, status=404)
    with pytest.raises(NotFoundError):
        do.action.wait(action)
    assert fake.clock.monotonic() == 100


@pytest.mark.parametrize("status", [403, 404])
def test_what_was_seen_may_be_refused_once(status: int, fake: FakeDigitalOcean, do: Client) -> None:
    fake.transfer_takes(40)
    fake.fail_next("GET", ONE, status=status, skip=2)
    fake.fail_next("GET", ONE, status=503, skip=3)
    assert (do.image.transfer(SNAPSHOT, "nyc3", wait=True)).status == "completed"


@pytest.mark.parametrize("between", [None, 503])
def test_but_not_twice(between: int | None, fake: FakeDigitalOcean, do: Client) -> None:
    fake.transfer_takes(1000)
    statuses = [403, 403] if between is None else [403, between, 403]
    for place, status in enumerate(statuses):
        fake.fail_next("GET", ONE, status=status, skip=1 if place == 0 else 0)
    with pytest.raises(PermissionDeniedError) as caught:
        do.image.transfer(SNAPSHOT, "nyc3", wait=True, timeout=None)
    assert fake.clock.monotonic() == 5 * (1 + len(statuses))
    assert caught.value.region == "nyc3"


def test_an_answer_between_two_refusals_counts(fake: FakeDigitalOcean, do: Client) -> None:
    fake.transfer_takes(40)
    for skip in (1, 1, 1):
        fake.fail_next("GET", ONE, status=404, skip=skip)
    assert (do.image.transfer(SNAPSHOT, "nyc3", wait=True)).status == "completed"


def test_a_401_ends_it_at_once_and_keeps_the_action(fake: FakeDigitalOcean, do: Client) -> None:
    fake.transfer_takes(1000)
    fake.fail_next("GET", ONE, status=401, skip=3)
    with pytest.raises(AuthenticationError) as caught:
        do.image.transfer(SNAPSHOT, "nyc3", wait=True)
    action = caught.value.action
    assert isinstance(action, Action)
    assert caught.value.region == "nyc3"
    assert (do.action.wait(action, timeout=None)).status == "completed"


def test_a_mere_id_that_is_404_ends_it(fake: FakeDigitalOcean, do: Client) -> None:
    with pytest.raises(NotFoundError):
        do.image.wait(1)
    with pytest.raises(NotFoundError):
        do.action.wait(1)
    assert fake.clock.monotonic() == 0


# ── A mere id ───────────────────────────────────────────────────────────────────────────────


def test_an_action_by_its_id(fake: FakeDigitalOcean, do: Client) -> None:
    action = do.image.transfer(SNAPSHOT, "nyc3")
    begin = len(fake.requests)
    assert (do.action.wait(action.id)).status == "completed"
    paths = [request.path for request in fake.requests[begin:]]
    assert paths[0] == f"/v2/actions/{action.id}"
    assert set(paths[1:]) == {f"/v2/images/{SNAPSHOT}/actions/{action.id}"}
    assert (do.action.wait(action.id)).status == "completed"
    assert len(fake.requests) == begin + len(paths) + 1, "it had ended"


def test_an_image_by_its_id(fake: FakeDigitalOcean, do: Client) -> None:
    created = do.image.create(name="golden", url=URL, region="nyc3")
    fake.fail_next("GET", "/v2/images/{id}", status=503, times=3)
    assert (do.image.wait(created.id)).status == "available"


def test_of_an_id_that_is_never_shown_the_newest_failure_comes_out(
    fake: FakeDigitalOcean, do: Client
) -> None:
    fake.fail_next("GET", "*", status=503, times=None)
    with pytest.raises(APIStatusError) as caught:
        do.action.wait(9, timeout=30)
    assert caught.value.status_code == 503
    assert fake.clock.monotonic() == 30


def test_the_image_of_an_action_is_known_to_who_started_it(api: respx.MockRouter) -> None:
    bare = action_json(9, image=None, region=None) | {"resource_type": None}
    api.post("/v2/images/1/actions").respond(201, json={"action": bare})
    api.get("/v2/images/1/actions/9").mock(return_value=action_response(9, "completed"))
    with Client(TOKEN, clock=VirtualClock()) as do:
        started = do.image.transfer(1, "nyc3")
        assert started.resource_id is None
        assert (do.action.wait(started)).status == "completed"


# ── The timeout is the whole call's ─────────────────────────────────────────────────────────


def _busy(fake: FakeDigitalOcean, times: int | None) -> None:
    body: Json = {"id": "unprocessable_entity", "message": "The image has a pending event."}
    fake.fail_next("POST", STARTS, status=422, body=body, times=times)


def _limited(fake: FakeDigitalOcean, times: int | None) -> None:
    fake.fail_next("POST", STARTS, status=429, times=times)


def _unreachable(fake: FakeDigitalOcean, times: int | None) -> None:
    fake.fail_next("POST", STARTS, lose="refused", times=times)


NOT_EXECUTED = [_busy, _limited, _unreachable]
ERRORS: dict[object, type[DOImagesError]] = {
    _busy: UnprocessableEntityError,
    _limited: RateLimitError,
    _unreachable: APIConnectionError,
}


@pytest.mark.parametrize("failure", NOT_EXECUTED)
def test_a_start_that_was_not_executed_is_tried_again(
    failure: Callable[[FakeDigitalOcean, int | None], None],
    fake: FakeDigitalOcean,
    do: Client,
) -> None:
    failure(fake, 6)
    assert (do.image.transfer(SNAPSHOT, "nyc3", wait=True)).status == "completed"
    failure(fake, 6)
    assert (do.image.convert(BACKUP, wait=True)).status == "completed"
    assert len(fake.actions) == 2


@pytest.mark.parametrize("failure", NOT_EXECUTED)
def test_at_the_timeout_the_last_refusal_comes_out(
    failure: Callable[[FakeDigitalOcean, int | None], None],
    fake: FakeDigitalOcean,
    do: Client,
) -> None:
    failure(fake, None)
    with pytest.raises(ERRORS[failure]) as caught:
        do.image.transfer(SNAPSHOT, "nyc3", wait=True, timeout=60)
    assert fake.clock.monotonic() == 60
    assert isinstance(caught.value, DOImagesError)
    assert caught.value.region == "nyc3"
    assert not fake.actions


def test_so_is_an_import(fake: FakeDigitalOcean, do: Client) -> None:
    seen: list[Image] = []
    fake.fail_next("POST", "/v2/images", lose="refused", times=4)
    image = do.image.create(name="golden", url=URL, region="nyc3", wait=True, on_poll=seen.append)
    assert image.status == "available"
    assert [one.id for one in seen] == [image.id] * len(seen)
    assert seen


def test_an_import_whose_outcome_is_unknown_is_not_repeated(
    fake: FakeDigitalOcean, do: Client
) -> None:
    fake.fail_next("POST", "/v2/images", lose="after")
    with pytest.raises(APIConnectionError, match="may have been carried out"):
        do.image.create(name="golden", url=URL, region="nyc3", wait=True)
    assert len(_started(fake)) == 1


def test_without_wait_a_busy_image_is_an_error_at_once(fake: FakeDigitalOcean, do: Client) -> None:
    _busy(fake, None)
    with pytest.raises(UnprocessableEntityError):
        do.image.transfer(SNAPSHOT, "nyc3")
    assert len(_started(fake)) == 1


def test_nothing_begins_after_the_deadline_but_one_short_look_up(
    api: respx.MockRouter,
) -> None:
    clock = VirtualClock()
    given: list[tuple[str, float]] = []

    def stall(request: httpx.Request) -> httpx.Response:
        seconds = request.extensions["timeout"]["read"]
        given.append((request.method, seconds))
        clock.now += seconds
        raise httpx.ReadTimeout("slow")

    api.route(path="/v2/images/1/actions").mock(side_effect=stall)
    with Client(TOKEN, clock=clock, timeout=12) as do:
        with pytest.raises(APIConnectionError, match="is not known"):
            do.image.transfer(1, "nyc3", wait=True, timeout=2)
    assert given == [("POST", 12), ("GET", 2)]


def test_before_the_deadline_a_lost_start_is_looked_up_until_then(
    fake: FakeDigitalOcean, do: Client
) -> None:
    fake.quirk("stale_list")
    fake.stale_for(14)
    fake.fail_next("POST", STARTS, lose="after")
    assert (do.image.transfer(SNAPSHOT, "nyc3", wait=True)).status == "completed"
    assert len(fake.actions) == 1


# ── The last poll ───────────────────────────────────────────────────────────────────────────


def test_the_last_poll_is_repeated_once(fake: FakeDigitalOcean, do: Client) -> None:
    fake.transfer_takes(58)
    fake.fail_next("GET", ONE, status=502)
    action = do.image.transfer(SNAPSHOT, "nyc3", wait=True, poll=60, timeout=60)
    assert action.status == "completed"


def test_but_not_twice_at_the_deadline(fake: FakeDigitalOcean, do: Client) -> None:
    fake.fail_next("GET", ONE, status=502, times=2)
    with pytest.raises(ActionTimeoutError, match="502") as caught:
        do.image.transfer(SNAPSHOT, "nyc3", wait=True, poll=60, timeout=60)
    assert isinstance(caught.value.__cause__, APIStatusError)


@pytest.mark.parametrize(("timeout", "grace"), [(5, 1), (60, 6), (100, 10), (1000, 10)])
def test_it_may_take_a_tenth_of_the_timeout(
    timeout: float, grace: float, fake: FakeDigitalOcean, do: Client
) -> None:
    fake.transfer_takes(1)
    fake.fail_next("GET", ONE, delay=grace - 0.1)
    action = do.image.transfer(SNAPSHOT, "nyc3", wait=True, poll=timeout, timeout=timeout)
    assert action.status == "completed"
    fake.fail_next("GET", ONE, delay=grace + 0.1)
    begin = fake.clock.monotonic()
    with pytest.raises(ActionTimeoutError):
        do.image.transfer(SNAPSHOT, "ams3", wait=True, poll=timeout, timeout=timeout)
    assert fake.clock.monotonic() - begin == pytest.approx(timeout + grace)


def test_a_stalled_poll_costs_the_others_no_last_poll(fake: FakeDigitalOcean, do: Client) -> None:
    images = fake.add_images(3)
    fake.transfer_takes(57)
    token = fake.token({"image:read", "image:update"})
    with fake.client(token=token) as do_images:
        started = [do_images.image.transfer(image, "nyc3") for image in images]
        stalled = f"/v2/images/{images[0]}/actions/{started[0].id}"
        fake.fail_next("GET", stalled, delay=10_000, times=None)
        with pytest.raises(ActionGroupError) as caught:
            do_images.action.wait_all(started, timeout=60)
    assert [one.status for one in caught.value.actions] == ["in-progress", "completed", "completed"]
    assert caught.value.failures.keys() == {str(started[0].id)}


def test_a_slow_api_is_not_given_up(fake: FakeDigitalOcean, do: Client) -> None:
    fake.fail_next("GET", ONE, delay=25, times=None)
    assert (do.image.transfer(SNAPSHOT, "nyc3", wait=True)).status == "completed"


def test_the_timeout_says_that_the_rate_limit_slowed_it_down(
    fake: FakeDigitalOcean, do: Client
) -> None:
    fake.transfer_takes(10)
    started = do.image.transfer(SNAPSHOT, "nyc3")
    fake.quota(5000, remaining=1, window=3600)
    do.image.info(SNAPSHOT)
    with pytest.raises(ActionTimeoutError, match="rate limit"):
        do.action.wait(started, timeout=300)


def test_causes_are_those_of_the_very_action(api: respx.MockRouter) -> None:
    api.get("/v2/actions").respond(403)
    api.get("/v2/images/1/actions/1").respond(503)
    api.get("/v2/images/2/actions/2").mock(return_value=action_response(2))
    with Client(TOKEN, clock=VirtualClock()) as do:
        started = [Action.model_validate(action_json(number, image=number)) for number in (1, 2)]
        with pytest.raises(ActionGroupError) as caught:
            do.action.wait_all(started, timeout=30)
    failed, answered = caught.value.failures["1"], caught.value.failures["2"]
    assert isinstance(failed.__cause__, APIStatusError)
    assert "503" in str(failed)
    assert answered.__cause__ is None
    assert "503" not in str(answered)


def test_an_image_that_is_late_carries_the_image(fake: FakeDigitalOcean, do: Client) -> None:
    fake.imports_take(1000)
    with pytest.raises(ImageTimeoutError) as caught:
        do.image.create(name="golden", url=URL, region="nyc3", wait=True, timeout=30)
    assert caught.value.image.name == "golden"
    fake.fail_next("GET", "/v2/images/{id}", status=401)
    with pytest.raises(AuthenticationError) as denied:
        do.image.wait(caught.value.image)
    assert denied.value.image == caught.value.image


def test_what_the_rate_limit_leaves_no_poll_is_late_at_the_deadline(
    fake: FakeDigitalOcean,
) -> None:
    fake.transfer_takes(1)
    with fake.client(token=fake.token({"image:read", "image:update"})) as do:
        started = [do.image.transfer(image, "nyc3") for image in fake.add_images(60)]
        fake.quota(5000, remaining=25, window=3600)
        do.image.info(SNAPSHOT)
        begin = fake.clock.monotonic()
        with pytest.raises(ActionGroupError) as caught:
            do.action.wait_all(started, timeout=30)
    assert fake.clock.monotonic() - begin == pytest.approx(30, abs=3)
    assert {type(error) for error in caught.value.exceptions} == {ActionTimeoutError}
    assert 0 < len(caught.value.exceptions) < 60
    assert not [request for request in fake.requests if request.status == 429]


# ── Jobs that are run again ─────────────────────────────────────────────────────────────────


def test_transfers_in_progress_are_adopted(fake: FakeDigitalOcean, do: Client) -> None:
    fake.transfer_takes(60)
    with fake.client() as other:
        theirs = other.image.transfer(SNAPSHOT, "nyc3")
    actions = do.image.transfer_many(SNAPSHOT, ["nyc1", "nyc3", "ams3"], wait=True)
    assert list(actions) == ["nyc3", "ams3"]
    assert actions["nyc3"].id == theirs.id
    assert len(fake.actions) == 2


def test_without_wait_too(fake: FakeDigitalOcean, do: Client) -> None:
    theirs = do.image.transfer(SNAPSHOT, "nyc3")
    actions = do.image.transfer_many(SNAPSHOT, ["nyc3"])
    assert actions["nyc3"].id == theirs.id


def test_what_has_ended_is_not_adopted(fake: FakeDigitalOcean, do: Client) -> None:
    fake.fail_next_action()
    with pytest.raises(ActionErroredError):
        do.image.transfer(SNAPSHOT, "nyc3", wait=True)
    actions = do.image.transfer_many(SNAPSHOT, ["nyc3"], wait=True)
    assert actions["nyc3"].status == "completed"


@pytest.mark.parametrize("wait", [True, False])
def test_a_region_that_somebody_else_filled_meanwhile_is_no_failure(
    wait: bool, api: respx.MockRouter
) -> None:
    def start(request: httpx.Request) -> httpx.Response:
        if json.loads(request.content)["region"] == "ams3":
            return httpx.Response(201, json={"action": action_json(8, region="ams3")})
        regions.append("nyc3")
        message = "The image is already available in that region."
        return httpx.Response(422, json={"id": "unprocessable_entity", "message": message})

    regions: list[Json] = ["nyc1"]

    def show(_: httpx.Request) -> httpx.Response:
        image = image_json("available")
        image["regions"] = [*regions]
        return httpx.Response(200, json={"image": image})

    api.get("/v2/images/1").mock(side_effect=show)
    api.post("/v2/images/1/actions").mock(side_effect=start)
    api.get("/v2/images/1/actions").respond(json={"actions": []})
    api.get("/v2/images/1/actions/8", name="poll").mock(
        return_value=action_response(8, "completed")
    )
    with Client(TOKEN, clock=VirtualClock()) as do:
        actions = do.image.transfer_many(1, ["nyc3", "ams3"], wait=wait)
        assert list(actions) == ["ams3"]
        if not wait:
            do.action.wait(actions["ams3"])


def test_a_transfer_that_completed_between_two_reads_is_not_started_again(
    api: respx.MockRouter,
) -> None:
    before = image_json("available")
    before["regions"] = ["nyc1"]
    after = image_json("available")
    after["regions"] = ["nyc1", "nyc3"]
    shown = [httpx.Response(200, json={"image": image}) for image in (before, after)]
    api.get("/v2/images/1").mock(side_effect=shown)
    api.get("/v2/images/1/actions").respond(json={"actions": [action_json(9, "completed")]})
    with Client(TOKEN, clock=VirtualClock()) as do:
        assert do.image.transfer_many(1, ["nyc3"], wait=True) == {}


def test_the_group_says_what_was_there_and_what_failed(fake: FakeDigitalOcean, do: Client) -> None:
    with pytest.raises(ActionGroupError) as caught:
        do.image.transfer_many(SNAPSHOT, ["nyc1", "mars1", "ams3"], wait=True)
    group = caught.value
    assert group.present == ["nyc1"]
    assert group.failures.keys() == {"mars1"}
    assert group.failures["mars1"].region == "mars1"
    assert [action.region_slug for action in group.actions] == ["ams3"]
    matched, rest = group.split(UnprocessableEntityError)
    assert rest is None
    assert isinstance(matched, ActionGroupError)
    assert matched.present == ["nyc1"]


@pytest.mark.parametrize("region", ["sgp1", "lon1"])
def test_a_region_that_stays_busy_stops_no_other(
    region: str, fake: FakeDigitalOcean, do: Client
) -> None:
    def locked(request: httpx.Request) -> httpx.Response:
        if request.method == "POST" and json.loads(request.content)["region"] == region:
            body = {"id": "unprocessable_entity", "message": f"Region {region} is locked."}
            return httpx.Response(422, json=body)
        where = request.url.raw_path.decode()
        action_response = fake.handle(request.method, where, dict(request.headers), request.content)
        return httpx.Response(
            action_response.status, headers=action_response.headers, content=action_response.content
        )

    http = httpx.Client(transport=httpx.MockTransport(locked))
    client = Client(fake.token(), http_client=http, clock=fake.clock)
    with pytest.raises(ActionGroupError) as caught:
        client.image.transfer_many(
            SNAPSHOT, ["sgp1", "ams3", "lon1", "fra1", "tor1"], wait=True, timeout=300
        )
    http.close()
    assert caught.value.failures.keys() == {region}
    assert {action.status for action in caught.value.actions} == {"completed"}
    assert len(caught.value.actions) == 4
    assert fake.clock.monotonic() == 300


def test_a_busy_image_gets_at_most_three_starts_a_round(fake: FakeDigitalOcean, do: Client) -> None:
    _busy(fake, None)
    regions = ["nyc3", "ams3", "sgp1", "lon1", "fra1", "tor1", "blr1"]
    with pytest.raises(ActionGroupError) as caught:
        do.image.transfer_many(SNAPSHOT, regions, wait=True, timeout=20)
    assert caught.value.failures.keys() == set(regions)
    by_time: dict[float, list[str]] = {}
    for request in fake.requests:
        if request.method == "POST" and isinstance(request.body, dict):
            by_time.setdefault(request.time, []).append(str(request.body["region"]))
    assert max(map(len, by_time.values())) == 3
    assert {region for tried in by_time.values() for region in tried} == set(regions)

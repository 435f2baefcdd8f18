"""What a wait asks, when, and what it makes of the answers: without a client, by hand."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from do_images import (
    Action,
    ActionErroredError,
    ActionGroupError,
    ActionTimeoutError,
    APIConnectionError,
    APIError,
    APIResponseValidationError,
    APIStatusError,
    AuthenticationError,
    ImageImportError,
    NotFoundError,
    PermissionDeniedError,
    RequestInfo,
)
from do_images._core.waits.poll_requests import PollRequest
from do_images._core.waits.watches import ActionWatch, ImageWatch, WaitOptions, Watch, action_region
from do_images._endpoints import ACTIONS_LIST, IMAGE_ACTIONS_LIST
from do_images.models import ActionResponse, ActionsResponse, Links, Pages
from tests.support import VirtualClock
from tests.waiting import action, image

REQUEST = RequestInfo("GET", "https://api.digitalocean.com/v2/actions")
PAGE = 200


def _terms(poll: object = 5, timeout: object = 300) -> WaitOptions:
    return WaitOptions.checked(VirtualClock(), poll, timeout)


def _at(terms: WaitOptions, seconds: float) -> None:
    clock = terms.clock
    assert isinstance(clock, VirtualClock)
    clock.now = seconds


def _error(status: int, retry_after: float | None = None) -> APIStatusError:
    kinds = {401: AuthenticationError, 403: PermissionDeniedError, 404: NotFoundError}
    kind = kinds.get(status, APIStatusError)
    return kind("no", request=REQUEST, status_code=status, retry_after=retry_after)


LOST = APIConnectionError("lost", request=REQUEST)


class Server:
    """Holds actions, newest first, and answers what a watch asks."""

    def __init__(self, *actions: Action, hidden: frozenset[int] = frozenset()) -> None:
        self.actions = {one.id: one for one in actions}
        self.hidden = hidden
        self.account: APIError | None = None
        self.requests: list[str] = []

    def tick(self, watch: Watch) -> int:
        """Answers all requests of one tick; returns how many they were."""
        before = len(self.requests)
        for ask in watch.asks():
            path = ask.endpoint.path.format_map(ask.segments)
            self.requests.append(f"{path}?{(ask.query or {}).get('page', '')}".rstrip("?"))
            if ask.endpoint is ACTIONS_LIST and self.account is not None:
                watch.failed(ask, self.account)
            else:
                watch.answered(ask, self._reply(ask))
        return len(self.requests) - before

    def _reply(self, ask: PollRequest) -> ActionResponse | ActionsResponse:
        if "action_id" in ask.segments:
            return ActionResponse(action=self.actions[int(ask.segments["action_id"])])
        shown = sorted(self.actions.values(), key=lambda one: one.id, reverse=True)
        shown = [one for one in shown if one.id not in self.hidden]
        if "image_id" in ask.segments:
            shown = [one for one in shown if one.resource_id == int(ask.segments["image_id"])]
        assert ask.query is not None
        end = int(ask.query["page"]) * PAGE
        following = "?page=2" if end < len(shown) else None
        return ActionsResponse(
            actions=shown[end - PAGE : end], links=Links(pages=Pages(next=following))
        )

    def end(self, *numbers: int, status: str = "completed") -> None:
        for number in numbers or tuple(self.actions):
            self.actions[number] = self.actions[number].model_copy(update={"status": status})


# ── WaitOptions ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("wrong", [-1, -0.001, math.nan, math.inf, -math.inf, 10**400])
@pytest.mark.parametrize("name", ["poll", "timeout"])
def test_wrong_numbers_are_refused(name: str, wrong: float) -> None:
    with pytest.raises(ValueError, match=name):
        _terms(**{name: wrong})


@pytest.mark.parametrize("wrong", ["5", True, [5]])
@pytest.mark.parametrize("name", ["poll", "timeout"])
def test_what_is_no_number_is_refused(name: str, wrong: object) -> None:
    with pytest.raises(TypeError, match=name):
        _terms(**{name: wrong})


@given(st.floats(min_value=0, max_value=1e300))
def test_looks_are_at_least_a_second_apart(poll: float) -> None:
    every = _terms(poll, None).poll
    assert every >= 1
    assert every == poll or poll < 1 or poll > 1e6


def test_without_a_timeout_it_is_never_over() -> None:
    terms = _terms(5, None)
    _at(terms, 1e9)
    assert terms.left() is None
    assert not terms.over()
    assert ImageWatch(image(), terms).limit() is None


@given(st.floats(min_value=0, max_value=1e5))
def test_whoever_sleeps_what_is_left_is_at_the_end(timeout: float) -> None:
    terms = _terms(5, timeout)
    # A clock may count in whole nanoseconds.
    _at(terms, round(terms.left() or 0.0, 9))
    assert terms.over()


@given(
    st.floats(min_value=0, max_value=1e300) | st.none(),
    st.floats(min_value=0, max_value=1e5),
    st.floats(min_value=0, max_value=1e9),
)
def test_a_pause_ends_by_the_timeout_and_a_request_soon_after(
    timeout: float | None, poll: float, now: float
) -> None:
    watch = ImageWatch(image(), _terms(poll, timeout))
    _at(watch.terms, now)
    pause, limit = watch.pause(None), watch.limit()
    assert 0 <= pause <= max(1.0, poll)
    assert watch.first_pause() == pause
    assert 0 <= watch.first_pause(3.0) <= pause
    if timeout is not None:
        assert pause <= max(0.0, timeout - now)
        assert limit is not None
        assert 0 <= limit <= max(0.0, timeout - now + 1) + 1e-6


@pytest.mark.parametrize(
    ("age", "pause"), [(None, 5), (0, 5), (-3600, 5), (2, 3), (5, 0), (3600, 0)]
)
def test_the_first_look_comes_when_the_last_state_is_a_poll_old(
    age: float | None, pause: float
) -> None:
    assert ImageWatch(image(), _terms()).first_pause(age) == pause


# ── Trouble ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("error", "pause"),
    [
        (_error(503), 5),
        (_error(503, 2), 5),
        (_error(503, 30), 30),
        (_error(503, 1e9), 3600),
        (LOST, 5),
    ],
)
def test_a_time_that_an_answer_names_is_waited_for(error: APIError, pause: float) -> None:
    watch = ActionWatch([action()], _terms(5, None))
    watch.failed(next(watch.asks()), error)
    assert watch.pause(None) == pause


def test_it_is_counted_from_the_answer() -> None:
    watch = ActionWatch([action()], _terms(5, None))
    watch.failed(next(watch.asks()), _error(429, 30))
    _at(watch.terms, 28.0)
    assert watch.pause(None) == 5


@pytest.mark.parametrize(
    "error",
    [LOST, *map(_error, (408, 429, 500, 503, 599))],
)
def test_trouble_that_passes_is_the_cause_of_a_timeout(error: APIError) -> None:
    watch = ActionWatch([action()], _terms())
    watch.failed(next(watch.asks()), error)
    assert not watch.finished()
    assert watch.give_up(None)
    with pytest.raises(ActionTimeoutError) as caught:
        watch.only()
    assert caught.value.__cause__ is error


def test_trouble_that_has_passed_is_not() -> None:
    server = Server(action())
    watch = ActionWatch(server.actions.values(), _terms())
    watch.failed(next(watch.asks()), LOST)
    server.tick(watch)
    watch.time_out()
    with pytest.raises(ActionTimeoutError) as caught:
        watch.only()
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 410, 422])
def test_other_errors_end_the_wait_for_one(status: int) -> None:
    watch = ActionWatch([action()], _terms())
    watch.failed(next(watch.asks()), _error(status))
    assert watch.finished()
    with pytest.raises(APIStatusError, match=r"transfer of image 1 to nyc3 \(action 9\)") as caught:
        watch.only()
    assert caught.value.status_code == status


def test_a_look_that_fails_is_the_look_of_that_tick() -> None:
    watch = ActionWatch([action(1), action(2)], _terms())
    asks = watch.asks()
    watch.failed(next(asks), LOST)
    assert list(asks) == []


# ── Many actions ────────────────────────────────────────────────────────────────────────────


def test_two_hundred_images_are_one_request_a_tick() -> None:
    server = Server(*(action(id_, image=id_) for id_ in range(1, 201)))
    watch = ActionWatch(server.actions.values(), _terms())
    assert [server.tick(watch) for _ in range(3)] == [1, 1, 1]
    server.end()
    assert server.tick(watch) == 1
    assert watch.finished()


def test_what_has_ended_is_not_asked_for_again() -> None:
    server = Server(*(action(id_) for id_ in (1, 2, 3)))
    watch = ActionWatch(server.actions.values(), _terms())
    server.end(1, 2)
    server.tick(watch)
    server.end(3)
    server.tick(watch)
    assert server.requests == ["/v2/images/1/actions?1", "/v2/images/1/actions/3"]


def test_a_page_more_is_asked_for_while_pages_show_what_is_sought() -> None:
    others = [action(id_, image=None, kind="power_cycle") for id_ in range(150, 400)]
    ours = [action(id_, image=id_) for id_ in range(100, 150)]
    ours += [action(id_, image=id_) for id_ in range(400, 450)]
    server = Server(*others, *ours)
    watch = ActionWatch(ours, _terms())
    assert server.tick(watch) == 2
    assert server.requests == ["/v2/actions?1", "/v2/actions?2"]
    server.end()
    server.tick(watch)
    assert watch.finished()


def test_pages_of_newer_actions_are_turned_over_for_many() -> None:
    ours = [action(id_, image=id_) for id_ in range(1, 101)]
    others = [action(id_, image=None, kind="power_cycle") for id_ in range(1000, 1500)]
    server = Server(*ours, *others)
    assert server.tick(ActionWatch(ours, _terms())) == 3


def test_what_has_scrolled_off_is_asked_for_singly_and_the_list_ever_more_seldom() -> None:
    ours = [action(id_, image=id_) for id_ in range(1, 6)]
    server = Server(*ours, hidden=frozenset(one.id for one in ours))
    watch = ActionWatch(ours, _terms(5, None))
    costs = [server.tick(watch) for _ in range(16)]
    assert [tick for tick, cost in enumerate(costs, 1) if cost == 6] == [1, 2, 4, 8, 16]
    assert {*costs} == {5, 6}


def test_the_last_one_is_not_sought_on_lists() -> None:
    server = Server(action(1), action(2), hidden=frozenset({1}))
    watch = ActionWatch(server.actions.values(), _terms())
    assert server.tick(watch) == 2
    server.end(2)
    assert server.tick(watch) == 2
    assert server.tick(watch) == 1


def test_a_list_that_lagged_is_used_again() -> None:
    ours = [action(id_, image=id_) for id_ in range(1, 51)]
    server = Server(*ours, hidden=frozenset(range(1, 51)))
    watch = ActionWatch(ours, _terms())
    assert [server.tick(watch) for _ in range(2)] == [51, 51]
    server.hidden = frozenset()
    assert [server.tick(watch) for _ in range(4)] == [50, 1, 1, 1]


def test_what_the_account_does_not_show_is_sought_through_its_image_together() -> None:
    newer = [action(id_, image=None, kind="power_cycle") for id_ in range(100, 300)]
    ours = [action(id_) for id_ in range(1, 9)] + [action(9, image=2)]
    server = Server(*ours, *newer)
    watch = ActionWatch(ours, _terms())
    assert server.tick(watch) == 3
    assert server.requests == ["/v2/actions?1", "/v2/images/1/actions?1", "/v2/images/2/actions/9"]


def test_one_403_and_the_account_is_not_asked_again() -> None:
    ours = [action(1), action(2), action(3, image=2)]
    server = Server(*ours)
    server.account = _error(403)
    watch = ActionWatch(ours, _terms())
    assert [server.tick(watch) for _ in range(3)] == [3, 2, 2]
    assert server.requests.count("/v2/actions?1") == 1


@pytest.mark.parametrize(
    "error",
    [_error(404), _error(405), APIResponseValidationError("", request=REQUEST, status_code=200)],
)
def test_nor_if_its_list_is_no_use(error: APIError) -> None:
    # Any other action of the account may be what makes a page useless.
    server = Server(action(1), action(2, image=2))
    server.account = error
    watch = ActionWatch(server.actions.values(), _terms())
    assert [server.tick(watch) for _ in range(2)] == [3, 2]


def test_a_revoked_token_ends_it_for_all() -> None:
    server = Server(action(1), action(2, image=2))
    server.account = _error(401)
    watch = ActionWatch(server.actions.values(), _terms())
    assert server.tick(watch) == 1
    assert {type(error) for error in watch.errors.values()} == {AuthenticationError}
    assert watch.finished()


@pytest.mark.parametrize("status", [401, 403, 404])
def test_an_image_that_is_gone_ends_it_for_its_actions(status: int) -> None:
    watch = ActionWatch([action(1), action(2), action(3, image=2)], _terms())
    asks = watch.asks()
    watch.failed(next(asks), _error(403))
    ask = next(asks)
    assert ask.endpoint is IMAGE_ACTIONS_LIST
    watch.failed(ask, _error(status))
    assert sorted(watch.errors) == [1, 2]
    assert [ask.expected_ids for ask in asks] == [{3}]


def test_an_images_list_that_is_no_use_is_done_without() -> None:
    watch = ActionWatch([action(1), action(2)], _terms())
    asks = watch.asks()
    watch.failed(
        next(asks), APIResponseValidationError("", request=REQUEST, status_code=200, body={})
    )
    assert [ask.expected_ids for ask in asks] == [{1}, {2}]
    assert not watch.errors


@given(
    st.dictionaries(
        st.integers(min_value=1, max_value=500), st.none() | st.integers(1, 4), max_size=30
    ),
    st.sets(st.integers(min_value=1, max_value=500)),
    st.booleans(),
)
def test_each_tick_looks_at_all_whatever_lists_show(
    images: dict[int, int | None], hidden: set[int], may_list: bool
) -> None:
    ours = [action(id_, image=images[id_]) for id_ in images]
    server = Server(*ours, hidden=frozenset(hidden))
    server.account = None if may_list else _error(403)
    seen: list[int] = []
    watch = ActionWatch(ours, _terms(), lambda one: seen.append(one.id))
    for _ in range(3):
        seen.clear()
        cost = server.tick(watch)
        assert sorted(seen) == sorted(images), "each once"
        # One for each, but for lists that showed less than they might.
        assert cost <= len(images) + 1 + len({*images.values()})
    server.end()
    server.tick(watch)
    assert watch.finished()
    assert {one.status for one in watch.all(ours)} <= {"completed"}


# ── What becomes of them ────────────────────────────────────────────────────────────────────


def test_a_copy_that_has_ended_counts() -> None:
    watch = ActionWatch([action(), action(status="completed"), action()], _terms())
    assert watch.finished()
    assert watch.only().status == "completed"


def test_an_older_state_does_not_undo_the_end() -> None:
    server = Server(action(1), action(2), action(3))
    watch = ActionWatch(server.actions.values(), _terms())
    server.end(1, status="errored")
    server.tick(watch)
    server.end(1, status="in-progress")
    server.end(2, 3)
    server.tick(watch)
    with pytest.raises(ActionGroupError) as caught:
        watch.all(())
    assert [one.status for one in caught.value.actions] == ["errored", "completed", "completed"]
    (error,) = caught.value.exceptions
    assert isinstance(error, ActionErroredError)


@pytest.mark.parametrize(
    ("made", "name"),
    [
        (action(), "transfer of image 1 to nyc3 (action 9)"),
        (action(region=None), "transfer of image 1 (action 9)"),
        (action(kind="convert", region=None), "convert of image 1 (action 9)"),
        (action(kind="reboot", resource="droplet"), "reboot (action 9)"),
    ],
)
def test_errors_name_the_action(made: Action, name: str) -> None:
    assert ActionWatch([made], _terms()).name(made) == name


@pytest.mark.parametrize(
    ("made", "path"),
    [
        (action(), "/v2/images/1/actions/9"),
        (action(resource=None), "/v2/images/1/actions/9"),
        (action(resource=None, kind="reboot"), "/v2/actions/9"),
        (action(resource="droplet"), "/v2/actions/9"),
        (action(image=None), "/v2/actions/9"),
        (action(image=0), "/v2/actions/9"),
    ],
)
def test_what_is_done_to_an_image_is_asked_for_there(made: Action, path: str) -> None:
    server = Server(made)
    server.tick(ActionWatch([made], _terms()))
    assert server.requests == [path]


@pytest.mark.parametrize(
    ("fields", "region"),
    [
        ({"region_slug": "nyc3"}, "nyc3"),
        ({"region_slug": None, "region": "ams3"}, "ams3"),
        ({"region_slug": "", "region": {"slug": "sgp1", "name": "x"}}, "sgp1"),
        ({"region_slug": None, "region": None}, None),
    ],
)
def test_the_region_is_read_from_wherever_it_stands(
    fields: dict[str, object], region: str | None
) -> None:
    record = {"id": 9, "status": "in-progress", "type": "transfer", **fields}
    assert action_region(Action.model_validate(record)) == region


@pytest.mark.parametrize(
    ("begun", "age"), [((None,), 5.0), ((0.0,), 100.0), ((0.0, 40.0, None), 60.0)]
)
def test_the_youngest_says_when_to_look_first(begun: tuple[float | None, ...], age: float) -> None:
    ours = [action(number, begun=moment) for number, moment in enumerate(begun, 1)]
    watch = ActionWatch(ours, _terms())
    assert watch.age(1_700_000_100.0) == age
    assert watch.subject() == f"{len(begun)} action(s)"


# ── Images ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("status", ["available", "AVAILABLE"])
def test_an_available_image_is_done(status: str) -> None:
    watch = ImageWatch(image(status, "an old complaint"), _terms())
    assert watch.finished()
    assert watch.result().status == status


@pytest.mark.parametrize("status", ["NEW", "new", "pending", None, "", "retired", "resting"])
def test_others_are_waited_for(status: str | None) -> None:
    assert not ImageWatch(image(status), _terms()).finished()


@pytest.mark.parametrize(
    ("status", "message", "told"),
    [
        ("deleted", "Unsupported format.", "Unsupported format."),
        ("deleted", "", "no reason given"),
        ("deleted", None, "no reason given"),
        ("errored", "Too large.", "Too large."),
        (None, "Too large.", "Too large."),
    ],
)
def test_a_failed_import_says_why(status: str | None, message: str | None, told: str) -> None:
    watch = ImageWatch(image(status, message), _terms())
    assert watch.finished()
    with pytest.raises(ImageImportError, match=told) as caught:
        watch.result()
    assert caught.value.image.status == status


def test_a_remark_on_an_import_that_goes_on_is_no_failure() -> None:
    assert not ImageWatch(image("pending", "still fetching"), _terms()).finished()

"""The error tree: what each error holds, says, survives and is caught as."""

import copy
import inspect
import pickle
import traceback
from collections.abc import Callable

import pytest

import do_images
from do_images import (
    Action,
    ActionError,
    ActionErroredError,
    ActionGroupError,
    ActionTimeoutError,
    APIConnectionError,
    APIError,
    APIResponseValidationError,
    APIStatusError,
    APITimeoutError,
    DOImagesError,
    Image,
    ImageError,
    ImageImportError,
    ImageTimeoutError,
    NotFoundError,
    RateLimit,
    RateLimitError,
    RequestInfo,
    errors,
)
from do_images.models import ActionResponse, ImageResponse
from tests.support import load

REQUEST = RequestInfo("GET", "https://api.digitalocean.com/v2/images/7555620?x=1")
ACTION = ActionResponse.model_validate_json(load("action_unknown_values")).action
OTHER = ActionResponse.model_validate_json(load("action_errored")).action
IMAGE = ImageResponse.model_validate_json(load("image_unknown_values")).image

# The tree of the contract: an error, and what it is caught as, nearest first.
TREE = {
    "DOImagesError": "Exception",
    "APIError": "DOImagesError",
    "APIConnectionError": "APIError",
    "APITimeoutError": "APIConnectionError",
    "APIStatusError": "APIError",
    "BadRequestError": "APIStatusError",
    "AuthenticationError": "APIStatusError",
    "PermissionDeniedError": "APIStatusError",
    "NotFoundError": "APIStatusError",
    "ConflictError": "APIStatusError",
    "UnprocessableEntityError": "APIStatusError",
    "RateLimitError": "APIStatusError",
    "InternalServerError": "APIStatusError",
    "APIResponseValidationError": "APIError",
    "ActionError": "DOImagesError",
    "ActionErroredError": "ActionError",
    "ActionTimeoutError": "ActionError TimeoutError",
    "ActionGroupError": "DOImagesError ExceptionGroup",
    "ImageError": "DOImagesError",
    "ImageImportError": "ImageError",
    "ImageTimeoutError": "ImageError TimeoutError",
}

Errors = Callable[[DOImagesError], DOImagesError]


def _pickled(protocol: int) -> Errors:
    def through(error: DOImagesError) -> DOImagesError:
        twin = pickle.loads(pickle.dumps(error, protocol))
        assert isinstance(twin, DOImagesError)
        return twin

    return through


WAYS: dict[str, Errors] = {
    **{f"pickle {protocol}": _pickled(protocol) for protocol in range(6)},
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
}


def _classes() -> list[type[DOImagesError]]:
    found = [getattr(errors, name) for name in errors.__all__]
    return [kind for kind in found if issubclass(kind, DOImagesError)]


def _sample(kind: type[DOImagesError]) -> DOImagesError:
    """An error of the class with everything in it that it can hold."""
    if issubclass(kind, ActionGroupError):
        failures = [
            ActionErroredError("it failed", action=OTHER).about("region nyc3"),
            _sample(RateLimitError),
        ]
        return kind("2 of 3 went wrong", failures, actions=[ACTION, OTHER])
    if issubclass(kind, APIStatusError):
        return kind(
            "it can't be done",
            request=REQUEST,
            status_code=429,
            error_id="too_many",
            request_id="0-1",
            retry_after=1.5,
            rate_limit=RateLimit(5000, 0, 1_700_000_000),
            body={"id": "too_many", "message": ["it", {"can't": None}], "more": [1.5, True]},
        )
    if issubclass(kind, APIResponseValidationError):
        return kind(
            "200, but field image.id is wrong",
            request=REQUEST,
            status_code=200,
            field="image.id",
            request_id="0-1",
            body="<html>",
            incomplete=True,
        )
    if issubclass(kind, APIConnectionError):
        return kind("no answer", request=REQUEST, never_sent=True)
    if issubclass(kind, APIError):
        return kind("no use", request=REQUEST)
    if issubclass(kind, ActionError):
        return kind("it ended badly", action=ACTION)
    if issubclass(kind, ImageError):
        return kind("it ended badly", image=IMAGE)
    return kind("something")


def _flat(error: BaseException) -> object:
    """What two errors must have in common to be the same."""
    parts: tuple[BaseException, ...] = getattr(error, "exceptions", ())
    return type(error), str(error), repr(error), _state(error), [_flat(part) for part in parts]


def _state(error: BaseException) -> dict[str, object]:
    return dict(vars(error))


def test_the_tree_is_the_contracts() -> None:
    assert {kind.__name__ for kind in _classes()} == set(TREE)
    for kind in _classes():
        assert " ".join(base.__name__ for base in kind.__bases__) == TREE[kind.__name__]
        assert getattr(do_images, kind.__name__) is kind
        assert kind.__module__ == "do_images.errors"


def test_the_tree_at_the_top_of_the_file_names_every_error() -> None:
    drawing = inspect.getdoc(errors) or ""
    for name in TREE:
        assert name in drawing


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", _classes(), ids=lambda kind: kind.__name__)
def test_every_error_survives_pickle_and_copy(kind: type[DOImagesError], way: str) -> None:
    error = _sample(kind).adding("One more thing.")
    error.add_note("seen on a Monday")
    twin = WAYS[way](error)
    assert twin is not error
    assert _flat(twin) == _flat(error)
    # And once more: what came back is as good as what went in.
    assert _flat(WAYS[way](twin)) == _flat(error)


@pytest.mark.parametrize("kind", _classes(), ids=lambda kind: kind.__name__)
def test_every_error_can_be_raised_again_with_a_subject(kind: type[DOImagesError]) -> None:
    error = _sample(kind).adding("More.")
    cause = ValueError("why")
    error.__cause__ = cause
    twin = error.about("nyc3")
    assert str(twin) == f"nyc3: {error}"
    assert type(twin) is kind
    assert twin.__cause__ is cause
    assert not str(error).startswith("nyc3"), "the error itself stays as it is"
    assert str(twin.about("image 5")) == f"image 5: nyc3: {error}"
    with pytest.raises(kind):
        raise twin


def test_deep_copies_share_nothing() -> None:
    error = NotFoundError("gone", request=REQUEST, status_code=404, body={"list": [1]})
    twin = copy.deepcopy(error)
    assert twin.body == error.body
    assert twin.body is not error.body


def test_a_sentence_is_added_once_for_each_time() -> None:
    error = DOImagesError("It failed.")
    assert str(error) == "It failed."
    assert error.adding("Try again.") is error
    assert str(error.adding("Or not.")) == "It failed. Try again. Or not."


def test_a_status_error_says_all_that_support_asks_for() -> None:
    error = RateLimitError(
        "slow down",
        request=REQUEST,
        status_code=429,
        error_id="too_many",
        request_id="0-1",
    )
    assert str(error) == (
        "GET https://api.digitalocean.com/v2/images/7555620?x=1: "
        "429 too_many: slow down (request id 0-1)"
    )
    assert error.message == "slow down"
    assert (error.request.method, error.request.url) == REQUEST
    assert (error.retry_after, error.rate_limit, error.body) == (None, None, None)


def test_a_status_error_without_names_says_its_status() -> None:
    error = APIStatusError("I'm a Teapot", request=REQUEST, status_code=418)
    assert str(error).endswith("?x=1: 418: I'm a Teapot")


@pytest.mark.parametrize("kind", [ActionTimeoutError, ImageTimeoutError])
def test_time_outs_of_waits_are_pythons_too(kind: type[DOImagesError]) -> None:
    error = _sample(kind)
    assert isinstance(error, TimeoutError)
    assert str(error) == "it ended badly"
    with pytest.raises(TimeoutError):
        raise error


def test_a_request_that_timed_out_is_no_wait_that_did() -> None:
    error: object = _sample(APITimeoutError)
    assert not isinstance(error, TimeoutError)
    assert isinstance(error, APIConnectionError)


def test_actions_and_images_hang_on_their_errors() -> None:
    action: Action = ActionErroredError("x", action=ACTION).action
    image: Image = ImageImportError("x", image=IMAGE).image
    assert (action, image) == (ACTION, IMAGE)


# ── Groups ──────────────────────────────────────────────────────────────────────────────────


def _group() -> ActionGroupError:
    errored = ActionErroredError("it failed", action=OTHER).about("region ams3")
    late = ActionTimeoutError("not in time", action=ACTION).about("region nyc3")
    refused = _sample(RateLimitError)
    return ActionGroupError("of 4", [errored, late, refused], actions=[ACTION, OTHER, ACTION])


def test_a_group_is_taken_apart_by_except_star() -> None:
    caught: list[tuple[str, list[str], list[Action]]] = []
    try:
        raise _group()
    except* ActionErroredError as group:
        assert isinstance(group, ActionGroupError)
        caught.append(("errored", [str(one) for one in group.exceptions], group.actions))
    except* TimeoutError as group:
        assert isinstance(group, ActionGroupError)
        caught.append(("late", [str(one) for one in group.exceptions], group.actions))
    except* RateLimitError as group:
        assert isinstance(group, ActionGroupError)
        caught.append(("refused", [type(one).__name__ for one in group.exceptions], group.actions))
    everything = [ACTION, OTHER, ACTION]
    assert caught == [
        ("errored", ["region ams3: it failed"], everything),
        ("late", ["region nyc3: not in time"], everything),
        ("refused", ["RateLimitError"], everything),
    ]


def test_a_group_can_be_caught_whole() -> None:
    for kind in (DOImagesError, ExceptionGroup, ActionGroupError):
        with pytest.raises(kind):
            raise _group()


def test_what_a_group_is_split_into_keeps_all_actions() -> None:
    group = _group()
    late, others = group.split(TimeoutError)
    assert isinstance(late, ActionGroupError)
    assert isinstance(others, ActionGroupError)
    assert late.actions == others.actions == group.actions
    assert [len(late.exceptions), len(others.exceptions)] == [1, 2]
    part = group.subgroup(RateLimitError)
    assert isinstance(part, ActionGroupError)
    assert part.actions == group.actions
    assert group.subgroup(KeyError) is None


def test_a_part_of_a_group_survives_pickle() -> None:
    late, _ = _group().split(TimeoutError)
    assert isinstance(late, ActionGroupError)
    twin = pickle.loads(pickle.dumps(late))
    assert _flat(twin) == _flat(late)
    assert twin.split(TimeoutError)[1] is None


def test_a_group_says_what_failed_in_it() -> None:
    told = str(_group())
    assert told.startswith("of 4 (3 failed): region ams3: it failed; region nyc3: not in time; GET")
    assert _group().message == "of 4"


def test_a_groups_actions_are_its_own() -> None:
    given = [ACTION]
    group = ActionGroupError("x", [ValueError("y")], actions=given)
    given.clear()
    assert group.actions == [ACTION]
    assert ActionGroupError("x", [ValueError("y")]).actions == []


def test_a_group_is_printed_with_its_parts() -> None:
    try:
        raise _group()
    except ActionGroupError as error:
        printed = "".join(traceback.format_exception(error))
    assert "region ams3: it failed" in printed
    assert "region nyc3: not in time" in printed


@pytest.mark.parametrize("failures", [[], [1], [KeyboardInterrupt()]])
def test_a_group_holds_exceptions_and_at_least_one(failures: list[Exception]) -> None:
    with pytest.raises((TypeError, ValueError)):
        ActionGroupError("x", failures)

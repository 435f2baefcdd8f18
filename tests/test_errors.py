"""The error tree: attributes, text, pickling, and what each error is caught as."""

import copy
import inspect
import pickle
import traceback
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
    ImageGroupError,
    ImageImportError,
    ImageTimeoutError,
    NoMatchError,
    NotFoundError,
    PermissionDeniedError,
    RateLimit,
    RateLimitError,
    RequestInfo,
    UnprocessableEntityError,
    errors,
)
from do_images._core.failures import elapsed, is_incomplete, with_context
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
    "ImageGroupError": "DOImagesError ExceptionGroup",
    "NoMatchError": "DOImagesError LookupError",
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
        errored = with_context(ActionErroredError("it failed", action=OTHER), region="nyc3")
        refused = with_context(_sample(RateLimitError), subject="transfer to ams3", region="ams3")
        return kind(
            "2 of 3 failed",
            [errored, refused],
            actions=[ACTION, OTHER],
            failures={"nyc3": errored, "ams3": refused},
            present=["fra1"],
        )
    if issubclass(kind, ImageGroupError):
        denied, busy = _sample(PermissionDeniedError), _sample(UnprocessableEntityError)
        return kind("2 of 3 failed", [denied, busy], failures={5: denied, 6: busy}, destroyed=[4])
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
        )
    if issubclass(kind, APIConnectionError):
        return kind("no response", request=REQUEST, never_sent=True)
    if issubclass(kind, APIError):
        return kind("it failed", request=REQUEST)
    if issubclass(kind, ActionError):
        return kind("it failed", action=ACTION)
    if issubclass(kind, ImageError):
        return kind("it failed", image=IMAGE)
    return kind("something")


def _flat(error: BaseException) -> object:
    """What two errors must have in common to be the same."""
    parts: tuple[BaseException, ...] = getattr(error, "exceptions", ())
    return type(error), str(error), repr(error), _state(error), [_flat(part) for part in parts]


def _state(error: BaseException) -> dict[str, object]:
    state = dict(vars(error))
    if isinstance(error, (ActionGroupError, ImageGroupError)):
        positions = {id(part): position for position, part in enumerate(error.exceptions)}
        state["failures"] = {key: positions[id(part)] for key, part in error.failures.items()}
    return state


def test_the_tree_is_the_contracts() -> None:
    assert {kind.__name__ for kind in _classes()} == set(TREE)
    for kind in _classes():
        assert " ".join(base.__name__ for base in kind.__bases__) == TREE[kind.__name__]
        assert getattr(do_images, kind.__name__) is kind
        assert kind.__module__ == "do_images"


def test_the_tree_at_the_top_of_the_file_names_every_error() -> None:
    drawing = inspect.getdoc(errors) or ""
    for name in TREE:
        assert name in drawing


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", _classes(), ids=lambda kind: kind.__name__)
def test_every_error_survives_pickle_and_copy(kind: type[DOImagesError], way: str) -> None:
    cause = with_context(_sample(APITimeoutError), region="ams3", elapsed=4.5)
    error = with_context(
        _sample(kind),
        subject="image 5",
        note="One more thing.",
        action=ACTION,
        image=IMAGE,
        region="nyc3",
        cause=cause,
    )
    error.add_note("seen on a Monday")
    twin = WAYS[way](error)
    assert twin is not error
    assert _flat(twin) == _flat(error)
    assert (twin.action, twin.image, twin.region) == (ACTION, IMAGE, "nyc3")
    assert twin.__cause__ is not None
    assert _flat(twin.__cause__) == _flat(cause)
    # And once more: what came back is as good as what went in.
    assert _flat(WAYS[way](twin)) == _flat(error)


def test_a_foreign_cause_does_not_make_an_error_unpicklable() -> None:
    class Local(Exception):
        """No pickle finds a class inside a function."""

    error = with_context(DOImagesError("x"), cause=Local())
    assert isinstance(error.__cause__, Local)
    twin = pickle.loads(pickle.dumps(error))
    assert str(twin) == "x"
    assert twin.__cause__ is None
    assert not twin.__suppress_context__


# ── Context ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", _classes(), ids=lambda kind: kind.__name__)
def test_context_is_added_to_a_copy(kind: type[DOImagesError]) -> None:
    error = _sample(kind)
    cause = ValueError("why")
    before = _flat(error)
    twin = with_context(
        error, subject="nyc3", action=OTHER, image=IMAGE, region="nyc3", cause=cause
    )
    assert str(twin) == f"nyc3: {error}"
    assert type(twin) is kind
    assert (twin.action, twin.image, twin.region, twin.__cause__) == (OTHER, IMAGE, "nyc3", cause)
    assert _flat(error) == before, "the error itself stays as it is"
    again = with_context(twin, subject="image 5")
    assert str(again) == f"image 5: nyc3: {error}"
    assert (again.action, again.image, again.region, again.__cause__) == (
        OTHER,
        IMAGE,
        "nyc3",
        cause,
    )
    with pytest.raises(kind):
        raise again


@pytest.mark.parametrize("kind", _classes(), ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("name", ["action", "image", "region"])
def test_context_is_read_only(kind: type[DOImagesError], name: str) -> None:
    error = _sample(kind)
    with pytest.raises(AttributeError):
        setattr(error, name, None)


def test_an_error_without_context_has_none() -> None:
    error = DOImagesError("x")
    assert (error.action, error.image, error.region, error.__cause__) == (None, None, None, None)
    twin = with_context(error, note="y")
    assert (twin.action, twin.image, twin.region, twin.__cause__) == (None, None, None, None)
    assert not twin.__suppress_context__


def test_only_what_is_documented_is_public() -> None:
    documented: dict[type[Exception], str] = {
        DOImagesError: "action image region",
        APIError: "request",
        APIConnectionError: "never_sent",
        APIStatusError: "status_code error_id message request_id retry_after rate_limit body",
        APIResponseValidationError: "status_code field request_id body",
        ActionGroupError: "actions failures present message exceptions derive split subgroup",
        ImageGroupError: "destroyed failures message exceptions derive split subgroup",
    }
    for kind in _classes():
        error = with_context(_sample(kind), subject="s", note="n", cause=_sample(APIError))
        names = [names for base, names in documented.items() if isinstance(error, base)]
        plain = {*dir(OSError()), *dir(Exception())}
        public = {name for name in dir(error) if not name.startswith("_")} - plain
        assert public == set(" ".join(names).split()), kind


def test_what_the_package_alone_reads() -> None:
    request = _sample(APIError)
    assert isinstance(request, APIError)
    assert elapsed(request) == 0
    assert elapsed(with_context(request, elapsed=2.5)) == 2.5
    invalid = _sample(APIResponseValidationError)
    assert isinstance(invalid, APIResponseValidationError)
    assert not is_incomplete(invalid)
    assert is_incomplete(with_context(invalid, incomplete=True))


def test_deep_copies_share_nothing() -> None:
    error = NotFoundError("gone", request=REQUEST, status_code=404, body={"list": [1]})
    twin = copy.deepcopy(error)
    assert twin.body == error.body
    assert twin.body is not error.body


def test_a_note_is_the_last_sentence() -> None:
    error = DOImagesError("It failed.")
    assert str(error) == "It failed."
    one = with_context(error, note="Try again.")
    assert str(one) == "It failed. Try again."
    assert str(with_context(one, note="Or not.")) == "It failed. Try again. Or not."


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
    assert str(error) == "it failed"
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


def _about(region: str, error: DOImagesError) -> DOImagesError:
    return with_context(error, subject=f"region {region}", region=region)


def _group() -> ActionGroupError:
    errored = _about("ams3", ActionErroredError("it failed", action=OTHER))
    late = _about("nyc3", ActionTimeoutError("not in time", action=ACTION))
    refused = _sample(RateLimitError)
    return ActionGroupError(
        "of 4",
        [errored, late, refused],
        actions=[ACTION, OTHER, ACTION],
        failures={"ams3": errored, "nyc3": late, "fra1": refused},
        present=["sfo3"],
    )


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
    assert late.failures == {"nyc3": late.exceptions[0]}
    assert list(others.failures) == ["ams3", "fra1"]
    assert late.present == others.present == ["sfo3"]
    part = group.subgroup(RateLimitError)
    assert isinstance(part, ActionGroupError)
    assert part.actions == group.actions
    assert group.subgroup(KeyError) is None


def test_a_part_of_a_group_survives_pickle() -> None:
    late, _ = _group().split(TimeoutError)
    assert isinstance(late, ActionGroupError)
    twin = pickle.loads(pickle.dumps(late))
    assert _flat(twin) == _flat(late)
    assert list(twin.failures.values()) == list(twin.exceptions), "the same objects"
    assert twin.split(TimeoutError)[1] is None


def test_a_group_says_what_failed_in_it() -> None:
    text = str(_group())
    assert text.startswith("of 4 (3 failed): region ams3: it failed; region nyc3: not in time; GET")
    assert _group().message == "of 4"


def test_a_groups_actions_are_its_own() -> None:
    given = [ACTION]
    group = ActionGroupError("x", [ValueError("y")], actions=given)
    given.clear()
    assert group.actions == [ACTION]
    bare = ActionGroupError("x", [ValueError("y")])
    assert (bare.actions, bare.failures, bare.present) == ([], {}, [])


def test_an_image_group_is_taken_apart_too() -> None:
    group = _sample(ImageGroupError)
    assert isinstance(group, ImageGroupError)
    denied, others = group.split(PermissionDeniedError)
    assert isinstance(denied, ImageGroupError)
    assert isinstance(others, ImageGroupError)
    assert (list(denied.failures), list(others.failures)) == ([5], [6])
    assert denied.destroyed == others.destroyed == [4]
    with pytest.raises(ImageGroupError):
        try:
            raise group
        except* PermissionDeniedError:
            pass


def test_a_part_of_a_group_keeps_its_context() -> None:
    cause = _sample(APITimeoutError)
    group = with_context(_group(), subject="image 5", note="More.", image=IMAGE, cause=cause)
    late = group.subgroup(TimeoutError)
    assert isinstance(late, ActionGroupError)
    assert (late.image, late.__cause__) == (IMAGE, cause)
    assert str(late) == "image 5: of 4 (1 failed): region nyc3: not in time. More."


def test_no_match_is_a_lookup_error() -> None:
    with pytest.raises(LookupError, match="no image"):
        raise NoMatchError("no image matches")


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


# ── Text ────────────────────────────────────────────────────────────────────────────────────

CONTROL = "a\x00b\n2026-01-01 CRITICAL all images deleted\r\x1b[2J\x1b]0;x\x07\x9b31m\u2028\u202egnp\u2066.exe"
ANYTHING = st.text(st.characters(), max_size=3_000) | st.just(CONTROL) | st.just("x" * 1_000_000)


def _status(text: str, **context: str) -> DOImagesError:
    error = NotFoundError(
        text,
        request=RequestInfo("DELETE", f"https://api.digitalocean.com/v2/images?tag_name={text}"),
        status_code=404,
        error_id=text,
        request_id=text,
    )
    return with_context(error, subject=text, note=text)


def _invalid(text: str) -> DOImagesError:
    return APIResponseValidationError(
        text, request=REQUEST, status_code=200, field=text, request_id=text, body=text
    )


@given(ANYTHING)
@pytest.mark.parametrize("make", [DOImagesError, NoMatchError, _status, _invalid])
def test_a_text_is_one_printable_line_with_a_limit(
    make: Callable[[str], DOImagesError], text: str
) -> None:
    error = make(text)
    assert str(error).isprintable()
    assert repr(error).isprintable()
    assert len(str(error)) <= 1_000
    group = ActionGroupError(text, [error, ValueError(text), *[error] * 60])
    assert str(group).isprintable()
    assert len(str(group)) <= 4_000
    assert len(str(with_context(group, subject=text, note=text))) <= 4_000


@pytest.mark.parametrize("text", ["x" * 1_000_000, CONTROL * 500])
def test_what_matters_stands_in_the_text_however_long_the_rest_is(text: str) -> None:
    error = NotFoundError(
        text, request=REQUEST, status_code=404, error_id=text, request_id="0-1", body={"m": text}
    )
    error = with_context(error, subject=text, note="Check the id.")
    assert f": GET {REQUEST.url}: 404 " in str(error)
    assert str(error).endswith("... (request id 0-1). Check the id.")
    assert (error.message, error.error_id, error.body) == (text, text, {"m": text})


def test_control_characters_are_escaped() -> None:
    assert str(DOImagesError("a\nb\x1b[2J\u202e\ud83d")) == r"a\nb\x1b[2J\u202e\ud83d"
    assert str(DOImagesError("Größe 500 – 图像 🖼")) == "Größe 500 – 图像 🖼"


def test_a_group_of_many_says_how_many_it_does_not_name() -> None:
    failures = [DOImagesError(f"image {number}: {'x' * 500}") for number in range(500)]
    text = str(ImageGroupError("not all images were destroyed", failures))
    assert text.startswith("not all images were destroyed (500 failed): image 0: xx")
    named = text.count("image ")
    assert 10 < named < 50
    assert text.endswith(f"; and {500 - named} more")


def test_a_group_of_a_few_names_all_of_them() -> None:
    failures = [DOImagesError(f"image {number}: {'x' * 2_000}") for number in range(20)]
    text = str(ImageGroupError("not all images were destroyed", failures))
    assert [f"image {number}: x" in text for number in range(20)] == [True] * 20

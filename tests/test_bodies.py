"""Thousands of bodies generated from spec/, good ones and ones that are broken in one place."""

import copy
import json
import pickle
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from random import Random
from typing import cast

import httpx
import pytest
import respx
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from do_images import (
    APIError,
    APIResponseValidationError,
    APIStatusError,
    Client,
    DOImagesError,
    RateLimit,
    RequestInfo,
    _endpoints,
)
from do_images._base import Endpoint, Model
from do_images._core import responses
from tests.bodies import ALL_BREAKS, SCHEMAS, Mutant, mutant, valid
from tests.support import TOKEN, Json

pytestmark = pytest.mark.usefixtures("untraced")

REQUEST = RequestInfo("GET", "https://api.digitalocean.com/v2/images")
ENDPOINTS: list[Endpoint[Model]] = [
    _endpoints.IMAGES_GET,
    _endpoints.IMAGES_LIST,
    _endpoints.IMAGE_ACTIONS_GET,
    _endpoints.ACTIONS_LIST,
    _endpoints.ACCOUNT_TRANSFER_START,
]
EACH = 40 * settings().max_examples  # bodies for each of the endpoints

endpoints = pytest.mark.parametrize(
    "endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.response.__name__
)


def _reply(content: bytes, status: int = 200) -> responses.Response:
    return responses.Response(REQUEST, status, {"x-request-id": "0-1"}, content)


def _schema(endpoint: Endpoint[Model]) -> str:
    assert endpoint.response.__name__ in SCHEMAS
    return endpoint.response.__name__


# ── Good bodies ─────────────────────────────────────────────────────────────────────────────


def _assert_same(got: object, sent: Json) -> None:
    """What the model holds is what the body said."""
    if isinstance(got, BaseModel):
        assert isinstance(sent, dict)
        assert got.model_fields_set == set(sent)
        for name, value in sent.items():
            extra = got.model_extra or {}
            _assert_same(extra[name] if name in extra else getattr(got, name), value)
    elif isinstance(got, datetime):
        assert isinstance(sent, str)
        assert got == datetime.fromisoformat(sent)
    elif isinstance(got, list) and sent is not None:
        assert isinstance(sent, list)
        for one, other in zip(cast(list[object], got), sent, strict=True):
            _assert_same(one, other)
    elif isinstance(got, float):
        assert isinstance(sent, int | float)
        assert got == float(sent)
    else:
        assert got == ([] if isinstance(got, list) else sent)


@endpoints
@given(random=st.randoms(use_true_random=False))
def test_what_the_spec_allows_is_accepted_as_it_is(
    endpoint: Endpoint[Model], random: Random
) -> None:
    body = valid(SCHEMAS[_schema(endpoint)], random)
    content = json.dumps(body).encode()
    _assert_same(responses.parse(endpoint, _reply(content)), body)


# ── Broken bodies ───────────────────────────────────────────────────────────────────────────


def _judge(endpoint: Endpoint[Model], broken: Mutant) -> None:
    """Accepted for a reason, or refused with the field's name; nothing else ever."""
    try:
        responses.parse(endpoint, _reply(broken.content))
    except APIResponseValidationError as error:
        assert not broken.accepted, f"{broken} is to be accepted: {error}"
        assert error.field == broken.field, f"{broken}: {error}"
        assert error.field is None or f"field {error.field}: " in str(error)
        assert error.__cause__ is None
        assert error.__context__ is None
    else:
        assert broken.accepted, f"{broken} is to be refused"


@endpoints
def test_broken_bodies(endpoint: Endpoint[Model]) -> None:
    random = Random(_schema(endpoint))
    hows: Counter[str] = Counter()
    outcomes: Counter[bool] = Counter()
    for _ in range(EACH):
        broken = mutant(_schema(endpoint), random)
        _judge(endpoint, broken)
        hows[broken.how] += 1
        outcomes[bool(broken.accepted)] += 1
    assert hows.total() == EACH
    missing = set(ALL_BREAKS) - set(hows)
    simple = endpoint is _endpoints.ACCOUNT_TRANSFER_START  # it has one field, a number
    assert missing <= (
        {"an enum has an unknown value", "a time stamp is none"} if simple else set()
    )
    assert min(hows.values()) > EACH / 50, "every way to break a body was taken often"
    assert min(outcomes[True], outcomes[False]) > EACH / 10


@endpoints
@settings(max_examples=2 * settings().max_examples)
@given(random=st.randoms(use_true_random=False))
def test_the_smallest_broken_body(endpoint: Endpoint[Model], random: Random) -> None:
    _judge(endpoint, mutant(_schema(endpoint), random))


@endpoints
@given(content=st.binary(max_size=40) | st.text(max_size=40).map(str.encode))
def test_any_bytes(endpoint: Endpoint[Model], content: bytes) -> None:
    with pytest.raises(APIResponseValidationError) as caught:
        responses.parse(endpoint, _reply(content))
    assert caught.value.__context__ is None


@endpoints
def test_flipped_bits(endpoint: Endpoint[Model]) -> None:
    random = Random(_schema(endpoint))
    for _ in range(500):
        content = bytearray(json.dumps(valid(SCHEMAS[_schema(endpoint)], random)).encode())
        content[random.randrange(len(content))] ^= 1 << random.randrange(8)
        try:
            responses.parse(endpoint, _reply(bytes(content)))
        except APIResponseValidationError as error:
            assert error.__context__ is None


# ── Bodies of errors ────────────────────────────────────────────────────────────────────────

_ODD: list[bytes] = [
    b"",
    b" ",
    b"<html>504</html>",
    b"plain",
    b"\xff\x00",
    b"[]",
    b'[{"id": 1}]',
    b"5",
    b"-0",
    b"null",
    b"true",
    b'"x"',
    b'{"error": "e", "root_causes": ["a", {"b": 1}]}',
    b'{"error": null, "root_causes": 5}',
    b'{"errors": [{"detail": "x"}]}',
    b'{"message": {"a": [1, null]}}',
    b'{"id": {"a": 1}, "message": 1e999, "request_id": []}',
    b'{"id": 10, "message": [[[[]]]]}',
    b"[" * 5000,
    b'{"message": "' + b"x" * 5000 + b'"}',
]
_STATUSES = [
    *(300, 302, 304, 400, 401, 403, 404, 408, 409, 410, 418, 422, 429, 451, 499),
    *(500, 501, 502, 503, 504, 520, 522, 524, 599),
]


def _flat(error: APIStatusError) -> object:
    return type(error), str(error), {**vars(error), "body": repr(error.body)}


def test_broken_bodies_of_errors() -> None:
    random = Random(0)
    for number in range(EACH):
        content = random.choice(_ODD) if number % 3 else mutant("ErrorResponse", random).content
        status = random.choice(_STATUSES)
        quota = random.choice([None, RateLimit(5000, 0, 10**10), RateLimit(0, -1, -5)])
        error = responses.status_error(_endpoints.IMAGES_GET, _reply(content, status), 1.7e9, quota)
        good = responses.status_error(_endpoints.IMAGES_GET, _reply(b"{}", status), 1.7e9, quota)
        assert type(error) is type(good), "the status alone decides the class"
        assert type(error.message) is str
        assert error.message.strip()
        assert error.error_id is None or (type(error.error_id) is str and error.error_id)
        assert error.request_id
        assert type(error.request_id) is str
        assert error.retry_after is None or error.retry_after >= 0
        assert error.__context__ is None
        twins: list[APIStatusError] = [pickle.loads(pickle.dumps(error)), copy.deepcopy(error)]
        for twin in [*twins, copy.copy(error)]:
            assert _flat(twin) == _flat(error)


# ── Through a client ────────────────────────────────────────────────────────────────────────


def _assert_ours(error: BaseException | None) -> None:
    """No foreign exception is left behind an error, nor behind those behind it."""
    while error is not None:
        assert isinstance(error, DOImagesError)
        assert error.__cause__ is None or error.__cause__ is error.__context__
        error = error.__context__


CALLS: list[Callable[[Client], object]] = [
    lambda do: do.image.info(1),
    lambda do: do.image.list(),
    lambda do: do.image.action_info(1, 2),
    lambda do: do.action.list(),
    lambda do: do.image.account_transfer(1, recipient_uuid="x"),
]


def test_no_foreign_exception_comes_out_of_a_client(api: respx.MockRouter) -> None:
    random = Random(1)
    outcomes: Counter[str] = Counter()
    for number in range(500):
        kind = number % len(ENDPOINTS)
        content = mutant(_schema(ENDPOINTS[kind]), random).content
        status = random.choice([*[200, 201, 204] * 10, *_STATUSES])
        headers = random.choice([{}, {"retry-after": "soon"}, {"ratelimit-limit": "x"}])
        answer = httpx.Response(status, headers=headers, content=content)
        api.route().mock(return_value=answer)
        with Client(TOKEN, max_retries=0) as do:
            try:
                CALLS[kind](do)
            except APIError as error:
                _assert_ours(error)
                outcomes[type(error).__name__] += 1
            else:
                outcomes["accepted"] += 1
    assert outcomes["accepted"] > 10
    assert outcomes["APIResponseValidationError"] > 50
    assert len(outcomes) > 8, outcomes

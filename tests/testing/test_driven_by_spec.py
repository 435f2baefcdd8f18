"""The fake over the wire, driven by schemathesis: by what the spec allows, and what it forbids.

Its checks hold every answer against the spec; what is well-formed is never told to be nonsense,
nonsense never does anything, and nobody gets in without the token.
"""
# pyright: basic
# Strictly taken, schemathesis leaves many a type open.

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypedDict

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode, HookContext
from schemathesis.config import SchemathesisConfig
from schemathesis.core.result import Ok

from do_images.testing import FakeDigitalOcean

SCHEMA = schemathesis.openapi.from_path(
    Path(__file__).parents[2] / "spec/images.yaml",
    config=SchemathesisConfig.from_dict(
        {
            # 422: no schema tells that an image is busy, or that only backups are converted.
            "checks": {"positive_data_acceptance": {"expected-statuses": ["2xx", "404", "422"]}},
            # The API takes no notice of parameters that it does not know.
            "generation": {"allow-extra-parameters": False, "with-security-parameters": False},
        }
    ),
)
OPERATIONS = {
    found.ok().label: found.ok() for found in SCHEMA.get_all_operations() if isinstance(found, Ok)
}
# Nothing is looked for twice: what fails, schemathesis prints as a call of curl.
ONCE = settings(
    max_examples=10, phases=[Phase.generate], suppress_health_check=[HealthCheck.too_slow]
)


def account() -> FakeDigitalOcean:
    """A fake that holds something of everything; always the same."""
    fake = FakeDigitalOcean()
    fake.token(value="secret")
    fake.quota(1_000_000)
    fake.offer_image()
    with fake.client() as do:
        for image in fake.add_images(2):
            do.image.transfer(image, "nyc3")
        do.image.account_transfer(7555622, recipient_uuid="5a4981aa")
    return fake


_PATTERN = account()
KNOWN: Mapping[str, list[int]] = {
    "image_id": [image.id for image in _PATTERN.images if not image.public],
    "action_id": [action.id for action in _PATTERN.actions],
}


@SCHEMA.hook
def map_path_parameters(
    _context: HookContext, parameters: dict[str, object] | None
) -> dict[str, object] | None:
    """Of the numbers in a path, most are those of what is there: else all answers were 404."""
    for name, value in (parameters or {}).items():
        if parameters and name in KNOWN and isinstance(value, int) and value % 4:
            parameters[name] = KNOWN[name][value % len(KNOWN[name])]
    return parameters


class How(TypedDict):
    """How schemathesis is to send its requests."""

    base_url: str
    session: requests.Session
    headers: dict[str, str]


@pytest.fixture
def fake() -> FakeDigitalOcean:
    return account()


@pytest.fixture
def how(fake: FakeDigitalOcean) -> Iterator[How]:
    with fake.serve(speed=0) as url, requests.Session() as session:
        yield How(base_url=url, session=session, headers={"Authorization": "Bearer secret"})


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_answer_is_true_to_the_spec(operation: str, fake: FakeDigitalOcean, how: How) -> None:
    strategy = OPERATIONS[operation].as_strategy
    told_apart = [strategy(generation_mode=mode) for mode in GenerationMode]

    @ONCE
    @given(st.one_of(told_apart))
    def drive(case: Case[Any]) -> None:
        case.call_and_validate(**how)

    drive()
    statuses = {request.status for request in fake.requests if request.operation}
    assert len(statuses) > 1, "nothing was reached"

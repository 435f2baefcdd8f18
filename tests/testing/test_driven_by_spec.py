"""The fake over the wire, driven by schemathesis: by what the spec allows, and what it forbids.

Its checks hold every response against the spec: valid requests are never called invalid, invalid
ones do nothing, and none succeeds without the token.
"""
# pyright: basic
# Strictly taken, schemathesis leaves many a type open.

from collections.abc import Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import Any, TypedDict, cast

import pytest
import requests
import schemathesis
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.config import SchemathesisConfig
from schemathesis.core.result import Ok

from do_images.testing import FakeDigitalOcean

SPEC = yaml.safe_load((Path(__file__).parents[2] / "spec/images.yaml").read_text("utf-8"))
# The API takes a larger number as the largest.
del SPEC["components"]["parameters"]["per_page"]["schema"]["maximum"]
SCHEMA = schemathesis.openapi.from_dict(
    SPEC,
    config=SchemathesisConfig.from_dict(
        {
            # No schema says that an image is busy, or that only a recipient may accept.
            "checks": {
                "positive_data_acceptance": {"expected-statuses": ["2xx", "403", "404", "422"]}
            },
            # The API takes no notice of parameters that it does not know.
            "generation": {"allow-extra-parameters": False, "with-security-parameters": False},
        }
    ),
)
OPERATIONS = {
    found.ok().label: found.ok() for found in SCHEMA.get_all_operations() if isinstance(found, Ok)
}
# Nothing is shrunk: schemathesis prints a failure as a call of curl.
ONCE = settings(
    max_examples=10, phases=[Phase.generate], suppress_health_check=[HealthCheck.too_slow]
)


def account() -> tuple[FakeDigitalOcean, Mapping[str, list[Any]]]:
    """A fake that holds something of everything, and what it holds; always the same."""
    fake = FakeDigitalOcean()
    fake.token(value="secret")
    fake.quota(1_000_000)
    offered, offer = fake.offer_image()
    with fake.client() as do:
        actions = [do.image.transfer(image, "nyc3").id for image in fake.add_images(2)]
        own_snapshot = fake.add_image()
        own_offer = do.image.account_transfer(own_snapshot, recipient_email="ops@example.com")
    return fake, {
        "image_id": [
            7555620,
            7555621,
            own_snapshot,
            offered,
            *(it.resource_id for it in fake.actions),
        ],
        "action_id": actions,
        # In step with the images: the third is offered by us, the fourth to us.
        "transfer_id": [own_offer, offer],
        "region": ["ams3", "nyc3", "sgp1"],
    }


_, KNOWN = account()


def aim(case: Case[Any], number: int) -> None:
    """Puts what is there in the place of most ids and regions: else all answers were 404 or 422."""
    places = [place for place in (case.path_parameters, case.body) if isinstance(place, dict)]
    for values in cast("list[dict[str, Any]]", places):
        for name in values.keys() & KNOWN.keys():
            known = KNOWN[name]
            if number % 4 and values[name] and type(values[name]) is type(known[0]):
                values[name] = known[number % len(known)]


class How(TypedDict):
    """How schemathesis is to send its requests."""

    base_url: str
    session: requests.Session
    headers: dict[str, str]


@pytest.fixture
def fake() -> FakeDigitalOcean:
    return account()[0]


@pytest.fixture
def how(fake: FakeDigitalOcean, untraced: None) -> Iterator[How]:
    with fake.serve(speed=0) as url, requests.Session() as session:
        yield How(base_url=url, session=session, headers={"Authorization": "Bearer secret"})


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_answer_is_true_to_the_spec(operation: str, fake: FakeDigitalOcean, how: How) -> None:
    found = OPERATIONS[operation]
    modes = [*GenerationMode]
    numbers = count()
    begun = len(fake.requests)
    # Every limit of the schema from both sides, and every method that there is.
    for case in SCHEMA.iter_coverage_cases(
        found, generation_modes=modes, generation_config=SCHEMA.config.generation
    ):
        aim(case, next(numbers))
        case.call_and_validate(**how)

    @ONCE
    @given(st.one_of([found.as_strategy(generation_mode=mode) for mode in modes]))
    def by_chance(case: Case[Any]) -> None:
        aim(case, next(numbers))
        case.call_and_validate(**how)

    by_chance()
    # It was done, and it was refused.
    answered = [request.status or 0 for request in fake.requests[begun:] if request.operation]
    assert {status // 100 for status in answered} == {2, 4}

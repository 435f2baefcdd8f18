"""The limit of requests."""

import httpx
import pytest

from do_images.testing import FakeDigitalOcean
from tests.testing.faithful import NEW_YEAR, http


def numbers(response: httpx.Response) -> tuple[int, int, int]:
    return (
        int(response.headers["ratelimit-limit"]),
        int(response.headers["ratelimit-remaining"]),
        int(response.headers["ratelimit-reset"]) - int(NEW_YEAR.timestamp()),
    )


def test_five_thousand_an_hour_at_first(fake: FakeDigitalOcean, api: httpx.Client) -> None:
    assert numbers(api.get("/v2/images")) == (5000, 4999, 3600)
    fake.advance(10.5)
    assert numbers(api.get("/v2/images")) == (5000, 4998, 3600)
    assert numbers(api.get("/v2/images")) == (5000, 4997, 3600)
    fake.advance(3590)
    assert numbers(api.get("/v2/images")) == (5000, 4997, 3611)


def test_the_hourly_limit_names_no_time(fake: FakeDigitalOcean, api: httpx.Client) -> None:
    fake.quota(10, remaining=2, window=60)
    assert [api.get("/v2/images").status_code for _ in range(3)] == [200, 200, 429]
    answer = api.get("/v2/images")
    assert answer.json()["id"] == "too_many_requests"
    assert numbers(answer) == (10, 0, 60)
    assert "retry-after" not in answer.headers
    fake.advance(59.9)
    assert api.get("/v2/images").status_code == 429
    fake.advance(0.1)
    assert numbers(api.get("/v2/images")) == (10, 9, 120)


def test_the_limit_a_minute_names_the_time(fake: FakeDigitalOcean, api: httpx.Client) -> None:
    fake.quota(1, window=60, retry_after=True)
    api.get("/v2/images")
    fake.advance(20)
    assert api.get("/v2/images").headers["retry-after"] == "40"
    fake.quota(1, remaining=0, retry_after=2.5)
    assert api.get("/v2/images").headers["retry-after"] == "2.5"
    fake.quota(0)
    assert api.get("/v2/images").status_code == 429


@pytest.mark.parametrize(("limit", "remaining"), [(-1, None), (5, 6), (5, -1)])
def test_refuses_a_quota_that_is_none(
    fake: FakeDigitalOcean, limit: int, remaining: int | None
) -> None:
    with pytest.raises(ValueError, match="limit must be 0 or more"):
        fake.quota(limit, remaining=remaining)


def test_a_wait_gets_through_a_short_quota(fake: FakeDigitalOcean) -> None:
    with fake.client() as do:
        fake.transfer_takes(120)
        images = fake.add_images(30)
        actions = [do.image.transfer(image, "nyc3") for image in images]
        fake.quota(10, remaining=4, window=60)
        assert len(do.action.wait_all(actions, poll=1)) == 30
        assert all(request.status != 429 for request in fake.requests)


def test_each_token_has_its_own(fake: FakeDigitalOcean) -> None:
    fake.quota(2)
    first, second = fake.token(), fake.token()
    assert [http(fake, first).get("/v2/images").status_code for _ in range(3)] == [200, 200, 429]
    answer = http(fake, second).get("/v2/images")
    assert (answer.status_code, answer.headers["ratelimit-remaining"]) == (200, "1")


def test_requests_without_a_valid_token_do_not_count(fake: FakeDigitalOcean) -> None:
    fake.quota(1)
    for _ in range(3):
        answer = http(fake, "nobody's").get("/v2/images")
        assert (answer.status_code, answer.headers["ratelimit-remaining"]) == (401, "1")


def test_the_429_has_the_words_of_the_api(fake: FakeDigitalOcean, api: httpx.Client) -> None:
    fake.quota(0)
    assert api.get("/v2/images").json()["message"] == "API Rate limit exceeded."

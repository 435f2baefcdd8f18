# GENERATED from tests/_async/test_everyday.py by "make generate". Do not edit.
"""Jobs that people write around every client of this API: each is a few lines here."""

import inspect
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from do_images import ActionGroupError, Client, Image
from do_images.testing import FakeDigitalOcean

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def copy_newest(do: Client) -> list[str]:
    image = do.image.latest("web-*", type="snapshot")
    try:
        do.image.transfer_many(image, ["ams3", "fra1", "sgp1"], wait=True, timeout=3600)
    except ActionGroupError as error:
        return list(error.failures)
    return []


def clean_up(do: Client) -> list[Image]:
    result = do.image.prune("nightly-*", keep_last=5, keep_within=timedelta(days=30))
    return result.deleted


def newest_lts(do: Client) -> str | None:
    image = do.image.latest("*LTS*", distribution="Ubuntu", region="fra1", public=True)
    return image.slug


def import_image(do: Client, progress: Callable[[Image], object]) -> Image:
    return do.image.create(
        name="golden",
        url="https://example.com/golden.qcow2",
        region="nyc3",
        wait=True,
        timeout=3600,
        on_poll=progress,
    )


@pytest.mark.parametrize("program", [copy_newest, clean_up, newest_lts, import_image])
def test_each_program_has_at_most_12_lines(program: Callable[..., object]) -> None:
    assert len(inspect.getsource(program).splitlines()) <= 12


def test_copying_the_newest_names_the_regions_that_failed() -> None:
    fake = FakeDigitalOcean(now=NOW)
    old = fake.add_image(name="web-1", created_at=NOW - timedelta(days=2))
    new = fake.add_image(name="web-2", created_at=NOW - timedelta(days=1))
    fake.fail_next_action("fra1")
    with fake.client() as do:
        assert copy_newest(do) == ["fra1"]
        assert copy_newest(do) == []
    assert fake.image(new).regions == ["nyc1", "ams3", "sgp1", "fra1"]
    assert fake.image(old).regions == ["nyc1"]


@pytest.mark.parametrize(("nights", "kept"), [(3, 3), (31, 31), (100, 31)])
def test_cleaning_up_keeps_five_and_those_of_30_days(nights: int, kept: int) -> None:
    fake = FakeDigitalOcean(now=NOW)
    added = [
        fake.add_image(name=f"nightly-{night}", created_at=NOW - timedelta(days=night))
        for night in range(nights)
    ]
    with fake.client() as do:
        assert [image.id for image in clean_up(do)] == added[kept:]


def test_cleaning_up_keeps_five_however_old_they_are() -> None:
    fake = FakeDigitalOcean(now=NOW)
    for month in range(12):
        fake.add_image(name="nightly-x", created_at=NOW - timedelta(days=100 + 30 * month))
    with fake.client() as do:
        assert len(clean_up(do)) == 7


def test_the_newest_lts_is_not_the_newest_ubuntu() -> None:
    with FakeDigitalOcean().client() as do:
        assert newest_lts(do) == "ubuntu-24-04-x64"


def test_an_import_reports_its_progress() -> None:
    fake = FakeDigitalOcean(now=NOW)
    fake.imports_take(20)
    seen: list[Image] = []
    with fake.client() as do:
        image = import_image(do, seen.append)
    assert image.status == "available"
    assert [one.status for one in seen][-1] == "available"
    assert len(seen) > 1

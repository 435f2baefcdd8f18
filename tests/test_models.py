"""The models, over bodies as the API sends them: the files in fixtures/."""

import copy
import json
import pickle
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openapi_schema_validator import OAS31Validator
from pydantic import BaseModel, ValidationError

from do_images import Action, Image, Region, models
from do_images._base import Model
from do_images.models import (
    AccountTransferResponse,
    ActionResponse,
    ActionsResponse,
    ErrorResponse,
    ImageResponse,
    ImagesResponse,
)
from tests.schemas import SPEC
from tests.support import Json, load

ROOT = Path(__file__).parents[1]
SCHEMAS: dict[str, Any] = SPEC["components"]["schemas"]

# What the files are, by the first part of their names.
KINDS: dict[str, type[Model]] = {
    "image": ImageResponse,
    "images": ImagesResponse,
    "action": ActionResponse,
    "actions": ActionsResponse,
    "account": AccountTransferResponse,
    "error": ErrorResponse,
    "bare": Action,
}
# Error bodies that the API sends against its own description.
ODD = {"error_message_is_object", "error_root_causes"}
FILES = sorted(file.stem for file in (ROOT / "tests/fixtures").glob("*.json"))
TYPICAL = [name for name in FILES if name not in ODD]


def _kind(name: str) -> type[Model]:
    return KINDS[name.partition("_")[0]]


def _image(name: str) -> Image:
    return ImageResponse.model_validate_json(load(name), strict=True).image


def _action(name: str) -> Action:
    return ActionResponse.model_validate_json(load(name), strict=True).action


# ── All files ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", TYPICAL)
def test_every_fixture_is_what_the_spec_says(name: str) -> None:
    reference = {"$ref": f"#/components/schemas/{_kind(name).__name__}", **SPEC}
    OAS31Validator(reference).validate(json.loads(load(name)))


@pytest.mark.parametrize("name", TYPICAL)
def test_every_fixture_fits_its_model_and_comes_out_as_it_went_in(name: str) -> None:
    model = _kind(name).model_validate_json(load(name), strict=True)
    written = model.model_dump_json(exclude_unset=True)
    assert _comparable(json.loads(written)) == _comparable(json.loads(load(name)))
    assert _kind(name).model_validate_json(written, strict=True) == model


def _comparable(value: Json, key: str = "") -> object:
    """The value with its time stamps as times, and null as no names."""
    if isinstance(value, dict):
        return {name: _comparable(part, name) for name, part in value.items()}
    if isinstance(value, list):
        return [_comparable(part) for part in value]
    if key.endswith("_at") and isinstance(value, str):
        return datetime.fromisoformat(value)
    return [] if key in {"tags", "regions", "features", "sizes"} and value is None else value


@pytest.mark.parametrize("name", sorted(ODD))
def test_odd_error_bodies_are_no_error_response(name: str) -> None:
    with pytest.raises(ValidationError):
        ErrorResponse.model_validate_json(load(name), strict=True)


@pytest.mark.parametrize("name", TYPICAL)
def test_models_survive_pickle_and_copy(name: str) -> None:
    model = _kind(name).model_validate_json(load(name))
    for twin in (pickle.loads(pickle.dumps(model)), copy.copy(model), copy.deepcopy(model)):
        assert twin == model
        assert twin.model_extra == model.model_extra


# ── Images ──────────────────────────────────────────────────────────────────────────────────


def test_a_snapshot() -> None:
    image = _image("image_snapshot")
    assert (image.id, image.name, image.type) == (7555620, "nginx-golden", "snapshot")
    assert image.created_at == datetime(2026, 5, 4, 22, 23, 2, tzinfo=UTC)
    assert (image.slug, image.public, image.distribution) == (None, False, "Ubuntu")
    assert (image.regions, image.tags) == (["nyc1", "nyc2"], ["base-image", "prod"])
    assert (image.min_disk_size, image.size_gigabytes) == (25, 2.34)
    assert (image.status, image.error_message) == ("available", "")
    assert image.model_extra == {}


def test_a_backup_has_an_empty_slug_and_null_tags() -> None:
    image = _image("image_backup")
    assert (image.slug, image.tags, image.description) == ("", [], None)
    assert image.error_message is None


def test_a_public_image_may_name_a_region_twice() -> None:
    image = _image("image_base")
    assert image.slug == "ubuntu-24-04-x64"
    assert image.regions == ["nyc1", "nyc3", "ams3", "fra1", "nyc3"]
    assert image.error_message is None


def test_a_custom_image_right_after_it_was_created() -> None:
    image = _image("image_custom_created")
    assert (image.slug, image.public) == (None, None)
    assert (image.min_disk_size, image.size_gigabytes) == (None, None)
    assert (image.status, image.regions) == ("NEW", [])
    assert image.created_at == datetime(2026, 5, 4, 22, 23, 2, 48821, tzinfo=UTC)


def test_a_whole_number_of_gigabytes_is_a_size_too() -> None:
    assert _image("image_custom_available").size_gigabytes == 1.0


def test_a_failed_import_says_why() -> None:
    image = _image("image_import_failed")
    assert (image.status, image.distribution) == ("deleted", "Unknown OS")
    assert image.error_message == "The file is not an image of a kind that can be imported."
    assert (image.min_disk_size, image.size_gigabytes) == (0, 0.0)


def test_three_fields_are_enough() -> None:
    image = _image("image_minimal")
    absent = set(Image.model_fields) - {"id", "name", "created_at"}
    values = {name: getattr(image, name) for name in absent}
    assert values == {**dict.fromkeys(absent), "regions": [], "tags": []}


def test_values_and_fields_that_nobody_knows_yet() -> None:
    image = _image("image_unknown_values")
    assert (image.status, image.type, image.distribution) == ("warming-up", "appliance", "ubuntu")
    assert image.regions == ["ric1", "atl1", "mars1"]
    assert image.created_at == datetime(2026, 12, 31, 22, tzinfo=UTC)
    assert image.model_extra == {
        "gpu": {"vendor": "any", "count": 8},
        "checksum": "sha256:00ff",
    }


def test_records_of_2014() -> None:
    image = _image("image_old_2014")
    assert (image.status, image.tags, image.size_gigabytes) == (None, [], None)
    retired = _image("image_retired")
    assert (retired.status, retired.type, retired.regions) == ("retired", "admin", [])


def test_lists_that_are_not_there_are_nobody_elses() -> None:
    one, other = _image("image_minimal"), _image("image_minimal")
    one.regions.append("nyc3")
    assert other.regions == []
    assert _image("image_minimal").regions == []


# ── Actions ─────────────────────────────────────────────────────────────────────────────────


def test_a_transfer() -> None:
    action = _action("action_transfer")
    assert (action.id, action.status, action.type) == (36805527, "in-progress", "transfer")
    assert action.started_at == datetime(2026, 5, 4, 22, 23, 2, tzinfo=UTC)
    assert (action.completed_at, action.resource_id) == (None, 7555620)
    assert (action.resource_type, action.region_slug) == ("image", "nyc3")
    region = action.region
    assert isinstance(region, Region)
    assert (region.slug, region.name, region.available) == ("nyc3", "New York 3", True)
    assert region.features == ["backups", "ipv6", "metadata", "image_transfer"]
    assert region.sizes == ["s-1vcpu-1gb", "s-2vcpu-2gb"]


def test_a_region_was_a_slug_until_2015() -> None:
    action = _action("action_region_is_slug_2014")
    assert (action.region, action.region_slug) == ("nyc1", None)


def test_a_region_may_be_null_as_may_the_resource() -> None:
    action = _action("action_region_is_null")
    assert (action.region, action.region_slug, action.resource_id) == (None, None, None)


def test_a_region_may_lack_sizes_and_not_know_whether_it_is_open() -> None:
    region = _action("action_region_is_sparse").region
    assert isinstance(region, Region)
    assert (region.sizes, region.features, region.available) == ([], [], None)


def test_the_end_of_an_action_is_no_sign_of_its_status() -> None:
    done, running = (
        _action("action_completed_without_end"),
        _action("action_in_progress_with_end"),
    )
    assert (done.status, done.completed_at) == ("completed", None)
    assert running.status == "in-progress"
    assert running.completed_at is not None


def test_actions_on_other_resources_and_of_kinds_to_come() -> None:
    assert _action("action_of_droplet").type == "power_off"
    action = _action("action_unknown_values")
    assert (action.status, action.type, action.resource_type) == ("paused", "replicate", "vault")
    assert action.model_extra == {"progress": 40}
    assert isinstance(action.region, Region)
    assert action.region.model_extra == {"altitude_km": -2.5}


def test_an_action_of_three_fields() -> None:
    action = _action("action_minimal")
    assert (action.started_at, action.region, action.resource_id) == (None, None, None)


def test_an_action_without_its_envelope_is_refused() -> None:
    with pytest.raises(ValidationError, match="action"):
        ActionResponse.model_validate_json(load("bare_action"), strict=True)


def test_nanoseconds_are_cut_to_microseconds() -> None:
    started = _action("action_nanoseconds").started_at
    assert started is not None
    assert started.microsecond == 48821


# ── Time stamps ─────────────────────────────────────────────────────────────────────────────


def _created_at(value: Json) -> datetime | None:
    """The time of an image that is read from JSON; None where it is refused."""
    body = json.dumps({"id": 1, "name": "x", "created_at": value})
    try:
        created_at = Image.model_validate_json(body, strict=True).created_at
    except ValidationError as error:
        assert error.errors()[0]["loc"] == ("created_at",)
        with pytest.raises(ValidationError):
            Image.model_validate_json(body)
        with pytest.raises(ValidationError):
            Image.model_validate(json.loads(body))
        return None
    assert Image.model_validate_json(body).created_at == created_at
    assert Image.model_validate(json.loads(body)).created_at == created_at
    return created_at


@pytest.mark.parametrize(
    ("stamp", "moment"),
    [
        ("2026-05-04T22:23:02Z", datetime(2026, 5, 4, 22, 23, 2, tzinfo=UTC)),
        ("2026-05-04t22:23:02z", datetime(2026, 5, 4, 22, 23, 2, tzinfo=UTC)),
        ("2026-05-04 22:23:02+00:00", datetime(2026, 5, 4, 22, 23, 2, tzinfo=UTC)),
        ("2026-05-04T22:23Z", datetime(2026, 5, 4, 22, 23, tzinfo=UTC)),
        ("2026-05-05T00:23:02+02:00", datetime(2026, 5, 4, 22, 23, 2, tzinfo=UTC)),
        ("2026-05-05T00:23:02+0200", datetime(2026, 5, 4, 22, 23, 2, tzinfo=UTC)),
        ("2026-05-04T22:23:02.5Z", datetime(2026, 5, 4, 22, 23, 2, 500_000, tzinfo=UTC)),
        ("2026-05-04T22:23:02.048821375Z", datetime(2026, 5, 4, 22, 23, 2, 48821, tzinfo=UTC)),
        ("2026-05-04T22:23:02", datetime(2026, 5, 4, 22, 23, 2, tzinfo=UTC)),
        ("2026-05-04T22:23:02.5", datetime(2026, 5, 4, 22, 23, 2, 500_000, tzinfo=UTC)),
        ("0001-01-01T00:00:00Z", datetime(1, 1, 1, tzinfo=UTC)),
        ("9999-12-31T23:59:59Z", datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)),
    ],
)
def test_a_time_stamp_always_has_an_offset(stamp: str, moment: datetime) -> None:
    created_at = _created_at(stamp)
    assert created_at is not None
    assert created_at == moment
    assert created_at.utcoffset() is not None, "it can be compared to datetime.now(UTC)"
    assert Image(id=1, name="x", created_at=created_at).created_at == moment


@pytest.mark.parametrize(
    "value",
    [
        *("1700000000", "1700000000.5", "-1700000000", "1700000000000", "0" * 30, "٢" * 10),
        *(1_700_000_000, 1_700_000_000.5, 0, -1, True, None, [], {}),
        *("", "Z", "soon", "2026-05-04", "22:23:02Z", "20260504T222302Z", "2026-W19-1T00:00Z"),
        *("2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z", "2026-05-04T25:00:00Z"),
        *("2026-05-04T22:23:02+99:00", "2026-05-04T22:23:02Zulu", " 2026-05-04T22:23:02Z"),
        *("2026-05-04T22:23:02Z\n", "02026-05-04T22:23:02Z", "2026-05-04T22:23:02.Z"),
    ],
)
def test_a_number_or_another_text_is_no_time_stamp(value: Json) -> None:
    assert _created_at(value) is None


@given(st.from_regex(r"[-+]?[0-9]*\.?[0-9]*", fullmatch=True) | st.floats() | st.integers())
def test_no_number_is_a_time_stamp(value: str | float) -> None:
    assert _created_at(value) is None


@given(st.datetimes(timezones=st.timezones() | st.just(UTC)))
def test_a_time_stamp_comes_out_as_it_went_in(moment: datetime) -> None:
    image = Image(id=1, name="x", created_at=moment)
    assert image.created_at is moment
    twin = Image.model_validate_json(image.model_dump_json(), strict=True)
    offset = moment.utcoffset()
    if offset is not None and not offset.total_seconds() % 60:  # RFC 3339 has no seconds in it
        assert twin.created_at == moment


def test_a_time_without_an_offset_is_utc() -> None:
    image = Image(id=1, name="x", created_at=datetime(2026, 1, 1))  # noqa: DTZ001 - the case itself
    assert image.created_at == datetime(2026, 1, 1, tzinfo=UTC)


def test_a_null_time_stamp_of_an_action_is_none() -> None:
    body = b'{"id": 1, "status": "x", "type": "y", "started_at": null, "completed_at": null}'
    action = Action.model_validate_json(body, strict=True)
    assert (action.started_at, action.completed_at) == (None, None)


# ── Pages ───────────────────────────────────────────────────────────────────────────────────


def test_a_page_of_images_of_every_kind() -> None:
    page = ImagesResponse.model_validate_json(load("images_of_all_kinds"), strict=True)
    assert len(page.images) == 8
    assert page.links is not None
    assert page.links.pages is not None
    assert page.links.pages.next is None
    assert page.meta is not None
    assert page.meta.total == 8


@pytest.mark.parametrize(
    "name", ["images_without_links", "images_with_null_links", "images_with_null_pages"]
)
def test_a_page_needs_no_links(name: str) -> None:
    page = ImagesResponse.model_validate_json(load(name), strict=True)
    assert [image.id for image in page.images] == [7555620]
    assert page.links is None or page.links.pages is None


# ── What programmers see ────────────────────────────────────────────────────────────────────


def test_models_are_frozen() -> None:
    image = _image("image_snapshot")
    with pytest.raises(ValidationError, match="frozen"):
        setattr(image, "name", "other")  # noqa: B010 - type checkers refuse the plain way
    with pytest.raises(ValidationError, match="frozen"):
        delattr(image, "name")
    assert image.name == "nginx-golden"
    assert image.model_copy(update={"name": "other"}).name == "other"


def _twins(model: Model) -> list[Model]:
    """Copies of a model, by every way that programs take."""
    written = model.model_dump_json(exclude_unset=True)
    return [
        *(pickle.loads(pickle.dumps(model, protocol)) for protocol in range(6)),
        copy.copy(model),
        copy.deepcopy(model),
        type(model).model_validate_json(written),
        type(model).model_validate_json(written, strict=True),
        type(model).model_validate(model.model_dump(exclude_unset=True)),
        type(model).model_validate(json.loads(written)),
    ]


@pytest.mark.parametrize("name", TYPICAL)
def test_every_copy_of_a_model_is_equal_and_has_the_same_hash(name: str) -> None:
    model = _kind(name).model_validate_json(load(name), strict=True)
    for twin in _twins(model):
        assert twin == model
        assert hash(twin) == hash(model)
        assert len({twin, model}) == 1


def test_images_and_actions_are_hashed_by_type_and_id() -> None:
    image = _image("image_snapshot")
    newer = image.model_copy(update={"status": "deleted", "regions": ["nyc3"]})
    other = image.model_copy(update={"id": image.id + 1})
    assert hash(newer) == hash(image) != hash(other)
    assert newer != image, "all fields are compared"
    assert len({image, newer, other}) == 3
    action = _action("action_transfer")
    same_id = action.model_copy(update={"id": image.id})
    assert hash(same_id) != hash(image), "an action is no image"
    assert {image: "copied", action: "running"}[image.model_copy()] == "copied"


def test_regions_are_hashed_by_slug() -> None:
    nyc3 = Region(slug="nyc3", name="New York 3", sizes=["s-1vcpu-1gb"])
    assert hash(nyc3) == hash(Region(slug="nyc3")) != hash(Region(slug="ams3"))
    assert nyc3 != Region(slug="nyc3")
    assert len({nyc3, nyc3.model_copy(), Region(), Region()}) == 2


@pytest.mark.parametrize("name", ["images_of_all_kinds", "images_without_links"])
def test_pages_are_hashable_too(name: str) -> None:
    page, same = (ImagesResponse.model_validate_json(load(name)) for _ in range(2))
    assert {page} == {same}


def test_a_model_reads_bytes_on_its_own() -> None:
    image = Image.model_validate_json(b'{"id": 1, "name": "x", "created_at": "2026-01-01T00:00Z"}')
    assert image == Image(id=1, name="x", created_at=datetime(2026, 1, 1, tzinfo=UTC))
    assert json.loads(image.model_dump_json())["created_at"] == "2026-01-01T00:00:00Z"


@pytest.mark.parametrize("name", [name for name in SCHEMAS if "properties" in SCHEMAS[name]])
def test_fields_are_described_and_required_as_the_spec_has_them(name: str) -> None:
    model: type[BaseModel] = getattr(models, name)
    properties: dict[str, Any] = SCHEMAS[name]["properties"]
    assert list(model.model_fields) == list(properties)
    required = {field for field, info in model.model_fields.items() if info.is_required()}
    assert required == set(SCHEMAS[name].get("required", ()))
    for field, info in model.model_fields.items():
        assert info.description == properties[field]["description"]
    assert (model.__doc__ or "").strip() == SCHEMAS[name]["description"]


def test_the_unit_of_a_size_is_documented() -> None:
    described = Image.model_json_schema()["properties"]
    assert "(GB)" in described["min_disk_size"]["description"]
    assert "(GB)" in described["size_gigabytes"]["description"]


@pytest.mark.parametrize("name", [name for name in SCHEMAS if "anyOf" in SCHEMAS[name]])
def test_open_enums_complete_the_known_values_and_take_any_other(name: str) -> None:
    known, anything = get_args(getattr(models, name))
    assert list(get_args(known)) == SCHEMAS[name]["anyOf"][0]["enum"]
    assert anything is str

"""What a user's program reads: models, and errors; it is type-checked and run."""

import copy
import pickle
from datetime import UTC, datetime
from typing import assert_type

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
    AuthenticationError,
    BadRequestError,
    Client,
    ConflictError,
    DOImagesError,
    Image,
    ImageError,
    ImageImportError,
    ImageTimeoutError,
    InternalServerError,
    NotFoundError,
    PermissionDeniedError,
    RateLimit,
    RateLimitError,
    Region,
    UnprocessableEntityError,
)

IMAGE = b'{"id": 1, "name": "golden", "created_at": "2024-05-01T12:00:00Z", "regions": null}'
ACTION = b'{"id": 2, "status": "in-progress", "type": "transfer", "region": "nyc3"}'
STATUSES: list[type[APIStatusError]] = [
    BadRequestError,
    AuthenticationError,
    PermissionDeniedError,
    NotFoundError,
    ConflictError,
    UnprocessableEntityError,
    RateLimitError,
    InternalServerError,
]


def fields_of_an_image() -> None:
    image = Image.model_validate_json(IMAGE)
    number: int = image.id
    name: str = image.name
    created_at: datetime = image.created_at
    kind: str | None = image.type
    distribution: str | None = image.distribution
    slug: str | None = image.slug
    public: bool | None = image.public
    min_disk_size: int | None = image.min_disk_size
    size: float | None = image.size_gigabytes
    description: str | None = image.description
    status: str | None = image.status
    error_message: str | None = image.error_message
    regions: list[str] = image.regions
    tags: list[str] = image.tags
    assert regions == tags == []
    assert (number, name, created_at.year) == (1, "golden", 2024)
    assert [kind, distribution, slug, public, min_disk_size] == [None] * 5
    assert [size, description, status, error_message] == [None] * 4
    if image.type == "snapshot" or image.status == "a status of next year":
        raise AssertionError
    if image.slug is not None:
        assert_type(image.slug, str)


def fields_of_an_action() -> None:
    action = Action.model_validate_json(ACTION)
    number: int = action.id
    status: str = action.status
    kind: str = action.type
    started_at: datetime | None = action.started_at
    completed_at: datetime | None = action.completed_at
    resource_id: int | None = action.resource_id
    resource_type: str | None = action.resource_type
    region: Region | str | None = action.region
    region_slug: str | None = action.region_slug
    assert (number, status, kind) == (2, "in-progress", "transfer")
    assert [started_at, completed_at, resource_id, resource_type, region_slug] == [None] * 5
    if isinstance(region, Region):
        slug: str | None = region.slug
        name: str | None = region.name
        features: list[str] = region.features
        sizes: list[str] = region.sizes
        available: bool | None = region.available
        assert all((slug, name, features, sizes, available))
    assert region == "nyc3"


def made_by_hand() -> None:
    image = Image(id=1, name="golden", created_at=datetime(2024, 5, 1, tzinfo=UTC), tags=["prod"])
    assert_type(image.model_copy(update={"name": "other"}), Image)
    assert_type(copy.copy(image), Image)
    action = Action(id=2, status="completed", type="transfer")
    twins: tuple[Image, Action] = pickle.loads(pickle.dumps((image, action)))
    assert twins == (image, action)


def status_errors(do: Client) -> type[APIStatusError] | None:
    try:
        do.image.info(1)
    except RateLimitError as error:
        assert_type(error.retry_after, float | None)
    except APIStatusError as error:
        assert_type(error.status_code, int)
        assert_type(error.error_id, str | None)
        assert_type(error.message, str)
        assert_type(error.request_id, str | None)
        assert_type(error.retry_after, float | None)
        assert_type(error.rate_limit, RateLimit | None)
        assert_type(error.body, object)
        assert_type(error.request.method, str)
        assert_type(error.request.url, str)
        return type(error)
    except APIResponseValidationError as error:
        assert_type(error.body, object)
    except APITimeoutError as error:
        assert_type(error.request.url, str)
    except (APIConnectionError, APIError):
        raise
    return None


def one_late(do: Client, action: Action) -> Action:
    try:
        return do.action.wait(action, timeout=0)
    except ActionErroredError as error:
        return error.action
    except ActionTimeoutError as error:
        assert_type(error.action, Action)
        late: TimeoutError = error
        base: ActionError = error
        assert str(late) == str(base)
        return do.action.wait(error.action, timeout=None)


def image_late(do: Client, image: Image) -> Image:
    try:
        return do.image.wait(image, timeout=0)
    except ImageImportError as error:
        return error.image
    except ImageTimeoutError as error:
        late: TimeoutError = error
        base: ImageError = error
        assert str(late) == str(base)
        return do.image.wait(error.image, timeout=None)


def several_late(do: Client, image_id: int) -> list[Action]:
    unfinished: list[Action] = []
    failed: list[Action] = []
    try:
        do.image.transfer_many(image_id, ["blr1", "syd1"], wait=True, timeout=0)
    except* ActionErroredError as group:
        assert_type(group, ExceptionGroup[ActionErroredError])
        failed.extend(e.action for e in group.exceptions if isinstance(e, ActionError))
    except* ActionTimeoutError as group:
        unfinished.extend(e.action for e in group.exceptions if isinstance(e, ActionError))
    assert not failed
    return unfinished


def several_late_as_one(do: Client, image_id: int) -> list[Action]:
    try:
        do.image.transfer_many(image_id, ["blr1", "syd1"], wait=True, timeout=0)
    except ActionGroupError as group:
        assert_type(group.actions, list[Action])
        late, rest = group.split(ActionTimeoutError)
        assert late is not None
        assert rest is None
        whole: ExceptionGroup[Exception] = group
        ours: DOImagesError = group
        assert str(whole) == str(ours)
        return do.action.wait_all(group.actions, timeout=None)
    raise AssertionError

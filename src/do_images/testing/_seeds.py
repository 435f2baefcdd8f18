"""Images to begin with, from the JSON that the API answers."""

import json
from datetime import datetime
from typing import TypedDict, cast

from pydantic import TypeAdapter, ValidationError

from do_images import Image
from do_images.testing._data import Json

__all__ = ["Seed", "seeds"]


class Seed(TypedDict, total=False):
    """Arguments of `add_image`."""

    id: int
    name: str
    type: str
    distribution: str
    slug: str | None
    public: bool
    regions: list[str]
    min_disk_size: int
    size_gigabytes: float
    description: str
    tags: list[str]
    status: str
    error_message: str
    created_at: datetime


def seeds(content: str | bytes) -> list[Seed]:
    """Return the images of a list, or of an object with `images`."""
    document: Json = json.loads(content)
    listed = document.get("images") if isinstance(document, dict) else document
    try:
        images = _IMAGES.validate_python(listed)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "images"
        raise ValueError(f"{place}: {first['msg']}") from None
    return [_seed(image) for image in images]


_IMAGES = TypeAdapter(list[Image])


def _seed(image: Image) -> Seed:
    known = image.model_dump(include=set(Seed.__annotations__), exclude_none=True)
    return cast("Seed", known)

"""`find` and `latest`: which images match, and in which order."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from typing import cast

from do_images import _endpoints as api
from do_images._core import arguments as check
from do_images._core.pagination import Listing, images_of
from do_images._core.requests import Request
from do_images._core.session import Session
from do_images._core.steps import Flow
from do_images.errors import NoMatchError
from do_images.models import Image

__all__ = [
    "Selection",
    "before",
    "find_all",
    "find_latest",
    "in_order",
    "prune_selection",
    "selection",
    "server_now",
]

NamePattern = str | re.Pattern[str]
"""A shell pattern, or a regular expression that is searched."""
Age = datetime | timedelta
"""An aware `datetime`, or a `timedelta` before now."""

# The kinds of the API's `type` filter, by the type of the public images that each lists.
_KINDS = {"base": "distribution", "snapshot": "application"}
_GONE = frozenset({"deleted", "retired"})
# A run of numbers such as `24.04`, `24-04` or `v1.5`, but not those of `x64` or `h100x8`.
_VERSION = re.compile(r"(?<![0-9A-Za-z.])v?([0-9]{1,9}(?:[.-][0-9]{1,9})*)(?![0-9A-Za-z])")
_EARLIEST = datetime.min.replace(tzinfo=UTC)
_MOST_NEAREST = 3


def find_all(session: Session, selection: "Selection") -> Flow[list[Image]]:
    """Read images, and return those that match, in order."""
    images = yield from _read(session, selection)
    return selection.select(images, server_now(session))


def find_latest(session: Session, selection: "Selection") -> Flow[Image]:
    """Read images, and return the first of those that match."""
    images = yield from _read(session, selection)
    found = selection.select(images, server_now(session))
    if not found:
        raise NoMatchError(selection.no_match(images))
    return found[0]


def _read(session: Session, selection: "Selection") -> Flow[list[Image]]:
    request = Request(api.IMAGES_LIST, "/v2/images", selection.query())
    return (yield from Listing(session, request, images_of).all())


def server_now(session: Session) -> datetime:
    """Return the time by the server's clock, which it states in its responses."""
    return datetime.fromtimestamp(session.server_time(), UTC)


@dataclass(frozen=True, slots=True)
class Selection:
    """The filters of `find`, checked."""

    name: NamePattern | None = None
    type: str | None = None
    distribution: str | None = None
    region: str | None = None
    tag_name: str | None = None
    status: str | None = None
    public: bool | None = False
    newer_than: Age | None = None
    older_than: Age | None = None

    def query(self) -> dict[str, str]:
        """Return the API's filter that leaves the fewest images to read."""
        query: dict[str, str] = {}
        if self.public is False:
            query["private"] = "true"
        elif self.public and self.type is not None and self.type.casefold() in _KINDS:
            query["type"] = _KINDS[self.type.casefold()]
        if self.tag_name is not None:
            query["tag_name"] = self.tag_name
        return query

    def select(self, images: Iterable[Image], now: datetime) -> list[Image]:
        """Return the images that match, in order; `now` is the server's time."""
        newer = _moment(self.newer_than, now)
        older = _moment(self.older_than, now)
        return in_order(
            image
            for image in images
            if self._matches(image)
            and (newer is None or image.created_at > newer)
            and (older is None or image.created_at < older)
        )

    def _matches(self, image: Image) -> bool:
        return (
            (self.public is None or bool(image.public) is self.public)
            and self._has_status(image)
            and _same(self.type, image.type)
            and _same(self.distribution, image.distribution)
            and (self.region is None or self.region in image.regions)
            and (self.tag_name is None or any(_same(self.tag_name, tag) for tag in image.tags))
            and (self.name is None or any(map(self._named, _labels(image))))
        )

    def _has_status(self, image: Image) -> bool:
        if self.status is None:
            return (image.status or "").casefold() not in _GONE
        return _same(self.status, image.status)

    def _named(self, label: str) -> bool:
        if isinstance(self.name, re.Pattern):
            return self.name.search(label) is not None
        return self.name is not None and fnmatchcase(label, self.name)

    def no_match(self, images: Sequence[Image]) -> str:
        """Return the message of a `NoMatchError` after these images were looked through."""
        fields = ((name, getattr(self, name)) for name in self.__dataclass_fields__)
        filters = ", ".join(
            f"{name}={_shown(value)}"
            for name, value in fields
            if value is not None and name != "public"
        )
        whose = {False: "of the account's own ", True: "public ", None: ""}[self.public]
        matches = f" matches {filters}" if filters else ""
        message = f"no image{matches} among {len(images)} {whose}images"
        nearest = self._nearest(images)
        if nearest:
            message += f"; the nearest names: {', '.join(map(repr, nearest))}"
        if self.public is False and (self.distribution or _same("base", self.type)):
            message += "; public=True selects from DigitalOcean's images"
        return message

    def _nearest(self, images: Sequence[Image]) -> list[str]:
        if self.name is None:
            return []
        from difflib import get_close_matches  # noqa: PLC0415 - only failures pay for it

        labels = [label for image in in_order(images) for label in _labels(image)]
        matching = [label for label in labels if self._named(label)]
        if not matching:  # of a pattern, the literal part is compared
            text = self.name.pattern if isinstance(self.name, re.Pattern) else self.name
            by_folded = {label.casefold(): label for label in labels}
            literal = re.sub(r"\\.|[^\w .-]", "", text).casefold()
            close = get_close_matches(literal, by_folded, _MOST_NEAREST, cutoff=0.4)
            matching = [by_folded[label] for label in close]
        return list(dict.fromkeys(matching))[:_MOST_NEAREST]


def selection(
    *,
    name: object = None,
    type: object = None,
    distribution: object = None,
    region: object = None,
    tag_name: object = None,
    status: object = None,
    public: object = False,
    newer_than: object = None,
    older_than: object = None,
) -> Selection:
    """Return the filters of `find`, or raise for those that are invalid."""
    return Selection(
        name=None if name is None else _name_pattern(name),
        type=None if type is None else _image_type(type),
        distribution=None if distribution is None else check.text("distribution", distribution),
        region=None if region is None else check.region_slug(region),
        tag_name=None if tag_name is None else check.text("tag_name", tag_name),
        status=None if status is None else check.word("status", status),
        public=None if public is None else check.boolean("public", public),
        newer_than=_age("newer_than", newer_than),
        older_than=_age("older_than", older_than),
    )


def prune_selection(*, name: object, type: object, region: object, tag_name: object) -> Selection:
    """Return the filters of `prune`, which needs a name and a type."""
    if name is None or type is None:
        raise ValueError("prune needs a name and a type: it deletes what matches them")
    return selection(
        name=name,
        type=type,
        region=region,
        tag_name=tag_name,
        status="available",
    )


def _name_pattern(value: object) -> NamePattern:
    """Return a name's pattern; an empty one would match everything."""
    if not isinstance(value, re.Pattern):
        return check.text("name", value)
    pattern = cast("re.Pattern[str]", value)
    if not isinstance(cast("object", pattern.pattern), str):
        raise TypeError("name must be a pattern of str, not of bytes")
    check.text("name", pattern.pattern, lines=True)
    return pattern


def _image_type(value: object) -> str:
    """Return the type of an image, which is not a kind of the API's filter."""
    result = check.word("type", value)
    for of_image, kind in _KINDS.items():
        if result.casefold() == kind:
            raise ValueError(
                f"type={result!r} is a kind of public images and no type of an image: "
                f"use type={of_image!r} with public=True, or list(type={kind!r})"
            )
    return result


def _age(name: str, value: object) -> Age | None:
    if isinstance(value, datetime):
        if value.utcoffset() is None:
            raise ValueError(f"{name} must be an aware datetime, such as datetime.now(UTC)")
    elif isinstance(value, timedelta):
        if value < timedelta(0):
            raise ValueError(f"{name} must be a timedelta of 0 or more: it counts back from now")
    elif value is not None:
        raise TypeError(f"{name} must be a datetime or a timedelta, not {type(value).__name__}")
    return value


def _moment(age: Age | None, now: datetime) -> datetime | None:
    return before(now, age) if isinstance(age, timedelta) else age


def before(moment: datetime, length: timedelta) -> datetime:
    """Return the time that is so long before a moment, at the earliest the first of all."""
    try:
        return moment - length
    except OverflowError:
        return _EARLIEST


def _same(wanted: str | None, value: str | None) -> bool:
    return wanted is None or (value is not None and value.casefold() == wanted.casefold())


def _labels(image: Image) -> list[str]:
    """Return what a name may match: of base images the distribution stands elsewhere."""
    if not _same("base", image.type):
        return [image.name]
    labels = [f"{image.distribution} {image.name}"] if image.distribution else []
    return [*labels, image.name, *([image.slug] if image.slug else [])]


def _shown(value: object) -> str:
    return str(value) if isinstance(value, (datetime, timedelta)) else repr(value)


def in_order(images: Iterable[Image]) -> list[Image]:
    """Return images as `find` does: own ones, base images by version, all others.

    Own and other images come newest first. The date of a base image is that of its last rebuild,
    so the numbers in its name or slug count. Of equals, the highest id is first.
    """
    own: list[Image] = []
    base: list[Image] = []
    others: list[Image] = []
    for image in images:
        group = base if _same("base", image.type) else others
        (group if image.public else own).append(image)
    own.sort(key=newness, reverse=True)
    base.sort(key=lambda image: (_version(image), image.id), reverse=True)
    base.sort(key=lambda image: (image.distribution is None, (image.distribution or "").casefold()))
    others.sort(key=newness, reverse=True)
    return [*own, *base, *others]


def newness(image: Image) -> tuple[datetime, int]:
    """Return what is larger, the newer an image is."""
    return image.created_at, image.id


def _version(image: Image) -> list[int]:
    """Return the numbers of a version: of `24.04 (LTS) x64` 24 and 4; none for no version."""
    found = (_VERSION.search(text) for text in (image.name, image.slug or ""))
    runs = [re.split("[.-]", match[1]) for match in found if match]
    versions = [[int(number) for number in run] for run in runs]
    return max(versions, default=list[int]())

"""The quirks of the real API, each with a name by which it is switched on."""

from collections.abc import Callable, Collection
from typing import Final, Literal, TypeAlias, cast

from do_images.testing._data import Json, Record

__all__ = [
    "QUIRKS",
    "Quirk",
    "bend_action",
    "bend_error",
    "bend_image",
    "bend_page",
    "listing",
]

Quirk: TypeAlias = Literal[
    "accepted_at_once",
    "action_without_envelope",
    "deleted_get",
    "duplicate_regions",
    "early_completed_at",
    "empty_error_id",
    "empty_errors",
    "empty_slug",
    "html_errors",
    "links_absent",
    "links_null",
    "links_pages_empty",
    "lower_case_distribution",
    "lower_case_status",
    "meta_absent",
    "nanoseconds",
    "next_never_ends",
    "next_other_host",
    "next_other_path",
    "next_other_scheme",
    "next_repeats",
    "no_rate_limit",
    "null_available",
    "null_completed_at",
    "null_region",
    "null_regions",
    "null_resource_id",
    "null_tags",
    "object_message",
    "one_transfer_at_a_time",
    "only_required_fields",
    "optional_fields_missing",
    "other_busy_words",
    "region_as_slug",
    "region_without_sizes",
    "retired",
    "root_causes",
    "shifting_pages",
    "stale_get",
    "stale_list",
    "swapped_no_content",
    "text_errors",
    "titled_error_id",
    "unknown_fields",
    "unknown_os",
    "unknown_values",
    "wrong_total",
]
"""The name of a quirk."""

_BY_SUBJECT: Final[dict[str, dict[Quirk, str]]] = {
    "Images": {
        "only_required_fields": "images have `id`, `name` and `created_at` alone",
        "optional_fields_missing": "images lack type, description, tags, status and error_message",
        "empty_slug": 'private images have the slug `""`',
        "null_tags": "`tags` is null",
        "null_regions": "`regions` is null",
        "duplicate_regions": "a region occurs twice",
        "lower_case_status": "a new image has the status `new`",
        "lower_case_distribution": "the distribution is `ubuntu`",
        "retired": "public images have the status `retired`",
        "unknown_os": "the distribution is `Unknown OS`",
        "deleted_get": "a deleted custom image answers 200 with the status `deleted` for a while",
    },
    "Images and actions": {
        "nanoseconds": "times have nine decimals",
        "unknown_fields": "there are fields that the documentation does not have",
        "unknown_values": "types, regions and the like have values that are not documented",
    },
    "Actions": {
        "action_without_envelope": "an action has no envelope, as the official schema has it",
        "one_transfer_at_a_time": "an image that is being copied is busy: a transfer answers 422",
        "region_as_slug": "`region` is a slug, as in records until 2015",
        "null_region": "`region` is null",
        "region_without_sizes": "the region has no `sizes`",
        "null_available": "the region's `available` is null",
        "null_completed_at": "`completed_at` is null on a completed action",
        "early_completed_at": "`completed_at` is set on an action in progress",
        "null_resource_id": "`resource_id` is null",
    },
    "Pages": {
        "links_absent": "a single page has no `links`",
        "links_null": "a single page's `links` is null",
        "links_pages_empty": 'a single page\'s `links` is `{"pages": {}}`',
        "meta_absent": "pages have no `meta`",
        "wrong_total": "`meta.total` is 1",
        "next_other_scheme": "`next` is an http:// address",
        "next_other_host": "`next` is on another host",
        "next_other_path": "`next` has another path, and no filters",
        "next_repeats": "`next` leads to the page that it is on",
        "next_never_ends": "every page has a `next`, empty ones too",
        "shifting_pages": "each page begins with the last item of the one before",
    },
    "Account transfers": {
        "accepted_at_once": "an account transfer is accepted at once, its id is 0",
        "swapped_no_content": "accept answers 204, decline and cancel 201",
    },
    "Errors": {
        "html_errors": "errors are a proxy's HTML page",
        "text_errors": "errors are plain text",
        "empty_errors": "errors have no body",
        "empty_error_id": 'an error\'s `id` is `""`',
        "titled_error_id": "an error's `id` is the status in words, such as `Too Many Requests`",
        "object_message": "an error's `message` is an object",
        "root_causes": 'errors are `{"error": ..., "root_causes": [...]}`',
        "other_busy_words": "the message of a busy image has another wording",
    },
    "Headers and time": {
        "no_rate_limit": "responses have no rate limit headers",
        "stale_get": "what is new answers 404 for a while",
        "stale_list": "what is new is missing from lists for a while",
    },
}
QUIRKS: Final[dict[Quirk, str]] = {
    name: text for quirks in _BY_SUBJECT.values() for name, text in quirks.items()
}
"""What each quirk does."""


def listing(heading: str = "{}:") -> str:
    """Return all quirks as a Markdown list under headings."""
    parts = [
        "\n".join(
            [heading.format(subject), "", *(f"- `{name}`: {text}" for name, text in quirks.items())]
        )
        for subject, quirks in _BY_SUBJECT.items()
    ]
    return "\n\n".join(parts)


Names: TypeAlias = Collection[str]


def _only_required_fields(image: Record) -> None:
    for name in image.keys() - {"id", "name", "created_at"}:
        del image[name]


def _optional_fields_missing(image: Record) -> None:
    for name in ("type", "description", "tags", "status", "error_message"):
        image.pop(name, None)


def _empty_slug(image: Record) -> None:
    if "slug" in image:
        image["slug"] = image["slug"] or ""


def _lower_case_status(image: Record) -> None:
    if image.get("status") == "NEW":
        image["status"] = "new"


def _retired(image: Record) -> None:
    if image.get("public"):
        image["status"] = "retired"


def _duplicate_regions(image: Record) -> None:
    regions = image.get("regions")
    if isinstance(regions, list):
        image["regions"] = regions + regions[:1]


def _new_values(image: Record) -> None:
    image.update(type="golden", distribution="Example Linux", regions=["moon1"], status="resting")


def _nanoseconds(record: Record) -> None:
    for name in ("created_at", "started_at", "completed_at"):
        value = record.get(name)
        if isinstance(value, str):
            record[name] = value.replace("Z", ".048821375Z")


def _unknown_fields(record: Record) -> None:
    record["billing"] = {"unit": "GB-month", "tiers": [1, 2.5, None]}
    record["fedramp"] = False


def _set(**values: Json) -> Callable[[Record], None]:
    def change(record: Record) -> None:
        record.update(values)

    return change


def _region_as_slug(action: Record) -> None:
    action["region"] = action["region_slug"]


def _region(change: Callable[[Record], object]) -> Callable[[Record], None]:
    def apply(action: Record) -> None:
        change(cast("Record", action["region"]))

    return apply


def _early_completed_at(action: Record) -> None:
    action["completed_at"] = action["completed_at"] or action["started_at"]


_IMAGE: dict[str, Callable[[Record], None]] = {
    "unknown_fields": _unknown_fields,
    "unknown_values": _new_values,
    "nanoseconds": _nanoseconds,
    "empty_slug": _empty_slug,
    "null_tags": _set(tags=None),
    "null_regions": _set(regions=None),
    "duplicate_regions": _duplicate_regions,
    "lower_case_status": _lower_case_status,
    "lower_case_distribution": _set(distribution="ubuntu"),
    "retired": _retired,
    "unknown_os": _set(distribution="Unknown OS"),
    # Last: they take away what others put there.
    "optional_fields_missing": _optional_fields_missing,
    "only_required_fields": _only_required_fields,
}
_ACTION: dict[str, Callable[[Record], None]] = {
    "unknown_fields": _unknown_fields,
    "unknown_values": _set(resource_type="golden_image"),
    "null_completed_at": _set(completed_at=None),
    "early_completed_at": _early_completed_at,
    "nanoseconds": _nanoseconds,
    "region_without_sizes": _region(lambda region: region.pop("sizes")),
    "null_available": _region(_set(available=None)),
    "region_as_slug": _region_as_slug,
    "null_region": _set(region=None),
    "null_resource_id": _set(resource_id=None),
}


def _bend(record: Record, how: dict[str, Callable[[Record], None]], quirks: Names) -> None:
    for name, change in how.items():
        if name in quirks:
            change(record)


def bend_image(image: Record, quirks: Names) -> None:
    """Apply quirks to an image."""
    _bend(image, _IMAGE, quirks)


def bend_action(action: Record, quirks: Names) -> None:
    """Apply quirks to an action."""
    _bend(action, _ACTION, quirks)


def bend_page(page: Record, number: int, url: str, query: str, quirks: Names) -> None:
    """Apply quirks to links and meta of a page. `url` is the list's, `query` ends in `page=`."""
    links = page["links"]
    pages = links.get("pages") if isinstance(links, dict) else None
    pages = pages if isinstance(pages, dict) else {}
    if "next_never_ends" in quirks:
        pages["next"] = f"{url}?{query}{number + 1}"
    if isinstance(following := pages.get("next"), str):
        pages["next"] = _bent_next(following, number, url, query, quirks)
    if pages:
        page["links"] = {"pages": pages}
    elif "links_absent" in quirks:
        del page["links"]
    elif "links_null" in quirks:
        page["links"] = None
    elif "links_pages_empty" in quirks:
        page["links"] = {"pages": {}}
    if "meta_absent" in quirks:
        del page["meta"]
    elif "wrong_total" in quirks:
        page["meta"] = {"total": 1}


def _bent_next(following: str, number: int, url: str, query: str, quirks: Names) -> str:
    if "next_repeats" in quirks:
        following = f"{url}?{query}{number}"
    if "next_other_path" in quirks:
        following = f"{url.rpartition('/v2/')[0]}/v3/elsewhere?page={following.rpartition('=')[2]}"
    if "next_other_scheme" in quirks:
        following = "http://" + following.partition("://")[2]
    if "next_other_host" in quirks:
        scheme, _, rest = following.partition("://")
        following = f"{scheme}://elsewhere.example/{rest.partition('/')[2]}"
    return following


def bend_error(error: Record, phrase: str, quirks: Names) -> Json:
    """Return an error's body with quirks: JSON, or a str where it is not JSON."""
    if "empty_errors" in quirks:
        return ""
    if "html_errors" in quirks:
        return f"<html><head><title>{phrase}</title></head><body><h1>{phrase}</h1></body></html>"
    message = error["message"]
    if "other_busy_words" in quirks and "pending event" in str(message):
        message = "Another event is in progress on this image."
    if "text_errors" in quirks:
        return f"{phrase}: {message}"
    if "root_causes" in quirks:
        return {"error": phrase, "root_causes": [message]}
    error["message"] = {"text": message} if "object_message" in quirks else message
    if "empty_error_id" in quirks:
        error["id"] = ""
    if "titled_error_id" in quirks:
        error["id"] = phrase
    return error

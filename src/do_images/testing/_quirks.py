"""The oddities of the real API, each with a name by which it can be switched on."""

from collections.abc import Callable, Collection
from typing import Final, Literal, TypeAlias, cast, get_args

from do_images.testing._data import Json, Record

__all__ = [
    "QUIRKS",
    "Quirk",
    "bend_action",
    "bend_error",
    "bend_image",
    "bend_page",
]

Quirk: TypeAlias = Literal[
    "accepted_at_once",
    "action_without_envelope",
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
"""The name of an oddity."""

QUIRKS: Final[frozenset[str]] = frozenset(get_args(Quirk))
"""All of the names; what each does stands in the table of `do_images.testing`."""

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
    """Makes an image odd."""
    _bend(image, _IMAGE, quirks)


def bend_action(action: Record, quirks: Names) -> None:
    """Makes an action odd."""
    _bend(action, _ACTION, quirks)


def bend_page(page: Record, number: int, url: str, query: str, quirks: Names) -> None:
    """Makes links and meta of a page odd. `url` is the list's, `query` ends in `page=`."""
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
    """Makes an error's body odd: JSON, or a str where it is not JSON at all."""
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

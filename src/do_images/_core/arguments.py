"""Validation of arguments: `ValueError` and `TypeError`, raised before any request is sent."""

import ipaddress
import re
from collections.abc import Iterable, Mapping
from functools import partial
from inspect import isasyncgenfunction, iscoroutinefunction
from typing import TypeVar, cast, get_args
from urllib.parse import quote, urlsplit

from do_images.models import Image, ImageType

__all__ = [
    "account_transfer_body",
    "action_id",
    "an",
    "base_url",
    "boolean",
    "callback",
    "create_body",
    "header_value",
    "id_or_slug",
    "image_id",
    "is_loopback",
    "list_query",
    "number",
    "region_slug",
    "regions",
    "seconds",
    "text",
    "timeout",
    "token_refusal",
    "transfer_id",
    "update_body",
    "uuid",
    "word",
]

# The server's ids are signed 64-bit integers.
_MAX_ID = 2**63 - 1
# Seconds; sockets and threads count at most about 292 years.
_LONGEST = 1e9
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
# Characters that change the path, or may do so in a proxy even if they are percent-encoded.
_UNSAFE_IN_SLUG = re.compile(r"[\s/\\%?#]")


# Types of images that the filter `type` of the API does not know.
_TYPES_TO_FIND = frozenset(get_args(get_args(ImageType)[0]))


def number(name: str, value: object, *, least: int = 1) -> int:
    """Return a whole number that the API accepts; a bool is none."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} must be an int, not {type(value).__name__}")
    if not least <= value <= _MAX_ID:
        raise ValueError(f"{name} must be from {least} to {_MAX_ID}, not {_shown(value)}")
    return int(value)  # the text of an enum would be its name


def _shown(value: int) -> str:
    """Return a number for a message; Python refuses to convert very long ones."""
    return str(value) if value.bit_length() <= 128 else "a number beyond that"


def image_id(value: object) -> str:
    """Return the path segment for the id of an image; an `Image` stands for its id."""
    return str(number("id", value.id if isinstance(value, Image) else value))


def action_id(value: object) -> str:
    """Return the path segment for the id of an action."""
    return str(number("action id", value))


def id_or_slug(value: object) -> str:
    """Return the path segment for the id or the slug of an image, percent-encoded."""
    if type(value) is int and 1 <= value <= _MAX_ID:  # the usual case first
        return str(value)
    if not isinstance(value, str):
        return image_id(value)
    if (
        not value.strip(".")
        or _UNSAFE_IN_SLUG.search(value)
        or not value.isprintable()
        or _CONTROL.search(value)
    ):
        raise ValueError(f"id_slug must be an id or a slug, not {value!r}")
    return quote(str.__str__(value), safe="")


def text(name: str, value: object, *, empty: bool = False, lines: bool = False) -> str:
    """Return a string that has no control characters.

    It may be empty if `empty` is true, and contain tabs and line breaks if `lines` is.
    """
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a str, not {type(value).__name__}")
    if not empty and not value.strip():
        raise ValueError(f"{name} must not be empty")
    if _CONTROL.search(re.sub(r"[\t\r\n]", "", value) if lines else value):
        raise ValueError(f"{name} must not contain control characters: {value!r}")
    return str.__str__(value)  # the text of an enum would be its name


def word(name: str, value: object) -> str:
    """Return a string that has no white space."""
    value = text(name, value)
    if re.search(r"\s", value):
        raise ValueError(f"{name} must not contain white space: {value!r}")
    return value


def boolean(name: str, value: object) -> bool:
    """Return True or False; 0, 1 and None are neither."""
    if not isinstance(value, bool):
        raise TypeError(f"{name} must be a bool, not {type(value).__name__}")
    return value


def region_slug(value: object) -> str:
    """Return the slug of a region; the API decides whether the region exists."""
    return word("region", value)


def regions(values: object) -> list[str]:
    """Return region slugs in the order given, each once."""
    slugs = _several("regions", values, "['nyc3', 'ams3']")
    return list(dict.fromkeys(region_slug(slug) for slug in slugs))


def _several(name: str, values: object, example: str) -> Iterable[object]:
    """Return an iterable of values; a single str or a mapping is most likely a mistake."""
    kind = type(values).__name__
    if isinstance(values, (str, bytes, bytearray, Mapping)) or not isinstance(values, Iterable):
        raise TypeError(f"{name} must be a list of str, such as {example}, not {kind}")
    return cast("Iterable[object]", values)


def seconds(name: str, value: object, *, most: float = float("inf")) -> float:
    """Return a number of seconds, 0 or more and below `most`."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"{name} must be a number of seconds, not {type(value).__name__}")
    try:
        result = float(value)
    except OverflowError:
        raise ValueError(f"{name} is too large") from None
    if not 0 <= result < most:  # NaN compares false
        raise ValueError(f"{name} must be a finite number of seconds, 0 or more, not {value}")
    return result


def timeout(value: object) -> float:
    """Return the seconds of a timeout, which is more than 0."""
    result = seconds("timeout", value, most=_LONGEST)
    if result == 0:
        raise ValueError("timeout must be more than 0 seconds")
    return result


def list_query(type: object, private: object, tag_name: object) -> dict[str, str]:
    """Return the query of a list of images."""
    query: dict[str, str] = {}
    if type is not None:
        query["type"] = kind = word("type", type)
        if kind.lower() in _TYPES_TO_FIND:
            raise ValueError(
                f"type must be 'application' or 'distribution', not {kind!r}: "
                f"use find(type={kind!r}) for images of that type"
            )
    if private is not None:
        query["private"] = "true" if boolean("private", private) else "false"
    if tag_name is not None:
        query["tag_name"] = text("tag_name", tag_name)
    return query


def create_body(
    *,
    name: object,
    url: object,
    region: object,
    distribution: object,
    description: object,
    tags: object,
) -> dict[str, object]:
    """Return the body of a request that imports a custom image."""
    body: dict[str, object] = {
        "name": text("name", name),
        "url": _import_url(url),
        "region": region_slug(region),
    }
    body.update(_details(distribution, description))
    if tags is not None:
        body["tags"] = [text("tag", tag) for tag in _several("tags", tags, "['prod']")]
    return body


def update_body(*, name: object, distribution: object, description: object) -> dict[str, object]:
    """Return the body of a request that updates an image; None means no change."""
    body: dict[str, object] = {} if name is None else {"name": text("name", name)}
    body.update(_details(distribution, description))
    if not body:
        raise ValueError("nothing to update: name, description or distribution is needed")
    return body


def _details(distribution: object, description: object) -> dict[str, object]:
    body: dict[str, object] = {}
    if distribution is not None:
        body["distribution"] = text("distribution", distribution)
    if description is not None:
        body["description"] = text("description", description, empty=True, lines=True)
    return body


def _import_url(value: object) -> str:
    url = word("url", value)
    try:
        parts = urlsplit(url)
        host = parts.hostname
        _ = parts.port  # raises where it is not a number
    except ValueError as error:
        raise ValueError(f"url is not a URL: {error}") from None
    if parts.scheme.lower() not in {"http", "https", "ftp"} or not host:
        raise ValueError(f"url must be http, https or ftp, with a host: {url!r}")
    return url


def account_transfer_body(*, recipient_email: object, recipient_uuid: object) -> dict[str, object]:
    """Return the body of a request that offers an image to another account."""
    if (recipient_email is None) == (recipient_uuid is None):
        raise ValueError("exactly one of recipient_email and recipient_uuid is needed")
    if recipient_uuid is not None:
        return {"recipient_uuid": uuid(recipient_uuid)}
    email = word("recipient_email", recipient_email)
    if not re.fullmatch(r"[^@]+@[^@]+", email):
        raise ValueError(f"recipient_email is not an email address: {email!r}")
    return {"recipient_email": email}


def uuid(value: object) -> str:
    """Return the UUID of an account or team."""
    return word("recipient_uuid", value)


def transfer_id(value: object) -> int:
    """Return the id of an account transfer."""
    return number("transfer_id", value)


KindT = TypeVar("KindT")


def an(kind: type[KindT], value: object) -> KindT:
    """Return a value that is an instance of a class."""
    if not isinstance(value, kind):
        raise TypeError(f"{kind.__name__} expected, not {type(value).__name__}")
    return value


def callback(value: object) -> None:
    """Check a function that is called after each poll; None is none."""
    if value is not None and not callable(value):
        raise TypeError(f"on_poll must be callable, not {type(value).__name__}")
    while isinstance(value, partial):
        value = cast("partial[object]", value).func
    # An object is called by the method of its class.
    for function in (value, getattr(type(value), "__call__", None)):  # noqa: B004 - the method itself
        if iscoroutinefunction(function) or isasyncgenfunction(function):
            raise TypeError("on_poll must be a plain function, not an async one: it is not awaited")


def header_value(name: str, value: object) -> str:
    """Return a string that a header can contain."""
    value = text(name, value)
    if not value.isascii():
        raise ValueError(f"{name} must be ASCII: {value!r}")
    return value


def token_refusal(value: object) -> Exception | None:
    """Return the error for a value that is no access token, None for one that is.

    It is returned, not raised, because the frames of a traceback would hold the token.
    """
    where = "set DIGITALOCEAN_ACCESS_TOKEN or DIGITALOCEAN_TOKEN, or pass token="
    if value is None:
        return ValueError(f"no access token: {where}")
    if not isinstance(value, str):
        return TypeError(f"token must be a str, not {type(value).__name__}")
    if not value:
        return ValueError(f"the access token is empty: {where}")
    if not value.isascii() or not value.isprintable() or " " in value:
        return ValueError(
            f"the access token contains white space or characters that are not ASCII: {where}"
        )
    return None


def base_url(value: object, *, allow_http: bool) -> str:
    """Return `scheme://host[:port][/prefix]`, without the `/v2` that every path begins with."""
    url = word("base_url", value)
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port  # the port raises where it is not a number
    except ValueError as error:
        raise ValueError(f"base_url is not a URL: {error}") from None
    if "@" in parts.netloc:
        raise ValueError("base_url must not contain credentials")
    if parts.scheme.lower() not in {"http", "https"} or not host:
        raise ValueError(f"base_url must be like https://host[:port][/prefix], not {url!r}")
    if "?" in url or "#" in url or "\\" in url:
        raise ValueError(f"base_url must contain neither query nor fragment: {url!r}")
    if parts.scheme.lower() == "http" and not (allow_http or is_loopback(host)):
        raise ValueError(
            f"base_url {url!r} would send the token unencrypted: use https, or allow_http=True"
        )
    prefix = re.sub(r"(/v2)?/*\Z", "", parts.path)
    return url.removesuffix(parts.path) + prefix


def is_loopback(host: str) -> bool:
    """Return whether a host is this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")

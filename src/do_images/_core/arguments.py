"""What users hand in, checked before anything is sent: `ValueError` and `TypeError` live here."""

import ipaddress
import re
from collections.abc import Iterable
from inspect import iscoroutinefunction
from typing import TypeVar, cast
from urllib.parse import quote, urlsplit

from do_images.models import Image

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

# Ids are 64-bit signed integers on the server's side.
_MAX_ID = 2**63 - 1
# Seconds; the clocks of sockets and threads end at about 292 years.
_LONGEST = 1e9
_IMAGE_TYPES = frozenset({"base", "snapshot", "backup", "custom", "admin"})
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
# What would change the path, or its meaning to a proxy, even where it is percent-encoded.
_UNSAFE_IN_SLUG = re.compile(r"[\s/\\%?#]")


def number(name: str, value: object, *, least: int = 1) -> int:
    """A whole number that the API can take; a bool is none."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} must be an int, not {type(value).__name__}")
    if not least <= value <= _MAX_ID:
        raise ValueError(f"{name} must be from {least} to {_MAX_ID}, not {_shown(value)}")
    return int(value)  # a plain one: an enum's text would be its name


def _shown(value: int) -> str:
    """A number for a message; Python refuses to write out very long ones."""
    return str(value) if value.bit_length() <= 128 else "a number beyond that"


def image_id(value: object) -> str:
    """The path segment for the id of an image, which may be given as the image itself."""
    return str(number("id", value.id if isinstance(value, Image) else value))


def action_id(value: object) -> str:
    """The path segment for the id of an action."""
    return str(number("action id", value))


def id_or_slug(value: object) -> str:
    """The path segment for an image's id or its slug, percent-encoded whole."""
    if type(value) is int and 1 <= value <= _MAX_ID:  # the usual case, on the shortest way
        return str(value)
    if not isinstance(value, str):
        return image_id(value)
    if (
        not value.strip(".")
        or _UNSAFE_IN_SLUG.search(value)
        or not value.isprintable()
        or _CONTROL.search(value)
    ):
        raise ValueError(f"not a slug: {value!r}")
    return quote(str.__str__(value), safe="")


def text(name: str, value: object, *, empty: bool = False, lines: bool = False) -> str:
    """A string without control characters; `empty` and `lines` say what else may be in it."""
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a str, not {type(value).__name__}")
    if not empty and not value.strip():
        raise ValueError(f"{name} must not be empty")
    if _CONTROL.search(re.sub(r"[\t\r\n]", "", value) if lines else value):
        raise ValueError(f"{name} must not hold control characters: {value!r}")
    return str.__str__(value)  # a plain one: an enum's text would be its name


def word(name: str, value: object) -> str:
    """A string without any white space."""
    value = text(name, value)
    if re.search(r"\s", value):
        raise ValueError(f"{name} must not hold white space: {value!r}")
    return value


def boolean(name: str, value: object) -> bool:
    """True or False and nothing that merely counts as one."""
    if not isinstance(value, bool):
        raise TypeError(f"{name} must be a bool, not {type(value).__name__}")
    return value


def region_slug(value: object) -> str:
    """The slug of a region; which ones there are is for the API to say."""
    return word("region", value)


def regions(values: object) -> list[str]:
    """Region slugs in the order given, each once."""
    if isinstance(values, (str, bytes)) or not isinstance(values, Iterable):
        raise TypeError("regions must be an iterable of str, such as ['nyc3', 'ams3']")
    slugs = cast("Iterable[object]", values)
    return list(dict.fromkeys(region_slug(slug) for slug in slugs))


def seconds(name: str, value: object, *, most: float = float("inf")) -> float:
    """A finite, non-negative number of seconds below `most`."""
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
    """Seconds that a step of a request may take: more than none, and not beyond all clocks."""
    result = seconds("timeout", value, most=_LONGEST)
    if result == 0:
        raise ValueError("timeout must be more than 0 seconds")
    return result


def list_query(type: object, private: object, tag_name: object) -> dict[str, str]:  # noqa: A002 - the API's word
    """The filters of a list of images."""
    query: dict[str, str] = {}
    if type is not None:
        query["type"] = word("type", type)
        if query["type"].casefold() in _IMAGE_TYPES:
            raise ValueError(
                f"type={query['type']!r} is the type of an image, and no kind of public images as "
                f"'distribution' and 'application' are: use find(type={query['type']!r})"
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
    """The body that imports a custom image."""
    body: dict[str, object] = {
        "name": text("name", name),
        "url": _import_url(url),
        "region": region_slug(region),
    }
    body.update(_details(distribution, description))
    if tags is not None:
        if isinstance(tags, (str, bytes)) or not isinstance(tags, Iterable):
            raise TypeError("tags must be a list of str, not one str")
        body["tags"] = [text("tag", tag) for tag in cast("Iterable[object]", tags)]
    return body


def update_body(*, name: object, distribution: object, description: object) -> dict[str, object]:
    """The body that changes an image: what is None stays as it is."""
    body: dict[str, object] = {} if name is None else {"name": text("name", name)}
    body.update(_details(distribution, description))
    if not body:
        raise ValueError("nothing to update: give name, description or distribution")
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
    """The body that offers an image to exactly one other account."""
    if (recipient_email is None) == (recipient_uuid is None):
        raise ValueError("give exactly one of recipient_email and recipient_uuid")
    if recipient_uuid is not None:
        return {"recipient_uuid": uuid(recipient_uuid)}
    email = word("recipient_email", recipient_email)
    if not re.fullmatch(r"[^@]+@[^@]+", email):
        raise ValueError(f"recipient_email is not an e-mail address: {email!r}")
    return {"recipient_email": email}


def uuid(value: object) -> str:
    """The UUID of an account or team."""
    return word("recipient_uuid", value)


def transfer_id(value: object) -> int:
    """The id of an account transfer."""
    return number("transfer_id", value)


KindT = TypeVar("KindT")


def an(kind: type[KindT], value: object) -> KindT:
    """A model of ours, and nothing that merely looks like one."""
    if not isinstance(value, kind):
        raise TypeError(f"{kind.__name__} expected, not {type(value).__name__}")
    return value


def callback(value: object) -> None:
    """What is to be called after a look, or None."""
    if value is not None and not callable(value):
        raise TypeError(f"on_poll must be callable, not {type(value).__name__}")
    if iscoroutinefunction(value):
        raise TypeError("on_poll must be a plain function: nobody would await what it returns")


def header_value(name: str, value: object) -> str:
    """What can be sent in a header as it is."""
    value = text(name, value)
    if not value.isascii():
        raise ValueError(f"{name} must be ASCII: {value!r}")
    return value


def token_refusal(value: object) -> Exception | None:
    """Why something is no access token.

    Returned, not raised: a traceback's frames would show the token to whoever prints them.
    """
    where = "set DIGITALOCEAN_ACCESS_TOKEN or DIGITALOCEAN_TOKEN, or give token="
    if value is None:
        return ValueError(f"no access token: {where}")
    if not isinstance(value, str):
        return TypeError(f"token must be a str, not {type(value).__name__}")
    if not value:
        return ValueError(f"the access token is empty: {where}")
    if not value.isascii() or not value.isprintable() or " " in value:
        return ValueError(f"the access token holds white space or odd characters: {where}")
    return None


def base_url(value: object, *, allow_http: bool) -> str:
    """`scheme://host[:port][/prefix]`, without the `/v2` that every path begins with."""
    url = word("base_url", value)
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port  # the port raises where it is not a number
    except ValueError as error:
        raise ValueError(f"base_url is not a URL: {error}") from None
    if "@" in parts.netloc:
        raise ValueError("base_url must not hold credentials")
    if parts.scheme.lower() not in {"http", "https"} or not host:
        raise ValueError(f"base_url must be like https://host[:port][/prefix], not {url!r}")
    if "?" in url or "#" in url or "\\" in url:
        raise ValueError(f"base_url must hold neither query nor fragment: {url!r}")
    if parts.scheme.lower() == "http" and not (allow_http or is_loopback(host)):
        raise ValueError(
            f"base_url {url!r} would send the token unencrypted: use https, or allow_http=True"
        )
    prefix = re.sub(r"(/v2)?/*\Z", "", parts.path)
    return url.removesuffix(parts.path) + prefix


def is_loopback(host: str) -> bool:
    """Whether a host is this machine itself."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")

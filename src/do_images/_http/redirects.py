"""Redirects: where a response sends a request, and whether it may go there."""

import httpx

from do_images._core.responses import Response

__all__ = ["Origin", "origin", "refusal", "target"]

Origin = tuple[str, bytes, int | None]
"""Scheme, host and port: what has to be the same for the token to be sent."""

_MAX = 5
_PORTS = {"http": 80, "https": 443}


def origin(url: str) -> Origin:
    """Return the origin of a URL, an internationalised host name in its ASCII form."""
    parts = httpx.URL(url)
    return parts.scheme, parts.raw_host, parts.port or _PORTS.get(parts.scheme)


def target(response: Response) -> str | None:
    """Return the absolute URL to which a response redirects, None where it does not."""
    location = response.headers.get("location")
    if not 300 <= response.status < 400 or not location:
        return None
    try:
        return str(httpx.URL(response.request.url).join(location))
    except (httpx.InvalidURL, UnicodeError):
        return location


def refusal(home: Origin, method: str, url: str, hops: int) -> str | None:
    """Return why a redirect is not followed, None where it is."""
    try:
        same = origin(url) == home
    except (httpx.InvalidURL, ValueError):
        same = False
    if not same:
        return f"it redirects to another origin, {url!r}, where the token must not go"
    if method != "GET":
        return f"it redirects to {url!r}: only a GET is safe to send there"
    return None if hops < _MAX else f"more than {_MAX} redirects"

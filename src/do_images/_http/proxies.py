"""Proxies that the environment, or the system's settings, name."""

import os
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING, NamedTuple
from urllib.request import getproxies, proxy_bypass

import httpx

from do_images._core.arguments import is_loopback

if TYPE_CHECKING:
    import ssl

    import httpcore

__all__ = ["Proxy", "find"]

_SCHEMES = ("http", "https", "socks5", "socks5h")


class Proxy(NamedTuple):
    """A proxy and its credentials; only `name` may go into texts."""

    url: httpx.URL
    name: str
    """Scheme, host and port."""

    @property
    def is_https(self) -> bool:
        """Whether the proxy itself is spoken to over TLS."""
        return self.url.scheme == "https"

    def of_httpcore(self, tls: "ssl.SSLContext | None") -> "httpcore.Proxy":
        """Return it as httpcore takes it; `tls` is for a proxy that is spoken to over https."""
        import httpcore  # noqa: PLC0415 - only who sends something pays

        url = self.url
        return httpcore.Proxy(
            httpcore.URL(
                scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
            ),
            auth=(url.username.encode(), url.password.encode()) if url.userinfo else None,
            ssl_context=tls,
        )


def find(scheme: str, host: str, port: int | None) -> Proxy | None:
    """Return the proxy for requests to an origin; there is none for this machine itself.

    Raises:
        ValueError: It can't be used; the text names the variable, and no credentials.
    """
    if is_loopback(host) or _is_bypassed(host, port):
        return None
    proxies = getproxies()
    scheme = scheme if proxies.get(scheme) else "all"
    value = proxies.get(scheme)
    if not value:
        return None
    where = f"the proxy that {_variable(scheme, value)} names can't be used"
    url = _parsed(value)
    if url is None or not url.host or not 0 < (url.port or 1) < 65536:
        raise ValueError(f"{where}: it is not a URL with a valid host and port")
    if url.scheme not in _SCHEMES:
        raise ValueError(f"{where}: its scheme is {url.scheme!r}, not one of {', '.join(_SCHEMES)}")
    if url.scheme.startswith("socks"):
        _require_socks(where)
    return Proxy(url, f"{url.scheme}://{url.netloc.decode('ascii')}")


def _parsed(value: str) -> httpx.URL | None:
    try:
        return httpx.URL(value if "://" in value else f"http://{value}")
    except (httpx.InvalidURL, UnicodeError):
        return None


def _variable(scheme: str, value: str) -> str:
    """Return the name of the variable with a value, as it is written in the environment."""
    named = (key for key in os.environ if key.lower() == f"{scheme}_proxy")
    return next((key for key in named if os.environ[key] == value), f"{scheme}_proxy")


def _is_bypassed(host: str, port: int | None) -> bool:
    """Return whether NO_PROXY excepts a host: by name, by `host:port`, or by network."""
    if proxy_bypass(host) or (port is not None and proxy_bypass(f"{host}:{port}")):
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return any(address in network for network in map(_network, _exceptions()) if network)


def _exceptions() -> list[str]:
    value = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    return [entry.strip().strip("[]") for entry in value.split(",")]


def _network(entry: str) -> IPv4Network | IPv6Network | None:
    try:
        return ip_network(entry, strict=False)
    except ValueError:
        return None


def _require_socks(where: str) -> None:
    from importlib.util import find_spec  # noqa: PLC0415 - as above

    if find_spec("socksio") is None:
        raise ValueError(f"{where}: SOCKS needs the package socksio (`pip install httpx[socks]`)")

"""Cookies: the API needs none, so responses set none."""

from collections.abc import Iterable
from http.cookiejar import Cookie, CookieJar

__all__ = ["FixedCookies"]


class FixedCookies(CookieJar):
    """Cookies that no response changes.

    With httpx's own jar, one non-ASCII `Set-Cookie` makes each later request fail, and cookies
    pile up.
    """

    def __init__(self, cookies: Iterable[Cookie] = ()) -> None:
        """`cookies` are sent with each request."""
        super().__init__()
        for cookie in cookies:
            self.set_cookie(cookie)

    def extract_cookies(self, response: object, request: object) -> None:
        """Ignore what a response sets."""

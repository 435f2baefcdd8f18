"""What goes in and out of the fake, as plain values."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias
from urllib.parse import urlencode

from do_images.testing._data import Json

__all__ = ["Incoming", "Loss", "Request", "Response"]

Loss: TypeAlias = Literal["refused", "connect_timeout", "pool_timeout", "before", "after"]
"""How a connection is lost, before the request is sent, or before or after the work is done."""


class Incoming(NamedTuple):
    """A request as it arrives."""

    method: str
    path: str
    """Still percent-encoded."""
    query: str
    headers: Mapping[str, str]
    """By names in lower case."""
    content: bytes
    origin: str
    """Scheme, host and port that it was sent to."""
    accept_any_token: bool = False
    """Whether a token that the fake does not know is accepted."""


@dataclass(slots=True)
class Response:
    """What the fake answers, and what happens on the wire."""

    status: int
    headers: dict[str, str]
    """A `content-length` other than the content's is sent as it is."""
    content: bytes = b""
    loss: Loss | None = None
    delay: float = 0.0
    """Seconds before the response."""
    drip: float = 0.0
    """Seconds before each byte of the body."""


class Request(NamedTuple):
    """A request that a client sent to the fake."""

    method: str
    path: str
    """Without the query, still percent-encoded."""
    query: Mapping[str, str]
    body: Json
    """The decoded JSON; None where there was none, a str where it was not JSON."""
    time: float
    """When it was sent, in Unix seconds of the fake's time."""
    status: int | None
    """The status of the response; None where the connection was lost."""
    operation: str | None
    """The operation's name in the spec, such as `images_get`; None where there is none."""
    origin: str
    """Scheme, host and port that it was sent to."""
    headers: Mapping[str, str]
    """By names in lower case."""

    def __repr__(self) -> str:
        """Without headers: a token is among them."""
        query = f"?{urlencode(self.query)}" if self.query else ""
        body = "" if self.body is None else f" {self.body!r}"
        status = "lost" if self.status is None else self.status
        return f"<Request {self.method} {self.path}{query}{body}: {status}>"

"""What goes over the wire of a fake, and the faults that a test orders in advance."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

from do_images._base import Endpoint, Model

__all__ = ["Answering", "Fault", "Lose", "Lost", "Reply", "shape"]

Lost: TypeAlias = Literal["refused", "before", "after"]


@dataclass(frozen=True, slots=True)
class Reply:
    """A response as it goes over the wire."""

    status: int
    headers: Mapping[str, str]
    content: bytes


class Lose(Exception):
    """The connection breaks in place of an answer; `kind` says when."""

    def __init__(self, kind: Lost) -> None:
        super().__init__(kind)
        self.kind = kind


class Answering(Protocol):
    """Whatever answers requests: what transports and the server know of the fake."""

    def handle(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str],
        content: bytes,
        patience: float | None = None,
    ) -> Reply:
        """Answers one request, or raises `Lose` or `TimeoutError`."""
        ...


@dataclass(slots=True)
class Fault:
    """What goes wrong with the next requests of one operation."""

    method: str
    path: str
    times: int
    status: int | None
    body: bytes
    headers: Mapping[str, str]
    lose: Lost | None
    delay: float
    after: bool

    def fits(self, endpoint: Endpoint[Model]) -> bool:
        """Whether it is meant for this operation."""
        return (
            self.times > 0
            and self.method == endpoint.method
            and shape(self.path) == shape(endpoint.path)
        )


def shape(template: str) -> list[str]:
    """A path template without the names of its parameters."""
    return ["{}" if part.startswith("{") else part for part in template.strip("/").split("/")]

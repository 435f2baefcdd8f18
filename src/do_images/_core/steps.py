"""What a flow asks its driver to do.

A flow is a generator without I/O. It yields a step, gets the outcome back, or has the error of the
step thrown in. The drivers of the two clients perform the steps.
"""

from collections.abc import Generator, Iterable
from typing import NamedTuple, TypeAlias, TypeVar, cast

from do_images._base import Model
from do_images._core.requests import Request
from do_images._core.responses import Response
from do_images.errors import APIError

__all__ = [
    "Flow",
    "Gather",
    "Send",
    "Sleep",
    "Step",
    "T",
    "gather",
    "gather_all",
    "send",
    "sleep",
]

T = TypeVar("T")


class Send(NamedTuple):
    """Send a request once; the outcome is the `Response`."""

    request: Request[Model]


class Sleep(NamedTuple):
    """Let so many seconds pass."""

    seconds: float


class Gather(NamedTuple):
    """Run several flows, at most `limit` at once; the outcomes come in their order.

    An `APIError` is an outcome like any other, unless `fail_fast` makes the first one the error of
    the step, which then waits for no other flow. A flow is taken from `flows` only when it can
    begin.
    """

    flows: "Iterable[Flow[object]]"
    limit: int
    fail_fast: bool = False


Step: TypeAlias = Send | Sleep | Gather
Flow: TypeAlias = Generator[Step, object, T]


def send(request: Request[Model]) -> Flow[Response]:
    """Send a request once."""
    return cast("Response", (yield Send(request)))


def sleep(seconds: float) -> Flow[None]:
    """Let so many seconds pass."""
    yield Sleep(seconds)


def gather(flows: Iterable[Flow[T]], limit: int) -> Flow[list[T | APIError]]:
    """Run several flows at once, and return their outcomes."""
    return cast("list[T | APIError]", (yield Gather(flows, limit)))


def gather_all(flows: Iterable[Flow[T]], limit: int) -> Flow[list[T]]:
    """Run several flows at once, and return their results; the first error ends all of them."""
    return cast("list[T]", (yield Gather(flows, limit, fail_fast=True)))

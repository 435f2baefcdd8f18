"""One request to the API, as a value."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from do_images._base import Endpoint, Model

__all__ = ["Request"]

ModelT_co = TypeVar("ModelT_co", bound=Model, covariant=True)


@dataclass(frozen=True, slots=True)
class Request(Generic[ModelT_co]):
    """What is sent, and what the response should be."""

    endpoint: Endpoint[ModelT_co]
    path: str
    """The path below the base URL, such as `/v2/images/42`."""
    query: Mapping[str, str] | None = None
    body: Mapping[str, object] | None = None
    timeout: float | None = None
    """Seconds that the whole request may take, where that is less than the client allows."""
    attempt: int = 1

"""Which request is for which operation."""

from collections.abc import Iterator
from typing import Final

from do_images.testing._routes import ROUTES, Route
from do_images.testing._stubs import STUBS

__all__ = ["ALL_ROUTES", "allowed", "match", "shape"]

ALL_ROUTES: Final = (*ROUTES, *STUBS)


def shape(template: str) -> tuple[str, ...]:
    """Return a path in its parts, with {} for every parameter, whatever its name."""
    parts = template.strip("/").split("/")
    return tuple("{}" if part.startswith("{") else part for part in parts)


_SHAPES: Final = [(route, shape(route.path)) for route in ALL_ROUTES]


def _candidates(path: str) -> Iterator[tuple[Route, list[str]]]:
    """The operations of a path, by any method, and the values of their parameters."""
    parts = path.strip("/").split("/")
    for route, wanted in _SHAPES:
        if len(wanted) != len(parts):
            continue
        ids: list[str] = []
        for part, want in zip(parts, wanted, strict=True):
            if part and want == "{}":
                ids.append(part)
            elif part != want:
                break
        else:
            yield route, ids


def match(method: str, path: str) -> tuple[Route, list[str]] | None:
    """Return the operation of a request and the values of its parameters; HEAD is GET."""
    method = "GET" if method == "HEAD" else method
    return next((found for found in _candidates(path) if found[0].method == method), None)


def allowed(path: str) -> list[str]:
    """Return the methods that a path has; none where there is no such path."""
    return [route.method for route, _ in _candidates(path)]

"""What a debugger shows that opens every attribute and every item."""

import inspect
from collections.abc import Iterable, Iterator
from typing import cast

__all__ = ["reachable"]

_DEPTH = 12


def reachable(values: Iterable[object]) -> Iterator[object]:
    """Everything that can be come to from some values, each once."""
    seen: set[int] = set()
    # What is yielded is held, so that no id is given out anew.
    held: list[object] = []
    waiting = [(value, 0) for value in values]
    while waiting:
        value, depth = waiting.pop()
        if id(value) in seen or depth > _DEPTH or _is_code(value):
            continue
        seen.add(id(value))
        held.append(value)
        yield value
        waiting += [(part, depth + 1) for part in _parts(value)]


def _is_code(value: object) -> bool:
    return inspect.ismodule(value) or inspect.isroutine(value)


def _parts(value: object) -> Iterator[object]:
    yield from getattr(value, "__dict__", {}).values()
    for kind in type(value).__mro__:
        slots = getattr(kind, "__slots__", ())
        for name in [slots] if isinstance(slots, str) else slots:
            yield getattr(value, name, None)
    if isinstance(value, dict):
        table = cast("dict[object, object]", value)
        yield from [*table, *table.values()]
    if isinstance(value, list | tuple | set | frozenset):
        yield from [*cast("Iterable[object]", value)]

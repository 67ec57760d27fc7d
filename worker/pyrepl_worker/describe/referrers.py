"""Which places, from the variables on, lead to the same object."""

from __future__ import annotations

import types
from collections import deque
from time import monotonic
from typing import TYPE_CHECKING, Any

from .inspection import page_of
from .paths import expression
from .static import MISSING, is_a, is_class, type_name

if TYPE_CHECKING:
    from collections.abc import Iterator

_MOST_VISITED = 300_000
_MOST_PLACES = 200
_MOST_CHILDREN = 50_000
_DEEPEST = 12
_LEAVES = frozenset(map(id, (str, bytes, int, float, complex, bool, type(None), range)))


def places_of(
    namespace: dict[str, Any], hidden: dict[str, Any], target: Any, seconds: float
) -> dict[str, Any]:
    """Search breadth first, without user code.

    Returns:
        ``places``: lists of path, expression (None if Python cannot write it) and the type of
        what holds it there ("" for a variable itself); ``complete``: False if the search was
        given up.
    """
    found: list[list[Any]] = []
    seen: set[int] = set()
    deadline = monotonic() + seconds
    waiting: deque[tuple[list[Any], Any]] = deque()
    for name, value in list(namespace.items()):
        if type(name) is str and hidden.get(name, MISSING) is not value and name[:2] != "__":
            if value is target:
                found.append([[name], name, ""])
            waiting.append(([name], value))
    while waiting:
        if len(found) >= _MOST_PLACES or len(seen) > _MOST_VISITED or monotonic() > deadline:
            return {"places": found, "complete": False}
        path, holder = waiting.popleft()
        if id(holder) in seen or holder is target:
            continue
        seen.add(id(holder))
        for step, item in _inside(holder):
            if item is target:
                place = [*path, step]
                found.append([place, expression(place), type_name(holder)])
            elif len(path) < _DEEPEST and id(type(item)) not in _LEAVES:
                waiting.append(([*path, step], item))
    return {"places": found, "complete": True}


def _inside(holder: Any) -> Iterator[tuple[Any, Any]]:
    if is_a(holder, types.ModuleType) or (is_class(holder) and type(holder) is not type):
        return
    _, children = page_of(holder, 0, _MOST_CHILDREN)
    for step, _, item in children:
        yield step, item

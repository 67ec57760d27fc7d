"""Deep sizes: how many bytes are reached from a variable, and how many of them others reach too.

The collector's own traversal is used (C code): no attribute is asked. Classes, modules, functions
and frames end the way: they lead to everything. What it cannot see into counts by its own size.
"""

from __future__ import annotations

import gc
import types
from time import perf_counter
from typing import TYPE_CHECKING, Any

from .static import MISSING, find, has_plain_keys, is_a, is_class
from .summaries import size

if TYPE_CHECKING:
    from collections.abc import Iterator

_SLICE_SECONDS = 0.0004
_BORDERS = frozenset(
    map(
        id,
        (
            types.FunctionType, types.BuiltinFunctionType, types.FrameType, types.CodeType,
            types.GeneratorType, types.CoroutineType, types.MethodType,
        ),
    )
)  # fmt: skip


def _leads_everywhere(value: Any) -> bool:
    return id(type(value)) in _BORDERS or is_a(value, types.ModuleType) or is_class(value)


def measure(
    namespace: dict[str, Any], names: list[str], seconds: float
) -> Iterator[dict[str, Any] | None]:
    """Measure variables, in slices.

    Args:
        namespace: where they are.
        names: which; [] measures all.
        seconds: how much time may be spent; what is not done then is marked as incomplete.

    Yields:
        None between slices; at last ``sizes``: name to [deep, shared, complete], in bytes.
        `shared` is the part of `deep` that other variables reach too.
    """
    everything = [name for name in list(namespace) if type(name) is str and name[:2] != "__"]
    wanted = set(names) if names else set(everything)
    spent = 0.0
    owner: dict[int, str] = {}
    shared: dict[int, int] = {}
    deep: dict[str, int] = {}
    reached: dict[str, list[int]] = {}
    complete = True
    is_plain = has_plain_keys(namespace)
    sizes: dict[int, int] = {}
    for name in everything:
        value = namespace.get(name, MISSING) if is_plain else find(namespace, name)
        walk = _walk(value, owner, shared, sizes, name, reached)
        begin = perf_counter()
        for step, _ in enumerate(walk):
            if step % 32 == 0 and perf_counter() - begin > _SLICE_SECONDS:
                spent += perf_counter() - begin
                if spent > seconds:
                    complete = False
                    break
                yield None
                begin = perf_counter()
        spent += perf_counter() - begin
        if not complete:
            break
    for name in wanted:
        ids = reached.get(name, [])
        deep[name] = sum(sizes[key] for key in ids)
    answer = {
        name: [total, sum(sizes[key] for key in reached.get(name, []) if key in shared), complete]
        for name, total in deep.items()
    }
    yield {"sizes": answer}


def _walk(
    value: Any, owner: dict[int, str], shared: dict[int, int], sizes: dict[int, int], name: str,
    reached: dict[str, list[int]],
) -> Iterator[None]:  # fmt: skip
    """Reach everything from a value; a step yields."""
    if value is MISSING or _leads_everywhere(value):
        return
    mine: list[int] = []
    reached[name] = mine
    seen: set[int] = set()
    waiting = [value]
    while waiting:
        item = waiting.pop()
        key = id(item)
        if key in seen:
            continue
        seen.add(key)
        mine.append(key)
        if key in owner:
            shared[key] = 1
        else:
            owner[key] = name
            sizes[key] = size(item) or 0
        children = gc.get_referents(item)
        waiting.extend(child for child in children if not _leads_everywhere(child))
        yield

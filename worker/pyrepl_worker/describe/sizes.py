"""Deep sizes: how many bytes are reached from a variable, and how many of them others reach too.

The collector's own traversal is used (C code): no attribute is asked. Classes, modules, functions
and frames end the way: they lead to everything. What holds the memory of an array counts once,
however many views of it there are. What the collector cannot see into counts by its own size.
"""

from __future__ import annotations

import gc
import sys
import types
from time import perf_counter
from typing import TYPE_CHECKING, Any

from . import libraries
from .static import MISSING, find, has_plain_keys, is_a, is_class
from .summaries import is_plain, own_size, size

if TYPE_CHECKING:
    from collections.abc import Iterator

_SLICE_SECONDS = 0.0004
_PIECE = 512
"""Elements of an array of objects that are taken at a time."""
_BORDERS = frozenset(
    map(
        id,
        (
            types.FunctionType, types.BuiltinFunctionType, types.FrameType, types.CodeType,
            types.GeneratorType, types.CoroutineType, types.MethodType,
        ),
    )
)  # fmt: skip

_LEAVES = frozenset(map(id, (str, bytes, bytearray, int, float, complex, bool, type(None))))
"""Types of values that hold nothing but themselves."""


def _leads_everywhere(value: Any) -> bool:
    return id(type(value)) in _BORDERS or is_a(value, types.ModuleType) or is_class(value)


def measure(
    namespace: dict[str, Any], names: list[str], seconds: float
) -> Iterator[dict[str, Any] | None]:
    """Measure variables, in slices.

    Args:
        namespace: where they are.
        names: which; [] measures all.
        seconds: how much time may be spent; the variable that is not done then is marked as
            incomplete, and those after it are left out.

    Yields:
        None between slices; at last ``sizes``: name to [deep, shared, complete], in bytes.
        `shared` is the part of `deep` that other variables reach too.
    """
    everything = [name for name in list(namespace) if type(name) is str and name[:2] != "__"]
    wanted = set(names) if names else set(everything)
    spent = 0.0
    owner: dict[int, str] = {}
    shared: dict[int, int] = {}
    reached: dict[str, list[int]] = {}
    cut_off = ""
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
                    cut_off = name
                    break
                yield None
                begin = perf_counter()
        spent += perf_counter() - begin
        if cut_off:
            break
    answer = {
        name: [
            sum(map(sizes.__getitem__, ids)),
            sum(sizes[key] for key in ids if key in shared),
            name != cut_off,
        ]
        for name, ids in reached.items()
        if name in wanted
    }
    yield {"sizes": answer}


def _walk(
    value: Any, owner: dict[int, str], shared: dict[int, int], sizes: dict[int, int], name: str,
    reached: dict[str, list[int]],
) -> Iterator[None]:  # fmt: skip
    """Reach everything from a value; a step yields."""
    if value is MISSING:
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
            sizes[key] = _alone(item)
        if id(type(item)) not in _LEAVES and not _leads_everywhere(item):
            for children in _children(item):
                waiting.extend(child for child in children if not _leads_everywhere(child))
                yield
        yield


def _alone(item: Any) -> int:
    """Bytes of an object without those of its parts that a walk reaches too."""
    if is_plain(item):
        return sys.getsizeof(item)
    array = libraries.as_array(item)
    if array is not None:
        return (array.nbytes if _base_of(item) is None else 0) + (own_size(item) or 0)
    if libraries.pandas_kind(item):
        return own_size(item) or 0
    return size(item) or 0


def _base_of(array: Any) -> Any:
    """What holds an array's memory in its place, else None."""
    return vars(libraries.ndarray())["base"].__get__(array)


def _children(item: Any) -> Iterator[list[Any]]:
    """What an object refers to, in pieces."""
    yield gc.get_referents(item)
    if is_plain(item):
        return
    array = libraries.as_array(item)
    if array is None:
        return
    base = _base_of(item)
    if base is not None:
        yield [base]
    elif array.dtype.kind == "O":
        cells = array.ravel("K")  # no copy: who holds its own memory holds it in one piece
        for at in range(0, array.size, _PIECE):
            yield cells[at : at + _PIECE].tolist()

"""What a value holds, as digests: enough to find where two values differ, without their content.

An outline is a dict whose ``form`` says what else is in it; ``type`` and ``summary`` are always:

* ``leaf``: nothing more;
* ``sequence``: ``length``, and of a range ``entries`` (position, digest) or ``ranges`` (from, to,
  digest);
* ``mapping``: ``entries`` (token of the key, step of a path, label, digest), or ``buckets``
  (digest of all entries whose token falls in it);
* ``source``: ``text`` and ``entries`` as of a mapping, for functions and classes;
* ``array``: ``dtype``, ``shape``, ``per_piece`` (elements) and ``pieces`` (digests).
"""

from __future__ import annotations

import gc
import types
from hashlib import blake2b
from typing import Any

from pyrepl_worker.describe import columns, grids, libraries, paths, tensors
from pyrepl_worker.describe.code import class_source, function_source
from pyrepl_worker.describe.static import MISSING, attributes, is_a, is_class, type_name
from pyrepl_worker.describe.summaries import builtin_base, first_items, length, summary

from . import tables
from .digester import CHUNK, Digester
from .hashing import SIZE, Digested, fingerprint

_BUCKETS = 4096
_LISTED = 2048
"""Entries of a mapping that are sent one by one; beyond, buckets of them are."""
_TOKEN = 64

_Entry = tuple[bytes, Any, str, Any]


def step_into(value: Any, step: Any) -> Any:
    """What a step of a path leads to, also within arrays, frames and functions; else MISSING."""
    if type(step) is list and len(step) == 2 and step[0] == "part":
        return dict(tables.parts_of(value)).get(step[1], MISSING)
    if type(value) is types.FunctionType and step == ["attr", "__defaults__"]:
        return value.__defaults__
    if type(value) is types.FunctionType and step == ["attr", "__kwdefaults__"]:
        return value.__kwdefaults__
    if type(step) is int and tables.is_table(value):
        items = items_of(value)
        return items[step] if items is not None and step < len(items) else MISSING
    found = paths.child(value, step)
    return grids.child(value, step) if found is MISSING else found


def outline(
    value: Any, select: list[Any] | None, digested: Digested | None = None
) -> dict[str, Any]:
    """Outline a value, or the part of it that `select` names: ["range", a, b] or ["bucket", n]."""
    digester = Digester(digested)
    answer: dict[str, Any] = {"type": type_name(value), "summary": summary(value), "form": "leaf"}
    array = libraries.array_in(value)
    if array is not None and not array.dtype.hasobject and array.dtype.kind != "T" and array.ndim:
        answer.update(
            form="array",
            dtype=tensors.dtype_of(value) if tensors.is_tensor(value) else str(array.dtype),
            shape=list(array.shape),
            per_piece=tables.per_piece(array),
            pieces=tables.pieces(array, digester.digested),
        )
        return answer
    items = value if type(value) is list else items_of(value)
    if items is not None:
        answer.update(form="sequence", length=len(items), **_sequence(digester, items, select))
        return answer
    entries = _entries(digester, value)
    if type(value) is types.FunctionType or is_class(value):
        text = class_source(value) if is_class(value) else function_source(value)
        answer.update(form="source", text=text)
    elif entries is not None:
        answer["form"] = "mapping"
    if entries is not None:
        answer.update(_mapping(digester, entries, select))
    return answer


def may_lead_back(value: Any) -> bool:
    """Whether what a value holds may hold the value itself, and it is no table or array."""
    return gc.is_tracked(value) and not tables.is_table(value)


def items_of(value: Any) -> list[Any] | None:
    """The items of what is compared position by position; None of all else."""
    kind = type(value)
    if kind is list or kind is tuple:
        return list(value)
    array = libraries.as_array(value)
    if array is not None:
        return list(array.ravel().tolist())
    if libraries.polars_kind(value) == "series":
        return list(value.to_list())
    if libraries.is_arrow(value) and not hasattr(value, "column_names"):
        return list(value.to_pylist())
    if tables.is_table(value) and not (
        libraries.pandas_kind(value) or libraries.polars_kind(value) or libraries.is_arrow(value)
    ):
        if libraries.is_numpy_scalar(value):
            return None
        return columns.cells(value, 0, grids.extension_length(value))
    return None


def _sequence(digester: Digester, items: list[Any], select: list[Any] | None) -> dict[str, Any]:
    start, stop = (0, len(items)) if select is None else (int(select[1]), int(select[2]))
    count = stop - start
    if count <= CHUNK:
        found = [[at, digester.digest(items[at])] for at in range(start, stop)]
        return {"entries": found}
    # whole chunks, whose digests are there already if these are all items
    parts = digester.chunks(items if count == len(items) else items[start:stop])
    step = -(-len(parts) // CHUNK)
    ranges = []
    for begin in range(0, len(parts), step):
        data = b"".join(parts[begin : begin + step])
        end = min(start + (begin + step) * CHUNK, stop)
        ranges.append([start + begin * CHUNK, end, fingerprint(data)])
    return {"ranges": ranges}


def _entries(digester: Digester, value: Any) -> list[_Entry] | None:
    """What a value holds under keys or names; None if there is nothing of the kind."""
    if type(value) is types.FunctionType:
        cells = [
            (["cell", at], name, paths.cell(value, at))
            for at, name in enumerate(value.__code__.co_freevars)
        ]
        named = [
            (["attr", "__defaults__"], "defaults", value.__defaults__),
            (["attr", "__kwdefaults__"], "keyword defaults", value.__kwdefaults__),
            *(cell for cell in cells if cell[2] is not MISSING),
        ]
        return [(label.encode(), step, label, item) for step, label, item in named]
    if is_class(value):
        return _attribute_entries(paths.children_of_class(value))
    if tables.is_table(value) and not libraries.is_numpy_scalar(value):
        parts = tables.parts_of(value)
        return [(name.encode(), ["part", name], name, part) for name, part in parts]
    base = builtin_base(value)
    if base is dict:
        return [*_dict_entries(digester, value), *_attribute_entries(attributes(value))]
    if base is set or base is frozenset:
        found = enumerate(first_items(value, length(value) or 0))
        return [(digester.encode(item), ["item", at], summary(item), item) for at, item in found]
    own = _attribute_entries(attributes(value))
    if base is not None and length(value) is not None and not _is_text(base):
        found = enumerate(first_items(value, length(value) or 0))
        return [*((b"%d" % at, at, str(at), item) for at, item in found), *own]
    if is_a(value, types.ModuleType):
        return None
    return own or None


def _is_text(base: type) -> bool:
    return any(base is each for each in (str, bytes, bytearray))


def _dict_entries(digester: Digester, value: Any) -> list[_Entry]:
    found = []
    for at, (key, item) in enumerate(list(dict.items(value))):
        is_plain = type(key) is str or (type(key) is int and -(2**63) <= key < 2**63)
        found.append((digester.encode(key), key if is_plain else ["item", at], key, item))
    return found


def _attribute_entries(pairs: list[tuple[str, Any]]) -> list[_Entry]:
    return [
        (b"." + name.encode("utf-8", "surrogatepass"), ["attr", name], name, item)
        for name, item in pairs
    ]


def _mapping(digester: Digester, entries: list[_Entry], select: list[Any] | None) -> dict[str, Any]:
    if select is not None:
        entries = [entry for entry in entries if _bucket(entry[0]) == select[1]]
    elif len(entries) > _LISTED:
        parts: list[list[bytes]] = [[] for _ in range(_BUCKETS)]
        for token, _, _, item in entries:
            parts[_bucket(token)].append(token + b"=" + digester.digest(item))
        digests = (b"".join(sorted(part)) for part in parts)
        return {"buckets": [blake2b(data, digest_size=SIZE).digest() for data in digests]}
    return {
        "entries": [
            [token, step, label if type(label) is str else summary(label), digester.digest(item)]
            for token, step, label, item in entries
        ]
    }


def _bucket(token: bytes) -> int:
    return int.from_bytes(blake2b(token, digest_size=2).digest(), "big") % _BUCKETS

"""One line about a value: its type, kind, shape, length, own size and a short text.

Everything is read inertly (see `static`). A user's subclass of a builtin is shown as the builtin it
also is, by the builtin's own C code.
"""

from __future__ import annotations

import enum
import itertools
import sys
import types
from collections import OrderedDict, defaultdict, deque
from io import BytesIO, StringIO
from typing import TYPE_CHECKING, Any

from . import libraries, tensors
from .static import (
    MISSING,
    attributes,
    class_name,
    header_size,
    is_a,
    is_class,
    is_static,
    module_dict,
    mro,
    own_entry,
    sizer_of,
    type_name,
)  # fmt: skip

if TYPE_CHECKING:
    from collections.abc import Callable

SUMMARY = 120
"""Longest summary, in characters."""
_MAX_DEPTH = 3
_MAX_ITEMS = 12
_MAX_BITS = 4000

_SIZERS = frozenset(
    id(vars(kind)["__sizeof__"])
    for kind in (
        object, type, int, str, bytes, bytearray, list, tuple, dict, set, frozenset, deque,
        OrderedDict, BytesIO, StringIO, types.CodeType, types.FrameType, types.GeneratorType,
        types.CoroutineType, types.AsyncGeneratorType,
    )
    if "__sizeof__" in vars(kind)
)  # fmt: skip
"""What the interpreter itself measures with. Of generators `object`'s would tell any number."""
_function_name = vars(types.FunctionType)["__name__"].__get__
_builtin_name = vars(types.BuiltinFunctionType)["__name__"].__get__

DATA, CODE, MODULE, CLASS, OBJECT = "data", "function", "module", "class", "object"
"""Kinds of values, to group them by."""


def _is_own(kind: type, *types_: type) -> bool:
    return any(kind is each for each in types_)


SCALARS = (int, float, complex, bool, type(None), type(...), type(NotImplemented), range)
_SCALAR_IDS = frozenset(map(id, SCALARS))
_SIZED_IDS = frozenset(
    map(id, (str, bytes, bytearray, list, tuple, dict, set, frozenset, range, deque))
)
_BRACKETS: dict[int, tuple[str, str]] = {
    id(list): ("[", "]"),
    id(tuple): ("(", ")"),
    id(set): ("{", "}"),
    id(frozenset): ("frozenset({", "})"),
    id(dict): ("{", "}"),
    id(deque): ("deque([", "])"),
    id(OrderedDict): ("OrderedDict({", "})"),
    id(defaultdict): ("defaultdict({", "})"),
}
_BASES: tuple[type, ...] = (
    dict, list, tuple, str, int, float, set, frozenset, bytes, bytearray, deque, complex,
)  # fmt: skip
_LENGTHS: dict[int, Callable[[Any], int]] = {
    id(base): base.__len__ for base in (*_BASES, range) if hasattr(base, "__len__")
}
_FUNCTION_IDS = frozenset(
    map(
        id,
        (
            types.FunctionType, types.BuiltinFunctionType, types.MethodType,
            types.MethodDescriptorType, types.WrapperDescriptorType, types.MethodWrapperType,
            types.ClassMethodDescriptorType,
        ),
    )
)  # fmt: skip


def builtin_base(value: object) -> type | None:
    """The builtin container or scalar that a value is, or inherits from; None if none."""
    for cls in mro(type(value)):
        for base in _BASES:
            if cls is base:
                return base
    return None


def kind_of(value: object) -> str:
    """``data``, ``function``, ``module``, ``class`` or ``object``."""
    kind = id(type(value))
    if kind in _SCALAR_IDS or kind in _SIZED_IDS:
        return DATA
    if kind in _FUNCTION_IDS:
        return CODE
    if is_a(value, types.ModuleType):
        return MODULE
    if is_class(value):
        return CLASS
    if builtin_base(value) is not None or shape_of(value) is not None:
        return DATA
    return OBJECT


def length(value: object) -> int | None:
    """How many items a builtin container, or what inherits from one, has; rows of a frame."""
    found = _LENGTHS.get(id(type(value)))
    if found is not None:
        return found(value)
    base = builtin_base(value)
    if base is not None:
        found = _LENGTHS.get(id(base))
        return None if found is None else found(value)
    dimensions = shape_of(value)
    return dimensions[0] if dimensions else None


def shape_of(value: object) -> tuple[int, ...] | None:
    """Lengths of the dimensions of arrays and frames of known libraries, else None."""
    if is_plain(value):
        return None
    try:
        array = libraries.as_array(value)
        if array is not None:
            return tuple(array.shape)
        if libraries.pandas_kind(value):
            return libraries.pandas_shape(value)
        if libraries.polars_kind(value):
            return libraries.polars_shape(value)
        if libraries.is_arrow(value):
            return libraries.arrow_shape(value)
        if tensors.is_tensor(value):
            return tensors.shape_of(value)
    except Exception:  # a library of another version: it is an object then
        return None
    return None


def is_plain(value: object) -> bool:
    """Whether a value is exactly of a builtin type."""
    kind = id(type(value))
    return kind in _SCALAR_IDS or kind in _SIZED_IDS or kind in _FUNCTION_IDS


def shape(value: object) -> str:
    """``(3, 4)`` for arrays and frames of known libraries, else an empty string."""
    found = shape_of(value)
    return "" if found is None else str(found)


def size(value: Any) -> int | None:
    """Own size in bytes where it can be told without user code, else None."""
    if not is_plain(value):
        try:
            array = libraries.as_array(value)
            if array is not None:
                return int(array.nbytes)
            if libraries.pandas_kind(value):
                return libraries.pandas_nbytes(value)
            if libraries.polars_kind(value):
                return libraries.polars_nbytes(value)
            if libraries.is_arrow(value):
                return int(value.nbytes)
            if tensors.is_tensor(value):
                return tensors.nbytes_of(value)
        except Exception:
            return None
    return own_size(value)


def own_size(value: Any) -> int | None:
    """Bytes of the object alone; ``__sizeof__`` of a user's class is not asked."""
    if is_plain(value):
        return sys.getsizeof(value)
    kind = type(value)
    sizer = sizer_of(kind)
    if id(sizer) not in _SIZERS:
        base: Any = builtin_base(value) or (type if is_class(value) else object)
        sizer = base.__sizeof__
    try:
        return int(sizer(value)) + header_size(kind)
    except TypeError:
        return None


def summary(value: object) -> str:
    """One line that tells values of known types apart."""
    return _bounded(_summary(value, 0))


def _bounded(text: str) -> str:
    return text if len(text) <= SUMMARY else text[: SUMMARY - 1] + "…"


def _summary(value: object, depth: int) -> str:
    kind = id(type(value))
    if kind == id(str) or kind == id(bytes):
        return repr(value[:SUMMARY])  # type: ignore[index]
    if kind == id(int):
        return _int_text(value)
    if kind in _SCALAR_IDS:
        return repr(value)
    if kind in _BRACKETS:
        return _container(value, depth, *_BRACKETS[kind])
    if kind == id(bytearray):
        return f"bytearray({bytes(value[:SUMMARY])!r})"  # type: ignore[index]
    if kind in _FUNCTION_IDS:
        return function_text(value)
    return _other(value, depth)


def _int_text(value: Any) -> str:
    bits = int.bit_length(value)
    return int.__repr__(value) if bits < _MAX_BITS else f"<int of {bits:,} bits>"


def function_text(value: Any) -> str:
    """Name and parameters of a function; just the type of what is like one."""
    if type(value) is types.FunctionType:
        code = value.__code__
        names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        return f"{_function_name(value)}({', '.join(names)})"
    if type(value) is types.BuiltinFunctionType:
        return f"{_builtin_name(value)}(...)"
    return f"<{type_name(value)}>"


def _other(value: object, depth: int) -> str:
    if is_a(value, types.ModuleType):
        name = module_dict(value).get("__name__")  # type: ignore[arg-type]
        return f"module {name if type(name) is str else '?'}"
    if is_class(value):
        return f"class {class_name(value)}"  # type: ignore[arg-type]
    try:
        known = _library(value)
    except Exception:
        known = None
    if known is not None:
        return known
    if is_a(value, enum.Enum):
        return _enum(value, depth)
    base = builtin_base(value)
    if base is not None:
        return _inherited(value, base, depth)
    return _object(value, depth)


def _library(value: Any) -> str | None:
    array = libraries.as_array(value)
    if array is not None:
        dimensions = "×".join(map(str, array.shape)) or "scalar"
        fields = array.dtype.names
        items = array.dtype.name if fields is None else ", ".join(fields)
        return _bounded(f"{type_name(value)} {dimensions} {items}")
    if libraries.is_numpy_scalar(value):
        return f"{type_name(value)} {value.item()!r}"
    if tensors.is_tensor(value):
        return tensors.summary_of(value, type_name(value))
    dimensions_of = shape_of(value)
    if dimensions_of is None:
        return None
    text = f"{type_name(value)} {'×'.join(map(str, dimensions_of))}"
    from .columns import first_names  # it is built on this module

    columns = first_names(value, _MAX_ITEMS)
    if not columns:
        return text
    more = ["…"] if len(columns) < dimensions_of[-1] else []
    return _bounded(f"{text}: {', '.join(columns + more)}")


def _enum(value: object, depth: int) -> str:
    held = dict(attributes(value))
    name = held.get("_name_", "?")
    name = name if type(name) is str else "?"
    return f"<{type_name(value)}.{name}: {_summary(held.get('_value_'), depth + 1)}>"


def _inherited(value: Any, base: type, depth: int) -> str:
    """A user's subclass of a builtin, as that builtin."""
    name = type_name(value)
    if base is str:
        text = str.__getitem__(value, slice(SUMMARY))
        return f"{name}({text!r})"
    if base is bytes or base is bytearray:
        return f"{name}({bytes(base.__getitem__(value, slice(SUMMARY)))!r})"
    if base is int:
        return f"{name}({_int_text(value)})"
    if base is float or base is complex:
        return f"{name}({base.__repr__(value)})"
    if base is tuple and type(own_entry(type(value), "_fields")) is tuple:
        return _named_tuple(value, name, depth)
    return f"{name}({_container(value, depth, *_BRACKETS[id(base)])})"


def _named_tuple(value: Any, name: str, depth: int) -> str:
    fields = own_entry(type(value), "_fields")
    pairs = zip(fields, itertools.islice(tuple.__iter__(value), _MAX_ITEMS), strict=False)
    parts = [f"{field}={_summary(v, depth + 1)}" for field, v in pairs if type(field) is str]
    return f"{name}({_bounded(', '.join(parts))})"


def _object(value: object, depth: int) -> str:
    name = type_name(value)
    if depth >= _MAX_DEPTH or is_static(type(value)):
        return f"<{name}>"
    try:
        held = attributes(value)[:_MAX_ITEMS]
    except RuntimeError:
        held = []
    parts = [f"{key}={_summary(item, depth + 1)}" for key, item in held]
    return f"<{name} {_bounded(', '.join(parts))}>" if parts else f"<{name}>"


def _container(value: Any, depth: int, before: str, after: str) -> str:
    count = length(value)
    if not count:
        empty = _is_own(type(value), set, frozenset)
        return f"{type_name(value)}()" if empty else before + after
    if depth >= _MAX_DEPTH:
        return f"{before}…{after}"
    try:
        first = first_items(value, _MAX_ITEMS)
    except RuntimeError:
        return f"{before}…{after}"  # it changes while we look
    if is_a(value, dict):
        parts = [f"{_summary(k, depth + 1)}: {_summary(v, depth + 1)}" for k, v in first]
    else:
        parts = [_summary(item, depth + 1) for item in first]
    if count > len(parts):
        parts.append("…")
    body = ", ".join(parts)
    if type(value) is tuple and count == 1:
        body += ","
    return before + _bounded(body) + after


def facts(value: Any) -> tuple[str, str, str, int | None, int | None, str]:
    """Type, kind, shape, length, size and summary of a value, in one go."""
    kind = id(type(value))
    if kind in _SCALAR_IDS:
        count = len(value) if type(value) is range else None
        return type_name(value), DATA, "", count, sys.getsizeof(value), _summary(value, 0)
    if kind in _SIZED_IDS:
        return type_name(value), DATA, "", len(value), sys.getsizeof(value), summary(value)
    if kind in _FUNCTION_IDS:
        return type_name(value), CODE, "", None, sys.getsizeof(value), function_text(value)
    array = libraries.as_array(value)
    if array is not None:
        lengths = tuple(array.shape)
        text = _library(value) or ""
        rows = lengths[0] if lengths else None
        return type_name(value), DATA, str(lengths), rows, int(array.nbytes), text
    name = type_name(value)
    return name, kind_of(value), shape(value), length(value), size(value), summary(value)


def first_items(value: Any, count: int, start: int = 0) -> list[Any]:
    """Some items of a builtin container, pairs of a dict, read past any subclass."""
    stop = start + count
    kind = type(value)
    if kind is list or kind is tuple:
        return list(value[start:stop])
    if kind is dict:
        return list(itertools.islice(value.items(), start, stop))
    if is_a(value, list):
        return list.__getitem__(value, slice(start, stop))
    if is_a(value, tuple):
        return list(tuple.__getitem__(value, slice(start, stop)))
    if is_a(value, dict):
        # the C code of an OrderedDict's own order is asked for exactly that type only
        items = value.items() if type(value) is OrderedDict else dict.items(value)
        return list(itertools.islice(items, start, stop))
    for base in (set, frozenset, deque):
        if is_a(value, base):
            return list(itertools.islice(base.__iter__(value), start, stop))
    return []


__all__ = [
    "CLASS", "CODE", "DATA", "MISSING", "MODULE", "OBJECT", "SUMMARY", "builtin_base",
    "facts", "first_items", "is_plain", "kind_of", "length", "own_size", "shape", "shape_of",
    "size", "summary",
]  # fmt: skip

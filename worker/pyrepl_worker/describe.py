"""Short descriptions of values that never run user code.

No repr, len, ==, getattr or isinstance of a value whose type is not exactly a known one: a
class can lie in any of these. Types are compared by identity; sizes come from C-level readers.
"""

from __future__ import annotations

import sys
import types
from collections import deque
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

SUMMARY = 120
"""Longest summary, in characters."""
_MAX_DEPTH = 3
_MAX_ITEMS = 12

_type_name: Callable[[type], str] = vars(type)["__name__"].__get__
_function_name = vars(types.FunctionType)["__name__"].__get__
_module_dict: Callable[[types.ModuleType], dict[str, Any]] = vars(types.ModuleType)[
    "__dict__"
].__get__

_PLAIN = (int, float, complex, bool, str, bytes, type(None), type(...), type(NotImplemented))
_SIZED = (str, bytes, bytearray, list, tuple, dict, set, frozenset, range, deque)


def type_name(value: object) -> str:
    """The name of a value's type, read without its metaclass."""
    return _type_name(type(value))


def length(value: object) -> int | None:
    """len() of the exact builtin containers; None for anything else."""
    return len(value) if type(value) in _SIZED else None  # type: ignore[arg-type]


def size(value: object) -> int | None:
    """Own size in bytes where it can be told without user code, else None."""
    kind = type(value)
    known = _array_reader(kind)
    if known is not None:
        return known.nbytes(value)  # type: ignore[no-any-return]
    if kind in _PLAIN or kind in _SIZED:
        return sys.getsizeof(value)
    try:
        # the type's own instance layout; __sizeof__ of a user's class is not asked
        return object.__sizeof__(value)
    except TypeError:
        return None


def shape(value: object) -> str:
    """``(3, 4)`` for arrays and frames of known libraries, else an empty string."""
    known = _array_reader(type(value))
    return str(known.shape(value)) if known is not None else ""


def summary(value: object) -> str:
    """One line that tells values of known types apart."""
    return _bounded(_summary(value, 0))


def _bounded(text: str) -> str:
    return text if len(text) <= SUMMARY else text[: SUMMARY - 1] + "…"


def _summary(value: object, depth: int) -> str:
    kind = type(value)
    if kind is str or kind is bytes:
        return repr(value[:SUMMARY])  # type: ignore[index]
    if kind is int:
        bits = int.bit_length(value)  # type: ignore[arg-type]
        return repr(value) if bits < 4000 else f"<int of {bits:,} bits>"
    if kind in _PLAIN or kind is range:
        return repr(value)
    if kind in _BRACKETS:
        return _container(value, depth)
    if kind is types.ModuleType:
        return f"module {_named(_module_dict(value).get('__name__'))}"  # type: ignore[arg-type]
    if kind is types.FunctionType:
        code = value.__code__  # type: ignore[attr-defined]
        arguments = ", ".join(code.co_varnames[: code.co_argcount])
        return f"{_function_name(value)}({arguments})"
    if kind is type:
        return f"class {_type_name(value)}"  # type: ignore[arg-type]
    if kind is types.BuiltinFunctionType:
        return f"{_named(value.__name__)}(...)"  # type: ignore[attr-defined]
    known = _array_reader(kind)
    if known is not None:
        return known.summary(value)  # type: ignore[no-any-return]
    return f"<{type_name(value)}>"


_BRACKETS: dict[type, tuple[str, str]] = {
    list: ("[", "]"),
    tuple: ("(", ")"),
    set: ("{", "}"),
    frozenset: ("frozenset({", "})"),
    dict: ("{", "}"),
    deque: ("deque([", "])"),
}


def _container(value: Any, depth: int) -> str:
    kind = type(value)
    before, after = _BRACKETS[kind]
    if not value:
        return f"{type_name(value)}()" if kind in (set, frozenset) else before + after
    if depth >= _MAX_DEPTH:
        return f"{before}…{after}"
    try:
        first = _first(value, _MAX_ITEMS)
    except RuntimeError:
        return f"{before}…{after}"  # it changes while we look
    if kind is dict:
        parts = [f"{_summary(k, depth + 1)}: {_summary(v, depth + 1)}" for k, v in first]
    else:
        parts = [_summary(item, depth + 1) for item in first]
    if len(value) > len(parts):
        parts.append("…")
    body = ", ".join(parts)
    if kind is tuple and len(value) == 1:
        body += ","
    return before + _bounded(body) + after


def _first(value: Any, count: int) -> list[Any]:
    items = []
    for item in value.items() if type(value) is dict else value:
        items.append(item)
        if len(items) == count:
            break
    return items


def _named(name: object) -> str:
    return name if type(name) is str else "?"


class _Array:
    """Reads the C-level metadata of numpy arrays."""

    def shape(self, value: Any) -> tuple[int, ...]:
        return tuple(value.shape)

    def nbytes(self, value: Any) -> int:
        return int(value.nbytes)

    def summary(self, value: Any) -> str:
        return f"array {'×'.join(map(str, value.shape)) or 'scalar'} {value.dtype.str}"


class _Frame:
    """Reads pandas frames and series through their block manager, whose code is pandas' own."""

    def shape(self, value: Any) -> tuple[int, ...]:
        return tuple(int(n) for n in object.__getattribute__(value, "_mgr").shape[::-1])

    def nbytes(self, value: Any) -> int | None:
        manager = object.__getattribute__(value, "_mgr")
        total = 0
        for block in manager.blocks:
            values = block.values
            inner = getattr(values, "_ndarray", values)
            if _type_name(type(inner)) != "ndarray":
                return None
            total += int(inner.nbytes)
        return total

    def summary(self, value: Any) -> str:
        return f"{type_name(value)} {'×'.join(map(str, self.shape(value)))}"


def _array_reader(kind: type) -> Any:
    """The reader of exactly numpy's and pandas' own types, if these are loaded; else None."""
    numpy = sys.modules.get("numpy")
    if numpy is not None and kind is _module_dict(numpy).get("ndarray"):
        return _ARRAY
    frames = sys.modules.get("pandas.core.frame")
    if frames is not None and kind is _module_dict(frames).get("DataFrame"):
        return _FRAME
    series = sys.modules.get("pandas.core.series")
    if series is not None and kind is _module_dict(series).get("Series"):
        return _FRAME
    return None


_ARRAY, _FRAME = _Array(), _Frame()


class Listing:
    """Lists a namespace, and remembers since which run each name has its value."""

    def __init__(self, namespace: dict[str, Any], hidden: dict[str, Any]) -> None:
        self._namespace = namespace
        self._hidden = hidden
        """Names left out while they still have the value we gave them."""
        self._seen: dict[str, tuple[int, str, int]] = {}

    def variables(self, query: str, private: bool, execution_count: int) -> list[dict[str, Any]]:
        """The fields of api.Variable for each name that contains `query`, without regard to case.

        Args:
            query: matched against name and type; "" lists all.
            private: whether names that begin with an underscore are listed.
            execution_count: the newest run, named as `changed_at` of what is new since last time.
        """
        rows = []
        seen = {}
        wanted = query.lower()
        for name, value in list(self._namespace.items()):
            if type(name) is not str or (name.startswith("_") and not private):
                continue
            if name in self._hidden and self._hidden[name] is value:
                continue
            kind, text = type_name(value), summary(value)
            before = self._seen.get(name)
            same = before is not None and before[:2] == (id(value), text)
            changed_at = before[2] if same and before is not None else execution_count
            seen[name] = (id(value), text, changed_at)
            if wanted in name.lower() or wanted in kind.lower():
                rows.append(
                    {
                        "name": name,
                        "type": kind,
                        "shape": shape(value),
                        "length": length(value),
                        "size_bytes": size(value),
                        "summary": text,
                        "changed_at": changed_at,
                    }
                )
        self._seen = seen if private else {**self._seen, **seen}
        return rows

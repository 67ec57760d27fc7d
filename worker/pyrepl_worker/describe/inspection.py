"""A value looked at closely: facts, text, and a page of what it holds.

The answer to `protocol.Inspect` is a dict:

* ``variable``: the fields of api.Variable;
* ``expression``: the path as Python, or None;
* ``facts``: pairs of heading and text (dtype, strides, bases, signature ...);
* ``text``: source of a function or class, a page of a string, or a hex dump; else "";
* ``total``: how many children there are (rows of a frame, characters of a text);
* ``children``: one page: each with ``step`` (see `paths`), ``label``, ``variable``, ``expandable``
  and ``cycle`` (None, or how many steps up the same object is met);
* ``grid``: None, or of frames and arrays ``columns``, ``dtypes``, ``rows`` (cells as text) and
  ``labels`` (of the rows).
"""

from __future__ import annotations

import types
from typing import TYPE_CHECKING, Any

from . import columns, grids, libraries
from .code import class_source, facts_of, function_source
from .paths import NothingThere, cell, child, children_of_class, expression, resolve
from .rows import describe_variable
from .static import (
    MISSING,
    attributes,
    class_items,
    is_a,
    is_class,
    is_static,
    module_dict,
    mro,
    own_entry,
)  # fmt: skip
from .summaries import builtin_base, first_items, length

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["NothingThere", "inspect", "value_at"]

_HEX_LINE = 16
_TEXT_UNITS = 40
"""Characters of a text that count as one child, so that a page holds a readable piece."""
_MAX_LABEL = 80
_READ_OTHERWISE = frozenset({"numpy", "pandas", "polars", "pyarrow", "enum", "torch"})


def inspect(
    namespace: dict[str, Any], path: list[Any], offset: int, limit: int
) -> Iterator[dict[str, Any] | None]:
    """Look at the value at a path. Yields None between slices, and the answer at last.

    Raises:
        NothingThere: if nothing is at the path.
    """
    ancestors = _along(namespace, path)
    value = ancestors[-1]
    answer: dict[str, Any] = {
        "variable": describe_variable(_label(path[-1]), value),
        "expression": _expression(path, ancestors),
        "facts": facts_of(value),
        "text": "",
        "total": 0,
        "children": [],
        "grid": None,
    }
    yield None
    if _is_text(value):
        _read_text(answer, value, offset, limit)
    elif not grids.read(answer, value, offset, limit):
        _read_children(answer, value, offset, limit, ancestors)
    yield answer


def _along(namespace: dict[str, Any], path: list[Any]) -> list[Any]:
    """The values that a path leads through."""
    found = [resolve(namespace, path[:1])]
    for step in path[1:]:
        value = child(found[-1], step)
        if value is MISSING:
            value = grids.child(found[-1], step)
        if value is MISSING:
            raise NothingThere(f"there is nothing at {expression(path) or path!r}")
        found.append(value)
    return found


def _expression(path: list[Any], ancestors: list[Any]) -> str | None:
    """The path as Python, knowing what it leads through: columns are read by position there."""
    steps = list(path)
    is_column = False
    for at, (value, step) in enumerate(zip(ancestors, path[1:], strict=False), start=1):
        kind = libraries.pandas_kind(value)
        if type(step) is int and (is_column or kind == "series"):
            steps[at] = ["code", f".values[{step}]"]
        is_column = kind == "frame"
        if is_column and type(step) is str:
            label = columns.label_of(value, step)
            steps[at] = ["code", None if label is None else f"[{label}]"]
    return expression(steps)


def value_at(namespace: dict[str, Any], path: list[Any]) -> Any:
    """The value at a path.

    Raises:
        NothingThere: if there is none.
    """
    return _along(namespace, path)[-1]


def _label(step: Any) -> str:
    return str(step[1] if type(step) is list else step)[:_MAX_LABEL]


def _is_text(value: object) -> bool:
    return any(is_a(value, kind) for kind in (str, bytes, bytearray))


def _read_text(answer: dict[str, Any], value: Any, offset: int, limit: int) -> None:
    count = length(value) or 0
    answer["total"] = count
    if is_a(value, str):
        stop = offset + limit * _TEXT_UNITS
        answer["text"] = str.__getitem__(value, slice(offset, stop))
        return
    base = bytes if is_a(value, bytes) else bytearray
    start = offset - offset % _HEX_LINE
    data = bytes(base.__getitem__(value, slice(start, start + limit * _HEX_LINE)))
    lines = []
    for at in range(0, len(data), _HEX_LINE):
        piece = data[at : at + _HEX_LINE]
        shown = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in piece)
        lines.append(f"{start + at:08x}  {piece.hex(' '):<47}  {shown}")
    answer["text"] = "\n".join(lines)


def _read_children(
    answer: dict[str, Any], value: Any, offset: int, limit: int, ancestors: list[Any]
) -> None:
    if type(value) is types.FunctionType:
        answer["text"] = function_source(value)
    elif is_class(value):
        answer["text"] = class_source(value)
    answer["total"], found = page_of(value, offset, limit)
    answer["children"] = [
        {
            "step": step,
            "label": label,
            "variable": describe_variable(label, item),
            "expandable": _is_expandable(item),
            "cycle": _cycle(item, ancestors),
        }
        for step, label, item in found
    ]


def _cycle(item: object, ancestors: list[Any]) -> int | None:
    for up, each in enumerate(reversed(ancestors)):
        if each is item:
            return up
    return None


_Found = list[tuple[Any, str, Any]]


def page_of(value: Any, offset: int, limit: int) -> tuple[int, _Found]:
    """How many children a value has, and a page of (step, label, value)."""
    base = builtin_base(value)
    own: _Found = []
    if base is not None and length(value) is not None:
        count = length(value) or 0
        found = _items(value, offset, limit) if offset < count else []
        own = _attributes(value)
        past = max(0, offset - count)
        page = own[past : past + limit - len(found)]
        return count + len(own), found + page
    own = _members(value)
    return len(own), own[offset : offset + limit]


def _items(value: Any, offset: int, limit: int) -> _Found:
    try:
        page = first_items(value, limit, offset)
    except RuntimeError:  # it changes while we look
        return []
    if is_a(value, dict):
        return [
            (_key_step(key, offset + at), _key_label(key), item)
            for at, (key, item) in enumerate(page)
        ]
    if is_a(value, set) or is_a(value, frozenset):
        return [(["item", offset + at], str(offset + at), item) for at, item in enumerate(page)]
    return [(offset + at, str(offset + at), item) for at, item in enumerate(page)]


def _key_step(key: object, at: int) -> Any:
    return (
        key if type(key) is str or (type(key) is int and -(2**63) <= key < 2**63) else ["item", at]
    )


def _key_label(key: object) -> str:
    return str(describe_variable("", key)["summary"])[:_MAX_LABEL]


def _attributes(value: Any) -> _Found:
    held = [(["attr", name], name, item) for name, item in attributes(value)]
    return held + _properties(value)


def _properties(value: Any) -> _Found:
    """Properties of a user's class, unread: reading them is up to a twin that is thrown away."""
    found: dict[str, property] = {}
    for cls in mro(type(value)):
        if not is_static(cls) and _is_of_session(cls):
            for name, item in class_items(cls):
                if type(item) is property:
                    found.setdefault(name, item)
    return [(["property", name], name, item) for name, item in found.items()]


def _is_of_session(cls: type) -> bool:
    """Whether a class is no library's that has readers of its own."""
    module = own_entry(cls, "__module__")
    return type(module) is str and module.partition(".")[0] not in _READ_OTHERWISE


def _members(value: Any) -> _Found:
    if is_a(value, types.ModuleType):
        items = [(k, v) for k, v in list(module_dict(value).items()) if type(k) is str]
        return [(["attr", name], name, item) for name, item in items]
    if is_class(value):
        return [(["attr", name], name, item) for name, item in children_of_class(value)]
    if type(value) is types.FunctionType:
        names = value.__code__.co_freevars
        cells = [(["cell", at], name, cell(value, at)) for at, name in enumerate(names)]
        return [each for each in cells if each[2] is not MISSING] + _attributes(value)
    if type(value) is types.MethodType:
        pairs = (("__self__", value.__self__), ("__func__", value.__func__))
        return [(["attr", name], name, item) for name, item in pairs]
    return _attributes(value)


def _is_expandable(value: Any) -> bool:
    if builtin_base(value) is not None:
        return bool(length(value))
    return (
        type(value) is types.FunctionType
        or is_class(value)
        or is_a(value, types.ModuleType)
        or libraries.as_array(value) is not None
        or grids.is_grid(value)
        or bool(attributes(value))
    )

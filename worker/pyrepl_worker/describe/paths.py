"""Paths into values: how a child is named, found, and written in Python.

A path is a list whose first step is a variable's name. A further step is

* a string: an attribute of an object, module or class; a key of a dict; a column of a frame;
* a number: an item of a sequence; a key of a dict; a row of a frame;
* ``["item", n]``: the n-th item of a dict or set, whatever its key;
* ``["key", n]``: the key of a dict's n-th item;
* ``["attr", name]``: an attribute, also where a string would mean a key;
* ``["property", name]``: what a property tells; only a twin may ask it;
* ``["cell", n]``: what a function's n-th free variable holds;
* ``["slice", text]``: a part of an array or tensor, as ``"0, :, ::2"``.
"""

from __future__ import annotations

import enum
import keyword
import types
from typing import Any

from . import libraries, tensors
from .static import (
    MISSING,
    attribute,
    class_items,
    find,
    is_a,
    is_class,
    lookup,
    module_dict,
    own_entry,
)  # fmt: skip
from .summaries import builtin_base, first_items, length


class NothingThere(Exception):
    """Nothing is at a path."""


def resolve(namespace: dict[str, Any], path: list[Any]) -> Any:
    """The value at a path.

    Raises:
        NothingThere: if there is none.
    """
    if not path or type(path[0]) is not str:
        raise NothingThere("a path begins with a name")
    value = lookup(namespace, path[0])
    if value is MISSING:
        raise NothingThere(f"there is no variable {path[0]!r}")
    for step in path[1:]:
        value = child(value, step)
        if value is MISSING:
            raise NothingThere(f"there is nothing at {expression(path) or path!r}")
    return value


def child(value: Any, step: Any) -> Any:
    """What a step leads to, else MISSING."""
    if type(step) is list and len(step) == 2:
        return _special(value, *step)
    if type(step) is int:
        return _item(value, step)
    if type(step) is str:
        return _named(value, step)
    return MISSING


def _special(value: Any, what: Any, which: Any) -> Any:
    if what == "attr" and type(which) is str:
        return _attribute(value, which)
    if what == "slice" and type(which) is str:
        return _part(value, which)
    if type(which) is not int or which < 0:
        return MISSING
    if what == "cell" and type(value) is types.FunctionType:
        return cell(value, which)
    if what in ("item", "key"):
        found = first_items(value, 1, which)
        if not found:
            return MISSING
        if is_a(value, dict):
            return found[0][0 if what == "key" else 1]
        return found[0] if what == "item" else MISSING
    return MISSING


def _part(value: Any, text: str) -> Any:
    """A part of an array, seen where it lies."""
    array = libraries.array_in(value)
    try:
        where = parse_slice(text)
        return MISSING if array is None else array[where]
    except (ValueError, IndexError):
        return MISSING


def parse_slice(text: str) -> tuple[Any, ...]:
    """What stands between the brackets of an array: numbers, slices and ``...``.

    Raises:
        ValueError: if it is anything else.
    """
    found: list[Any] = []
    for part in text.strip().strip("[]").split(","):
        bounds = [each.strip() for each in part.split(":")]
        if bounds == ["..."]:
            found.append(...)
        elif len(bounds) == 1:
            found.append(int(bounds[0]))
        elif len(bounds) <= 3:
            found.append(slice(*(int(each) if each else None for each in bounds)))
        else:
            raise ValueError(text)
    return tuple(found)


def cell(function: types.FunctionType, which: int) -> Any:
    """What a free variable of a function is bound to."""
    cells = function.__closure__ or ()
    try:
        return cells[which].cell_contents if which < len(cells) else MISSING
    except ValueError:
        return MISSING


def _item(value: Any, at: int) -> Any:
    if is_a(value, dict):
        return _entry(value, at)
    if tensors.is_tensor(value):
        return tensors.item_at(value, at)
    array = libraries.as_array(value)
    if array is not None:
        return array[at] if array.ndim and -len(array) <= at < len(array) else MISSING
    count = length(value) if builtin_base(value) is not None else None
    if count is None or not -count <= at < count:
        return MISSING
    if is_a(value, str) or is_a(value, bytes) or is_a(value, bytearray):
        return MISSING
    found = first_items(value, 1, at % count)
    return found[0] if found else MISSING


def _entry(mapping: Any, key: Any) -> Any:
    """A dict's value under an exact key, found by looking at all of them."""
    kind = type(key)
    try:
        for each, item in dict.items(mapping):
            if type(each) is kind and each == key:
                return item
    except RuntimeError:
        return MISSING
    return MISSING


def _named(value: Any, name: str) -> Any:
    if is_a(value, dict):
        found = _entry(value, name)
        return found if found is not MISSING else _attribute(value, name)
    return _attribute(value, name)


def _attribute(value: Any, name: str) -> Any:
    if is_a(value, types.ModuleType):
        return find(module_dict(value), name)
    if is_class(value):
        return own_entry(value, name)
    if type(value) is types.MethodType:
        return {"__self__": value.__self__, "__func__": value.__func__}.get(name, MISSING)
    return attribute(value, name)


def expression(path: list[Any] | tuple[Any, ...]) -> str | None:
    """A path as Python would write it; None if it cannot. A step ``["code", text]`` is its text."""
    text = str(path[0])
    for step in path[1:]:
        if type(step) is int:
            text += f"[{step}]"
        elif type(step) is str:
            text += f"[{step!r}]"
        elif type(step) in (list, tuple) and step[0] == "slice":
            text += f"[{str(step[1]).strip().strip('[]')}]"
        elif type(step) in (list, tuple) and step[0] in ("attr", "property") and _is_name(step[1]):
            text += f".{step[1]}"
        elif type(step) is list and step[0] == "code" and step[1]:
            text += step[1]
        else:
            return None
    return text


def _is_name(name: object) -> bool:
    return type(name) is str and name.isidentifier() and not keyword.iskeyword(name)


def children_of_class(cls: type) -> list[tuple[str, Any]]:
    """What a class defines, apart from what every class has."""
    left_out = ("__dict__", "__weakref__", "__module__", "__doc__", "__qualname__")
    found = [(name, item) for name, item in class_items(cls) if name not in left_out]
    if is_a(cls, type(enum.Enum)):  # its members before what makes it an enum
        found.sort(key=lambda pair: pair[0][:1] == "_")
    return found

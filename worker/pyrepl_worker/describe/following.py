"""Where an expression leads, found without running user code.

An expression comes as a chain of steps: first ``["name", n]``, ``["module", dotted]`` or
``["literal", type]``, then ``["attr", n]``, ``["item", constant]``, ``["item"]`` and ``["call"]``.
It leads to a value, or, where only running code could tell, to the class the value would have.
"""

from __future__ import annotations

import builtins
import sys
import types
from typing import Any

from pyrepl_worker.records import record

from . import libraries
from .annotations import annotation_of
from .paths import child
from .static import (
    MISSING,
    attribute,
    find,
    is_a,
    is_class,
    is_static,
    lookup,
    module_dict,
    mro,
    own_entry,
)  # fmt: skip
from .summaries import builtin_base

_MODULES = sys.modules
_STANDARD = sys.stdlib_module_names
_LITERALS = {
    each.__name__: each
    for each in (str, bytes, int, float, list, tuple, dict, set, bool)
}  # fmt: skip
_SAME = frozenset(
    [
        "capitalize", "casefold", "center", "copy", "difference", "expandtabs", "format",
        "intersection", "join", "ljust", "lower", "lstrip", "removeprefix", "removesuffix",
        "replace", "rjust", "rstrip", "strip", "swapcase", "symmetric_difference", "title",
        "translate", "union", "upper", "zfill",
    ]
)  # fmt: skip
"""Methods of builtins that return what they are called on."""
_RETURNS: dict[tuple[type, str], type] = {
    (str, "split"): list, (str, "rsplit"): list, (str, "splitlines"): list,
    (str, "encode"): bytes, (bytes, "decode"): str, (bytes, "split"): list, (bytes, "hex"): str,
    (str, "partition"): tuple, (str, "rpartition"): tuple,
}  # fmt: skip
_FUNCTIONS: dict[str, type] = {
    "sorted": list, "dir": list, "repr": str, "input": str, "len": int, "id": int, "vars": dict,
    "globals": dict, "locals": dict, "chr": str, "hex": str, "bin": str, "ascii": str,
}  # fmt: skip


class Lost(Exception):
    """An expression leads nowhere."""


class Unsure(Lost):
    """Only running user code could tell where an expression leads."""


@record(frozen=True)
class Place:
    """Where an expression leads."""

    value: Any
    """MISSING where only its class is known."""
    cls: type

    @property
    def known(self) -> bool:
        """Whether there is a value."""
        return self.value is not MISSING


def at(value: Any) -> Place:
    """The place of a value."""
    return Place(value, type(value))


def instance_of(cls: type) -> Place:
    """The place of some instance of a class."""
    return Place(MISSING, cls)


def follow(namespace: dict[str, Any], chain: list[Any]) -> Place:
    """Where a chain of steps leads.

    Raises:
        Lost: if nothing is there, or nobody can tell.
    """
    if not chain:
        raise Lost("an empty expression")
    place = _root(namespace, *chain[0])
    for step in chain[1:]:
        what = step[0]
        if what == "attr":
            place = member(place, step[1])
        elif what == "call":
            place = _called(place)
        elif what == "item":
            place = _item(place, step[1] if len(step) > 1 else MISSING)
        else:
            raise Lost(f"no such step: {what!r}")
    return place


def _root(namespace: dict[str, Any], what: str, name: str) -> Place:
    if what == "literal" and name in _LITERALS:
        return instance_of(_LITERALS[name])
    if what == "module":
        found = _MODULES.get(name)
        if found is None and name.partition(".")[0] in _STANDARD:
            raise Unsure("it is not imported yet")
    else:
        found = lookup(namespace, name)
        if found is MISSING:
            found = vars(builtins).get(name, MISSING)
        return at(_present(found, name))
    return at(_present(MISSING if found is None else found, name))


def _present(value: Any, name: str) -> Any:
    if value is MISSING:
        raise Lost(f"there is no {name!r}")
    return value


def class_entry(cls: type, name: str) -> Any:
    """What a class or one of its bases defines under a name, else MISSING."""
    for each in mro(cls):
        entry = own_entry(each, name)
        if entry is not MISSING:
            return entry
    return MISSING


# -- attributes ----------------------------------------------------------------------------------


def member(place: Place, name: str) -> Place:
    """Where an attribute of a place leads."""
    value = place.value
    if place.known and is_a(value, types.ModuleType):
        return at(_present(find(module_dict(value), name), name))
    if place.known and is_class(value):
        entry = class_entry(value, name)
        return at(_present(_unwrapped(entry), name))
    entry = class_entry(place.cls, name)
    if type(entry) is property:
        return _of_property(place, entry)
    if place.known:
        own = attribute(value, name)
        if own is not MISSING:
            return at(own)
        if name in ("__self__", "__func__"):
            return at(_present(child(value, name), name))
    if entry is MISSING:
        return _column(place, name)
    return _bound(place, entry)


def _unwrapped(entry: Any) -> Any:
    if type(entry) in (staticmethod, classmethod):
        return entry.__func__
    return entry


def _bound(place: Place, entry: Any) -> Place:
    kind = type(entry)
    if kind is types.FunctionType:
        return at(types.MethodType(entry, place.value))
    if kind is classmethod:
        return at(types.MethodType(entry.__func__, place.cls))
    if kind is staticmethod:
        return at(entry.__func__)
    if kind is types.MethodDescriptorType:
        return at(entry)
    accessor = attribute(entry, "_accessor")  # of pandas: s.str, s.dt
    if accessor is not MISSING and is_class(accessor):
        return instance_of(accessor)
    if class_entry(kind, "__get__") is not MISSING:
        raise Unsure("a descriptor decides")
    return at(entry)


def _of_property(place: Place, entry: property) -> Place:
    if type(entry.fget) is types.FunctionType:
        cls = returned(entry.fget, place.cls)
        if cls is not None:
            return instance_of(cls)
    raise Unsure("a property decides")


def _column(place: Place, name: str) -> Place:
    if place.known and libraries.pandas_kind(place.value) == "frame":
        return _item(place, name)
    if class_entry(place.cls, "__getattr__") is not MISSING:
        raise Unsure("__getattr__ decides")
    raise Lost(f"there is no attribute {name!r}")


# -- items ---------------------------------------------------------------------------------------


def _item(place: Place, key: Any) -> Place:
    value, cls = place.value, place.cls
    kind = libraries.pandas_kind(value) if place.known else None
    if kind == "frame":
        if type(key) is list:
            return instance_of(cls)
        series = libraries._known("pandas.core.series", "Series")
        if series is not None and type(key) is str:
            return instance_of(series)
        raise Unsure("pandas decides")
    if place.known and builtin_base(value) is not None:
        if key is MISSING or type(key) is list:
            raise Unsure("the key is not known")
        found = child(value, key)
        if found is not MISSING:
            return at(found)
    if cls is str or cls is bytes:
        return instance_of(str if cls is str else int)
    entry = class_entry(cls, "__getitem__")
    if type(entry) is types.FunctionType:
        wanted = returned(entry, cls)
        if wanted is not None:
            return instance_of(wanted)
    if entry is MISSING:
        raise Lost("it has no items")
    raise Unsure("__getitem__ decides")


# -- calls ---------------------------------------------------------------------------------------


def _called(place: Place) -> Place:
    value = place.value
    if not place.known:
        raise Unsure("a call decides")
    if is_class(value):
        return instance_of(value)
    if type(value) is types.MethodType:
        owner = value.__self__
        own_class: Any = owner if is_class(owner) else type(owner)
        cls = returned(value.__func__, own_class)
    elif type(value) is types.FunctionType:
        cls = returned(value, None)
    elif type(value) is types.MethodDescriptorType:
        name, owner = value.__name__, value.__objclass__
        cls = owner if name in _SAME else _RETURNS.get((owner, name))
    elif type(value) is types.BuiltinFunctionType:
        cls = _FUNCTIONS.get(value.__name__)
    else:
        cls = None
    if cls is None:
        raise Unsure("a call decides")
    return instance_of(cls)


def returned(function: Any, owner: type | None) -> type | None:
    """The class a function says it returns; None if it does not say."""
    if type(function) is not types.FunctionType:
        return None
    wanted = annotation_of(function, "return")
    if type(wanted) is types.GenericAlias:
        wanted = wanted.__origin__
    if wanted is not MISSING and is_class(wanted):
        return None if wanted is type(None) else wanted
    if type(wanted) is not str:
        return None
    name = wanted.partition("[")[0].partition("|")[0].strip().strip("\"'")
    if name == "Self":
        return owner
    for scope in _scopes(function):
        found = _dotted(scope, name)
        if found is not MISSING and is_class(found) and found is not object:
            return found  # type: ignore[no-any-return]
    return None


def _scopes(function: types.FunctionType) -> list[dict[str, Any]]:
    scopes = [function.__globals__, vars(builtins)]
    module = find(function.__globals__, "__name__")
    if type(module) is str:
        package = _MODULES.get(module.partition(".")[0])
        if type(package) is types.ModuleType:
            scopes.append(module_dict(package))
    return [scope for scope in scopes if type(scope) is dict]


def _dotted(scope: dict[str, Any], name: str) -> Any:
    first, *rest = name.split(".")
    value = find(scope, first)
    for part in rest:
        if value is MISSING or not is_a(value, types.ModuleType):
            return MISSING
        value = find(module_dict(value), part)
    return value


def is_user_made(cls: type, name: str) -> bool:
    """Whether a class has a method of that name that is Python code."""
    for each in mro(cls):
        if is_static(each):
            continue
        if own_entry(each, name) is not MISSING:
            return True
    return False

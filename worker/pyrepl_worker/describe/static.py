"""Looking at objects without asking them: only C code of the interpreter runs here.

A class can lie in ``__class__``, ``__getattribute__``, ``__dict__``, ``__eq__``, ``__hash__``; its
metaclass in ``__name__``, ``__instancecheck__``, ``__eq__``. So types are read by ``type()``, told
apart by identity, never hashed; attributes are read through the interpreter's own descriptors.
Dicts are scanned, not looked up: a key of a user's class could be called to compare itself.
"""

from __future__ import annotations

import sys
import types
import weakref
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_type_name: Callable[[type], str] = vars(type)["__name__"].__get__
_type_qualname: Callable[[type], str] = vars(type)["__qualname__"].__get__
_type_mro: Callable[[type], tuple[type, ...]] = vars(type)["__mro__"].__get__
_type_dict: Callable[[type], Mapping[str, Any]] = vars(type)["__dict__"].__get__
_type_flags: Callable[[type], int] = vars(type)["__flags__"].__get__
_type_bases: Callable[[type], tuple[type, ...]] = vars(type)["__bases__"].__get__
_module_dict: Callable[[Any], dict[str, Any]] = vars(types.ModuleType)["__dict__"].__get__

_HEAP_TYPE = 1 << 9
"""Flag of types that were not compiled into the interpreter or an extension."""
_COLLECTED = 1 << 14
"""Flag of types whose instances the collector of garbage knows, by two pointers before them."""
_PREHEADER = 3 << 3 if sys.version_info >= (3, 11) else 0
"""Flags of types whose instances have two more pointers there, to their dict or weak references."""
_TWO_POINTERS = 2 * tuple.__itemsize__
_MODULES = sys.modules
"""Held here: user code may put another object in its place."""
_DESCRIPTORS = (types.GetSetDescriptorType, types.MemberDescriptorType)


class _Missing:
    __slots__ = ()


MISSING: Any = _Missing()
"""Stands for what is not there."""


def type_name(value: object) -> str:
    """The name of a value's type, read without its metaclass."""
    return _type_name(type(value))


def class_name(cls: type) -> str:
    """A class's name."""
    return _type_name(cls)


def qualified_name(cls: type) -> str:
    """``module.Class`` of a class; no module for builtins."""
    module = own_entry(cls, "__module__")
    name = _type_qualname(cls)
    if type(module) is not str:  # of a compiled type: in its full name, which only C reads
        return name
    return f"{module}.{name}"


def mro(cls: type) -> tuple[type, ...]:
    """The classes an instance takes its attributes from, first first."""
    return _type_mro(cls)


def bases(cls: type) -> tuple[type, ...]:
    """The classes a class was made from."""
    return _type_bases(cls)


def class_items(cls: type) -> list[tuple[str, Any]]:
    """What a class itself defines, by name."""
    return [(key, item) for key, item in list(_type_dict(cls).items()) if type(key) is str]


def own_entry(cls: type, name: str) -> Any:
    """What a class itself defines under a name, else MISSING."""
    return find(_type_dict(cls), name)


def is_static(cls: type) -> bool:
    """Whether a type was compiled in, so that nobody could have made it up."""
    return not _type_flags(cls) & _HEAP_TYPE


def is_a(value: object, cls: type) -> bool:
    """isinstance() that asks nobody."""
    bases_ = _type_mro(type(value))
    for base in bases_:  # noqa: SIM110 - this is called for each row, any() is slower
        if base is cls:
            return True
    return False


def is_class(value: object) -> bool:
    """Whether a value is a class, whatever its metaclass."""
    return any(base is type for base in _type_mro(type(value)))


def find(mapping: Mapping[str, Any], name: str) -> Any:
    """The value of an exact string key of a dict, found by looking at all keys; else MISSING."""
    try:
        for key, item in mapping.items():
            if type(key) is str and key == name:
                return item
    except RuntimeError:  # it changes while we look
        return MISSING
    return MISSING


def has_plain_keys(mapping: Mapping[Any, Any]) -> bool:
    """Whether all keys are exactly strings, so that looking one up calls nobody."""
    return set(map(id, map(type, list(mapping)))) <= {id(str)}


def lookup(mapping: Mapping[str, Any], name: str) -> Any:
    """The value of an exact string key, else MISSING; quick also in a large dict."""
    if has_plain_keys(mapping):
        return mapping.get(name, MISSING)
    return find(mapping, name)


def module_dict(module: types.ModuleType) -> dict[str, Any]:
    """A module's names; nothing is imported lazily."""
    return _module_dict(module)


def loaded(module: str, name: str) -> Any:
    """What a module that is loaded already defines under a name, else MISSING.

    A lazy stand-in for a module is not woken.
    """
    found = _MODULES.get(module)
    if found is None or type(found) is not types.ModuleType:
        return MISSING
    return _module_dict(found).get(name, MISSING)


class _PerClass:
    """Remembers something about classes, which are told apart by identity and may go away."""

    def __init__(self, find_out: Callable[[type, str], Any]) -> None:
        self._find_out = find_out
        self._known: dict[tuple[int, str], tuple[Any, Any]] = {}

    def get(self, cls: type, name: str) -> Any:
        held = self._known.get((id(cls), name))
        if held is not None and held[0]() is cls:
            return held[1]
        found = self._find_out(cls, name)
        if len(self._known) > 10_000:
            self._known.clear()
        self._known[id(cls), name] = (weakref.ref(cls), found)
        return found


def _dict_getter(cls: type, name: str) -> Any:
    for base in _type_mro(cls):
        if base is object:
            break
        entry = find(_type_dict(base), name)
        if type(entry) is types.GetSetDescriptorType:
            return entry
    return MISSING


def _first_entry(cls: type, name: str) -> Any:
    for base in _type_mro(cls):
        entry = find(_type_dict(base), name)
        if entry is not MISSING:
            return entry if any(type(entry) is kind for kind in _DESCRIPTORS) else MISSING
    return MISSING


def _first_defined(cls: type, name: str) -> Any:
    return next(
        (entry for entry in (own_entry(base, name) for base in _type_mro(cls))
         if entry is not MISSING), MISSING,
    )  # fmt: skip


_dict_getters = _PerClass(_dict_getter)
_entries = _PerClass(_first_entry)
_defined = _PerClass(_first_defined)


def instance_dict(value: object) -> dict[str, Any] | None:
    """An object's own ``__dict__``; None if it has none that can be reached unasked."""
    getter = _dict_getters.get(type(value), "__dict__")
    if getter is MISSING:
        return None
    try:
        found = getter.__get__(value)
    except (AttributeError, TypeError):
        return None
    return cast("dict[str, Any]", found) if type(found) is dict else None


def slot_items(value: object) -> Iterator[tuple[str, Any]]:
    """What an object holds in ``__slots__`` of its classes."""
    for cls in _type_mro(type(value)):
        if is_static(cls):
            continue
        for name, entry in class_items(cls):
            if type(entry) is types.MemberDescriptorType:
                try:
                    yield name, entry.__get__(value)
                except (AttributeError, TypeError):
                    continue  # nothing was assigned to it


def sizer_of(cls: type) -> Any:
    """What instances of a class would be measured with: its ``__sizeof__``, which is not called.

    What is known of a class is not looked up again: do not take it for what is there now.
    """
    return _defined.get(cls, "__sizeof__")


def header_size(cls: type) -> int:
    """Bytes that stand before instances of a class, which `sys.getsizeof` adds too."""
    flags = _type_flags(cls)
    return _TWO_POINTERS * (bool(flags & _COLLECTED) + bool(flags & _PREHEADER))


def attributes(value: object) -> list[tuple[str, Any]]:
    """What an object itself holds: its dict, then its slots. No property is asked."""
    held = instance_dict(value)
    found: list[tuple[str, Any]] = []
    if held is not None:
        found = [(key, item) for key, item in list(held.items()) if type(key) is str]
    found.extend(slot_items(value))
    return found


def attribute(value: object, name: str) -> Any:
    """One of an object's `attributes`, else MISSING."""
    held = instance_dict(value)
    if held is not None:
        item = find(held, name)
        if item is not MISSING:
            return item
    for slot, item in slot_items(value):
        if slot == name:
            return item
    return MISSING


def compiled_attribute(value: object, name: str) -> Any:
    """What a C-level descriptor of an object's classes tells, else MISSING."""
    entry = _entries.get(type(value), name)
    if entry is MISSING:
        return MISSING
    try:
        return entry.__get__(value)
    except (AttributeError, TypeError):
        return MISSING

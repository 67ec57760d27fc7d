"""Frozen dataclasses that cost a start next to nothing.

A dataclass compiles six methods when its class is made, in about a third of a millisecond. An app
or a nursery that starts makes hundreds of such classes and uses a few. A record is a dataclass
(`fields`, `replace`, `asdict` and `match` take it for one) whose ``__init__`` is compiled when it
is first called, and whose other methods are shared by all records.
"""

from __future__ import annotations

import dataclasses
import functools
import operator
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

__all__ = ["record"]

if TYPE_CHECKING:
    from dataclasses import dataclass as record
else:

    def record(cls: type | None = None, *, frozen: bool, slots: bool = False) -> Any:
        """Make a class a record; takes what a frozen dataclass takes."""
        if not frozen:
            raise TypeError("records are frozen")
        return functools.partial(_made, slots=slots) if cls is None else _made(cls, slots=slots)


_UNSAID: Any = object()
"""Stands for an argument that was left out and has a factory."""


def _made(cls: type, *, slots: bool) -> Any:
    own = {name for name in cls.__dict__ if name in _METHODS}
    made: Any = dataclasses.dataclass(init=False, repr=False, eq=False, slots=slots)(cls)
    methods = {**_METHODS, **_OF_SLOTS} if slots else _METHODS
    for name, method in methods.items():
        if name not in own:
            setattr(made, name, method)
    made.__init__ = _late(made)
    return made


def _fields(record: Any) -> Iterable[dataclasses.Field[Any]]:
    """As `dataclasses.fields`, also where user code has broken what the standard library needs."""
    found: dict[str, dataclasses.Field[Any]] = record.__dataclass_fields__
    return found.values()


def _late(cls: type) -> Callable[..., None]:
    def first(self: Any, *args: Any, **named: Any) -> None:
        compiled = _init_of(cls)
        cls.__init__ = compiled  # type: ignore[misc]
        compiled(self, *args, **named)

    return first


def _init_of(cls: Any) -> Callable[..., None]:
    """What a dataclass would have as ``__init__``."""
    known: dict[str, Any] = {"_UNSAID": _UNSAID, "_set": object.__setattr__}
    arguments, lines = ["self"], []
    for each in _fields(cls):
        name, value = each.name, each.name
        if each.default is not dataclasses.MISSING:
            known[f"_default_{name}"] = each.default
            arguments.append(f"{name}=_default_{name}")
        elif each.default_factory is not dataclasses.MISSING:
            known[f"_new_{name}"] = each.default_factory
            arguments.append(f"{name}=_UNSAID")
            value = f"_new_{name}() if {name} is _UNSAID else {name}"
        else:
            arguments.append(name)
        lines.append(f" _set(self, {name!r}, {value})")
    exec(f"def __init__({', '.join(arguments)}):\n" + ("\n".join(lines) or " pass"), known)
    made: Callable[..., None] = known["__init__"]
    made.__qualname__ = f"{cls.__qualname__}.__init__"
    made.__module__ = cls.__module__
    return made


_names: dict[type, tuple[str, ...]] = {}
"""Of classes that were shown: the fields that are."""
_readers: dict[type, Callable[[Any], Any]] = {}
"""Of classes that were compared: a function that returns what counts for that."""


def _reader(cls: Any) -> Callable[[Any], Any]:
    names = [each.name for each in _fields(cls) if each.compare]
    _readers[cls] = read = operator.attrgetter(*names) if names else lambda record: ()
    return read


def _repr(self: Any) -> str:
    cls = type(self)
    if cls not in _names:
        _names[cls] = tuple(each.name for each in _fields(cls) if each.repr)
    shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in _names[cls])
    return f"{cls.__qualname__}({shown})"


def _eq(self: Any, other: object) -> Any:
    cls = type(self)
    if type(other) is not cls:
        return NotImplemented
    read = _readers.get(cls) or _reader(cls)
    same: bool = read(self) == read(other)
    return same


def _hash(self: Any) -> int:
    cls = type(self)
    read = _readers.get(cls) or _reader(cls)
    return hash((read(self),))


def _setattr(self: Any, name: str, value: object) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")


def _delattr(self: Any, name: str) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")


def _getstate(self: Any) -> list[Any]:
    return [getattr(self, each.name) for each in _fields(self)]


def _setstate(self: Any, state: list[Any]) -> None:
    for each, value in zip(_fields(self), state):  # noqa: B905  # as many
        object.__setattr__(self, each.name, value)


_METHODS = {
    "__repr__": _repr,
    "__eq__": _eq,
    "__hash__": _hash,
    "__setattr__": _setattr,
    "__delattr__": _delattr,
}
_OF_SLOTS = {"__getstate__": _getstate, "__setstate__": _setstate}
"""For copies and pickles, which else would assign to the fields."""

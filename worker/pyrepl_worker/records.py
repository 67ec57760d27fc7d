"""Dataclasses that cost a start next to nothing.

A dataclass compiles six methods when its class is made, in about a third of a millisecond. An app
or a nursery that starts makes hundreds of such classes and uses a few. A record is a frozen
dataclass (`fields`, `replace`, `asdict` and `match` take it for one), a changeable one is not
frozen. Both share their methods with all others, and where there are no slots, no factories and no
bases, they become what `dataclasses` makes only when somebody takes them for that: a worker never
imports it. The ``__init__`` of the others is compiled when it is first called.
"""

from __future__ import annotations

import functools
import operator
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

__all__ = ["changeable", "fresh", "record", "replaced"]

if TYPE_CHECKING:
    from dataclasses import dataclass as changeable
    from dataclasses import dataclass as record
    from dataclasses import field as fresh
    from dataclasses import replace as replaced
else:

    class fresh:  # noqa: N801 - what a field is given in place of a default
        """Has each object begin with a value of its own, made by `default_factory`."""

        def __init__(self, *, default_factory):
            self.default_factory = default_factory

    def changeable(*, eq):
        """Make a class one of things whose fields change; `eq`: compared by what they hold."""
        return functools.partial(_light, methods=_OF_VALUES if eq else _OF_THINGS)

    def replaced(value, **changes):
        """A copy with some fields changed."""
        return type(value)(**{**vars(value), **changes})

    def record(cls: type | None = None, *, frozen: bool, slots: bool = False) -> Any:
        """Make a class a record; takes what a frozen dataclass takes."""
        if not frozen:
            raise TypeError("records are frozen")
        return functools.partial(_made, slots=slots) if cls is None else _made(cls, slots=slots)


_NAMES = "__match_args__"
_UNSAID: Any = object()
"""Stands for an argument that was left out and has a factory."""


def _made(cls: type, *, slots: bool) -> Any:
    has_slots = slots or "__slots__" in vars(cls)
    if not has_slots and cls.__bases__ == (object,) and not _has_fields(cls):
        return _light(cls, _METHODS)
    import dataclasses

    own = {name for name in cls.__dict__ if name in _METHODS}
    made: Any = dataclasses.dataclass(init=False, repr=False, eq=False, slots=slots)(cls)
    methods = {**_METHODS, **_OF_SLOTS} if slots else _METHODS
    for name, method in methods.items():
        if name not in own:
            setattr(made, name, method)
    made.__init__ = _late(made)
    return made


def _has_fields(cls: type) -> bool:
    """Whether something is said of a field by `dataclasses.field`."""
    module = sys.modules.get("dataclasses")
    return module is not None and any(type(v) is module.Field for v in vars(cls).values())


# -- light ones ---------------------------------------------------------------------------------


def _light(cls: type, methods: dict[str, Any]) -> type:
    made: Any = cls
    for name, method in methods.items():
        if name not in vars(cls):
            setattr(cls, name, method)
    made.__init__ = _init
    setattr(made, _NAMES, tuple(cls.__annotations__))
    made.__dataclass_fields__ = _Fields()
    return cls


class _Fields:
    """Makes a class a dataclass when its fields are asked for."""

    def __get__(self, instance: object, cls: type) -> Any:
        import dataclasses

        owner: Any = next(c for c in cls.__mro__ if vars(c).get("__dataclass_fields__") is self)
        del owner.__dataclass_fields__
        for name, value in list(vars(owner).items()):
            if not TYPE_CHECKING and type(value) is fresh:
                setattr(owner, name, dataclasses.field(default_factory=value.default_factory))
        dataclasses.dataclass(init=False, repr=False, eq=False)(owner)
        return owner.__dataclass_fields__


def _init(self: Any, *args: Any, **named: Any) -> None:
    names = type(self).__match_args__
    if named or len(args) != len(names):
        args = _all_arguments(type(self), args, named)
    vars(self).update(zip(names, args))  # noqa: B905  # as many, see above


def _all_arguments(cls: Any, args: tuple[Any, ...], named: dict[str, Any]) -> tuple[Any, ...]:
    names = cls.__match_args__
    rest = _rests.get((cls, len(args))) if not named else None
    if rest is not None:
        return args + rest
    call = f"{cls.__qualname__}.__init__()"
    if len(args) > len(names):
        raise TypeError(f"{call} takes {len(names)} arguments but {len(args)} were given")
    given = dict(zip(names, args))  # noqa: B905  # the others are named, or left out
    for name in named:
        if name in given or name not in names:
            raise TypeError(f"{call} got an unexpected or a second argument {name!r}")
    given.update(named)
    made = False
    for name in names:
        if name not in given:
            value = getattr(cls, name, _UNSAID)
            if value is _UNSAID:
                raise TypeError(f"{call} is missing its argument {name!r}")
            factory = getattr(value, "default_factory", None)
            given[name] = value if factory is None else factory()
            made = made or factory is not None
    found = tuple(map(given.__getitem__, names))
    if not (named or made):
        _rests[cls, len(args)] = found[len(args) :]
    return found


_rests: dict[tuple[type, int], tuple[Any, ...]] = {}
"""What else objects begin with that were given so many arguments, where that is always the same."""


# -- those with slots, factories or bases ----------------------------------------------------------


def _late(cls: type) -> Callable[..., None]:
    def first(self: Any, *args: Any, **named: Any) -> None:
        compiled = _init_of(cls)
        cls.__init__ = compiled  # type: ignore[misc]
        compiled(self, *args, **named)

    return first


def _init_of(cls: Any) -> Callable[..., None]:
    """What a dataclass would have as ``__init__``."""
    import dataclasses

    known: dict[str, Any] = {"_UNSAID": _UNSAID, "_set": object.__setattr__}
    arguments, lines = ["self"], []
    for each in cls.__dataclass_fields__.values():
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


# -- what they share -------------------------------------------------------------------------------


def _fields(cls: Any, what: str) -> list[str]:
    """Names of the fields that count for something, as a parameter of `dataclasses.field`."""
    if cls.__init__ is _init:
        return list(cls.__match_args__)
    # as `dataclasses.fields`, also where user code has broken what the standard library needs
    return [each.name for each in cls.__dataclass_fields__.values() if getattr(each, what)]


_names: dict[type, tuple[str, ...]] = {}
"""Of classes that were shown: the fields that are."""
_readers: dict[type, Callable[[Any], Any]] = {}
"""Of classes that were compared: a function that returns what counts for that."""


def _reader(cls: Any) -> Callable[[Any], Any]:
    names = _fields(cls, "compare")
    _readers[cls] = read = operator.attrgetter(*names) if names else lambda record: ()
    return read


def _repr(self: Any) -> str:
    cls = type(self)
    if cls not in _names:
        _names[cls] = tuple(_fields(cls, "repr"))
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
    import dataclasses

    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")


def _delattr(self: Any, name: str) -> None:
    import dataclasses

    raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")


def _getstate(self: Any) -> list[Any]:
    return [getattr(self, name) for name in type(self).__dataclass_fields__]


def _setstate(self: Any, state: list[Any]) -> None:
    for name, value in zip(type(self).__dataclass_fields__, state):  # noqa: B905  # as many
        object.__setattr__(self, name, value)


_METHODS = {
    "__repr__": _repr,
    "__eq__": _eq,
    "__hash__": _hash,
    "__setattr__": _setattr,
    "__delattr__": _delattr,
}
_OF_THINGS = {"__repr__": _repr}
_OF_VALUES = {"__repr__": _repr, "__eq__": _eq, "__hash__": None}
_OF_SLOTS = {"__getstate__": _getstate, "__setstate__": _setstate}
"""For copies and pickles, which else would assign to the fields."""

"""Objects that record whatever calls them: looking at any of them must leave the record empty."""

from __future__ import annotations

import enum
import types
from typing import Any

CALLS: list[str] = []


def _recorder(name: str) -> Any:
    def called(*args: Any, **options: Any) -> Any:
        CALLS.append(name)
        raise AssertionError(f"{name} was called")

    return called


_SPECIAL = (
    "__repr__", "__str__", "__len__", "__eq__", "__ne__", "__lt__", "__hash__", "__bool__",
    "__iter__", "__next__", "__contains__", "__getitem__", "__getattr__", "__getattribute__",
    "__dir__", "__sizeof__", "__format__", "__reduce__", "__reduce_ex__", "__copy__",
    "__deepcopy__", "__index__", "__int__", "__float__", "__array__", "__array_interface__",
    "__call__", "__getstate__", "__buffer__", "__length_hint__", "__reversed__", "__abs__",
    "__add__", "__sub__", "__instancecheck__", "__subclasscheck__", "__enter__",
)  # fmt: skip
_METHODS = ("keys", "values", "items", "get", "shape", "dtype", "nbytes", "columns", "copy", "_mgr")


class _Lie:
    """A descriptor that records that an attribute was asked for."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, instance: Any, owner: Any) -> Any:
        CALLS.append(self.name)
        raise AssertionError(f"{self.name} was read")


def hostile_body() -> dict[str, Any]:
    """A class body in which everything records."""
    body: dict[str, Any] = {name: _recorder(name) for name in _SPECIAL}
    body.update({name: _Lie(name) for name in _METHODS})
    body["__class__"] = _Lie("__class__")
    body["prop"] = _Lie("prop")
    return body


class HostileMeta(type):
    """A metaclass that records."""

    armed = False

    def __getattribute__(cls, name: str) -> Any:
        if HostileMeta.armed:
            CALLS.append(f"meta.__getattribute__ {name}")
        return type.__getattribute__(cls, name)

    def __instancecheck__(cls, instance: Any) -> bool:
        CALLS.append("meta.__instancecheck__")
        return True

    def __subclasscheck__(cls, other: Any) -> bool:
        CALLS.append("meta.__subclasscheck__")
        return True

    def __eq__(cls, other: object) -> bool:
        CALLS.append("meta.__eq__")
        return True

    def __hash__(cls) -> int:
        if HostileMeta.armed:
            CALLS.append("meta.__hash__")
        return 0

    def __repr__(cls) -> str:
        CALLS.append("meta.__repr__")
        return "?"

    @property
    def __name__(cls) -> str:  # type: ignore[override]
        if HostileMeta.armed:
            CALLS.append("meta.__name__")
        return "?"


class LazyModule(types.ModuleType):
    """A module that is imported when it is touched."""

    def __getattribute__(self, name: str) -> Any:
        CALLS.append(f"module {name}")
        raise AssertionError(name)


class Colour(enum.Enum):
    RED = 1

    def __repr__(self) -> str:
        CALLS.append("enum repr")
        return "?"


class LyingDict:
    """``__dict__`` is a property."""

    @property
    def __dict__(self) -> Any:  # type: ignore[override]
        CALLS.append("__dict__")
        return {}


def subclass(base: type) -> Any:
    """A class over a builtin or library type, all of whose methods record."""
    body = hostile_body()
    if base is object or issubclass(base, (dict, list, set)):
        body["__slots__"] = ()
    return type(f"Hostile{base.__name__}", (base,), body)


class Key(str):
    """A key that pretends to be any other."""

    __slots__ = ()

    def __hash__(self) -> int:
        return str.__hash__(self)

    def __eq__(self, other: object) -> bool:
        if HostileMeta.armed:
            CALLS.append("key.__eq__")
        return str.__eq__(self, other)


class Watched:
    """Prints when it dies."""

    def __del__(self) -> None:
        CALLS.append("__del__")


def menagerie() -> dict[str, Any]:
    """A namespace of hostile objects, by name."""
    beasts: dict[str, Any] = {}
    slotted = type("Slotted", (), {**hostile_body(), "__slots__": ("a", "b")})
    instance: Any = object.__new__(slotted)
    vars(slotted)["a"].__set__(instance, [1, 2])
    beasts["slotted"] = instance
    plain = type("Plain", (), hostile_body())
    beasts["plain"] = object.__new__(plain)
    meta = HostileMeta("Meta", (), {"x": 1})
    beasts["of_meta"] = type.__call__(meta)
    beasts["meta"] = meta
    beasts["module"] = LazyModule("lazy")
    beasts["lying_dict"] = LyingDict()
    beasts["colour"] = Colour.RED
    beasts["watched"] = Watched()
    for base, made in ((dict, {"k": 1}), (list, [1]), (tuple, (1,)), (str, "s"), (bytes, b"b"),
                       (int, 5), (float, 1.5), (set, {1}), (frozenset, {1})):  # fmt: skip
        cls = subclass(base)
        make: Any = base.__new__
        value = make(cls, made) if base in (tuple, str, bytes, int, float, frozenset) else (
            make(cls)
        )  # fmt: skip
        if base is dict:
            dict.__setitem__(value, "k", 1)
        elif base is list:
            list.append(value, 1)
        elif base is set:
            set.add(value, 1)
        beasts[f"sub_{base.__name__}"] = value
    beasts["nested"] = {"in": [beasts["plain"], beasts["of_meta"]], (1, 2): beasts["sub_dict"]}
    beasts["generator"] = map(CALLS.append, ["generator"])
    return beasts


def libraries() -> dict[str, Any]:
    """Hostile subclasses of, and lazy values from, the libraries that are installed."""
    beasts: dict[str, Any] = {}
    try:
        import numpy as np

        cls = type("HostileArray", (np.ndarray,), {
            "__repr__": _recorder("array repr"), "shape": _Lie("shape"), "dtype": _Lie("dtype"),
            "__array_finalize__": lambda self, other: CALLS.append("finalize"),
        })  # fmt: skip
        beasts["array"] = np.ndarray.__new__(cls, (3,), "f8")
        objects: Any = np.empty(2, object)
        objects[0] = object.__new__(type("Plain", (), hostile_body()))
        beasts["objects"] = objects
    except ImportError:
        return beasts
    try:
        import pandas as pd

        cls = type("HostileFrame", (pd.DataFrame,), {
            "__repr__": _recorder("frame repr"), "shape": _Lie("shape"),
            "columns": _Lie("columns"), "__getattr__": _recorder("frame getattr"),
        })  # fmt: skip
        frame: Any = object.__new__(cls)
        object.__setattr__(frame, "_mgr", pd.DataFrame({"a": [1, 2], "b": ["x", "y"]})._mgr)
        beasts["frame"] = frame
        holder = pd.DataFrame({"o": [None, 1]}, dtype=object)
        holder._mgr.blocks[0].values[0, 0] = beasts["objects"][0]
        beasts["frame_of_objects"] = holder
    except ImportError:
        return beasts
    try:
        import polars as pl

        def scan() -> Any:
            CALLS.append("collected")

        beasts["lazy"] = pl.LazyFrame({"a": [1]}).map_batches(lambda frame: scan() or frame)
    except ImportError:
        return beasts
    return beasts

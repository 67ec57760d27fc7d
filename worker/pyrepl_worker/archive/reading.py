"""What objects say of themselves without their own code being asked, and what they tell pickle."""

from __future__ import annotations

import sys
from typing import Any

MISSING: Any = object()
"""Stands for an attribute or a cell that is empty."""


def says_its_state(kind: type) -> bool:
    """Whether a class of a package tells itself what its state is: caches are none of it."""
    module = sys.modules.get(kind.__module__)
    if kind.__module__ == "__main__" or getattr(module, kind.__name__, None) is not kind:
        return False
    own = {name for base in kind.__mro__[:-1] for name in vars(base)}
    return bool(own & {"__reduce__", "__reduce_ex__", "__getstate__"})


FAITHFUL = sys.stdlib_module_names | {"numpy", "pandas", "polars", "pyarrow", "scipy"}
"""Packages whose objects tell pickle all that matters of them."""


def is_plain_class(kind: type) -> bool:
    """Whether pickle sees all of a Python class's instances: __dict__, slots, no more."""
    own = {name for base in kind.__mro__[:-1] for name in vars(base)}
    return not own & {"__reduce_ex__", "__reduce__", "__getstate__"} and bool(
        kind.__flags__ & (1 << 9)
    )


def is_public(place: tuple[str, str]) -> bool:
    """Whether neither a module nor its attribute is private."""
    return not any(part.startswith("_") for name in place for part in name.split("."))


def str_keys(mapping: Any) -> bool:
    """Whether all keys are texts."""
    return all(type(key) is str for key in dict.keys(mapping))


def is_default(obj: Any, name: str, value: Any) -> bool:
    """Whether an attribute says no more than the class does."""
    own = next((vars(b)[name] for b in type(obj).__mro__ if name in vars(b)), MISSING)
    return own is value or (type(own) is str and type(value) is str and own == value)


def read_slot(slot: Any, obj: Any) -> Any:
    """What a slot holds; MISSING if nothing."""
    try:
        return slot.__get__(obj)
    except AttributeError:
        return MISSING


def same_memory(left: Any, right: Any, numpy: Any) -> bool:
    """Whether two arrays hold the same bytes: -0.0 and each nan are themselves."""
    flat = []
    for each in (left, right):
        plain = each.view(numpy.ndarray)
        if plain.flags.f_contiguous and not plain.flags.c_contiguous:
            plain = plain.T if left.flags.f_contiguous and right.flags.f_contiguous else plain
        flat.append(numpy.ascontiguousarray(plain).reshape(-1).view("u1"))
    return all(
        numpy.array_equal(flat[0][at : at + _STEP], flat[1][at : at + _STEP])
        for at in range(0, len(flat[0]), _STEP)
    )


_STEP = 1 << 22


def memory_as_bytes(told: Any) -> Any:
    """What an object tells pickle, with buffers as bytes."""
    import pickle

    if type(told) is pickle.PickleBuffer:
        return told.raw().tobytes()
    if type(told) in (tuple, list):
        return type(told)(memory_as_bytes(each) for each in told)
    return told

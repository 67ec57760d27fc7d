"""The functions that pickles of an archive name for arrays. Names and meanings are the format."""

from __future__ import annotations

import importlib
from typing import Any

from . import rebuild


def _numpy() -> Any:
    return importlib.import_module("numpy")


def array(data: Any, dtype: Any, shape: tuple[int, ...], order: str, writeable: bool) -> Any:
    """A numpy array that owns its memory, as the one that was saved may have done."""
    numpy = _numpy()
    if len(data) == 0:
        made = numpy.empty(shape, dtype, order)
    else:
        made = numpy.frombuffer(data, dtype).reshape(shape, order=order)
        if rebuild.current[-1].copies:
            made = made.copy(order)
    if not writeable:
        made.flags.writeable = False
    return made


def array_view(
    owner: Any,
    dtype: Any,
    shape: tuple[int, ...],
    strides: tuple[int, ...],
    offset: int,
    writeable: bool,
) -> Any:
    """A numpy array on the memory of another object."""
    numpy = _numpy()
    if type(owner) is numpy.ndarray:
        flat = (owner if owner.flags.c_contiguous else owner.T).reshape(-1).view(numpy.uint8)
    else:
        flat = numpy.frombuffer(owner, numpy.uint8)
    made: Any = numpy.ndarray(shape, dtype, flat, offset, strides)
    if not writeable:
        made.flags.writeable = False
    return made


def set_array(target: Any, state: tuple[Any, dict[str, Any]]) -> None:
    """The elements of an array of some class, and its attributes."""
    inner, own = state
    target.__setstate__(inner)
    vars(target).update(own)


def memmap(path: str, dtype: Any, mode: str, offset: int, shape: tuple[int, ...]) -> Any:
    return _numpy().memmap(path, dtype, mode, offset, shape)

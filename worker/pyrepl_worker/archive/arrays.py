"""Arrays: their memory goes out of band, and arrays that share memory go on sharing it."""

from __future__ import annotations

import pickle
import sys
from typing import Any

from . import rebuild
from .packing import Packer, Reduced

IN_BAND = 32 * 1024
"""Arrays smaller than this lie within the pickle: a file for each would cost more."""


def reduce_array(packer: Packer, array: Any) -> Any:
    """A numpy array, whole or as a view of what owns its memory."""
    if array.dtype.hasobject or array.nbytes == 0 or array.dtype.names is not None:
        return NotImplemented
    scene = packer.scene
    if id(array) not in scene.private_arrays:
        owner = owner_of(array)
        packer.arrays.setdefault(id(owner), {})[id(array)] = array
        if id(owner) in scene.linked and owner is not array:
            view = _view(array, owner)
            if view is not None:
                return view
    order = "C"
    flat = array
    if not array.flags.c_contiguous:
        if array.flags.f_contiguous:
            order, flat = "F", array.T
        else:
            flat = array.copy()
    raw = flat.reshape(-1).view("u1")
    data = raw.tobytes() if array.nbytes < IN_BAND else pickle.PickleBuffer(raw)
    return rebuild.array, (data, array.dtype, array.shape, order, array.flags.writeable)


def owner_of(array: Any) -> Any:
    """The object whose memory an array looks at."""
    numpy = sys.modules["numpy"]
    owner = array
    while isinstance(owner, numpy.ndarray) and owner.base is not None:
        owner = owner.base
    if isinstance(owner, memoryview) and owner.obj is not None:
        return owner.obj
    return owner


def _view(array: Any, owner: Any) -> Reduced | None:
    numpy = sys.modules["numpy"]
    if type(owner) is numpy.ndarray:
        flags = owner.flags
        if owner.dtype.hasobject or not (flags.c_contiguous or flags.f_contiguous):
            return None
        start = owner.__array_interface__["data"][0]
    elif type(owner) in (bytes, bytearray) or type(owner).__module__ == "array":
        start = numpy.frombuffer(owner, "u1").__array_interface__["data"][0]
    else:
        return None
    offset = array.__array_interface__["data"][0] - start
    flags = array.flags
    arguments = (owner, array.dtype, array.shape, array.strides, offset, flags.writeable)
    return rebuild.array_view, arguments


def reduce_frame(packer: Packer, frame: Any) -> Any:
    """A pandas object. Where pandas copies on write, its arrays must not be linked to others."""
    if copies_on_write():
        for array in _arrays_in(frame):
            packer.scene.private_arrays.add(id(array))
    return NotImplemented


def copies_on_write() -> bool:
    """Whether frames share memory only until one of them is written."""
    pandas = sys.modules.get("pandas")
    if pandas is None:
        return False
    if int(str(pandas.__version__).split(".", maxsplit=1)[0]) >= 3:
        return True
    return bool(pandas.options.mode.copy_on_write)


def _arrays_in(frame: Any) -> list[Any]:
    numpy = sys.modules["numpy"]
    manager = getattr(frame, "_mgr", None)
    holders = list(manager.arrays) if manager is not None else [frame._data]
    if manager is not None:
        holders += [axis._data for axis in manager.axes if hasattr(axis, "_data")]
    found = []
    for holder in holders:
        for part in (holder, *(getattr(holder, name, None) for name in _INSIDE)):
            if isinstance(part, numpy.ndarray):
                found.append(part)
    return found


_INSIDE = ("_ndarray", "_data", "_mask", "_codes")

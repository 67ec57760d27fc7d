"""Arrays: their memory goes out of band, and arrays that share memory go on sharing it."""

from __future__ import annotations

import pickle
import sys
from typing import Any

from . import rebuild_arrays as rebuild
from .packing import Packer, Reduced

IN_BAND = 32 * 1024
"""Arrays smaller than this lie within the pickle: a file for each would cost more."""


def reduce_array(packer: Packer, array: Any) -> Any:
    """A numpy array, whole or as a view of what owns its memory."""
    if array.dtype.hasobject:
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
    if array.nbytes == 0:
        return rebuild.array, (b"", array.dtype, array.shape, order, array.flags.writeable)
    raw = flat.reshape(-1).view("u1")
    data = raw.tobytes() if array.nbytes < IN_BAND else pickle.PickleBuffer(raw)
    return rebuild.array, (data, array.dtype, array.shape, order, array.flags.writeable)


def reduce_subclass(packer: Packer, array: Any) -> Any:
    """An array of a class of its own: numpy forgets its attributes."""
    kind = type(array)
    if kind.__reduce__ is not sys.modules["numpy"].ndarray.__reduce__:
        return NotImplemented
    own = getattr(array, "__dict__", None)
    if not own:
        return NotImplemented
    made, arguments, state = array.__reduce__()
    return made, arguments, (state, dict(own)), None, None, rebuild.set_array


def reduce_memmap(packer: Packer, array: Any) -> Any:
    """A mapped file, if the array is all of what was mapped."""
    mode = "r+" if array.mode == "w+" else array.mode
    if array.filename is None or mode == "c" or not array.flags.c_contiguous:
        return NotImplemented
    if array.base is None or type(array.base).__module__ != "mmap":
        return NotImplemented
    packer.note("a file is mapped anew")
    arguments = (str(array.filename), array.dtype, mode, array.offset, array.shape)
    return rebuild.memmap, arguments


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
    holders = list(manager.arrays) if manager is not None else [getattr(frame, "_data", None)]
    if manager is not None:
        holders += [axis._data for axis in manager.axes if hasattr(axis, "_data")]
    parts = [
        part
        for holder in holders
        for part in (holder, *(getattr(holder, name, None) for name in _INSIDE))
    ]
    return [part for part in parts if isinstance(part, numpy.ndarray)]


_INSIDE = ("_ndarray", "_data", "_mask", "_codes")

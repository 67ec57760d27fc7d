"""How things that pickle refuses, or gets wrong, are taken apart.

Each reducer gets the pickler and the object and returns what `object.__reduce__` would. The
functions named in the results are in `rebuild`.
"""

from __future__ import annotations

import _thread
import contextvars
import functools
import gc
import logging
import re
import struct
import sys
import threading
import types
import weakref
from typing import Any

from . import rebuild
from .arrays import reduce_array, reduce_frame, reduce_memmap, reduce_subclass
from .files import reduce_buffered, reduce_raw, reduce_text
from .packing import (
    Globals,
    Packer,
    Reduced,
    Reducer,
    reduce_cell,
    reduce_class,
    reduce_function,
    reduce_globals,
)

_GONE = "it stands in the middle of running code, which cannot be saved"
_SYSTEM = "it belongs to the process it was made in"


def _lock(packer: Packer, obj: Any) -> Reduced:
    packer.note("a lock is made anew")
    return rebuild.lock, (obj.locked(),)


def _rlock(packer: Packer, obj: Any) -> Reduced:
    packer.note("a lock is made anew")
    count = 0
    if obj._is_owned():
        count, owner = obj._release_save()
        obj._acquire_restore((count, owner))
    return rebuild.rlock, (count,)


def _simple_queue(packer: Packer, obj: Any) -> Reduced:
    items = []
    while not obj.empty():
        items.append(obj.get_nowait())
    for item in items:
        obj.put(item)
    return rebuild.simple_queue, (items,)


def _thread_local(packer: Packer, obj: threading.local) -> Reduced:
    packer.note("values that other threads had are not kept")
    return rebuild.local, (dict(vars(obj)),)


def _lru_cache(packer: Packer, obj: Any) -> Any:
    module, path = obj.__module__, obj.__qualname__
    if module != "__main__" and _named(module, path) is obj:
        return rebuild.attribute, (module, path)
    packer.by_value.add(id(obj))
    packer.note("the cache of a function starts empty")
    own = dict(vars(obj))
    wrapped = own.pop("__wrapped__")
    settings = obj.cache_parameters()
    arguments = (wrapped, settings["maxsize"], settings["typed"])
    return rebuild.lru_cache, arguments, own, None, None, rebuild.partial_set


def _match(packer: Packer, obj: re.Match[Any]) -> Reduced:
    pattern, text = obj.re, obj.string
    for how in ("match", "fullmatch", "search"):
        again = getattr(pattern, how)(text, obj.pos, obj.endpos)
        if again is not None and again.regs == obj.regs:
            return rebuild.match, (pattern, how, text, obj.pos, obj.endpos, 0)
    for index, again in enumerate(pattern.finditer(text, obj.pos, obj.endpos)):
        if again.regs == obj.regs:
            return rebuild.match, (pattern, "finditer", text, obj.pos, obj.endpos, index)
    return packer.refuse(obj, "the pattern does not match again")


def _reference(packer: Packer, obj: Any) -> Reduced:
    target = obj()
    if target is None:
        return rebuild.dead_reference, ()
    if obj.__callback__ is not None:
        packer.note("the callback of a weak reference is not kept")
    return rebuild.reference, (target,)


def _proxy(packer: Packer, obj: Any) -> Reduced:
    try:
        target = obj.__init__.__self__
    except ReferenceError:
        return packer.refuse(obj, "what it referred to is gone")
    return rebuild.proxy, (target,)


def _weak_mapping(packer: Packer, obj: Any) -> Reduced:
    pairs = list(obj.items())
    return rebuild.weak_mapping, (type(obj),), pairs, None, None, rebuild.fill_mapping


def _view(packer: Packer, obj: Any) -> Reduced:
    (mapping,) = (each for each in gc.get_referents(obj) if isinstance(each, dict))
    which = {"k": "keys", "v": "values", "i": "items"}[type(obj).__name__.split("_")[1][0]]
    return rebuild.view_of, (mapping, which)


def _mapping_proxy(packer: Packer, obj: Any) -> Any:
    mapping = gc.get_referents(obj)[0]
    if "__dict__" in mapping and "__module__" in mapping:
        return packer.refuse(obj, "it shows the inside of a class")
    return rebuild.mapping_proxy, (mapping,)


def _memory(packer: Packer, obj: memoryview) -> Reduced:
    if not obj.contiguous or obj.obj is None:
        return packer.refuse(obj, "it skips parts of what it shows")
    if type(obj.obj) not in (bytes, bytearray) and type(obj.obj).__module__ != "array":
        return packer.refuse(obj, "it shows memory that is not plain bytes")
    import ctypes

    whole = memoryview(obj.obj).cast("B")
    if obj.nbytes == whole.nbytes:
        start = 0
    elif obj.readonly:
        # no address without write access: the only place that it equals, or none
        found = bytes(whole).find(bytes(obj.cast("B")))
        if bytes(whole).find(bytes(obj.cast("B")), found + 1) >= 0:
            return packer.refuse(obj, "where it starts cannot be told")
        start = found
    else:
        base = ctypes.addressof(ctypes.c_char.from_buffer(whole))
        start = ctypes.addressof(ctypes.c_char.from_buffer(obj.cast("B"))) - base
    return rebuild.memory, (
        obj.obj,
        (start, start + obj.nbytes),
        obj.format,
        tuple(obj.shape or ()),
    )


def _context_variable(packer: Packer, obj: contextvars.ContextVar[Any]) -> Any:
    place = packer.scene.offered.get(id(obj))
    if place is not None:
        return rebuild.attribute, place
    packer.by_value.add(id(obj))
    default: tuple[Any, ...] = ()
    try:
        default = (contextvars.Context().run(obj.get),)
    except LookupError:
        pass  # it has none
    arguments = (obj.name, default)
    try:
        value = obj.get()
    except LookupError:
        return rebuild.context_variable, arguments
    setter = rebuild.set_context_variable
    if obj not in contextvars.copy_context():
        return rebuild.context_variable, arguments
    return rebuild.context_variable, arguments, (value,), None, None, setter


def _context(packer: Packer, obj: contextvars.Context) -> Reduced:
    return rebuild.context, (list(obj.items()),)


def _struct(packer: Packer, obj: struct.Struct) -> Reduced:
    return rebuild.struct, (obj.format,)


def _logger(packer: Packer, obj: logging.Logger) -> Reduced:
    name = "" if isinstance(obj, logging.RootLogger) else obj.name
    own = vars(obj)
    kept = ("level", "propagate", "disabled", "filters")
    state = {key: own[key] for key in kept if key in own}
    state["handlers"] = list(obj.handlers)
    packer.by_value.add(id(obj))
    return rebuild.logger, (name,), state, None, None, rebuild.set_logger


def _handler(packer: Packer, obj: logging.Handler) -> Reduced:
    state = dict(vars(obj))
    state.pop("lock", None)
    return rebuild.blank, (type(obj),), state, None, None, rebuild.set_handler


def _exception(packer: Packer, obj: BaseException) -> Any:
    kind = type(obj)
    if obj.__traceback__ is not None:
        packer.note("the traceback of an exception is not kept")
    own = dict(vars(obj))
    slots = {
        name: getattr(obj, name)
        for name in ("name", "path", "obj", "value", "code")
        if name in _members(kind)
    }
    made: Any = (rebuild.exception, (kind, obj.args))
    if kind.__reduce__ is not BaseException.__reduce__ or not _has_builtin_new(kind):
        reduced = obj.__reduce_ex__(5)
        made = reduced[:2]
        if len(reduced) > 2 and type(reduced[2]) is dict:
            own = {key: value for key, value in reduced[2].items() if key not in slots}
    state = (own, obj.__cause__, obj.__context__, obj.__suppress_context__, slots)
    return *made, state, None, None, rebuild.set_exception


def _has_builtin_new(kind: type) -> bool:
    return all(base.__module__ == "builtins" for base in kind.__mro__ if "__new__" in vars(base))


def _members(kind: type) -> set[str]:
    return {
        name
        for base in kind.__mro__
        for name, value in vars(base).items()
        if isinstance(value, types.MemberDescriptorType)
    }


def _database(packer: Packer, obj: Any) -> Reduced:
    path = next((row[2] for row in obj.execute("PRAGMA database_list") if row[1] == "main"), "")
    options = {"isolation_level": obj.isolation_level}
    if obj.row_factory is not None:
        options["row_factory"] = obj.row_factory
    if obj.text_factory is not str:
        options["text_factory"] = obj.text_factory
    if obj.total_changes and path and obj.in_transaction:
        return packer.refuse(obj, "a transaction on a file is open")
    packer.note("a database connection is opened anew")
    if path:
        return rebuild.database, (path, None, options)
    if obj.in_transaction:
        packer.note("an open transaction is taken as committed")
    if hasattr(obj, "serialize"):
        return rebuild.database, (":memory:", obj.serialize(), options)
    factories, obj.row_factory = obj.row_factory, None
    script = "\n".join(obj.iterdump())
    obj.row_factory = factories
    return rebuild.database, (":memory:", script, options)


def _method(packer: Packer, obj: Any) -> Any:
    """A bound method; one that a module offers as a function stays that module's."""
    target = obj.__self__
    if target is None or isinstance(target, (types.ModuleType, type)):
        return NotImplemented if type(obj) is not types.MethodType else _bound(packer, obj)
    name = obj.__name__
    module = sys.modules.get(type(target).__module__)
    if isinstance(module, types.ModuleType) and module.__name__ != "__main__":
        offered = vars(module).get(name)
        if type(offered) is type(obj) and getattr(offered, "__self__", None) is target:
            return rebuild.attribute, (module.__name__, name)
    return _bound(packer, obj) if type(obj) is types.MethodType else NotImplemented


def _bound(packer: Packer, obj: types.MethodType) -> Reduced:
    return types.MethodType, (obj.__func__, obj.__self__)


def _builtin_function(packer: Packer, obj: Any) -> Any:
    return _method(packer, obj)


def _new_type(packer: Packer, obj: Any) -> Any:
    if obj.__module__ != "__main__" and _named(obj.__module__, obj.__qualname__) is obj:
        return NotImplemented
    return rebuild.new_type, (obj.__qualname__, obj.__supertype__, obj.__module__)


def _refuse(why: str) -> Reducer:
    return lambda packer, obj: packer.refuse(obj, why)


def _named(module: str, path: str) -> Any:
    found: Any = sys.modules.get(module)
    for part in path.split("."):
        found = getattr(found, part, None)
    return found


def exact_reducers() -> dict[type, Reducer]:
    """Reducers of objects whose type is exactly that."""
    import io

    table: dict[type, Reducer] = {
        Globals: reduce_globals,
        types.FunctionType: reduce_function,
        types.CellType: reduce_cell,
        types.MethodType: _method,
        types.BuiltinMethodType: _builtin_function,
        _thread.LockType: _lock,
        type(threading.RLock()): _rlock,
        threading.local: _thread_local,
        type(functools.lru_cache(_named)): _lru_cache,
        re.Match: _match,
        weakref.ref: _reference,
        weakref.ProxyType: _proxy,
        weakref.CallableProxyType: _proxy,
        weakref.WeakValueDictionary: _weak_mapping,
        weakref.WeakKeyDictionary: _weak_mapping,
        type({}.keys()): _view,
        type({}.values()): _view,
        type({}.items()): _view,
        types.MappingProxyType: _mapping_proxy,
        memoryview: _memory,
        contextvars.ContextVar: _context_variable,
        contextvars.Context: _context,
        contextvars.Token: _refuse("it belongs to a context that has been left"),
        struct.Struct: _struct,
        io.TextIOWrapper: reduce_text,
        io.BufferedReader: reduce_buffered,
        io.BufferedWriter: reduce_buffered,
        io.BufferedRandom: reduce_buffered,
        io.FileIO: reduce_raw,
        types.GeneratorType: _refuse(_GONE),
        types.CoroutineType: _refuse(_GONE),
        types.AsyncGeneratorType: _refuse(_GONE),
        types.FrameType: _refuse(_GONE),
        types.TracebackType: _refuse(_GONE),
        weakref.finalize: _refuse("its callback belongs to the process it was made in"),
    }
    return table | _of_loaded_packages()


def _of_loaded_packages() -> dict[type, Reducer]:
    found = {
        ("numpy", "ndarray"): reduce_array,
        ("_queue", "SimpleQueue"): _simple_queue,
        ("typing", "NewType"): _new_type,
        ("_sqlite3", "Connection"): _database,
        ("_sqlite3", "Cursor"): _refuse("it stands in the middle of a query"),
    }
    table: dict[type, Reducer] = {}
    for (module, name), reducer in found.items():
        kind = getattr(sys.modules.get(module), name, None)
        if isinstance(kind, type):
            table[kind] = reducer
    return table


def inherited_reducers() -> dict[type, Reducer]:
    """Reducers of objects whose type is that or derives from it."""
    table: dict[type, Reducer] = {
        type: reduce_class,
        logging.Logger: _logger,
        logging.Handler: _handler,
        BaseException: _exception,
        threading.Thread: _refuse(_SYSTEM),
    }
    for module, names, why in (
        ("socket", ("socket",), _SYSTEM),
        ("subprocess", ("Popen",), _SYSTEM),
        ("concurrent.futures", ("Executor", "Future"), _SYSTEM),
        ("asyncio", ("AbstractEventLoop", "Future", "Task", "Handle"), _SYSTEM),
        ("multiprocessing.process", ("BaseProcess",), _SYSTEM),
        ("multiprocessing.pool", ("Pool",), _SYSTEM),
        ("tempfile", ("TemporaryDirectory", "_TemporaryFileWrapper"), _SYSTEM),
    ):
        loaded = sys.modules.get(module)
        for name in names:
            kind = getattr(loaded, name, None)
            if isinstance(kind, type):
                table[kind] = _refuse(why)
    pandas = sys.modules.get("pandas")
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        table[numpy.ndarray] = reduce_subclass
        table[numpy.memmap] = reduce_memmap
    for name in ("DataFrame", "Series", "Index"):
        kind = getattr(pandas, name, None)
        if isinstance(kind, type):
            table[kind] = reduce_frame
    return table

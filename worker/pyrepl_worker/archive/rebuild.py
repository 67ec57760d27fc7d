"""The functions that pickles of an archive name. Their names and meanings are the format.

They run in the process that loads, inside the user's interpreter, with `session` set.
"""

from __future__ import annotations

import importlib
import sys
import types
import weakref
from collections.abc import Callable
from typing import Any


class Loading:
    """What the functions below need to know of the load that is under way."""

    def __init__(
        self, namespace: dict[str, Any], variable: Callable[[str], Any], copies: bool
    ) -> None:
        self.namespace = namespace
        self.variable = variable
        """Returns a variable of another group, loading it if need be."""
        self.copies = copies
        """False in a rehearsal: arrays may lie on memory that is not theirs."""


current: list[Loading] = []
"""The load that is under way, last."""


class Absent:
    """Stands where something was that could not be saved or loaded."""

    def __init__(self, what: str, reason: str) -> None:
        self.what = what
        self.reason = reason

    def __repr__(self) -> str:
        return f"<missing {self.what}: {self.reason}>"


def absent(what: str, reason: str) -> Absent:
    return Absent(what, reason)


# -- names ---------------------------------------------------------------------------------------


def variable(name: str) -> Any:
    """A function or class that is a variable of the session."""
    return current[-1].variable(name)


def session_globals() -> dict[str, Any]:
    """The namespace, which is what functions of the session have as globals."""
    return current[-1].namespace


def module_globals(name: str) -> dict[str, Any]:
    return vars(importlib.import_module(name))


def attribute(module: str, path: str) -> Any:
    found: Any = importlib.import_module(module)
    for part in path.split("."):
        found = getattr(found, part)
    return found


def standard_stream(name: str) -> Any:
    return getattr(sys, name)


# -- functions -----------------------------------------------------------------------------------


def cell() -> types.CellType:
    return types.CellType()


def set_cell(target: types.CellType, contents: tuple[Any]) -> None:
    target.cell_contents = contents[0]


def function(
    code: types.CodeType, names: dict[str, Any], name: str, closure: tuple[Any, ...] | None
) -> types.FunctionType:
    return types.FunctionType(code, names, name, None, closure)


def set_function(target: types.FunctionType, state: tuple[dict[str, Any], dict[str, Any]]) -> None:
    own, slots = state
    vars(target).update(own)
    for name, value in slots.items():
        setattr(target, name, value)


def lru_cache(wrapped: Any, maxsize: int | None, typed: bool) -> Any:
    import functools

    return functools.lru_cache(maxsize, typed)(wrapped)


def partial_set(target: Any, state: dict[str, Any]) -> None:
    """Put back the attributes of something that has a __dict__."""
    vars(target).update(state)


# -- threads -------------------------------------------------------------------------------------


def lock(locked: bool) -> Any:
    import _thread

    made = _thread.allocate_lock()
    if locked:
        made.acquire()
    return made


def rlock(count: int) -> Any:
    import threading

    made = threading.RLock()
    for _ in range(count):
        made.acquire()
    return made


def simple_queue(items: list[Any]) -> Any:
    import queue

    made: Any = queue.SimpleQueue()
    for item in items:
        made.put(item)
    return made


def blank(kind: Any) -> Any:
    """An instance that its state will make whole."""
    return kind.__new__(kind)


def local(state: dict[str, Any]) -> Any:
    import threading

    made = threading.local()
    vars(made).update(state)
    return made


# -- references ----------------------------------------------------------------------------------


def dead_reference() -> Any:
    class Gone:
        pass

    return weakref.ref(Gone())


def reference(target: Any) -> Any:
    return weakref.ref(target)


def proxy(target: Any) -> Any:
    return weakref.proxy(target)


def bound(target: Any, name: str) -> Any:
    return getattr(target, name)


def weak_mapping(kind: type) -> Any:
    return kind()


def fill_mapping(target: Any, pairs: list[tuple[Any, Any]]) -> None:
    for key, value in pairs:
        target[key] = value


def view_of(mapping: Any, which: str) -> Any:
    return getattr(mapping, which)()


def mapping_proxy(mapping: Any) -> Any:
    return types.MappingProxyType(mapping)


def memory(exporter: Any, span: tuple[int, int], kind: str, shape: tuple[int, ...]) -> memoryview:
    flat = memoryview(exporter).cast("B")[span[0] : span[1]]
    if kind == "B" and len(shape) == 1:
        return flat
    return flat.cast(kind, shape) if len(shape) != 1 else flat.cast(kind)  # type: ignore[call-overload, no-any-return]


# -- contexts, texts, files ----------------------------------------------------------------------


def context_variable(name: str, default: tuple[Any, ...]) -> Any:
    import contextvars

    return (
        contextvars.ContextVar(name, default=default[0])
        if default
        else contextvars.ContextVar(name)
    )


def set_context_variable(target: Any, value: tuple[Any]) -> None:
    target.set(value[0])


def context(pairs: list[tuple[Any, Any]]) -> Any:
    import contextvars

    made = contextvars.Context()
    for variable_, value in pairs:
        made.run(variable_.set, value)
    return made


def match(pattern: Any, how: str, text: Any, pos: int, endpos: int, index: int) -> Any:
    if how != "finditer":
        return getattr(pattern, how)(text, pos, endpos)
    return next(m for i, m in enumerate(pattern.finditer(text, pos, endpos)) if i == index)


def struct(layout: Any) -> Any:
    import struct as module

    return module.Struct(layout)


def logger(name: str) -> Any:
    import logging

    return logging.getLogger(name) if name else logging.getLogger()


def set_logger(target: Any, state: dict[str, Any]) -> None:
    import logging

    vars(target).update(state)
    logging.Logger.manager._clear_cache()  # type: ignore[attr-defined]


def set_handler(target: Any, state: dict[str, Any]) -> None:
    import logging

    vars(target).update(state)
    target.createLock()
    logging._addHandlerRef(target)  # type: ignore[attr-defined]
    name = state.get("_name")
    if name:
        logging._handlers[name] = target  # type: ignore[attr-defined]


def open_file(path: str, mode: str, position: int, pending: bytes, options: dict[str, Any]) -> Any:
    """A regular file, open as it was; what it would still have written is written.

    Raises:
        OSError: if the file is gone.
    """
    import io

    writes = any(sign in mode for sign in "wax+")
    raw_mode = ("r+b" if "+" in mode or pending else "ab") if writes else "rb"
    if writes and "a" not in mode and not pending:
        raw_mode = "r+b"
    raw = io.FileIO(path, raw_mode.replace("b", ""))
    raw.seek(position)
    if pending:
        raw.write(pending)
    if options["buffering"] == 0:
        return raw
    kind = getattr(io, options["buffered"])
    buffered = kind(raw)
    if "b" in mode:
        return buffered
    text = io.TextIOWrapper(
        buffered,
        encoding=options["encoding"],
        errors=options["errors"],
        newline=options["newline"],
        line_buffering=options["line_buffering"],
    )
    text.mode = mode  # type: ignore[misc]
    if options["cookie"] is not None and not pending:
        text.seek(options["cookie"])
    return text


def database(path: str, content: Any, options: dict[str, Any]) -> Any:
    import sqlite3

    made = sqlite3.connect(path)
    if isinstance(content, str):
        made.executescript(content)
        made.commit()
    elif content is not None:
        made.deserialize(bytes(content))  # type: ignore[attr-defined, unused-ignore]
    for name, value in options.items():
        setattr(made, name, value)
    return made


def exception(kind: type[BaseException], args: tuple[Any, ...]) -> BaseException:
    made = kind.__new__(kind, *args)
    builtin = next(base for base in kind.__mro__ if base.__module__ == "builtins")
    builtin.__init__(made, *args)  # type: ignore[misc]
    made.args = args
    return made


def set_exception(target: BaseException, state: tuple[Any, ...]) -> None:
    own, cause, context_, suppress, slots = state
    if own:
        vars(target).update(own)
    for name, value in slots.items():
        setattr(target, name, value)
    target.__cause__ = cause
    target.__context__ = context_
    target.__suppress_context__ = suppress


def new_type(name: str, supertype: Any, module: str) -> Any:
    import typing

    kind: Any = typing.NewType
    made = kind(name, supertype)
    made.__module__ = module
    return made


def skeleton(metaclass: Any, name: str, bases: tuple[Any, ...], members: dict[str, Any]) -> Any:
    """An empty class, made without anybody who counts subclasses hearing of it again.

    Registries and the like of the session are restored as they were; those of packages are as
    after import, and are to hear of it.
    """
    real = types.resolve_bases(bases)
    maker = next(kind for kind in metaclass.__mro__ if kind.__module__ != "__main__")
    hushed = [
        (base, vars(base)["__init_subclass__"])
        for kind in real
        for base in kind.__mro__
        if base.__module__ == "__main__" and "__init_subclass__" in vars(base)
    ]
    namespace = dict(members)
    if real is not bases:
        namespace["__orig_bases__"] = bases
    quiet: Any = _ignore
    hush: Any = classmethod(quiet)
    for base, _ in hushed:
        setattr(base, "__init_subclass__", hush)  # noqa: B010 - types
    try:
        return maker.__new__(metaclass, name, real, namespace)
    finally:
        for base, own in hushed:
            setattr(base, "__init_subclass__", own)  # noqa: B010 - types


def _ignore(cls: Any, **options: Any) -> None:
    """In place of what a base class does when it is subclassed."""


def ctypes_array(kind: Any, length: int) -> Any:
    return kind * length

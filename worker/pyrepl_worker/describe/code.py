"""What functions and classes tell of themselves: signature, source, globals they use, bases."""

from __future__ import annotations

import inspect as _inspect
import linecache
import os
import stat
import types
from typing import Any

from .static import bases, class_items, is_class, qualified_name
from .summaries import summary

MAX_SOURCE = 4 << 20
_NOISE = 200


def signature(function: types.FunctionType) -> str:
    """A function's parameters, read from its code object."""
    code = function.__code__
    names = code.co_varnames
    count, keywords = code.co_argcount, code.co_kwonlyargcount
    defaults = function.__defaults__ or ()
    parts = []
    for at, name in enumerate(names[:count]):
        default = at - (count - len(defaults))
        parts.append(f"{name}={_short(defaults[default])}" if default >= 0 else name)
        if at + 1 == code.co_posonlyargcount:
            parts.append("/")
    if code.co_flags & _inspect.CO_VARARGS:
        parts.append("*" + names[count + keywords])
    elif keywords:
        parts.append("*")
    named = function.__kwdefaults__ or {}
    parts += [
        f"{name}={_short(named[name])}" if name in named else name
        for name in names[count : count + keywords]
    ]
    if code.co_flags & _inspect.CO_VARKEYWORDS:
        parts.append("**" + names[count + keywords + bool(code.co_flags & _inspect.CO_VARARGS)])
    return f"({', '.join(parts)})"


def _short(value: object) -> str:
    text = summary(value)
    return text if len(text) <= 40 else text[:39] + "…"


def lines_of(filename: str) -> list[str]:
    """A source file's lines: as typed into the session, or of a regular file."""
    held = linecache.cache.get(filename)
    if type(held) is tuple and len(held) == 4:
        return list(held[2])
    try:
        facts = os.stat(filename)
        if not stat.S_ISREG(facts.st_mode) or facts.st_size > MAX_SOURCE:
            return []
        with open(filename, encoding="utf-8", errors="replace") as file:
            return file.readlines()
    except (OSError, ValueError):
        return []


def function_source(function: types.FunctionType) -> str:
    """The text a function was made from; "" if it is not to be had."""
    code = function.__code__
    return _block(lines_of(code.co_filename), code.co_firstlineno)


def class_source(cls: type) -> str:
    """The text a class was made from, found by its methods; "" if it is not to be had."""
    for name, item in class_items(cls):
        if name == "__firstlineno__" and type(item) is int:
            for _, method in class_items(cls):
                if type(method) is types.FunctionType:
                    return _block(lines_of(method.__code__.co_filename), item)
    for _, method in class_items(cls):
        if type(method) is types.FunctionType:
            lines = lines_of(method.__code__.co_filename)
            wanted = f"class {qualified_name(cls).rpartition('.')[2]}"
            first = min(method.__code__.co_firstlineno, len(lines))
            for at in range(first, 0, -1):
                line = lines[at - 1].lstrip()
                if line.startswith(wanted) and line[len(wanted) :].lstrip()[:1] in ("(", ":"):
                    return _block(lines, at)
    return ""


def _block(lines: list[str], first: int) -> str:
    if not 0 < first <= len(lines):
        return ""
    try:
        return "".join(_inspect.getblock(lines[first - 1 :]))
    except Exception:  # text that tokenize cannot read
        return ""


def global_names(function: types.FunctionType) -> list[str]:
    """Names that a function looks up outside of itself."""
    found: list[str] = []
    waiting = [function.__code__]
    while waiting and len(found) < _NOISE:
        code = waiting.pop()
        found += [name for name in code.co_names if name not in found]
        waiting += [item for item in code.co_consts if type(item) is types.CodeType]
    held = function.__globals__
    known = {name for name in list(held) if type(name) is str} if type(held) is dict else set()
    return [name for name in found if name in known]


def facts_of(value: Any) -> list[list[str]]:
    """Pairs of heading and text about a function or class."""
    if type(value) is types.FunctionType:
        code = value.__code__
        pairs = [
            ["signature", signature(value)],
            ["defined", f"{code.co_filename}:{code.co_firstlineno}"],
        ]
        used = global_names(value)
        return [*pairs, ["globals", ", ".join(used)]] if used else pairs
    if is_class(value):
        return [["bases", ", ".join(map(qualified_name, bases(value)))]]
    return []

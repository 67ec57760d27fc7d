"""Parameters, documentation and source of what can be called, read without running user code."""

from __future__ import annotations

import functools
import inspect as _inspect
import re
import types
from typing import Any

from .annotations import annotation_of
from .code import class_source, function_source
from .following import Place, class_entry
from .static import (
    MISSING,
    class_name,
    find,
    instance_dict,
    is_a,
    is_class,
    module_dict,
    mro,
    own_entry,
)  # fmt: skip
from .summaries import kind_of, shape, summary

MAX_DOC = 40_000
MAX_DEFAULT = 30
_MAX_DEPTH = 4
_BUILTIN = (
    types.BuiltinFunctionType,
    types.MethodDescriptorType,
    types.WrapperDescriptorType,
    types.MethodWrapperType,
    types.ClassMethodDescriptorType,
)


def explain(place: Place, *, source: bool) -> dict[str, Any]:
    """What there is to say about a place.

    Keys: ``kind``, ``type``, ``summary``, ``parameters`` (rows of name and text; None: it cannot be
    called, or nobody knows how), ``returns``, ``doc``, ``file``, ``line``, ``source``.
    """
    value = place.value
    callee, skipped = _callee(place)
    about = value if place.known and kind_of(value) != "data" else place.cls
    parameters = returns = None
    if callee is not None:
        parameters, returns = _signature(callee, skipped)
    file, line = _origin(about)
    return {
        "kind": kind_of(value) if place.known else "object",
        "type": class_name(place.cls),
        "summary": _summary(place),
        "parameters": parameters,
        "returns": returns,
        "doc": documentation(about),
        "file": file,
        "line": line,
        "source": _source(about) if source else "",
    }


def _summary(place: Place) -> str:
    if not place.known or kind_of(place.value) not in ("data", "object"):
        return ""
    size = shape(place.value)
    text = summary(place.value)
    return f"{size}  {text}" if size and size not in text else text


def parameters_of(place: Place) -> list[list[str]]:
    """Rows of name and text of the parameters of what is called."""
    callee, skipped = _callee(place)
    return (_signature(callee, skipped)[0] or []) if callee is not None else []


# -- parameters ----------------------------------------------------------------------------------


def _callee(place: Place) -> tuple[Any, int]:
    """The function behind a place, and how many of its parameters are bound; None for none."""
    value: Any = place.value
    skipped = 0
    if not place.known:
        return class_entry(place.cls, "__call__"), 1
    for _ in range(10):
        if type(value) is types.MethodType:
            value, skipped = value.__func__, skipped + 1
        elif type(value) is functools.partial:
            value, skipped = value.func, skipped + len(value.args)
        elif is_class(value):
            return _maker(value)
        else:
            wrapped = find(instance_dict(value) or {}, "__wrapped__")
            if wrapped is MISSING:
                break
            value = wrapped
    if type(value) is types.FunctionType or type(value) in _BUILTIN:
        return value, skipped
    call = class_entry(type(value), "__call__")
    if type(call) is types.FunctionType:
        return call, skipped + 1
    return None, 0


def _maker(cls: type) -> tuple[Any, int]:
    for each in mro(cls):
        if each is object:
            break
        for name in ("__init__", "__new__"):
            entry = own_entry(each, name)
            if type(entry) is staticmethod:
                entry = entry.__func__
            if type(entry) is types.FunctionType:
                return entry, 1
        if own_entry(each, "__text_signature__") is not MISSING:
            break
    return cls, 0


def _signature(callee: Any, skipped: int) -> tuple[list[list[str]] | None, str | None]:
    if type(callee) is types.FunctionType:
        return _of_function(callee)[skipped:], _annotation(callee, "return")
    text = getattr(callee, "__text_signature__", None) if _is_builtin(callee) else None
    return (_of_text(text)[skipped:], None) if type(text) is str else (None, None)


def _is_builtin(callee: Any) -> bool:
    if is_class(callee):
        return type(callee) is type and not any(
            own_entry(each, "__text_signature__") is not MISSING for each in mro(type(callee))[:-2]
        )
    return type(callee) in _BUILTIN


def _annotation(function: types.FunctionType, name: str) -> str | None:
    found = annotation_of(function, name)
    return None if found is MISSING else annotation_text(found)


def annotation_text(value: Any, depth: int = 0) -> str | None:
    """An annotation as it was written, more or less; None if only its own code could tell."""
    if type(value) is str:
        return value
    if value is None or value is type(None):
        return "None"
    if value is ...:
        return "..."
    if type(value) is types.GenericAlias or type(value) is types.UnionType:
        origin = getattr(value, "__origin__", None)
        return _generic(origin, value.__args__, depth)
    if is_class(value):
        return class_name(value)
    held = instance_dict(value)
    if held is None or type(value).__module__ != "typing":
        return None
    name = find(held, "_name")
    arguments = find(held, "__args__")
    if type(arguments) is tuple and depth < _MAX_DEPTH:
        origin = find(held, "__origin__")
        return _generic(name if type(name) is str else origin, arguments, depth)
    return name if type(name) is str else None


def _generic(origin: Any, arguments: tuple[Any, ...], depth: int) -> str | None:
    parts = [annotation_text(each, depth + 1) or "…" for each in arguments]
    name = None if origin is None else annotation_text(origin, depth + 1)
    if name is None or name in ("Union", "Optional"):
        return " | ".join(parts)
    return f"{name}[{', '.join(parts)}]"


def _of_function(function: types.FunctionType) -> list[list[str]]:
    """Name and text of each parameter, ``/`` and ``*`` among them."""
    code = function.__code__
    names = code.co_varnames
    count, keywords = code.co_argcount, code.co_kwonlyargcount
    defaults = function.__defaults__ or ()
    variadic = bool(code.co_flags & _inspect.CO_VARARGS)
    rows = []
    for at, name in enumerate(names[:count]):
        place = at - (count - len(defaults))
        rows.append(_row(function, name, defaults[place] if place >= 0 else MISSING))
        if at + 1 == code.co_posonlyargcount:
            rows.append(["/", "/"])
    if variadic:
        rows.append(_row(function, names[count + keywords], MISSING, "*"))
    elif keywords:
        rows.append(["*", "*"])
    named = function.__kwdefaults__ or {}
    rows += [
        _row(function, name, named.get(name, MISSING)) for name in names[count : count + keywords]
    ]
    if code.co_flags & _inspect.CO_VARKEYWORDS:
        rows.append(_row(function, names[count + keywords + variadic], MISSING, "**"))
    return rows


def _row(function: types.FunctionType, name: str, default: Any, stars: str = "") -> list[str]:
    text = stars + name
    annotation = _annotation(function, name)
    if annotation:
        text += f": {annotation}"
    if default is not MISSING:
        shown = summary(default)
        shown = shown if len(shown) <= MAX_DEFAULT else shown[: MAX_DEFAULT - 1] + "…"
        text += f" = {shown}" if annotation else f"={shown}"
    return [stars + name, text]


_PARAMETER = re.compile(r"(\$?)(\*{0,2}\w+|[*/])(\s*[:=].*)?$", re.DOTALL)


def _of_text(text: str) -> list[list[str]]:
    """Rows of a text signature as C functions have it: ``($self, /, *args, **kwargs)``."""
    rows: list[list[str]] = []
    depth, start = 0, 1
    inner = text.strip()
    for at, char in enumerate(inner):
        if char in "([{":
            depth += 1
        elif char in ")]}":
            depth -= 1
        if (char == "," and depth == 1) or (char == ")" and depth == 0):
            found = _PARAMETER.match(inner[start:at].strip())
            start = at + 1
            if found is not None and not found[1]:  # a dollar marks what is bound already
                rows.append([found[2], found[2] + (found[3] or "")])
    if rows and rows[0][0] == "/":
        del rows[0]
    return rows


# -- text ----------------------------------------------------------------------------------------


def documentation(value: Any) -> str:
    """A value's own documentation, indentation removed; "" if it has none."""
    text: Any = MISSING
    if type(value) is types.MethodType:
        value = value.__func__
    if is_a(value, types.ModuleType):
        text = find(module_dict(value), "__doc__")
    elif is_class(value):
        text = own_entry(value, "__doc__")
    elif type(value) in (types.FunctionType, property, *_BUILTIN):
        text = value.__doc__
    else:
        text = own_entry(type(value), "__doc__")
    if type(text) is not str:
        return ""
    return _inspect.cleandoc(text[:MAX_DOC])


def _origin(value: Any) -> tuple[str, int]:
    if type(value) is types.MethodType:
        value = value.__func__
    if type(value) is types.FunctionType:
        return value.__code__.co_filename, value.__code__.co_firstlineno
    if is_a(value, types.ModuleType):
        file = find(module_dict(value), "__file__")
        return (file, 1) if type(file) is str else ("", 0)
    return "", 0


def _source(value: Any) -> str:
    if type(value) is types.MethodType:
        value = value.__func__
    if type(value) is property:
        value = value.fget
    if type(value) is types.FunctionType:
        return function_source(value)
    if is_class(value):
        return class_source(value)
    if not is_a(value, types.ModuleType):
        return class_source(type(value))
    return ""


__all__ = ["annotation_text", "documentation", "explain", "parameters_of"]

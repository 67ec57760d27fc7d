"""Annotations of functions, read without running user code.

From 3.14 on they are code, which is run when they are asked for. What the compiler makes of plain
ones can be carried out with stand-ins in place of all names, and then tells how they were written.
"""

from __future__ import annotations

import opcode
import sys
import types
from typing import Any

from .static import MISSING, find

if sys.version_info >= (3, 14):
    import annotationlib

_CALM_FAMILIES = ("BINARY_", "BUILD_", "COPY", "LIST_", "LOAD_", "SET_", "UNARY_")
_CALM = frozenset(
    [
        "CACHE", "CALL_INTRINSIC_1", "COMPARE_OP", "EXTENDED_ARG", "MAKE_CELL", "NOP", "NOT_TAKEN",
        "POP_JUMP_IF_FALSE", "POP_TOP", "RAISE_VARARGS", "RESUME", "RETURN_VALUE", "SWAP",
        "TO_BOOL",
    ]
)  # fmt: skip
"""Instructions that call nothing, import nothing and never go back."""


def annotation_of(function: types.FunctionType, name: str) -> Any:
    """A parameter's annotation ("return": the result's): its value, or its text.

    MISSING if there is none, or if only running code could tell.
    """
    held = _written(function)
    return find(held, name) if type(held) is dict else MISSING


def _written(function: types.FunctionType) -> Any:
    if sys.version_info >= (3, 14):
        annotate = function.__annotate__
        if annotate is not None:
            if type(annotate) is not types.FunctionType or not _is_calm(annotate.__code__):
                return MISSING
            try:
                return annotationlib.call_annotate_function(annotate, annotationlib.Format.STRING)
            except Exception:
                return MISSING  # not the compiler's after all
    return function.__annotations__


def _is_calm(code: types.CodeType) -> bool:
    names = {opcode.opname[number] for number in code.co_code[::2]}
    return all(name in _CALM or name.startswith(_CALM_FAMILIES) for name in names)

"""Texts of the cells of a session, and where in them its names were bound."""

from __future__ import annotations

import ast
import json
import linecache


def gather(known: dict[int, str]) -> dict[int, str]:
    """Texts of the cells, from the session and from where tracebacks look."""
    found = dict(known)
    for filename, entry in list(linecache.cache.items()):
        if filename.startswith("<cell ") and len(entry) == 4:
            number = filename[6:-1]
            if number.isdigit():
                text = "".join(entry[2])
                found.setdefault(int(number), text.removesuffix("\n"))
    return dict(sorted(found.items()))


def lines(cells: dict[int, str]) -> bytes:
    """The texts as they are stored: one JSON list of number and text a line."""
    return b"".join(json.dumps([n, text]).encode() + b"\n" for n, text in cells.items())


def binding(cells: dict[int, str]) -> dict[str, int]:
    """By name: the last cell that binds it at its top level."""
    bound: dict[str, int] = {}
    for number, text in cells.items():
        try:
            tree = ast.parse(text)
        except (SyntaxError, ValueError, RecursionError):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                bound[node.id] = number
            elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                bound[node.name] = number
            elif isinstance(node, ast.alias):
                bound[node.asname or node.name.partition(".")[0]] = number
    return bound


def definition(text: str, name: str) -> str:
    """The source of a function or class within a cell."""
    try:
        body = ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError):
        return ""
    for node in reversed(body):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            if node.name == name:
                first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
                return "\n".join(text.split("\n")[first - 1 : node.end_lineno])
        elif isinstance(node, ast.Assign) and len(node.targets) == 1:
            target = node.targets[0]
            is_named = isinstance(target, ast.Name) and target.id == name
            if is_named and isinstance(node.value, ast.Lambda):
                return ast.get_source_segment(text, node) or ""
    return ""

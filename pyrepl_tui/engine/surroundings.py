"""Files and modules that code may name, found on disk without keeping a worker busy."""

from __future__ import annotations

import ast
import os
import re
import time
import zipfile
from collections.abc import Iterator
from importlib.machinery import all_suffixes
from pathlib import Path
from typing import Any

from pyrepl_worker.records import record

MAX_ENTRIES = 5000
MAX_SOURCE = 2 << 20
KEPT_SECONDS = 10.0
"""How long a listing of a folder is believed."""

_SUFFIXES = tuple(sorted(all_suffixes(), key=len, reverse=True))


@record(frozen=True, slots=True)
class Whereabouts:
    """Where a session's code looks for files and modules."""

    cwd: str
    home: str
    path: tuple[str, ...]
    modules: frozenset[str]
    """Names of the modules it has loaded."""
    builtin: tuple[str, ...]

    @classmethod
    def of(cls, data: dict[str, Any]) -> Whereabouts:
        """From the worker's answer."""
        return cls(
            data["cwd"],
            data["home"],
            tuple(data["path"]),
            frozenset(data["modules"]),
            tuple(data["builtin"]),
        )


class Surroundings:
    """Listings of folders, kept for a while. Its methods block: call them in a thread."""

    def __init__(self) -> None:
        self._listed: dict[str, tuple[float, dict[str, str]]] = {}

    # -- files -----------------------------------------------------------------------------------

    def files(self, typed: str, where: Whereabouts) -> list[tuple[str, str]]:
        """Names in the folder that a path being typed leads to, each with its kind."""
        folder = typed.rpartition("/")[0] + "/" if "/" in typed else ""
        if folder.startswith("~/"):
            folder = where.home + folder[1:]
        found = []
        try:
            with os.scandir(os.path.join(where.cwd or "/", folder)) as entries:
                for entry in entries:
                    kind = "folder" if entry.is_dir() else "file"
                    found.append((entry.name + "/" * (kind == "folder"), kind))
                    if len(found) >= MAX_ENTRIES:
                        break
        except OSError:
            return []
        return sorted(found)

    # -- modules ---------------------------------------------------------------------------------

    def modules(self, package: str, where: Whereabouts) -> list[str]:
        """Names of the modules in a package; "" lists those at the top."""
        found: set[str] = set()
        for folder in self._folders(package, where):
            found |= set(self._list(folder, where.cwd))
        if not package:
            found |= set(where.builtin)
            found |= {name for name in where.modules if "." not in name}
        else:
            inner = package + "."
            found |= {
                name[len(inner) :]
                for name in where.modules
                if name.startswith(inner) and "." not in name[len(inner) :]
            }
        return sorted(name for name in found if name.isidentifier())

    def _folders(self, package: str, where: Whereabouts) -> list[str]:
        """Where a package's modules lie."""
        if package.startswith("."):
            return [where.cwd] if package == "." else []
        folders = [entry or where.cwd for entry in where.path]
        for part in package.split(".") if package else ():
            folders = [
                os.path.join(folder, part)
                for folder in folders
                if self._list(folder, where.cwd).get(part) == "package"
            ]
        return folders

    def _list(self, folder: str, cwd: str) -> dict[str, str]:
        """Modules and packages in a folder or zip file."""
        known = self._listed.get(folder)
        now = time.monotonic()
        if known is not None and now - known[0] < KEPT_SECONDS:
            return known[1]
        found = _scan(os.path.join(cwd or "/", folder))
        self._listed[folder] = (now, found)
        return found

    # -- what a module that is not loaded defines ------------------------------------------------

    def members(self, module: str, where: Whereabouts) -> list[tuple[str, str]]:
        """Names at the top of a module's source, each with its kind."""
        package, _, name = module.rpartition(".")
        for folder in self._folders(package, where):
            base = Path(where.cwd or "/", folder, name)
            for file in (base / "__init__.py", base.with_name(name + ".py")):
                if file.is_file():
                    return _defined(file)
        return []


def _scan(folder: str) -> dict[str, str]:
    found: dict[str, str] = {}
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                name = entry.name
                for suffix in _SUFFIXES:
                    if name.endswith(suffix):
                        found[name[: -len(suffix)]] = "module"
                        break
                else:
                    if name.isidentifier() and name != "__pycache__" and entry.is_dir():
                        found[name] = "package"
    except NotADirectoryError:
        return _scan_zip(folder)
    except OSError:
        return {}
    return found


def _scan_zip(path: str) -> dict[str, str]:
    try:
        with zipfile.ZipFile(path) as archive:
            tops = [name.partition("/") for name in archive.namelist()]
    except (OSError, zipfile.BadZipFile):
        return {}
    return {
        first.removesuffix(".py"): "package" if slash else "module"
        for first, slash, _ in tops
        if slash or first.endswith(".py")
    }


def _defined(file: Path) -> list[tuple[str, str]]:
    try:
        if file.stat().st_size > MAX_SOURCE:
            return []
        text = file.read_text("utf-8", "replace")
    except OSError:
        return []
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        names = re.findall(r"^(?:async )?(def|class) +(\w+)", text, re.MULTILINE)
        return [(name, "class" if kind == "class" else "function") for kind, name in names]
    found: dict[str, str] = {}
    for node in _top(tree.body):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            found[node.name] = "function"
        elif isinstance(node, ast.ClassDef):
            found[node.name] = "class"
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            for alias in node.names:
                found.setdefault((alias.asname or alias.name).partition(".")[0], "object")
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                if isinstance(target, ast.Name):
                    found[target.id] = "data"
    found.pop("*", None)
    return list(found.items())


def _top(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements of a module, those under a condition or tried included."""
    for node in body:
        if isinstance(node, (ast.If, ast.Try, ast.With)):
            handlers = node.handlers if isinstance(node, ast.Try) else []
            yield from _top(node.body)
            for handler in handlers:
                yield from _top(handler.body)
            yield from _top([] if isinstance(node, ast.With) else node.orelse)
        else:
            yield node

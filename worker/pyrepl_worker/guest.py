"""How the worker lives in a foreign interpreter without leaving traces.

Three dangers are met here: modules of ours that user code could import by accident, files in the
user's folder that are named like the standard library's, and user code that rebinds builtins.
Executed by `bootstrap` from its file, before anything else of the package exists.
"""

from __future__ import annotations

import builtins
import importlib.machinery
import os
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Any

PINNED = ("pyrepl_worker", "msgpack")
"""Packages that come with us and are hidden again once they are loaded."""


class PinnedFinder:
    """Finds the pinned packages in our folders only, with builtins of their own."""

    def __init__(self, folders: Sequence[str]) -> None:
        self._folders = list(folders)
        # a copy: code that rebinds print, len or __import__ in builtins breaks itself, not us
        self._builtins = dict(vars(builtins))

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        top, dot, _ = name.partition(".")
        if top not in PINNED:
            return None
        folders = self._folders if not dot else list(path or ())
        spec = importlib.machinery.PathFinder.find_spec(name, folders)
        if spec is not None and isinstance(spec.loader, importlib.machinery.SourceFileLoader):
            execute = spec.loader.exec_module

            def exec_module(module: ModuleType) -> None:
                vars(module)["__builtins__"] = self._builtins
                execute(module)

            spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec


def stdlib_path(path: Sequence[str]) -> list[str]:
    """The entries of a sys.path that hold the standard library."""
    home = os.path.dirname(os.path.realpath(os.__file__))
    version = f"python{sys.version_info[0]}{sys.version_info[1]}.zip"
    return [
        entry
        for entry in path
        if os.path.realpath(entry) == home
        or os.path.basename(entry) in ("lib-dynload", version)
    ]


def hide_pinned() -> None:
    """Take our packages out of sys.modules; modules that hold references keep working."""
    for name in list(sys.modules):
        if name.partition(".")[0] in PINNED:
            del sys.modules[name]


class Shadows:
    """The standard modules that we loaded and a bare interpreter would not have."""

    def __init__(self, baseline: set[str]) -> None:
        self._baseline = baseline

    def lift(self, folder: str) -> list[str]:
        """Forget those that a file in `folder` would have come before, as it does in plain Python.

        Returns the names forgotten. Our modules keep the standard ones they already hold.
        """
        try:
            present = set(os.listdir(folder))
        except OSError:
            return []
        suffixes = importlib.machinery.all_suffixes()
        lifted = []
        for name in [name for name in sys.modules if "." not in name]:
            if name in self._baseline or name == "__main__":
                continue
            shadowed = any(name + suffix in present for suffix in suffixes) or (
                name in present and os.path.isfile(os.path.join(folder, name, "__init__.py"))
            )
            if shadowed:
                lifted.append(name)
                prefix = name + "."
                for other in [o for o in sys.modules if o == name or o.startswith(prefix)]:
                    del sys.modules[other]
        return lifted


def run(home: str, baseline: set[str], argv: Sequence[str]) -> int:
    """Load the worker from `home` and act the part that `argv` names. Returns the exit code."""
    folders = [home] + [argv[i + 1] for i, word in enumerate(argv[:-1]) if word == "--site"]
    finder = PinnedFinder(folders)
    user_path = list(sys.path)
    sys.path[:] = stdlib_path(user_path)
    sys.meta_path.insert(0, finder)  # type: ignore[arg-type]
    try:
        from pyrepl_worker import main
    finally:
        sys.meta_path.remove(finder)  # type: ignore[arg-type]
        sys.path[:] = user_path
        hide_pinned()
    return main.main(list(argv), Shadows(baseline))

"""Modules of the standard library that files of the user's come before."""

from __future__ import annotations

import importlib.machinery
import os
import sys
from collections.abc import Callable, Collection, Sequence


class Shadows:
    """The standard modules that we loaded and a bare interpreter would not have."""

    def __init__(
        self, baseline: set[str], stdlib_path: Callable[[Sequence[str]], list[str]]
    ) -> None:
        """Note what is loaded now.

        Args:
            baseline: the modules of a bare interpreter.
            stdlib_path: returns the entries of a `sys.path` that hold the standard library.
        """
        self._baseline = baseline
        self._stdlib_path = stdlib_path
        self._ours = self._loaded()

    def renew(self) -> None:
        """Count what we have loaded since."""
        self._ours = self._loaded()

    def _loaded(self) -> frozenset[str]:
        return frozenset(
            name for name in sys.modules if "." not in name and name not in self._baseline
        )

    def lift(self, folder: str, late: Collection[str], complete: Callable[[], object]) -> list[str]:
        """Forget those that a file in `folder` would have come before, as it does in plain Python.

        Args:
            folder: where the session runs.
            late: names of the standard modules that we import late, and of what they need.
            complete: imports them. Called now if a file in the folder has such a name.

        Returns the names forgotten. Our modules keep the standard ones they already hold.
        """
        entries = _entries(folder)
        if _hidden(folder, entries, late):
            path = list(sys.path)
            sys.path[:] = self._stdlib_path(path)
            complete()
            sys.path[:] = path
            self._ours = self._loaded()
        lifted = sorted(_hidden(folder, entries, self._ours))
        for name in lifted:
            prefix = name + "."
            for other in [o for o in sys.modules if o == name or o.startswith(prefix)]:
                del sys.modules[other]
        return lifted


def shadowed(folder: str, names: Collection[str]) -> set[str]:
    """Those of the named modules that a file in a folder would come before."""
    return _hidden(folder, _entries(folder), names)


def _entries(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _hidden(folder: str, entries: list[str], names: Collection[str]) -> set[str]:
    # by the folder's names: to walk a table of modules would copy pages shared with others
    return {stem for entry in entries if (stem := _shadowed(folder, entry, names))}


def _shadowed(folder: str, entry: str, names: Collection[str]) -> str | None:
    """Which of the named modules a folder's entry comes before, if it does."""
    stem, dot, _ = entry.partition(".")
    if stem not in names:
        return None
    if dot:
        suffixes = importlib.machinery.all_suffixes()
        return stem if any(entry == stem + suffix for suffix in suffixes) else None
    is_package = os.path.isfile(os.path.join(folder, entry, "__init__.py"))
    return stem if is_package else None

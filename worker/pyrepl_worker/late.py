"""What is loaded when it is first needed: most sessions never await, save or complete anything."""

from __future__ import annotations

import traceback
from typing import Any


class LateModule:
    """Stands for a module until something of it is used."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._module: Any = None

    def load(self) -> Any:
        """Import the module, if that has not happened yet."""
        if self._module is None:
            self._module = __import__(self._name, fromlist=("__name__",))
        return self._module

    def __getattr__(self, name: str) -> Any:
        return getattr(self.load(), name)


def part(name: str) -> Any:
    """A module of ours that is loaded late."""
    return LateModule(f"{__package__}.{name}")


library: Any = None
"""What imports for our modules; None: the interpreter, as for the app."""


def newly_needed() -> list[str]:
    """Modules of ours that this process has loaded since it was last asked."""
    if library is None or not library.needed:
        return []
    needed, library.needed = library.needed, []
    return list(needed)


def load_all(names: list[str]) -> bool:
    """Load modules of ours. Returns whether any was new."""
    known = len(library.modules)
    for name in names:
        try:
            library.import_(name, fromlist=("__name__",))
        except Exception:
            continue  # the workers have met the same, and have told who asked
    library.needed.clear()
    return len(library.modules) > known


asyncio = LateModule("asyncio")
"""The largest import of the standard library's."""

NEEDED = frozenset({
    "annotationlib", "asyncio", "base64", "binascii", "concurrent", "contextvars", "copy",
    "dataclasses", "heapq", "inspect", "keyword", "linecache", "locale", "logging", "reprlib",
    "select", "selectors", "signal", "socket", "ssl", "string", "struct", "subprocess", "textwrap",
    "threading", "token", "tokenize", "traceback", "typing", "warnings", "weakref",
})  # fmt: skip
"""The top-level modules that `complete` imports, beyond what any Python has loaded."""


def load_asyncio() -> None:
    """Import it where no interrupt can break that off, and no time limit counts it."""
    try:
        asyncio.load()
    except Exception:
        return  # the code that awaits meets the same error, and is told


def complete() -> None:
    """Import what the standard library would import for us in the midst of user code."""
    load_asyncio()
    getattr(traceback, "_colorize", None)  # from 3.15 on it is imported when it is first needed

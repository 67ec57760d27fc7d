"""asyncio, loaded when code first awaits: most sessions never do, and it is the largest import."""

from __future__ import annotations

import importlib
from typing import Any


class LateModule:
    """Stands for a standard module until something of it is used."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._module: Any = None

    def load(self) -> Any:
        """Import the module, if that has not happened yet."""
        if self._module is None:
            self._module = importlib.import_module(self._name)
        return self._module

    def __getattr__(self, name: str) -> Any:
        return getattr(self.load(), name)


asyncio = LateModule("asyncio")

NEEDED = frozenset({
    "asyncio", "base64", "binascii", "concurrent", "contextvars", "heapq", "inspect", "linecache",
    "locale", "logging", "select", "selectors", "signal", "socket", "ssl", "string", "struct",
    "subprocess", "textwrap", "threading", "token", "tokenize", "traceback", "typing", "warnings",
    "weakref",
})  # fmt: skip
"""The top-level modules that it consists of and imports, beyond what any Python has loaded."""


def load_asyncio() -> None:
    """Import it where no interrupt can break that off, and no time limit counts it."""
    try:
        asyncio.load()
    except Exception:
        return  # the code that awaits meets the same error, and is told

"""Code of modules as bytes, read before it is needed: the files may be another version's then."""

from __future__ import annotations

import _imp
import marshal
import os
import struct
from importlib._bootstrap_external import MAGIC_NUMBER, cache_from_source
from typing import Any

_PYC_HEADER = struct.Struct("<4sIII")


def read_code(path: str) -> tuple[bool, bytes]:
    """A module's code as bytes, and whether it is compiled already."""
    try:
        info = os.stat(path)
        with open(cache_from_source(path), "rb") as file:
            data = file.read()
        magic, flags, changed_at, size = _PYC_HEADER.unpack_from(data)
        present = (int(info.st_mtime) & 0xFFFFFFFF, info.st_size & 0xFFFFFFFF)
        if magic == MAGIC_NUMBER and not flags and (changed_at, size) == present:
            return True, data
    except (OSError, NotImplementedError, struct.error):
        pass  # never compiled, or no place for that
    with open(path, "rb") as file:
        return False, file.read()


def code_of(path: str, is_compiled: bool, content: bytes) -> Any:
    """The code that `read_code` has read."""
    if is_compiled:
        code = marshal.loads(memoryview(content)[_PYC_HEADER.size :])
        # it may have been compiled under another name; importlib does the same
        _imp._fix_co_filename(code, path)  # type: ignore[attr-defined]  # typeshed has it not
        return code
    return compile(content, path, "exec", dont_inherit=True)

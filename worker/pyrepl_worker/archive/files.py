"""Open regular files: by path, mode and position, and what they have not written yet.

The process that saves shares its descriptors with the live worker: nothing here may write to
them, nor move their positions.
"""

from __future__ import annotations

import fcntl
import os
import stat
import sys
from typing import Any

from . import rebuild
from .packing import Packer, Reduced

_STANDARD = ("stdin", "stdout", "stderr", "__stdin__", "__stdout__", "__stderr__")


def standard_stream(obj: Any) -> str | None:
    """The name under which sys has a stream."""
    return next((name for name in _STANDARD if getattr(sys, name, None) is obj), None)


def reduce_text(packer: Packer, file: Any) -> Any:
    """A text file."""
    name = standard_stream(file)
    if name is not None:
        return rebuild.standard_stream, (name,)
    if file.closed:
        return packer.refuse(file, "it is closed")
    options = {
        "buffering": -1,
        "buffered": type(file.buffer).__name__,
        "encoding": file.encoding,
        "errors": file.errors,
        "newline": _newline(file),
        "line_buffering": file.line_buffering,
        "cookie": None,
    }
    return _reduce(packer, file, file.buffer.raw, options)


def reduce_buffered(packer: Packer, file: Any) -> Any:
    """A binary file."""
    if file.closed:
        return packer.refuse(file, "it is closed")
    options = {"buffering": -1, "buffered": type(file).__name__, "cookie": None}
    return _reduce(packer, file, file.raw, options)


def reduce_raw(packer: Packer, file: Any) -> Any:
    """An unbuffered file."""
    if file.closed:
        return packer.refuse(file, "it is closed")
    return _reduce(packer, file, file, {"buffering": 0, "cookie": None})


def _reduce(packer: Packer, file: Any, raw: Any, options: dict[str, Any]) -> Reduced:
    try:
        fd = raw.fileno()
        status = os.fstat(fd)
        path = os.path.abspath(raw.name) if isinstance(raw.name, str) else ""
    except (OSError, AttributeError, ValueError):
        return packer.refuse(file, "it has no descriptor")
    if not stat.S_ISREG(status.st_mode):
        return packer.refuse(file, "it is no regular file")
    try:
        same = os.path.samestat(os.stat(path), status)
    except OSError:
        same = False
    if not same:
        return packer.refuse(file, "its path leads elsewhere by now")
    mode = str(file.mode)
    packer.note("a file is opened anew where it stood")
    if any(sign in mode for sign in "wax+"):
        position, pending = _unwritten(file, fd)
        options["cookie"] = None
    else:
        position, pending = _position(file, raw, options), b""
    return rebuild.open_file, (path, mode, position, pending, options)


def _position(file: Any, raw: Any, options: dict[str, Any]) -> int:
    if options["buffering"] == 0:
        return int(os.lseek(raw.fileno(), 0, os.SEEK_CUR))
    position = int(file.tell())
    if "encoding" in options:
        # a text file's position is more than a number of bytes: the file itself reads it
        options["cookie"] = position
        return 0
    return position


def _unwritten(file: Any, fd: int) -> tuple[int, bytes]:
    """Where a file that may be written stands, and what it still holds back.

    The descriptor is exchanged for an empty file of this process, the file flushed into that.
    """
    position = os.lseek(fd, 0, os.SEEK_CUR)
    kept = os.dup(fd)
    try:
        with _scratch() as catch:
            os.dup2(catch.fileno(), fd)
            try:
                file.flush()
            finally:
                catch.seek(0)
                pending = catch.read()
                os.dup2(kept, fd)
    finally:
        os.close(kept)
    return position, pending


def _scratch() -> Any:
    """An empty file that vanishes when it is closed."""
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("catch"), "w+b")
    import tempfile  # what it imports in its turn would make every start slower

    return tempfile.TemporaryFile()


def _newline(file: Any) -> str | None:
    """What was given as `newline`, as far as the file still knows."""
    reduced = getattr(file, "newlines", None)
    return None if reduced is None or isinstance(reduced, (str, tuple)) else str(reduced)


def detach(positions: dict[int, int]) -> None:
    """Give every regular file descriptions of its own, at the positions given.

    A fork shares positions with the live worker, which reads on while this process saves.
    """
    try:
        names = os.listdir("/proc/self/fd")
    except OSError:
        return  # no such folder: positions are as they are when they are asked for
    for fd in [int(name) for name in names if int(name) > 2]:
        try:
            if not stat.S_ISREG(os.fstat(fd).st_mode):
                continue
            flags = fcntl.fcntl(fd, fcntl.F_GETFL) & ~(os.O_CREAT | os.O_EXCL | os.O_TRUNC)
            position = positions.get(fd, os.lseek(fd, 0, os.SEEK_CUR))
            own = os.open(f"/proc/self/fd/{fd}", flags | os.O_CLOEXEC)
            os.lseek(own, position, os.SEEK_SET)
            os.dup2(own, fd, inheritable=os.get_inheritable(fd))
            os.close(own)
        except OSError:
            continue

"""What a fork gets nearly right: noted before it, put right in the copy that goes on.

CPython reseeds `random` in a forked child; open files share their position with the parent; an
event loop shares its selector; locks may be held by threads that the copy does not have.
"""

from __future__ import annotations

import fcntl
import os
import random
import selectors
import stat
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .lost_children import lose_children, note_children
from .revival import Pools, note_pools, revive_pools
from .unpatched import close as close_fd

if TYPE_CHECKING:
    import asyncio

    from .guards import Survey
else:
    from .late import asyncio


@dataclass(frozen=True)
class OpenFile:
    """A regular file that user code holds open."""

    fd: int
    path: str
    position: int
    flags: int
    inheritable: bool
    size: int
    changed_ns: int


@dataclass(frozen=True)
class Continuity:
    """State that a forked copy must put back before user code runs in it."""

    random_state: Any
    files: list[OpenFile]
    pools: Pools
    children: dict[int, bytes]
    """As of `lost_children`."""


def note(found: Survey) -> Continuity:
    """Note what the fork about to happen would change.

    Args:
        found: what was seen just before.
    """
    children = note_children(found.children)
    return Continuity(random.getstate(), _open_files(found.files), note_pools(), children)


def _open_files(descriptors: Iterable[int]) -> list[OpenFile]:
    files = []
    for fd in descriptors:
        try:
            status = os.fstat(fd)
            if stat.S_ISREG(status.st_mode):
                files.append(
                    OpenFile(
                        fd=fd,
                        path=os.readlink(f"/proc/self/fd/{fd}"),
                        position=os.lseek(fd, 0, os.SEEK_CUR),
                        flags=fcntl.fcntl(fd, fcntl.F_GETFL),
                        inheritable=os.get_inheritable(fd),
                        size=status.st_size,
                        changed_ns=status.st_mtime_ns,
                    )
                )
        except OSError:
            continue  # closed by another thread meanwhile
    return files


def sockets_of(loop: asyncio.AbstractEventLoop | None) -> list[int]:
    """Descriptors of an event loop that `put_back` makes anew."""
    pair = [getattr(loop, name, None) for name in ("_ssock", "_csock")]
    return [sock.fileno() for sock in pair if sock is not None]


def put_back(noted: Continuity, loop: asyncio.AbstractEventLoop | None) -> dict[str, str]:
    """Put back what the fork changed. Returns what could not be put back, by what it is."""
    random.setstate(noted.random_state)
    caveats: dict[str, str] = {}
    for file in noted.files:
        caveats.update(_reopen(file))
    if loop is not None and not loop.is_closed():
        caveats.update(_renew_loop(loop))
    caveats.update(revive_pools(noted.pools))
    caveats.update(lose_children(noted.children))
    try:
        os.getcwd()
    except OSError:
        caveats["cwd"] = "the working folder has been removed meanwhile"
    return caveats


def reseed() -> None:
    """Give the global random generators states of their own: Python's, numpy's and torch's."""
    random.seed()
    for name in ("numpy.random", "torch"):
        seed = getattr(sys.modules.get(name), "seed", None)
        if callable(seed):
            try:
                seed()
            except Exception:
                continue  # user code has put something else there


def _reopen(file: OpenFile) -> dict[str, str]:
    """Give the copy a position of its own in a file, where it was when the checkpoint was taken."""
    keep = os.O_ACCMODE | os.O_APPEND | os.O_NONBLOCK | getattr(os, "O_DSYNC", 0)
    try:
        fresh = os.open(f"/proc/self/fd/{file.fd}", (file.flags & keep) | os.O_CLOEXEC)
        try:
            status = os.fstat(fresh)
            os.lseek(fresh, file.position, os.SEEK_SET)
            os.dup2(fresh, file.fd, inheritable=file.inheritable)
        finally:
            close_fd(fresh)
    except OSError as error:
        return {file.path: f"its position is shared with the other process: {error.strerror}"}
    if (status.st_size, status.st_mtime_ns) != (file.size, file.changed_ns):
        return {file.path: "the file has been written to since the checkpoint"}
    return {}


def _renew_loop(loop: asyncio.AbstractEventLoop) -> dict[str, str]:
    """Give an event loop a selector and a wake-up pair of its own; its tasks and timers stay."""
    if not isinstance(loop, asyncio.SelectorEventLoop):
        return {"event loop": f"a {type(loop).__name__} cannot be used after a restore"}
    unix: Any = loop
    watched = [key for key in unix._selector.get_map().values() if key.fileobj is not unix._ssock]
    unix._selector = selectors.DefaultSelector()  # the old one's epoll is the other process's too
    unix._ssock.close()
    unix._csock.close()
    unix._ssock = unix._csock = None
    unix._internal_fds -= 1
    unix._make_self_pipe()
    if watched:
        return {"event loop": f"{len(watched)} sockets or pipes are not watched any more"}
    return {}

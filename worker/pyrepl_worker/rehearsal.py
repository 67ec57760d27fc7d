"""A session's life in small, in the nursery, before there is any: what it changes, forks share.

A page of memory that is written to is copied, by each session for itself. Much of what a session
writes is written by the first of its runs only, beside what nobody changes: from CPython 3.11 on
code rewrites itself for what it meets, methods once found are remembered, caches are filled. After
a rehearsal that is done. And it shows which code all sessions run, for `packing` to put together.
"""

from __future__ import annotations

import _signal as signal  # type: ignore[import-not-found]  # signal.py's wrappers make enums
import builtins
import linecache
import os
import socket
import sys
from typing import TYPE_CHECKING, Any

from . import framing, kinship, late, protocol, rank
from .adoption import wait_for_session
from .connections import Connection
from .packing import pack

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType

    from .node import Node
    from .shadows import Shadows

LIVES = 3
"""In the first it is seen what runs, in the others that gets used to what it meets."""
RUNS = 3
_CELL = "<rehearsal>"
_CODE = "_rehearsed = 1\ndel _rehearsed"
_PATIENCE = 5.0
"""Seconds given to the second thread to end."""


def rehearse(node: Node, shadows: Shadows, folder: str) -> None:
    """Have a node go through a session's life a few times, and be as new.

    Args:
        node: of a process that is no session's worker, and has no other threads.
        shadows: what a session's folder may hide.
        folder: one that can be made, and removed with all that is in it.
    """
    try:
        os.mkdir(folder, 0o700)
    except FileExistsError:
        _empty(folder)  # it is a nursery's that was killed
    except OSError:
        return  # there is no room: sessions will take more memory than they need
    stage = _Stage()
    try:
        pack(_code_run_by(lambda: _live(node, shadows, folder)))
        for _ in range(LIVES - 1):
            _live(node, shadows, folder)
    finally:
        stage.restore()
        late.newly_needed()
        _empty(folder)
        os.rmdir(folder)


def _code_run_by(call: Callable[[], None]) -> set[CodeType]:
    seen: set[CodeType] = set()
    before = sys.getprofile()
    sys.setprofile(lambda frame, event, _: seen.add(frame.f_code) if event == "call" else None)
    try:
        call()
    finally:
        sys.setprofile(before)
    return seen


class _Stage:
    """What a worker changes of its process, as it was before."""

    def __init__(self) -> None:
        self._handler = signal.getsignal(signal.SIGINT)
        self._mask = signal.pthread_sigmask(signal.SIG_BLOCK, ())
        self._files = [os.dup(fd) for fd in range(3)]
        self._streams = {
            name: getattr(sys, name) for name in ("stdout", "stderr", "__stdout__", "__stderr__")
        }
        self._main = sys.modules["__main__"]

    def restore(self) -> None:
        for name, stream in self._streams.items():
            setattr(sys, name, stream)
        for target, fd in enumerate(self._files):
            os.dup2(fd, target, inheritable=True)
            os.close(fd)
        sys.modules["__main__"] = self._main
        vars(builtins).pop("display", None)
        linecache.cache.pop(_CELL, None)
        rank.go_last()
        signal.signal(signal.SIGINT, self._handler)
        signal.pthread_sigmask(signal.SIG_SETMASK, self._mask)


def _live(node: Node, shadows: Shadows, folder: str) -> None:
    """Be adopted, run code of a client's, and end."""
    ours, theirs = socket.socketpair()
    nursery, link = Connection(ours), Connection(theirs)
    path = os.path.join(folder, "s")
    nursery.say(kinship.Adopt(_session(folder), path, None, False))
    adopt = wait_for_session(link)
    assert adopt is not None
    node.adopt(adopt.session, path, link)
    shadows.lift(folder, late.NEEDED, late.complete)
    node.take_up(None)
    link.say(kinship.NodeReady(os.getpid(), None))
    node.serve()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.connect(path)
        client.sendall(framing.encode(protocol.Hello(protocol.VERSION, "rehearsal")))
        for seq in range(1, RUNS + 1):
            run = protocol.Execute(seq, f"r{seq}", _CODE, "commit_always", None, _CELL, True, None)
            client.sendall(framing.encode(run))
            node.service.until(lambda: node.executor.busy)
            node.executor.do_next()
            node.tick()
    node.service.until(lambda: not node.audience.clients)
    node.service.leave()
    if not node.service.dismiss(_PATIENCE):
        raise RuntimeError("the second thread has not ended: no more can be forked here")
    node.be_new()
    nursery.close()
    _empty(folder)


def _session(folder: str) -> dict[str, Any]:
    """A session's description, as a nursery gives it."""
    return {
        "id": "rehearsal", "name": "rehearsal", "cwd": folder, "persist": False,
        "created_at": 0.0, "state_dir": folder, "directory": folder, "env": {},
        "registry": os.path.join(folder, "entry"), "nursery": "", "auto_checkpoint": False,
        "limits": None, "display": None,
    }  # fmt: skip


def _empty(folder: str) -> None:
    for name in os.listdir(folder):
        os.unlink(os.path.join(folder, name))

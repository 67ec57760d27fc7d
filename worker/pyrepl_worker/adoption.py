"""From a warm spare to the worker of a particular session."""

from __future__ import annotations

import _signal as signal  # type: ignore[import-not-found]  # signal.py's wrappers make enums
import gc
import os
import sys
import time
from typing import TYPE_CHECKING, Any

from . import kinship, thawing
from .brood import folder_problem
from .late import NEEDED, complete
from .records import replaced
from .tracebacks import format_error

if TYPE_CHECKING:
    from . import protocol
    from .connections import Connection
    from .node import Node
    from .shadows import Shadows


def wait_for_session(link: Connection) -> kinship.Adopt | None:
    """Sleep until the nursery hands over a session; None if it ends first."""
    link.socket.setblocking(True)
    while not link.broken:
        for msg in link.receive():
            if isinstance(msg, kinship.Adopt):
                link.socket.setblocking(False)
                return msg
    return None


def become_worker(node: Node, adopt: kinship.Adopt, link: Connection, shadows: Shadows) -> None:
    """Take a session up, and serve it until it ends. Does not return: the process exits."""
    session = adopt.session
    try:
        for number in (signal.SIGCHLD, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        gc.enable()
        _enter(session)
        node.adopt(session, adopt.socket, link)
        shadows.lift(session["cwd"], NEEDED, complete)
        restored = _load(node, adopt, link)
        if not adopt.in_turn:
            node.take_up(restored)
    except Exception as error:
        link.say(kinship.NodeReady(os.getpid(), _start_failure(session, error)))
        os._exit(1)
    link.say(kinship.NodeReady(os.getpid(), None))
    if adopt.in_turn:
        _wait_for_turn(node, link, restored)
    node.run()
    os._exit(0)


def _load(node: Node, adopt: kinship.Adopt, link: Connection) -> protocol.Restored | None:
    """Begin with what an archive holds, if that is wanted."""
    if adopt.load is None:
        return None
    from . import archiving

    return archiving.load(node, adopt.load, link.say)


def _wait_for_turn(node: Node, link: Connection, restored: protocol.Restored | None) -> None:
    """Take the session up when its old worker has left, or exit if it does not."""
    link.socket.setblocking(True)
    go = thawing.wait_for_go(link)
    if go is None or restored is None:
        os._exit(0)
    link.socket.setblocking(False)
    node.take_over(replaced(restored, replaced=go.replaced))


def _start_failure(session: dict[str, Any], error: Exception) -> str:
    """Why a worker could not take a session up; what matters most is the first line."""
    if isinstance(error, OSError) and isinstance(error.filename, str):
        if error.filename == session["cwd"]:
            return folder_problem(session, error)
        home, met = (os.path.join(each, "") for each in (session["directory"], error.filename))
        if home.startswith(met) or met.startswith(home):
            return (
                f"the session's files cannot be kept in {session['directory']!r}: "
                f"{error.strerror}; XDG_STATE_HOME or state_dir can name another place"
            )
    from .archive import Damage

    if isinstance(error, Damage):
        return str(error)
    text = format_error(error)
    return f"{text.rstrip().splitlines()[-1]}\n{text}"


def _enter(session: dict[str, Any]) -> None:
    """Give this process the session's environment, folder, sys.path, argv and randomness."""
    os.chdir(session["cwd"])
    before = os.environ.get("PYTHONPATH", "")
    for name, value in session["env"].items():
        if value is None:
            del os.environ[name]
        else:
            os.environ[name] = value
    if "TZ" in session["env"]:
        time.tzset()
    # the nursery runs in "/", and relative entries mean the session's folder
    for entry in before.split(os.pathsep) if before else ():
        if not os.path.isabs(entry):
            wrong = os.path.abspath("/" + entry)
            right = os.path.abspath(os.path.join(session["cwd"], entry))
            sys.path[:] = [right if _from_root(part) == wrong else part for part in sys.path]
    if not getattr(sys.flags, "safe_path", False):
        sys.path.insert(0, "")
    sys.argv[:] = session.get("argv") or [""]
    for name in ("random", "numpy.random"):
        if name in sys.modules:
            # else all sessions of one nursery would draw the same numbers
            sys.modules[name].seed()


def _from_root(path: str) -> str:
    """An absolute path with one slash in front: getpath joins "/" and "lib" to "//lib"."""
    return "/" + path.lstrip("/") if path.startswith("/") else path

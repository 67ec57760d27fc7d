"""Where things lie on disk."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

from pyrepl_tui.engine.errors import PyreplError

_NAME = "pyrepl-tui"


class UnsafeFolder(PyreplError):
    """The runtime folder belongs to another user, or others may enter it."""


def runtime_path() -> Path:
    """Path of the folder of sockets and of the registry, whether it exists or not."""
    base = os.environ.get("XDG_RUNTIME_DIR")
    if base and Path(base).is_absolute():
        return Path(base, _NAME)
    return Path(tempfile.gettempdir(), f"{_NAME}-{os.getuid()}")


def runtime_dir() -> Path:
    """Return the runtime folder, made with its subfolders if need be.

    Raises:
        UnsafeFolder: if somebody else could put things into it.
    """
    path = runtime_path()
    make_private(path)
    for name in ("n", "s", "registry"):
        make_private(path / name)
    return path


def make_private(path: Path) -> None:
    """Make a folder that is this user's alone, or check that it is."""
    try:
        path.mkdir(mode=0o700, parents=True)
    except FileExistsError:
        pass  # the usual case; checked below like a new one
    problem = privacy_problem(path)
    if problem:
        raise UnsafeFolder(problem)


def privacy_problem(path: Path) -> str | None:
    """Say why a folder is not this user's alone; None if it is."""
    info = path.lstat()
    if not stat.S_ISDIR(info.st_mode):
        return f"{path} is not a folder; remove it"
    if info.st_uid != os.getuid():
        return f"{path} belongs to user {info.st_uid}, not to you; set XDG_RUNTIME_DIR elsewhere"
    if info.st_mode & 0o077:
        mode = stat.S_IMODE(info.st_mode)
        return f"{path} is open to others (mode {mode:04o}); chmod 700 it"
    return None


def state_dir() -> Path:
    """Path of the folder of transcripts; it is made with the first session."""
    base = os.environ.get("XDG_STATE_HOME")
    root = Path(base) if base and Path(base).is_absolute() else Path.home() / ".local" / "state"
    return root / _NAME


def session_dir(state: Path, session_id: str) -> Path:
    """Path of one session's transcript."""
    return state / "sessions" / session_id

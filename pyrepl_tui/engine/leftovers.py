"""What dead processes left behind: sockets nobody listens on, entries of sessions that are gone."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import shutil
import socket
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pyrepl_tui import locations

from . import registry
from .launcher import try_lock
from .registry import RegistryEntry

_YOUNG_SECONDS = 5.0
"""What is younger may belong to something that is just starting."""


@dataclass(frozen=True, slots=True)
class Leftover:
    """Something that nobody needs any more."""

    path: Path
    what: str


def find() -> list[Leftover]:
    """List the leftovers. Nothing is changed."""
    runtime = locations.runtime_path()
    found = [*_entries(), *_node_sockets(runtime / "s"), *_nursery_files(runtime / "n")]
    found += _partial_files(runtime / "registry")
    found += _transcripts(locations.state_dir() / "sessions")
    found += _other_runtime(runtime)
    return found


def remove(leftover: Leftover) -> bool:
    """Remove one, unless it has come to life meanwhile. Returns whether it is gone."""
    path = leftover.path
    try:
        if path.suffix == ".lock":
            return _remove_lock(path)
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif path.suffix != ".sock" or not is_listening(path):
            path.unlink()
        else:
            return False
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True


def is_listening(path: Path) -> bool:
    """Whether a process listens on a unix socket."""
    with socket.socket(socket.AF_UNIX) as sock:
        sock.setblocking(False)
        try:
            sock.connect(str(path))
        except OSError as error:
            # a full queue of connections has somebody at its other end
            return error.errno == errno.EAGAIN
        return True


def _entries() -> Iterator[Leftover]:
    """Registry entries of sessions that neither a worker nor a nursery knows of."""
    for entry in registry.entries():
        if not _is_young(registry.folder() / f"{entry.id}.json") and not _is_alive(entry):
            what = f"entry of session {entry.name or entry.id}, whose processes are gone"
            yield Leftover(registry.folder() / f"{entry.id}.json", what)


def _is_alive(entry: RegistryEntry) -> bool:
    if entry.pid is not None and is_listening(Path(entry.socket)):
        return True
    # a dead worker's session waits in its nursery, to be restarted
    return entry.pid is None and is_listening(Path(entry.nursery))


def _node_sockets(folder: Path) -> Iterator[Leftover]:
    for path in sorted(folder.glob("*.sock")):
        if not _is_young(path) and not is_listening(path):
            yield Leftover(path, "socket of a worker that is gone")


def _nursery_files(folder: Path) -> Iterator[Leftover]:
    """The files of nurseries that are gone. A log goes with its nursery."""
    words = {".sock": "socket", ".log": "log", ".lock": "lock", ".trial": "rehearsal"}
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        known = path.suffix in words and not _is_young(path)
        if known and not is_listening(path.with_suffix(".sock")):
            yield Leftover(path, f"{words[path.suffix]} of a nursery that is gone")


def _partial_files(folder: Path) -> Iterator[Leftover]:
    for path in sorted(folder.glob("*.tmp")):
        if not _is_young(path):
            yield Leftover(path, "an entry that was never completed")


def _transcripts(folder: Path) -> Iterator[Leftover]:
    """Transcripts that nobody wanted to keep, of sessions that could not tidy up themselves."""
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if registry.load(path.name) is None and not _is_young(path) and _is_temporary(path):
            yield Leftover(path, "transcript of a temporary session that is gone")


def _is_temporary(path: Path) -> bool:
    with contextlib.suppress(OSError, ValueError):
        fields = json.loads((path / "session.json").read_bytes())
        return isinstance(fields, dict) and fields.get("persist") is False
    return False


def _other_runtime(current: Path) -> Iterator[Leftover]:
    """The runtime folder used while XDG_RUNTIME_DIR was not set, if nothing lives there."""
    other = Path(tempfile.gettempdir(), f"{current.name}-{os.getuid()}")
    if other == current or not other.is_dir() or locations.privacy_problem(other):
        return
    if not any(is_listening(path) for path in other.glob("[ns]/*.sock")) and not _is_young(other):
        yield Leftover(other, "runtime folder without any living process")


def _is_young(path: Path) -> bool:
    try:
        return time.time() - path.lstat().st_mtime < _YOUNG_SECONDS
    except OSError:
        return True


def _remove_lock(path: Path) -> bool:
    fd = try_lock(path)
    if fd is None:
        return False
    path.unlink()
    os.close(fd)
    return True

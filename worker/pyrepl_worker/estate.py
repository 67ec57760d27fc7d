"""What a dead worker, an ended session or a nursery leaves behind, put in order by the nursery."""

from __future__ import annotations

import fcntl
import json
import os
import time
from typing import Any

from . import protocol
from .deaths import Death
from .faults import take_fault
from .transcript import Transcript, write_atomically


def record_death(config: dict[str, Any], death: Death) -> None:
    """Write a worker's death into the session's journal and registry entry."""
    try:
        transcript = Transcript()
        transcript.open(config["directory"])
        os.write(transcript.err_fd, take_fault(config["directory"]))
        out, err = transcript.sizes()
        transcript.record(
            protocol.WorkerDied(
                death.pid, death.signal, death.exit_code, death.reason, time.time(), out, err
            )
        )
        transcript.close()
        with open(config["registry"], encoding="utf-8") as file:
            entry = json.load(file)
        entry["pid"] = None
        entry["death"] = {
            "signal": death.signal,
            "exit_code": death.exit_code,
            "reason": death.reason,
        }
        write_atomically(entry, config["registry"])
    except (OSError, ValueError):
        return  # a full or vanished disk must not take the other sessions' nursery down


def close_session(config: dict[str, Any]) -> None:
    """Remove the registry entry; before it the transcript, if the session was not to persist."""
    if not config["persist"]:
        _remove_transcript(config["directory"])
    _unlink(config["registry"])


def write_event(config: dict[str, Any], kind: Any, fields: dict[str, Any]) -> object | None:
    """Journal an event of a session that has no worker to do it. None: the disk is full."""
    try:
        transcript = Transcript()
        transcript.open(config["directory"])
        out, err = transcript.sizes()
        event: object = kind(**fields, out=out, err=err)
        transcript.record(event)
        transcript.close()
    except OSError:
        return None
    return event


# -- archives --------------------------------------------------------------------------------------


def archives_of(config: dict[str, Any]) -> str:
    """The folder of a session's archives; it may not exist."""
    return os.path.join(config["directory"], protocol.ARCHIVES)


def has_archive(config: dict[str, Any], checkpoint_id: str) -> bool:
    """Whether a checkpoint lies on disk, whole."""
    return checkpoint_id.isalnum() and os.path.exists(
        os.path.join(archives_of(config), protocol.MANIFESTS, f"{checkpoint_id}.json")
    )


def has_any_archive(config: dict[str, Any]) -> bool:
    """Whether a session would leave anything if all its processes were killed now."""
    try:
        return bool(os.listdir(os.path.join(archives_of(config), protocol.MANIFESTS)))
    except OSError:
        return False


def load_of(config: dict[str, Any], checkpoint_id: str, *, rerun: bool = False) -> dict[str, Any]:
    """What a worker is told to load."""
    folder = archives_of(config)
    return {"folder": folder, "checkpoint": checkpoint_id, "trust": True, "rerun": rerun}


def remove_archive(config: dict[str, Any], checkpoint_id: str) -> None:
    """Forget an archive. Whoever collects garbage next frees what only it used."""
    if checkpoint_id.isalnum():
        folder = archives_of(config)
        _unlink(os.path.join(folder, protocol.MANIFESTS, f"{checkpoint_id}.json"))
        _unlink(os.path.join(folder, protocol.PINS, checkpoint_id))


def pin(config: dict[str, Any], checkpoint_id: str, *, pinned: bool) -> None:
    """Have an archive kept until it is deleted, or no longer."""
    if not checkpoint_id.isalnum():
        return
    folder = os.path.join(archives_of(config), protocol.PINS)
    path = os.path.join(folder, checkpoint_id)
    if not pinned:
        _unlink(path)
        return
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except OSError:
        return  # a full disk: it is kept as long as others are


def tidy_up(base: str) -> None:
    """Remove the files of a nursery that ends (``base.lock``, ``base.log``), but not what it said.

    Its lock is left to whoever holds it: somebody who is starting another one.
    """
    lock, log = base + ".lock", base + ".log"
    try:
        fd = os.open(lock, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return  # cleaned by somebody already
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(os.fstat(fd), os.stat(lock)):
            if os.stat(log).st_size == 0:
                os.unlink(log)
            os.unlink(lock)
    except OSError:
        return  # held by another, or gone
    finally:
        os.close(fd)


def _remove_transcript(directory: str) -> None:
    """Folders inside the session's own (archives) stay."""
    try:
        names = os.listdir(directory)
    except OSError:
        return
    for name in names:
        _unlink(os.path.join(directory, name))
    try:
        os.rmdir(directory)
    except OSError:
        return  # archives are in it


def _unlink(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        return  # gone already, or a folder

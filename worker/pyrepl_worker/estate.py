"""What a dead worker or an ended session leaves behind, put in order by the nursery."""

from __future__ import annotations

import json
import os
import time
from typing import Any

from . import protocol
from .deaths import Death
from .transcript import Transcript, write_atomically


def record_death(config: dict[str, Any], death: Death) -> None:
    """Write a worker's death into the session's journal and registry entry."""
    try:
        transcript = Transcript()
        transcript.open(config["directory"])
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

"""Sessions in processes of their own, to be archived and restored."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cloudpickle

ROOT = Path(__file__).resolve().parents[3]
PROGRAM = Path(__file__).with_name("program.py")
SITE = str(Path(cloudpickle.__file__).parents[1])


@dataclass(frozen=True)
class Restored:
    """What a restored session says."""

    verdicts: dict[str, str]
    reasons: dict[str, str]
    caveats: dict[str, str]
    answers: list[str]
    """repr of what was asked, or the error."""
    names: list[str]


def archive(
    folder: Path, *cells: str, each: bool = False, seconds: float = 20.0, python: str = ""
) -> list[dict[str, Any]]:
    """Run cells in a new session and archive it. Returns the descriptions of the archives."""
    order = {"do": "archive", "folder": str(folder), "cells": cells, "each": each}
    answer: list[dict[str, Any]] = _do(order, seconds, python)["archives"]
    return answer


def restore(
    folder: Path,
    *ask: str,
    checkpoint: str = "c1",
    trust: bool = True,
    rerun: bool = False,
    seconds: float = 20.0,
    python: str = "",
) -> Restored:
    """Load an archive in a new session and ask it."""
    order = {"do": "restore", "folder": str(folder), "checkpoint": checkpoint, "trust": trust}
    return Restored(**_do({**order, "rerun": rerun, "ask": ask}, seconds, python))


def _do(order: dict[str, Any], seconds: float, python: str) -> Any:
    path = [str(ROOT / "worker")] + ([SITE] if python else [])
    done = subprocess.run(
        [python or sys.executable, PROGRAM],
        input=json.dumps({**order, "seconds": seconds, "path": path}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    return json.loads(done.stdout.splitlines()[-1])

"""`pyrepl-tui sessions`: what lives now."""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import time

from pyrepl_tui.engine.ended import list_ended_sessions
from pyrepl_tui.engine.registry import list_sessions
from pyrepl_tui.engine.values import SessionInfo

from .saying import say, shown

_HEADINGS = ("NAME", "ID", "STATE", "PID", "PYTHON", "AGE", "FOLDER")


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "--ended", action="store_true", help="those that have ended, and can be restored, instead"
    )
    parser.add_argument("--json", action="store_true", help="print a JSON list")


async def main(args: argparse.Namespace) -> int:
    """List the sessions."""
    found = await (list_ended_sessions() if args.ended else list_sessions())
    if args.json:
        print(json.dumps([dataclasses.asdict(info) for info in found], default=str, indent=2))
        return 0
    if not found:
        say("no sessions have ended" if args.ended else "no sessions")
        return 0
    rows = [_HEADINGS, *map(_row, found)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADINGS))]
    for row in rows:
        cells = (f"{cell:{width}}" for cell, width in zip(row, widths, strict=True))
        say("  ".join(cells).rstrip())
    return 0


def _row(info: SessionInfo) -> tuple[str, ...]:
    home = os.path.expanduser("~")
    folder = "~" + info.cwd[len(home) :] if info.cwd.startswith(home + os.sep) else info.cwd
    name = "-" if info.name == info.id else info.name
    state = "other version" if info.is_foreign and info.pid is not None else str(info.state)
    state = state if info.persist else f"{state}, temporary"
    pid = "-" if info.pid is None else str(info.pid)
    age = _age(info.created_at)
    return (shown(name), info.id, state, pid, info.python_version, age, shown(folder))


def _age(since: float) -> str:
    seconds = max(0, int(time.time() - since))
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"

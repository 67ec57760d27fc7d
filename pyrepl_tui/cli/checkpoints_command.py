"""`pyrepl-tui checkpoints`: a session's timeline, and a new point on it."""

from __future__ import annotations

import argparse
import dataclasses
import json
import time

from pyrepl_tui.engine import registry
from pyrepl_tui.engine.session import Session
from pyrepl_tui.engine.values import Checkpoint


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("name", metavar="NAME", help="the session's name, or its id's beginning")
    parser.add_argument("--take", metavar="LABEL", help="take a checkpoint called LABEL first")
    parser.add_argument("--json", action="store_true", help="print a JSON list")


async def main(args: argparse.Namespace) -> int:
    """List the checkpoints, oldest first; the present's is marked."""
    session = await Session.attach(registry.resolve(args.name).id, client="cli")
    try:
        if args.take is not None:
            await session.checkpoint(args.take)
        points = await session.checkpoints()
        present = session.present
    finally:
        await session.detach()
    if args.json:
        print(json.dumps([dataclasses.asdict(point) for point in points], indent=2))
        return 0
    if not points:
        print("no checkpoints")
    for point in points:
        print(_line(point, point.id == present))
    return 0


def _line(point: Checkpoint, is_present: bool) -> str:
    taken = time.strftime("%H:%M:%S", time.localtime(point.created_at))
    form = "image" if point.has_image else "gone"
    notes = f"  ({len(point.warnings)} warnings)" if point.warnings else ""
    mark = "*" if is_present else " "
    after = f"after run {point.execution_count}"
    return f"{mark} {point.id}  {taken}  {form:5}  {after:14}  {point.label or ''}{notes}".rstrip()

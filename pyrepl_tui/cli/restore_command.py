"""`pyrepl-tui restore`: make a checkpoint a session's present."""

from __future__ import annotations

import argparse

from pyrepl_tui.engine import registry
from pyrepl_tui.engine.errors import CheckpointError
from pyrepl_tui.engine.session import Session
from pyrepl_tui.engine.values import Checkpoint


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("name", metavar="NAME", help="the session's name, or its id's beginning")
    parser.add_argument("checkpoint", metavar="ID", help="the checkpoint's label or id's beginning")


async def main(args: argparse.Namespace) -> int:
    """Restore the checkpoint, and say what may not have come back."""
    session = await Session.attach(registry.resolve(args.name).id, client="cli")
    try:
        point = find(await session.checkpoints(), args.checkpoint)
        report = await session.restore(point)
    finally:
        await session.detach()
    print(f"restored {point.label or point.id} from its {report.form}")
    for what, why in report.caveats.items():
        print(f"  {what}: {why}")
    return 0


def find(points: list[Checkpoint], wanted: str) -> Checkpoint:
    """The checkpoint that a label or the beginning of an id names.

    Raises:
        CheckpointError: if none does, or several do.
    """
    found = [p for p in points if p.label == wanted] or [
        p for p in points if p.id.startswith(wanted)
    ]
    if len(found) == 1:
        return found[0]
    what = "several checkpoints are" if found else "no checkpoint is"
    raise CheckpointError(f"{what} called {wanted!r}; 'pyrepl-tui checkpoints' lists them")

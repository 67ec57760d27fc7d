"""`pyrepl-tui restore`: make a checkpoint a session's present."""

from __future__ import annotations

import argparse
from collections import Counter

from pyrepl_tui.engine.session import Session
from pyrepl_tui.engine.values import RestoreReport

from .checkpoints_command import find, verdict_counts
from .saying import say


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "name", metavar="NAME", help="the session's name, or its id's beginning; ended or not"
    )
    parser.add_argument("checkpoint", metavar="ID", help="the checkpoint's label or id's beginning")
    parser.add_argument(
        "--form", choices=("auto", "image", "archive"), default="auto", help="which form of it"
    )
    parser.add_argument(
        "--rerun", action="store_true", help="run cells again for what an archive has not"
    )


async def main(args: argparse.Namespace) -> int:
    """Restore the checkpoint, and say what may not have come back."""
    session = await Session.recall(args.name, client="cli")
    try:
        point = find(await session.checkpoints(), args.checkpoint)
        report = await session.restore(point, form=args.form, rerun=args.rerun)
    finally:
        await session.detach()
    say(f"restored {point.label or point.id} from its {report.form}")
    show(report)
    return 0


def show(report: RestoreReport) -> None:
    """Print how the variables came back, and what did not."""
    if report.form == "archive":
        say(f"  {verdict_counts(Counter(report.verdicts.values())) or 'no variables'}")
    for name, reason in report.reasons.items():
        say(f"  {name} {report.verdicts[name]}: {reason}")
    for what, why in report.caveats.items():
        say(f"  {what}: {why}")

"""`pyrepl-tui branch`: open a checkpoint as a second live session."""

from __future__ import annotations

import argparse

from pyrepl_tui.engine.session import Session

from .checkpoints_command import find
from .restore_command import show
from .saying import say


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "name", metavar="NAME", help="the session's name, or its id's beginning; ended or not"
    )
    parser.add_argument(
        "checkpoint", metavar="ID", nargs="?", help="label or id's beginning; none: the present"
    )
    parser.add_argument("--as", dest="new_name", metavar="NAME", help="the new session's name")
    parser.add_argument(
        "--reseed",
        action="store_true",
        help="give the random generators of Python, numpy and torch states of their own",
    )


async def main(args: argparse.Namespace) -> int:
    """Branch, and say what the new session is called."""
    session = await Session.recall(args.name, client="cli")
    try:
        point = None
        if args.checkpoint is not None:
            point = find(await session.checkpoints(), args.checkpoint)
        twin = await session.branch(point, name=args.new_name, reseed=args.reseed)
        say(twin.name)
        if twin.restore_report is not None:
            show(twin.restore_report)
        await twin.detach()
    finally:
        await session.detach()
    return 0

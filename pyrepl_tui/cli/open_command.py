"""`pyrepl-tui open`: a new session with what a checkpoint's archive holds."""

from __future__ import annotations

import argparse
from typing import Any

from pyrepl_tui.engine.errors import UntrustedArchive
from pyrepl_tui.engine.session import Session

from . import PROGRAM
from .restore_command import show
from .saying import say


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("what", metavar="FILE|ID", help="an exported file, or a checkpoint's id")
    parser.add_argument("--as", dest="new_name", metavar="NAME", help="the new session's name")
    parser.add_argument(
        "--trust", action="store_true", help="open a file made elsewhere: it may run any code"
    )
    parser.add_argument("--rerun", action="store_true", help="run cells again for what it has not")
    parser.add_argument("--python", metavar="PATH", help="the interpreter; none: our own")


async def main(args: argparse.Namespace) -> int:
    """Open it in a session that persists, and say what that is called."""
    options: dict[str, Any] = {} if args.new_name is None else {"name": args.new_name}
    try:
        session = await Session.open(
            args.what,
            trust=args.trust,
            rerun=args.rerun,
            python=args.python,
            persist=True,
            auto_checkpoint=True,
            client="cli",
            **options,
        )
    except UntrustedArchive as error:
        text = f"{error}: '{PROGRAM} checkpoints {args.what}' does, and --trust opens it"
        raise UntrustedArchive(text) from None
    say(session.name)
    if session.restore_report is not None:
        show(session.restore_report)
    await session.detach()
    return 0

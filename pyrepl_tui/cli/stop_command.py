"""`pyrepl-tui stop`: end a session."""

from __future__ import annotations

import argparse

from pyrepl_tui.engine import foreign, registry
from pyrepl_tui.engine.errors import SessionNotFound
from pyrepl_tui.engine.session import Session

from .saying import say


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "names", nargs="+", metavar="NAME", help="a session's name, or the beginning of its id"
    )


async def main(args: argparse.Namespace) -> int:
    """End the sessions, whatever they do."""
    for entry in [registry.resolve(name) for name in args.names]:
        if entry.is_foreign:
            await foreign.end(entry)
            say(f"stopped {entry.name or entry.id}")
            continue
        try:
            session = await Session.attach(entry.id, client="cli")
        except SessionNotFound:
            registry.remove(entry.id)
        else:
            await session.close()
        say(f"stopped {entry.name or entry.id}")
    return 0

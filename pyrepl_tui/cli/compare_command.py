"""`pyrepl-tui compare`: what differs between two sessions or checkpoints."""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import json

from pyrepl_tui.engine import registry
from pyrepl_tui.engine.session import Session
from pyrepl_tui.engine.values import Comparison

from .restore_command import find

_DETAILS = 20
"""Lines shown of one variable."""
DIFFERENT = 1


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    what = "a session's name or its id's beginning; NAME@ID is a checkpoint of it"
    parser.add_argument("left", metavar="A", help=what)
    parser.add_argument("right", metavar="B", help="the same")
    parser.add_argument("--names", nargs="+", metavar="NAME", help="only these variables")
    parser.add_argument(
        "--tolerance", type=float, default=0.0, metavar="T",
        help="elements of arrays that are no further apart count as equal",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print one JSON object")


async def main(args: argparse.Namespace) -> int:
    """Compare. The exit code is 0 if nothing differs, else 1."""
    async with contextlib.AsyncExitStack() as stack:
        left = await _open(stack, args.left)
        right = await _open(stack, args.right)
        found = await left.compare(right, names=args.names, tolerance=args.tolerance)
    if args.json:
        print(json.dumps(dataclasses.asdict(found), indent=2, default=str))
    else:
        _show(found)
    differs = found.only_left or found.only_right or found.changed
    return DIFFERENT if differs else 0


async def _open(stack: contextlib.AsyncExitStack, name: str) -> Session:
    """Attach to a session, or open a checkpoint of one for as long as this lasts."""
    name, at, checkpoint = name.partition("@")
    session = await Session.attach(registry.resolve(name).id, client="cli")
    stack.push_async_callback(session.detach)
    if not at:
        return session
    twin: Session = await session.branch(find(await session.checkpoints(), checkpoint))
    stack.push_async_callback(twin.close)
    return twin


def _show(found: Comparison) -> None:
    for heading, names in (
        ("only left", found.only_left),
        ("only right", found.only_right),
        ("equal", found.equal),
    ):
        if names:
            print(f"{heading}: {', '.join(names)}")
    for name, reason in found.unknown.items():
        print(f"unknown: {name} ({reason})")
    for name, difference in found.changed.items():
        print(f"changed: {name} ({difference.kind})")
        for line in difference.details[:_DETAILS]:
            print(f"  {line}")
        if len(difference.details) > _DETAILS or not difference.complete:
            print("  …")

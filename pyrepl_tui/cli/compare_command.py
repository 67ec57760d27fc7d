"""`pyrepl-tui compare`: what differs between sessions or checkpoints, before or after some code."""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import json
from collections.abc import Sequence

from pyrepl_tui.engine import registry
from pyrepl_tui.engine.observer import Moment
from pyrepl_tui.engine.session import Session
from pyrepl_tui.engine.twin import TwinRun, run_in_all
from pyrepl_tui.engine.values import Checkpoint, Comparison

from .checkpoints_command import find
from .saying import say

_DETAILS = 20
"""Lines shown of one variable."""
DIFFERENT = 1


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    what = "a session's name or its id's beginning; NAME@ID is a checkpoint of it"
    parser.add_argument("left", metavar="A", help=what)
    parser.add_argument("others", metavar="B", nargs="+", help="the same; each is held against A")
    parser.add_argument(
        "--run",
        metavar="CODE",
        help="run code in all of them at once, and show where their answers first part",
    )
    parser.add_argument("--names", nargs="+", metavar="NAME", help="only these variables")
    parser.add_argument(
        "--tolerance", type=float, default=0.0, metavar="T",
        help="elements of arrays that are no further apart count as equal",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print one JSON object")


async def main(args: argparse.Namespace) -> int:
    """Compare. The exit code is 0 if nothing differs, else 1."""
    names = [args.left, *args.others]
    async with contextlib.AsyncExitStack() as stack:
        if args.run is None:
            sides: Sequence[Session | Moment] = [await _look_at(stack, name) for name in names]
            twin = None
        else:
            sides = live = [await _open(stack, name) for name in names]
            twin = await run_in_all(live, args.run)
        found = [
            await sides[0].compare(side, names=args.names, tolerance=args.tolerance)
            for side in sides[1:]
        ]
    if args.json:
        _print_json(args, found, twin)
    else:
        _show_twin(names, twin)
        for name, comparison in zip(args.others, found, strict=True):
            if len(found) > 1:
                say(f"== {args.left} and {name}")
            _show(comparison)
    parted = twin is not None and twin.divergence is not None
    return DIFFERENT if parted or any(map(_differs, found)) else 0


def _differs(found: Comparison) -> bool:
    return bool(found.only_left or found.only_right or found.changed)


def _print_json(args: argparse.Namespace, found: list[Comparison], twin: TwinRun | None) -> None:
    rows = [dataclasses.asdict(comparison) for comparison in found]
    if len(rows) == 1 and twin is None:
        data: object = rows[0]
    else:
        compared = dict(zip(args.others, rows, strict=True))
        run = None if twin is None else dataclasses.asdict(twin)
        data = {"left": args.left, "compared": compared, "run": run}
    print(json.dumps(data, indent=2, default=str))


def _show_twin(names: list[str], twin: TwinRun | None) -> None:
    if twin is None:
        return
    for name, result in zip(names, twin.results, strict=True):
        said = f"{result.stdout}{result.stderr}".rstrip("\n")
        value = result.value if result.error is None else result.error.traceback.rstrip("\n")
        say(f"{name}: {result.status}, {result.duration_ms:.0f} ms")
        for line in "\n".join(filter(None, (said, value))).splitlines()[:_DETAILS]:
            print(f"  {line}")  # its colours are the program's
    place = twin.divergence
    if place is None:
        say("all answered the same")
    else:
        where = f"{place.part}, line {place.line}" if place.line else place.part
        say(f"they part at {where}: {place.first!r} in {names[0]}, ", end="")
        say(f"{place.other!r} in {names[place.session]}")


async def _attach(stack: contextlib.AsyncExitStack, name: str) -> tuple[Session, Checkpoint | None]:
    """The session named, for as long as this lasts, and which checkpoint of it was named."""
    name, at, checkpoint = name.partition("@")
    session = await Session.attach(registry.resolve(name).id, client="cli")
    stack.push_async_callback(session.detach)
    return session, find(await session.checkpoints(), checkpoint) if at else None


async def _look_at(stack: contextlib.AsyncExitStack, name: str) -> Session | Moment:
    session, point = await _attach(stack, name)
    return session if point is None else session.at(point)


async def _open(stack: contextlib.AsyncExitStack, name: str) -> Session:
    """Something to run code in: a checkpoint is opened as a session that ends with this."""
    session, point = await _attach(stack, name)
    if point is None:
        return session
    twin: Session = await session.branch(point)
    stack.push_async_callback(twin.close)
    return twin


def _show(found: Comparison) -> None:
    for heading, names in (
        ("only left", found.only_left),
        ("only right", found.only_right),
        ("equal", found.equal),
    ):
        if names:
            say(f"{heading}: {', '.join(names)}")
    for name, reason in found.unknown.items():
        say(f"unknown: {name} ({reason})")
    for name, difference in found.changed.items():
        say(f"changed: {name} ({difference.kind})")
        for line in difference.details[:_DETAILS]:
            say(f"  {line}")
        if len(difference.details) > _DETAILS or not difference.complete:
            say("  …")

"""`pyrepl-tui doctor`: what works on this machine."""

from __future__ import annotations

import argparse

from pyrepl_tui.engine import doctor, leftovers

from .saying import say


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--fix", action="store_true", help="remove what dead processes left behind")


async def main(args: argparse.Namespace) -> int:
    """Print what was found. Returns 1 if sessions cannot run here."""
    checks = await doctor.examine()
    width = max(len(check.name) for check in checks)
    for check in checks:
        say(f"{'ok' if check.ok else '--'}  {check.name:{width}}  {check.detail}")
    _leftovers(fix=args.fix)
    works = any(check.name == "session" and check.ok for check in checks)
    if not works:
        say("\nsessions cannot run here")
    return 0 if works else 1


def _leftovers(*, fix: bool) -> None:
    found = leftovers.find()
    if not found:
        say("\nno leftovers of dead processes")
        return
    say("\nleftovers of dead processes:")
    for leftover in found:
        done = ""
        if fix:
            done = "removed: " if leftovers.remove(leftover) else "could not be removed: "
        say(f"  {done}{leftover.path} ({leftover.what})")
    if not fix:
        say("pyrepl-tui doctor --fix removes them")

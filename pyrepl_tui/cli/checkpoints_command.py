"""`pyrepl-tui checkpoints`: a session's timeline, and what can be done with its points."""

from __future__ import annotations

import argparse
import dataclasses
import json
import time

from rich import filesize

from pyrepl_tui.engine.archives import ArchiveContents, is_file, read_archive
from pyrepl_tui.engine.errors import CheckpointError
from pyrepl_tui.engine.session import Session
from pyrepl_tui.engine.values import Checkpoint

from .saying import say, shown

VERDICTS = ("exact", "equal", "rebuilt", "rerun", "missing")
_WIDTH = 60


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "name", metavar="NAME", help="the session's name or id, ended or not; or a checkpoint file"
    )
    parser.add_argument("--take", metavar="LABEL", help="take a checkpoint called LABEL first")
    parser.add_argument(
        "--archive", metavar="ID", nargs="?", const="", help="bring ID (or the one taken) to disk"
    )
    parser.add_argument("--label", nargs=2, metavar=("ID", "TEXT"), help='name it; "" takes it off')
    parser.add_argument("--pin", metavar="ID", help="keep it until it is deleted")
    parser.add_argument("--unpin", metavar="ID", help="let it go when room is short")
    parser.add_argument("--delete", metavar="ID", help="forget it")
    parser.add_argument("--export", nargs=2, metavar=("ID", "FILE"), help="write it to a file")
    parser.add_argument("--show", metavar="ID", help="list what is in its archive")
    parser.add_argument("--json", action="store_true", help="print JSON")


async def main(args: argparse.Namespace) -> int:
    """Do what is asked, then list the checkpoints, oldest first; the present's is marked."""
    if is_file(args.name):
        show(await read_archive(args.name), as_json=args.json)
        return 0
    session = await Session.recall(args.name, client="cli")
    try:
        await _change(session, args)
        points = await session.checkpoints()
        if args.show is not None:
            contents = await session.read_checkpoint(find(points, args.show))
            show(contents, as_json=args.json)
            return 0
        present = session.present
    finally:
        await session.detach()
    if args.json:
        print(json.dumps([dataclasses.asdict(point) for point in points], indent=2))
        return 0
    if not points:
        say("no checkpoints")
    for point in points:
        say(_line(point, point.id == present))
    return 0


async def _change(session: Session, args: argparse.Namespace) -> None:
    taken = None
    if args.take is not None:
        taken = await session.checkpoint(args.take, durable=args.archive == "")
    points = await session.checkpoints()
    if args.archive:
        await session.archive_checkpoint(find(points, args.archive))
    elif args.archive == "" and taken is None:
        raise CheckpointError("--archive needs an ID, or --take beside it")
    if args.label is not None:
        await session.label_checkpoint(find(points, args.label[0]), args.label[1] or None)
    for wanted, pinned in ((args.pin, True), (args.unpin, False)):
        if wanted is not None:
            await session.pin_checkpoint(find(points, wanted), pinned)
    if args.delete is not None:
        await session.delete_checkpoint(find(points, args.delete))
    if args.export is not None:
        path = await session.export_checkpoint(find(points, args.export[0]), args.export[1])
        say(f"written to {path}")


def find(points: list[Checkpoint], wanted: str) -> Checkpoint:
    """The checkpoint that a label or the beginning of an id names.

    Raises:
        CheckpointError: if none does, or several do.
    """
    found = [p for p in points if p.label == wanted] or [
        p for p in points if wanted and p.id.startswith(wanted)
    ]
    if len(found) == 1:
        return found[0]
    what = "several checkpoints are" if found else "no checkpoint is"
    raise CheckpointError(f"{what} called {wanted!r}; 'pyrepl-tui checkpoints' lists them")


def verdict_counts(counts: dict[str, int]) -> str:
    """How many variables came, or will come, back how."""
    return ", ".join(f"{counts[each]} {each}" for each in VERDICTS if counts.get(each))


def _line(point: Checkpoint, is_present: bool) -> str:
    taken = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(point.created_at))
    forms = ["image"] * point.has_image
    if point.has_archive:
        forms.append("archive")
    elif point.archiving is not None:
        forms.append(f"archiving {point.archiving:.0%}")
    mark = "*" if is_present else " "
    parts = [f"{mark} {point.id}", taken, f"{'+'.join(forms) or 'gone':13}", f"{_size(point):>9}"]
    parts.append(f"after run {point.execution_count:<4}")
    label = shown(point.label or "")
    notes = [label, "pinned" * point.pinned, verdict_counts(point.archive_verdicts)]
    if point.warnings:
        notes.append(f"{len(point.warnings)} warning{'s' * (len(point.warnings) > 1)}")
    if point.archive_failure:
        notes.append(f"not archived: {point.archive_failure}")
    return "  ".join([*parts, "; ".join(note for note in notes if note)]).rstrip()


def _size(point: Checkpoint) -> str:
    return filesize.decimal(point.bytes_on_disk) if point.bytes_on_disk else ""


def show(contents: ArchiveContents, *, as_json: bool) -> None:
    """Print what is in an archive. Nothing of it is loaded for that."""
    if as_json:
        print(json.dumps(dataclasses.asdict(contents), indent=2))
        return
    made = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(contents.created_at))
    say(f"checkpoint {contents.checkpoint} of session {contents.session!r}, {made}")
    say(f"Python {contents.python}, {filesize.decimal(contents.bytes_total)}, in {contents.cwd}")
    if contents.packages:
        versions = (f"{name} {version}" for name, version in sorted(contents.packages.items()))
        say(f"with {', '.join(versions)}")
    if not contents.trusted:
        say("made elsewhere: to open it would run what is in it")
    for damage in contents.damage:
        say(f"damaged: {damage}")
    say(f"\n{len(contents.variables)} variables")
    width = max(map(len, contents.variables), default=0)
    for name, variable in contents.variables.items():
        what = variable.value if variable.value is not None else variable.summary
        first = what.partition("\n")[0][:_WIDTH]
        why = f"  ({variable.reason})" if variable.reason else ""
        say(f"  {name:{width}}  {variable.verdict:8}  {variable.type}  {first}{why}")
    for what, why in contents.caveats.items():
        say(f"  {what}: {why}")
    for number, code in contents.history.items():
        say(f"\n# [{number}]\n{code}")

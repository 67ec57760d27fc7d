"""What the timeline says of a checkpoint: in its row, and below for the one under the cursor."""

from __future__ import annotations

import time
from collections.abc import Iterator

from rich.cells import cell_len

from pyrepl_tui.changes import NameChange
from pyrepl_tui.engine.values import Checkpoint
from pyrepl_tui.models import Past

from .line import clipped
from .marks import size
from .timeline_rows import PRESENT, START, TimelineRow

VALUE_WIDTH = 200
"""Cells of a value in the details at most."""
CODE_LINES = 40
"""Lines of a run's code in the details at most."""
BOLD, DIM, PLAIN = "\x1b[1m", "\x1b[2m", "\x1b[0m"
LOSSY = ("rebuilt", "rerun", "missing")
"""Verdicts of an archive's variables that are worth a warning."""
COLOURS = {"+": "\x1b[32m", "−": "\x1b[31m", "~": "\x1b[33m"}


def title(row: TimelineRow) -> str:
    """What a state is called: its label, else the code of the last run that led to it."""
    if row.point is not None and row.point.label:
        return row.point.label
    if row.id == START:
        return "empty worker"
    if not row.runs:
        names = {"manual": "checkpoint", "replaced": "left by a restore", PRESENT: "present"}
        started = row.point is not None and not row.point.execution_count
        return "start" if started and row.kind == "auto" else names.get(row.kind, "start")
    lines = [line for line in row.runs[-1].code.splitlines() if line.strip()]
    more = " …" if len(lines) > 1 else ""
    return (lines[0].strip() if lines else "") + more


def number(row: TimelineRow) -> str:
    """The execution count of the run that led there; empty if none did."""
    return f"[{row.runs[-1].execution_count}]" if row.runs else ""


def clock(at: float) -> str:
    """A time of today, or the day it was."""
    then, now = time.localtime(at), time.localtime()
    today = then[:3] == now[:3]
    return time.strftime("%H:%M:%S" if today else "%d %b %y", then)


def changes_of(row: TimelineRow, past: Past) -> list[NameChange]:
    """What the runs that led to a state changed, as far as it is known."""
    return past.changes.of(run.ordinal for run in row.runs)


def change_text(change: NameChange, room: int) -> str:
    """A changed name in a row: ``x 1→2`` where that is short, else ``x``."""
    both = change.before and change.after and change.before != change.after
    full = f"{change.name} {change.before}→{change.after}" if both else change.name
    text = full if cell_len(full) <= max(16, room // 2) and "\n" not in full else change.name
    return f"{change.sign}{text}"


def changes_text(changes: list[NameChange], room: int) -> list[tuple[str, str]]:
    """As many changes as fit in a row, each with its sign; then how many more there are."""
    found: list[tuple[str, str]] = []
    used = 0
    for at, change in enumerate(changes):
        text = change_text(change, room)
        rest = len(changes) - at
        if used + cell_len(text) + (4 if rest > 1 else 0) > room:
            if found and used + 3 <= room:
                found.append(("", f"+{rest}"))
            break
        found.append((change.sign, text))
        used += cell_len(text) + 1
    return found


def form_text(row: TimelineRow, past: Past) -> str:
    """Where a state is kept."""
    point = row.point
    if point is None:
        return "not kept yet: the next run keeps it" if row.id == PRESENT else ""
    forms = []
    if point.has_image:
        bytes_held = past.image_sizes.get(point.id)
        forms.append("in memory" + (f", {size(bytes_held)}" if bytes_held else ""))
    if point.has_archive:
        forms.append(f"on disk, {size(point.bytes_on_disk)}".removesuffix(", 0 B"))
    if point.archiving is not None:
        forms.append(f"being archived, {point.archiving:.0%}")
    if point.pinned:
        forms.append("pinned")
    return " · ".join(forms) or "given up: it can no longer be restored"


def details(row: TimelineRow, past: Past) -> Iterator[str]:
    """Lines about one state, with escape sequences for colours."""
    heads = [BOLD + _printable(row.point.label or "") + PLAIN] if row.point is not None else []
    if row.is_present:
        heads.append("the present")
    if row.kind == "replaced":
        heads.append("left by a restore")
    when = row.point.created_at if row.point is not None else None
    if when is not None:
        heads.append(time.strftime("%H:%M:%S, %d %B", time.localtime(when)))
    yield " · ".join(head for head in heads if head and head != BOLD + PLAIN)
    yield DIM + form_text(row, past) + PLAIN
    for change in changes_of(row, past):
        yield _change_line(change)
    for run in row.runs:
        outcome = "" if run.status == "ok" else f"  {DIM}{run.status}{PLAIN}"
        lines = [_printable(line) for line in run.code.strip("\n").splitlines()] or [""]
        yield f"{DIM}[{run.execution_count}]{PLAIN} {lines[0]}{outcome}"
        indent = " " * (len(str(run.execution_count)) + 3)
        yield from (indent + line for line in lines[1:CODE_LINES])
    for warning in _warnings(row.point):
        yield f"{COLOURS['~']}! {_printable(warning)}{PLAIN}"


def _warnings(point: Checkpoint | None) -> list[str]:
    if point is None:
        return []
    failed = [f"not archived: {point.archive_failure}"] if point.archive_failure else []
    lossy = {kind: n for kind, n in point.archive_verdicts.items() if kind in LOSSY}
    told = [f"of the archive: {n} {kind}" for kind, n in lossy.items()]
    return [*point.warnings, *failed, *told]


def _change_line(change: NameChange) -> str:
    sign = COLOURS[change.sign] + change.sign
    return f"{sign} {change.name}{PLAIN}  {clipped(change.values, VALUE_WIDTH)}"


def _printable(text: str) -> str:
    return "".join(char if char.isprintable() else " " for char in text)

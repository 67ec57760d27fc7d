"""What the timeline says of a checkpoint: in its row, and below for the one under the cursor."""

from __future__ import annotations

import time

from rich.cells import cell_len
from textual.content import Content

from pyrepl_tui.changes import NameChange
from pyrepl_tui.engine.chronicle import RunNote
from pyrepl_tui.engine.values import Checkpoint
from pyrepl_tui.models import Past

from .line import clipped
from .marks import size
from .timeline_rows import PRESENT, START, TimelineRow

VALUE_WIDTH = 200
"""Cells of a value in the details at most."""
CODE_LINES = 40
"""Lines of a run's code in the details at most."""
LOSSY = ("rebuilt", "rerun", "missing")
"""Verdicts of an archive's variables that are worth a warning."""
COLOURS = {"+": "$success", "−": "$error", "~": "$warning"}


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
        left = len(changes) - at - 1
        free = room - used - (1 if found else 0) - (len(f" +{left}") if left else 0)
        forms = (change_text(change, room), change.sign + change.name)
        text = next((form for form in forms if cell_len(form) <= free), None)
        if text is None:
            return [*found, ("", f"+{left + 1}")] if found else []
        used += cell_len(text) + (1 if found else 0)
        found.append((change.sign, text))
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
        step = f": {point.archiving_step}" if point.archiving_step else ""
        forms.append(f"being archived, {point.archiving:.0%}{step}")
    if point.pinned:
        forms.append("pinned")
    return " · ".join(forms) or "given up: it can no longer be restored"


def details(row: TimelineRow, past: Past) -> Content:
    """All about one state: when and where it is kept, what changed, the code, what to beware of."""
    lines = [_heading(row), Content.styled(form_text(row, past), "dim")]
    together = past.changes.seen_together(row.runs[-1].ordinal) if row.runs else 1
    if together > 1:
        text = f"What {together} runs in a row changed, seen only together:"
        lines.append(Content.styled(text, "dim"))
    for change in changes_of(row, past):
        sign = Content.styled(f"{change.sign} {change.name}", COLOURS[change.sign])
        lines.append(Content.assemble(sign, "  ", clipped(change.values, VALUE_WIDTH)))
    for run in row.runs:
        lines += _code(run)
    lines += [
        Content.styled(f"! {_printable(warning)}", COLOURS["~"]) for warning in _warnings(row.point)
    ]
    return Content("\n").join(lines)


def _heading(row: TimelineRow) -> Content:
    point = row.point
    words = []
    if point is not None and point.label:
        words.append(Content.styled(_printable(point.label), "bold"))
    if row.is_present:
        words.append(Content("the present"))
    if row.kind == "replaced":
        words.append(Content("left by a restore"))
    if point is not None:
        words.append(Content(time.strftime("%H:%M:%S, %d %B", time.localtime(point.created_at))))
    return Content(" · ").join(words)


def _code(run: RunNote) -> list[Content]:
    number = f"[{run.execution_count}] "
    lines = [_printable(line) for line in run.code.strip("\n").splitlines()[:CODE_LINES]] or [""]
    outcome = "" if run.status == "ok" else f"  {run.status}"
    found = [Content.assemble((number, "dim"), lines[0], (outcome, "dim"))]
    return found + [Content(" " * len(number) + line) for line in lines[1:]]


def _warnings(point: Checkpoint | None) -> list[str]:
    if point is None:
        return []
    failed = [f"not archived: {point.archive_failure}"] if point.archive_failure else []
    lossy = {kind: n for kind, n in point.archive_verdicts.items() if kind in LOSSY}
    told = [f"of the archive: {n} {kind}" for kind, n in lossy.items()]
    return [*point.warnings, *failed, *told]


def _printable(text: str) -> str:
    return "".join(char if char.isprintable() else " " for char in text)

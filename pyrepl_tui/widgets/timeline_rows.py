"""The tree of checkpoints as rows: the line to the present straight down, branches beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pyrepl_tui.engine.chronicle import RunNote
from pyrepl_tui.engine.values import Checkpoint
from pyrepl_worker.records import record

PRESENT = "present"
"""Id of the row that stands for the present where no checkpoint is exactly it."""
START = "start"
"""Id of the row from which several lines begin: an empty worker."""
DEEPEST = 12
"""Branches of branches that are indented; what is deeper stays where it is."""


@record(frozen=True, slots=True)
class TimelineRow:
    """One state of the session."""

    id: str
    lead: str
    """What connects it with the rows above, drawn left of its sign."""
    point: Checkpoint | None
    """None: there is no checkpoint of it."""
    kind: str
    """As of `Timeline.kinds`; ``present`` or ``start``."""
    runs: tuple[RunNote, ...]
    """The runs that led here from the row it grew out of."""
    is_present: bool


class Tree:
    """Who grew out of whom. Automatic checkpoints of a state that has one already are left out."""

    def __init__(
        self,
        points: Sequence[Checkpoint],
        kinds: Mapping[str, str],
        runs: Mapping[str, tuple[RunNote, ...]],
    ) -> None:
        self.points: dict[str, Checkpoint] = {}
        self._same: dict[str, str] = {}
        self._parents: dict[str, str] = {}
        self.children: dict[str, list[str]] = {}
        for point in points:
            parent = self.shown(point.parent)
            same = parent and not runs.get(point.id) and kinds.get(point.id) != "manual"
            if same and not point.label and _kept(self.points[parent]):
                self._same[point.id] = parent
                continue
            self.points[point.id] = point
            self._parents[point.id] = parent
            self.children.setdefault(parent, []).append(point.id)

    def shown(self, point: str | None) -> str:
        """The checkpoint that stands for one; empty: the session's start."""
        point = self._same.get(point or "", point or "")
        return point if point in self.points else ""

    def line_to(self, point: str) -> set[str]:
        """A checkpoint and all it grew out of."""
        line = set()
        while point:
            line.add(point)
            point = self._parents[point]
        return line


def _kept(point: Checkpoint) -> bool:
    return point.has_image or point.has_archive


def timeline_rows(
    points: Sequence[Checkpoint],
    kinds: Mapping[str, str],
    present: str | None,
    runs: Mapping[str, tuple[RunNote, ...]],
    since: tuple[RunNote, ...],
) -> list[TimelineRow]:
    """Lay a session's checkpoints out.

    Args:
        points: all of them, oldest first.
        kinds: what each was taken for.
        present: the checkpoint that the present came from; None: the session's start.
        runs: of each checkpoint, the runs since its parent.
        since: the runs since `present`.
    """
    tree = Tree(points, kinds, runs)
    here = tree.shown(present)
    line = tree.line_to(here)
    rows: list[TimelineRow] = []
    todo: list[tuple[str, str, str]] = [("", "", "")]
    while todo:
        point, lead, column = todo.pop()
        if point == PRESENT:
            rows.append(TimelineRow(PRESENT, lead, None, PRESENT, since, True))
            continue
        if point:
            is_present = point == here and not since
            kind = kinds.get(point, "manual")
            found = runs.get(point, ())
            rows.append(TimelineRow(point, lead, tree.points[point], kind, found, is_present))
        elif len(tree.children.get("", ())) > (1 if here or not since else 0):
            rows.append(TimelineRow(START, lead, None, START, (), not here and not since))
        todo += reversed(_after(tree, point, column, line, here, bool(since)))
    return rows


def _after(
    tree: Tree, point: str, column: str, line: set[str], here: str, moved_on: bool
) -> list[tuple[str, str, str]]:
    """What is drawn below a checkpoint: branches first, then what goes on in its column."""
    children = tree.children.get(point, [])
    if point == here:
        on = PRESENT if moved_on else None
    else:
        on = next((child for child in children if child in line), None)
        on = on or (children[-1] if children else None)
    branches = [child for child in children if child != on]
    found = []
    for at, child in enumerate(branches):
        last = on is None and at == len(branches) - 1
        inner = column + ("  " if last else "│ ")
        if len(inner) > 2 * DEEPEST:
            inner = column
        found.append((child, column + ("└─" if last else "├─"), inner))
    if on is not None:
        found.append((on, column, column))
    return found

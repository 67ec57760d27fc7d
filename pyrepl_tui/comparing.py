"""What the app does to lay two sides beside each other. No widgets here."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from pyrepl_worker.records import record

from .engine.alignment import RunText, align_runs, runs_of
from .engine.chronicle import Chronicle
from .engine.memory import pss_of
from .engine.twin import Divergence, run_in_all
from .engine.values import Checkpoint, Variable
from .past import moment
from .rendering.side_rows import duration
from .screens.compare import Ends, Facts, Findings

if TYPE_CHECKING:
    from .session_like import SessionLike


@record(frozen=True)
class Side:
    """A session as it is now, or one of its checkpoints."""

    session: SessionLike
    point: Checkpoint | None = None
    """None: the present."""

    @property
    def key(self) -> tuple[str, str | None]:
        """What tells it from others."""
        return self.session.id, None if self.point is None else self.point.id

    @property
    def subject(self) -> Any:
        """What is compared, and taken from: the session, or a `Moment` of it."""
        return self.session if self.point is None else self.session.at(self.point)

    @property
    def runs_code(self) -> bool:
        """Whether code can be run there, and variables be brought there."""
        return self.point is None

    def title(self, other: Side) -> str:
        """What it is called beside another side."""
        name = self.session.name
        if self.point is None:
            return name if other.session is not self.session else f"{name} now"
        point = title_of(self.point)
        return point if other.session is self.session else f"{name}: {point}"

    async def variables(self) -> list[Variable]:
        """What is there, in a line each."""
        if self.point is None:
            return await self.session.namespace()
        looker = self.session.looker(self.point)
        try:
            return await looker.namespace(self.point.execution_count)
        finally:
            await looker.close()

    def runs(self) -> list[RunText]:
        """The runs that led there, those that were undone left out. Reads files."""
        chronicle = Chronicle(self.session.transcript)
        chronicle.grow()
        kept = chronicle.way_to(None if self.point is None else self.point.id)
        return runs_of(self.session.transcript, kept)

    def first(self, runs: list[RunText]) -> int:
        """Number of its first run: a branch's record begins where it left its origin."""
        if runs:
            return runs[0].number
        return 1 + (self.session if self.point is None else self.point).execution_count


class Sides:
    """Two sides, and what is done with them."""

    def __init__(self, left: Side, right: Side) -> None:
        self.left = left
        self.right = right
        self._divergence = ""

    @property
    def titles(self) -> tuple[str, str]:
        """What each side is called."""
        return self.left.title(self.right), self.right.title(self.left)

    @property
    def ends(self) -> Ends:
        """What the screen is told."""
        takes = self.left.runs_code, self.right.runs_code
        return Ends(*self.titles, self.runnable, takes)

    @property
    def runnable(self) -> bool:
        """Whether code can be run on both sides."""
        same = self.left.session is self.right.session
        return self.left.runs_code and self.right.runs_code and not same

    async def look(self, tolerance: float) -> Findings:
        """Compare variables and outputs.

        Raises:
            PyreplError: if one side cannot be looked at.
        """
        left, right = self.left, self.right
        compared = await left.subject.compare(right.subject, tolerance=tolerance)
        ours, theirs = await asyncio.to_thread(left.runs), await asyncio.to_thread(right.runs)
        if left.session is not right.session:
            first = max(left.first(ours), right.first(theirs))
            ours, theirs = _since(first, ours), _since(first, theirs)
        runs = await asyncio.to_thread(align_runs, ours, theirs)
        return Findings(
            await _facts(self.titles[0], left, ours), await _facts(self.titles[1], right, theirs),
            runs, compared, _by_name(await left.variables() if compared.only_left else ()),
            _by_name(await right.variables() if compared.only_right else ()), self._divergence,
        )  # fmt: skip

    async def run(self, code: str) -> None:
        """Run code on both sides.

        Raises:
            PyreplError: if one side has no worker.
        """
        assert self.runnable, "a checkpoint runs no code"
        twin = await run_in_all((self.left.session, self.right.session), code)
        self._divergence = "" if twin.divergence is None else _told(twin.divergence)

    async def take(self, name: str, *, to_left: bool) -> str:
        """Copy a variable to the other side. Returns what came of it, in words.

        Raises:
            PyreplError, LookupError: if it could not be done.
        """
        source, target = (self.right, self.left) if to_left else (self.left, self.right)
        assert target.runs_code, "a checkpoint stays as it is"
        await target.session.checkpoint(f"before taking {name}")
        report = await target.session.take([name], source.subject)
        reason = f": {report.reasons[name]}" if name in report.reasons else ""
        return f"{name} was taken, {report.verdicts.get(name, 'missing')}{reason}"


async def _facts(title: str, side: Side, runs: list[RunText]) -> Facts:
    spent = sum(run.duration_ms or 0.0 for run in runs)
    parts = [f"{len(runs)} run{'s' * (len(runs) != 1)}", duration(spent)]
    memory = await _memory_of(side)
    if memory is not None:
        parts.append(f"{memory / 1e6:.0f} MB")
    return Facts(title, " · ".join(parts))


async def _memory_of(side: Side) -> int | None:
    """Memory that the worker, or the checkpoint's image, accounts for; None if there is none."""
    if side.point is None:
        return None if side.session.pid is None else pss_of(side.session.pid)
    processes = await side.session.processes()
    return next((each.pss_bytes for each in processes if each.checkpoint == side.point.id), None)


def title_of(point: Checkpoint) -> str:
    """A checkpoint as people tell it from others."""
    label = f" {point.label}" if point.label else ""
    place = "" if point.has_image else ", on disk"
    return f"checkpoint{label} {moment(point)}{place}"


def _told(place: Divergence) -> str:
    where = f" in line {place.line}" if place.line else ""
    return f"the sides part at {place.part}{where}"


def _since(first: int, runs: list[RunText]) -> list[RunText]:
    return [run for run in runs if run.number >= first]


def _by_name(variables: Iterable[Variable]) -> dict[str, Variable]:
    return {variable.name: variable for variable in variables}

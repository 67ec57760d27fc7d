"""What the app does to lay two sides beside each other. No widgets here."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from .engine.alignment import RunText, align_runs, runs_of
from .engine.memory import pss_of
from .engine.twin import Divergence, run_in_all
from .engine.values import Checkpoint, Variable
from .rendering.side_rows import duration
from .screens.compare import Facts, Findings
from .session_like import SessionLike


class Sides:
    """A session on the left; another one, or a checkpoint of the first, on the right."""

    def __init__(self, left: SessionLike, right: SessionLike | Checkpoint) -> None:
        self.left = left
        self.right = right
        self._divergence = ""

    @property
    def titles(self) -> tuple[str, str]:
        """What each side is called."""
        if isinstance(self.right, Checkpoint):
            return f"{self.left.name} now", title_of(self.right)
        return self.left.name, self.right.name

    @property
    def runnable(self) -> bool:
        """Whether code can be run on both sides."""
        return not isinstance(self.right, Checkpoint)

    async def look(self, tolerance: float) -> Findings:
        """Compare variables and outputs.

        Raises:
            PyreplError: if one side cannot be looked at.
        """
        left, right = self.left, self.right
        compared = await left.compare(right, tolerance=tolerance)
        ours = await asyncio.to_thread(runs_of, left.transcript)
        if isinstance(right, Checkpoint):
            theirs = [run for run in ours if run.number <= right.execution_count]
            names: list[Variable] = []
            first = 1
        else:
            theirs = await asyncio.to_thread(runs_of, right.transcript)
            names = await right.namespace()
            first = max(_first(left, ours), _first(right, theirs))
        ours, theirs = _since(first, ours), _since(first, theirs)
        runs = await asyncio.to_thread(align_runs, ours, theirs)
        return Findings(
            self._facts(self.titles[0], left, ours), self._facts(self.titles[1], right, theirs),
            runs, compared, _by_name(await left.namespace()), _by_name(names), self._divergence,
        )  # fmt: skip

    def _facts(self, title: str, side: SessionLike | Checkpoint, runs: list[RunText]) -> Facts:
        spent = sum(run.duration_ms or 0.0 for run in runs)
        parts = [f"{len(runs)} run{'s' * (len(runs) != 1)}", duration(spent)]
        pid = None if isinstance(side, Checkpoint) else side.pid
        memory = None if pid is None else pss_of(pid)
        if memory is not None:
            parts.append(f"{memory / 1e6:.0f} MB")
        return Facts(title, " · ".join(parts))

    async def run(self, code: str) -> None:
        """Run code on both sides.

        Raises:
            PyreplError: if one side has no worker.
        """
        assert not isinstance(self.right, Checkpoint), "a checkpoint runs no code"
        twin = await run_in_all((self.left, self.right), code)
        self._divergence = "" if twin.divergence is None else _told(twin.divergence)

    async def take(self, name: str, *, to_left: bool) -> str:
        """Copy a variable to the other side. Returns what came of it, in words.

        Raises:
            PyreplError, LookupError: if it could not be done.
        """
        source, target = (self.right, self.left) if to_left else (self.left, self.right)
        assert not isinstance(target, Checkpoint), "a checkpoint stays as it is"
        await target.checkpoint(f"before taking {name}")
        there = self.left.at(source) if isinstance(source, Checkpoint) else source
        report = await target.take([name], there)
        reason = f": {report.reasons[name]}" if name in report.reasons else ""
        return f"{name} was taken, {report.verdicts.get(name, 'missing')}{reason}"


def title_of(point: Checkpoint) -> str:
    """A checkpoint as people tell it from others."""
    label = f" {point.label}" if point.label else ""
    place = "" if point.has_image else ", on disk"
    return f"checkpoint{label} after run {point.execution_count}{place}"


def _told(place: Divergence) -> str:
    where = f" in line {place.line}" if place.line else ""
    return f"the sides part at {place.part}{where}"


def _first(side: SessionLike, runs: list[RunText]) -> int:
    """Number of a side's first run: a branch's record begins where it left its origin."""
    return runs[0].number if runs else side.execution_count + 1


def _since(first: int, runs: list[RunText]) -> list[RunText]:
    return [run for run in runs if run.number >= first]


def _by_name(variables: Iterable[Variable]) -> dict[str, Variable]:
    return {variable.name: variable for variable in variables}

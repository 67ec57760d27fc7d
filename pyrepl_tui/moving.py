"""Taking a session's present over into a new session in another interpreter."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from .past import PastLike

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .engine.values import RestoreReport

FROM_WORST = ("missing", "rerun", "rebuilt", "equal", "exact")
"""Verdicts, those first that somebody has to know of."""


async def move(
    session: PastLike, python: str, name: str, limits: Mapping[str, int]
) -> tuple[str, RestoreReport]:
    """Start a new session in another interpreter with what a session holds now.

    Args:
        session: it stays as it is.
        python: path of the interpreter.
        name: of the new session.
        limits: of the new session.

    Returns the new session's id, and how each variable has come over.

    Raises:
        PyreplError: if the present cannot be archived, or not be loaded there.
    """
    from .engine.session import Session
    from .local_engine import CLIENT

    point = await session.checkpoint("moved to another Python")
    point = await session.archive_checkpoint(point)
    moved = await Session.open(
        point.id,
        python=python,
        name=name,
        limits=limits,
        persist=True,
        auto_checkpoint=True,
        display={"colours": "truecolor", "figures": True},
        client=CLIENT,
    )
    report = moved.restore_report
    await moved.detach()
    assert report is not None, "a session that was opened has one"
    return moved.id, report


def verdicts(report: RestoreReport) -> Table:
    """How each variable has come over, worst first, and what is no variable."""
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False, expand=True)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(ratio=1)
    rows = sorted(report.verdicts.items(), key=lambda row: (FROM_WORST.index(row[1]), row[0]))
    for name, verdict in rows:
        style = "bold" if verdict in ("missing", "rerun") else ""
        table.add_row(Text(verdict, style), Text(name, style), Text(report.reasons.get(name, "")))
    for name, text in report.caveats.items():
        table.add_row(Text("besides", "dim"), Text(name, "dim"), Text(text, "dim"))
    return table


def summary(report: RestoreReport) -> str:
    """How many variables have come over in which way."""
    counts = Counter(report.verdicts.values())
    told = [f"{counts[verdict]} {verdict}" for verdict in FROM_WORST if counts[verdict]]
    return ", ".join(told) or "no variables"

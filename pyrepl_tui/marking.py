"""What has changed since a checkpoint, for the marks of the variables."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from .engine.baseline import Baseline
from .engine.chronicle import Chronicle

if TYPE_CHECKING:
    from .engine.values import Checkpoint
    from .session_like import SessionLike


async def baseline_of(session: SessionLike, point: Checkpoint) -> Baseline:
    """Hold the present against a checkpoint, value by value.

    Of one that the present came from, only what was seen to change since then is compared.

    Raises:
        PyreplError, LookupError: if the checkpoint cannot be looked into.
    """
    chronicle = Chronicle(session.transcript)
    await asyncio.to_thread(chronicle.grow)
    looker = session.looker(point)
    try:
        there = {row.name: row for row in await looker.namespace(point.execution_count)}
    finally:
        await looker.close()
    count, here = session.execution_count, await session.namespace(private=True)
    oldest = point.execution_count if chronicle.leads_here(point.id) else -1
    touched = [row.name for row in here if row.name in there and (row.changed_at or 0) > oldest]
    differing = set[str]()
    if touched:
        found = await session.compare(session.at(point), names=touched)
        differing = {*found.changed, *(found.unknown if oldest >= 0 else ())}
    names = {row.name for row in here}
    lost = tuple(row for name, row in there.items() if name not in names)
    return Baseline(point, count, frozenset(there), frozenset(differing), lost)

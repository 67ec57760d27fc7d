"""Checkpoints by the dozen: which stay, and what they cost."""

from __future__ import annotations

from pathlib import Path

from pyrepl_tui import Session
from tests.support.waiting import eventually

from .conftest import Nest
from .running import ok


async def test_images_that_come_by_themselves_go_when_there_are_many_and_others_stay(
    nest: Nest, work: Path
) -> None:
    async with nest.session(cwd=work) as session:
        asked = [await session.checkpoint("named"), await session.checkpoint()]
        await ok(session, "x = 1")
        for _ in range(33):  # each restore keeps the present that it replaces
            await session.restore(asked[1])
        known = {each.id: each.has_image for each in await session.checkpoints()}
        assert all(known[each.id] for each in asked)

        async def others() -> int:
            return sum(each.has_image for each in await session.checkpoints()) - len(asked)

        async def are_bounded() -> bool:
            return await others() <= 30

        await eventually(are_bounded)
        assert await others() >= 29


async def test_a_worker_that_was_restored_often_has_no_more_memory_to_copy(
    session: Session,
) -> None:
    """Each mapping is copied by each fork, with all that it descends from."""
    mappings = []
    for _ in range(26):
        point = await session.checkpoint()
        await session.restore(point)
        mappings.append(len(Path(f"/proc/{session.pid}/maps").read_text().splitlines()))
    assert mappings[-1] - mappings[5] <= 4

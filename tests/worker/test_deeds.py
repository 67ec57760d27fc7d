"""What each of quickly following runs did, told as its own."""

from __future__ import annotations

from pyrepl_tui import Session

from .running import ok

TRIES = 20
"""A glance that a busy machine breaks off tells nothing: then the runs are told together."""


async def told_of(session: Session) -> list[tuple[dict[str, str], list[str]]]:
    """What the second to the fourth of five quick runs are told to have done."""
    await ok(session, "x = 1; old = 0")
    await session.namespace_changes()
    first = session.execution_count
    for code in ("x = 2; y = 5; del old", "x = 3; del y", "1 + 1", "x = 4"):
        await ok(session, code)
    deeds = (await session.namespace_changes()).deeds
    return [
        ({row.name: row.summary for row in deed.rows if row.name[:1] != "_"}, deed.deleted)
        for deed in deeds
        if first < deed.execution_count
    ]


async def test_each_of_some_quick_runs_is_told_of_its_own_changes(session: Session) -> None:
    own = [({"x": "2", "y": "5"}, ["old"]), ({"x": "3"}, ["y"]), ({}, [])]
    told = await told_of(session)
    for _ in range(TRIES):
        if len(told) == len(own):
            break
        assert all(each in own for each in told)
        told = await told_of(session)
    assert told == own
    await ok(session, "x = 5")
    assert len((await session.namespace_changes()).deeds) <= 1

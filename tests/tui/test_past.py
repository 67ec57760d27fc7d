"""Undo and redo of runs, over real sessions."""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncIterator

import pytest

from pyrepl_tui import CheckpointError, Session
from pyrepl_tui.past import redo, undo
from tests.support.waiting import eventually


@pytest.fixture
async def session() -> AsyncIterator[Session]:
    async with Session(auto_checkpoint=True) as session:
        yield session


async def value(session: Session, code: str) -> str | None:
    result = await session.execute(code)
    assert result.status == "ok", result
    return result.value


async def test_runs_are_undone_one_by_one(session: Session) -> None:
    for number in range(3):
        await session.execute(f"x = {number}")
    await undo(session)
    await undo(session)
    assert await value(session, "x") == "0"


async def test_an_undo_can_be_undone(session: Session) -> None:
    await session.execute("x = [1]")
    await session.execute("x.append(2)")
    await undo(session)
    await redo(session)
    assert await value(session, "x") == "[1, 2]"


async def test_all_that_was_undone_comes_back_step_by_step(session: Session) -> None:
    for number in range(4):
        await session.execute(f"x = {number}")
    for _ in range(3):
        await undo(session)
    for number in range(1, 4):
        more = " {key:redo_run} goes on." if number < 3 else ""
        assert await redo(session) == f"What was undone is back, up to run {number + 1}.{more}"
        assert (await session.namespace(query="x"))[0].summary == str(number)
    with pytest.raises(CheckpointError, match="All that was undone is back"):
        await redo(session)
    for _ in range(2):
        await undo(session)
    await redo(session)
    assert await value(session, "x") == "2"


async def test_after_other_code_only_the_last_step_back_can_be_undone(session: Session) -> None:
    for number in range(3):
        await session.execute(f"x = {number}")
    await undo(session)
    await undo(session)
    await session.execute("x = 'other'")
    await redo(session)
    assert (await session.namespace(query="x"))[0].summary == "1"
    with pytest.raises(CheckpointError, match="is back"):
        await redo(session)


async def test_there_is_nothing_before_the_first_run(session: Session) -> None:
    await session.execute("x = 1")
    await undo(session)
    with pytest.raises(CheckpointError, match="no earlier state"):
        await undo(session)
    assert await value(session, "'x' in globals()") == "False"


async def test_nothing_to_bring_back(session: Session) -> None:
    with pytest.raises(CheckpointError, match="Nothing was undone"):
        await redo(session)


async def test_code_that_runs_is_not_undone(session: Session) -> None:
    await session.execute("x = 1")
    operation = session.run("input()", on_input="ask")
    async for event in session.events():
        if type(event).__name__ == "InputRequest":
            break
    with pytest.raises(CheckpointError, match="running"):
        await undo(session)
    await session.answer(session.inputs[0], "")
    await operation


async def test_several_runs_that_are_undone_at_once_are_all_told_of(session: Session) -> None:
    for number in range(3):
        await session.execute(f"x = {number}")
    for point in (await session.checkpoints())[-1:]:
        await session.delete_checkpoint(point)
    assert (await undo(session)).startswith("Undone: runs 2 to 3 never happened.")
    assert await value(session, "x") == "0"


async def test_what_a_state_from_the_disk_lacks_is_named() -> None:
    async with Session(auto_checkpoint=True) as session:
        await session.execute("x = [1]; count = (n for n in x)")
        await session.checkpoint(durable=True)
        for process in await session.processes():
            if process.role in ("image", "worker"):
                os.kill(process.pid, signal.SIGKILL)
        await eventually(lambda: session.death is not None)
        told = (await undo(session)).splitlines()
        assert told[0] == "The session is back as it was after run 1."
        assert [line.startswith("count: missing, ") for line in told[1:]] == [True]
        assert await value(session, "x") == "[1]"

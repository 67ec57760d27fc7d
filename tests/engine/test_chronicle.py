"""Which runs lie between checkpoints, over real sessions."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from pyrepl_tui import Session
from pyrepl_tui.engine.chronicle import Chronicle


@pytest.fixture
async def session() -> AsyncIterator[Session]:
    async with Session(auto_checkpoint=True) as session:
        yield session


def codes(chronicle: Chronicle, checkpoint: str) -> list[str]:
    return [run.code for run in chronicle.led_to[checkpoint]]


async def test_each_checkpoint_knows_the_runs_that_led_to_it(session: Session) -> None:
    for number in range(3):
        await session.execute(f"x = {number}")
    chronicle = Chronicle(session.transcript)
    chronicle.grow()
    points = await session.checkpoints()
    assert [codes(chronicle, point.id) for point in points] == [[], ["x = 0"], ["x = 1"]]
    assert [run.code for run in chronicle.since] == ["x = 2"]
    assert chronicle.since[0].status == "ok"


async def test_what_a_restore_replaced_takes_its_runs_along(session: Session) -> None:
    await session.execute("x = 0")
    await session.execute("x = 1")
    await session.restore((await session.checkpoints())[-1])
    chronicle = Chronicle(session.transcript)
    chronicle.grow()
    assert chronicle.since == ()
    replaced = session.timeline.last_restore
    assert replaced is not None
    assert replaced.replaced is not None
    assert codes(chronicle, replaced.replaced) == ["x = 1"]


async def test_a_run_that_was_rolled_back_led_nowhere(session: Session) -> None:
    await session.execute("x = 0")
    result = await session.execute("x = 1; 1/0", policy="rollback_on_failure")
    assert result.rolled_back
    chronicle = Chronicle(session.transcript)
    chronicle.grow()
    assert [run.code for run in chronicle.since] == []


@pytest.mark.parametrize("auto", [True, False])
async def test_pending_runs_until_they_are_rolled_back(auto: bool) -> None:
    async with Session(auto_checkpoint=auto) as session:
        chronicle = Chronicle(session.transcript)
        await session.execute("x = 0")
        chronicle.grow()
        assert chronicle.pending is None
        for number in (1, 2):
            await session.execute(f"x = {number}", policy="explicit")
        chronicle.grow()
        assert chronicle.pending is not None
        assert [run.code for run in chronicle.pending] == ["x = 1", "x = 2"]
        await session.rollback()
        chronicle.grow()
        assert chronicle.pending is None
        assert [run.code for run in chronicle.since] == ([] if auto else ["x = 0"])
        present = session.timeline.present
        assert [run.code for run in chronicle.led_to.get(present or "", ())] == (
            ["x = 0"] if auto else []
        )


async def test_an_undo_within_a_transaction_leaves_it_open(session: Session) -> None:
    for number in range(3):
        await session.execute(f"x = {number}", policy="explicit")
    await session.restore((await session.checkpoints())[-1])
    chronicle = Chronicle(session.transcript)
    chronicle.grow()
    assert chronicle.pending is not None
    assert [run.code for run in chronicle.pending] == ["x = 0", "x = 1"]
    assert session.state.value == "pending"
    await session.rollback()
    assert (await session.execute("'x' in globals()")).value == "False"

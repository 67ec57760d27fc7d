"""Marks of what changed since a checkpoint, on the way to the present or on another one."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from pyrepl_tui import Session
from pyrepl_tui.engine.values import Variable
from pyrepl_tui.engine.variable_table import VariableTable
from pyrepl_tui.marking import baseline_of
from pyrepl_tui.models import SessionModel
from pyrepl_tui.variable_listing import VariableListing


class Marked:
    """A session with the rows of its pane."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.model = SessionModel(key=1, name="a")
        self.model.state = "idle"
        self.listing = VariableListing(self.model)

    @property
    def table(self) -> VariableTable:
        return self.model.table

    async def run(self, code: str) -> None:
        assert (await self.session.execute(code)).status == "ok"
        await self.list()

    async def list(self) -> None:
        """As the app does after a run."""
        await self.listing.update(self.session)

    def marks(self) -> dict[str, str]:
        """What is marked among the rows shown."""
        lines = [self.table.line(at) for at in range(len(self.table))]
        rows = [line for line in lines if isinstance(line, Variable)]
        return {row.name: self.table.mark(row) for row in rows if self.table.mark(row)}


@pytest.fixture
async def marked() -> AsyncIterator[Marked]:
    async with Session() as session:
        yield Marked(session)


async def test_since_a_checkpoint_on_the_way_here(marked: Marked) -> None:
    await marked.run("stays = 1; bound = 2; filled = [3]; dropped = 4")
    point = await marked.session.checkpoint("then")
    await marked.run("bound = 20; made = 5; stays = 100 - 99")
    await marked.run("filled.append(30)")
    await marked.run("del dropped")
    marked.table.mark_since(await baseline_of(marked.session, point))
    expected = {"bound": "changed", "filled": "changed", "made": "new", "dropped": "deleted"}
    assert marked.marks() == expected
    marked.table.mark_since(None)
    assert marked.marks() == {"dropped": "deleted"}, "that is what the last run did"


async def test_what_was_deleted_before_anybody_looked_is_marked_too(marked: Marked) -> None:
    await marked.session.execute("kept = 1; dropped = 4")
    point = await marked.session.checkpoint("then")
    await marked.session.execute("del dropped")
    await marked.list()
    marked.table.mark_since(await baseline_of(marked.session, point))
    assert marked.marks() == {"dropped": "deleted"}
    await marked.run("dropped = 'again'")
    assert marked.marks() == {"dropped": "changed"}


async def test_since_a_checkpoint_on_another_branch(marked: Marked) -> None:
    await marked.run("same = [1]; other = [2]")
    start = await marked.session.checkpoint("start")
    await marked.run("other.append(3); only_there = 1; later = 1")
    point = await marked.session.checkpoint("there")
    await marked.session.restore(start)
    await marked.list()
    await marked.run("only_here = 1")
    marked.table.mark_since(await baseline_of(marked.session, point))
    expected = {
        "other": "changed", "only_here": "new", "only_there": "deleted", "later": "deleted",
    }  # fmt: skip
    assert marked.marks() == expected
    await marked.run("same.append(4); later = 1")
    assert marked.marks() == {**expected, "same": "changed", "later": "changed"}


async def test_after_going_back_the_marks_are_of_the_state_that_is_there_then(
    marked: Marked,
) -> None:
    await marked.run("a = 1; b = 1")
    start = await marked.session.checkpoint("start")
    await marked.run("a = 2")
    point = await marked.session.checkpoint("later")
    await marked.run("b = 2")
    marked.table.mark_since(await baseline_of(marked.session, point))
    assert marked.marks() == {"b": "changed"}
    await marked.session.restore(start)
    await marked.list()
    assert marked.marks() == {"a": "changed"}

"""Who waits for what is here in a moment looks again at once; nobody else is kept from anything."""

from __future__ import annotations

import asyncio
import itertools
import os
from collections.abc import AsyncIterator, Callable

import pytest
import pytest_asyncio

from pyrepl_tui import Session
from pyrepl_tui.engine import eagerness
from pyrepl_tui.engine.eagerness import Eagerness
from pyrepl_worker.protocol import patience
from pyrepl_worker.protocol.patience import CROWDED, LONGEST, TRIES, TURN, WORTHWHILE
from tests.worker.running import ok, soon, value


class Clock:
    """Goes on by a step whenever somebody looks."""

    def __init__(self) -> None:
        self.now = 0.0
        self.step = 1e-6

    def __call__(self) -> float:
        self.now += self.step
        return self.now

    def pass_by(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock of its own, on a machine with several processors."""
    clock = Clock()
    for module in (eagerness, patience):
        monkeypatch.setattr(module, "perf_counter", clock)
    monkeypatch.setattr(patience, "processors", lambda: 2)
    monkeypatch.setattr(eagerness, "_step_aside", lambda: None)
    return clock


class Pulls:
    """Something comes with the so many-th pull."""

    def __init__(self) -> None:
        self.count = 0
        self.comes_at = 0

    def __call__(self) -> None:
        self.count += 1

    def came(self) -> bool:
        return self.count == self.comes_at


async def wait(eager: Eagerness, clock: Clock, seconds: float, came: Callable[[], object]) -> None:
    await eager.look(came)
    clock.now += seconds
    eager.learn()


async def test_it_looks_once_that_has_been_worth_it(clock: Clock) -> None:
    pulls = Pulls()
    eager = Eagerness(pulls)
    await wait(eager, clock, WORTHWHILE / 2, pulls.came)
    assert pulls.count == 0
    pulls.comes_at = 7
    await wait(eager, clock, 0, pulls.came)
    assert pulls.count == 7


async def test_it_gives_up_and_sleeps_the_next_time(clock: Clock) -> None:
    pulls = Pulls()
    eager = Eagerness(pulls)
    await wait(eager, clock, 0, pulls.came)
    began = clock.now
    await wait(eager, clock, 0, pulls.came)
    assert WORTHWHILE <= clock.now - began < WORTHWHILE * 1.2
    count = pulls.count
    assert count > 0
    await wait(eager, clock, WORTHWHILE, pulls.came)
    assert pulls.count == count
    await wait(eager, clock, 0, pulls.came)
    assert pulls.count == count


async def test_it_does_not_look_where_it_would_be_in_the_way(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "processors", lambda: 1)
    pulls = Pulls()
    eager = Eagerness(pulls)
    for _ in range(3):
        await wait(eager, clock, 0, pulls.came)
    assert pulls.count == 0


async def test_where_others_want_the_processor_it_sleeps_for_a_while(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    pulls = Pulls()
    eager = Eagerness(pulls)
    await wait(eager, clock, 0, pulls.came)
    monkeypatch.setattr(eagerness, "_leave_processor", lambda: clock.pass_by(TURN))
    for _ in range(8):
        await wait(eager, clock, 0, lambda: False)
        await wait(eager, clock, 0, lambda: False)
    count = pulls.count
    assert 0 < count <= TRIES
    monkeypatch.setattr(eagerness, "_leave_processor", lambda: None)
    await wait(eager, clock, 0, pulls.came)
    await wait(eager, clock, LONGEST, pulls.came)
    assert pulls.count == count
    await wait(eager, clock, 0, pulls.came)
    pulls.comes_at = count + 3
    await wait(eager, clock, 0, pulls.came)
    assert pulls.count == count + 3


async def test_a_short_interruption_is_no_reason_to_sleep(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    pulls = Pulls()
    eager = Eagerness(pulls)
    await wait(eager, clock, 0, pulls.came)
    monkeypatch.setattr(eagerness, "_leave_processor", lambda: clock.pass_by(CROWDED))
    for _ in range(10):
        pulls.comes_at = pulls.count + 2
        await wait(eager, clock, 0, pulls.came)
        assert pulls.count == pulls.comes_at


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="the kernel does not tell")
def test_stepping_aside_leaves_all_processors_allowed() -> None:
    before = os.sched_getaffinity(0)
    eagerness._step_aside()
    assert os.sched_getaffinity(0) == before


async def test_what_another_task_does_is_noticed(clock: Clock) -> None:
    came: list[str] = []
    eager = Eagerness(lambda: None)
    await wait(eager, clock, 0, lambda: came)
    asyncio.get_running_loop().call_soon(came.append, "something")
    await soon(eager.look(lambda: came))
    assert came == ["something"]


@pytest_asyncio.fixture
async def session(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Session]:
    """One whose client looks for results, however few processors there are."""
    monkeypatch.setattr(patience, "processors", lambda: 2)
    async with Session() as session:
        yield session


async def test_other_tasks_go_on_between_many_short_runs(session: Session) -> None:
    turns = itertools.count()

    async def other() -> None:
        while True:
            next(turns)
            await asyncio.sleep(0)

    task = asyncio.ensure_future(other())
    for _ in range(100):
        await ok(session, "x = 1")
    task.cancel()
    assert next(turns) >= 100


async def test_a_death_amid_short_runs_is_a_result(session: Session) -> None:
    for _ in range(30):
        await ok(session, "x = 1")
    result = await soon(session.execute("import os\nprint('last')\nos._exit(3)"))
    assert (result.status, result.stdout, result.execution_count) == ("crashed", "last\n", 31)
    assert result.death is not None
    assert result.death.exit_code == 3


async def test_a_run_that_is_cancelled_amid_short_ones_is_cancelled(session: Session) -> None:
    for _ in range(30):
        await ok(session, "x = 1")
    running = asyncio.ensure_future(session.execute("while True: pass"))
    await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await soon(running)
    assert await value(session, "6 * 7") == "42"

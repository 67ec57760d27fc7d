"""What a session promises when workers die or are replaced, with fake workers and real ones."""

from __future__ import annotations

from time import perf_counter

import pytest

from pyrepl_tui import Session, SessionState, WorkerDied, list_sessions
from pyrepl_tui.engine import events
from tests.support.waiting import eventually

pytestmark = pytest.mark.usefixtures("world")


async def test_a_restart_empties_the_namespace_and_keeps_the_transcript() -> None:
    async with Session() as session:
        await session.execute("x = 1\nprint('kept')")
        stream, before = session.events(), session.pid
        await session.restart()
        assert session.pid != before
        assert session.state is SessionState.IDLE
        result = await session.execute("x")
        assert result.error is not None
        assert result.error.name == "NameError"
        assert session.output() == b"kept\n"
        kinds = []
        async for event in stream:
            kinds.append(type(event).__name__)
            if isinstance(event, events.Finished):
                break
        assert kinds.index("WorkerDown") < kinds.index("WorkerStarted") < kinds.index("Started")


async def test_others_follow_a_restart() -> None:
    async with Session() as session:
        other = await Session.attach(session.id)
        await session.restart()
        await eventually(lambda: other.pid == session.pid)
        assert (await other.execute("3")).value == "3"
        await other.detach()


async def test_a_restart_ends_what_runs() -> None:
    async with Session() as session:
        operation = session.run("while True: pass")
        await eventually(lambda: session.state is SessionState.BUSY)
        await session.restart()
        assert (await operation).status in ("cancelled", "crashed")
        assert (await session.execute("1")).value == "1"


async def test_killing_the_worker() -> None:
    async with Session() as session:
        operation = session.run("print('said')\nwhile True: pass")
        await eventually(session.output)
        await session.kill()
        result = await operation
        assert (result.status, result.stdout) == ("crashed", "said\n")
        assert result.death is not None
        assert result.death.signal == 9
        assert session.state is SessionState.DEAD
        for attempt in (session.namespace, session.interrupt, session.dump_stacks):
            with pytest.raises(WorkerDied):
                await attempt()
        with pytest.raises(WorkerDied):
            session.run("1")
        (info,) = await list_sessions()
        assert info.state is SessionState.DEAD
        await session.restart()
        assert (await session.execute("1")).value == "1"


async def test_a_connection_that_is_dropped_is_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pyrepl_tui.engine.deadlines.DEATH_SECONDS", 0.05)
    async with Session() as session:
        await session.execute("print('zero')")
        stream, pid = session.events(), session.pid
        first = session.run("print('one')\nprint(input())", on_input="ask")
        second = session.run("print('two')")
        await eventually(lambda: session.inputs and session.queued)
        other = await Session.attach(session.id)
        held = session._attachment._node
        assert held is not None
        held.abort()
        await eventually(lambda: held is not session._attachment._node)
        await other.answer(other.inputs[0], "answered")
        assert (await first).stdout == "one\nanswered\n"
        assert (await second).stdout == "two\n"
        assert session.pid == pid
        kinds, output = [], b""
        async for event in stream:
            kinds.append(type(event).__name__)
            output += event.data if isinstance(event, events.Output) else b""
            if isinstance(event, events.Finished) and event.operation_id == second.id:
                break
        assert output == b"one\nanswered\ntwo\n"
        assert [kinds.count(kind) for kind in ("Started", "Finished", "InputRequest")] == [2, 2, 1]
        assert "WorkerDown" not in kinds
        await other.detach()


async def test_attaching_to_a_dead_session() -> None:
    async with Session() as session:
        await session.execute("print('before')")
        await session.kill()
        await eventually(lambda: session.state is SessionState.DEAD)
        other = await Session.attach(session.id)
        assert other.state is SessionState.DEAD
        assert other.output() == b"before\n"
        await other.restart()
        assert (await other.execute("4")).value == "4"
        await eventually(lambda: session.state is SessionState.IDLE)
        await other.detach()


async def test_a_crash_tells_how_long_the_run_had_lasted() -> None:
    async with Session() as session:
        called = perf_counter()
        operation = session.run("input()", on_input="ask")
        await eventually(lambda: session.inputs)
        asked = perf_counter()
        await eventually(lambda: perf_counter() - asked > 0.02)
        killed = perf_counter()
        await session.kill()
        duration = (await operation).duration_ms / 1000
        assert killed - asked <= duration <= perf_counter() - called


async def test_closing_what_was_never_started() -> None:
    session = Session()
    await session.close()
    assert session.state is SessionState.DEAD
    with pytest.raises(WorkerDied, match="closed"):
        session.run("1")

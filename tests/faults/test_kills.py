"""Processes are killed with SIGKILL at moments of their own choosing."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import pytest

from pyrepl_tui import (
    ExecutionResult,
    Finished,
    Output,
    Session,
    SessionState,
    WorkerDied,
    list_sessions,
)
from tests.support.programs import Program, alive, registry_entry, runtime_folder
from tests.support.waiting import eventually, wait_until

SOON = 1.0
"""Seconds within which a caller must hear of a death."""

ENDLESS = {
    "computing": "print('go', flush=True)\nwhile True: pass",
    "sleeping": "import time\nprint('go', flush=True)\ntime.sleep(600)",
    "flooding": "while True: print('x' * 70)",
    "writing stderr too": "import sys\nwhile True: print('o'); print('e', file=sys.stderr)",
    "awaiting": "import asyncio\nprint('go', flush=True)\nawait asyncio.sleep(600)",
    "a child that runs": "import os\nprint('go', flush=True)\nos.system('sleep 600')",
}


async def killed(session: Session, code: str) -> ExecutionResult:
    """Run code, kill the worker at its first output, and see what the caller gets in time."""
    operation = session.run(code, on_input="ask")
    async for event in operation:
        if isinstance(event, Output):
            break
    assert session.pid is not None
    os.kill(session.pid, signal.SIGKILL)
    return await asyncio.wait_for(_result(operation), SOON)


async def _result(operation: object) -> ExecutionResult:
    return await operation  # type: ignore[misc,no-any-return]


@pytest.mark.parametrize("code", ENDLESS.values(), ids=ENDLESS)
async def test_a_killed_worker_is_told_of_within_a_second(code: str) -> None:
    async with Session() as session:
        result = await killed(session, code)
        assert result.status == "crashed"
        assert result.death is not None
        assert result.death.signal == signal.SIGKILL
        await eventually(lambda: session.state is SessionState.DEAD)
        with pytest.raises(WorkerDied):
            await session.execute("1")
        await session.restart()
        assert (await session.execute("6 * 7")).value == "42"


async def test_a_worker_killed_over_a_question_withdraws_it() -> None:
    async with Session() as session:
        operation = session.run("input('name? ')", on_input="ask")
        await eventually(lambda: session.inputs)
        assert session.pid is not None
        os.kill(session.pid, signal.SIGKILL)
        result = await asyncio.wait_for(_result(operation), SOON)
        assert result.status == "crashed"
        assert session.inputs == []


async def test_what_was_printed_before_the_death_is_there_after_it() -> None:
    async with Session() as session:
        await session.execute("print('first')")
        result = await killed(session, "print('second', flush=True)\nwhile True: pass")
        assert result.stdout == "second\n"
        await session.restart()
        await session.execute("print('third')")
        assert session.output() == b"first\nsecond\nthird\n"


async def test_queued_runs_of_a_killed_worker_end_too() -> None:
    async with Session() as session:
        running = session.run("print('go', flush=True)\nwhile True: pass")
        waiting = [session.run("1"), session.run("2")]
        async for event in running:
            if isinstance(event, Output):
                break
        assert session.pid is not None
        os.kill(session.pid, signal.SIGKILL)
        results = await asyncio.wait_for(
            asyncio.gather(*map(_result, [running, *waiting]), return_exceptions=True), SOON
        )
        for result in results:
            assert isinstance(result, (WorkerDied, ExecutionResult))
            assert isinstance(result, WorkerDied) or result.status in ("crashed", "cancelled")


async def test_twenty_deaths_in_a_row_leave_a_working_session() -> None:
    async with Session() as session:
        for turn in range(20):
            await session.execute(f"turn = {turn}")
            operation = session.run("for i in range(10**9): print(i)")
            heard = 0
            async for event in operation:
                heard += isinstance(event, Output)
                if heard > turn % 4:
                    break
            assert session.pid is not None
            os.kill(session.pid, signal.SIGKILL)
            result = await asyncio.wait_for(_result(operation), SOON)
            assert result.status == "crashed"
            lines = result.stdout.split("\n")
            assert lines[:-1] == [str(i) for i in range(len(lines) - 1)]
            await session.restart()
        assert (await session.execute("'turn' in globals()")).value == "False"


CLIENT = """
async def main():
    session = Session(persist={persist}, name="mine")
    await session.start()
    operation = session.run({code!r})
    async for event in operation:
        if isinstance(event, Output):
            break
    print(session.id, session.pid, flush=True)
    await operation
"""


@pytest.mark.parametrize("code", ENDLESS.values(), ids=ENDLESS)
def test_a_killed_client_takes_its_session_along(code: str) -> None:
    """The sandbox of the test checks that no process at all is left."""
    with Program(CLIENT.format(persist=False, code=code)) as program:
        session_id, pid = program.hear().split()
        program.kill()
        wait_until(lambda: not alive(int(pid)))
        entry = runtime_folder() / "registry" / f"{session_id}.json"
        wait_until(lambda: not entry.exists())
        wait_until(lambda: list((runtime_folder() / "s").iterdir()) == [])


async def test_a_persistent_session_survives_its_killed_client() -> None:
    code = (
        "import time\nprint('before', flush=True)\n"
        "import os\nwhile not os.path.exists('go'): time.sleep(0.01)\nprint('after')"
    )
    with Program(CLIENT.format(persist=True, code=code)) as program:
        session_id, pid = program.hear().split()
        program.kill()
    folder = registry_entry(session_id)["cwd"]
    assert alive(int(pid))
    session = await Session.attach(session_id)
    try:
        events = session.events()
        go = Path(folder, "go")
        go.touch()
        async for event in events:
            if isinstance(event, Finished):
                break
        go.unlink()
        assert session.output() == b"before\nafter\n"
        assert session.pid == int(pid)
        assert (await session.execute("1 + 1")).value == "2"
    finally:
        await session.close()


async def test_a_persistent_session_survives_its_killed_nursery() -> None:
    session = Session(persist=True, name="orphan")
    await session.start()
    try:
        await session.execute("x = 'kept'")
        nursery = next(p.pid for p in await session.processes() if p.role == "nursery")
        os.kill(nursery, signal.SIGKILL)
        await eventually(lambda: not alive(nursery))
        assert (await session.execute("x")).value == "'kept'"
        other = await Session.attach(session.id)
        assert (await other.execute("x + '!'")).value == "'kept!'"
        await other.detach()
        assert [each.id for each in await list_sessions()] == [session.id]
    finally:
        pid = session.pid
        await session.close()
    assert pid is not None
    await eventually(lambda: not alive(pid))
    assert await list_sessions() == []


async def test_a_session_ends_with_its_killed_nursery_if_it_does_not_persist() -> None:
    async with Session() as session:
        await session.execute("x = 1")
        pid = session.pid
        nursery = next(p.pid for p in await session.processes() if p.role == "nursery")
        operation = session.run("print('go', flush=True)\nwhile True: pass")
        async for event in operation:
            if isinstance(event, Output):
                break
        os.kill(nursery, signal.SIGKILL)
        try:
            result = await asyncio.wait_for(_result(operation), SOON)
        except WorkerDied:
            result = ExecutionResult("crashed")
        assert result.status == "crashed"
        assert pid is not None
        await eventually(lambda: not alive(pid))


async def test_a_new_nursery_takes_the_place_of_a_killed_one() -> None:
    async with Session() as first:
        await first.execute("x = 1")
        nursery = next(p.pid for p in await first.processes() if p.role == "nursery")
        os.kill(nursery, signal.SIGKILL)
        async with Session() as second:
            assert (await second.execute("1 + 1")).value == "2"


async def test_a_killed_attached_client_is_not_missed() -> None:
    attached = """
async def main():
    session = await Session.attach({id!r})
    print("attached", flush=True)
    await session.execute("import time; time.sleep(600)")
"""
    async with Session() as session:
        await session.execute("x = 1")
        with Program(attached.format(id=session.id)) as program:
            assert program.hear() == "attached"
            await eventually(lambda: session.running is not None)
            program.kill()
        await session.interrupt()
        await eventually(lambda: session.running is None)
        assert (await session.execute("x")).value == "1"

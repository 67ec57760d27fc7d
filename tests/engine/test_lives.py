"""Lives and deaths of real workers, their nurseries and their clients."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from pyrepl_tui import (
    Session,
    SessionState,
    TransactionError,
    WorkerDied,
    list_sessions,
)
from pyrepl_tui.engine import events, leftovers, registry
from pyrepl_tui.engine.late_result import LateResult
from tests.support.waiting import eventually

CLIENT = """
import asyncio, os, sys, time
from pyrepl_tui import Session

async def main():
    session = await Session(persist={persist}, name="orphan").start()
    await session.execute("x = 'survived'; print('said')")
    operation = session.run("import time\\nwhile True: time.sleep(0.01)")
    {extra}
    async for _ in operation:
        print(session.id, session.pid, flush=True)

asyncio.run(main())
"""


@contextlib.asynccontextmanager
async def client(
    *, persist: bool, extra: str = ""
) -> AsyncIterator[tuple[subprocess.Popen[bytes], str, int]]:
    """A process that has a session and runs something in it for ever; the session's id and pid."""
    code = CLIENT.format(persist=persist, extra=extra)
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            line = await asyncio.get_running_loop().run_in_executor(None, process.stdout.readline)
            session_id, pid = line.split()
            yield process, session_id.decode(), int(pid)
        finally:
            process.kill()


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


async def test_a_killed_client_takes_its_session_along() -> None:
    async with client(persist=False) as (process, session_id, pid):
        (entry,) = registry.entries()
        process.kill()
        await eventually(lambda: not is_alive(pid))
        await eventually(lambda: registry.load(session_id) is None)
        assert not Path(entry.directory).exists()


async def test_a_process_forked_by_a_killed_client_keeps_nothing_alive(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    fork = f"""
    if os.fork() == 0:
        open({str(note)!r}, "w").write(str(os.getpid()))
        time.sleep(50)
        os._exit(0)"""
    async with client(persist=False, extra=fork) as (process, session_id, pid):
        child = int(await eventually(lambda: note.exists() and note.read_text()))
        try:
            process.kill()
            await eventually(lambda: not is_alive(pid))
            await eventually(lambda: registry.load(session_id) is None)
            assert is_alive(child)
        finally:
            os.kill(child, signal.SIGKILL)


async def test_a_session_that_persists_survives_its_killed_client() -> None:
    async with client(persist=True) as (process, session_id, pid):
        process.kill()
        process.wait()
        session = await Session.attach(session_id)
        try:
            assert session.pid == pid
            await eventually(lambda: session.state is SessionState.BUSY)
            await session.interrupt()
            assert (await session.execute("x")).value == "'survived'"
            assert session.output() == b"said\n"
        finally:
            await session.close()
        await eventually(lambda: not is_alive(pid))


async def test_two_clients_one_of_them_killed() -> None:
    async with client(persist=False) as (process, session_id, pid):
        session = await Session.attach(session_id)
        process.kill()
        process.wait()
        await session.interrupt()
        assert (await session.execute("x")).value == "'survived'"
        await session.detach()
        await eventually(lambda: not is_alive(pid))
        await eventually(lambda: registry.load(session_id) is None)


async def test_a_frozen_client_slows_nobody() -> None:
    async with client(persist=True) as (process, session_id, _):
        session = await Session.attach(session_id)
        try:
            await session.interrupt()
            os.kill(process.pid, signal.SIGSTOP)
            for _ in range(3):
                result = await session.execute("for i in range(20_000): print('x' * 50)")
                assert len(result.stdout) == 51 * 20_000
            for number in range(300):
                assert (await session.execute(str(number))).value == str(number)
        finally:
            await session.close()


async def test_a_client_that_reads_nothing_for_long_misses_nothing() -> None:
    async with Session(persist=True) as session:
        slow = await Session.attach(session.id)
        held = slow._attachment._node
        assert held is not None
        assert held._transport is not None
        stream = slow.events()
        held._transport.pause_reading()
        comment = "#" * (1 << 20)
        count = 24  # more than a worker keeps for a client that does not read
        for number in range(count):
            await session.execute(f"print({number})\n{comment}")
        held._transport.resume_reading()
        kinds, output = [], b""
        async for event in stream:
            kinds.append(type(event).__name__)
            if isinstance(event, events.Output):
                output += event.data
            if kinds.count("Finished") == count:
                break
        assert held is not slow._attachment._node, "it was not dropped: the test shows nothing"
        assert output == b"".join(b"%d\n" % number for number in range(count))
        assert kinds.count("Started") == count
        assert (await slow.execute("1")).value == "1"
        await slow.detach()


@pytest.mark.parametrize(
    ("code", "number", "exit_code", "words"),
    [
        ("import os; os._exit(7)", None, 7, "7"),
        ("import os; os.kill(os.getpid(), 9)", 9, None, "SIGKILL"),
        ("import ctypes; ctypes.string_at(0)", 11, None, "segmentation fault"),
        ("import os; os.abort()", 6, None, "abort"),
        ("import os; os.kill(os.getpid(), 15); import time; time.sleep(9)", 15, None, "SIGTERM"),
    ],
)
async def test_the_cause_of_a_death_is_told(
    code: str, number: int | None, exit_code: int | None, words: str
) -> None:
    async with Session() as session:
        result = await session.execute(f"print('before', flush=True)\n{code}")
        assert (result.status, result.stdout) == ("crashed", "before\n")
        assert result.death is not None
        assert (result.death.signal, result.death.exit_code) == (number, exit_code)
        assert words in result.death.reason
        assert session.death == result.death
        await session.restart()
        assert session.death is None
        assert [run.status for run in session.transcript.runs()] == ["crashed"]
        assert (await session.execute("1")).execution_count == 2


async def test_a_death_while_idle_is_told_to_listeners() -> None:
    async with Session() as session:
        stream = session.events()
        assert session.pid is not None
        os.kill(session.pid, signal.SIGKILL)
        async for event in stream:
            if isinstance(event, events.WorkerDown):
                assert event.death.signal == signal.SIGKILL
                break
        assert session.state is SessionState.DEAD


async def test_restart_after_the_nursery_is_gone() -> None:
    session = await Session(persist=True).start()
    try:
        await session.execute("print('one')")
        nursery = next(each for each in await session.processes() if each.role == "nursery")
        os.kill(nursery.pid, signal.SIGKILL)
        await eventually(lambda: session.nursery is None)
        assert (await session.execute("1")).value == "1"
        other = await Session.attach(session.id)
        assert (await other.execute("2")).value == "2"
        await other.detach()
        before = session.pid
        assert before is not None
        await session.restart()
        assert not is_alive(before)
        result = await session.execute("print('two')")
        assert (result.execution_count, session.output()) == (4, b"one\ntwo\n")
    finally:
        await session.close()
    assert await list_sessions() == []


async def test_a_worker_without_nursery_ends_unless_it_persists() -> None:
    session = await Session().start()
    pid = session.pid
    assert pid is not None
    nursery = next(each for each in await session.processes() if each.role == "nursery")
    os.kill(nursery.pid, signal.SIGKILL)
    await eventually(lambda: session.state is SessionState.DEAD)
    assert session.death is not None
    assert "nursery is gone" in session.death.reason
    assert not is_alive(pid)
    await session.close()


async def test_output_of_threads_and_children_between_runs() -> None:
    code = """
import subprocess, sys, threading
go = threading.Event()
def late():
    go.wait()
    print("late")
threading.Thread(target=late).start()
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(0.2); print('child')"])
print("now")
"""
    async with Session() as session:
        stream = session.events()
        first = session.run(code)
        assert (await first).stdout == "now\n"
        await session.execute("go.set()")
        found: dict[str, str | None] = {}
        async for event in stream:
            if isinstance(event, events.Output):
                found.update(dict.fromkeys(event.data.decode().split(), event.operation_id))
            if len(found) == 3:
                break
        assert found["now"] == found["late"] == first.id
        assert "child" in found


async def test_a_flood_reaches_listeners_whole_and_in_order() -> None:
    async with Session() as session:
        stream = session.events()
        operation = session.run("for i in range(100_000): print(i)")
        parts = []
        async for event in stream:
            if isinstance(event, events.Output):
                assert len(event.data) <= 1 << 18
                parts.append(event.data)
            if isinstance(event, events.Finished):
                break
        whole = b"".join(parts).decode()
        assert whole == "".join(f"{i}\n" for i in range(100_000))
        assert (await operation).stdout == whole


async def test_a_result_holds_at_most_so_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pyrepl_tui.engine.operation.OUTPUT_LIMIT", 1000)
    async with Session() as session:
        result = await session.execute("print('x' * 5000)")
        assert (len(result.stdout), result.truncated) == (1000, True)
        assert len(session.output()) == 5001


async def test_a_long_result_of_events_is_read_when_it_is_looked_at() -> None:
    line = "é" * 100_000
    async with Session() as session:
        code = f"import sys\nfor _ in range(11): print({line!r})\nprint('e', file=sys.stderr)"
        operation = session.run(code)
        result: Any = None
        async for event in operation:
            if isinstance(event, events.Finished):
                result = event.result
        assert isinstance(result, LateResult)
        assert (result.status, result.execution_count) == ("ok", 1)
        with pytest.raises(AttributeError, match="nonsense"):
            _ = result.nonsense
        whole = f"{line}\n" * 11
        copy = pickle.loads(pickle.dumps(result))
        assert (copy.stdout, copy.status) == (whole, "ok")
        other = dataclasses.replace(result, status="error")
        assert (other.stdout == whole, other.stderr, other.status) == (True, "e\n", "error")
        assert (await operation) is result
        assert not result.truncated


async def test_nothing_is_left_over_by_a_regular_end() -> None:
    async with Session() as session:
        await session.execute("1")
        assert leftovers.find() == []
    assert registry.entries() == []


ASKS: dict[str, Callable[[Session], Awaitable[Any]]] = {
    "execute": lambda session: session.execute("1"),
    "interrupt": Session.interrupt,
    "begin": Session.begin,
    "checkpoint": Session.checkpoint,
    "branch": Session.branch,
    "namespace": Session.namespace,
    "inspect": lambda session: session.inspect(("x",)),
    "compare": lambda session: session.compare(session),
    "complete": lambda session: session.complete("pri", 3),
    "rename": lambda session: session.rename("another"),
}


@pytest.mark.parametrize("end", ["a death", "a close"])
async def test_no_method_hangs_when_there_is_no_worker(end: str) -> None:
    session = await Session().start()
    if end == "a death":
        assert (await session.execute("import os; os._exit(1)")).status == "crashed"
    else:
        await session.close()
    for ask in ASKS.values():
        with pytest.raises(WorkerDied):
            await asyncio.wait_for(ask(session), 20)
    for call in (session.commit, session.rollback):
        with pytest.raises(TransactionError):
            await asyncio.wait_for(call(), 20)
    assert isinstance(await asyncio.wait_for(session.processes(), 20), list)
    assert await asyncio.wait_for(session.checkpoints(), 20) == []
    assert session.output() == b""
    await session.close()

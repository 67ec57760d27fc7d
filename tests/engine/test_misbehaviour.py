"""Peers that lie, fall silent or vanish: a client is told within its deadlines, and never hangs."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from pyrepl_tui import (
    Session,
    SessionState,
    WorkerDied,
    WorkerStartError,
    list_sessions,
    locations,
)
from pyrepl_tui.engine import deadlines, launcher, links, registry
from pyrepl_tui.engine.connection import Connection, ConnectionClosed, open_connection
from pyrepl_worker import protocol
from pyrepl_worker.framing import encode
from tests.engine.fakes import FakeNursery
from tests.support.waiting import eventually


@pytest.mark.parametrize(
    "rubbish",
    [
        b"\xff\xff\xff\xff",
        b"\0\0\0\1\xc1",
        b"\0\0\0\x06\x91\xa4nope",
        b"\0\0\0\x04\x91\xa2up",
    ],
)
async def test_a_worker_that_talks_nonsense_counts_as_dead(
    nursery: FakeNursery, rubbish: bytes
) -> None:
    async with Session() as session:
        operation = session.run("input()", on_input="ask")
        await eventually(lambda: session.inputs)
        nursery.node(session.id).send_raw(rubbish)
        result = await operation
        assert result.status == "crashed"
        assert result.death is not None
        assert "nonsense" in result.death.reason
        assert session.inputs == []
        with pytest.raises(WorkerDied):
            await session.namespace()


async def test_messages_nobody_expects_are_ignored(nursery: FakeNursery) -> None:
    async with Session() as session:
        node = nursery.node(session.id)
        for message in (
            protocol.Done(999, {}),
            protocol.Failed(0, "invalid", "what?"),
            protocol.Hello(1, "me"),
            protocol.InputResolved("r1", None, "gone", None, 0, 0),
        ):
            node.send_raw(encode(message))
        assert (await session.execute("1")).value == "1"


async def test_a_worker_that_vanishes_without_a_word(
    nursery: FakeNursery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deadlines, "DEATH_SECONDS", 0.05)
    async with Session() as session:
        operation = session.run("input()", on_input="ask")
        await eventually(lambda: session.inputs)
        asking = asyncio.ensure_future(session.namespace())
        nursery.node(session.id).silent = True
        await asyncio.sleep(0)
        nursery.node(session.id).vanish()
        result = await operation
        assert result.status == "crashed"
        assert result.death is not None
        assert "not known" in result.death.reason
        with pytest.raises(WorkerDied):
            await asking


async def test_code_sent_to_a_worker_that_has_just_died(nursery: FakeNursery) -> None:
    async with Session() as session:
        node = nursery.node(session.id)
        node.vanish()
        await eventually(lambda: not node.peers)
        await asyncio.sleep(0)
        operation = session.run("1")
        nursery.die(session.id, 11, None, "a segmentation fault")
        result = await operation
        assert result.status == "crashed"
        assert result.death is not None
        assert (result.death.signal, result.death.reason) == (11, "a segmentation fault")


async def test_a_nursery_that_vanishes_leaves_the_worker_usable(nursery: FakeNursery) -> None:
    session = await Session(persist=True).start()
    node = nursery.node(session.id)
    nursery.vanish()
    await eventually(lambda: session.nursery is None)
    assert (await session.execute("1")).value == "1"
    assert [each.role for each in await session.processes()] == ["worker"]
    operation = session.run("input()", on_input="ask")
    await eventually(lambda: session.inputs)
    node.vanish()
    result = await operation
    assert result.death is not None
    assert "nursery is gone" in result.death.reason
    # a new nursery takes the session up where the transcript ends
    again = await FakeNursery().listen()
    again.recorders, again.counts = nursery.recorders, nursery.counts
    try:
        await session.restart()
        assert (await session.execute("2")).execution_count == 3
        await session.close()
    finally:
        again.close()


async def test_ending_a_session_that_has_no_nursery(nursery: FakeNursery) -> None:
    session = await Session(persist=True).start()
    nursery.vanish()
    await eventually(lambda: session.nursery is None)
    await session.close()
    assert not (locations.runtime_dir() / "registry" / f"{session.id}.json").exists()
    assert session.state is SessionState.DEAD


async def test_a_nursery_that_never_answers() -> None:
    nursery = await FakeNursery().listen()
    nursery.silent = True
    try:
        with pytest.raises(ConnectionClosed, match="no welcome within"):
            await launcher.connect(str(nursery.path), "test", 0.05)
    finally:
        nursery.close()


async def test_a_nursery_of_another_version(nursery: FakeNursery) -> None:
    nursery.version = 999
    with pytest.raises(Exception, match="version 999"):
        await Session().start()


async def test_a_socket_without_a_listener(tmp_path: Path) -> None:
    with pytest.raises(ConnectionClosed):
        await open_connection(str(tmp_path / "none"), "test", 1)
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(tmp_path / "stale"))
    with pytest.raises(ConnectionClosed):
        await open_connection(str(tmp_path / "stale"), "test", 1)


async def test_a_listener_whose_queue_stays_full(tmp_path: Path) -> None:
    path = str(tmp_path / "full")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen(0)
        with socket.socket(socket.AF_UNIX) as first, socket.socket(socket.AF_UNIX) as second:
            for each in (first, second):
                each.setblocking(False)
                each.connect_ex(path)
            begin = time.monotonic()
            with pytest.raises(ConnectionClosed):
                await open_connection(path, "test", 0.1)
            assert time.monotonic() - begin < 5


async def test_a_folder_that_others_may_enter_is_refused() -> None:
    os.chmod(locations.runtime_dir(), 0o755)
    with pytest.raises(locations.UnsafeFolder, match="chmod 700"):
        await Session().start()


async def test_code_too_large_for_a_message(nursery: FakeNursery) -> None:
    async with Session() as session:
        with pytest.raises(Exception, match="over the limit"):
            session.run("x" * (65 << 20))
        assert (await session.execute("1")).value == "1"


async def test_a_connection_tells_of_messages_that_came_early() -> None:
    connection = Connection()
    heard: list[object] = []
    connection.data_received(
        encode(protocol.NurseryWelcome(protocol.VERSION, 1, "3", "py", True, True))
        + encode(protocol.SessionEnded("a"))
    )
    connection.listen(heard.append, lambda: None)
    assert heard == [protocol.SessionEnded("a")]


async def test_starting_without_an_interpreter(tmp_path: Path) -> None:
    with pytest.raises(WorkerStartError, match="there is no interpreter"):
        await Session(python=tmp_path / "python").start()
    (tmp_path / "python").write_text("")
    with pytest.raises(WorkerStartError, match="cannot be executed"):
        await Session(python=tmp_path / "python").start()
    with pytest.raises(WorkerStartError, match="no command 'nopython'"):
        await Session(python="nopython").start()


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("#!/bin/sh\necho cannot do it >&2\nexit 5\n", ["exit code 5", "cannot do it"]),
        ("#!/bin/sh\nkill -9 $$\n", ["SIGKILL"]),
        ("#!/bin/sh\nexit 0\n", ["exit code 0"]),
        ("#!/nowhere/at/all\n", ["cannot be run"]),
        ("not a program", ["cannot be run"]),
    ],
)
async def test_an_interpreter_that_is_none(
    tmp_path: Path, script: str, expected: list[str]
) -> None:
    python = tmp_path / "python"
    python.write_text(script)
    python.chmod(0o755)
    session = Session(python=python)
    with pytest.raises(WorkerStartError) as caught:
        await session.start()
    for words in expected:
        assert words in str(caught.value)
    assert "bootstrap.py" in str(caught.value)
    assert session.state is SessionState.DEAD
    assert list((locations.runtime_dir() / "n").glob("*.sock")) == []


async def test_an_interpreter_that_does_nothing_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launcher, "START_SECONDS", 0.2)
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho waiting >&2\nsleep 60\n")
    python.chmod(0o755)
    with pytest.raises(WorkerStartError, match=r"within 0\.2 s(.|\n)*waiting"):
        await Session(python=python).start()


async def test_what_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="no_such"):
        Session(policy="no_such")
    session = Session()
    with pytest.raises(WorkerDied, match="not been started"):
        await session.complete("x", 1)
    with pytest.raises(WorkerDied, match="not been started"):
        session.run("1")


async def test_a_worker_that_is_stopped(
    nursery: FakeNursery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deadlines, "WELCOME_SECONDS", 0.05)
    monkeypatch.setattr(registry, "_PROBE_SECONDS", 0.05)
    async with Session(persist=True) as session:
        nursery.node(session.id).silent = True
        with pytest.raises(ConnectionClosed, match="does not answer"):
            await Session.attach(session.id)
        monkeypatch.setattr(registry, "peer_of", lambda sock: (session.pid, os.getuid()))
        (info,) = await list_sessions()
        assert info.state is SessionState.BUSY


async def test_a_nursery_that_gives_no_worker(
    nursery: FakeNursery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deadlines, "BIRTH_SECONDS", 0.05)
    async with Session() as session:
        assert await session.start() is session
        nursery.silent = True
        with pytest.raises(WorkerStartError, match="no worker within"):
            await session.restart()
        assert (await session.execute("1")).value == "1"
        monkeypatch.setattr(launcher, "START_SECONDS", 0.05)
        with pytest.raises(WorkerStartError, match="is it stopped"):
            await Session().start()
        nursery.silent = False


async def test_a_long_journal_is_read_beside_the_loop(
    nursery: FakeNursery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(links, "_LONG_JOURNAL", 0)
    async with Session() as session:
        operation = session.run("print('x')\ninput()", on_input="ask")
        await eventually(lambda: session.inputs)
        other = await Session.attach(session.id)
        assert other.running == operation.id
        await other.detach()


async def test_a_start_that_is_given_up_leaves_nothing(nursery: FakeNursery) -> None:
    session = Session(persist=True)
    async with nursery.turn:
        task = asyncio.ensure_future(session.start())
        await eventually(lambda: nursery.tasks)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    await eventually(lambda: not nursery.tasks)
    assert nursery.configs == {}
    assert await list_sessions() == []


async def test_a_run_that_the_worker_refuses_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    def unheard_of(_: object) -> SimpleNamespace:
        return SimpleNamespace(value="unheard of")

    async with Session() as session:
        with monkeypatch.context() as odd:
            odd.setattr("pyrepl_tui.engine.running.TransactionPolicy", unheard_of)
            with pytest.raises(NotImplementedError, match="no policy 'unheard of'"):
                await asyncio.wait_for(session.execute("1", policy="unheard of"), 10)
        assert (await session.execute("1 + 1")).value == "2"

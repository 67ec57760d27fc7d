"""What dead processes leave in the runtime folder is seen, removed, and never in the way."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from pyrepl_tui import Session, SessionState, list_sessions
from tests.support.programs import alive, registry_entry, runtime_folder
from tests.support.waiting import eventually


def doctor(*arguments: str) -> str:
    command = [sys.executable, "-m", "pyrepl_tui", "doctor", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=50)
    return done.stdout


def files() -> set[Path]:
    """Sockets and entries below the runtime folder."""
    folder = runtime_folder()
    return {path for name in ("s", "registry") for path in (folder / name).iterdir()} | set(
        (folder / "n").glob("*.sock")
    )


async def dead_session() -> str:
    """A session that persisted, and whose worker and nursery were killed in one moment."""
    session = Session(persist=True, name="gone")
    await session.start()
    await session.execute("print('kept')")
    pids = [each.pid for each in await session.processes()]
    await session.detach()
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    await eventually(lambda: not any(map(alive, pids)))
    for path in runtime_folder().rglob("*"):
        os.utime(path, (1_000_000, 1_000_000), follow_symlinks=False)  # as if found much later
    return session.id


async def test_leftovers_are_listed_and_removed() -> None:
    session_id = await dead_session()
    left = {path for path in files() if path.exists()}
    assert left
    listing = doctor()
    assert session_id in listing
    assert "removed" not in listing
    doctor("--fix")
    assert not {path for path in left if session_id in path.name and path.exists()}
    assert "no leftovers" in doctor()


async def test_what_lives_is_no_leftover() -> None:
    async with Session() as session:
        await session.execute("x = 1")
        before = files()
        assert "no leftovers" in doctor("--fix")
        assert before <= files()
        assert (await session.execute("x")).value == "1"
        other = await Session.attach(session.id)
        assert (await other.execute("x")).value == "1"
        await other.detach()


async def test_a_session_whose_processes_all_died_can_be_taken_up_again() -> None:
    session_id = await dead_session()
    assert [(each.id, each.pid) for each in await list_sessions()] == [(session_id, None)]
    session = await Session.attach(session_id)
    try:
        assert session.state is SessionState.DEAD
        await session.restart()
        assert (await session.execute("print('and more'); 6 * 7")).value == "42"
        assert session.output() == b"kept\nand more\n"
    finally:
        await session.close()


async def test_a_stale_socket_of_a_nursery_is_replaced() -> None:
    async with Session() as session:
        address = registry_entry(session.id)["nursery"]
    await eventually(lambda: not Path(address).exists())
    Path(address).touch()
    async with Session() as session:
        assert (await session.execute("1 + 1")).value == "2"


async def test_a_folder_of_sockets_that_vanished_is_made_again() -> None:
    async with Session() as first:
        for path in (runtime_folder() / "n").iterdir():
            path.unlink()
        async with Session() as second:
            assert (await second.execute("1 + 1")).value == "2"
        assert (await first.execute("2 + 2")).value == "4"

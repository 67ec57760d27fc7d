"""How real sessions start: in which interpreter, folder and environment, and how many at once."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from pyrepl_tui import (
    Session,
    SessionNotFound,
    SessionState,
    WorkerDied,
    WorkerStartError,
    list_sessions,
)
from pyrepl_tui.engine import registry
from pyrepl_tui.engine.named import open_named
from tests.support.interpreters import every_python
from tests.support.waiting import eventually


@every_python
async def test_every_interpreter(python: str) -> None:
    async with Session(python=python) as session:
        result = await session.execute("import sys; print('out'); sys.version_info[:2]")
        assert result.stdout == "out\n"
        assert result.value is not None
        assert session.python_version.startswith(".".join(eval_version(result.value)))


def eval_version(text: str) -> list[str]:
    return [part.strip() for part in text.strip("()").split(",")]


async def test_environment_and_folder(tmp_path: Path) -> None:
    env = {**os.environ, "ONLY_HERE": "yes \udcff", "SHLVL": "99"}
    async with Session(env=env, cwd=tmp_path) as session, Session() as plain:
        code = "import os; (os.getcwd(), os.environ.get('ONLY_HERE'), os.environ.get('SHLVL'))"
        assert (await session.execute(code)).value == repr((str(tmp_path), "yes \udcff", "99"))
        value = (await plain.execute(code)).value
        assert value == repr((os.getcwd(), None, os.environ.get("SHLVL")))


async def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    session = Session(cwd=tmp_path / "none")
    with pytest.raises(WorkerStartError, match="none"):
        await session.start()
    assert await list_sessions() == []


async def test_a_place_where_nothing_can_be_kept_is_named_with_what_helps(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    session = Session(state_dir=tmp_path / "file" / "state")
    with pytest.raises(WorkerStartError) as raised:
        await session.start()
    said = str(raised.value).splitlines()
    assert str(tmp_path / "file" / "state") in said[0]
    assert "XDG_STATE_HOME" in said[0]
    assert not any("Traceback" in line for line in said)


async def test_a_session_whose_folder_is_gone_keeps_its_worker_when_it_is_restarted(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    async with Session(cwd=folder) as session:
        await session.execute("kept = 1")
        folder.rmdir()
        with pytest.raises(WorkerStartError, match="cannot be entered"):
            await session.restart()
        assert (await session.execute("kept")).value == "1"
        await session.kill()
        await eventually(lambda: session.state is SessionState.DEAD)
        with pytest.raises(WorkerStartError, match="cannot be entered"):
            await session.restart()
        with pytest.raises(WorkerDied, match="killed on request"):
            await session.execute("kept")
        folder.mkdir()
        await session.restart()
        assert (await session.execute("1 + 1")).value == "2"


async def test_preloaded_modules_are_there_at_once() -> None:
    async with Session(preload=["json.tool"]) as session:
        code = "import sys; 'json.tool' in sys.modules"
        assert (await session.execute(code)).value == "True"
    with pytest.raises(WorkerStartError, match="no_such_module"):
        await Session(preload=["no_such_module"]).start()


async def test_many_at_once_share_one_nursery() -> None:
    sessions = await asyncio.gather(*(Session().start() for _ in range(8)))
    try:
        values = await asyncio.gather(
            *(each.execute("import os; os.getpid()") for each in sessions)
        )
        assert sorted(int(each.value or 0) for each in values) == sorted(
            each.pid or 0 for each in sessions
        )
        assert len({each.nursery for each in sessions}) == 1
    finally:
        await asyncio.gather(*(each.close() for each in sessions))


async def test_named_sessions_are_made_once() -> None:
    found = await asyncio.gather(*(open_named("shared", client="test") for _ in range(4)))
    try:
        assert len({session.id for session, _ in found}) == 1
        assert sorted(is_new for _, is_new in found) == [False, False, False, True]
        (entry,) = registry.entries()
        assert registry.resolve(entry.id[:5]) == entry
        assert registry.resolve("shared") == entry
        with pytest.raises(SessionNotFound, match="there are: shared"):
            registry.resolve("other")
    finally:
        for session, _ in found[1:]:
            await session.detach()
        await found[0][0].close()

"""Two versions of the package on one machine: they see each other's sessions, and may end them."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import pyrepl_tui
from pyrepl_tui import ProtocolError, Session, SessionState, list_sessions
from pyrepl_tui.engine import foreign, registry
from pyrepl_tui.engine.connection import dial
from pyrepl_worker import framing, protocol
from tests.engine.test_lives import is_alive
from tests.support.waiting import eventually


@pytest.fixture
def other(tmp_path: Path) -> dict[str, str]:
    """The environment in which another version of the package is run."""
    home = tmp_path / "other"
    for package in (Path(pyrepl_tui.__file__).parent, Path(framing.__file__).parent):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(package, home / package.name, ignore=ignored)
    source = home / "pyrepl_worker" / "protocol" / "__init__.py"
    changed = source.read_text().replace("MEANING = ", "MEANING = 1000 + ")
    assert changed != source.read_text()
    source.write_text(changed)
    return {**os.environ, "PYTHONPATH": str(home)}


def command(env: dict[str, str] | None, *words: str) -> str:
    """What a command prints."""
    run = [sys.executable, "-m", "pyrepl_tui", *words]
    done = subprocess.run(run, env=env, stdout=subprocess.PIPE, text=True, timeout=50, check=True)
    return done.stdout


async def test_a_session_of_another_version(other: dict[str, str]) -> None:
    assert command(other, "exec", "--session", "old", "6 * 7") == "42\n"
    (info,) = await list_sessions()
    assert (info.is_foreign, info.state) == (True, SessionState.BUSY)
    assert info.pid is not None
    with pytest.raises(ProtocolError, match="'old' was made by another version"):
        await Session.attach(info.id)
    assert "other version" in command(None, "sessions")
    async with Session(name="new") as session:
        assert (await session.execute("1 + 1")).value == "2"
        infos = await list_sessions()
        assert {each.name: each.is_foreign for each in infos} == {"old": True, "new": False}
        assert is_alive(info.pid)
    assert command(None, "stop", "old") == "stopped old\n"
    assert await list_sessions() == []
    await eventually(lambda: not is_alive(info.pid or 0))


async def test_a_session_of_another_version_whose_nursery_is_gone(other: dict[str, str]) -> None:
    command(other, "exec", "--session", "old", "1")
    (entry,) = registry.entries()
    stat = Path(f"/proc/{entry.pid}/stat").read_text()
    nursery = int(stat.rpartition(")")[2].split()[1])
    os.kill(nursery, signal.SIGKILL)
    await eventually(lambda: not is_alive(nursery))
    await foreign.end(entry)
    assert registry.entries() == []
    assert entry.pid is not None
    await eventually(lambda: not is_alive(entry.pid or 0))


@pytest.mark.parametrize("end", ["nursery", "socket"])
async def test_another_version_is_refused_by_name(end: str) -> None:
    async with Session(persist=True) as session:
        (entry,) = registry.entries()
        connection = await dial(getattr(entry, end), 5.0)
        connection.send(protocol.Hello(protocol.VERSION + 1, "old"))
        assert connection._welcome is not None
        answer = await connection._welcome
        assert isinstance(answer, protocol.Failed)
        assert answer.kind == "version"
        connection.close()
        assert (await session.execute("1 + 1")).value == "2"

"""Interpreters that cannot run a session say why, within a deadline."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pyrepl_tui import Session, WorkerStartError
from tests.support.interpreters import interpreters

from .running import soon

SECONDS = 12.0
"""Within this time a start must have failed."""


async def refusal(python: str | Path, **options: object) -> WorkerStartError:
    with pytest.raises(WorkerStartError) as caught:
        await soon(Session(python=python, **options).start(), SECONDS)  # type: ignore[arg-type]
    return caught.value


def program(work: Path, text: str) -> Path:
    path = work / "python"
    path.write_text(text)
    path.chmod(0o755)
    return path


def old_interpreters() -> list[str]:
    """Those of pyenv and of the system that are older than 3.10."""
    home = Path(os.path.expanduser("~"))
    found = []
    for path in sorted(home.glob(".pyenv/versions/*/bin/python")):
        version = path.parent.parent.name.split(".")
        if version[0] == "2" or (version[0] == "3" and int(version[1]) < 10):
            found.append(str(path))
    return found


OLD = old_interpreters()


async def test_one_that_is_not_there(work: Path) -> None:
    error = await refusal(work / "nowhere" / "python")
    assert "there is no interpreter" in str(error)
    error = await refusal("no-such-python-command")
    assert "no-such-python-command" in str(error)


async def test_one_that_is_no_program(work: Path) -> None:
    path = program(work, "just text\n")
    path.chmod(0o644)
    assert "cannot be executed" in str(await refusal(path))
    path.chmod(0o755)
    path.write_bytes(b"\x7fELF rubbish")
    assert str(path) in str(await refusal(path))


async def test_one_that_dies_at_start(work: Path) -> None:
    path = program(work, "#!/bin/sh\necho 'library not found: libfoo' >&2\nexit 127\n")
    error = await refusal(path)
    assert "127" in str(error)
    assert "libfoo" in error.stderr
    assert error.command[0] == str(path)


async def test_one_that_is_killed_at_start(work: Path) -> None:
    error = await refusal(program(work, "#!/bin/sh\nkill -SEGV $$\n"))
    assert "SIGSEGV" in str(error)


async def test_one_that_says_something_else(work: Path) -> None:
    error = await refusal(program(work, "#!/bin/sh\necho hello\nexit 0\n"))
    assert "exit code 0" in str(error)


async def test_one_that_hangs(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pyrepl_tui.engine.launcher.START_SECONDS", 0.5)
    error = await refusal(program(work, "#!/bin/sh\nexec sleep 600\n"))
    assert "did not answer" in str(error)


@pytest.mark.skipif(not OLD, reason="there is no Python older than 3.10 here")
@pytest.mark.parametrize("python", OLD, ids=lambda path: Path(path).parent.parent.name)
async def test_one_that_is_too_old(python: str) -> None:
    error = await refusal(python)
    assert "3.10 or newer" in error.stderr
    assert error.command[0] == python


async def test_a_broken_site(work: Path) -> None:
    (work / "sitecustomize.py").write_text("import os; os._exit(9)\n")
    env = {**os.environ, "PYTHONPATH": str(work)}
    error = await refusal(interpreters()[0].path, env=env)
    assert "9" in str(error)


async def test_a_folder_that_cannot_be_entered(work: Path) -> None:
    error = await refusal(interpreters()[-1].path, cwd=work / "gone")
    assert "working folder" in str(error)

from __future__ import annotations

import shutil
import stat
from pathlib import Path

import pytest

from pyrepl_tui.programs import ProgramError, edit_outside, format_code


def script(path: Path, text: str) -> str:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


@pytest.mark.skipif(shutil.which("ruff") is None, reason="there is no ruff on PATH")
async def test_ruff_formats() -> None:
    assert await format_code("x=[1,2]\ny  =  3") == "x = [1, 2]\ny = 3"


async def test_the_projects_own_formatter_comes_first(tmp_path: Path) -> None:
    script(tmp_path / "ruff", "echo formatted by the project")
    assert await format_code("x", str(tmp_path)) == "formatted by the project"


async def test_what_the_formatter_refuses_is_told(tmp_path: Path) -> None:
    script(tmp_path / "ruff", "echo 'line 1: it is wrong' >&2; exit 2")
    with pytest.raises(ProgramError, match="line 1: it is wrong"):
        await format_code("x =", str(tmp_path))


def test_the_users_editor_gets_the_code_and_gives_it_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    editor = script(tmp_path / "edit", 'cp "$2" ' + str(tmp_path / "seen") + '; echo "$1" >> "$2"')
    monkeypatch.setenv("VISUAL", f"{editor} option")
    assert edit_outside("x = 1") == "x = 1\noption"
    assert (tmp_path / "seen").read_text() == "x = 1\n"


@pytest.mark.parametrize("program", ["exit 3", ""])
def test_an_editor_that_fails_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    editor = script(tmp_path / "edit", program) if program else str(tmp_path / "missing")
    monkeypatch.setenv("VISUAL", editor)
    with pytest.raises(ProgramError):
        edit_outside("x = 1")

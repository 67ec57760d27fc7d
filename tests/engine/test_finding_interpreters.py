"""Where Pythons are looked for."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from pyrepl_tui.engine import interpreters


def test_environments_of_one_python_are_told_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = os.path.realpath(sys.executable)
    for folder in (".venv", "venv"):
        (tmp_path / folder / "bin").mkdir(parents=True)
        (tmp_path / folder / "bin" / "python").symlink_to(base)
    again = tmp_path / "again"
    again.symlink_to(tmp_path / "venv")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VIRTUAL_ENV", str(again))
    found = interpreters.candidates()
    assert str(tmp_path / ".venv" / "bin" / "python") in found
    assert str(again / "bin" / "python") in found
    assert str(tmp_path / "venv" / "bin" / "python") not in found, "the same folder by another name"


def test_the_folder_of_an_environment_is_named_without_its_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".venv").mkdir()
    monkeypatch.chdir(tmp_path)
    assert interpreters.locate(".venv") == str(tmp_path / ".venv" / "bin" / "python")
    assert interpreters.locate("venv") == "venv", "said to be no command"

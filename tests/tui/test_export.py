"""Exporting a session from the workspace."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pyrepl_tui.screens.dialogs import ChoiceDialog, NameDialog
from tests.rendering.scribe import Scribe
from tests.tui.conftest import Desk, OpenDesk


async def export_to(desk: Desk, path: Path) -> None:
    """Press the key and type a file's name."""
    await desk.pilot.press("alt+e")
    await desk.until(lambda: isinstance(desk.app.screen, NameDialog), "the question")
    dialog = desk.app.screen
    dialog.query_one("Input").value = str(path)  # type: ignore[attr-defined]
    await desk.pilot.press("enter")


async def test_a_session_is_exported_as_its_name_says(
    open_desk: OpenDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with open_desk() as desk:
        Scribe(desk.session.transcript.directory).run("print(1)", "1\n")
        await desk.until(lambda: desk.app.model.document is not None, "a document")
        await export_to(desk, tmp_path / "a.ipynb")
        await desk.until((tmp_path / "a.ipynb").exists, "the file")
        (cell,) = json.loads((tmp_path / "a.ipynb").read_text())["cells"]
        assert cell["source"] == "print(1)"


async def test_a_file_that_is_there_is_replaced_only_when_told(
    open_desk: OpenDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "a.txt"
    path.write_text("before")
    async with open_desk() as desk:
        Scribe(desk.session.transcript.directory).run("print(1)", "1\n")
        await desk.until(lambda: desk.app.model.document is not None, "a document")
        await export_to(desk, path)
        await desk.until(lambda: isinstance(desk.app.screen, ChoiceDialog), "the question")
        await desk.pilot.press("c")
        assert path.read_text() == "before"
        await export_to(desk, path)
        await desk.until(lambda: isinstance(desk.app.screen, ChoiceDialog), "the question")
        await desk.pilot.press("r")
        await desk.until(lambda: path.read_text() != "before", "the file")
        assert path.read_text() == ">>> print(1)\n1\n\n"


async def test_an_ending_that_says_nothing_is_refused(
    open_desk: OpenDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with open_desk() as desk:
        await desk.until(lambda: desk.app.model.document is not None, "a document")
        await export_to(desk, tmp_path / "a.xyz")
        await desk.shows("says nothing of its form")
        assert not (tmp_path / "a.xyz").exists()

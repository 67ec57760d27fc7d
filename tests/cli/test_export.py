"""`pyrepl-tui export` from outside."""

from __future__ import annotations

from pathlib import Path

import pytest

from pyrepl_tui.cli import main
from tests.rendering.scribe import Scribe


@pytest.fixture
def record(tmp_path: Path) -> Path:
    """The folder of a session that has ended."""
    Scribe(tmp_path / "notes").run("print(1)", "1\n")
    return tmp_path / "notes"


def test_the_record_of_an_ended_session_is_exported(record: Path, tmp_path: Path) -> None:
    target = tmp_path / "notes.txt"
    assert main(["export", str(record), str(target)]) == 0
    assert target.read_text() == ">>> print(1)\n1\n\n"
    assert main(["export", str(record), str(target), "--as", "html", "--force"]) == 0
    assert "<title>notes</title>" in target.read_text()


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("there.txt", "is there already"),
        ("new.xyz", "what is it to be?"),
        ("no/new.txt", "No such file"),
    ],
)
def test_what_cannot_be_written_is_told(
    record: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, complaint: str
) -> None:
    (tmp_path / "there.txt").write_text("before")
    assert main(["export", str(record), str(tmp_path / name)]) == 1
    assert complaint in capsys.readouterr().err
    assert (tmp_path / "there.txt").read_text() == "before"

"""Copied text reaches tmux and the machine's clipboard too."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pyrepl_tui.clipboard import bring_to_clipboards, clipboard_commands
from tests.tui.conftest import OpenDesk


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of programs that write what they are given to a file of their name."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("tmux", "wl-copy", "xclip"):
        program = folder / name
        fresh, done = tmp_path / f"{name}.new", tmp_path / f"{name}.text"
        program.write_text(f'#!/bin/sh\n/bin/cat >"{fresh}"\n/bin/mv "{fresh}" "{done}"\n')
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))
    return tmp_path


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, []),
        ({"TMUX": "/tmp/x,1,0"}, ["tmux"]),
        ({"TMUX": "/tmp/x,1,0", "DISPLAY": ":0", "SSH_CONNECTION": "a b"}, ["tmux"]),
        ({"WAYLAND_DISPLAY": "wayland-0", "DISPLAY": ":0"}, ["wl-copy"]),
        ({"DISPLAY": ":0"}, ["xclip"]),
    ],
)
def test_the_environment_says_who_takes_text(
    programs: Path, environment: dict[str, str], expected: list[str]
) -> None:
    assert [command[0] for command in clipboard_commands(environment)] == expected


def test_one_that_fails_does_not_keep_the_others_from_it(programs: Path) -> None:
    bring_to_clipboards("text é", [("no-such-program",), ("xclip",)])
    assert (programs / "xclip.text").read_text("utf-8") == "text é"


async def test_what_is_copied_in_the_app_reaches_tmux(
    programs: Path, open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMUX", f"{os.sep}tmp,1,0")
    async with open_desk() as desk:
        desk.app.copy_to_clipboard("some text")
        await desk.until((programs / "tmux.text").exists, "the text")
        assert (programs / "tmux.text").read_text() == "some text"

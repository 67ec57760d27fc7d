"""Keys with Alt, as terminals send them."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from textual import constants, events
from textual._xterm_parser import XTermParser

from pyrepl_tui.cli import workspace
from pyrepl_tui.commands import COMMANDS
from pyrepl_tui.terminal_keys import INTRODUCERS, alt_keys, read_alt_keys


def read(text: str) -> list[str]:
    read_alt_keys()
    parser = XTermParser()
    return [event.key for event in parser.feed(text) if isinstance(event, events.Key)]


@pytest.mark.parametrize(
    ("sent", "keys"),
    [
        ("\x1b\rab", ["alt+enter", "a", "b"]),
        ("\x1bTab", ["alt+shift+t", "a", "b"]),
        ("\x1b1ab", ["alt+1", "a", "b"]),
        ("\x1b,ab", ["alt+comma", "a", "b"]),
        ("\x1buab", ["alt+u", "a", "b"]),
        ("\x1b[Aab", ["up", "a", "b"]),
        ("\x1bOPab", ["f1", "a", "b"]),
        ("\x1b[1;3Aab", ["alt+up", "a", "b"]),
    ],
)
def test_an_alt_key_is_told_however_quickly_others_follow(sent: str, keys: list[str]) -> None:
    assert read(sent) == keys


def test_every_alt_key_of_a_command_can_be_sent() -> None:
    sequences = {key: sequence for sequence, key in alt_keys().items()}
    wanted = {key for command in COMMANDS for key in command.keys if key.startswith("alt+")}
    for key in wanted - {"alt+up", "alt+down"}:
        assert read(sequences[key] + "x") == [key, "x"]


def test_longer_sequences_are_left_alone() -> None:
    assert not {f"\x1b{character}" for character in INTRODUCERS} & set(alt_keys())


@pytest.mark.parametrize(
    ("terminal", "colours", "found"),
    [
        ("xterm", None, "256"),
        ("xterm", "truecolor", "auto"),
        ("xterm-256color", None, "auto"),
        ("vt100", None, "auto"),
    ],
)
def test_a_plain_xterm_has_256_colours(
    monkeypatch: pytest.MonkeyPatch, terminal: str, colours: str | None, found: str
) -> None:
    monkeypatch.setattr(constants, "COLOR_SYSTEM", "auto")
    monkeypatch.setenv("TERM", terminal)
    monkeypatch.delenv("COLORTERM", raising=False)
    if colours is not None:
        monkeypatch.setenv("COLORTERM", colours)
    workspace._use_colours()
    assert found == constants.COLOR_SYSTEM


@pytest.mark.parametrize("terminal", ["xterm-256color", "vt100"])
def test_an_xterm_sends_alt_as_escape_while_the_app_runs(terminal: str) -> None:
    master, slave = os.openpty()
    code = "from pyrepl_tui.cli import workspace\nwith workspace._typing_ahead(): print('within')"
    try:
        subprocess.run(
            [sys.executable, "-c", code],
            stdin=slave, stdout=slave, env={**os.environ, "TERM": terminal}, timeout=20, check=True,
        )  # fmt: skip
        said = os.read(master, 1000)
    finally:
        os.close(master)
        os.close(slave)
    before, after = said.split(b"within")
    xterm = terminal.startswith("xterm")
    assert (b"1036;1039h" in before, b"1036;1039r" in after) == (xterm, xterm)

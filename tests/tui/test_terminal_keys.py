"""Keys with Alt, as terminals send them."""

from __future__ import annotations

import pytest
from textual import events
from textual._xterm_parser import XTermParser

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

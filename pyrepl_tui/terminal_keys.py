"""Alt with a letter or digit, as terminals send it: Escape and the character."""

from __future__ import annotations

from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any, cast

from textual import _ansi_sequences

from .commands import Command

CHARACTERS = {"comma": ",", "full_stop": ".", "minus": "-", "equals_sign": "="}
"""Textual's names of characters that are no letters."""


def read_alt_keys(commands: Iterable[Command]) -> None:
    """Let the commands' Alt keys arrive as such, however quickly other keys follow.

    Textual tells Alt+N from Escape and N by a pause, and takes Alt+1 for a character (``¡``) that
    some Mac keyboards have there; these send that character itself, so nothing is lost.
    """
    sequences = cast(dict[str, Any], _ansi_sequences.ANSI_SEQUENCES_KEYS)
    for command in commands:
        for key in command.keys:
            modifier, _, name = key.partition("+")
            character = CHARACTERS.get(name, name)
            if modifier == "alt" and len(character) == 1:
                sequences[f"\x1b{character}"] = (SimpleNamespace(value=key),)

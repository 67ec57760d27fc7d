"""Alt with another key, as terminals send it: Escape and the character."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from textual import _ansi_sequences
from textual.keys import _character_to_key

INTRODUCERS = "[OP]X^_\\"
"""What follows Escape in longer sequences: arrows, replies of the terminal and the like."""


def alt_keys() -> dict[str, str]:
    """Sequences of Alt with a key, and Textual's names of these keys."""
    keys = {"\x1b\r": "alt+enter", "\x1b\n": "alt+enter"}
    for character in map(chr, range(33, 127)):
        if character in INTRODUCERS:
            continue
        if character.isupper():
            keys[f"\x1b{character}"] = f"alt+shift+{character.lower()}"
        else:
            keys[f"\x1b{character}"] = f"alt+{_character_to_key(character)}"
    return keys


def read_alt_keys() -> None:
    """Let Alt keys arrive as such, however quickly other keys follow.

    Textual tells Alt+N from Escape and N by a pause: without one it takes Escape for ``^``. It
    takes Alt+1 for a character (``¡``) that some Mac keyboards have there; these send that
    character itself, so nothing is lost.
    """
    sequences = cast(dict[str, Any], _ansi_sequences.ANSI_SEQUENCES_KEYS)
    for sequence, key in alt_keys().items():
        sequences[sequence] = (SimpleNamespace(value=key),)

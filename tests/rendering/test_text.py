"""What of a program's text may be shown, and as what."""

from __future__ import annotations

import unicodedata

import pytest

from pyrepl_tui.rendering.text import printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain, ünd 漢字 too", "plain, ünd 漢字 too"),
        ("a\0b\x7f", "a␀b␡"),
        ("never assigned: \u0378\ufffe", "never assigned: \ufffd\ufffd"),
        ("a newer emoji \U0001fadf", "a newer emoji \U0001fadf"),
        ("private, as prompts use it \ue0b0", "private, as prompts use it \ue0b0"),
        ("no\xa0break", "no\xa0break"),
        ("to the \u202eleft", "to the left"),
    ],
)
def test_what_terminals_disagree_about_is_not_shown(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_nothing_that_is_shown_controls_anything() -> None:
    shown = printable("".join(map(chr, range(0x3000)))).replace("\t", "")
    assert not {unicodedata.category(char) for char in shown} & {"Cc", "Cs", "Cn", "Zl", "Zp"}

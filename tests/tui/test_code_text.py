from __future__ import annotations

import time

import pytest

from pyrepl_tui.widgets.code_text import clean_paste, is_complete, next_indent


@pytest.mark.parametrize(
    ("code", "complete"),
    [
        ("1 + 1", True),
        ("a = 1\nb = 2", True),
        ("def f():", False),
        ("def f():\n    return 1", False),
        ("def f():\n    return 1\n", True),
        ("def f():\n    return 1\n    ", True),
        ("for i in x: print(i)", True),
        ("x = (", False),
        ("x = (\n1,\n2)", True),
        ("'''abc", False),
        ("if x:\n    a\nelse:", False),
        ("@decorator", False),
        ("await thing", True),
        ("1 +", True),
        (") broken", True),
        ("x = 'unterminated", True),
        ("try:\n    x\n", False),
        ("# only a comment", True),
    ],
)
def test_enter_knows_complete_code(code: str, complete: bool) -> None:
    assert is_complete(code) is complete


def test_very_long_code_is_not_compiled_to_find_out() -> None:
    begun = time.monotonic()
    assert is_complete("x = [\n" + "1,\n" * 1_000_000)
    assert time.monotonic() - begun < 0.5


@pytest.mark.parametrize(
    ("before", "indent"),
    [
        ("x = 1", ""),
        ("    x = 1", "    "),
        ("if x:", "    "),
        ("    if x:  # why", "        "),
        ("call(", "    "),
        ("    return x", ""),
        ("        pass", "    "),
        ("x = '#:'", ""),
        ("x = ': # '", ""),
        ("d = {", "    "),
    ],
)
def test_the_next_line_is_indented(before: str, indent: str) -> None:
    assert next_indent(before) == indent


def test_pasted_text_keeps_lines_and_tabs_and_loses_controls() -> None:
    assert clean_paste("a\r\nb\rc\n\td\x1b[31m\x07é") == "a\nb\nc\n\td[31mé"

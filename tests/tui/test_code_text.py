from __future__ import annotations

import time

import pytest

from pyrepl_tui.widgets.code_text import (
    clean_paste,
    closes_pair,
    fault_in,
    is_complete,
    next_indent,
    opens_pair,
    toggle_comment,
    without_prompts,
)


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
        ("!ls -l (", True),
        ("%time f(1)", True),
        ("%%timeit", False),
        ("%%timeit\nx = 1\n", True),
        ("name?", True),
        ("for i in x:\n    !echo {i}", False),
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


@pytest.mark.parametrize(
    ("char", "before", "after", "closing"),
    [
        ("(", "f", "", ")"),
        ("[", "x = ", ")", "]"),
        ("(", "f", "name", None),
        ('"', "x = ", "", '"'),
        ('"', "f", "", '"'),
        ("'", "don", "", None),
        ("'", "# it", "", None),
        ("'", 'x = "it', '"', None),
        ('"', '""', "", '"""'),
        ('"', 'x = ""', "", '"""'),
        ("x", "", "", None),
    ],
)
def test_what_opens_a_pair(char: str, before: str, after: str, closing: str | None) -> None:
    assert opens_pair(char, before, after) == closing


@pytest.mark.parametrize(
    ("char", "before", "after", "closes"),
    [
        (")", "f(", ")", True),
        (")", "f((", ")", False),
        ('"', 'x = "a', '"', True),
        ('"', 'x = "a\\', '"', False),
        (")", "f(", "", False),
        ("a", "b", "a", False),
    ],
)
def test_what_steps_over_its_partner(char: str, before: str, after: str, closes: bool) -> None:
    assert closes_pair(char, before, after) is closes


def test_comments_come_and_go() -> None:
    lines = ["    if x:", "", "        y"]
    commented = toggle_comment(lines)
    assert commented == ["    # if x:", "", "    #     y"]
    assert toggle_comment(commented) == lines
    assert toggle_comment(["# a", "b"]) == ["# # a", "# b"]


@pytest.mark.parametrize(
    ("pasted", "before", "code"),
    [
        (">>> x = 1\n>>> x\n1\n", "", "x = 1\nx"),
        (">>> for i in x:\n...     i\n...\n1\n>>> y", "", "for i in x:\n    i\n\ny"),
        ("In [1]: x = 1\n   ...: y = 2\n\nOut[1]: 3\n\nIn [2]: z", "", "x = 1\ny = 2\nz"),
        ("    x = 1\n    y = 2", "", "x = 1\ny = 2"),
        ("    if x:\n        y", "", "if x:\n    y"),
        ("if x:\n    y\nz", "    ", "if x:\n        y\n    z"),
        ("x = 1\n    y = 2", "    ", "x = 1\n    y = 2"),
        ("one line", "    ", "one line"),
        ("a\n  b", "x = ", "a\n  b"),
        ("x = [\n    1,\n]", "", "x = [\n    1,\n]"),
    ],
)
def test_pasted_code_loses_prompts_and_fits_in(pasted: str, before: str, code: str) -> None:
    assert without_prompts(pasted, before) == code


@pytest.mark.parametrize(
    "code", ["", "x = (", "def f():", "if x:\n    y", "!ls", "x?", "'''abc", "try:\n    x\n"]
)
def test_unfinished_code_is_no_error(code: str) -> None:
    assert fault_in(code) is None


def test_an_error_has_a_place_and_a_text() -> None:
    fault = fault_in("x = 1\ny = 2 +* 3\nz = 3")
    assert fault is not None
    assert (fault.row, fault.column, fault.text) == (1, 7, "invalid syntax")
    magic = fault_in("x = 1\n%tim x")
    assert magic is not None
    assert (magic.row, magic.text) == (1, "there is no %tim; did you mean %time?")

"""The reader of terminal output against a terminal emulator."""

from __future__ import annotations

import sys
import unicodedata

import pyte
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from pyrepl_tui.rendering.ansi import parse_line, plain_text, wrap
from pyrepl_tui.rendering.ink import BOLD, ITALIC, REVERSE, STRIKE, UNDERLINE, Span
from pyrepl_tui.rendering.screen import _NARROW, Screen
from pyrepl_tui.rendering.text import _HIDDEN

COLUMNS, LINES = 400, 30

words = st.text(st.sampled_from("abcXYZ 09-#é"), min_size=1, max_size=12)
wide_words = st.text(st.sampled_from("ab 日本語é"), min_size=1, max_size=12)
small = st.integers(0, 6).map(lambda n: "" if n == 6 else str(n))
colours = st.sampled_from(
    [
        "0",
        "",
        "1",
        "3",
        "4",
        "7",
        "9",
        "22",
        "23",
        "24",
        "27",
        "29",
        "31",
        "94",
        "42",
        "103",
        "39",
        "49",
        "38;5;208",
        "48;5;17",
        "38;2;10;200;30",
        "1;31;44",
        "0;1",
    ]
)
in_line = st.one_of(
    words,
    st.sampled_from(["\r", "\b", "\b\b", "\t", "\x1b[K", "\x1b[1K", "\x1b[2K"]),
    st.builds("\x1b[{}{}".format, small, st.sampled_from("CDGPX@")),
    colours.map("\x1b[{}m".format),
)
anywhere = st.one_of(
    in_line,
    st.sampled_from(["\n", "\n", "\x1b[J", "\x1b[1J"]),
    # restored once: a second time pyte goes home, where terminals go to the same place again
    in_line.map("\x1b7{}\x1b8".format),
    st.builds("\x1b[{}{}".format, small, st.sampled_from("ABEFd")),
    st.builds("\x1b[{};{}H".format, st.integers(1, 9), st.integers(1, 30)),
)


def emulate(text: str) -> pyte.Screen:
    """What a terminal shows of some text."""
    screen = pyte.Screen(COLUMNS, LINES)
    screen.set_mode(pyte.modes.LNM)
    pyte.Stream(screen).feed(text)
    return screen


def shown(screen: pyte.Screen, count: int) -> list[str]:
    """The first rows of a terminal, without what is blank at their ends."""
    rows = [screen.buffer[y] for y in range(count)]
    return ["".join(row[x].data for x in range(max(row, default=-1) + 1)).rstrip() for row in rows]


def cells(spans: list[Span]) -> list[tuple[object, ...]]:
    """Characters with their attributes, as pyte knows them."""
    found: list[tuple[object, ...]] = []
    for text, ink in spans:
        flags = tuple(bool(ink.flags & f) for f in (BOLD, ITALIC, UNDERLINE, STRIKE, REVERSE))
        found += [(char, *flags) for char in text]
    return found


@settings(max_examples=250, deadline=None)
@given(st.lists(anywhere, max_size=40))
def test_rows_are_those_of_a_terminal(parts: list[str]) -> None:
    text = "".join(parts)
    screen = Screen(vertical=True)
    screen.feed(text, "")
    rows = [plain_text(row).rstrip() for row in screen.rows()]
    assert rows == shown(emulate(text), len(rows))


@settings(max_examples=200, deadline=None)
@given(st.lists(in_line, max_size=30))
def test_a_line_is_that_of_a_terminal(parts: list[str]) -> None:
    text = "".join(parts)
    row = plain_text(parse_line([(text.encode(), "")]))
    assert row.rstrip() == shown(emulate(text), 1)[0]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.one_of(wide_words, colours.map("\x1b[{}m".format)), max_size=30))
def test_attributes_are_those_of_a_terminal(parts: list[str]) -> None:
    text = "".join(parts)
    row = emulate(text).buffer[0]
    width = cell_len(plain_text(parse_line([(text.encode(), "")])))
    theirs = []
    for x in range(width):
        char = row[x]
        if char.data:
            flags = (char.bold, char.italics, char.underscore, char.strikethrough, char.reverse)
            theirs += [(one, *flags) for one in char.data]
    assert cells(parse_line([(text.encode(), "")])) == theirs


@settings(max_examples=200, deadline=None)
@given(st.lists(st.one_of(anywhere, st.text(max_size=5)), max_size=30), st.integers(1, 50))
def test_output_may_arrive_in_any_pieces(parts: list[str], at: int) -> None:
    """Cut between two parts; a sequence that is cut itself is the document's concern."""
    whole, pieces = Screen(vertical=True), Screen(vertical=True)
    clean = [part.replace("\x1b", "") if len(part) == 1 else part for part in parts]
    whole.feed("".join(clean), "")
    pieces.feed("".join(clean[:at]), "")
    pieces.feed("".join(clean[at:]), "")
    if not any(char in "".join(clean) for char in "\u200d\ufe0f"):
        assert [plain_text(r) for r in pieces.rows()] == [plain_text(r) for r in whole.rows()]


def row(text: str) -> str:
    """One line of output as it is shown."""
    return plain_text(parse_line([(text.encode(), "")]))


def test_writing_over_half_of_a_wide_character_blanks_the_other_half() -> None:
    assert row("日本\rx") == "x 本"
    assert row("日本\b\b\bx") == " x本"
    assert row("日本\x1b[2Gx\x1b[4Gy") == " x y"
    assert row("日本\r\x1b[1X") == "  本"


def test_combining_characters_join_the_character_before() -> None:
    assert row("e\u0301\rx") == "x"
    assert row("ab\b\u0301") == "a\u0301b"
    assert row("日\u0301x\b\u0301") == "日\u0301\u0301x"


def test_upward_movement_ends_at_the_first_row() -> None:
    screen = Screen(vertical=True)
    screen.feed("a\nb\x1b[9A\rc\x1bMd", "")
    assert [plain_text(line) for line in screen.rows()] == ["cd", "b"]


def test_taking_rows_keeps_the_cursor_on_the_others() -> None:
    screen = Screen(vertical=True)
    screen.feed("a\nb\nc", "")
    assert [plain_text(line) for line in screen.take(2)] == ["a", "b"]
    screen.feed("!\n", "")
    assert [plain_text(line) for line in screen.rows()] == ["c!", ""]
    assert screen.cursor == (1, 0)


def test_two_bars_below_each_other_as_tqdm_draws_them() -> None:
    screen = Screen(vertical=True)
    for outer in range(3):
        screen.feed(f"\router {outer}", "stderr")
        for inner in range(3):
            screen.feed(f"\n\rinner {inner}\x1b[A", "stderr")
    assert [plain_text(row) for row in screen.rows()] == ["outer 2", "inner 2"]


def test_what_is_written_quickly_takes_one_cell_each() -> None:
    quick = [chr(code) for code in range(sys.maxunicode) if _NARROW.fullmatch(chr(code))]
    assert len(quick) > 1900
    assert {char for char in quick if cell_len(char) != 1} == set()
    assert {char for char in quick if unicodedata.combining(char)} == set()


rtl_words = st.text(st.sampled_from("abc שלוםمرحبا١٢٣ \u064b\u05b0"), min_size=1, max_size=12)
odd_words = st.text(
    st.sampled_from("a日é\u0301\u200d\ufe0f👩💻🇩🇪👍🏽\u200f\u202e\u2066\x00\x07\ud800�\u0e33ก각"),
    min_size=1,
    max_size=12,
)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.one_of(rtl_words, colours.map("\x1b[{}m".format)), max_size=20))
def test_right_to_left_text_is_kept_in_its_order_with_a_terminals_widths(parts: list[str]) -> None:
    """A terminal that does not turn text around shows characters in the order they came."""
    text = "x" + "".join(parts)
    line = plain_text(parse_line([(text.encode(), "")]))
    theirs = "".join(emulate(text).buffer[0][x].data for x in range(COLUMNS))
    assert unicodedata.normalize("NFC", line.rstrip()) == theirs.rstrip()


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(odd_words, rtl_words, in_line), max_size=20), st.integers(2, 30))
@example(["aa", "\x1b[1m", "\u0301a"], 2)
def test_rows_are_never_wider_than_the_pane_and_lose_nothing(parts: list[str], width: int) -> None:
    data = "".join(parts).encode("utf-8", "surrogatepass")
    spans = parse_line([(data, "")])
    rows = wrap(spans, width)
    assert "".join(map(plain_text, rows)) == plain_text(spans)
    assert all(cell_len(plain_text(row)) <= width for row in rows)
    shown = plain_text(spans)
    assert not _HIDDEN.search(shown), "nothing that a terminal acts upon"


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200), st.integers(2, 40))
def test_rubbish_is_shown_as_something_harmless(data: bytes, width: int) -> None:
    spans = parse_line([(data.replace(b"\n", b""), "")])
    assert not _HIDDEN.search(plain_text(spans))
    assert all(cell_len(plain_text(row)) <= width for row in wrap(spans, width))


def test_joiners_join_emoji_and_nothing_else() -> None:
    assert row("👩\u200d💻.") == "👩\u200d💻."
    assert row("❤\ufe0f\u200d🔥") == "❤\ufe0f\u200d🔥"
    assert row("a\u200db क\u094d\u200dष") == "ab क\u094dष"

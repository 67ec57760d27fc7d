"""Output that is redrawn: a document's rows against a screen that saw all of it."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyrepl_tui.engine import line_index
from pyrepl_tui.engine.transcript import Transcript
from pyrepl_tui.rendering.ansi import plain_text
from pyrepl_tui.rendering.ink import Span
from pyrepl_tui.rendering.layout import Layout
from pyrepl_tui.rendering.live import RedrawnRows, open_document
from pyrepl_tui.rendering.screen import Screen
from tests.rendering.scribe import Scribe
from tests.rendering.test_screen import anywhere, wide_words


def lines_of(layout: Layout) -> list[list[Span]]:
    """All rows of the output of the only run."""
    while layout.settle(0, layout.total):
        pass
    rows = []
    for row in range(1, layout.total):
        place = layout.locate(row)
        assert place is not None
        if layout.part_at(place) is not None:
            rows.append(layout.wrapped(place)[place.sub])
    return rows


def without_end(rows: list[list[Span]]) -> list[list[Span]]:
    """Rows without empty ones at the end."""
    rows = list(rows)
    while rows and not plain_text(rows[-1]).strip():
        rows.pop()
    return rows


parts_of_output = st.lists(
    st.one_of(anywhere, wide_words, st.just("\n"), st.just("\x1b[2A")), min_size=1, max_size=60
)


@settings(max_examples=80, deadline=None)
@given(parts=parts_of_output, data=st.data())
def test_redrawn_rows_are_those_of_one_screen(parts: list[str], data: st.DataObject) -> None:
    text = "".join(["a\n", *parts, "\x1b[A\x1b[B"])
    whole = Screen(vertical=True)
    whole.feed(text, "")
    raw = text.encode()
    with TemporaryDirectory() as folder:
        scribe = Scribe(Path(folder) / "t")
        scribe.begin("x")
        document = open_document(Transcript(scribe.directory))
        layout = Layout(document, 2000)
        position = 0
        while position < len(raw):
            size = data.draw(st.integers(1, 150))
            scribe.say(raw[position : position + size])
            position += size
            document.grow()
        layout.sync()
        shown = [[s for s in row if s.text] for row in without_end(lines_of(layout))]
    assert shown == [[s for s in row if s.text] for row in without_end(whole.rows())]


def test_rows_that_scroll_off_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_index, "LIVE_ROWS", 20)
    monkeypatch.setattr(line_index, "LIVE_READ", 512)
    monkeypatch.setattr(line_index, "CALM", 300)
    scribe = Scribe(tmp_path / "t")
    scribe.begin("x")
    scribe.say("before\n" + "bar one\nbar two\n")
    for n in range(300):
        scribe.say(f"\x1b[2A\x1b[2K\x1b[3{n % 8}mlog {n}\x1b[0m\n\x1b[2Kbar {n}\n\x1b[2Kbar {n}\n")
    scribe.say("".join(f"after {n}\n" for n in range(100)))
    scribe.end()
    document = open_document(Transcript(scribe.directory))
    while document.pending:
        document.grow()
    layout = Layout(document, 80)
    rows = lines_of(layout)
    assert [plain_text(row) for row in rows] == [
        "before",
        *(f"log {n}" for n in range(300)),
        "bar 299",
        "bar 299",
        *(f"after {n}" for n in range(100)),
    ]
    assert [row[0].ink.fg for row in rows[1:9]] == [0, 1, 2, 3, 4, 5, 6, 7]


def test_bytes_that_were_cut_within_a_sequence_or_a_character() -> None:
    whole, pieces = RedrawnRows(b""), RedrawnRows(b"")
    data = "日本\x1b[38;5;12mé\x1b]8;;https://example.org\x07link\x1b]8;;\x07\x1b[A!".encode()
    whole.feed(data, "")
    for byte in data:
        pieces.feed(bytes([byte]), "")
    assert pieces.rows() == whole.rows()


def test_the_stream_of_redrawn_text_is_remembered(tmp_path: Path) -> None:
    scribe = Scribe(tmp_path / "t")
    scribe.begin("x")
    scribe.say("\rbar 1", "stderr")
    scribe.say("\n\rbar 2\x1b[A", "stderr")
    scribe.say("\n\nout\n")
    layout = Layout(open_document(Transcript(scribe.directory)), 80)
    shown = [(plain_text(row), {span.ink.role for span in row}) for row in lines_of(layout)]
    assert shown == [("bar 1", {"stderr"}), ("bar 2", {"stderr"}), ("out", {""})]


def test_clearing_the_screen_clears_the_output_of_the_run(tmp_path: Path) -> None:
    scribe = Scribe(tmp_path / "t")
    scribe.begin("x")
    scribe.say("frame 1\nrow\n\x1b[H\x1b[2Jframe 2\n")
    layout = Layout(open_document(Transcript(scribe.directory)), 80)
    assert [plain_text(row) for row in lines_of(layout)] == ["frame 2"]

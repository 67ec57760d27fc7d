"""Rows of a pane against a plain rendering of the same lines."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyrepl_tui.engine import line_index, output_document, output_intake
from pyrepl_tui.engine.output_document import OutputDocument
from pyrepl_tui.engine.transcript import Transcript
from pyrepl_tui.rendering.ansi import parse_line, plain_text, wrap
from pyrepl_tui.rendering.layout import Layout
from pyrepl_tui.rendering.part_layout import GUTTER
from tests.rendering.scribe import Scribe


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_index, "CHUNK", 256)
    monkeypatch.setattr(line_index, "MARGIN", 16)
    monkeypatch.setattr(line_index, "READ", 64)


def rows_of(layout: Layout) -> list[str]:
    """All rows as text, blank rows after blocks included."""
    while layout.settle(0, layout.total):
        pass
    rows = []
    for row in range(layout.total):
        place = layout.locate(row)
        assert place is not None
        assert layout.row_of(place) == row
        if layout.part_at(place) is None:
            rows.append("")
        else:
            rows.append(plain_text(layout.wrapped(place)[place.sub]))
    return rows


def expected(lines: list[str], width: int) -> list[str]:
    """Rows of lines as one after the other is wrapped."""
    rows = []
    for line in lines:
        rows += [plain_text(row) for row in wrap(parse_line([(line.encode(), "")]), width)]
    return rows


short_lines = st.lists(
    st.lists(
        st.sampled_from(
            [*"ab\t 日é\u0301[m", "\x1b[1m", "\x1b[0;31m", "\x1b[m", "\x1b[5C", "words "]
        ),
        max_size=40,
    ).map("".join),
    min_size=1,
    max_size=40,
)


@settings(max_examples=150, deadline=None)
@given(lines=short_lines, width=st.integers(6, 40), data=st.data())
def test_every_row_is_found_and_wrapped_like_its_line(
    lines: list[str], width: int, data: st.DataObject
) -> None:
    with TemporaryDirectory() as folder:
        scribe = Scribe(Path(folder) / "t")
        scribe.begin("x")
        document = OutputDocument(Transcript(scribe.directory))
        layout = Layout(document, width)
        for line in lines:
            scribe.say(line + "\n", data.draw(st.sampled_from(["stdout", "stderr"])))
            if data.draw(st.booleans()):
                document.grow()
                layout.sync()
                layout.settle(max(0, layout.total - 4), 4)
        document.grow()
        layout.sync()
        output = [line.rstrip("\r") for line in lines]
        assert rows_of(layout) == ["x", *expected(output, width - GUTTER), ""]


@settings(max_examples=60, deadline=None)
@given(lines=short_lines, widths=st.lists(st.integers(6, 40), min_size=2, max_size=3))
def test_a_resize_wraps_anew(lines: list[str], widths: list[int]) -> None:
    with TemporaryDirectory() as folder:
        scribe = Scribe(Path(folder) / "t")
        scribe.run("x", "".join(line + "\n" for line in lines))
        layout = Layout(OutputDocument(Transcript(scribe.directory)), widths[0])
        for width in widths:
            layout.resize(width)
            assert rows_of(layout) == ["x", *expected(lines, width - GUTTER), ""]


def test_counting_rows_above_the_view_tells_where_the_view_went(tmp_path: Path) -> None:
    scribe = Scribe(tmp_path / "t")
    scribe.run("x", "".join("word " * (n % 30) + f"{n}\n" for n in range(400)))
    layout = Layout(OutputDocument(Transcript(scribe.directory)), 30)
    top = layout.total // 2
    layout.settle(top, 10)
    place = layout.locate(top)
    assert place is not None
    shown = plain_text(layout.wrapped(place)[place.sub])
    layout.settle(0, layout.total)
    again = layout.locate(layout.row_of(place))
    assert again == place
    assert plain_text(layout.wrapped(again)[again.sub]) == shown


def test_the_end_of_a_backlog_is_there_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(output_document, "BACKLOG", 4000)
    monkeypatch.setattr(output_document, "TAIL", 500)
    monkeypatch.setattr(output_intake, "_SLICE", 0.0)
    monkeypatch.setattr(output_intake, "_LEAST", 0)
    scribe = Scribe(tmp_path / "t")
    lines = [f"line {n}" for n in range(2000)]
    scribe.run("x", "".join(line + "\n" for line in lines))
    document = OutputDocument(Transcript(scribe.directory))
    layout = Layout(document, 40)
    assert document.pending > 0
    layout.settle(layout.total - 5, 5)
    place = layout.locate(layout.total - 2)
    assert place is not None
    assert plain_text(layout.wrapped(place)[0]) == "line 1999"
    monkeypatch.setattr(output_intake, "_SLICE", 10.0)
    while document.pending:
        document.grow()
    layout.sync()
    assert rows_of(layout) == ["x", *lines, ""]


def test_a_line_of_many_chunks_is_shown_whole(tmp_path: Path) -> None:
    scribe = Scribe(tmp_path / "t")
    scribe.run("x", "é" * 5000)
    layout = Layout(OutputDocument(Transcript(scribe.directory)), 42)
    assert "".join(rows_of(layout)) == "x" + "é" * 5000


def test_a_progress_bar_of_many_chunks_is_one_row(tmp_path: Path) -> None:
    scribe = Scribe(tmp_path / "t")
    bars = "".join(f"\r{n:4d} {'#' * (n // 20)}" for n in range(1000))
    scribe.run("x", bars)
    document = OutputDocument(Transcript(scribe.directory))
    layout = Layout(document, 80)
    assert rows_of(layout) == ["x", " 999 " + "#" * 49, ""]
    scribe.run("y", bars + "\nnext\n")
    document.grow()
    layout.sync()
    assert rows_of(layout)[3:] == ["y", " 999 " + "#" * 49, "next", ""]


def test_a_hole_in_the_file_takes_no_rows(tmp_path: Path) -> None:
    scribe = Scribe(tmp_path / "t")
    scribe.run("x", b"\0" * 10_000 + b"kept\n")
    layout = Layout(OutputDocument(Transcript(scribe.directory)), 80)
    assert len(rows_of(layout)) < 8
    assert rows_of(layout)[-2].endswith("kept")


def test_a_style_that_is_open_at_the_end_of_a_line_goes_on(tmp_path: Path) -> None:
    scribe = Scribe(tmp_path / "t")
    scribe.run("x", "\x1b[31mred\n" + "still red\n" * 50 + "\x1b[0mplain\n")
    layout = Layout(OutputDocument(Transcript(scribe.directory)), 80)
    layout.settle(0, layout.total)
    inks = []
    for row in (1, 2, 30, 51):
        place = layout.locate(row)
        assert place is not None
        inks += [span.ink.fg for span in layout.wrapped(place)[0] if span.text]
    assert inks == [1, 1, 1, 1]
    place = layout.locate(52)
    assert place is not None
    assert layout.wrapped(place)[0][0].ink.fg is None


def test_output_that_was_dropped_after_it_was_shown_leaves_its_rows(tmp_path: Path) -> None:
    scribe = Scribe(tmp_path / "t")
    lines = [f"line {n}" for n in range(1000)]
    scribe.run("x", "".join(line + "\n" for line in lines))
    layout = Layout(OutputDocument(Transcript(scribe.directory)), 80)
    layout.settle(500, 20)
    place = layout.locate(500)
    assert place is not None
    with (scribe.directory / "stdout").open("r+b") as file:
        file.write(bytes(4096))
    layout.resize(70)
    rows = rows_of(layout)
    assert rows[-2:] == ["line 999", ""]
    assert len(rows) < 700
    assert layout.row_of(place) < len(rows)
    first = layout.locate(1)
    assert first is not None
    assert layout.row_of(first._replace(offset=0)) <= 1

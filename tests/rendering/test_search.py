"""Finding lines in a document."""

from __future__ import annotations

import re
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyrepl_tui.engine import line_index, output_document, output_intake
from pyrepl_tui.engine.output_document import OutputDocument
from pyrepl_tui.engine.transcript import Transcript
from pyrepl_tui.rendering.ansi import plain_text
from pyrepl_tui.rendering.layout import Layout, Place
from pyrepl_tui.rendering.plain import plain_output
from pyrepl_tui.rendering.search import PatternError, Search
from tests.rendering.scribe import Scribe


def text_at(layout: Layout, place: Place) -> str:
    """The line at a place."""
    part = layout.part_at(place)
    assert part is not None
    return plain_text(layout.renderer.spans(part, *layout.line_at(place)))


def found(document: OutputDocument, wanted: str, start: Place, **how: bool) -> list[str]:
    """All matching lines, from the top."""
    search = Search(
        document, wanted, regex=how.get("regex", False), case=how.get("case", False), start=start
    )
    while search.step(1.0):
        pass
    layout = Layout(document, 80)
    return [text_at(layout, search.at(n)) for n in range(search.count)]


@pytest.fixture
def document(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> OutputDocument:
    """Three runs of many small chunks."""
    monkeypatch.setattr(line_index, "CHUNK", 200)
    monkeypatch.setattr(line_index, "MARGIN", 50)
    scribe = Scribe(tmp_path / "t")
    scribe.run("needle = 1", "".join(f"first {n}\n" for n in range(100)))
    scribe.run(
        "x", "a \x1b[31mNee\x1b[0mdle here\nhay\nwritten over needle\rreplaced this line's end\n"
    )
    scribe.run("y", "".join(f"third {n}\n" for n in range(100)), value="'needle'")
    return OutputDocument(Transcript(scribe.directory))


@pytest.mark.parametrize("start", [Place(0, 0, 0, 0), Place(1, 1, 0, 0), Place(9, 0, 0, 0)])
def test_lines_are_found_in_code_output_and_values(document: OutputDocument, start: Place) -> None:
    assert found(document, "needle", start) == ["needle = 1", "a Needle here", "'needle'"]
    assert found(document, "needle", start, case=True) == ["needle = 1", "'needle'"]
    assert found(document, r"^(first|third) \d?7$", start, regex=True) == [
        f"{word} {n}" for word in ("first", "third") for n in (7, *range(17, 100, 10))
    ]
    assert found(document, "nowhere", start) == []


def test_the_next_and_the_previous_match(document: OutputDocument) -> None:
    search = Search(document, "needle", regex=False, case=False, start=Place(1, 1, 20, 0))
    while search.step(1.0):
        pass
    middle = search.at(1)
    assert search.older(None) == 2
    assert search.older(middle) == 0
    assert search.newer(middle) == 2
    assert search.older(search.at(0)) is None
    assert search.newer(search.at(2)) is None


def test_what_is_no_pattern_is_said(document: OutputDocument) -> None:
    with pytest.raises(PatternError):
        Search(document, "(", regex=True, case=False, start=Place(0, 0, 0, 0))


@settings(max_examples=100, deadline=None)
@given(
    lines=st.lists(st.text(st.sampled_from("abAé ."), max_size=6), min_size=1, max_size=30),
    wanted=st.sampled_from(["a", "ab", "é", "a.", "[^b]*b", r"a\s*b", "^a", "b$", "É"]),
    regex=st.booleans(),
    case=st.booleans(),
    start=st.integers(0, 60),
)
def test_matches_are_those_of_each_line_alone(
    lines: list[str], wanted: str, regex: bool, case: bool, start: int
) -> None:
    with TemporaryDirectory() as folder:
        scribe = Scribe(Path(folder) / "t")
        scribe.begin("")
        scribe.say("".join(line + "\n" for line in lines))
        document = OutputDocument(Transcript(scribe.directory))
        place = Place(0, 1, start, 0)
        shown = found(document, wanted, place, regex=regex, case=case)
    pattern = re.compile(wanted if regex else re.escape(wanted), 0 if case else re.IGNORECASE)
    assert shown == [line for line in lines if (m := pattern.search(line)) and m[0]]


def test_what_was_not_looked_through_yet_is_searched_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(output_document, "BACKLOG", 4000)
    monkeypatch.setattr(output_document, "TAIL", 500)
    monkeypatch.setattr(output_intake, "_SLICE", 0.0)
    monkeypatch.setattr(output_intake, "_LEAST", 0)
    monkeypatch.setattr(line_index, "CHUNK", 200)
    monkeypatch.setattr(line_index, "MARGIN", 50)
    monkeypatch.setattr(line_index, "READ", 500)
    scribe = Scribe(tmp_path / "t")
    scribe.run("x", "".join(f"line {n}\n" for n in range(2000)))
    document = OutputDocument(Transcript(scribe.directory))
    layout = Layout(document, 80)
    assert document.pending
    start = layout.locate(layout.total - 1)
    assert start is not None
    search = Search(document, "line 1000", regex=False, case=True, start=start)
    while search.step(1.0):
        pass
    assert search.count == 1
    assert not document.pending
    layout.sync()
    layout.settle_place(search.at(0))
    assert text_at(layout, search.at(0)) == "line 1000"
    assert "".join(plain_output(document.blocks[0])).splitlines()[1000] == "line 1000"


def test_what_is_taken_of_a_run_that_goes_on_has_no_gaps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(output_document, "BACKLOG", 1000)
    monkeypatch.setattr(output_document, "TAIL", 200)
    monkeypatch.setattr(output_intake, "_SLICE", 0.0)
    monkeypatch.setattr(output_intake, "_LEAST", 0)
    monkeypatch.setattr(line_index, "READ", 300)
    scribe = Scribe(tmp_path / "t")
    scribe.begin("x")
    taken = ""
    document = OutputDocument(Transcript(scribe.directory))
    written = "".join(f"first {n}\n" for n in range(300))
    scribe.say(written)
    document.grow()
    for text in plain_output(document.blocks[0]):
        taken += text
        if len(written) < 20_000:
            more = "".join(f"line {n}\n" for n in range(300))
            scribe.say(more)
            document.grow()
            written += more
    assert written.startswith(taken)

"""Finding lines in a document."""

from __future__ import annotations

import re
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyrepl_tui.engine import line_index
from pyrepl_tui.engine.output_document import OutputDocument
from pyrepl_tui.engine.transcript import Transcript
from pyrepl_tui.rendering.ansi import plain_text
from pyrepl_tui.rendering.layout import Layout, Place
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

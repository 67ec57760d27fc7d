"""Runs and texts laid side by side."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pyrepl_tui.engine.alignment import (
    LinePair,
    RunText,
    align_lines,
    align_runs,
    changed_words,
    plain_lines,
)

lines = st.lists(st.sampled_from(["a", "b", "c", ""]), max_size=12)


def run(number: int, code: str, *output: str, status: str = "ok") -> RunText:
    return RunText(number, code, output, status, 1.0)


@given(lines, lines)
def test_nothing_is_lost_and_the_order_stays(left: list[str], right: list[str]) -> None:
    pairs = align_lines(left, right)
    assert [pair.left for pair in pairs if pair.left is not None] == left
    assert [pair.right for pair in pairs if pair.right is not None] == right


@given(lines)
def test_a_text_beside_itself_does_not_differ(text: list[str]) -> None:
    assert all(pair.same for pair in align_lines(text, list(text)))


def test_an_inserted_line_moves_nothing_else() -> None:
    assert align_lines(["a", "b", "c"], ["a", "x", "b", "c"]) == [
        LinePair("a", "a"), LinePair(None, "x"), LinePair("b", "b"), LinePair("c", "c"),
    ]  # fmt: skip


def test_runs_are_matched_by_their_code() -> None:
    left = [run(1, "x = 1"), run(2, "f(x)", "1"), run(3, "x")]
    right = [run(1, "x = 1"), run(2, "y = 2"), run(3, "f(x)", "2")]
    pairs = align_runs(left, right)
    numbers = [(p.left and p.left.number, p.right and p.right.number) for p in pairs]
    assert numbers == [(1, 1), (None, 2), (2, 3), (3, None)]
    assert [pair.differs for pair in pairs] == [False, True, True, True]
    assert pairs[2].lines == (LinePair("1", "2"),)


def test_runs_of_nearly_the_same_code_stand_beside_each_other() -> None:
    train = "model = fit(data, rate={})\nprint(model.score())"
    left = [run(1, "import x"), run(2, train.format("0.1"), "0.5"), run(3, "only here")]
    right = [run(1, "import x"), run(2, "q"), run(3, train.format("0.01"), "0.7")]
    pairs = align_runs(left, right)
    numbers = [(p.left and p.left.number, p.right and p.right.number) for p in pairs]
    assert numbers == [(1, 1), (None, 2), (2, 3), (3, None)]
    assert [pair.same_code for pair in pairs] == [True, False, False, False]
    assert all(pair.differs for pair in pairs[1:])


def test_one_setting_that_differs_is_a_difference_even_if_the_output_is_the_same() -> None:
    (pair,) = align_runs([run(1, "seed = 1234567")], [run(1, "seed = 1234568")])
    assert pair.left is not None
    assert pair.right is not None
    assert pair.differs


def test_the_same_words_with_another_end_differ() -> None:
    (pair,) = align_runs([run(1, "f()", "out")], [run(1, "f()", "out", status="interrupted")])
    assert pair.differs


def test_changed_words_are_whole() -> None:
    left, right = "loss 0.512 at step 30", "loss 0.498 at step 31"
    ours, theirs = changed_words(left, right)
    assert [left[a:b] for a, b in ours] == ["0.512", "30"]
    assert [right[a:b] for a, b in theirs] == ["0.498", "31"]


@given(st.text(max_size=40), st.text(max_size=40))
def test_what_is_not_marked_is_the_same(left: str, right: str) -> None:
    ours, theirs = changed_words(left, right)
    assert _without(left, ours) == _without(right, theirs)


def _without(text: str, spans: list[tuple[int, int]]) -> str:
    for start, end in reversed(spans):
        text = text[:start] + text[end:]
    return text


def test_plain_lines_have_no_colours_and_only_the_last_of_a_line_written_over() -> None:
    data = b"\x1b[31mred\x1b[0m\n 10%\r 50%\r100%\r\nend"
    assert plain_lines(data) == ["red", "100%", "end"]
    assert plain_lines(b"") == []
    assert plain_lines(b"a\n\n") == ["a", ""]

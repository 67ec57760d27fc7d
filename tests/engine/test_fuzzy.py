from __future__ import annotations

import pytest

from pyrepl_tui.engine.fuzzy import places, score


@pytest.mark.parametrize(
    ("query", "better", "worse"),
    [
        ("read", "read", "reader"),
        ("re", "read_csv", "REad"),
        ("re", "Read", "spread"),
        ("rc", "read_csv", "scratch"),
        ("df", "DataFrame", "adfix"),
    ],
)
def test_what_fits_better_comes_first(query: str, better: str, worse: str) -> None:
    first, second = score(query, better), score(query, worse)
    assert first is not None
    assert second is None or first < second


@pytest.mark.parametrize(("query", "text"), [("xyz", "xzy"), ("pr", "EOFError"), ("abc", "ab")])
def test_what_does_not_fit(query: str, text: str) -> None:
    assert score(query, text) is None


@pytest.mark.parametrize(
    ("query", "text", "found"),
    [
        ("rc", "read_csv", [0, 5]),
        ("csv", "to_csv", [3, 4, 5]),
        ("RE", "read", [0, 1]),
        ("zz", "read", []),
    ],
)
def test_which_letters_are_those_typed(query: str, text: str, found: list[int]) -> None:
    assert places(query, text) == found

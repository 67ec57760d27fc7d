"""Rows of a grid sorted and filtered are those that Python itself would choose."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyrepl_worker.describe import arranging
from pyrepl_worker.describe.numbers import sketch
from pyrepl_worker.reader import Desk

np = pytest.importorskip("numpy")
pd = pytest.importorskip("pandas")

FLOATS = st.lists(st.sampled_from((0.0, 1.0, -2.5, math.nan, 7.25)), max_size=20)


def order(value: Any, *arguments: Any) -> list[int]:
    return [int(at) for at in arranging.order(value, *arguments)]


def by_python(numbers: list[float], descending: bool) -> list[int]:
    present = [at for at, number in enumerate(numbers) if not math.isnan(number)]
    present.sort(key=numbers.__getitem__, reverse=descending)
    return present + [at for at, number in enumerate(numbers) if math.isnan(number)]


@settings(deadline=None)
@given(numbers=FLOATS, descending=st.booleans())
def test_arrays_and_frames_are_sorted_stably_missing_ones_last(
    numbers: list[float], descending: bool
) -> None:
    array = np.array(numbers, "f8")
    assert order(array, 0, descending, None, "") == by_python(numbers, descending)
    frame = pd.DataFrame({"n": array, "t": [f"text {n}" for n in numbers]})
    assert order(frame, 0, descending, None, "") == by_python(numbers, descending)
    texts = frame["t"].tolist()
    expected = sorted(range(len(texts)), key=texts.__getitem__, reverse=descending)
    assert order(frame, 1, descending, None, "") == expected


@settings(deadline=None)
@given(numbers=FLOATS)
def test_rows_are_filtered_before_they_are_sorted(numbers: list[float]) -> None:
    frame = pd.DataFrame({"n": np.array(numbers, "f8"), "t": [str(n) for n in numbers]})
    kept = [at for at, number in enumerate(numbers) if number > 0.5]
    assert order(frame, None, False, 0, "> 0.5") == kept
    assert order(frame, None, False, 1, "7.2") == [
        at for at, number in enumerate(numbers) if number == 7.25
    ]
    ranked = sorted(kept, key=numbers.__getitem__, reverse=True)
    assert order(frame, 0, True, 0, "> 0.5") == ranked


def test_a_page_of_chosen_rows_has_their_labels() -> None:
    frame = pd.DataFrame({"n": [3, 1, 2], "c": pd.Categorical(["x", "y", "x"])}, index=list("abc"))
    desk = Desk({"frame": frame}, {})
    assert desk.on_arrange(["frame"], 0, True, None, "") == {"total": 3}
    page = desk.on_rows(["frame"], 0, 2)
    assert page["total"] == 3
    assert page["grid"]["rows"] == [["3", "'x'"], ["2", "'x'"]]
    assert [label.strip("'") for label in page["grid"]["labels"]] == ["a", "c"]


@settings(deadline=None)
@given(numbers=st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=300), buckets=st.integers(1, 50))
def test_a_plot_spans_its_numbers(numbers: list[float], buckets: int) -> None:
    for value in (numbers, np.array(numbers), pd.Series(numbers)):
        found = [answer for answer in sketch(value, buckets) if answer][-1]
        assert (found["count"], found["missing"]) == (len(numbers), 0)
        assert (found["low"], found["high"]) == (min(numbers), max(numbers))
        assert sum(found["histogram"]) == len(numbers)
        assert len(found["series"]) == min(buckets, len(numbers))
        assert min(part[0] for part in found["series"]) == min(numbers)

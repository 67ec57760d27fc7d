"""What the listing says of arrays, frames and tables in one line."""

from __future__ import annotations

import pytest

from pyrepl_worker.describe.summaries import SUMMARY, summary


def test_an_array_says_what_it_holds() -> None:
    np = pytest.importorskip("numpy")
    assert summary(np.zeros((3, 4))) == "ndarray 3×4 float64"
    pairs = np.zeros(2, [("time", "i8"), ("city", "U9")])
    assert summary(pairs) == "ndarray 2 time, city"


def test_a_frame_names_its_columns() -> None:
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({"a": [1, 2], "b": ["x", "y"], 3: [0.5, 1.5]})
    assert summary(frame) == "DataFrame 2×3: a, b, 3"
    assert summary(frame["a"]) == "Series 2"
    assert summary(pd.DataFrame(index=[1, 2])) == "DataFrame 2×0"


def test_of_many_columns_the_first_are_named() -> None:
    pd = pytest.importorskip("pandas")
    many = pd.DataFrame({f"column {at}": [at] for at in range(100)})
    text = summary(many)
    assert text.startswith("DataFrame 1×100: column 0, column 1, ")
    assert len(text) == SUMMARY
    assert text.endswith("…")
    some = pd.DataFrame({f"c{at}": [at] for at in range(15)})
    assert summary(some).endswith(", c10, c11, …")


def test_tables_of_other_libraries_name_their_columns_too() -> None:
    pl, pa = pytest.importorskip("polars"), pytest.importorskip("pyarrow")
    columns = {"a": [1, 2], "b": ["x", "y"]}
    assert summary(pl.DataFrame(columns)) == "DataFrame 2×2: a, b"
    assert summary(pa.table(columns)) == "Table 2×2: a, b"

"""What the listing says of arrays, frames and tables in one line."""

from __future__ import annotations

import collections
import functools
import io
import re
import sys
import types

import pytest

from pyrepl_worker.describe.summaries import SUMMARY, own_size, summary


class Slotted:
    __slots__ = ("a", "b")


class Plain:
    pass


class Pair(dict):  # type: ignore[type-arg]
    pass


class Lying(Plain):
    def __sizeof__(self) -> int:
        raise AssertionError("user code ran")


@pytest.mark.parametrize(
    "value",
    [
        (each for each in "abc"), (lambda: 0).__code__, sys._getframe(), Slotted(), Plain(),
        Pair(a=1), Plain, io.BytesIO(b"x" * 1000), re.compile("a"), functools.partial(int),
        types.SimpleNamespace(a=1), collections.deque([1]), collections.OrderedDict(a=1),
        Exception("a"), object(), collections.defaultdict(int, a=1), open,
    ],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_sizes_are_what_the_interpreter_tells(value: object) -> None:
    assert own_size(value) == sys.getsizeof(value)


def test_a_class_that_measures_itself_is_not_asked() -> None:
    assert own_size(Lying()) == sys.getsizeof(Plain())
    late = type("Late", (), {})
    assert own_size(late()) == sys.getsizeof(late())
    late.__sizeof__ = Lying.__sizeof__  # type: ignore[assignment,method-assign]
    assert own_size(late()), "also if it began to do so after it was seen first"


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

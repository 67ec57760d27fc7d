"""Comparison by properties: arrays of elements of every type, and columns of every type."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.worker.describe.test_differences import difference, places

np: Any = pytest.importorskip("numpy")
pd: Any = pytest.importorskip("pandas")

OTHERS: dict[str, list[Any]] = {
    "?": [False, True], "i1": [1, -7], "i2": [1, -7], "i4": [1, -7], "i8": [1, 2**53 + 1],
    "u1": [1, 200], "u2": [1, 200], "u4": [1, 200], "u8": [1, 2**64 - 1], "f2": [0.5, -2.0],
    "f4": [0.5, -2.0], "f8": [0.0, 5e-324], "c8": [1j, 2.0], "c16": [1j, 2.0], ">i4": [1, -7],
    ">f8": [0.5, -2.0], "U3": ["a", "ab"], "S3": [b"a", b"ab"], "M8[s]": [0, 9], "m8[ns]": [0, 9],
    "O": [None, "x"], "i4,f8": [(1, 0.5), (1, 0.25)], "V4": [b"aaaa", b"aaab"],
}  # fmt: skip
"""Of each type of elements: what arrays are filled with, and what one of them is changed to."""


@pytest.mark.parametrize("order", ["C", "F", "every second", "backwards"])
@pytest.mark.parametrize("dtype", sorted(OTHERS))
@given(shape=st.lists(st.integers(1, 5), min_size=1, max_size=3).map(tuple), data=st.data())
@settings(deadline=None, max_examples=12)
def test_one_element_of_an_array(
    dtype: str, order: str, shape: tuple[int, ...], data: st.DataObject
) -> None:
    one, other = (np.array(each, dtype=dtype) for each in OTHERS[dtype])
    left = np.full((2 * shape[0], *shape[1:]), one, dtype=dtype, order="F" if order == "F" else "C")
    right = left.copy(order="K")
    if order == "every second":
        left, right = left[::2], right[::2]
    elif order == "backwards":
        left, right = left[::-1], right[::-1]
    assert difference(left, left).equal == ["v"]
    assert difference(left, right).equal == ["v"]
    at = tuple(data.draw(st.integers(0, length - 1)) for length in left.shape)
    right[at] = other
    found = difference(left, right)
    assert found.equal == []
    array = found.changed["v"].array
    if array is not None:
        assert array.count == 1
        assert [place[0] for place in array.first] == [np.ravel_multi_index(at, left.shape)]


COLUMNS: dict[str, tuple[Any, Any, Any]] = {
    "int": ([1, 2, 3, 4], "int64", 9),
    "float": ([0.5, float("nan"), -0.0, 2.5], "float64", 9.5),
    "text": (["a", "b", None, "d"], None, "other"),
    "objects": ([[1], {"a": 1}, None, "x"], object, "other"),
    "kind": (["x", "y", "x", "y"], "category", "y"),
    "whole": ([1, None, 3, 4], "Int64", 9),
    "yes": ([True, None, True, False], "boolean", False),
    "when": (["2020-01-01", None, "2021-01-01", "2022-01-01"], "datetime64[ns]", "1999-01-01"),
}


@given(
    names=st.lists(st.sampled_from(sorted(COLUMNS)), min_size=1, unique=True),
    row=st.sampled_from([0, 2]),
    data=st.data(),
)
@settings(deadline=None, max_examples=80)
def test_one_cell_of_a_frame(names: list[str], row: int, data: st.DataObject) -> None:
    left = pd.DataFrame(
        {name: pd.Series(COLUMNS[name][0], dtype=COLUMNS[name][1]) for name in names}
    )
    right = left.copy(deep=True)
    assert difference(left, left).equal == ["v"]
    assert difference(left, right).equal == ["v"]
    name = data.draw(st.sampled_from(names))
    other = COLUMNS[name][2]
    right.loc[row, name] = pd.Timestamp(other) if name == "when" else other
    assert [place[0] for place in places(left, right)] == [name]

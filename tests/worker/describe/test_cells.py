"""From a frame into a column, from there into one item, with a path that Python understands."""

from __future__ import annotations

from typing import Any

import pytest

from pyrepl_worker.describe.inspection import NothingThere, inspect


def look(namespace: dict[str, Any], *path: Any) -> dict[str, Any]:
    """What the inspector says of what lies at a path."""
    *_, answer = inspect(namespace, list(path), 0, 10)
    assert answer is not None
    return answer


def same(namespace: dict[str, Any], *path: Any) -> Any:
    """What the path's own expression gives, which is to be what the inspector shows."""
    answer = look(namespace, *path)
    found = eval(answer["expression"], dict(namespace))
    assert answer["variable"]["type"] in (type(found).__name__, "NoneType")
    return found


def test_items_of_pandas_columns() -> None:
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(
        {
            "n": [1, 2, 3],
            0: [0.5, 1.5, 2.5],
            "kind": pd.Categorical(["x", "y", "x"]),
            "text": ["a", "b", "c"],
            "whole": pd.array([1, None, 3], dtype="Int64"),
            "held": pd.Series([{"k": [7]}, [2], None], dtype=object),
        }
    ).set_axis([10, 20, 30])
    held = {"frame": frame, "series": frame["n"], "index": frame.index}
    assert same(held, "frame", "n", 1) == 2
    assert look(held, "frame", "n", 1)["expression"] == "frame['n'].values[1]"
    assert same(held, "frame", "0", 2) == 2.5
    assert look(held, "frame", "0")["expression"] == "frame[0]", "a label that is no text"
    assert same(held, "frame", "kind", 1) == "y"
    assert same(held, "frame", "text", 2) == "c"
    assert look(held, "frame", "whole", 1)["variable"]["summary"] == "None"
    assert same(held, "frame", "held", 0, "k", 0) == 7
    assert same(held, "series", 0) == 1
    assert same(held, "index", 2) == 30
    for path in (("frame", 1), ("frame", "n", 3), ("series", 3)):
        with pytest.raises(NothingThere):
            look(held, *path)


def test_a_column_with_several_levels_of_names() -> None:
    pd = pytest.importorskip("pandas")
    names = pd.MultiIndex.from_tuples([("a", "b"), ("a", "c")])
    held = {"frame": pd.DataFrame([[1, 2]], columns=names)}
    assert same(held, "frame", "('a', 'c')", 0) == 2


def test_items_of_other_libraries() -> None:
    pl, pa = pytest.importorskip("polars"), pytest.importorskip("pyarrow")
    held = {
        "frame": pl.DataFrame({"a": [1, 2], "b": ["x", "y"]}),
        "series": pl.Series("named", [3, 4]),
        "table": pa.table({"a": [1, 2]}),
    }
    assert same(held, "frame", "b", 1) == "y"
    assert same(held, "series", 1) == 4
    assert look(held, "series")["grid"]["columns"] == [""], "a column has no columns"
    assert look(held, "table", "a", 1)["variable"]["summary"] == "2"
    for path in (("frame", 0), ("table", 0), ("series", 2)):
        with pytest.raises(NothingThere):
            look(held, *path)


def test_items_of_arrays() -> None:
    np = pytest.importorskip("numpy")
    held = {
        "array": np.arange(6).reshape(2, 3),
        "objects": np.array([{"a": 1}, None], dtype=object),
    }
    assert same(held, "array", 1, 2) == 5
    assert same(held, "objects", 0, "a") == 1

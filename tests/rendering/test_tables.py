from __future__ import annotations

import re
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from pyrepl_tui.rendering.tables import TableLines, table_lines

SEQUENCE = re.compile("\x1b\\[[0-9;]*m")


def table(rows: int, columns: int, /, **changes: Any) -> dict[str, Any]:
    """A table of the worker, all of it shown."""
    return {
        "kind": "pandas.DataFrame",
        "shape": [rows, columns],
        "names": [f"c{at}" for at in range(columns)],
        "dtypes": ["int64"] * columns,
        "numeric": [True] * columns,
        "index": [str(row) for row in range(rows)],
        "index_name": "",
        "rows": [[str(row * columns + at) for at in range(columns)] for row in range(rows)],
        "row_gap": None,
        "column_gap": None,
        **changes,
    }


def plain(lines: TableLines) -> list[str]:
    return [SEQUENCE.sub("", line).rstrip() for line in lines.text.split("\n")]


def test_columns_stand_below_one_another() -> None:
    names = table(2, 2, rows=[["Ada", "1.50"], ["Grace", "22.25"]], names=["name", "x"])
    names |= {"numeric": [False, True], "dtypes": ["str", "float64"]}
    assert plain(table_lines(names, 80)) == [
        "   name         x",
        "   str    float64",
        "0  Ada       1.50",
        "1  Grace    22.25",
        "2 rows × 2 columns · pandas.DataFrame",
    ]


def test_rows_in_the_middle_are_left_out() -> None:
    lines = plain(table_lines(table(50, 1), 80, first=2, last=1))
    assert lines[2:6] == [" 0      0", " 1      1", " ⋮      ⋮", "49     49"]


def test_rows_that_the_worker_left_out_are_marked() -> None:
    lines = plain(table_lines(table(4, 1, row_gap=2, shape=[1_000_000, 1]), 80))
    assert lines[4].split() == ["⋮", "⋮"]
    assert lines[-1] == "1,000,000 rows × 1 column · pandas.DataFrame"


def test_columns_in_the_middle_are_left_out_where_room_is_scarce() -> None:
    lines = plain(table_lines(table(1, 40), 40))
    names = lines[0].split()
    assert names[0] == "c0"
    assert names[-1] == "c39"
    assert "…" in names
    assert all(cell_len(line) <= 40 for line in lines[:-1])


def test_without_a_width_all_columns_are_there() -> None:
    assert len(plain(table_lines(table(1, 40), None))[0].split()) == 40


def test_cells_cannot_steer_the_terminal() -> None:
    lines = table_lines(table(1, 1, rows=[["a\x1b[31m\nb\x07"]]), 80)
    assert plain(lines)[2] == "0  a␛[31m↵b"


def test_missing_values_are_dim() -> None:
    assert "\x1b[2m  NaN\x1b[0m" in table_lines(table(1, 1, rows=[["NaN"]]), 80).body[0]


def test_an_empty_frame() -> None:
    assert plain(table_lines(table(0, 0), 80)) == ["0 rows × 0 columns · pandas.DataFrame"]


@given(
    cells=st.lists(st.lists(st.text(max_size=60), min_size=3, max_size=3), max_size=5),
    width=st.integers(min_value=1, max_value=120),
)
def test_rows_are_never_wider_than_allowed(cells: list[list[str]], width: int) -> None:
    lines = table_lines(table(len(cells), 3, rows=cells, numeric=[False] * 3), width)
    least = 34 + 2 + 1 + 2 + 1  # one column at its widest beside the labels and the gap
    for line in [*lines.head, *lines.body]:
        assert cell_len(SEQUENCE.sub("", line)) <= max(width, least)

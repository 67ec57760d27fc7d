"""The quick way to a row gives the same row as the long one."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pyrepl_worker.describe.quick import QUICK
from pyrepl_worker.describe.signs import same_sign, sign_of
from pyrepl_worker.describe.summaries import facts

SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.integers(-(1 << 300), 1 << 300), st.floats(),
    st.text(max_size=50), st.binary(max_size=50), st.just("'\"\n\t\\"),
)  # fmt: skip
HASHABLE = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=8))
VALUES = st.one_of(
    SCALARS,
    st.lists(SCALARS, max_size=14),
    st.lists(SCALARS, max_size=4).map(tuple),
    st.sets(HASHABLE, max_size=14),
    st.frozensets(HASHABLE, max_size=4),
    st.dictionaries(HASHABLE, SCALARS, max_size=14),
    st.lists(st.lists(SCALARS, max_size=2), max_size=2),
)


@settings(max_examples=400, deadline=None)
@given(value=VALUES)
def test_quick_rows_are_the_long_ones(value: Any) -> None:
    found = QUICK[id(type(value))](value)
    if found is None:
        return
    told, sign = found
    assert told == facts(value)
    if sign is not None:
        assert sign[:2] == (sign_of(value) or ())[:2]
        assert same_sign(sign, value)


def test_most_small_values_take_the_quick_way() -> None:
    small: tuple[Any, ...] = (
        1,
        1.5,
        True,
        None,
        "text",
        b"bytes",
        [1, 2],
        (1, "a"),
        {1},
        {"a": 1, "b": "c"},
    )
    for value in small:
        assert QUICK[id(type(value))](value) is not None, value


def test_large_and_nested_values_take_the_long_way() -> None:
    large: tuple[Any, ...] = (
        1 << 500, "x" * 100, [[1]], list(range(100)), [1 << 500], [], {"a": []},
    )  # fmt: skip
    for value in large:
        assert QUICK[id(type(value))](value) is None, value

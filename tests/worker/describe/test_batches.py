"""Rows made many at once are the ones that are made one by one, the long way."""

from __future__ import annotations

import itertools
import operator
from array import array
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pyrepl_worker.describe.addresses import addresses
from pyrepl_worker.describe.batches import Batch, describe_alike, of_one_type
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


def told(values: list[Any]) -> dict[int, tuple[tuple[Any, ...], Any] | None]:
    """By position: facts and what is held of each value; None: it has to go the long way."""
    found: dict[int, tuple[tuple[Any, ...], Any] | None] = {}
    groups = (describe_alike(values, some, lambda ref: None) for some in of_one_type(values))
    for places, batch in itertools.chain.from_iterable(groups):
        if batch is None:
            found.update(dict.fromkeys(places))
            continue
        count = len(places)
        lengths: list[Any] = batch.lengths or [None] * count
        sizes = batch.sizes * count if len(batch.sizes) == 1 else batch.sizes
        rows = zip(places, lengths, sizes, batch.summaries, batch.held, strict=True)
        for at, length, size, summary, held in rows:
            found[at] = (batch.type, batch.kind, "", length, size, summary), signed(batch, held)
    return found


def signed(batch: Batch, held: Any) -> Any:
    return None if batch.open is None else (len(held), batch.open, held)


@settings(max_examples=300, deadline=None)
@given(values=st.lists(VALUES, max_size=12))
def test_rows_are_those_of_the_long_way(values: list[Any]) -> None:
    found = told(values)
    assert sorted(found) == list(range(len(values)))
    for at, value in enumerate(values):
        row = found[at]
        if row is None:
            continue
        assert row[0] == facts(value)
        if row[1] is not None:
            assert row[1][:2] == (sign_of(value) or ())[:2]
            assert same_sign(row[1], value)


def test_small_values_are_told_together() -> None:
    small: list[Any] = [
        1, 1.5, True, None, "text", b"bytes", [1, 2], (1, "a"), {1}, {"a": 1, "b": "c"}, [], (), {},
        frozenset({2}), lambda x: x,
    ]  # fmt: skip
    assert None not in told(small * 3).values()


def test_large_and_nested_values_go_the_long_way_and_nothing_else_does() -> None:
    large: list[Any] = [
        1 << 500, "x" * 100, [[1]], list(range(100)), [1 << 500], {"a": []}, {(1,): 2},
    ]  # fmt: skip
    small: list[Any] = [1, "x", [1], {"a": 1}]
    found = told([*small, *large, *small])
    long_way = {at for at, row in found.items() if row is None}
    assert long_way == set(range(len(small), len(small) + len(large)))


@given(items=st.lists(st.one_of(st.integers(), st.text(), st.none())))
def test_addresses_are_identities(items: list[Any]) -> None:
    found = addresses(items)
    assert type(found) is array
    assert all(map(operator.eq, found, map(id, items)))
    assert len(found) == len(items)

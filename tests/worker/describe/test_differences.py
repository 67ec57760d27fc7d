"""Comparison: a value equals itself and its copies; a mutated copy differs just where it was."""

from __future__ import annotations

import asyncio
import copy
import math
from typing import Any, ClassVar

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pyrepl_tui.engine.comparison import Limits, compare
from pyrepl_tui.engine.values import Comparison
from pyrepl_worker.digests import Digester
from pyrepl_worker.digests.trees import encode_tree
from pyrepl_worker.reader import Desk


class Here:
    """Asks in this process what a reader is asked in another."""

    bytes_moved = 0
    lost: ClassVar[dict[str, str]] = {}

    def __init__(self, namespace: dict[str, Any]) -> None:
        self._desk = Desk(namespace, {})

    async def ask(self, what: str, *arguments: Any) -> dict[str, Any]:
        answer: dict[str, Any] = getattr(self._desk, f"on_{what}")(*arguments)
        return answer


def difference(left: Any, right: Any, tolerance: float = 0.0) -> Comparison:
    sides: list[Any] = [Here({"v": left}), Here({"v": right})]
    return asyncio.run(compare(sides[0], sides[1], None, Limits(100, tolerance)))


def places(left: Any, right: Any) -> list[tuple[Any, ...]]:
    found = difference(left, right)
    return [place.path[1:] for place in found.changed["v"].places] if found.changed else []


SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=6),
    st.binary(max_size=6), st.complex_numbers(allow_nan=False),
)  # fmt: skip
KEYS = st.one_of(st.text(max_size=4), st.integers(-5, 5), st.tuples(st.integers(0, 3)))
NESTED = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(KEYS, inner, max_size=4),
        st.sets(st.integers(), max_size=4),
    ),
    max_leaves=25,
)


@given(value=NESTED)
@settings(deadline=None, max_examples=300)
def test_a_value_equals_itself_and_its_copy(value: Any) -> None:
    assert difference(value, value).equal == ["v"]
    assert difference(value, copy.deepcopy(value)).equal == ["v"]


def spots(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[tuple[Any, ...], Any, Any]]:
    """Where lists and dicts can be changed: the path, the container, the key."""
    found: list[tuple[tuple[Any, ...], Any, Any]] = []
    if type(value) is list:
        for at, item in enumerate(value):
            found += [((*path, at), value, at), *spots(item, (*path, at))]
    if type(value) is dict:
        for key, item in value.items():
            if type(key) in (str, int):
                found += [((*path, key), value, key), *spots(item, (*path, key))]
    return found


@given(value=NESTED, data=st.data())
@settings(deadline=None, max_examples=300)
def test_a_mutated_copy_differs_just_there(value: Any, data: st.DataObject) -> None:
    changed = copy.deepcopy(value)
    all_spots = spots(changed)
    assume(all_spots)
    path, holder, key = data.draw(st.sampled_from(all_spots))
    holder[key] = "something else altogether"
    assert places(value, changed) == [path]


def test_what_counts_as_equal() -> None:
    shared = [1]
    inner = [1]
    assert not places([shared, shared], [[1], [1]])
    assert not places({"a": 1, "b": 2}, {"b": 2, "a": 1})
    assert not places(float("nan"), -float("nan"))
    assert not places([math.inf - math.inf, 1.0], [math.nan, 1.0])
    assert not places({1, 2, "x"}, {"x", 2, 1})
    for left, right in ((1, True), (1, 1.0), (0.0, -0.0), ([1], (1,)), ("a", b"a"), ({1}, {2})):
        assert difference(left, right).changed, (left, right)
    inner.append(inner)  # type: ignore[arg-type]
    other: list[Any] = [1]
    other.append(other)
    assert not places(inner, other)
    assert places(inner, [1, [1, 2]])


def test_a_million_items_of_which_one_differs() -> None:
    left = list(range(100_000))
    right = left.copy()
    right[77_777] = -1
    assert places(left, right) == [(77_777,)]
    by_name, other = {str(i): i for i in left}, {str(i): i for i in left}
    other["77777"] = -1
    assert places(by_name, other) == [("77777",)]
    other["new"] = other.pop("5")
    assert sorted(map(str, places(by_name, other))) == ["('5',)", "('77777',)", "('new',)"]


class Thing:
    def __init__(self, x: Any) -> None:
        self.x = x


def test_objects_by_their_attributes() -> None:
    assert not places(Thing([1]), Thing([1]))
    assert places(Thing([1, 2]), Thing([1, 3])) == [(("attr", "x"), 1)]
    found = difference(iter([1]), iter([1]))
    assert list(found.unknown) == ["v"]


def test_functions_by_their_source() -> None:
    spaces: list[dict[str, Any]] = [{}, {}]
    for space, body in zip(spaces, ("a + 1", "a + 2"), strict=True):
        exec(f"def f(a):\n    return {body}", space)
    assert difference(spaces[0]["f"], spaces[1]["f"]).changed
    exec("def f(a):\n    # another comment\n    return a + 1", spaces[1])
    assert not difference(spaces[0]["f"], spaces[1]["f"]).changed


def test_arrays() -> None:
    np = pytest.importorskip("numpy")
    left = np.arange(1_000_000.0)
    left[5] = np.nan
    right = left.copy()
    assert difference(left, right).equal == ["v"]
    right[[3, 999_999]] += [1.0, 2.0]
    found = difference(left, right).changed["v"]
    assert found.array is not None
    assert (found.array.count, found.array.max_absolute) == (2, 2.0)
    assert [place[0] for place in found.array.first] == [3, 999_999]
    assert difference(left, right, tolerance=2.0).equal == ["v"]
    assert difference(left[::2], left[::2].copy()).equal == ["v"]
    assert difference(left, left.astype("f4")).changed["v"].kind == "array"


def test_frames() -> None:
    pd = pytest.importorskip("pandas")
    left = pd.DataFrame(
        {"a": range(1000), "b": [str(i) for i in range(1000)], "c": pd.array([None, 1] * 500)}
    )
    right = left.copy()
    assert difference(left, right).equal == ["v"]
    right.loc[3, "a"] = -1
    cell = difference(left, right).changed["v"]
    assert (cell.kind, list(cell.arrays)) == ("frame", ["v['a']"]), "a grid, also for one column"
    right.loc[3, "a"] = 3
    right.loc[7, "b"] = "other"
    assert places(left, right) == [("b", 7)]
    right["d"] = 1.5
    found = difference(left, right).changed["v"]
    assert ("v", "d") in [place.path for place in found.places if place.kind == "only_right"]


def test_digests_do_not_depend_on_the_process_or_on_interning() -> None:
    made = "".join(list("interned"))
    assert Digester().digest([made, 1]) == Digester().digest(["interned", 1])


PLAIN = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=3)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(st.text(max_size=2), inner, max_size=4),
    ),
    max_leaves=12,
)


def shuffled(value: Any) -> Any:
    """An equal value whose dicts have another order."""
    if type(value) is dict:
        return {key: shuffled(item) for key, item in reversed(list(value.items()))}
    if type(value) in (list, tuple):
        return type(value)(map(shuffled, value))
    return float("nan") if type(value) is float and math.isnan(value) else value


def told(value: Any) -> str:
    """Types and content, whatever the order of dicts: what the digest is to tell."""
    if type(value) is dict:
        return f"{{{sorted((key, told(item)) for key, item in value.items())}}}"
    if type(value) in (list, tuple):
        return f"{type(value).__name__}{list(map(told, value))}"
    return repr(value)


@given(left=st.lists(PLAIN, max_size=4), right=st.lists(PLAIN, max_size=4))
@settings(deadline=None, max_examples=400)
def test_items_told_level_by_level_are_told_apart(left: Any, right: Any) -> None:
    ours, theirs = encode_tree(left), encode_tree(right)
    assert ours is not None
    assert theirs is not None
    assert (ours == theirs) == (told(left) == told(right))
    assert encode_tree(shuffled(left)) == ours


def test_what_is_no_plain_tree_is_not_told_as_one() -> None:
    class Text(str):
        __slots__ = ()

    cycle: list[Any] = []
    cycle.append(cycle)
    for odd in ({1}, Text("a"), {1: 2}, {Text("a"): 1}, bytearray(1), cycle, [[1j]]):
        assert encode_tree([odd]) is None


def test_many_nested_objects_that_differ_in_one_place() -> None:
    left: list[Any] = [{"id": at, "tags": [at, at + 1]} for at in range(100_000)]
    right = copy.deepcopy(left)
    right[77_777]["tags"][1] = -1
    assert places(left, right) == [(77_777, "tags", 1)]
    assert difference(left, copy.deepcopy(left)).equal == ["v"]

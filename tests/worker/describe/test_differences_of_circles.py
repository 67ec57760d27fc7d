"""Comparison of objects that share and lead back to each other."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.worker.describe.test_differences import difference, places


class Slotted:
    """A node of a graph that holds what it leads to in slots."""

    __slots__ = ("mark", "to")

    def __init__(self, mark: Any) -> None:
        self.mark = mark
        self.to: list[Any] = []


class Open:
    """The same, in its dict."""

    def __init__(self, mark: Any) -> None:
        self.mark = mark
        self.to: dict[str, Any] = {}


def linked(one: Any, other: Any, way: int) -> None:
    if isinstance(one, Slotted):
        one.to.append(other)
    else:
        one.to[f"way {way}"] = other


@given(
    kinds=st.lists(st.booleans(), min_size=1, max_size=6),
    edges=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=12),
    data=st.data(),
)
@settings(deadline=None, max_examples=150)
def test_one_object_of_a_graph_with_cycles_and_sharing(
    kinds: list[bool], edges: list[tuple[int, int]], data: st.DataObject
) -> None:
    nodes: list[Any] = [(Slotted if kind else Open)(at) for at, kind in enumerate(kinds)]
    for way, (at, to) in enumerate(edges):
        linked(nodes[at % len(nodes)], nodes[to % len(nodes)], way)
    assert difference(nodes, nodes).equal == ["v"]
    changed = copy.deepcopy(nodes)
    assert difference(nodes, changed).equal == ["v"]
    target = data.draw(st.sampled_from(changed))
    target.mark = "something else"
    found = places(nodes, changed)
    assert (changed.index(target), ("attr", "mark")) in found
    for path in found:
        assert followed(changed, path[:-1]) is target, "no other place is named"
        assert path[-1] == ("attr", "mark")


def followed(value: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        value = getattr(value, step[1]) if isinstance(step, tuple) else value[step]
    return value


def test_objects_that_all_lead_to_each_other() -> None:
    """There are millions of ways among them."""
    nodes = [Open(at) for at in range(12)]
    for number, one in enumerate(nodes):
        for way, other in enumerate(nodes):
            linked(one, other, (number + way) % 12)
    changed = copy.deepcopy(nodes)
    changed[-1].mark = "something else"
    assert len(places(nodes, changed)) == 1


def test_a_set_of_objects_that_lead_back_to_it() -> None:
    owner = Open(0)
    owner.to["members"] = {Open(number) for number in range(20)}
    for member in owner.to["members"]:
        member.to["owner"] = owner
    assert difference(owner, copy.deepcopy(owner)).equal == ["v"]
    keyed, other = Open(0), Open(0)
    keyed.to["owner"] = {(number,): [keyed, number] for number in range(9)}
    other.to["owner"] = {(number,): [other, number] for number in reversed(range(9))}
    assert difference(keyed, other).equal == ["v"]

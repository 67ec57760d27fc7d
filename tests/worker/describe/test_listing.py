"""The listing tells exactly what has changed."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyrepl_worker.describe import Listing
from pyrepl_worker.describe.summaries import facts
from pyrepl_worker.framing import unpack

VALUES = st.one_of(
    st.integers(0, 3), st.text(max_size=2), st.lists(st.integers(0, 2), max_size=3), st.none()
)
STEPS = st.lists(
    st.tuples(st.sampled_from("abcdefgh"), st.one_of(st.just("del"), VALUES)), max_size=12
)


def rows_of(pieces: list[list[Any]]) -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = []
    for packed, packed_places in pieces:
        columns = unpack(packed)
        count = len(unpack(packed_places))
        rows += zip(*(each * count if len(each) == 1 else each for each in columns), strict=True)
    return rows


def changes(listing: Listing, run: int, since: int) -> tuple[dict[str, str], set[str], int]:
    for _ in listing.look(run):
        pass
    rows, gone, version, more = listing.since(since, 10_000)
    assert not more
    return {row[0]: row[6] for row in rows_of(rows)}, set(gone), version


@given(rounds=st.lists(STEPS, max_size=5))
@settings(deadline=None, max_examples=200)
def test_a_copy_kept_by_differences_is_the_namespace(rounds: list[Any]) -> None:
    namespace: dict[str, Any] = {}
    listing = Listing(namespace, {})
    copy: dict[str, str] = {}
    version = 0
    for run, steps in enumerate(rounds):
        for name, value in steps:
            if value == "del":
                namespace.pop(name, None)
            else:
                namespace[name] = value
        new, gone, version = changes(listing, run, version)
        copy.update(new)
        for name in gone:
            copy.pop(name, None)
        assert copy == {name: repr(value) for name, value in namespace.items()}
        assert changes(listing, run, version)[:2] == ({}, set())


def test_only_what_changed_is_told() -> None:
    namespace: dict[str, Any] = {f"v{i}": random.random() for i in range(3000)}
    namespace.update(items=[1, 2], record={"k": 1})
    listing = Listing(namespace, {})
    _, _, version = changes(listing, 1, 0)
    namespace["v7"] = "new"
    namespace["items"].append(3)
    namespace["record"]["k"] = 2
    del namespace["v9"]
    namespace["added"] = 1
    new, gone, _ = changes(listing, 2, version)
    assert set(new) == {"v7", "items", "record", "added"}
    assert gone == {"v9"}


def test_an_identity_that_is_used_again_is_noticed() -> None:
    namespace: dict[str, Any] = {"x": 10**6}
    listing = Listing(namespace, {})
    version = 0
    for value in range(10**6, 10**6 + 50):
        namespace["x"] = value
        new, _, version = changes(listing, 1, version)
        assert new in ({"x": str(value)}, {}), value
        assert listing.variables("", True, 1)[0]["summary"] == str(value)


def test_pages() -> None:
    namespace = {f"v{i}": i for i in range(100)}
    listing = Listing(namespace, {})
    for _ in listing.look(1):
        pass
    found: list[str] = []
    version, more = 0, True
    while more:
        rows, _, version, more = listing.since(version, 7)
        found += [row[0] for row in rows_of(rows)]
    assert found == list(namespace)


def test_runs_that_follow_each_other_quickly_are_told_apart() -> None:
    namespace: dict[str, Any] = {"a": 1, "items": [1], "untouched": 0}
    listing = Listing(namespace, {})
    changes(listing, 1, 0)
    namespace["b"] = 2
    listing.glance(2, "")
    namespace["items"].append(2)
    listing.glance(3, "")
    namespace["a"] = 5
    rows = listing.variables("", True, 4)
    assert {row["name"]: row["changed_at"] for row in rows} == {
        "a": 4, "items": 3, "b": 2, "untouched": 1,
    }  # fmt: skip


def test_nobody_pays_for_what_nobody_looks_at() -> None:
    namespace: dict[str, Any] = {"a": 1}
    listing = Listing(namespace, {})
    for run in range(1, 100):
        namespace["a"] = run
        listing.glance(run, "")
    assert listing.version == 0


def test_a_change_back_to_a_name_seen_before_keeps_when_it_was_made() -> None:
    namespace: dict[str, Any] = {f"v{i}": i for i in range(20)}
    listing = Listing(namespace, {})
    changes(listing, 1, 0)
    for i in range(0, 20, 2):
        namespace[f"v{i}"] = f"text {i}"
    namespace["new"] = 1
    rows = {row["name"]: row for row in listing.variables("", True, 2)}
    assert {row["created_at"] for name, row in rows.items() if name != "new"} == {1}
    assert (rows["new"]["created_at"], rows["v2"]["changed_at"], rows["v3"]["changed_at"]) == (
        2,
        2,
        1,
    )
    del namespace["v2"]
    changes(listing, 3, 0)
    namespace["v2"] = 1
    assert {row["name"]: row for row in listing.variables("", True, 4)}["v2"]["created_at"] == 4


def test_a_function_in_place_of_another_is_noticed_whatever_its_address() -> None:
    namespace: dict[str, Any] = {f"f{i}": (lambda x: x) for i in range(30)}
    namespace.update({f"l{i}": [i] for i in range(9)}, text="x" * 600, number=1, object=Listing)
    listing = Listing(namespace, {})
    _, _, version = changes(listing, 1, 0)
    for _ in range(20):
        del namespace["f7"]
        namespace["f7"] = lambda y, z: y
        new, _, version = changes(listing, 2, version)
        assert set(new) == {"f7"} | (set(namespace) & set(new))
        assert new["f7"].endswith("(y, z)")


MAKERS: tuple[Any, ...] = (
    lambda: 12345, lambda: [1], lambda: {"a": 1.5}, lambda: (1, 2), lambda: "x" * 50, lambda: {3},
    lambda: lambda x: x, lambda: None, lambda: [[1]], object, lambda: frozenset({3}), list,
)  # fmt: skip


def test_whatever_happens_to_many_names_a_copy_kept_by_differences_is_right(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("pyrepl_worker.describe.listing.AGAIN_SECONDS", 60.0)
    chance = random.Random(7)
    namespace: dict[str, Any] = {}
    listing = Listing(namespace, {})
    copy: dict[str, tuple[Any, ...]] = {}
    version = 0
    for run in range(120):
        for _ in range(chance.randrange(30)):
            name, dice = f"v{chance.randrange(150)}", chance.random()
            if dice < 0.2:
                namespace.pop(name, None)
            elif dice < 0.3 and type(namespace.get(name)) is list:
                namespace[name].append(1)
            else:
                namespace[name] = chance.choice(MAKERS)()
        if run % 3 == 0:
            listing.glance(run, "")
        for _ in listing.look(run):
            pass
        more = True
        while more:
            pieces, gone, version, more = listing.since(version, 20)
            for name in gone:
                copy.pop(name, None)
            copy.update({row[0]: row[1:7] for row in rows_of(pieces)})
        assert copy == {name: facts(value) for name, value in namespace.items()}

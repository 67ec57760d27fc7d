"""The listing tells exactly what has changed."""

from __future__ import annotations

import random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pyrepl_worker.describe import Listing

VALUES = st.one_of(
    st.integers(0, 3), st.text(max_size=2), st.lists(st.integers(0, 2), max_size=3), st.none()
)
STEPS = st.lists(
    st.tuples(st.sampled_from("abcdefgh"), st.one_of(st.just("del"), VALUES)), max_size=12
)


def changes(listing: Listing, run: int, since: int) -> tuple[dict[str, str], set[str], int]:
    for _ in listing.look(run):
        pass
    rows, gone, version, more = listing.since(since, 10_000)
    assert not more
    return {row[0]: row[6] for row in rows}, set(gone), version


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
        found += [row[0] for row in rows]
    assert found == list(namespace)

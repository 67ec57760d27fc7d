"""Nothing that looks at values ever calls user code."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from typing import Any

import pytest

from pyrepl_worker.describe import Listing
from pyrepl_worker.describe.grids import statistics
from pyrepl_worker.describe.inspection import NothingThere, inspect, value_at
from pyrepl_worker.describe.sizes import measure
from pyrepl_worker.digests import Digester
from pyrepl_worker.digests.outline import outline
from pyrepl_worker.reader import Desk

from . import hostile


@pytest.fixture
def beasts() -> Iterator[dict[str, Any]]:
    made = {**hostile.menagerie(), **hostile.libraries()}
    hostile.CALLS.clear()
    hostile.HostileMeta.armed = True
    gc.disable()
    yield made
    hostile.HostileMeta.armed = False
    gc.enable()


def look(listing: Listing, run: int) -> None:
    for _ in listing.look(run):
        pass


def test_listing_calls_nobody(beasts: dict[str, Any]) -> None:
    listing = Listing(beasts, {})
    look(listing, 1)
    look(listing, 2)
    rows = listing.variables("", True, 2)
    assert hostile.CALLS == []
    assert [row["name"] for row in rows] == list(beasts)
    shown = {row["name"]: row["summary"] for row in rows}
    assert shown["sub_dict"] == "Hostiledict({'k': 1})"
    assert shown["of_meta"] == "<Meta>"
    assert shown["colour"] == "<Colour.RED: 1>"
    if "array" in shown:
        assert shown["array"] == "HostileArray 3 float64"


def test_inspection_calls_nobody(beasts: dict[str, Any]) -> None:
    seen = 0
    waiting: list[list[Any]] = [[name] for name in beasts]
    while waiting and seen < 500:
        path = waiting.pop()
        seen += 1
        answer = next(found for found in inspect(beasts, path, 0, 20) if found)
        if len(path) < 4:
            waiting += [
                [*path, child["step"]] for child in answer["children"] if child["expandable"]
            ]
    assert hostile.CALLS == []
    assert seen > len(beasts)


def test_sizes_and_statistics_call_nobody(beasts: dict[str, Any]) -> None:
    found = [answer for answer in measure(beasts, [], 5.0) if answer][-1]
    for name in beasts:
        try:
            list(statistics(value_at(beasts, [name])))
        except NothingThere:
            continue
    assert hostile.CALLS == []
    assert found is not None
    assert found["sizes"]["nested"][2]


def test_what_a_reader_is_asked_calls_nobody_but_on_request(beasts: dict[str, Any]) -> None:
    desk = Desk(beasts, {}, Listing(beasts, {}))
    desk.on_list(0, 1)
    asked = 0
    waiting: list[list[Any]] = [[name] for name in beasts]
    while waiting and asked < 200:
        path = waiting.pop(0)
        answer = desk.on_inspect(path, 0, 20)
        asked += 1
        questions: list[tuple[Any, ...]] = [
            (desk.on_statistics, path),
            (desk.on_sketch, path, 10),
            (desk.on_arrange, path, 0, True, 0, "x"),
            (desk.on_arrange, path, 0, False, 0, "> 1"),
            (desk.on_rows, path, 0, 5),
            (desk.on_referrers, path, 1.0),
        ]
        for question, *arguments in questions:
            try:
                question(*arguments)
            except (NothingThere, IndexError):
                continue
        if len(path) < 3:
            waiting += [[*path, each["step"]] for each in answer["children"] if each["expandable"]]
    assert hostile.CALLS == []
    assert asked > len(beasts)


def test_properties_are_listed_and_not_read() -> None:
    read = []

    class Thing:
        def __init__(self) -> None:
            self.held = 1

        @property
        def asked(self) -> int:
            read.append(1)
            return 2

    answer = next(found for found in inspect({"thing": Thing()}, ["thing"], 0, 10) if found)
    steps = [child["step"] for child in answer["children"]]
    assert steps == [["attr", "held"], ["property", "asked"]]
    assert not read


def test_digests_and_outlines_call_nobody(beasts: dict[str, Any]) -> None:
    for name, value in beasts.items():
        if name == "lazy":
            continue
        Digester().digest(value)
        outline(value, None)
    assert hostile.CALLS == []


def test_names_that_are_no_plain_strings_are_not_compared() -> None:
    namespace: dict[str, Any] = {"x": 1, hostile.Key("evil"): 2, "y": [1]}
    listing = Listing(namespace, {})
    hostile.CALLS.clear()
    hostile.HostileMeta.armed = True
    try:
        look(listing, 1)
        namespace["y"] = 5
        look(listing, 2)
        for name in ("x", "y", "evil"):
            try:
                list(inspect(namespace, [name], 0, 10))
            except NothingThere:
                continue
    finally:
        hostile.HostileMeta.armed = False
    assert hostile.CALLS == []
    assert {row["name"]: row["summary"] for row in listing.variables("", True, 2)} == {
        "x": "1",
        "y": "5",
    }


def test_what_the_user_deletes_dies_at_once() -> None:
    namespace: dict[str, Any] = {"watched": hostile.Watched()}
    listing = Listing(namespace, {})
    look(listing, 1)
    hostile.CALLS.clear()
    del namespace["watched"]
    assert hostile.CALLS == ["__del__"]


def test_an_array_that_is_listed_can_still_be_resized() -> None:
    numpy = pytest.importorskip("numpy")
    names = {"a": numpy.arange(3)}
    listing = Listing(names, {})
    look(listing, 1)
    names["a"].resize(5, refcheck=False)
    look(listing, 2)
    assert listing.variables("", True, 2)[0]["shape"] == "(5,)"

"""Records behave like the frozen dataclasses that they stand for."""

from __future__ import annotations

import copy
import dataclasses
import pickle
import time

import pytest

from pyrepl_worker.records import record


@record(frozen=True)
class Point:
    """One with all kinds of defaults."""

    x: int
    y: int = 2
    names: list[str] = dataclasses.field(default_factory=list)
    seen: float = dataclasses.field(default=0.0, compare=False, repr=False)


@record(frozen=True, slots=True)
class Small:
    """One with slots."""

    name: str
    size: int = 0


@record(frozen=True)
class Deeper(Point):
    """One that adds a field."""

    z: int = 3


def test_arguments_and_defaults() -> None:
    point = Point(1, names=["a"])
    assert (point.x, point.y, point.names, point.seen) == (1, 2, ["a"], 0.0)
    assert Point(1).names is not Point(1).names
    assert dataclasses.asdict(Deeper(1, z=9)) == {"x": 1, "y": 2, "names": [], "seen": 0.0, "z": 9}
    with pytest.raises(TypeError, match=r"Small.__init__\(\) missing 1 required"):
        Small()  # type: ignore[call-arg]


def test_comparing_and_hashing() -> None:
    assert Point(1, seen=1.0) == Point(1, seen=2.0) != Point(2)
    assert Deeper(1) != Point(1)
    assert {Small("a"): 1}[Small("a", 0)] == 1


def test_it_shows_what_it_holds() -> None:
    assert repr(Point(1)) == "Point(x=1, y=2, names=[])"


@pytest.mark.parametrize("made", [Point(1), Small("a")])
def test_nothing_can_be_assigned(made: object) -> None:
    name = dataclasses.fields(made)[0].name  # type: ignore[arg-type]
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(made, name, 5)
    with pytest.raises(dataclasses.FrozenInstanceError):
        delattr(made, name)


@pytest.mark.parametrize("made", [Point(1, names=["b"]), Small("a", 4)])
def test_copies_and_pickles(made: object) -> None:
    assert copy.deepcopy(made) == made
    assert pickle.loads(pickle.dumps(made)) == made


def test_it_can_be_replaced_and_matched() -> None:
    match dataclasses.replace(Small("a", 4), size=5):
        case Small(name, size):
            assert (name, size) == ("a", 5)


def test_a_class_costs_far_less_than_a_dataclass() -> None:
    def best_of(decorate: object) -> float:
        def once() -> float:
            fields = {f"field_{n}": int for n in range(6)}
            classes = [type(f"C{n}", (), {"__annotations__": dict(fields)}) for n in range(40)]
            begin = time.process_time()
            for each in classes:
                decorate(each)  # type: ignore[operator]
            return time.process_time() - begin

        return min(once() for _ in range(5))

    ours, theirs = best_of(record(frozen=True)), best_of(dataclasses.dataclass(frozen=True))
    assert ours < theirs / 3

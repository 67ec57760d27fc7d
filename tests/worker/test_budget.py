"""Which images are given up when there are too many, or they take too much."""

from __future__ import annotations

import os
import time
from types import SimpleNamespace
from typing import Any, cast

import pytest

from pyrepl_worker import budget, estate
from pyrepl_worker.brood import Session, Worker
from pyrepl_worker.budget import MOST_AUTOMATIC, MOST_FOREBEARS, MOST_NAMED, ImageBudget


class Nursery:
    """As much of one as a budget needs."""

    def __init__(self) -> None:
        self.session = Session({"id": "a", "directory": os.devnull})
        self.workers: list[Worker] = []
        self.dropped: list[str] = []
        self.budget = ImageBudget({"a": self.session}, self.workers, self.drop)

    def drop(self, session: Session, checkpoint_id: str, reason: str) -> None:
        session.images.pop(checkpoint_id)
        self.dropped.append(checkpoint_id)

    def restore(self, name: str) -> None:
        """Have a worker that was thawed from an image."""
        worker = Worker(len(self.workers), cast("Any", SimpleNamespace(broken=False)), name)
        worker.forebears = self.session.images[name].line()
        self.session.worker = worker

    def join(self, name: str, kind: str = "auto", *, held: bool = False) -> None:
        link = cast("Any", SimpleNamespace(broken=False))
        image = Worker(len(self.workers), link, name, is_image=True, kind=kind)
        image.held = held
        image.forebears = self.session.worker.line() if self.session.worker else []
        self.workers.append(image)
        self.session.images[name] = image
        if kind != "guard":
            self.budget.changed(self.session)

    def look(self) -> None:
        """Let it look at one image after the other."""
        for _ in self.workers:
            self.budget.look_if_due()


@pytest.fixture
def memory(monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    """The machine's: what each image takes, what is free, the time."""
    state = {"each": 10.0, "free": 1000.0, "now": 100.0}
    monkeypatch.setattr(budget, "pss_of", lambda pid: state["each"])
    monkeypatch.setattr(budget, "available_memory", lambda: state["free"])
    monkeypatch.setattr(estate, "has_archive", lambda config, name: "saved" in name)
    monkeypatch.setattr(time, "monotonic", lambda: state["now"])
    return state


def test_the_oldest_goes_when_there_are_too_many(memory: dict[str, float]) -> None:
    nursery = Nursery()
    for number in range(MOST_AUTOMATIC + 2):
        nursery.join(str(number))
    assert nursery.dropped == ["0", "1"]


def test_what_somebody_asked_for_stays_beside_what_comes_by_itself(
    memory: dict[str, float],
) -> None:
    nursery = Nursery()
    for number in range(MOST_NAMED + 1):
        nursery.join(f"asked {number}", "manual")
    assert nursery.dropped == ["asked 0"]
    for number in range(MOST_AUTOMATIC + 1):
        nursery.join(str(number))
    assert nursery.dropped == ["asked 0", "0"]


def test_few_of_those_stay_that_the_worker_descends_from(memory: dict[str, float]) -> None:
    nursery = Nursery()
    nursery.join("beside", "manual")
    nursery.join("held", "manual", held=True)
    nursery.restore("held")
    for number in range(MOST_FOREBEARS + 2):
        nursery.join(str(number), "manual")
        nursery.restore(str(number))
    nursery.join("newest", "manual")
    assert nursery.dropped == ["0", "1", "2"]


def test_what_is_saved_goes_first_and_what_is_held_last(memory: dict[str, float]) -> None:
    nursery = Nursery()
    nursery.join("held saved", held=True)
    nursery.join("old")
    nursery.join("by hand", "manual")
    nursery.join("saved")
    nursery.join("guard", "guard")
    nursery.join("newest")
    memory.update(free=0.0, now=101.0)
    nursery.look()
    assert nursery.dropped == ["saved", "old", "by hand", "held saved"]


def test_no_more_goes_than_has_to(memory: dict[str, float]) -> None:
    nursery = Nursery()
    for name in "abcd":
        nursery.join(name)
    memory.update(free=100.0, now=101.0)  # room for 25 of 40
    nursery.look()
    assert nursery.dropped == ["a", "b"]


def test_nobody_waits_for_the_look_and_it_is_not_made_twice(memory: dict[str, float]) -> None:
    nursery = Nursery()
    nursery.join("a")
    nursery.join("b")
    memory["free"] = 0.0
    nursery.look()
    assert nursery.dropped == []
    assert nursery.budget.deadlines() == [100.0 + budget.PAUSE_SECONDS]
    memory["now"] = 101.0
    nursery.look()
    assert (nursery.dropped, nursery.budget.deadlines()) == (["a"], [])


def test_a_slow_look_is_made_less_often(
    memory: dict[str, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(pid: int) -> float:
        memory["now"] += 3.0
        return 0.0

    nursery = Nursery()
    nursery.join("a")
    memory["now"] = 101.0
    monkeypatch.setattr(budget, "pss_of", slow)
    nursery.look()
    nursery.join("b")
    assert nursery.budget.deadlines() == [pytest.approx(104.0 + 3.0 / budget.COST_SHARE)]


def test_a_look_is_at_one_image_at_a_time(
    memory: dict[str, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []

    def measure(pid: int) -> float:
        seen.append(pid)
        return 10.0

    monkeypatch.setattr(budget, "pss_of", measure)
    nursery = Nursery()
    for name in "abc":
        nursery.join(name)
    memory.update(free=0.0, now=101.0)
    for number in (1, 2):
        nursery.budget.look_if_due()
        assert (len(seen), nursery.dropped) == (number, [])
        assert nursery.budget.deadlines() < [101.0]
    nursery.budget.look_if_due()
    assert (sorted(seen), nursery.dropped) == ([0, 1, 2], ["a", "b"])

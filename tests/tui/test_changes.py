"""What runs changed, found from listings."""

from __future__ import annotations

from pyrepl_tui import Variable
from pyrepl_tui.changes import ChangeLog, NameChange
from pyrepl_tui.engine.values import Deed


def variable(name: str, summary: str, run: int, born: int | None = None) -> Variable:
    return Variable(name, "int", "", None, 28, summary, run, created_at=born)


def test_new_changed_and_deleted_names() -> None:
    log = ChangeLog()
    log.fresh()
    log.ran(1, 1)
    log.listed([variable("x", "1", 1), variable("y", "5", 1)])
    log.ran(2, 2)
    log.listed([variable("x", "2", 2), variable("z", "3", 2)])
    assert log.of([1]) == [NameChange("x", None, "1"), NameChange("y", None, "5")]
    assert log.of([2]) == [
        NameChange("z", None, "3"), NameChange("x", "1", "2"), NameChange("y", "5", None)
    ]  # fmt: skip
    assert [change.sign for change in log.of([2])] == ["+", "~", "−"]


def test_what_runs_did_together() -> None:
    log = ChangeLog()
    log.fresh()
    log.ran(1, 1)
    log.listed([variable("kept", "1", 1), variable("brief", "0", 1)])
    log.ran(2, 2)
    log.listed([variable("kept", "2", 2)])
    assert log.of([1, 2]) == [NameChange("kept", None, "2")]


def test_runs_between_two_listings_are_told_apart_by_what_bound_the_names() -> None:
    log = ChangeLog()
    log.fresh()
    for number in (1, 2, 3):
        log.ran(number, number)
    log.listed([variable("a", "1", 1), variable("b", "1", 2)])
    assert [change.name for change in log.of([1])] == ["a"]
    assert [change.name for change in log.of([2])] == ["b"]
    assert log.of([3]) == []
    assert log.seen_together(3) == 3
    log.ran(4, 4)
    log.listed([])
    assert log.seen_together(4) == 1


def test_quick_runs_are_each_told_of_what_they_did_themselves() -> None:
    log = ChangeLog()
    log.fresh()
    log.ran(1, 1)
    log.listed([variable("x", "1", 1, 1), variable("old", "0", 1, 1)])
    for number in (2, 3, 4):
        log.ran(number, number)
    deeds = [
        Deed(2, [variable("x", "2", 2, 1), variable("brief", "5", 2, 2)], ["old"]),
        Deed(3, [variable("x", "3", 3, 1)], ["brief"]),
    ]
    log.listed([variable("x", "4", 4, 1)], deeds)
    assert log.of([2]) == [
        NameChange("brief", None, "5"), NameChange("x", "1", "2"), NameChange("old", "0", None)
    ]  # fmt: skip
    assert log.of([3]) == [NameChange("x", "2", "3"), NameChange("brief", "5", None)]
    assert log.of([4]) == [NameChange("x", "3", "4")]
    assert log.seen_together(4) == 1
    log.ran(5, 5)
    log.listed([variable("x", "4", 4, 1)], deeds[1:])
    assert log.of([3]) == [NameChange("x", "2", "3"), NameChange("brief", "5", None)], "once"


def test_a_run_that_goes_on_is_listed_more_than_once() -> None:
    log = ChangeLog()
    log.fresh()
    log.ran(1, 1)
    log.listed([variable("x", "1", 1)])
    log.listed([variable("x", "2", 1)])
    assert log.of([1]) == [NameChange("x", None, "2")]


def test_a_restore_is_no_run() -> None:
    log = ChangeLog()
    log.fresh()
    log.ran(1, 1)
    log.listed([variable("x", "1", 1)])
    log.elsewhere()
    log.listed([])
    log.ran(2, 2)
    log.listed([variable("y", "1", 2)])
    assert [change.name for change in log.of([1])] == ["x"]
    assert [change.name for change in log.of([2])] == ["y"]


def test_a_name_that_was_bound_and_changed_between_two_listings() -> None:
    log = ChangeLog()
    log.fresh()
    for number in (1, 2, 3):
        log.ran(number, number)
    log.listed([variable("x", "9", 3, born=1)])
    assert log.of([1]) == [NameChange("x", None, "")]
    assert log.of([2]) == []
    assert log.of([3]) == [NameChange("x", "", "9")]
    assert log.of([1, 2, 3]) == [NameChange("x", None, "9")]
    assert log.of([3])[0].values == "9"


def test_what_ran_before_anybody_listed_is_told_by_what_is_there() -> None:
    log = ChangeLog()
    log.recall([(1, 1), (2, 2), (3, 2)])
    log.listed([variable("x", "9", 2, born=1), variable("y", "5", 1, born=1)])
    assert log.of([1]) == [NameChange("x", None, ""), NameChange("y", None, "5")]
    assert log.of([3]) == [NameChange("x", "", "9")], "the later run with that count"


def test_nothing_is_said_of_what_was_there_before_the_first_listing() -> None:
    log = ChangeLog()
    log.ran(7, 7)
    log.listed([variable("x", "1", 3)])
    assert log.of([7]) == []

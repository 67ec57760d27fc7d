"""The tree of checkpoints as rows."""

from __future__ import annotations

from pyrepl_tui import Checkpoint
from pyrepl_tui.engine.chronicle import RunNote
from pyrepl_tui.widgets.timeline_rows import PRESENT, START, TimelineRow, timeline_rows


def point(name: str, parent: str | None, *, image: bool = True) -> Checkpoint:
    return Checkpoint(name, None, parent, 0.0, 1, image, False, [], 0)


def run(ordinal: int) -> RunNote:
    return RunNote(ordinal, ordinal, f"run {ordinal}", 0.0)


def rows_of(
    points: list[Checkpoint], present: str | None, *, since: int = 0, idle: tuple[str, ...] = ()
) -> list[TimelineRow]:
    runs = {each.id: (run(at),) for at, each in enumerate(points) if each.id not in idle}
    left = tuple(run(n) for n in range(since))
    return timeline_rows(points, {each.id: "auto" for each in points}, present, runs, left)


def drawn(rows: list[TimelineRow]) -> list[str]:
    return [row.lead + row.id + ("*" if row.is_present else "") for row in rows]


def test_a_straight_history_is_a_straight_line() -> None:
    chain = [point("0", None), *(point(str(n), str(n - 1)) for n in range(1, 3))]
    assert drawn(rows_of(chain, "2", since=1)) == ["0", "1", "2", f"{PRESENT}*"]


def test_the_line_to_the_present_goes_straight_down_and_branches_stand_beside_it() -> None:
    points = [point("a", None), point("b", "a"), point("left", "b"), point("more", "left")]
    points += [point("c", "b")]
    assert drawn(rows_of(points, "c")) == ["a", "b", "├─left", "│ more", "c*"]
    assert drawn(rows_of(points, "more")) == ["a", "b", "├─c", "left", "more*"]


def test_below_the_present_there_is_nothing_but_what_was_left() -> None:
    points = [point("a", None), point("b", "a"), point("c", "a"), point("d", "c")]
    assert drawn(rows_of(points, "a")) == ["a*", "├─b", "└─c", "  d"]
    assert drawn(rows_of(points, "a", since=1)) == ["a", "├─b", "├─c", "│ d", f"{PRESENT}*"]


def test_a_checkpoint_of_a_state_that_has_one_is_left_out() -> None:
    points = [point("a", None), point("same", "a"), point("b", "same")]
    assert drawn(rows_of(points, "b", idle=("same",))) == ["a", "b*"]
    assert drawn(rows_of(points, "same", idle=("same",))) == ["a*", "└─b"]


def test_it_is_shown_where_the_state_itself_was_given_up() -> None:
    points = [point("a", None, image=False), point("same", "a"), point("b", "same")]
    assert drawn(rows_of(points, "b", idle=("same",))) == ["a", "same", "b*"]


def test_a_fresh_start_begins_a_line_of_its_own() -> None:
    points = [point("a", None), point("b", "a"), point("fresh", None)]
    assert drawn(rows_of(points, "fresh")) == [START, "├─a", "│ b", "fresh*"]
    assert drawn(rows_of(points, None)) == [f"{START}*", "├─a", "│ b", "└─fresh"]


def test_a_session_that_only_ran_shows_its_present() -> None:
    assert drawn(rows_of([], None, since=1)) == [f"{PRESENT}*"]
    assert rows_of([], None) == []


def test_branches_of_branches_of_branches_stay_within_bounds() -> None:
    points = [point("0", None)]
    for n in range(1, 400):
        points += [point(f"{n}", f"{n - 1}"), point(f"leaf {n}", f"{n - 1}")]
    rows = rows_of(points, "0")
    assert len(rows) == len(points)
    assert max(len(row.lead) for row in rows) < 40

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyrepl_tui.models import BUSY, DEAD, IDLE, WAITING, History, Question, Workspace


def test_history_walks_back_and_forth_and_returns_to_the_draft() -> None:
    history = History()
    for entry in ("a = 1", "b = 2", "a = 3"):
        history.add(entry)
    assert history.older("") == "a = 3"
    assert history.older("a = 3") == "b = 2"
    assert history.newer("b = 2") == "a = 3"
    assert history.newer("a = 3") == ""
    assert not history.browsing


def test_history_searches_by_what_was_typed() -> None:
    history = History()
    for entry in ("a = 1", "b = 2", "a = 3", "b = 4"):
        history.add(entry)
    assert history.older("a") == "a = 3"
    assert history.older("a = 3") == "a = 1"
    assert history.older("a = 1") is None
    assert history.newer("a = 1") == "a = 3"
    assert history.newer("a = 3") == "a"


def test_an_edited_entry_is_a_draft_of_its_own() -> None:
    history = History()
    history.add("one")
    history.add("two")
    assert history.older("") == "two"
    assert history.older("twofold") is None
    assert history.newer("twofold") is None


def test_history_drops_repetitions_blanks_and_what_exceeds_its_limit() -> None:
    history = History(limit=2)
    for entry in ("a", "a", "  ", "b", "c"):
        history.add(entry)
    assert history.entries == ["b", "c"]


@given(st.lists(st.sampled_from(["a", "ab", "b", "abc"])), st.lists(st.booleans()))
def test_history_never_shows_what_does_not_begin_with_the_draft(
    entries: list[str], steps: list[bool]
) -> None:
    history, shown = History(), "a"
    for entry in entries:
        history.add(entry)
    for up in steps:
        found = history.older(shown) if up else history.newer(shown)
        shown = shown if found is None else found
        assert shown.startswith("a")


def test_workspace_keeps_order_and_gives_the_neighbour_the_focus() -> None:
    workspace = Workspace()
    one, two, three = (workspace.add(name) for name in ("one", "two", "three"))
    assert workspace.active is one
    workspace.activate(two)
    assert workspace.move(two, 99)
    assert [model.name for model in workspace] == ["one", "three", "two"]
    assert not workspace.move(two, 2)
    workspace.remove(two)
    assert workspace.active is three
    workspace.remove(one)
    workspace.remove(three)
    assert workspace.active is None
    assert workspace.neighbour(1) is None


def test_neighbours_go_around_the_ends() -> None:
    workspace = Workspace()
    first, last = workspace.add("first"), workspace.add("last")
    assert workspace.neighbour(-1) is last
    workspace.activate(last)
    assert workspace.neighbour(1) is first


def test_free_names_fill_gaps() -> None:
    workspace = Workspace()
    workspace.add("session 1")
    workspace.add("session 3")
    assert workspace.free_name() == "session 2"


@pytest.mark.parametrize(
    ("state", "unread", "asked", "mark"),
    [
        (IDLE, False, False, ""),
        (IDLE, True, False, "unread"),
        (BUSY, True, False, BUSY),
        (BUSY, True, True, WAITING),
        (DEAD, True, False, DEAD),
    ],
)
def test_a_tab_shows_the_mark_that_matters_most(
    state: str, unread: bool, asked: bool, mark: str
) -> None:
    model = Workspace().add("tab")
    model.state, model.unread = state, unread
    if asked:
        model.questions.append(Question("q", "? ", False, 1))
    assert model.mark == mark

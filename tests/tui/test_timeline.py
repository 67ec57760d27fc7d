"""The timeline's tree."""

from __future__ import annotations

from pyrepl_tui import Checkpoint
from pyrepl_tui.screens.timeline import TimelineScreen


def point(name: str, parent: str | None) -> Checkpoint:
    return Checkpoint(name, None, parent, 0.0, 1, True, False, [], 0)


def test_only_branches_are_indented() -> None:
    chain = [point("0", None), *(point(str(n), str(n - 1)) for n in range(1, 200))]
    tree = TimelineScreen("s", [*chain, point("twin", "50")], {}, "199")._tree()
    assert [node.data for node in tree.root.children] == [each.id for each in chain]
    assert [node.data for node in tree.root.children[50].children] == ["twin"]

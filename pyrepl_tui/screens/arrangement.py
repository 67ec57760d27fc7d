"""How the workspace's panes share the screen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from textual.containers import Vertical

from pyrepl_tui.models import SessionModel
from pyrepl_tui.screens.copying import CopyingScreen
from pyrepl_tui.widgets.pane_tabs import PaneTabs
from pyrepl_tui.widgets.splitter import Splitter

if TYPE_CHECKING:
    from pyrepl_tui.widgets.beside_pane import BesidePane
    from pyrepl_tui.widgets.timeline_pane import TimelinePane
    from pyrepl_tui.widgets.variables import VariablesPlace

NARROW = 100
"""Columns below which the variables take turns with the output instead of standing beside it."""

PLACES = ("right", "below", "left")
"""Where the panes at the side can stand, in the order in which they move."""
LEAST = {"columns": (20, 40), "rows": (5, 12)}
"""What the panes at the side, and the others, keep at least."""

_MAXIMISED = {
    "editor": "-max-editor",
    "output": "-max-output",
    "beside-output": "-max-output",
    "variables": "-max-side",
    "timeline-tree": "-max-side",
}
"""Id of the focused widget → class of the screen that gives its pane all the room."""


class Arrangement(CopyingScreen):
    """The part of the workspace's screen that shares out the room."""

    side: Vertical
    pane_tabs: PaneTabs
    beside: BesidePane | None
    timeline: TimelinePane | None
    variables_place: VariablesPlace

    def __init__(self) -> None:
        super().__init__()
        self.place = PLACES[0]
        """Where the panes at the side stand while the terminal is wide enough: one of `PLACES`."""
        self.timeline_first = False
        """Whether the timeline stands before the variables."""
        self._side_size: dict[str, int] = {}
        """What the user gave the panes at the side, in columns or rows."""
        self._timeline_kept = False
        """Whether the timeline was left open, and waits for room beside the output."""

    def show_beside(self, model: SessionModel | None) -> None:
        """Show another session's output beside the active one's; None: only that one."""
        if self.beside is not None:
            self.beside.remove()
            self.beside = None
        if model is not None:
            from pyrepl_tui.widgets.beside_pane import BesidePane

            self.beside = BesidePane(model)
            self.query_one("#output-place").mount(self.beside)

    @property
    def _unit(self) -> str:
        return "rows" if self.place == "below" else "columns"

    def fit_side(self, size: int) -> None:
        """Give the panes at the side columns, or rows, as far as the others keep theirs."""
        self._side_size[self._unit] = self._fitting(size)
        self.share_out()

    def _fitting(self, size: int) -> int:
        """What the panes at the side get of so many columns, or rows."""
        width, height = self.size
        side, main = LEAST[self._unit]
        room = height if self.place == "below" else width
        return max(side, min(size, room - main))

    def widen_side(self, step: int) -> None:
        """Give the panes at the side more room, or less."""
        width, height = self.side.outer_size
        shown = height if self.place == "below" else width
        # not what is shown, if they were given a size: the next key may come before it is laid out
        self.fit_side(self._fitting(self._side_size.get(self._unit, shown)) + step)

    def move_side(self) -> None:
        """Put the panes at the side into the next place."""
        self.place = PLACES[(PLACES.index(self.place) + 1) % len(PLACES)]
        self.share_out()

    def swap_side(self) -> None:
        """Let the timeline and the variables change places."""
        self.timeline_first = not self.timeline_first
        self.share_out()

    def share_out(self) -> None:
        """Place and size the panes at the side as they were chosen, if there is room for that."""
        wide = self.size.width >= NARROW
        for place in PLACES[1:]:
            self.set_class(wide and self.place == place, f"-side-{place}")
        styles = self.side.styles
        for rule in ("width", "max_width", "height"):
            styles.clear_rule(rule)
        size = self._side_size.get(self._unit)
        if size is not None and wide and not self.maximised:
            if self.place == "below":
                styles.height = size
            else:
                styles.width, styles.max_width = size, "100%"
        if self.timeline is not None and self.side.is_attached:
            self._put_in_order(self.timeline, left=wide and self.place == "left")

        self.mark_pane_shown()

    def mark_pane_shown(self) -> None:
        """Let the tabs of a narrow terminal say which pane takes the room."""
        shown = "Variables" if self.has_class("-only-variables") else "Output"
        self.pane_tabs.shown = "Timeline" if self.has_class("-timeline") else shown

    def _put_in_order(self, timeline: TimelinePane, *, left: bool) -> None:
        """Side, line, rest from left to right, or the other way round; and within the side."""
        splitter = self.query_one(Splitter)
        splitter.side = self.place
        panes, main = self.query_one("#panes"), self.query_one("#main")
        first, last = (self.side, main) if left else (main, self.side)
        if panes.children[0] is not first:
            panes.move_child(first, before=0)
            panes.move_child(last, after=splitter)
        if self.timeline_first and self.side.children[0] is not timeline:
            self.side.move_child(timeline, before=0)
        elif not self.timeline_first and self.side.children[0] is timeline:
            self.side.move_child(timeline, after=1)

    def on_resize(self) -> None:
        """What fits has changed."""
        if self._timeline_kept and self.size.width >= NARROW:
            self.open_timeline()
        self.share_out()

    def open_timeline(self) -> None:
        """Show the timeline."""
        self._timeline_kept = False
        self.add_class("-timeline")
        self.remove_class("-only-variables")

    def toggle_maximised(self) -> None:
        """Give the focused pane all the room, or share it out again."""
        chosen = self.maximised
        for name in set(_MAXIMISED.values()):
            self.remove_class(name)
        if not chosen:
            name = _MAXIMISED.get(self.focused.id or "", "") if self.focused else ""
            self.add_class(name or "-max-editor")
        self.share_out()

    @property
    def maximised(self) -> bool:
        """Whether one pane has all the room."""
        return any(self.has_class(name) for name in _MAXIMISED.values())

    @property
    def layout_choices(self) -> dict[str, Any]:
        """What the user chose of it, to come back to."""
        return {
            "side": dict(self._side_size),
            "place": self.place,
            "timeline_first": self.timeline_first,
            "variables": not self.has_class("-no-variables"),
            "timeline": self.has_class("-timeline") or self._timeline_kept,
        }

    def restore_layout(self, choices: Mapping[str, Any]) -> None:
        """Take up earlier choices; what makes no sense is passed over."""
        side = choices.get("side")
        if isinstance(side, dict):
            self._side_size = {
                unit: size for unit, size in side.items() if unit in LEAST and type(size) is int
            }
        if choices.get("place") in PLACES:
            self.place = str(choices["place"])
        self.timeline_first = choices.get("timeline_first") is True
        self.share_out()
        self.set_class(choices.get("variables") is False, "-no-variables")
        wanted, has_room = choices.get("timeline") is True, self.app.size.width >= NARROW
        self._timeline_kept = wanted and not has_room  # the output is what one comes back to
        self.set_class(wanted and has_room, "-timeline")

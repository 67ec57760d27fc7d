"""A session's checkpoints as a tree, and what can be done with each."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static, Tree
from textual.widgets.tree import TreeNode

from pyrepl_tui.engine.values import Checkpoint

from .dialogs import FRAME

KINDS = {"auto": "before run", "replaced": "replaced", "manual": "checkpoint"}


@dataclass(frozen=True)
class TimelineChoice:
    """What was chosen, and of which checkpoint."""

    action: str
    """``restore``, ``branch`` or ``take``."""
    checkpoint: str
    """Empty for ``take``."""


class TimelineScreen(ModalScreen["TimelineChoice | None"]):
    """Returns what is to be done, None if nothing is."""

    DEFAULT_CSS = FRAME.format(
        name="TimelineScreen",
        width="96",
        more="""& Tree { height: auto; max-height: 24; background: transparent; padding: 0; }""",
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Close", show=False),
        Binding("b", "choose('branch')", "Branch", show=False),
        Binding("c", "choose('take')", "Checkpoint now", show=False),
        Binding("r", "choose('restore')", "Restore", show=False),
    ]

    def __init__(
        self, name: str, points: list[Checkpoint], kinds: dict[str, str], present: str | None
    ) -> None:
        super().__init__()
        self._title = f"Timeline of {name}"
        self._points, self._kinds, self._present = points, kinds, present

    def compose(self) -> ComposeResult:
        """The tree and its keys."""
        with Vertical(id="frame"):
            yield Static(self._title, id="title", markup=False)
            if self._points:
                yield self._tree()
            else:
                text = "No checkpoints yet. One is taken before each run, and C takes one now."
                yield Static(text, id="body", markup=False)
            yield Static("Enter restore   B branch   C checkpoint now   Esc close", id="hint")

    def _tree(self) -> Tree[str]:
        tree: Tree[str] = Tree("start of the session")
        tree.root.expand()
        tree.guide_depth = 2
        nodes: dict[str, TreeNode[str]] = {}
        lines: dict[str, TreeNode[str]] = {}
        begun: set[str] = set()
        for point in self._points:
            parent = nodes.get(point.parent or "")
            if parent is None:
                line = tree.root
            elif point.parent in begun:
                line = parent  # a branch: only these are indented
                line.allow_expand = True
                line.expand()
            else:
                line = lines[point.parent or ""]
                begun.add(point.parent or "")
            lines[point.id] = line
            nodes[point.id] = line.add(self._label(point), data=point.id, allow_expand=False)
        if self._present in nodes:
            present = nodes[self._present]
            present.set_label(Text.assemble(present.label, ("  ◀ present", "bold")))
        return tree

    def _label(self, point: Checkpoint) -> Text:
        kind = self._kinds.get(point.id, "manual")
        what = point.label or KINDS.get(kind, kind)
        if kind == "auto" and not point.label:
            what = f"before run {point.execution_count + 1}"
        taken = time.strftime("%H:%M:%S", time.localtime(point.created_at))
        text = Text.assemble(what, ("  " + taken, "dim"))
        if not point.has_image:
            text.append("  given up", "dim italic")
        if point.warnings:
            text.append(f"  {len(point.warnings)} warnings", "yellow")
        return text

    def on_mount(self) -> None:
        """Begin at the present."""
        trees = self.query(Tree)
        if trees:
            tree = trees.first()
            tree.focus()
            self.call_after_refresh(self._go_to_present, tree)

    def _go_to_present(self, tree: Tree[str]) -> None:
        pending = [tree.root]
        while pending:
            node = pending.pop()
            if node.data is not None and node.data == self._present:
                tree.move_cursor(node)
                return
            pending += node.children

    def on_tree_node_selected(self, event: Tree.NodeSelected[str]) -> None:
        """Enter or a click restores."""
        event.stop()
        self._dismiss_with("restore", event.node.data)

    def action_choose(self, action: str) -> None:
        """Do something with the checkpoint under the cursor."""
        if action == "take":
            self.dismiss(TimelineChoice("take", ""))
            return
        trees = self.query(Tree)
        node = trees.first().cursor_node if trees else None
        self._dismiss_with(action, None if node is None else node.data)

    def _dismiss_with(self, action: str, checkpoint: str | None) -> None:
        if checkpoint is not None:
            self.dismiss(TimelineChoice(action, checkpoint))

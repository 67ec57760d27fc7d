"""Any two of sessions and checkpoints beside each other."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import Static

from pyrepl_tui.engine.alignment import RunPair
from pyrepl_tui.engine.values import Comparison, Variable
from pyrepl_tui.rendering.side_rows import output_rows, variable_rows
from pyrepl_tui.screens.dialogs import NameDialog
from pyrepl_tui.widgets.bindings import bindings_for
from pyrepl_tui.widgets.editor import Editor
from pyrepl_tui.widgets.side_by_side import SideBySide
from pyrepl_worker.records import record

VARIABLES, OUTPUTS = "variables", "outputs"
_BETWEEN = " · "
"""Between the keys that are named."""


@record(frozen=True)
class Facts:
    """What the heading says of a side."""

    title: str
    text: str
    """Memory, runs, time spent: whatever is known."""


@record(frozen=True)
class Ends:
    """What is compared, and what can be done with it."""

    left: str
    """Title of the left side."""
    right: str
    runnable: bool
    """Whether code can be run on both sides."""
    takes: tuple[bool, bool] = (True, True)
    """Whether the left and the right side can be given variables: sessions can."""


@record(frozen=True)
class Findings:
    """Everything the screen shows."""

    left: Facts
    right: Facts
    runs: list[RunPair]
    comparison: Comparison
    left_variables: dict[str, Variable] = field(default_factory=dict)
    right_variables: dict[str, Variable] = field(default_factory=dict)
    divergence: str = ""
    """Where the last run of both parted, in words; empty if it did not, or there was none."""


class CompareScreen(ModalScreen[None]):
    """Outputs and variables of two sides; one editor drives both."""

    CSS = """
    CompareScreen {
        background: $surface; layout: vertical;
        & #compare-heads { height: 2; background: $panel; }
        & .compare-head { width: 1fr; height: 2; padding: 0 1; }
        & #compare-right { border-left: solid $border-blurred; }
        & #compare-say { height: 1; padding: 0 1; background: $surface; color: $muted; }
        & #compare-sides { height: 1fr; }
        & #compare-editor-row {
            height: auto; max-height: 40%; background: $surface;
            border-top: solid $border-blurred; padding: 0 1;
            &:focus-within { border-top: solid $border; }
        }
        & #compare-editor { height: auto; max-height: 12; }
        & #compare-hint { background: $panel; padding: 0 1; height: 1; color: $muted; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [*bindings_for("comparison")]

    @dataclass
    class Wanted(Message):
        """The two sides are to be compared (anew)."""

        screen: CompareScreen
        tolerance: float

    @dataclass
    class RunWanted(Message):
        """Code for both sides at once."""

        screen: CompareScreen
        code: str

    @dataclass
    class TakeWanted(Message):
        """A variable of one side is to be copied to the other."""

        screen: CompareScreen
        name: str
        to_left: bool

    @dataclass
    class SideWanted(Message):
        """Another side is to be chosen."""

        screen: CompareScreen
        is_left: bool

    def __init__(self, ends: Ends) -> None:
        """Make the screen; `ends` says what stands on its sides."""
        super().__init__()
        self._ends = ends
        self._view = VARIABLES
        self._whole = False
        self._tolerance = 0.0
        self._opened: dict[str, frozenset[str]] = {VARIABLES: frozenset(), OUTPUTS: frozenset()}
        self._findings: Findings | None = None

    def compose(self) -> ComposeResult:
        """Headings, the two sides, the editor, keys."""
        with Horizontal(id="compare-heads"):
            for name in ("left", "right"):
                yield Static(id=f"compare-{name}", classes="compare-head", markup=False)
        yield Static("Comparing …", id="compare-say", markup=False)
        yield SideBySide(id="compare-sides")
        with Horizontal(id="compare-editor-row"):
            yield Editor(id="compare-editor")
        yield Static(id="compare-hint", markup=False)

    def on_mount(self) -> None:
        """Ask for the findings."""
        self.sides.focus()
        self.begin(self._ends)

    def begin(self, ends: Ends) -> None:
        """Compare other sides."""
        self._ends, self._findings = ends, None
        for title, name in ((ends.left, "left"), (ends.right, "right")):
            self.query_one(f"#compare-{name}", Static).update(title)
        self.query_one("#compare-editor-row").display = ends.runnable
        self._opened = {VARIABLES: frozenset(), OUTPUTS: frozenset()}
        self.sides.show([])
        self._hint()
        self.compare()

    @property
    def sides(self) -> SideBySide:
        """The rows."""
        return self.query_one(SideBySide)

    def compare(self) -> None:
        """Ask for a comparison with the tolerance chosen."""
        self._say("Comparing …")
        self.post_message(self.Wanted(self, self._tolerance))

    def show(self, findings: Findings) -> None:
        """Show what was found."""
        self._findings = findings
        for facts, name in ((findings.left, "left"), (findings.right, "right")):
            text = f"{facts.title}\n{facts.text}"
            self.query_one(f"#compare-{name}", Static).update(text)
        self._fill()

    def fail(self, text: str) -> None:
        """Say why there is nothing to show."""
        self._say(text)

    def _fill(self) -> None:
        found = self._findings
        if found is None:
            return
        opened = self._opened[self._view]
        if self._view == OUTPUTS:
            rows = output_rows(found.runs, whole=self._whole, opened=opened)
        else:
            rows = variable_rows(
                found.comparison, found.left_variables, found.right_variables,
                whole=self._whole, opened=opened,
            )  # fmt: skip
        self.sides.show(rows)
        self._say(self._summary(found))
        self._hint()

    def _summary(self, found: Findings) -> str:
        compared = found.comparison
        differing = sum(pair.differs for pair in found.runs)
        texts = {
            VARIABLES: f"Variables: {len(compared.changed)} changed, {len(compared.only_left)} "
            f"only left, {len(compared.only_right)} only right, {len(compared.equal)} equal",
            OUTPUTS: f"Outputs: {differing} of {len(found.runs)} runs differ",
        }
        first = texts[self._view]
        if self._tolerance:
            first += f" · tolerance {self._tolerance:g}"
        return f"{first} · {found.divergence}" if found.divergence else first

    def _say(self, text: str) -> None:
        self.query_one("#compare-say", Static).update(text)

    def _hint(self) -> None:
        other = "outputs" if self._view == VARIABLES else "variables"
        equal = "fold" if self._whole else "equal"
        parts = [f"O {other}", "1 2 sides", "N/P differences", "Enter open", "Esc close"]
        if self._ends.runnable:
            parts.insert(2, "I both")
        if any(self._ends.takes):
            parts.append("< > take")
        parts += [f"E {equal}", "T tolerance", "R again"]
        room = self.size.width - 2
        while len(parts) > 1 and cell_len(_BETWEEN.join(parts)) > room:
            parts.pop()
        self.query_one("#compare-hint", Static).update(_BETWEEN.join(parts))

    def on_resize(self) -> None:
        """Name the keys for which there is room."""
        self._hint()

    # -- messages ----------------------------------------------------------------------------

    def on_side_by_side_opened(self, event: SideBySide.Opened) -> None:
        """Open or close a heading."""
        event.stop()
        self._opened[self._view] ^= {event.key}
        self._fill()

    def on_editor_submitted(self, event: Editor.Submitted) -> None:
        """Code for both."""
        event.stop()
        self._say("Running in both …")
        self._view = OUTPUTS
        self.post_message(self.RunWanted(self, event.code))

    def on_editor_refused(self, event: Editor.Refused) -> None:
        """The workspace's own words would name the wrong session."""
        event.stop()
        self.app.bell()

    # -- commands ----------------------------------------------------------------------------

    def action_cursor(self, step: int) -> None:
        """Move by rows."""
        self.sides.action_cursor(step)

    def action_page(self, step: int) -> None:
        """Move by pages."""
        self.sides.action_page(step)

    def action_to_end(self, start: bool) -> None:
        """Go to the first or the last row."""
        self.sides.action_to_end(start)

    def action_shift(self, step: int) -> None:
        """Scroll sideways."""
        self.sides.shift(step)

    def action_difference(self, step: int) -> None:
        """Go from difference to difference."""
        if not self.sides.find_difference(step):
            self.app.bell()

    def action_open(self) -> None:
        """Open or close a heading."""
        self.sides.open()

    def action_switch_view(self) -> None:
        """Outputs or variables."""
        self._view = OUTPUTS if self._view == VARIABLES else VARIABLES
        self._fill()

    def action_toggle_equal(self) -> None:
        """Show or fold what is equal."""
        self._whole = not self._whole
        self._fill()

    def action_compare_again(self) -> None:
        """Look at both sides anew."""
        self.compare()

    def action_set_tolerance(self) -> None:
        """Ask for the tolerance of arrays' elements."""
        self.run_worker(self._ask_tolerance(), exclusive=True)

    async def _ask_tolerance(self) -> None:
        dialog = NameDialog("Elements no further apart count as equal", f"{self._tolerance:g}")
        text = await self.app.push_screen_wait(dialog)
        if not text:
            return
        try:
            tolerance = float(text)
        except ValueError:
            tolerance = -1.0
        if not tolerance >= 0:
            self.notify("A tolerance is a number such as 1e-6, or 0.", severity="warning")
            return
        self._tolerance = tolerance
        self.compare()

    def action_take(self, to_left: bool) -> None:
        """Copy the variable at the cursor to the other side."""
        row = self.sides.chosen
        if row is None or not row.name or not self._ends.takes[0 if to_left else 1]:
            self.app.bell()
            return
        self._say(f"Taking {row.name} …")
        self.post_message(self.TakeWanted(self, row.name, to_left))

    def action_choose_side(self, is_left: bool) -> None:
        """Put something else on a side."""
        self.post_message(self.SideWanted(self, is_left))

    def action_run_in_both(self) -> None:
        """Go to the editor that drives both sides."""
        if self._ends.runnable:
            self.query_one(Editor).focus()

    def action_close_comparison(self) -> None:
        """From the editor back to the rows, then out."""
        if isinstance(self.focused, Editor):
            self.sides.focus()
        else:
            self.dismiss(None)

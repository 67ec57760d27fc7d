"""The output pane: a session's runs with their output, at any volume."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.message import Message
from textual.widget import Widget

from pyrepl_tui.engine.display_parts import DisplayPart
from pyrepl_tui.engine.output_blocks import RUN, Block
from pyrepl_tui.engine.output_document import Document, Excerpt, OutputDocument
from pyrepl_tui.rendering.plain import plain_output
from pyrepl_tui.widgets.bindings import bindings_for
from pyrepl_tui.widgets.output_lines import COPY_LIMIT
from pyrepl_tui.widgets.output_paint import OutputPaint
from pyrepl_tui.widgets.output_prompts import (
    AloneNote,
    FindPrompt,
    OutputPrompt,
    RunPrompt,
    SavePrompt,
)
from pyrepl_tui.widgets.output_scroll import Reading


class OutputView(OutputPaint, can_focus=True, inherit_bindings=False):
    """Shows an `OutputDocument`. Follows its end as long as the reader is at the end.

    Set `document` to show another session; each document keeps its reading position.
    Call `refresh_document` after `OutputDocument.grow` or `apply` said that something changed.
    """

    DEFAULT_CSS = """
    OutputView {
        background: $surface;
        color: $foreground;
        overflow-x: hidden;
        overflow-y: scroll;
        scrollbar-size-vertical: 1;
        scrollbar-gutter: stable;
        &:focus { scrollbar-color: $accent 60%; }
    }
    """
    FOCUS_ON_CLICK = False
    """Selecting text with the mouse leaves the keys where they are: in the editor."""
    BINDINGS: ClassVar[list[BindingType]] = bindings_for("output")

    _prompt: OutputPrompt | None = None
    """The line that asks something, as long as there is one."""

    class Left(Message):
        """Escape was pressed, and there was nothing to give up: the reader wants to leave."""

    class ValuesWanted(Message):
        """A rich value is to be shown over the whole screen."""

        def __init__(self, values: list[tuple[str, DisplayPart]], at: int) -> None:
            super().__init__()
            self.values = values
            """All values of the document, each with where it comes from."""
            self.at = at
            """Index of the wanted one."""

    @dataclass
    class RunWanted(Message):
        """Code of an earlier run is to be run again."""

        code: str

    @dataclass
    class EditWanted(Message):
        """Code of an earlier run is wanted in the editor."""

        code: str

    # -- runs --------------------------------------------------------------------------------

    def chosen_run(self) -> Block | None:
        """The run that commands are about: the chosen one, else the last one in view."""
        reading = self.reading
        if reading is None:
            return None
        if reading.chosen is not None:
            return reading.chosen
        bottom = self.scroll_offset.y + self.scrollable_content_region.height
        place = reading.layout.locate(min(bottom, reading.layout.total) - 1)
        last = place.block if place is not None else -1
        for block in reversed(reading.layout.document.blocks[: last + 1]):
            if block.kind == RUN:
                return block
        return None

    def choose_run(self, block: Block | None) -> None:
        """Make a run the one that commands are about, and bring its start into view."""
        reading = self.reading
        if reading is None:
            return
        reading.chosen = block
        if block is not None:
            self.scroll_to(y=reading.layout.first_row(block), animate=False)
        self.refresh(self.size.region)

    def scroll_to_run(self, execution_count: int) -> bool:
        """Choose the last run with an execution count. Returns whether there is one."""
        if isinstance(self.document, Excerpt):
            self.document = self.document.whole
        document = self.document
        block = document.block_of_run(execution_count) if document is not None else None
        if block is not None:
            self.choose_run(block)
        return block is not None

    def action_previous_run(self) -> None:
        """Choose the run before the chosen one; the last one in view if none is."""
        self._step(-1)

    def action_next_run(self) -> None:
        """Choose the run after the chosen one; at the last one, go to the end."""
        self._step(1)

    def _step(self, step: int) -> None:
        reading = self.reading
        block = self.chosen_run()
        if reading is None or block is None:
            return
        if reading.chosen is not None or step > 0:
            blocks = reading.layout.document.blocks
            position = reading.layout.document.index_of(block) + step
            while 0 <= position < len(blocks) and blocks[position].kind != RUN:
                position += step
            if position >= len(blocks):
                self.action_scroll_end()
                return
            block = blocks[max(0, position)] if position >= 0 else block
        self.choose_run(block)

    def action_scroll_end(self) -> None:
        """Go to the end and follow it; no run is chosen any more."""
        if self.reading is not None:
            self.reading.chosen = None
        super().action_scroll_end()

    def on_click(self, event: events.Click) -> None:
        """A double click on code or on what is folded folds or unfolds its run."""
        reading = self.reading
        if reading is None or event.chain != 2:
            return
        place = reading.layout.locate(self.scroll_offset.y + event.y)
        part = reading.layout.part_at(place) if place is not None else None
        if place is not None and part is not None and part.kind in ("code", "folded"):
            self.screen.clear_selection()
            self._fold(reading, reading.layout.block_at(place.block))

    # -- folding and narrowing ---------------------------------------------------------------

    def _fold(self, reading: Reading, block: Block) -> None:
        layout = reading.layout
        reading.following = False
        reading.top = layout.locate(min(self.scroll_offset.y, layout.first_row(block)))
        layout.fold(block, not layout.is_folded(block))
        self.repaint()

    def action_fold(self) -> None:
        """Fold or unfold the output of the chosen run."""
        reading, block = self.reading, self.chosen_run()
        if reading is not None and block is not None:
            self._fold(reading, block)

    def action_fold_all(self) -> None:
        """Fold all runs; unfold them if all are folded."""
        reading = self.reading
        if reading is None:
            return
        layout = reading.layout
        runs = [block for block in layout.document.blocks if block.kind == RUN]
        reading.top = layout.locate(self.scroll_offset.y)
        layout.fold_all(not all(layout.is_folded(block) for block in runs))
        self.repaint()

    def action_only_run(self) -> None:
        """Show the chosen run alone; show all again."""
        document, block = self.document, self.chosen_run()
        if isinstance(document, Excerpt):
            self.document = document.whole
        elif isinstance(document, OutputDocument) and block is not None:
            self.document = Excerpt(document, block)
            parent = self.parent
            if isinstance(parent, Widget):
                parent.mount(AloneNote(self, block), after=self)

    def action_leave(self) -> None:
        """Give up the search, the run shown alone, the chosen run, the selection; then leave."""
        reading = self.reading
        if self.found is not None:
            self.found = None
            self.refresh(self.size.region)
        elif isinstance(self.document, Excerpt):
            self.document = self.document.whole
        elif reading is not None and reading.chosen is not None:
            reading.chosen = None
            self.refresh(self.size.region)
        elif self.text_selection is not None:
            self.screen.clear_selection()
        else:
            self.post_message(self.Left())

    def shows(self, document: Document | None) -> bool:
        """Whether a document is shown, whole or in part."""
        shown = self.document
        return shown is document or (isinstance(shown, Excerpt) and shown.whole is document)

    def action_open_value(self) -> None:
        """Show the last rich value of the chosen run, or of one before it."""
        chosen, found, at = self.chosen_run(), list[tuple[str, DisplayPart]](), -1
        for block in self.document.blocks if self.document is not None else ():
            origin = f"run {block.execution_count}" if block.kind == RUN else "between runs"
            found += [(origin, part) for part in block.parts if isinstance(part, DisplayPart)]
            if block is chosen:
                at = len(found) - 1
        if found:
            self.post_message(self.ValuesWanted(found, max(0, at)))
        else:
            self.notify("There is no table, picture or other rich value yet.", timeout=3)

    # -- taking ------------------------------------------------------------------------------

    def action_run_again(self) -> None:
        """Run the code of the chosen run once more."""
        block = self.chosen_run()
        if block is not None:
            self.post_message(self.RunWanted(block.code))

    def action_edit_code(self) -> None:
        """Put the code of the chosen run into the editor."""
        block = self.chosen_run()
        if block is not None:
            self.post_message(self.EditWanted(block.code))

    def action_copy_code(self) -> None:
        """Copy the code of the chosen run."""
        block = self.chosen_run()
        if block is not None:
            self._copy(block, "code", block.code)

    def action_copy_output(self) -> None:
        """Copy what the chosen run printed, its value and its traceback, as text."""
        block = self.chosen_run()
        if block is not None:
            text = "".join(plain_output(block, limit=COPY_LIMIT))
            self._copy(block, "output", text)

    def _copy(self, block: Block, what: str, text: str) -> None:
        if not text:
            self.notify(f"Run {block.execution_count} has no {what}.", timeout=3)
            return
        if len(text) > COPY_LIMIT:
            many = "That is too much for a clipboard. S saves it to a file."
            self.notify(many, severity="warning")
            return
        self.app.copy_to_clipboard(text)
        lines = text.count("\n") + (not text.endswith("\n"))
        size = "1 line" if lines == 1 else f"{lines:,} lines"
        self.notify(f"Copied the {what} of run {block.execution_count}: {size}.", timeout=3)

    # -- asking ------------------------------------------------------------------------------

    async def on_key(self, event: events.Key) -> None:
        """Act on bound keys in the order typed; what follows a question belongs to its line.

        Textual lets a bound key travel up to the app while the keys after it already arrive here.
        """
        prompt = self._prompt
        if prompt is not None and prompt.is_attached and not prompt.leaving:
            event.stop()
            await prompt.take_key(event)
            return
        for binding in self._bindings.key_to_bindings.get(event.key, ()):
            if await self.app.run_action(binding.action, self):
                event.stop()
                event.prevent_default()
                return

    async def action_find(self) -> None:
        """Find text in everything that is shown."""
        await self._ask(FindPrompt(self))

    async def action_go_to_run(self) -> None:
        """Ask for a run's number and go there."""
        await self._ask(RunPrompt(self))

    async def action_save_output(self) -> None:
        """Save the output of the chosen run to a file."""
        block = self.chosen_run()
        if block is not None:
            await self._ask(SavePrompt(self, block))

    async def _ask(self, prompt: OutputPrompt) -> None:
        parent = self.parent
        if isinstance(parent, Widget):
            self._prompt = prompt
            parent.query(OutputPrompt).remove()
            await parent.mount(prompt, after=self)
            self.screen.set_focus(prompt.field)

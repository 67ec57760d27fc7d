"""Moving by run in the output pane, and folding runs."""

from __future__ import annotations

from pyrepl_tui.engine.output_blocks import RUN, Block
from pyrepl_tui.engine.output_excerpts import ErrorsOnly, Excerpt
from pyrepl_tui.widgets.output_pictures import OutputPictures
from pyrepl_tui.widgets.output_scroll import Reading


class OutputRuns(OutputPictures):
    """An `OutputPictures` with a run that commands are about."""

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
        if isinstance(self.document, (Excerpt, ErrorsOnly)):
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

    # -- folding -----------------------------------------------------------------------------

    def fold_run(self, reading: Reading, block: Block) -> None:
        layout = reading.layout
        reading.following = False
        reading.top = layout.locate(min(self.scroll_offset.y, layout.first_row(block)))
        layout.fold(block, not layout.is_folded(block))
        self.repaint()

    def action_fold(self) -> None:
        """Fold or unfold the output of the chosen run."""
        reading, block = self.reading, self.chosen_run()
        if reading is not None and block is not None:
            self.fold_run(reading, block)

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

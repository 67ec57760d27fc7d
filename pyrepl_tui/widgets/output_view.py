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
from pyrepl_tui.engine.output_document import OutputDocument
from pyrepl_tui.engine.output_excerpts import Document, ErrorsOnly, Excerpt
from pyrepl_tui.engine.output_parts import CODE, ERROR, FOLDED, TextPart
from pyrepl_tui.rendering.layout import Place
from pyrepl_tui.rendering.tracebacks import Frame, frames_of
from pyrepl_tui.widgets.bindings import bindings_for
from pyrepl_tui.widgets.output_prompts import (
    NarrowNote,
)
from pyrepl_tui.widgets.output_taking import OutputTaking


class OutputView(OutputTaking, can_focus=True, inherit_bindings=False):
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
    class FramesWanted(Message):
        """The places that a traceback names are to be shown."""

        block: Block
        """The run that failed."""
        frames: list[Frame]
        at: int
        """Index of the frame to begin with."""

    # -- narrowing ---------------------------------------------------------------------------

    def on_click(self, event: events.Click) -> None:
        """Two clicks fold a run, show a frame's source or select a word; three select a line."""
        reading = self.reading
        if reading is None or event.chain < 2:
            return
        if event.chain > 2:
            self.select_line(event.x, event.y)
            return
        place = reading.layout.locate(self.scroll_offset.y + event.y)
        part = reading.layout.part_at(place) if place is not None else None
        if place is None or part is None:
            return
        block = reading.layout.block_at(place.block)
        if part.kind in (CODE, FOLDED):
            self.screen.clear_selection()
            self.fold_run(reading, block)
        elif part.kind == ERROR and isinstance(part, TextPart):
            self.screen.clear_selection()
            line = part.text.encode()[: place.offset].count(b"\n")
            self._show_frames(block, part, line)
        else:
            self.select_word(event.x, event.y)

    def _show_frames(self, block: Block, part: TextPart, line: int | None) -> None:
        """Ask for the places a traceback names, from the one in a line on; None: the last."""
        frames = frames_of(part.text)
        if not frames:
            self.notify("This traceback names no place.", timeout=3)
            return
        own = [number for number, frame in enumerate(frames) if frame.own]
        at = own[-1] if own else len(frames) - 1
        if line is not None:
            at = max(0, sum(frame.at <= line for frame in frames) - 1)
        self.post_message(self.FramesWanted(block, frames, at))

    def action_show_frames(self) -> None:
        """Show the source of the frames of the chosen run's traceback, or of the last one."""
        chosen = self.chosen_run()
        blocks = self.document.blocks if self.document is not None else []
        before = blocks[: blocks.index(chosen) + 1] if chosen in blocks else blocks
        for block in reversed(before):
            for part in block.parts:
                if part.kind == ERROR and isinstance(part, TextPart):
                    self._show_frames(block, part, None)
                    return
        self.notify("There is no traceback.", timeout=3)

    def go_to_site(self, site: tuple[Block, int] | None) -> None:
        """Bring a line of a run's code into view and mark it; None: stay."""
        if site is None:
            return
        block, line = site
        whole = self._whole()
        if not isinstance(self.document, Excerpt) or self.document.block is not block:
            self.document = whole
        if self.document is None or block.parts[0].kind != CODE:
            return
        offset = len("\n".join(block.code.split("\n")[: line - 1]).encode()) + (line > 1)
        place = Place(self.document.index_of(block), 0, offset, 0)
        self.pointed = place
        self.show_place(place)

    def action_only_run(self) -> None:
        """Show the chosen run alone; show all again."""
        document, block = self._whole(), self.chosen_run()
        if isinstance(self.document, Excerpt):
            self.document = document
        elif document is not None and block is not None:
            self._narrow(Excerpt(document, document.blocks[block.number]))

    def action_only_errors(self) -> None:
        """Show stderr and tracebacks alone; show all again."""
        document = self._whole()
        if isinstance(self.document, ErrorsOnly):
            self.document = document
        elif document is not None:
            self._narrow(ErrorsOnly(document))

    def _whole(self) -> OutputDocument | None:
        document = self.document
        return document.whole if isinstance(document, (Excerpt, ErrorsOnly)) else document

    def _narrow(self, document: Excerpt | ErrorsOnly) -> None:
        """Show a part of the document, and say so."""
        self.document = document
        parent = self.parent
        if isinstance(parent, Widget):
            parent.mount(NarrowNote(self, document), after=self)

    def action_leave(self) -> None:
        """Give up the search, the run shown alone, the chosen run, the selection; then leave."""
        reading = self.reading
        if self.found is not None or self.pointed is not None:
            self.found = self.pointed = None
            self.refresh(self.size.region)
        elif isinstance(self.document, (Excerpt, ErrorsOnly)):
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
        return shown is document or self._whole() is document

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

"""The places that a traceback names, each with its source."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from pyrepl_tui.engine.output_blocks import Block
from pyrepl_tui.engine.output_document import OutputDocument
from pyrepl_tui.rendering.code import highlight_python
from pyrepl_tui.rendering.ink import Ink, Span
from pyrepl_tui.rendering.lines import HIGHLIGHT_LIMIT
from pyrepl_tui.rendering.text import expand_tabs, printable
from pyrepl_tui.rendering.tracebacks import Frame
from pyrepl_tui.widgets.bindings import bindings_for
from pyrepl_tui.widgets.rows_view import RowsView

_MOST = 16 * 1024 * 1024
"""Bytes of a file that is shown."""


@dataclass(frozen=True, slots=True)
class Site:
    """A frame, and where its source is."""

    frame: Frame
    block: Block | None
    """The run whose code it is in; None: it is in a file."""
    folder: str
    """What a file's path is relative to."""

    @property
    def title(self) -> str:
        """Where it is, in a word."""
        frame = self.frame
        place = f"run {self.block.execution_count}" if self.block is not None else frame.path
        where = f"{place}, line {frame.line}"
        return f"{where}, in {frame.function}" if frame.function else where

    @property
    def path(self) -> Path:
        """The file's path."""
        return Path(self.folder, self.frame.path)

    def source(self) -> str | None:
        """The source; None if it cannot be read."""
        if self.block is not None:
            return self.block.code
        try:
            with self.path.open("rb") as file:
                return file.read(_MOST).decode("utf-8", "replace")
        except (OSError, ValueError):
            return None


class FramesScreen(ModalScreen["tuple[Block, int] | None"]):
    """Frames above, the source of the highlighted one below. Returns the run and line to go to."""

    CSS = """
    FramesScreen {
        background: $surface; layout: vertical;
        & #frames-title { background: $panel; padding: 0 1; height: 1; text-style: bold; }
        & #frames-list {
            height: auto; max-height: 40%; border: none; padding: 0 1; background: $surface;
            &:focus { border: none; }
        }
        & #frames-place { background: $panel; padding: 0 1; height: 1; color: $accent; }
        & #frames-source { height: 1fr; padding: 0 1; }
        & #frames-hint { background: $panel; padding: 0 1; height: 1; color: $muted; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [*bindings_for("frames")]

    def __init__(self, title: str, sites: Sequence[Site], at: int, since: float) -> None:
        """Show a traceback's frames.

        Args:
            title: the exception.
            sites: the frames, the innermost last.
            at: index of the one to begin with.
            since: when the run began, in seconds since the epoch.
        """
        super().__init__()
        self._title, self._sites, self._at, self._since = title, sites, at, since

    def compose(self) -> ComposeResult:
        """Exception, frames, place, source, keys."""
        yield Static(self._title, id="frames-title", markup=False)
        yield OptionList(*(Option(self._label(site)) for site in self._sites), id="frames-list")
        yield Static(id="frames-place", markup=False)
        rows = RowsView(id="frames-source")
        rows.can_focus = False
        yield rows
        hint = "↑ ↓ frames · Enter: go to the run's code · PgUp PgDn: source · Y: copy place · Esc"
        yield Static(hint, id="frames-hint", markup=False)

    @staticmethod
    def _label(site: Site) -> Text:
        return Text(site.title, style="" if site.frame.own else "dim", overflow="ellipsis")

    def on_mount(self) -> None:
        """Begin with the frame that was asked for."""
        frames = self.query_one(OptionList)
        frames.focus()
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        self.query_one(OptionList).highlighted = self._at

    @property
    def site(self) -> Site:
        """The frame that is highlighted."""
        at = self.query_one(OptionList).highlighted
        return self._sites[self._at if at is None else at]

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Show a frame's source."""
        event.stop()
        site = self.site
        rows = self.query_one(RowsView)
        source = site.source()
        place = site.title
        if source is None:
            place += " · its source cannot be read"
        elif site.block is None and _changed(site.path) > self._since:
            place += " · the file was changed since"
        self.query_one("#frames-place", Static).update(place)
        rows.show_lines(_lines(source or ""), marked=site.frame.line - 1)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Enter, or a click on a frame: the code of a run is shown in the output."""
        event.stop()
        if self.site.block is not None:
            self.dismiss((self.site.block, self.site.frame.line))

    # -- commands ----------------------------------------------------------------------------

    def action_close_frames(self) -> None:
        """Back to the workspace."""
        self.dismiss(None)

    def action_page_source(self, step: int) -> None:
        """Scroll the source by a page."""
        rows = self.query_one(RowsView)
        rows.scroll_relative(y=step * max(1, rows.size.height - 2), animate=False)

    def action_copy_place(self) -> None:
        """Copy the highlighted frame's file and line."""
        site = self.site
        where = site.frame.path if site.block is not None else str(site.path)
        self.app.copy_to_clipboard(f"{where}:{site.frame.line}")
        self.notify(f"Copied {where}:{site.frame.line}.", timeout=3)


def _changed(path: Path) -> float:
    """When a file was changed; 0 if that cannot be told."""
    try:
        return os.stat(path).st_mtime
    except OSError:
        return 0.0


def _lines(source: str) -> list[list[Span]]:
    """Source with its line numbers."""
    if len(source) <= HIGHLIGHT_LIMIT:
        lines = highlight_python(source)
    else:
        lines = [[Span(printable(expand_tabs(line, 0)), Ink())] for line in source.split("\n")]
    width = len(str(len(lines)))
    muted = Ink(role="trace-dim")
    return [[Span(f"{n:>{width}}  ", muted), *line] for n, line in enumerate(lines, 1)]


def frames_screen(
    document: OutputDocument, block: Block, frames: Sequence[Frame], at: int, folder: str
) -> FramesScreen:
    """The screen for the traceback of a run.

    Args:
        document: of the session.
        block: the run.
        frames: of its traceback.
        at: index of the frame to begin with.
        folder: the session's working folder.
    """
    before = document.blocks[: document.index_of(block) + 1]
    cells = {each.filename: each for each in before if each.filename.startswith("<")}
    sites = [Site(frame, cells.get(frame.path), folder) for frame in frames]
    name, message = block.error or ("Traceback", "")
    first = message.strip().split("\n")[0]
    title = f"run {block.execution_count} · {name}{': ' * bool(first)}{first}"
    return FramesScreen(printable(title), sites, at, block.started_at)

"""A value over the whole screen: what it holds, page by page, and the way into it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.message import Message
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Input, Static

from pyrepl_tui.engine.errors import PyreplError
from pyrepl_tui.engine.glimpses import Looker
from pyrepl_tui.engine.values import Inspection
from pyrepl_tui.widgets.bindings import bindings_for
from pyrepl_tui.widgets.inspect_rows import ChildRows, GridRows, children_of, is_property
from pyrepl_tui.widgets.marks import size
from pyrepl_tui.widgets.paged_rows import PAGE, PagedRows
from pyrepl_tui.widgets.text_rows import TextRows
from pyrepl_tui.widgets.variables_paint import kind_text

from .inspect_deeds import InspectDeeds, is_frame

LIVE_SECONDS = 0.7
"""How often what is in view is looked at again, of the present."""
TEXT_PAGE = 2000
_TOLD = frozenset({"object", "class", "function", "module"})
"""Kinds of values whose summary says more than what is in them."""
_KEYS = {
    "children": "Enter in · ⌫ out · E ask it · I insert · C copy path · U who has it · O save",
    "grid": "Enter in · S sort · F filter · M figures · G row · [ slice · V plot · ⌫ out",
    "text": "/ find · N next · P before · ⌫ out · I insert · C copy path · Y copy · O save",
}


@dataclass(frozen=True)
class _Place:
    """A value that was gone through on the way in."""

    path: tuple[Any, ...]
    cursor: int


class InspectScreen(InspectDeeds, ModalScreen[None]):
    """Looks into one value after another; nothing runs for it but what is asked for by a key."""

    CSS = """
    InspectScreen {
        background: $surface; layout: vertical;
        & #inspect-path { background: $panel; padding: 0 1; height: 1; }
        & #inspect-facts { height: auto; max-height: 7; padding: 0 1; color: $muted; }
        & #inspect-children { height: 1fr; }
        & #inspect-grid { height: 1fr; }
        & #inspect-text { height: 1fr; padding: 0 1; }
        & .-both #inspect-children { height: 45%; }
        & #inspect-prompt {
            display: none; height: 1; border: none; padding: 0 1; background: $panel;
            &:focus { border: none; background: $panel; }
        }
        & #inspect-hint { background: $panel; padding: 0 1; height: 1; color: $muted; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [*bindings_for("inspect")]

    @dataclass
    class InsertWanted(Message):
        """The path is wanted in the editor."""

        text: str

    def __init__(self, looker: Looker, path: Sequence[Any], *, folder: str = "") -> None:
        """Look into a value.

        Args:
            looker: whose values; it is closed with the screen.
            path: where to begin.
            folder: where files are saved.
        """
        super().__init__()
        self.looker = looker
        self.path: tuple[Any, ...] = tuple(path)
        self.folder = folder
        self.page: Inspection | None = None
        self._trail: list[_Place] = []
        self._arranged = False
        self._loading = 0
        self._head = ""
        """What is said about the value."""
        self._title = Static(id="inspect-path", markup=False)
        self._facts = Static(id="inspect-facts", markup=False)
        self.children_rows = ChildRows(id="inspect-children")
        """What is in the value, line by line."""
        self.grid = GridRows(id="inspect-grid")
        """The value's cells."""
        self.text = TextRows(id="inspect-text")
        """The value's text or source."""
        self.prompt = Input(compact=True, id="inspect-prompt")
        self._hint = Static(id="inspect-hint", markup=False)

    def compose(self) -> ComposeResult:
        """Path, facts, what the value holds, a line to type into, keys."""
        yield self._title
        yield self._facts
        yield self.children_rows
        yield self.grid
        yield self.text
        yield self.prompt
        yield self._hint

    def on_mount(self) -> None:
        """Look at the value, and keep looking."""
        for view in (self.children_rows, self.grid, self.text):
            view.display = False
        self.go_to(self.path)
        if self.looker.is_present:
            self.set_interval(LIVE_SECONDS, self._look_again)

    async def on_unmount(self) -> None:
        """Let the reader go."""
        await self.looker.close()

    @property
    def rows(self) -> PagedRows | None:
        """The rows shown; None for a text."""
        if self.grid.display:
            return self.grid
        return self.children_rows if self.children_rows.display else None

    @property
    def title_text(self) -> str:
        """The path as Python, or as near as it gets."""
        page = self.page
        return page.expression if page is not None and page.expression else _loose(self.path)

    # -- going ---------------------------------------------------------------------------------

    def go_to(self, path: Sequence[Any], cursor: int = 0) -> None:
        """Show the value at a path."""
        self._loading += 1
        self.run_worker(self._load(tuple(path), cursor), group="load", exclusive=True)

    async def _load(self, path: tuple[Any, ...], cursor: int) -> None:
        try:
            offset = cursor - cursor % PAGE
            page = await self.looker.inspect(path, offset=offset, limit=TEXT_PAGE if not offset
                                             else PAGE)  # fmt: skip
        except (LookupError, PyreplError) as error:
            if self._trail and self._trail[-1].path == self.path:
                self._trail.pop()  # there is no way in
            self.say(str(error))
            return
        self.path, self.page, self._arranged, self._head = path, page, False, ""
        self._sorted = self._filter = None
        self._show(page, offset, cursor)

    def _show(self, page: Inspection, offset: int, cursor: int) -> None:
        grid, rows, text = self.grid, self.children_rows, self.text
        source = page.text if page.variable.kind in ("function", "class") else ""
        is_text = bool(page.text) and not source and page.grid is None
        grid.display = page.grid is not None
        rows.display = page.grid is None and not is_text and (page.total > 0 or not source)
        text.display = is_text or bool(source)
        self.set_class(rows.display and text.display, "-both")
        self._show_head(page)
        if page.grid is not None:
            grid.shape(page.grid)
            grid.begin(page.total, cursor)
            self._put(grid, offset, page)
        elif rows.display:
            rows.begin(page.total, cursor)
            self._put(rows, offset, page)
        if text.display:
            form = "code" if source else "hex" if _is_hex(page) else "text"
            text.show_text(page.text, page.total, form=form)
        shown: Widget = self.rows or text
        if not isinstance(self.focused, Input):
            shown.focus()

    def _show_head(self, page: Inspection) -> None:
        row = page.variable
        state = "" if self.looker.is_present else f"   ❄ {self.looker.title}"
        path = Text.assemble((self.title_text, "bold"), (state, "italic"))
        self._title.update(path)
        facts = [kind_text(row), size(row.size_bytes)]
        facts += [f"{heading} {text}" for heading, text in page.facts if len(text) < 200]
        lines = " · ".join(filter(None, facts))
        is_all = not page.total and not page.text
        if page.grid is None and (is_all or row.kind in _TOLD):
            lines += f"\n{row.summary}"
        if lines != self._head:  # else what was said below the path stays
            self._head = lines
            self.say(lines)
        view = "grid" if self.grid.display else "children" if self.children_rows.display else "text"
        self._hint.update("Esc close · " + _KEYS[view])

    def say(self, text: str) -> None:
        """Say something below the path."""
        self._facts.update(text)

    def _put(self, rows: PagedRows, offset: int, page: Inspection) -> None:
        if page.grid is not None:
            items: list[Any] = list(zip(page.grid.labels, page.grid.rows, strict=True))
        else:
            items = list(children_of(page))
        for at in range(0, max(1, len(items)), PAGE):
            rows.put(offset + at, items[at : at + PAGE])

    # -- pages -------------------------------------------------------------------------------

    def on_paged_rows_page_wanted(self, event: PagedRows.PageWanted) -> None:
        """Fetch rows that came into view."""
        event.stop()
        work = self._fetch(event.rows, event.offset, event.limit)
        self.run_worker(work, group="pages")

    async def _fetch(self, rows: PagedRows, offset: int, limit: int) -> None:
        path, before = self.path, self._loading
        try:
            if self._arranged:
                grid = await self.looker.rows(path, offset=offset, limit=limit)
                if grid is not None and before == self._loading:
                    self.grid.shape(grid)
                    rows.put(offset, list(zip(grid.labels, grid.rows, strict=True)))
                return
            page = await self.looker.inspect(path, offset=offset, limit=limit)
        except (LookupError, PyreplError) as error:
            self.say(str(error))
            return
        if before != self._loading:
            return  # another value is shown by now
        if page.grid is not None:
            self.grid.shape(page.grid)
        rows.set_total(page.total)
        self._put(rows, offset, page)

    def on_text_rows_more_wanted(self, event: TextRows.MoreWanted) -> None:
        """Fetch more of a text."""
        event.stop()
        self.run_worker(self._fetch_text(event.offset), group="text", exclusive=True)

    async def _fetch_text(self, offset: int) -> None:
        path = self.path
        try:
            page = await self.looker.inspect(path, offset=offset, limit=TEXT_PAGE)
        except (LookupError, PyreplError):
            return  # it is no more what it was: what is shown stays
        if path == self.path and self.text.loaded == offset and page.text:
            self.text.add_page(page.text)

    def _look_again(self) -> None:
        """The value may have changed: what is in view is fetched anew."""
        if not self._arranged and self.rows is not None:
            self.rows.forget()
            self.run_worker(self._renew_head(), group="head", exclusive=True)

    async def _renew_head(self) -> None:
        path, before = self.path, self._loading
        try:
            page = await self.looker.inspect(path, limit=1)
        except (LookupError, PyreplError):
            return  # it is gone: what is shown stays
        if before == self._loading:
            self._show_head(page)

    # -- moving ------------------------------------------------------------------------------

    def on_paged_rows_opened(self, event: PagedRows.Opened) -> None:
        """A double click."""
        self.action_open()

    def action_cursor(self, step: int) -> None:
        """Move by rows."""
        if self.rows is not None and not self.text.has_focus:
            self.rows.action_cursor(step)
        else:
            self.text.scroll_relative(y=step, animate=False)

    def action_page(self, step: int) -> None:
        """Move by pages."""
        if self.rows is not None and not self.text.has_focus:
            self.rows.action_page(step)
        else:
            self.text.scroll_relative(y=step * (self.text.size.height - 1), animate=False)

    def action_to_end(self, start: bool) -> None:
        """Go to the first or the last row."""
        rows = self.rows
        if rows is not None and not self.text.has_focus:
            rows.action_to_end(start)
        elif start:
            self.text.scroll_home(animate=False)
        else:
            self.text.scroll_end(animate=False)

    def action_column(self, step: int) -> None:
        """Move sideways."""
        if self.rows is not None:
            self.rows.move_column(step)

    def action_switch_part(self) -> None:
        """From the parts of a class or function to its source, and back."""
        if self.rows is not None and self.text.display:
            (self.rows if self.text.has_focus else self.text).focus()

    def action_open(self) -> None:
        """Look into what the cursor is on."""
        rows, page = self.rows, self.page
        if rows is None or page is None:
            return
        child = self.children_rows.child
        if isinstance(rows, GridRows):
            self._open_cell(rows, page)
        elif child is not None and is_property(child):
            self.action_ask_value()
        elif child is not None and child.cycle is not None:
            self.notify("The same object is on the way here already: Backspace leads to it.")
        elif child is not None:
            self.go_in(child.step)

    def go_in(self, step: Any, cursor: int = 0) -> None:
        self._trail.append(_Place(self.path, 0 if self.rows is None else self.rows.cursor))
        self.go_to((*self.path, step), cursor)

    def _open_cell(self, grid: GridRows, page: Inspection) -> None:
        """Into a frame's column, an array's row, or an item of a column, where the cursor is."""
        if is_frame(page):
            self.go_in(grid.names[grid.column], 0 if self._arranged else grid.cursor)
        elif self._arranged:
            self.notify("These rows are in an order of their own: S and F put them back first.")
        elif page.total:
            self.go_in(grid.cursor, grid.column)

    def action_up(self) -> None:
        """Back to what holds the value."""
        if self._trail:
            place = self._trail.pop()
            self.go_to(place.path, place.cursor)
        elif len(self.path) > 1:
            self.go_to(self.path[:-1])
        else:
            self.dismiss(None)

    def action_close_inspector(self) -> None:
        """From the line at the foot to the rows, else back to the workspace."""
        if isinstance(self.focused, Input):
            self.leave_prompt()
        else:
            self.dismiss(None)

    def insert_message(self, text: str) -> Message:
        return self.InsertWanted(text)


def _is_hex(page: Inspection) -> bool:
    """Whether a text is a dump of bytes; of a subclass of bytes too."""
    return page.text[:10] == "00000000  " and page.variable.type != "str"


def _loose(path: Sequence[Any]) -> str:
    """A path as people read it, where Python has no words for it."""
    return " → ".join(str(step[1] if isinstance(step, (list, tuple)) else step) for step in path)

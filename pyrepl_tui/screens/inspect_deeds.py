"""What the keys of the inspector do with the value shown, or with the one under the cursor."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from textual.screen import ModalScreen
from textual.widgets import Input

from pyrepl_tui.engine.errors import PyreplError
from pyrepl_tui.widgets.inspect_rows import ChildRows, GridRows

from .deeds import Deeds

if TYPE_CHECKING:
    from pyrepl_tui.engine.glimpses import Looker
    from pyrepl_tui.engine.values import Inspection
    from pyrepl_tui.widgets.paged_rows import PagedRows
    from pyrepl_tui.widgets.text_rows import TextRows

_SHORT = ("nulls", "min", "max", "mean")
_NUMBERS = ("int", "float", "bool")


class InspectDeeds(ModalScreen[None]):
    """The part of the inspector that acts."""

    looker: Looker
    path: tuple[Any, ...]
    page: Inspection | None
    folder: str
    grid: GridRows
    text: TextRows
    prompt: Input
    _arranged: bool
    _loading: int
    _asking = ""
    """What the line at the foot asks: ``find``, ``filter``, ``slice`` or ``row``."""
    _needle = ""
    _sorted: tuple[int, bool] | None = None
    """Column and direction of the present order."""
    _filter: tuple[int, str] | None = None
    """Column and text of the present filter."""

    @property
    def rows(self) -> PagedRows | None:
        """The rows shown."""
        raise NotImplementedError

    @property
    def title_text(self) -> str:
        """The path as Python, or as near as it gets."""
        raise NotImplementedError

    def go_to(self, path: Sequence[Any], cursor: int = 0) -> None:
        """Show the value at a path."""
        raise NotImplementedError

    def go_in(self, step: Any, cursor: int = 0) -> None:
        """Show what a step leads to, with the cursor on a row of it, and know the way back."""
        raise NotImplementedError

    def say(self, text: str) -> None:
        """Say something below the path."""
        raise NotImplementedError

    # -- which value -------------------------------------------------------------------------

    def _at_cursor(self) -> tuple[tuple[Any, ...], str, str]:
        """Path, words and type of the child under the cursor, or of the value shown."""
        rows, page = self.rows, self.page
        kind = "" if page is None else page.variable.type
        if isinstance(rows, ChildRows) and not self.text.has_focus and rows.child is not None:
            child = rows.child
            path = (*self.path, child.step)
            return path, f"{self.title_text} → {child.variable.name}", child.variable.type
        if isinstance(rows, GridRows) and page is not None and is_frame(page):
            return self._column_of(rows, rows.column)
        return self.path, self.title_text, kind

    def _column_of(self, grid: GridRows, at: int) -> tuple[tuple[Any, ...], str, str]:
        """Path, words and type of a frame's column."""
        name = grid.names[at]
        return (*self.path, name), f"{self.title_text}[{name!r}]", "Series"

    @property
    def _deeds(self) -> Deeds:
        return Deeds(self.app, self.looker)

    def _do(self, work: Any) -> None:
        self.run_worker(work, group="deeds")

    # -- acting ------------------------------------------------------------------------------

    def action_ask_value(self) -> None:
        """The value's own word, in a twin of the worker."""
        path, words, _ = self._at_cursor()
        step = path[-1]
        if isinstance(step, (list, tuple)) and step[0] == "property":
            self._do(self._deeds.show_told(path, words, "repr"))
        else:
            self._do(self._deeds.tell(path, words))

    def action_plot_value(self) -> None:
        """Draw numbers, or a picture: what is at the cursor, or all of it if that is nothing."""
        path, words, kind = self._at_cursor()
        whole = (self.path, self.title_text)
        here = [] if kind in _NUMBERS or path == self.path else [(path, words)]
        self._do(self._deeds.plot(*here, whole))

    def action_copy_value(self) -> None:
        """Copy the text of the value."""
        self._do(self._deeds.copy_value(self._at_cursor()[0]))

    def action_save_value(self) -> None:
        """Save the value shown to a file."""
        kind = "" if self.page is None else self.page.variable.type
        name = "_".join(str(step) for step in self.path if not isinstance(step, (list, tuple)))
        self._do(self._deeds.save(self.path, kind, name, self.folder))

    def action_find_referrers(self) -> None:
        """List what leads to the same object, and go there."""
        self._do(self._follow_referrer(*self._at_cursor()[:2]))

    async def _follow_referrer(self, path: tuple[Any, ...], words: str) -> None:
        chosen = await self._deeds.referrers(path, words)
        if chosen is not None:
            self.go_to(chosen[:-1] if len(chosen) > 1 else chosen)

    async def _expression(self) -> str | None:
        path = self._at_cursor()[0]
        try:
            return (await self.looker.inspect(path, limit=0)).expression
        except (LookupError, PyreplError):
            return None

    def action_copy_path(self) -> None:
        """Copy the path as Python."""
        self._do(self._copy_path())

    async def _copy_path(self) -> None:
        expression = await self._expression()
        if expression is None:
            self.notify("Python has no expression for this place.", severity="warning")
        else:
            self.app.copy_to_clipboard(expression)
            self.notify(f"Copied {expression}", timeout=2, markup=False)

    def action_insert_path(self) -> None:
        """Put the path into the editor."""
        self._do(self._insert_path())

    async def _insert_path(self) -> None:
        expression = await self._expression()
        if expression is None:
            self.notify("Python has no expression for this place.", severity="warning")
        else:
            self.post_message(self.insert_message(expression))
            self.dismiss(None)

    def insert_message(self, text: str) -> Any:
        """What tells the app that a text is wanted in the editor."""
        raise NotImplementedError

    # -- rows in another order ---------------------------------------------------------------

    def action_sort_rows(self) -> None:
        """Sort by the column at the cursor: smallest first, largest first, as they are."""
        if self.rows is not self.grid:
            return
        column = self.grid.column
        if self._sorted == (column, False):
            self._sorted = (column, True)
        else:
            self._sorted = None if self._sorted == (column, True) else (column, False)
        self._do(self._arrange())

    def action_filter_rows(self) -> None:
        """Ask what the column at the cursor is to contain."""
        if self.rows is self.grid:
            name = self.grid.names[self.grid.column] or "value"
            self._ask("filter", f"rows whose {name} contains, or as > 3; empty for all")

    async def _arrange(self) -> None:
        grid, path = self.grid, self.path
        by, descending = self._sorted or (None, False)
        where, wanted = self._filter or (None, "")
        if by is None and where is None:
            self._arranged = False
            self.go_to(path, 0)
            return
        self.say("Choosing rows …" + (" (after what runs now)" if self.looker.has_to_wait else ""))
        try:
            total = await self.looker.arrange(
                path, by, descending=descending, where=where, wanted=wanted
            )
        except (LookupError, PyreplError) as error:
            self.say(str(error))
            return
        if path != self.path:
            return
        self._arranged = True
        self._loading += 1
        parts = []
        if by is not None:
            parts.append(f"sorted by {grid.names[by] or 'value'} {'▾' if descending else '▴'}")
        if where is not None:
            parts.append(f"{grid.names[where] or 'value'} {wanted}")
        frozen = ", as it was when they were chosen" if self.looker.is_present else ""
        self.say(f"{total:,} rows: {' · '.join(parts)}{frozen}")
        grid.begin(total)

    def action_slice_array(self) -> None:
        """Ask which part of an array is to be shown."""
        if self.page is not None and self.page.variable.shape and self.rows is self.grid:
            self._ask("slice", f"part of {self.page.variable.shape}, as 0, :, ::2")

    def action_show_figures(self) -> None:
        """Count, missing ones, minimum, maximum and mean of the column at the cursor."""
        self._do(self._show_figures())

    async def _show_figures(self) -> None:
        path, words, _ = self._at_cursor()
        try:
            facts = await self.looker.statistics(path)
        except (LookupError, PyreplError) as error:
            self.notify(str(error), title=words, severity="warning", markup=False)
            return
        text = " · ".join(f"{name} {value}" for name, value in facts.items())
        self.say(f"{words}: {text}")
        grid, page = self.grid, self.page
        if self.rows is not grid or page is None:
            return
        if is_frame(page):
            grid.note(grid.column, _shortened(facts))
            await self._note_others(grid)
        elif len(grid.names) == 1:
            grid.note(0, _shortened(facts))

    async def _note_others(self, grid: GridRows) -> None:
        """Figures of the other columns in view too."""
        before = self._loading
        for at in grid.columns_in_view:
            if at not in grid.notes:
                with contextlib.suppress(LookupError, PyreplError):
                    facts = await self.looker.statistics(self._column_of(grid, at)[0])
                    if before != self._loading:
                        return  # another value is shown by now
                    grid.note(at, _shortened(facts))

    # -- the line at the foot ----------------------------------------------------------------

    def _ask(self, what: str, placeholder: str) -> None:
        self._asking = what
        field = self.prompt
        field.placeholder, field.value, field.display = placeholder, "", True
        field.focus()

    def action_find(self) -> None:
        """Ask what to find in the text."""
        if self.text.display:
            self._ask("find", "find in the text")
        elif self.rows is self.grid:
            self.action_filter_rows()

    def action_find_next(self, step: int) -> None:
        """Go to the next place found, or to the one before."""
        if self._needle:
            self._do(self._find(self._needle, step))

    def action_go_to_row(self) -> None:
        """Ask for a row's number."""
        if self.rows is not None:
            self._ask("row", f"go to row, 0 to {self.rows.total - 1}")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Do what was asked for."""
        event.stop()
        value = event.value.strip()
        self.leave_prompt()
        if self._asking == "row" and self.rows is not None:
            digits = value.replace(",", "").replace("_", "").lstrip("-")
            if digits.isdecimal():
                at = int(digits)
                self.rows.cursor = min(self.rows.total - 1, self.rows.total - at
                                       if value.startswith("-") else at)  # fmt: skip
        elif self._asking == "filter":
            self._filter = (self.grid.column, value) if value else None
            self._do(self._arrange())
        elif self._asking == "slice" and value:
            self.go_in(("slice", value.strip("[] ")))
        elif self._asking == "find" and value:
            self._needle = value
            self._do(self._find(value, 1))

    def leave_prompt(self) -> None:
        """Back to the rows or the text."""
        self.prompt.display = False
        (self.text if self._asking == "find" else self.rows or self.text).focus()

    async def _find(self, needle: str, step: int) -> None:
        """Look in what is there, then fetch more as long as nothing is found."""
        text, path = self.text, self.path
        while not text.find(needle, step):
            fresh = "" if step < 0 or text.is_whole else await self._pages_until(needle)
            if not fresh or path != self.path:
                self.say(f"{needle!r} is not found further on.")
                return
            text.add_page(fresh)

    async def _pages_until(self, needle: str) -> str:
        """What follows in the text, up to the page that has a needle, or the end."""
        text, path = self.text, self.path
        found, offset = "", text.loaded
        while offset < text.total:
            try:
                page = await self.looker.inspect(path, offset=offset, limit=2000)
            except (LookupError, PyreplError) as error:
                self.say(str(error))
                break
            if not page.text:
                break
            place = max(0, len(found) - len(needle))
            found += page.text
            offset += len(page.text)
            if text.form == "hex" or needle.lower() in found[place:].lower():
                break
        return found


def is_frame(page: Inspection) -> bool:
    """Whether a value has columns of its own types, and names for them."""
    is_array = any(heading == "dtype" for heading, _ in page.facts)
    return page.grid is not None and not is_array and any(page.grid.columns)


def _shortened(facts: dict[str, str]) -> dict[str, str]:
    """The figures that stand above a column, in few characters."""
    return {name: _short(facts[name]) for name in _SHORT if name in facts}


def _short(figure: str) -> str:
    """A figure in few characters; whole numbers and what is no number as they are."""
    try:
        return figure if figure.lstrip("-").isdecimal() else f"{float(figure):.6g}"
    except ValueError:
        return figure

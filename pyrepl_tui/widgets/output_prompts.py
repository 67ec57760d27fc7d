"""Lines at the foot of the output pane that ask what to find, where to go, where to save."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import ClassVar

from textual import events, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.timer import Timer
from textual.widgets import Input, Static

from pyrepl_tui.engine.output_excerpts import ErrorsOnly, Excerpt
from pyrepl_tui.rendering.layout import Place
from pyrepl_tui.rendering.search import MOST, PatternError, Search
from pyrepl_tui.widgets.bindings import act_on, bindings_for, spoken
from pyrepl_tui.widgets.output_paint import Found
from pyrepl_tui.widgets.output_runs import OutputRuns

_SLICE = 0.012
"""Seconds to search for at a time, between keys and frames."""


class OutputPrompt(Horizontal):
    """A line to type into. It goes away when it is answered or left."""

    DEFAULT_CSS = """
    OutputPrompt {
        height: 1; background: $panel; color: $foreground;
        & > .prompt--label { width: auto; padding: 0 1; color: $accent; text-style: bold; }
        & > .prompt--hint { width: auto; padding: 0 1; color: $foreground 60%; }
        & > Input {
            width: 1fr; height: 1; border: none; padding: 0; background: transparent;
            &:focus { border: none; background: transparent; }
        }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings_for("prompt")
    LABEL: ClassVar[str] = ""
    HINT: ClassVar[str] = ""

    def __init__(self, view: OutputRuns, text: str = "") -> None:
        """Ask on behalf of a pane.

        Args:
            view: the pane; it has the focus again afterwards.
            text: what the line begins with.
        """
        super().__init__()
        self.view = view
        self.leaving = False
        """Whether it takes no more keys."""
        self.field = Input(text, compact=True)
        self.hint = Static("", classes="prompt--hint", markup=False)

    def compose(self) -> ComposeResult:
        yield Static(self.LABEL, classes="prompt--label", markup=False)
        yield self.field
        yield self.hint

    def on_mount(self) -> None:
        self.say(self.HINT)
        self.watch(self.view, "shown", self._document_changed, init=False)

    def say(self, hint: str) -> None:
        """Show a hint, with the user's keys."""
        self.hint.update(spoken(self, hint))

    def _document_changed(self) -> None:
        """What was asked is about the document before."""
        self.leaving = True
        self.remove()

    async def take_key(self, event: events.Key) -> None:
        """Act on a key that was typed before the line had the focus."""
        if event.is_printable and event.character:
            self.field.insert_text_at_cursor(event.character)
        elif event.key == "enter":
            self.submit(self.field.value)
        else:
            await act_on(self.field, event)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter was pressed in the line."""
        event.stop()
        self.submit(event.value)

    def submit(self, value: str) -> None:
        """Do what was asked for."""
        raise NotImplementedError

    def action_leave(self) -> None:
        """Go away without doing anything."""
        self.leaving = True
        self.screen.set_focus(self.view)
        self.remove()


class NarrowNote(Static):
    """Says that only a part of the output is shown, as long as it is."""

    DEFAULT_CSS = """
    NarrowNote { height: 1; padding: 0 1; background: $panel; color: $foreground 60%; }
    """

    def __init__(self, view: OutputRuns, document: Excerpt | ErrorsOnly) -> None:
        """Stay until the pane shows something else.

        Args:
            view: the pane.
            document: what it shows.
        """
        super().__init__(f"{document.title} · Esc: show everything", markup=False)
        self._view = view
        self._shown = document

    def on_mount(self) -> None:
        self.watch(self._view, "shown", self._changed, init=False)
        if isinstance(self._shown, ErrorsOnly):
            self.set_interval(1 / 30, self._grow)

    def _changed(self) -> None:
        self.remove()

    def _grow(self) -> None:
        """Follow the whole document."""
        if isinstance(self._shown, ErrorsOnly) and self._shown.grow():
            self._view.refresh_document()


class RunPrompt(OutputPrompt):
    """Asks for the number of a run."""

    LABEL = "go to run"
    HINT = "Enter: go · {key:prompt.leave}: close"

    def submit(self, value: str) -> None:
        """Go there."""
        text = value.strip()
        if text.isdecimal() and self.view.scroll_to_run(int(text)):
            self.action_leave()
        else:
            self.say(f"there is no run {text}" if text else self.HINT)


class SavePrompt(OutputPrompt):
    """Asks for the file to save some text to."""

    LABEL = "save to"
    HINT = "Enter: save · {key:prompt.leave}: close"

    def __init__(self, view: OutputRuns, name: str, texts: Callable[[], Iterator[str]]) -> None:
        """Offer a name that is free.

        Args:
            view: the pane.
            name: what the file may be called, without its ending.
            texts: yields the text, piece by piece.
        """
        self._texts = texts
        path = Path(f"{name}.txt")
        number = 1
        while path.exists():
            number += 1
            path = Path(f"{name}-{number}.txt")
        super().__init__(view, str(path))
        self._sure = ""

    def submit(self, value: str) -> None:
        """Save, asking again before a file is replaced."""
        name = os.path.expanduser(value.strip())
        if not name:
            return
        if os.path.exists(name) and self._sure != name:
            self._sure = name
            self.say("that file exists · Enter: replace it · {key:prompt.leave}: close")
            return
        self.hint.update("saving …")
        self._save(name)

    @work
    async def _save(self, name: str) -> None:
        """Write piece by piece; keys and frames come in between."""
        size, paused = 0, time.monotonic()
        try:
            with open(name, "w", encoding="utf-8", errors="replace") as file:  # noqa: ASYNC230
                for text in self._texts():
                    size += file.write(text)
                    if time.monotonic() - paused > _SLICE:
                        self.say(f"saving … {size:,} characters · {{key:prompt.leave}}: stop")
                        await asyncio.sleep(0)
                        paused = time.monotonic()
        except OSError as error:
            self.hint.update(error.strerror or str(error))
            return
        except asyncio.CancelledError:  # closed: half a file would look whole
            os.unlink(name)
            self.view.notify(f"{name} was not saved.", severity="warning")
            raise
        self._saved(f"Saved {size:,} characters to {name}.")

    def _saved(self, text: str) -> None:
        self.view.notify(text)
        self.action_leave()


class FindPrompt(OutputPrompt):
    """Asks for a text and shows where it is, while it is typed."""

    LABEL = "find"
    HINT = (
        "{key:find.older} {key:find.newer} · {key:find.toggle_regex}: regex · "
        "{key:find.toggle_case}: case · {key:prompt.leave}"
    )
    BINDINGS: ClassVar[list[BindingType]] = bindings_for("find")

    def __init__(self, view: OutputRuns) -> None:
        super().__init__(view)
        self.regex = False
        self.case = False
        self.search: Search | None = None
        self._current: Place | None = None
        self._timer: Timer | None = None

    def on_input_changed(self, event: Input.Changed) -> None:
        """Search anew."""
        event.stop()
        self._begin()

    def submit(self, value: str) -> None:
        """Enter goes to the match above."""
        self.action_older()

    def _begin(self) -> None:
        """Search for what the line holds, from what is in view upwards."""
        self.search = None
        self._current = None
        self.view.found = None
        reading = self.view.reading
        wanted = self.field.value
        if wanted and reading is not None:
            layout = reading.layout
            bottom = self.view.scroll_offset.y + self.view.scrollable_content_region.height
            start = layout.locate(min(bottom, layout.total) - 1) or Place(0, 0, 0, 0)
            try:
                self.search = Search(
                    layout.document, wanted, regex=self.regex, case=self.case, start=start
                )
                self.view.found = Found(self.search.pattern, None)
            except PatternError as error:
                self.hint.update(f"not a pattern: {error}")
        if self._timer is None and self.search is not None:
            self._timer = self.set_interval(1 / 40, self._go_on)
        if wanted == "" or self.search is not None:
            self._say()
        self.view.refresh(self.view.size.region)

    def _go_on(self) -> None:
        """Search a little more."""
        search = self.search
        goes_on = search is not None and search.step(_SLICE)
        if not goes_on and self._timer is not None:
            self._timer.stop()
            self._timer = None
        if search is not None and self._current is None and search.count:
            self.action_older()
        self._say()

    def _say(self) -> None:
        """Show how much was found."""
        flags = ("regex " if self.regex else "") + ("case " if self.case else "")
        search = self.search
        if search is None:
            self.say(flags + self.HINT)
            return
        more = "+" if search.count >= MOST else "" if search.done else " …"
        if not search.count:
            text = "nothing found" if search.done else "searching …"
        elif self._current is not None:
            number = self._number(search)
            text = f"{number:,} of {search.count:,}{more}"
        else:
            text = f"{search.count:,}{more}"
        self.hint.update(f"{flags}{text} · ↑ ↓")

    def _number(self, search: Search) -> int:
        """Which of the matches the reader is at, from 1."""
        older = search.older(self._current)
        return 1 if older is None else older + 2

    def action_older(self) -> None:
        """Go to the match above; from the first to the last."""
        search = self.search
        if search is None or not search.count or self.leaving:
            return
        if self._current is None and search.first_above is not None:
            self._show(search.first_above)
            return
        number = search.older(self._current)
        self._show(search.at(search.count - 1 if number is None else number))

    def action_newer(self) -> None:
        """Go to the match below; from the last to the first."""
        search = self.search
        if search is None or not search.count:
            return
        number = search.newer(self._current) if self._current is not None else 0
        self._show(search.at(0 if number is None else number))

    def _show(self, place: Place) -> None:
        """Bring a match into view, unless it is."""
        self._current = place
        if self.search is not None:
            self.view.found = Found(self.search.pattern, place)
        self.view.show_place(place)
        self._say()

    def action_toggle_regex(self) -> None:
        """Switch between text and regular expression."""
        self.regex = not self.regex
        self._begin()

    def action_toggle_case(self) -> None:
        """Heed or ignore upper and lower case."""
        self.case = not self.case
        self._begin()

"""The input panel: code that waits for a line, above the editor, beside everything else."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Input, Static

from pyrepl_tui.models import History, Question, SessionModel

from .bindings import act_on, spoken, text_bindings
from .once import once

LINGER = 0.8
"""Seconds the empty panel stays after an answer: a debugger asks again at once."""

PROMPT_LINES = 6
"""Lines of a long prompt that are shown, the last ones."""


class AnswerField(Input, inherit_bindings=False):
    """The line that is typed; keys as the command declarations say."""

    DEFAULT_CSS = """
    AnswerField {
        border: none; height: 1; padding: 0; background: transparent; width: 1fr;
        &:focus { border: none; background: transparent; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = text_bindings("input", Input.BINDINGS)

    @dataclass
    class Given(Message):
        """An answer: ``text``, ``eof`` or ``interrupt``."""

        action: str
        text: str

    @dataclass
    class NextWanted(Message):
        """The next question is wanted."""

    @dataclass
    class Left(Message):
        """The editor is wanted."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, select_on_focus=False)
        self.past = History()

    async def _on_key(self, event: events.Key) -> None:
        """Act on bound keys in the order typed."""
        if await act_on(self, event):
            event.prevent_default()

    def action_answer(self) -> None:
        """Send the line."""
        if not self.password:
            self.past.add(self.value)
        text, self.value = self.value, ""
        self.post_message(self.Given("text", text))

    def action_end_of_input(self) -> None:
        """EOF on an empty line; else delete to the right, as in a shell."""
        if self.value:
            self.action_delete_right()
        else:
            self.post_message(self.Given("eof", ""))

    def action_interrupt_input(self) -> None:
        """Interrupt the code that asks."""
        self.value = ""
        self.post_message(self.Given("interrupt", ""))

    def action_next_question(self) -> None:
        """Show the next question."""
        self.post_message(self.NextWanted())

    def action_leave(self) -> None:
        """Go back to the editor."""
        self.post_message(self.Left())

    def action_earlier_answer(self) -> None:
        """Recall an earlier answer."""
        self._recall(None if self.password else self.past.older(self.value))

    def action_later_answer(self) -> None:
        """Recall a later answer."""
        self._recall(None if self.password else self.past.newer(self.value))

    def _recall(self, text: str | None) -> None:
        if text is not None:
            self.value = text
            self.cursor_position = len(text)

    def _on_paste(self, event: events.Paste) -> None:
        """All lines of a paste count: the first ones are answers, the last stays to be edited."""
        event.prevent_default()
        event.stop()
        *whole, last = event.text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        for line in whole:
            self.insert_text_at_cursor(line)
            self.action_answer()
        self.insert_text_at_cursor(last)


class InputPanel(Vertical):
    """Shows a question of the active session, the oldest first, and takes the answer.

    After an answer it stays for a moment, so that what is typed meanwhile is the answer to the
    next question of the same code and does not land in the editor.
    """

    DEFAULT_CSS = """
    InputPanel {
        height: auto; max-height: 10; display: none; background: $panel; padding: 0 1;
        border-left: outer $warning;
        &.-open { display: block; }
        & #input-title { color: $muted; height: 1; width: 1fr; }
        & #input-row { height: auto; }
        & #input-prompt { width: auto; height: auto; max-width: 60%; color: $foreground; }
        & #input-above { height: auto; color: $foreground; display: none; }
    }
    """

    @dataclass
    class Answered(Message):
        """The user answered a question."""

        key: int
        question: Question
        action: str
        text: str

    @dataclass
    class InterruptRequested(Message):
        """Ctrl+C while the code runs between two questions."""

    @dataclass
    class Closed(Message):
        """The panel went away while it had the focus; what was typed ahead comes with it."""

        text: str

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._model: SessionModel | None = None
        self._question: Question | None = None
        self._answered = ""
        """Id of the question answered last: the engine takes a moment to take it back."""
        self._ahead: list[tuple[str, str]] = []
        self._linger: asyncio.TimerHandle | None = None
        self.field = AnswerField(id="answer")

    def compose(self) -> ComposeResult:
        """Title, the prompt's upper lines, then its last line beside the field."""
        yield Static(id="input-title", markup=False)
        yield Static(id="input-above", markup=False)
        with Horizontal(id="input-row"):
            yield Static(id="input-prompt", markup=False)
            yield self.field

    @property
    def is_open(self) -> bool:
        """True if the panel shows."""
        return self.has_class("-open")

    def show(self, model: SessionModel | None) -> None:
        """Show what a session asks; close (soon) if it asks nothing."""
        if model is not self._model:
            self._reset(model)
        waiting = self._waiting()
        question = self._question if self._question in waiting else next(iter(waiting), None)
        if question is None:
            self._question = None
            if self.is_open:
                self._close_soon()
            return
        self._stop_closing()
        if question != self._question:
            self._ask(question)
        self._draw_title()

    def _waiting(self) -> list[Question]:
        questions = [] if self._model is None else self._model.questions
        return [question for question in questions if question.id != self._answered]

    def on_answer_field_next_wanted(self, event: AnswerField.NextWanted) -> None:
        """Go around the questions that wait."""
        event.stop()
        waiting = self._waiting()
        if len(waiting) > 1 and self._question in waiting:
            self._ask(waiting[(waiting.index(self._question) + 1) % len(waiting)])
            self._draw_title()

    def on_descendant_focus(self) -> None:
        """The title says how to get to the field, or what it does there."""
        self._draw_title()

    def on_descendant_blur(self) -> None:
        """The same."""
        self._draw_title()

    def _reset(self, model: SessionModel | None) -> None:
        self._stop_closing()
        self._model, self._question, self._ahead = model, None, []
        self.field.value = ""
        self.remove_class("-open")
        if model is not None:
            self.field.past = model.answers

    def _ask(self, question: Question) -> None:
        self._question = question
        if self._ahead:
            action, text = self._ahead.pop(0)
            self._send(action, text)
            return
        lines = question.prompt.expandtabs().split("\n")
        above = "\n".join(lines[-PROMPT_LINES:-1])
        self.query_one("#input-above", Static).update(above)
        self.query_one("#input-above").display = bool(above)
        self.query_one("#input-prompt", Static).update(lines[-1])
        self.field.password = question.password
        self.add_class("-open")

    def _draw_title(self) -> None:
        model, question = self._model, self._question
        if model is None or question is None:
            return
        where = f"run [{question.run}]" if question.run is not None else "code outside of runs"
        kind = "a password" if question.password else "input"
        words = [model.name, f"{where} waits for {kind}"]
        if not self.field.has_focus:
            words.append(spoken(self, "{key:next_pane} to answer"))
        waiting = self._waiting()
        if len(waiting) > 1:
            place = waiting.index(question) + 1 if question in waiting else 1
            words.append(f"question {place} of {len(waiting)}, Tab shows the next")
        self.query_one("#input-title", Static).update(" · ".join(words))

    # -- closing -----------------------------------------------------------------------------

    def _close_soon(self) -> None:
        model = self._model
        if model is None or not model.alive or not model.busy:
            self._close()
        elif self._linger is None:
            self._linger = once(self, LINGER, self._close_if_unused)

    def _close_if_unused(self) -> None:
        self._linger = None
        if not self.field.value and not self._ahead:
            self._close()

    def _stop_closing(self) -> None:
        if self._linger is not None:
            self._linger.cancel()
            self._linger = None

    def _close(self) -> None:
        self._stop_closing()
        if not self.is_open:
            return
        focused = self.field.has_focus
        lines = [text for action, text in self._ahead if action == "text"]
        typed = "" if self.field.password else "\n".join([*lines, self.field.value])
        self._question, self._ahead, self.field.value = None, [], ""
        self.field.password = False
        self.remove_class("-open")
        if focused:
            self.post_message(self.Closed(typed))

    # -- answering ---------------------------------------------------------------------------

    def on_answer_field_given(self, event: AnswerField.Given) -> None:
        """Answer the question; with none there, keep the answer for the next."""
        event.stop()
        if self._question is not None:
            self._send(event.action, event.text)
        elif event.action == "interrupt":
            self.post_message(self.InterruptRequested())
        else:
            self._ahead.append((event.action, event.text))

    def _send(self, action: str, text: str) -> None:
        if self._model is not None and self._question is not None:
            question, self._question = self._question, None
            self._answered = question.id
            self.post_message(self.Answered(self._model.key, question, action, text))
            self.show(self._model)

"""What a person takes out of the output pane: copies, files, code to run or edit again."""

from __future__ import annotations

from dataclasses import dataclass

from textual import events
from textual.message import Message
from textual.widget import Widget

from pyrepl_tui.engine.output_blocks import Block
from pyrepl_tui.rendering.plain import plain_output
from pyrepl_tui.widgets.bindings import bound_to
from pyrepl_tui.widgets.output_lines import COPY_LIMIT, selected_lines
from pyrepl_tui.widgets.output_prompts import (
    FindPrompt,
    OutputPrompt,
    RunPrompt,
    SavePrompt,
)
from pyrepl_tui.widgets.output_select import OutputSelect, SelectNote


def copy_text(widget: Widget, text: str) -> None:
    """Copy text that was selected, and say so."""
    widget.app.copy_to_clipboard(text)
    lines = text.count("\n") + 1
    widget.notify(f"Copied {'1 line' if lines == 1 else f'{lines:,} lines'}.", timeout=3)


class OutputTaking(OutputSelect):
    """An `OutputSelect` with commands about its runs and what is selected."""

    _prompt: OutputPrompt | None = None
    """The line that asks something, as long as there is one."""

    @dataclass
    class RunWanted(Message, namespace="output_view"):
        """Code of an earlier run is to be run again."""

        code: str

    @dataclass
    class RestoreWanted(Message, namespace="output_view"):
        """The state before a run is wanted back."""

        checkpoint: str
        """Id of the checkpoint."""

    @dataclass
    class EditWanted(Message, namespace="output_view"):
        """Code of an earlier run is wanted in the editor."""

        code: str

    # -- taking ------------------------------------------------------------------------------

    def action_run_again(self) -> None:
        """Run the code of the chosen run once more."""
        block = self.chosen_run()
        if block is not None:
            self.post_message(self.RunWanted(block.code))

    def action_restore_before(self) -> None:
        """Bring back the state before the chosen run."""
        block = self.chosen_run()
        if block is None:
            return
        if block.checkpoint:
            self.post_message(self.RestoreWanted(block.checkpoint))
        else:
            self.notify(f"The state before run {block.execution_count} was not kept.", timeout=4)

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
            many = "That is too much for a clipboard. A file takes all of it."
            self.notify(many, severity="warning")
            self.call_later(self.action_save_output)
            return
        self.app.copy_to_clipboard(text)
        lines = text.count("\n") + (not text.endswith("\n"))
        size = "1 line" if lines == 1 else f"{lines:,} lines"
        self.notify(f"Copied the {what} of run {block.execution_count}: {size}.", timeout=3)

    def action_select(self) -> None:
        """Give the keys to the selection."""
        parent = self.parent
        if isinstance(parent, Widget) and not parent.query(SelectNote):
            self._stay()
            parent.mount(SelectNote(self, self.copy_selection, self.save_selection), after=self)

    def action_select_all(self) -> None:
        """Select everything; copying offers a file if it is much."""
        self.select_everything()

    def _stay(self) -> None:
        """Let what is added not move what is in view."""
        reading = self.reading
        if reading is not None:
            reading.following = False
            reading.top = reading.layout.locate(self.scroll_offset.y)

    def copy_selection(self) -> None:
        """Copy what is selected."""
        text = self.screen.get_selected_text()
        if text:
            copy_text(self, text)

    async def save_selection(self) -> None:
        """Ask for a file for what is selected."""
        reading, selection = self.reading, self.text_selection
        if reading is not None and selection is not None:
            layout = reading.layout
            lines = selected_lines(layout, selection)
            await self._ask(SavePrompt(self, "selection", lambda: (f"{line}\n" for line in lines)))

    async def on_output_view_file_wanted(self) -> None:
        """More was selected than a clipboard takes."""
        await self.save_selection()

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
        for binding in bound_to(self, event.key):
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
            name = f"output-{block.execution_count}"
            await self._ask(SavePrompt(self, name, lambda: plain_output(block)))

    async def _ask(self, prompt: OutputPrompt) -> None:
        parent = self.parent
        if isinstance(parent, Widget):
            self._prompt = prompt
            parent.query(OutputPrompt).remove()
            await parent.mount(prompt, after=self)
            self.screen.set_focus(prompt.field)

"""The output pane within the workspace: its keys, its focus, its place."""

from __future__ import annotations

from textual.widgets import Input

from pyrepl_tui.widgets.output_prompts import OutputPrompt
from pyrepl_tui.widgets.output_view import OutputView
from tests.rendering.scribe import Scribe
from tests.tui.conftest import OpenDesk


async def test_the_panes_letters_are_commands_and_escape_leads_back(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        await desk.until(lambda: desk.app.desk.output is not None)
        scribe = Scribe(desk.session.transcript.directory)
        scribe.run("first()", "out\n")
        document = desk.app.model.document
        document.grow()
        view = desk.app.desk.output
        assert view is not None
        view.refresh_document()
        await desk.pilot.press("f6")
        await desk.until(lambda: desk.app.desk.focused is view)
        await desk.pilot.press("left_square_bracket", "f")
        await desk.shows("⋯ 1 line")
        await desk.pilot.press("slash", "o", "u", "t")
        await desk.until(
            lambda: desk.app.desk.query_one(OutputPrompt).query_one(Input).value == "out"
        )
        assert desk.app.desk.editor.text == ""
        await desk.pilot.press("escape", "escape", "escape", "escape")
        await desk.until(lambda: desk.app.desk.focused is desk.app.desk.editor)


async def test_a_click_into_the_output_leaves_the_keys_to_the_editor(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        await desk.until(lambda: desk.app.desk.output is not None)
        await desk.pilot.click(OutputView)
        await desk.type("f(1)")
        await desk.until(lambda: desk.app.desk.editor.text == "f(1)")


async def test_keys_of_the_workspace_work_in_the_output_too(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        await desk.until(lambda: desk.app.desk.output is not None)
        first = desk.app.model
        await desk.pilot.press("ctrl+t")
        await desk.until(lambda: desk.app.model is not first)
        view = desk.app.desk.output
        assert view is not None
        view.focus()
        await desk.pilot.press("ctrl+pageup")
        await desk.until(lambda: desk.app.model is first)

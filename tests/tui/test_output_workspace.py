"""The output pane within the workspace: its keys, its focus, its place."""

from __future__ import annotations

from functools import partial

from textual.widget import Widget
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


async def test_code_that_is_entered_leads_to_the_end_of_the_output(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        await desk.until(lambda: desk.app.desk.output is not None)
        Scribe(desk.session.transcript.directory).run("first()", "line\n" * 200)
        desk.app.model.document.grow()
        view = desk.app.desk.output
        assert view is not None
        view.refresh_document()
        await desk.until(lambda: view.max_scroll_y > 100)
        view.action_scroll_home()
        await desk.until(lambda: not view.following)
        await desk.type("f(1)")
        await desk.pilot.press("enter")
        await desk.until(lambda: view.following)


async def test_what_the_mouse_selects_is_copied_from_the_editor_and_told(
    open_desk: OpenDesk,
) -> None:
    async with open_desk() as desk:
        await desk.until(lambda: desk.app.desk.output is not None)
        Scribe(desk.session.transcript.directory).run("first()", "out\nput\n")
        desk.app.model.document.grow()
        view = desk.app.desk.output
        assert view is not None
        view.refresh_document()
        await desk.shows("put")
        await desk.pilot.press("ctrl+c")
        assert desk.app.clipboard == "", "nothing is selected: the key means another thing"
        view.select_everything()
        await desk.pilot.press("ctrl+c")
        await desk.until(lambda: "out\nput" in desk.app.clipboard)
        await desk.shows("Copied ")


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


async def test_what_asks_and_what_is_shown_alone_is_said_below_the_output(
    open_desk: OpenDesk,
) -> None:
    async with open_desk() as desk:
        await desk.until(lambda: desk.app.desk.output is not None)
        scribe = Scribe(desk.session.transcript.directory)
        scribe.run("first()", "out\n")
        desk.app.model.document.grow()
        view = desk.app.desk.output
        assert view is not None
        view.refresh_document()
        view.focus()
        for key, below in (("slash", "FindPrompt"), ("o", "NarrowNote")):
            await desk.pilot.press(key)
            await desk.until(partial(desk.app.desk.query, below))
            note = desk.app.desk.query_one(below)
            await desk.until(partial(_lies_below, note, view))
            assert view.region.height > 1
            assert view.region.width == note.region.width > 20
            await desk.pilot.press("escape")
            await desk.until(partial(_is_gone, note))


async def test_an_empty_output_says_what_to_do_until_something_ran(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        await desk.shows("Nothing has run yet.")
        await desk.until(lambda: desk.app.desk.output is not None)
        view = desk.app.desk.output
        assert view is not None
        view.focus()
        await desk.pilot.press("w")
        await desk.shows("Nothing was written to stderr")
        await desk.pilot.press("escape")
        scribe = Scribe(desk.session.transcript.directory)
        scribe.run("first()", "out\n")
        desk.app.model.document.grow()
        view.refresh_document()
        await desk.shows("first()")
        assert not any("Nothing has run yet." in line for line in await desk.paint())


def _lies_below(note: Widget, view: Widget) -> bool:
    return note.region.y == view.region.bottom


def _is_gone(note: Widget) -> bool:
    return not note.is_attached

from __future__ import annotations

import pytest

from pyrepl_tui.engine.completions import CallHelp, Completion, Explanation, Parameter
from pyrepl_tui.widgets.completion_popup import CompletionPopup, doc_lines
from tests.tui.conftest import Desk, OpenDesk


def popup(desk: Desk) -> CompletionPopup:
    found = desk.app.desk.editor.popup
    assert found is not None
    return found


def offer(desk: Desk, *names: str, kind: str = "function") -> None:
    desk.session.completions = [Completion(name, name, kind, "", name) for name in names]


async def opened(desk: Desk) -> None:
    await desk.until(lambda: popup(desk).is_open, "the list")


async def test_a_list_comes_while_typing_and_tab_takes_from_it(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        offer(desk, "alphabet", "alpine")
        await desk.type("x=al")
        await opened(desk)
        await desk.shows("alphabet")
        await desk.pilot.press("tab")
        assert desk.app.desk.editor.text == "x=alphabet"
        assert not popup(desk).is_open
        await desk.pilot.press("ctrl+z")
        assert desk.app.desk.editor.text == "x=al"


async def test_enter_runs_unless_the_list_was_entered(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        offer(desk, "alphabet", "alpine")
        await desk.type("al")
        await opened(desk)
        await desk.pilot.press("enter")
        assert desk.session.codes == ["al"]
        await desk.until(lambda: not popup(desk).is_open)
        desk.session.begin()
        desk.session.finish()
        await desk.type("al")
        await opened(desk)
        await desk.pilot.press("down", "enter")
        assert desk.app.desk.editor.text == "alpine"
        assert desk.session.codes == ["al"]


async def test_up_means_history_until_the_list_was_entered(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        await desk.type("alpha=1\n")
        offer(desk, "alphabet", "alpine")
        await desk.type("al")
        await opened(desk)
        await desk.pilot.press("up")
        assert desk.app.desk.editor.text == "alpha=1"


@pytest.mark.parametrize("way", ["escape", "left", "home", "space"])
async def test_what_closes_the_list(open_desk: OpenDesk, way: str) -> None:
    async with open_desk() as desk:
        offer(desk, "alphabet", "alpine")
        await desk.type("(al")
        await opened(desk)
        await desk.pilot.press(*(["home"] if way == "home" else [way]))
        if way == "left":
            await desk.pilot.press("left", "left")
        await desk.until(lambda: not popup(desk).is_open)
        assert desk.app.desk.editor.text.startswith("(al"), "nothing was taken"


async def test_the_sign_that_was_completed_with_a_keyword_is_not_doubled(
    open_desk: OpenDesk,
) -> None:
    async with open_desk() as desk:
        offer(desk, "scale=", "scatter")
        await desk.type("sca")
        await opened(desk)
        await desk.pilot.press("tab")
        await desk.type("=2=")
        assert desk.app.desk.editor.text == "scale=2="


async def test_asked_for_a_single_one_is_taken_at_once(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        offer(desk, "alphabet")
        await desk.type("al")
        await opened(desk)
        await desk.pilot.press("escape", "ctrl+space")
        await desk.until(lambda: desk.app.desk.editor.text == "alphabet")


async def test_an_answer_to_older_text_is_not_shown(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        offer(desk, "alphabet", "alpine")
        await desk.type("al")
        await opened(desk)
        desk.session.completions = []
        await desk.type("q")
        await desk.until(lambda: not popup(desk).is_open)


async def test_documentation_stands_beside_the_list(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        offer(desk, "alphabet", "alpine")
        desk.session.explanations["alpine"] = Explanation(
            "alpine", "function", parameters=(Parameter("height", "height"),), doc="Goes up high."
        )
        await desk.type("al")
        await opened(desk)
        await desk.pilot.press("down")
        await desk.shows("Goes up high.")
        await desk.shows("alpine(height)")


@pytest.mark.parametrize("size", [(40, 12), (80, 24), (200, 50)])
async def test_the_list_stays_on_the_screen(open_desk: OpenDesk, size: tuple[int, int]) -> None:
    async with open_desk(size=size) as desk:
        offer(desk, *(f"name_that_is_quite_long_{n}" for n in range(40)))
        desk.session.explanations["name_that_is_quite_long_0"] = Explanation("x", doc="doc " * 400)
        await desk.type(" " * 30 + "na")
        await opened(desk)
        await desk.pilot.pause()
        region = popup(desk).region
        assert desk.app.screen.region.contains_region(region)
        cursor = desk.app.desk.editor.cursor_screen_offset
        assert not region.contains_point(cursor), "what is typed can be seen"


async def test_the_signature_stands_above_the_editor(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        rows = (Parameter("first", "first: int"), Parameter("second", "second=2"))
        desk.session.call = CallHelp(Explanation("f", "function", parameters=rows), 1)
        await desk.type("f(1, ")
        await desk.shows("f(first: int, second=2)")
        desk.session.call = None
        await desk.pilot.press("end", "x")
        await desk.until(
            lambda: "first: int" not in str(desk.app.desk.query_one("#editor-row").border_title)
        )


async def test_a_syntax_error_is_marked_and_told(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        await desk.type("x = 1 +* 2")
        await desk.shows("invalid syntax")
        fault = desk.app.desk.editor.fault
        assert fault is not None
        assert (fault.row, fault.column) == (0, 7)
        strip = desk.app.desk.editor.render_line(0)
        marked = [part.text for part in strip if part.style is not None and part.style.underline]
        assert "".join(marked) == "*"
        await desk.pilot.press("home")
        desk.app.desk.editor.put_code("x = (1 +")
        await desk.until(lambda: desk.app.desk.editor.fault is None, "unfinished is no error")


async def test_documentation_of_the_name_at_the_cursor(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        desk.session.explanations["name"] = Explanation(
            "name", "class", "type", doc="All about it.", source="class name:\n    pass"
        )
        await desk.type("name")
        await desk.pilot.press("alt+d")
        await desk.shows("All about it.")
        await desk.pilot.press("s")
        await desk.shows("class name:")
        await desk.pilot.press("escape", "end", "x", "alt+d")
        await desk.until(
            lambda: any("Nothing to explain" in str(n.title) for n in desk.app._notifications)
        )


def test_paragraphs_are_broken_anew_and_cut() -> None:
    doc = "A sentence\nover lines.\n\n    code stays\n    as it is\n" + "more\n\n" * 40
    lines = doc_lines(Explanation("x", type="int", doc=doc), 40, 10, "Alt+D shows all")
    texts = [line.plain for line in lines]
    assert "A sentence over lines." in texts
    assert "    code stays" in texts
    assert len(lines) == 10
    assert "Alt+D" in texts[-1]

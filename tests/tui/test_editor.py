from __future__ import annotations

import time

import pytest
from textual.app import App, ComposeResult
from textual.events import Paste

from pyrepl_tui.models import Draft, History
from pyrepl_tui.themes import DARK, LIGHT
from pyrepl_tui.widgets.code_area import HIGHLIGHT_LIMIT
from pyrepl_tui.widgets.editor import Editor


class Host(App[None]):
    """An app with nothing but an editor."""

    def __init__(self) -> None:
        super().__init__()
        for theme in (DARK, LIGHT):
            self.register_theme(theme)
        self.theme = DARK.name
        self.editor = Editor()
        self.ran: list[str] = []
        self.interrupts = 0

    def compose(self) -> ComposeResult:
        yield self.editor

    def on_mount(self) -> None:
        self.editor.focus()

    def on_editor_submitted(self, event: Editor.Submitted) -> None:
        self.ran.append(event.code)

    def on_editor_interrupt_requested(self) -> None:
        self.interrupts += 1


def keys(text: str) -> list[str]:
    return [{"\n": "enter", " ": "space"}.get(char, char) for char in text]


@pytest.mark.parametrize(
    ("typed", "ran", "left"),
    [
        ("1+1\n", ["1+1"], ""),
        ("a=1\nb=2\n", ["a=1", "b=2"], ""),
        ("if x:\ny\n\n", ["if x:\n    y"], ""),
        ("f(\n", [], "f(\n    \n)"),
        ("\n \n", [], " "),
    ],
)
async def test_enter_runs_what_is_complete(typed: str, ran: list[str], left: str) -> None:
    app = Host()
    async with app.run_test() as pilot:
        await pilot.press(*keys(typed))
        assert app.ran == ran
        assert app.editor.text == left


async def test_enter_within_the_code_breaks_the_line() -> None:
    app = Host()
    async with app.run_test() as pilot:
        await pilot.press(*keys("a=1"), "ctrl+j", *keys("b=2"), "up", "enter")
        assert app.ran == []
        assert app.editor.text == "a=1\n\nb=2"


async def test_f5_runs_anything_and_ctrl_j_breaks_any_line() -> None:
    app = Host()
    async with app.run_test() as pilot:
        await pilot.press(*keys("1"), "ctrl+j", *keys("f("), "delete", "f5")
        assert app.ran == ["1\nf("]


async def test_lines_are_indented_and_dedented() -> None:
    app = Host()
    async with app.run_test() as pilot:
        await pilot.press("a", "ctrl+j", "b", "shift+up", "tab")
        assert app.editor.text == "    a\n    b"
        await pilot.press("shift+tab", "shift+tab")
        assert app.editor.text == "a\nb"
        await pilot.press("ctrl+z")
        assert app.editor.text == "    a\n    b"


async def test_backspace_takes_a_step_of_indentation() -> None:
    app = Host()
    async with app.run_test() as pilot:
        await pilot.press(*keys("if x:\nif y:\n"), "backspace")
        assert app.editor.text == "if x:\n    if y:\n    "
        await pilot.press(*keys("zz"), "backspace")
        assert app.editor.text.endswith("\n    z")


async def test_up_and_down_at_the_edges_walk_through_history() -> None:
    app = Host()
    async with app.run_test() as pilot:
        await pilot.press(*keys("x=1\nif x:\ny\n\nz=3\nif"))
        await pilot.press("up")
        assert app.editor.text == "if x:\n    y"
        await pilot.press("down", "down")
        assert app.editor.text == "if", "down to the last line, then on to the draft"
        await pilot.press("ctrl+u", "up", "up", "up")
        assert app.editor.text == "x=1", "recalled code does not hold the cursor back"


async def test_a_megabyte_is_pasted_at_once_and_runs_nothing() -> None:
    app = Host()
    text = "value = [1, 2, 3]  # a line of code\r\n" * 28_000
    async with app.run_test() as pilot:
        app.editor.enable_highlighting()
        app.editor.styles.max_height = 20
        begun = time.process_time()  # other tests' work on this machine does not count
        app.post_message(Paste(text))
        await pilot.pause()
        await pilot.press("x")
        assert time.process_time() - begun < 4
        assert app.editor.text == text.replace("\r\n", "\n") + "x"
        assert app.ran == []
        assert app.editor.language is None, "so long a text is shown plain"
        await pilot.press("ctrl+a")
        app.editor.load_text("")
        app.editor.paste("x = 1")
        assert app.editor.language == "python"


async def test_the_editor_grows_with_its_text() -> None:
    app = Host()
    async with app.run_test() as pilot:
        heights = []
        for _ in range(3):
            await pilot.pause()
            heights.append(app.editor.size.height)
            await pilot.press("ctrl+j")
        assert heights == [1, 2, 3]


async def test_ctrl_c_copies_or_interrupts() -> None:
    app = Host()
    async with app.run_test() as pilot:
        await pilot.press(*keys("ab"), "ctrl+c")
        assert app.interrupts == 1
        await pilot.press("shift+left", "ctrl+c")
        assert (app.interrupts, app.clipboard) == (1, "b")


async def test_drafts_come_back_with_cursor_and_undo() -> None:
    app = Host()
    async with app.run_test() as pilot:
        await pilot.press(*keys("abc"), "left")
        draft = app.editor.take_draft()
        app.editor.show(Draft("other"), History(), 2)
        assert app.editor.cursor_location == (0, 5)
        app.editor.show(draft, History(), 1)
        assert app.editor.cursor_location == (0, 2)
        await pilot.press("ctrl+z")
        assert app.editor.text == ""


async def test_only_rows_near_the_visible_ones_are_coloured() -> None:
    pytest.importorskip("tree_sitter", reason="has no wheels for the newest Python yet")
    app = Host()
    async with app.run_test(size=(80, 24)) as pilot:
        app.editor.enable_highlighting()
        app.editor.styles.max_height = 10
        app.editor.paste("def f(): return 1\n" * 2000)
        await pilot.pause()
        assert len(app.editor.text) < HIGHLIGHT_LIMIT
        assert 0 < len(app.editor._highlights) < 200
        assert max(app.editor._highlights) >= 1990
        app.editor.move_cursor((0, 0))
        await pilot.pause()
        assert min(app.editor._highlights) == 0


async def test_colours_follow_the_theme() -> None:
    app = Host()
    async with app.run_test() as pilot:
        app.editor.enable_highlighting()
        await pilot.press(*keys("def"))
        dark = app.editor._theme.syntax_styles["keyword"]
        app.theme = LIGHT.name
        await pilot.pause()
        assert app.editor._theme.syntax_styles["keyword"] != dark


async def test_pairs_close_themselves_and_are_stepped_over() -> None:
    app = Host()
    async with app.run_test() as pilot:
        await pilot.press(*keys('f("a", [1'))
        assert app.editor.text == 'f("a", [1])'
        await pilot.press("]", ")", "enter")
        assert app.ran == ['f("a", [1])']
        await pilot.press(*keys("g(["), "backspace", "backspace")
        assert app.editor.text == "g"


async def test_enter_between_brackets_just_opened_makes_room() -> None:
    app = Host()
    async with app.run_test() as pilot:
        await pilot.press(*keys("f(\n1"))
        assert app.editor.text == "f(\n    1\n)"
        await pilot.press("down", "enter")
        assert app.ran == ["f(\n    1\n)"]
        await pilot.press(*keys("print('x\n"))
        assert app.ran[1:] == ["print('x')"], "what closes behind the cursor is no reason to wait"


async def test_a_selection_is_put_in_brackets() -> None:
    app = Host()
    async with app.run_test() as pilot:
        await pilot.press(*keys("ab"), "shift+left", "shift+left", "(")
        assert app.editor.text == "(ab)"
        assert app.editor.selected_text == "ab"


async def test_lines_become_comments_and_move() -> None:
    app = Host()
    async with app.run_test() as pilot:
        await pilot.press("a", "ctrl+j", "b", "ctrl+j", "c", "alt+up")
        assert app.editor.text == "a\nc\nb"
        await pilot.press("shift+up", "ctrl+underscore")
        assert app.editor.text == "# a\n# c\nb"
        await pilot.press("ctrl+underscore", "alt+down")
        assert app.editor.text == "b\na\nc"
        await pilot.press("ctrl+z", "ctrl+z", "ctrl+z", "ctrl+z")
        assert app.editor.text == "a\nb\nc"


async def test_the_line_or_the_selection_runs_alone() -> None:
    app = Host()
    async with app.run_test() as pilot:
        await pilot.press("a", "ctrl+j", "b", "alt+x")
        assert app.ran == ["b"]
        await pilot.press("ctrl+a", "shift+up", "alt+x")
        assert app.ran[1:] == ["a\n"]
        assert app.editor.text == "a\nb"


async def test_prompts_are_left_out_of_what_is_pasted() -> None:
    app = Host()
    async with app.run_test() as pilot:
        app.post_message(Paste(">>> for n in x:\n...     n\n...\n1\n>>> y"))
        await pilot.pause()
        assert app.editor.text == "for n in x:\n    n\n\ny"


async def test_only_the_line_typed_in_is_drawn_anew() -> None:
    app = Host()
    async with app.run_test(size=(80, 24)) as pilot:
        app.editor.enable_highlighting()
        app.editor.styles.max_height = 20
        app.editor.paste("\n".join(f"value_{n} = sum({n})" for n in range(50)))
        await pilot.pause()
        await pilot.press("x")
        await pilot.pause()
        before = set(app.editor._drawn.keys())
        await pilot.press("y")
        await pilot.pause()
        rows = {key[0] for key in set(app.editor._drawn.keys()) - before}  # type: ignore[index]
        assert rows == {49}

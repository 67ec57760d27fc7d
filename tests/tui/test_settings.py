"""The settings file: what it says, what is wrong with it, and that the app follows it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from rich.segment import Segment
from textual.color import Color

import pyrepl_tui
from pyrepl_tui.commands import COMMANDS
from pyrepl_tui.keymap import normal_key, textual_keymap
from pyrepl_tui.rendering.ascii_only import AsciiOnly
from pyrepl_tui.session_options import SessionOptions
from pyrepl_tui.settings import Settings, load_settings, parse_settings, save_settings, template
from pyrepl_tui.widgets.editor import Editor
from tests.tui.conftest import OpenDesk


def problems(text: str) -> list[tuple[int, str]]:
    return [(each.line, each.text) for each in parse_settings(text)[1]]


def keys(settings: Settings, name: str) -> tuple[str, ...]:
    return next(command.keys for command in settings.commands if command.id == name)


def test_no_file_and_an_empty_one_are_the_defaults(tmp_path: Path) -> None:
    assert load_settings(tmp_path / "none.toml") == (Settings(), [])
    assert parse_settings("") == (Settings(), [])


def test_the_template_says_what_is_so_already() -> None:
    text = template()
    assert parse_settings(text) == (Settings(), [])
    spoken = "\n".join(
        line.removeprefix("# ")
        for line in text.splitlines()
        if (" = " in line and "python" not in line and "preload" not in line) or "[keys]" in line
    )
    assert parse_settings(spoken) == (Settings(), [])


def test_what_makes_no_sense_is_named_with_its_line_and_the_rest_holds() -> None:
    text = """\
ascii = true
theme = "solarised"
them = 1
leader = 5

[keys]
undo_run = "alt+j"
redo_runn = "alt+x"
cursor = "up"
fold = "ctl+f"
rename_session = "alt+j"
"""
    settings, found = parse_settings(text)
    assert settings.ascii
    assert keys(settings, "undo_run") == ("alt+j",)
    lines = {each.line: each.text for each in found}
    assert list(lines) == [2, 3, 4, 8, 9, 10, 11]
    assert "'solarised' is none of pyrepl-dark, pyrepl-light" in lines[2]
    assert lines[3] == "there is no setting 'them'; did you mean theme?"
    assert lines[4] == "leader: 5 is not a text in quotes"
    assert lines[8] == "redo_runn: there is no such command; did you mean redo_run?"
    assert lines[10] == ("fold: 'ctl+f' is no key; keys are written like ctrl+t, alt+u, f5, escape")
    assert lines[11] == "rename_session: alt+j is the key of undo_run already"


def test_a_name_that_several_panes_have() -> None:
    ((line, text),) = problems('[keys]\nleave = "q"\n')
    assert line == 2
    assert '"input.leave", ' in text
    assert '"output.leave"' in text
    settings, found = parse_settings('[keys]\n"output.leave" = "q"\n')
    assert found == []
    assert {c.scope: c.keys for c in settings.commands if c.id == "leave"}["output"] == ("q",)


def test_presets_of_new_sessions() -> None:
    settings, found = parse_settings(
        "[presets.science]\npreload = 'numpy pandas'\nmemory_mb = 100\n\n"
        "[presets.bad]\npython = '/x'\nmemory_mb = -1\n"
    )
    assert settings.presets == {
        "science": SessionOptions(preload=("numpy", "pandas"), memory_mb=100)
    }
    assert [(each.line, each.text) for each in found] == [
        (7, "bad: memory_mb: is a whole number above 0")
    ]


def test_a_file_that_is_no_toml_is_named_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text('ascii = true\ntheme = "pyrepl-light\n', "utf-8")
    settings, found = load_settings(path)
    assert settings == Settings()
    assert [each.line for each in found] == [2]
    with pytest.raises(ValueError):  # noqa: PT011 - whatever the parser says
        save_settings(path, theme="pyrepl-dark")
    assert path.read_text("utf-8").endswith("pyrepl-light\n")


def test_a_choice_is_saved_among_the_users_comments(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "settings.toml"
    save_settings(path, theme="pyrepl-light")
    path.write_text("# mine\n" + path.read_text("utf-8") + '[keys]\nundo_run = "f4"\n', "utf-8")
    save_settings(path, theme="pyrepl-dark", ascii=True)
    text = path.read_text("utf-8")
    assert text.startswith('# mine\ntheme = "pyrepl-dark"\n')
    settings, found = load_settings(path)
    assert (settings.theme, settings.ascii, len(found)) == ("pyrepl-dark", True, 1)


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("alt+.", "alt+full_stop"),
        ("shift+ctrl+f5", "ctrl+shift+f5"),
        ("+", "plus"),
        ("ctrl++", "ctrl+plus"),
        ("pageup", "pageup"),
        ("Q", "Q"),
        ("f25", None),
        ("hyperspace", None),
        ("", None),
    ],
)
def test_keys_as_people_write_them(written: str, key: str | None) -> None:
    assert normal_key(written) == key


def test_only_what_was_changed_is_mapped() -> None:
    assert textual_keymap(COMMANDS) == {}
    settings, _ = parse_settings('[keys]\nclose_session = "ctrl+w"\nkill_worker = "alt+0"\n')
    keymap = textual_keymap(settings.commands)
    assert keymap["app.close_session"] == "ctrl+w"
    assert keymap["app.kill_worker"] == "alt+0"
    assert not keymap["app.close_session.2"].startswith("alt")


def test_ascii_keeps_the_width() -> None:
    text = "╭─ é 日本 ❯ ≠ 🙂 ascii"
    (segment,) = AsciiOnly().apply([Segment(text)], Color(0, 0, 0))
    assert segment.text == "+- e ???? > ! ?? ascii".replace("????", "? ? ").replace("??", "? ")


async def test_keys_of_the_users_choice_work_and_are_shown(
    open_desk: OpenDesk, tmp_path: Path
) -> None:
    text = '[keys]\ntoggle_theme = "ctrl+k"\nrename_session = "alt+0"\nsubmit = "alt+enter"\n'
    (tmp_path / "settings.toml").write_text(text, "utf-8")
    async with open_desk(size=(160, 50)) as desk:
        await desk.pilot.press("x", "ctrl+k")  # TextArea's own meaning of it deletes to the end
        await desk.until(lambda: desk.app.theme == "pyrepl-light")
        await desk.pilot.press("f12")
        assert desk.app.theme == "pyrepl-light"
        await desk.pilot.press("alt+0")
        await desk.shows("Name of the session")
        await desk.pilot.press("escape")
        await desk.pilot.press("f1")
        await desk.shows("Alt+Enter")


async def test_after_the_leader_a_key_counts_as_pressed_with_alt(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        await desk.pilot.press("ctrl+g", "h")
        await desk.shows("Keys and commands")
        await desk.pilot.press("escape", "h")
        assert desk.app.query_one(Editor).text == "h"
        await desk.pilot.press("ctrl+g", "T")
        await desk.shows("Enter starts it")


async def test_the_file_is_followed_while_the_app_runs(open_desk: OpenDesk, tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    async with open_desk() as desk:
        path.write_text('theme = "pyrepl-contrast"\n', "utf-8")
        await desk.until(lambda: desk.app.theme == "pyrepl-contrast")
        path.write_text('theme = "nord"\n[keys]\nundo_rum = "f4"\n', "utf-8")
        await desk.until(lambda: desk.app.theme == "nord")
        assert any("line 3: undo_rum" in entry.text for entry in desk.app.bridge.log)


async def test_messages_name_the_keys_of_the_users_choice(
    open_desk: OpenDesk, tmp_path: Path
) -> None:
    path = tmp_path / "settings.toml"
    path.write_text('[keys]\nquit = "ctrl+y"\nhelp = ""\nnew_session = "ctrl+f9"', "utf-8")
    async with open_desk() as desk:
        await desk.pilot.press("ctrl+c")
        await desk.shows("Nothing runs. Ctrl+Y quits, 'Help' in the palette")
        await desk.pilot.press("alt+b")
        await desk.shows("There is no other session. Ctrl+F9 opens one.")


def test_no_text_names_a_key_that_could_be_another_one() -> None:
    """Texts name keys as `with_keys` has them; these files have keys that nobody can change."""
    fixed = {"cli", "history.py", "output_prompts.py", "tour.py", "command.py"}
    key = re.compile(r"\b(?:Alt|Ctrl)\+\w|\bF\d\d?\b")
    root = Path(pyrepl_tui.__file__).parent
    found = []
    for path in root.rglob("*.py"):
        if fixed & {*path.relative_to(root).parts}:
            continue
        tree = ast.parse(path.read_text("utf-8"))
        said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        found += [
            f"{path.name}:{node.lineno} {node.value}"
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in said
            and key.search(node.value)
        ]
    assert found == []

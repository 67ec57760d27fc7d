"""Every command of help and README is carried out at least once, and none of them fails."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual.app import App
from textual.dom import DOMNode
from textual.screen import Screen

from pyrepl_tui import Session
from pyrepl_tui.app import PyreplApp
from pyrepl_tui.commands import COMMANDS, Command, in_scope
from pyrepl_tui.engine.completions import Explanation
from pyrepl_tui.engine.history import History
from pyrepl_tui.engine.values import Variable
from pyrepl_tui.models import Past
from pyrepl_tui.remembrance import RememberedTab
from pyrepl_tui.screens.compare import CompareScreen, Ends
from pyrepl_tui.screens.documentation import DocumentationScreen
from pyrepl_tui.screens.ended import EndedScreen
from pyrepl_tui.screens.frames import FramesScreen
from pyrepl_tui.screens.frozen import FrozenScreen
from pyrepl_tui.screens.history import HistoryScreen
from pyrepl_tui.screens.inspect import InspectScreen
from pyrepl_tui.screens.pending import PendingScreen
from pyrepl_tui.screens.queue import QueueScreen
from pyrepl_tui.themes import DARK, THEMES
from pyrepl_tui.widgets.output_prompts import FindPrompt
from pyrepl_tui.widgets.output_select import SelectNote
from tests.tui.conftest import Desk, OpenDesk
from tests.tui.test_real_sessions import ended, opened

PANES = ("app", "editor", "input", "output", "timeline")
"""Scopes of the workspace's own panes."""
ON_A_RUN = ("find", "frames", "prompt", "selection", "variables")
"""Scopes that need what a run left in a worker and in the output."""
OPENED: dict[str, tuple[type[DOMNode], str]] = {
    "find": (FindPrompt, "slash"),
    "frames": (FramesScreen, "t"),
    "prompt": (FindPrompt, "slash"),
    "selection": (SelectNote, "x"),
}
"""What has the commands of a scope, and the key in the output that opens it."""
LAST = {"close_session": 1, "kill_worker": 2, "restart_session": 3, "quit": 4}
"""Commands after which there is less to do something with, in the order they come."""
ON_SCREENS = (
    "comparison",
    "frozen",
    "inspect",
    "history",
    "queue",
    "ended",
    "pending",
    "documentation",
)
"""Scopes of screens that need nothing but a session."""
VALUES = "test_rich_values.py"
"""Where the keys of rich values are pressed."""


async def _prepare(desk: Desk) -> None:
    """A session with a run, variables, a question."""
    await desk.type("x=1\n")
    await desk.until(lambda: desk.session.codes == ["x=1"])
    desk.session.variables = [Variable("x", "int", "", None, 28, "1", 1)]
    desk.app.bridge.link(desk.app.model).look_again()
    await desk.until(lambda: desk.app.model.table.rows)


def _target(desk: Desk, scope: str) -> DOMNode:
    screen = desk.app.desk
    assert screen.output is not None
    assert screen.timeline is not None
    targets: dict[str, DOMNode] = {
        "app": desk.app,
        "editor": screen.editor,
        "input": desk.panel.field,
        "output": screen.output,
        "timeline": screen.timeline.tree_view,
    }
    return targets[scope]


async def _back(desk: Desk) -> None:
    """Leave whatever a command has opened."""
    for _ in range(3):
        await desk.pilot.pause()
        if len(desk.app.screen_stack) == 1:
            return
        await desk.pilot.press("escape")
    while len(desk.app.screen_stack) > 1:
        await desk.app.pop_screen()


def _action(command: Command) -> str:
    return "go_to_session(1)" if command.id == "go_to_session" else command.id


@pytest.mark.parametrize("scope", PANES)
async def test_each_command_of_a_pane_works(
    open_desk: OpenDesk, scope: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    done: list[str] = []
    dispatch = PyreplApp._dispatch_action

    async def noted(app: PyreplApp, node: DOMNode, name: str, params: Any) -> bool:
        done.append(name)
        return await dispatch(app, node, name, params)

    monkeypatch.setattr(PyreplApp, "_dispatch_action", noted)
    async with open_desk() as desk:
        await _prepare(desk)
        commands = sorted(in_scope(scope), key=lambda command: LAST.get(command.id, 0))
        for command in commands:
            if command.id == "quit":
                assert await desk.app.run_action("quit", desk.app)
                break
            assert await desk.app.run_action(_action(command), _target(desk, scope)), command.id
            await _back(desk)
    missed = {command.id.partition("(")[0] for command in commands} - set(done)
    assert missed == set()


@pytest.mark.parametrize("scope", ON_SCREENS)
async def test_each_command_of_a_screen_works(scope: str, tmp_path: Path) -> None:
    app: App[None] = App()
    for theme in THEMES.values():
        app.register_theme(theme)
    app.theme = DARK.name
    async with Session(cwd=str(tmp_path)) as session, app.run_test(size=(120, 40)) as pilot:
        await session.execute("rows = [[n, n * 0.5] for n in range(100)]")
        point = await session.checkpoint()
        screens: dict[str, Callable[[], Screen[Any]]] = {
            "comparison": lambda: CompareScreen(Ends("a", "b", runnable=True)),
            "frozen": lambda: FrozenScreen(session.looker(point), 1, folder="/"),
            "inspect": lambda: InspectScreen(session.looker(), ("rows",), folder="/"),
            "history": lambda: HistoryScreen(History(tmp_path / "history"), "/"),
            "queue": lambda: QueueScreen("a", ["1", "2"], stops_on_error=True),
            "ended": lambda: EndedScreen([RememberedTab("x", "readings", "draft")]),
            "pending": lambda: PendingScreen("a", Past()),
            "documentation": lambda: DocumentationScreen(Explanation("len")),
        }
        for command in in_scope(scope):
            screen = screens[scope]()
            await app.push_screen(screen)
            await pilot.pause()
            assert await app.run_action(command.id, screen), command.id
            await pilot.pause()
            while len(app.screen_stack) > 1:
                await app.pop_screen()


@pytest.mark.parametrize("scope", ON_A_RUN)
async def test_each_command_on_what_a_run_left_works(
    scope: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with opened(tmp_path) as desk:
        screen = desk.app.desk
        await desk.type("rows = [[1, 2], [3, 4]]; 1/0\n")
        await desk.shows("ZeroDivisionError")
        await desk.until(lambda: desk.app.model.table.rows and screen.output is not None)
        # a prompt for a file's name takes the selection's place, and is left last
        for command in sorted(in_scope(scope), key=lambda each: each.id.startswith("save")):
            target: DOMNode | None = screen.variables
            if scope != "variables":
                target = await _open(desk, scope)
            assert target is not None
            assert await desk.app.run_action(command.id, target), command.id
            await _back(desk)
        await ended(desk)


async def _open(desk: Desk, scope: str) -> DOMNode | None:
    kind, key = OPENED[scope]
    assert desk.app.desk.output is not None
    if _shown(desk, kind) is None:
        desk.app.desk.output.focus()
        await desk.pilot.press(key)
        await desk.until(lambda: _shown(desk, kind), scope)
    return _shown(desk, kind)


def _shown(desk: Desk, kind: type[DOMNode]) -> DOMNode | None:
    found = [desk.app.screen, *desk.app.screen.query("*")]
    return next((node for node in found if isinstance(node, kind)), None)


@pytest.mark.parametrize("command", in_scope("value"), ids=lambda each: each.id)
def test_each_command_of_a_rich_value_is_tested(command: Command) -> None:
    text = (Path(__file__).parent / VALUES).read_text("utf-8")
    pressed = " ".join(re.findall(r"(?:press|keys|type)\(([^)]*)\)", text))
    words = {word for quoted in re.findall(r'"([^"]*)"', pressed) for word in (quoted, *quoted)}
    assert words & {*command.keys}


def test_no_scope_is_left_out() -> None:
    scopes = {command.scope for command in COMMANDS}
    assert scopes == {*PANES, *ON_A_RUN, *ON_SCREENS, "value"}

"""The panes that come after the first paint."""

from __future__ import annotations

import pytest

from pyrepl_tui.screens.workspace import WorkspaceScreen
from tests.tui.conftest import OpenDesk


async def test_the_app_may_end_while_they_come(
    open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def end_meanwhile(screen: WorkspaceScreen) -> None:
        screen.query("#panes").remove()

    ended: list[bool] = []
    mount_panes = WorkspaceScreen.mount_panes

    async def mount_and_tell(screen: WorkspaceScreen) -> None:
        await mount_panes(screen)
        ended.append(True)

    monkeypatch.setattr(WorkspaceScreen, "_rest", end_meanwhile)
    monkeypatch.setattr(WorkspaceScreen, "mount_panes", mount_and_tell)
    async with open_desk(settle=False) as desk:
        await desk.until(lambda: bool(ended), "the end of mounting")

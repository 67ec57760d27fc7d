"""Rich values and the pane's size, from the worker to the screen and back."""

from __future__ import annotations

from pathlib import Path

import pytest

from pyrepl_tui.screens.value import ValueScreen
from pyrepl_tui.widgets.output_view import OutputView
from pyrepl_tui.widgets.rows_view import RowsView
from tests.support.waiting import eventually
from tests.tui.conftest import Desk, OpenDesk
from tests.tui.test_real_sessions import ended, opened

pytestmark = pytest.mark.timeout(120)


def room(desk: Desk) -> tuple[int, int]:
    """Columns and lines of the output pane."""
    view = desk.app.screen.query_one(OutputView)
    return view.text_width, view.scrollable_content_region.height


async def test_sessions_are_told_the_panes_size(open_desk: OpenDesk) -> None:
    async with open_desk(size=(120, 40)) as desk:
        await desk.until(lambda: desk.session.screen == room(desk))
        await desk.pilot.resize_terminal(80, 24)
        await desk.until(lambda: desk.session.screen == room(desk) and room(desk)[1] < 24)
        first = desk.session
        await desk.pilot.press("ctrl+t")
        await desk.until(lambda: desk.session is not first)
        await desk.until(lambda: desk.session.screen == room(desk))


async def test_programs_fit_their_output_to_the_pane(tmp_path: Path) -> None:
    async with opened(tmp_path) as desk:
        code = "import os, shutil; [*shutil.get_terminal_size(), os.environ['FORCE_COLOR']]"
        desk.app.run_code(desk.app.model, code)
        columns, lines = room(desk)
        await desk.shows(f"[{columns}, {lines}, '3']")
        await desk.pilot.resize_terminal(90, 30)
        await desk.until(lambda: room(desk) != (columns, lines))
        columns, lines = room(desk)
        desk.app.run_code(desk.app.model, code)
        await desk.shows(f"[{columns}, {lines}, '3']")
        await ended(desk)


async def test_a_table_from_the_worker_to_the_whole_screen(tmp_path: Path) -> None:
    pytest.importorskip("numpy")
    async with opened(tmp_path) as desk:
        desk.app.run_code(desk.app.model, "import numpy as np; np.arange(400).reshape(100, 4)")
        await desk.shows("100 rows × 4 columns · numpy.ndarray")
        await desk.shows("99    396    397    398    399")
        desk.app.screen.query_one(OutputView).focus()
        await desk.pilot.press("v")
        await desk.until(lambda: isinstance(desk.app.screen, ValueScreen))
        await desk.shows("run 1 · 100 rows × 4 columns · numpy.ndarray")
        await desk.shows("20     80     81     82     83")
        await desk.pilot.press("q")
        await desk.until(lambda: not isinstance(desk.app.screen, ValueScreen))
        await ended(desk)


async def test_a_figure_from_the_worker_to_the_whole_screen(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    async with opened(tmp_path) as desk:
        code = "import matplotlib.pyplot as plt; plt.plot([1, 2]); print('drawn')"
        desk.app.run_code(desk.app.model, code)
        await desk.shows("drawn")
        await desk.until(lambda: desk.app.model.state == "idle")

        async def drawn() -> bool:
            return sum(bool(set("▌▐▀▄▘▝▖▗") & set(line)) for line in await desk.paint()) > 10

        await eventually(drawn, what="a figure in the output")
        desk.app.screen.query_one(OutputView).focus()
        await desk.pilot.press("v")
        await desk.until(lambda: isinstance(desk.app.screen, ValueScreen))
        rows = desk.app.screen.query_one(RowsView)
        await desk.until(lambda: rows.virtual_size.height > 30)
        await ended(desk)

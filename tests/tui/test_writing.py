"""Writing code in the app over real workers: completion, signatures, magics, history."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tui.conftest import output_text
from tests.tui.test_real_sessions import ended, opened

pytestmark = pytest.mark.timeout(120)


async def test_completion_and_signatures_of_live_values_also_while_code_runs(
    tmp_path: Path,
) -> None:
    async with opened(tmp_path) as desk:
        await desk.type("import statistics\n")
        await desk.until(lambda: desk.app.model.execution_count == 1)
        desk.app.run_code(desk.app.model, "while True: pass")
        await desk.until(lambda: desk.app.model.running is not None)
        editor = desk.app.desk.editor
        await desk.type("statistics.medi")
        await desk.until(lambda: editor.popup is not None and editor.popup.item is not None)
        await desk.pilot.press("tab")
        assert editor.text == "statistics.median"
        await desk.type("(")
        await desk.shows("median(data)")
        desk.app.action_interrupt()
        await desk.until(lambda: desk.app.model.running is None)
        await ended(desk)


async def test_states_are_kept_and_brought_back_by_magics(tmp_path: Path) -> None:
    async with opened(tmp_path) as desk:
        for code in ("x = 1", "%checkpoint start", "x = 2"):
            before = desk.app.model.execution_count
            await desk.type(code + "\n")
            if code[0] == "%":
                await desk.shows("'start' taken")
            else:
                await desk.until(lambda n=before: desk.app.model.execution_count > n)  # type: ignore[misc]
                await desk.until(lambda: desk.app.model.state == "idle")
        await desk.type("%restore nowhere\n")
        await desk.shows("no checkpoint named 'nowhere'")
        await desk.type("%restore start\n")
        await desk.shows("Restored")
        await desk.type("x\n")
        await desk.until(lambda: output_text(desk).endswith("1"), "the value from before")
        await ended(desk)


async def test_magics_and_the_shell_are_complete_lines(tmp_path: Path) -> None:
    async with opened(tmp_path) as desk:
        await desk.type("!echo from the shell\n")
        await desk.until(lambda: "from the shell" in output_text(desk))
        await desk.type("%cd\n")
        await desk.until(lambda: desk.app.model.execution_count == 2)
        await desk.type("%timit 1\n")
        await desk.shows("did you mean %timeit?")
        await ended(desk)

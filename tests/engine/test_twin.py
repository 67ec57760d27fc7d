"""The same code in several sessions."""

from __future__ import annotations

import pytest

from pyrepl_tui import Divergence, ExecutionResult, Session, WorkerDied, run_in_all
from pyrepl_tui.engine.twin import first_divergence


async def test_several_sessions_run_the_same_code_and_part() -> None:
    async with Session() as one:
        await one.execute("rate = 1")
        two, three = await one.branch(), await one.branch()
        await three.execute("rate = 2")
        sides = (one, two, three)
        code = "for n in range(3):\n    print(n * (rate if n > 1 else 1))\nrate"
        twin = await run_in_all(sides, code)
        assert [result.value for result in twin.results] == ["1", "1", "2"]
        assert twin.divergence == Divergence(2, "stdout", 3, "2", "4")
        assert (await run_in_all(sides, "print('same')")).divergence is None
        await two.close()
        await three.close()


async def test_one_that_dies_of_the_code_and_one_that_is_dead() -> None:
    async with Session() as one:
        two = await one.branch()
        await two.execute("doomed = True")
        twin = await run_in_all((one, two), "import os\nif 'doomed' in globals(): os._exit(3)")
        assert [result.status for result in twin.results] == ["ok", "crashed"]
        assert twin.divergence == Divergence(1, "status", 0, "ok", "crashed")
        with pytest.raises(WorkerDied):
            await run_in_all((one, two), "went_on = 1")
        assert (await one.execute("went_on")).value == "1"
        await two.close()


async def test_nobody() -> None:
    with pytest.raises(ValueError, match="at least one"):
        await run_in_all((), "1")


def test_the_earliest_place_counts() -> None:
    def said(text: str, value: str | None = None) -> ExecutionResult:
        return ExecutionResult("ok", stdout=text, value=value)

    first = said("a\nb\nc\n")
    assert first_divergence([first, said("a\nb\nx\n"), said("a\ny\nc\n")]) == Divergence(
        2, "stdout", 2, "b", "y"
    )
    assert first_divergence([first, said("a\nb\n")]) == Divergence(1, "stdout", 3, "c", "")
    assert first_divergence([first, said("a\nb\nc")]) == Divergence(1, "stdout", 4, "", "")
    assert first_divergence([first, said("a\nb\nc\n", "1")]) == Divergence(1, "value", 0, "", "1")

"""Arguments that cannot be meant are refused at once, by name, and the session goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from pyrepl_tui import Session, WorkerDied, WorkerStartError

SOON = 10.0

Call = Callable[[Any], Awaitable[Any]]

REFUSED: dict[str, tuple[type[Exception], str, Call]] = {
    "code": (TypeError, "code", lambda it: it.execute(b"1")),
    "a time of text": (
        TypeError, "timeout_ms", lambda it: it.execute("1", timeout_ms="5")
    ),
    "a broken time": (TypeError, "timeout_ms", lambda it: it.execute("1", timeout_ms=1.5)),
    "a time before": (ValueError, "timeout_ms", lambda it: it.execute("1", timeout_ms=-1)),
    "an endless time": (ValueError, "large", lambda it: it.execute("1", timeout_ms=2**64)),
    "a policy": (ValueError, "policy|Policy", lambda it: it.execute("1", policy="no")),
    "a file": (TypeError, "int", lambda it: it.execute("1", filename=5)),
    "words": (TypeError, "argv", lambda it: it.execute("1", argv=[1])),
    "a query": (TypeError, "query", lambda it: it.namespace(query=5)),
    "a path": (TypeError, "object", lambda it: it.inspect(("x", object()))),
    "a page": (TypeError, "limit", lambda it: it.inspect("x", limit="9")),
    "a label": (TypeError, "label", lambda it: it.checkpoint(5)),
    "a checkpoint": (TypeError, "Checkpoint", lambda it: it.restore(None)),
    "a branch": (TypeError, "Checkpoint", lambda it: it.branch(5)),
    "a form": (ValueError, "form", lambda it: it.restore("x", form="y")),
    "another side": (TypeError, "Session", lambda it: it.compare("x")),
    "one name": (TypeError, "names", lambda it: it.compare(it, names="x")),
    "a cursor": (TypeError, "ind", lambda it: it.complete("x", "1")),
    "a name": (TypeError, "name", lambda it: it.rename(None)),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
async def test_a_session_takes_no_harm(name: str) -> None:
    kind, text, call = REFUSED[name]
    async with Session() as session:
        await session.execute("x = 1")
        with pytest.raises(kind, match=text):
            await asyncio.wait_for(call(session), SOON)
        assert (await asyncio.wait_for(session.execute("x"), SOON)).value == "1"


async def test_there_are_two_streams_and_no_other() -> None:
    async with Session() as session:
        with pytest.raises(ValueError, match="stdout or stderr"):
            session.output(stream="stdin")


async def test_a_file_may_be_a_path() -> None:
    async with Session() as session:
        result = await session.execute("1 / 0", filename=Path("made") / "up.py")
        assert result.error is not None
        assert '"made/up.py", line 1' in result.error.traceback


@pytest.mark.parametrize("options", [{"name": 5}, {"preload": "os"}, {"cwd": 5}, {"env": {"A": 1}}])
async def test_no_session_is_made_of_them(options: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        await Session(**options).start()


async def test_a_session_that_is_over_does_not_begin_again() -> None:
    closed, failed = Session(), Session(python="/nowhere")
    await closed.start()
    await closed.close()
    with pytest.raises(WorkerStartError):
        await failed.start()
    for session in (closed, failed):
        with pytest.raises(WorkerDied):
            await session.start()
        with pytest.raises(WorkerDied):
            async with session:
                raise AssertionError("it cannot be entered")


async def test_nothing_is_restored_in_a_session_that_never_began() -> None:
    with pytest.raises(WorkerDied, match="not been started"):
        await Session().restore("x")

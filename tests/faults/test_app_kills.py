"""The program itself, in a terminal, killed with SIGKILL in the middle of its work."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from pyrepl_tui import Session, list_sessions
from tests.support.programs import alive
from tests.support.terminals import TerminalProgram
from tests.support.waiting import eventually

pytestmark = [pytest.mark.timeout(120), pytest.mark.slow]

LINES = 3_000
WORK = f"import pathlib; print('began'); input('go on? '); print('rest ' * {LINES})\r"


async def shown(terminal: TerminalProgram, text: str) -> None:
    try:
        await eventually(lambda: terminal.shows(text) or terminal.ended, 40)
        assert not terminal.ended, terminal.screen()
    except TimeoutError:
        raise AssertionError(f"{text!r} is not on\n{terminal.screen()}") from None


async def both_at_it() -> bool:
    return [str(info.state) for info in await list_sessions()] == ["idle", "waiting_input"]


async def test_nothing_is_lost_and_the_next_start_shows_it_all(tmp_path: Path) -> None:
    with TerminalProgram(tmp_path) as app:
        await shown(app, "session 1")
        await eventually(list_sessions, 40)
        app.type("kept = 6 * 7000; kept\r")
        await shown(app, "42000")
        app.type("\x14")
        await shown(app, "session 2")
        app.type(WORK)
        # not the question on the screen: its words are in the editor before they are asked
        await eventually(both_at_it, 40)
        before = await list_sessions()
    assert len(before) == 2
    assert all(info.pid is not None and alive(info.pid) for info in before)

    with TerminalProgram(tmp_path) as again:
        await shown(again, "session 2")
        await shown(again, "kept = 6 * 7000; kept")
        await shown(again, "42000")
        assert [info.pid for info in await list_sessions()] == [info.pid for info in before]
        again.type("kept + 1\r")
        await shown(again, "42001")
        again.type("\x1b[6;5~")
        await shown(again, "began")
        await shown(again, "waits for input")
        again.type("yes\r")
        await shown(again, "rest rest")
        second = await Session.attach(before[1].id)
        await eventually(lambda: second.state == "idle", 20)
    assert second.output() == b"began\n" + b"rest " * LINES + b"\n"
    assert [run.started.code for run in second.transcript.runs()] == [WORK.rstrip("\r")]
    await second.close()
    for info in await list_sessions():
        session = await Session.attach(info.id)
        await session.close()


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
async def test_an_app_that_is_told_to_end_keeps_what_was_typed_last(
    tmp_path: Path, number: signal.Signals
) -> None:
    """The terminal is closed right after a key, or the machine shuts down."""
    with TerminalProgram(tmp_path) as app:
        await shown(app, "session 1")
        await eventually(list_sessions, 40)
        app.type("import threading; threading.Event().wait()\r")
        await eventually(busy, 40)
        app.type("queued = 'kept'\r")
        await shown(app, "1 queued")
        app.type("typed = 'last")
        await shown(app, "typed = 'last")
        app.process.send_signal(number)
        await eventually(lambda: app.ended, 20)
        assert app.process.returncode == -number
    with TerminalProgram(tmp_path) as again:
        await shown(again, "typed = 'last")
        session = await Session.attach((await list_sessions())[0].id)
        await session.interrupt()
        await eventually(lambda: session.execution_count == 2 and session.state == "idle", 20)
        assert [row.summary for row in await session.namespace(query="queued")] == ["'kept'"]
        await session.close()


async def busy() -> bool:
    return [str(info.state) for info in await list_sessions()] == ["busy"]

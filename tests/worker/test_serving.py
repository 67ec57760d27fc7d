"""A session is heard whoever of its worker's threads serves: at once, and in every state."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from pyrepl_tui import Session
from pyrepl_worker import serving
from tests.support.waiting import eventually

from .running import first_output, ok, result_of, soon, value

ALARM = (
    "import signal\nclass Late(Exception): pass\n"
    "def ring(*_): raise Late('too late')\n_ = signal.signal(signal.SIGALRM, ring)"
)


async def test_a_handler_that_raises_breaks_a_question_off(session: Session) -> None:
    await ok(session, ALARM)
    code = "_ = signal.setitimer(signal.ITIMER_REAL, 0.02)\ninput('? ')"
    for _ in range(3):
        result = await result_of(session.run(code, on_input="ask"))
        assert result.error is not None
        assert result.error.name == "Late"
        assert session.inputs == []
    assert await value(session, "6 * 7") == "42"


async def test_a_handler_that_returns_lets_a_question_wait_on(session: Session) -> None:
    code = (
        "import signal\nseen = []\n"
        "old = signal.signal(signal.SIGINT, lambda *_: seen.append('heard'))\n"
        "line = input('? ')\n_ = signal.signal(signal.SIGINT, old)\nline, seen"
    )
    operation = session.run(code, on_input="ask")
    await eventually(lambda: session.inputs)
    await session.interrupt()
    assert await soon(session.namespace(query="seen"))
    await session.answer(session.inputs[0], "yes")
    assert (await result_of(operation)).value == "('yes', ['heard'])"


async def test_a_time_limit_ends_a_question(session: Session) -> None:
    operation = session.run("input('? ')", on_input="ask", timeout_ms=50)
    assert (await result_of(operation)).status == "timeout"
    assert session.inputs == []


async def test_questions_in_turn_with_work_of_any_length(session: Session) -> None:
    code = (
        "import time\ndone = []\nfor pause in (0, 0.001, 0.02, 0, 0.005, 0):\n"
        "    end = time.monotonic() + pause\n    while time.monotonic() < end: pass\n"
        "    done.append(input())\ndone"
    )
    lines = iter("abcdef")
    result = await ok(session, code, on_input=lambda request: next(lines))
    assert result.value == "['a', 'b', 'c', 'd', 'e', 'f']"


async def test_many_short_runs_in_a_row_keep_nobody_from_being_heard(session: Session) -> None:
    runs = [session.run("sum(range(1000))") for _ in range(100)]
    looking = asyncio.ensure_future(soon(session.namespace()))
    while not looking.done():  # there is always one more that waits
        runs += [session.run("sum(range(1000))") for _ in range(100)]
        await runs[-100]
    assert await looking is not None
    runs += [session.run("sum(range(1000))") for _ in range(100)]
    await session.interrupt()
    assert (await result_of(runs[-1])).status == "ok"


async def test_code_is_watched_over_after_each_checkpoint(session: Session) -> None:
    """The thread that serves while code runs ends for a fork, and comes back."""
    await ok(session, "x = 1")
    for _ in range(10):
        point = await session.checkpoint()
        operation = session.run("print('go', flush=True)\nwhile True: pass")
        await first_output(operation)
        assert await soon(session.namespace(query="x"))
        await session.interrupt()
        assert (await result_of(operation)).status == "interrupted"
        await session.restore(point)


def test_where_there_is_no_room_for_a_thread_it_is_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    started: list[object] = []
    room = False

    def start(call: object, args: object) -> None:
        if not room:
            raise RuntimeError("can't start new thread")
        started.append(call)

    monkeypatch.setattr(serving, "start_new_thread", start)
    node = SimpleNamespace(audience=SimpleNamespace(release=lambda: False, has_backlog=False))
    service = serving.Service(cast("Any", node))
    service.start_thread()
    for _ in range(2):
        service._come_home()
        service.leave()
        room = True
    assert len(started) == 1


async def test_a_second_client_meets_a_session_in_every_state(session: Session) -> None:
    for code in ("None", "print('go', flush=True)\nwhile True: pass", "print('go')\ninput()"):
        operation = session.run(code, on_input="ask")
        if "go" in code:
            await first_output(operation)
        other = await soon(Session.attach(session.id))
        assert await soon(other.namespace()) == []
        await soon(other.interrupt())
        await other.detach()
        await result_of(operation)


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="threads are seen in /proc")
async def test_code_is_interrupted_after_a_long_rest(session: Session) -> None:
    await ok(session, "None")
    assert session.pid is not None
    seen = [_switches(session.pid)]

    def sleeps() -> bool:
        seen.append(_switches(session.pid or 0))
        return len(seen) > 30 and len(set(seen[-30:])) == 1

    await eventually(sleeps)
    operation = session.run("while True: pass")
    await eventually(lambda: operation.status == "running")
    await session.interrupt()
    assert (await result_of(operation)).status == "interrupted"


def _switches(pid: int) -> int:
    """How often threads of a process went to sleep."""
    count = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        for line in Path(f"/proc/{pid}/task/{task}/status").read_text().splitlines():
            if line.startswith("voluntary_ctxt_switches"):
                count += int(line.split()[1])
    return count


async def test_a_long_run_amid_short_ones_is_heard_of_while_it_goes_on(session: Session) -> None:
    for _ in range(30):
        await ok(session, "x = 1")
    operation = session.run("while True: pass")
    await eventually(lambda: operation.status == "running" and session.state == "busy")
    await soon(session.interrupt())
    assert (await result_of(operation)).status == "interrupted"


async def test_an_answer_amid_many_is_heard_of_while_the_code_goes_on(session: Session) -> None:
    code = "for _ in range(30): input()\nwhile True: pass"
    operation = session.run(code, on_input=lambda request: "yes")
    await eventually(lambda: operation.status == "running" and session.inputs == [])
    await eventually(lambda: session.state == "busy")
    await soon(session.interrupt())
    assert (await result_of(operation)).status == "interrupted"

"""What an interrupt ends, and what it leaves alone."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import pytest

from pyrepl_tui import Session
from tests.support.waiting import eventually

from .conftest import InEach
from .running import first_output, ok, result_of, run, soon, value

GO = "print('go', flush=True)\n"
ENDLESS = {
    "a loop": GO + "while True: pass",
    "a sleep": "import time\n" + GO + "time.sleep(600)",
    "an await": "import asyncio\n" + GO + "await asyncio.sleep(600)",
    "a lock": "import threading\nlock = threading.Lock()\nlock.acquire()\n" + GO + "lock.acquire()",
    "a join": (
        "import threading\ngone = threading.Event()\n"
        "t = threading.Thread(target=gone.wait, daemon=True)\nt.start()\n" + GO + "t.join()"
    ),
    "a queue": "import queue\n" + GO + "queue.Queue().get()",
    "a child": "import subprocess\n" + GO + "subprocess.run(['sleep', '600'])",
    "a select": "import select\n" + GO + "select.select([], [], [])",
    "a read": "import os\nr, w = os.pipe()\n" + GO + "os.read(r, 1)",
    "a regex": "import re\n" + GO + "while True: re.match(r'(a+)+$', 'a' * 18 + 'b')",
    "a big sum": GO + "while True: sum(range(10**5))",
    "a flood": "while True: print('go' * 30)",
    "a flood on stderr": "import sys\nwhile True: print('go' * 30, file=sys.stderr)",
    "a pool": (
        "from concurrent.futures import ThreadPoolExecutor\nimport threading\n"
        "gone = threading.Event()\npool = ThreadPoolExecutor(1)\n"
        "future = pool.submit(gone.wait)\n" + GO + "future.result()"
    ),
}


@pytest.mark.parametrize("code", ENDLESS.values(), ids=ENDLESS)
async def test_it_ends_and_the_state_is_kept(session: Session, code: str) -> None:
    pid = session.pid
    operation = session.run("x = 'kept'\n" + code)
    await first_output(operation)
    await session.interrupt()
    result = await result_of(operation)
    assert result.status == "interrupted"
    assert result.error is not None
    assert result.error.name == "KeyboardInterrupt"
    assert "pyrepl" not in result.error.traceback
    assert (await value(session, "x"), session.pid) == ("'kept'", pid)
    await ok(session, "if 'gone' in globals(): gone.set()")


GREEDY = "import re\n" + GO + "re.match(r'(a+)+$', 'a' * 60 + 'b')"
"""It looks for signals, and lets no other thread run."""


async def test_what_keeps_the_worker_from_listening_ends(session: Session) -> None:
    operation = session.run("x = 'kept'\n" + GREEDY)
    waiting = session.run("'ran'")
    await first_output(operation)
    await soon(session.interrupt())
    assert (await result_of(operation)).status == "interrupted"
    assert (await result_of(waiting)).value == "'ran'"
    assert await value(session, "x") == "'kept'"


async def test_what_keeps_the_worker_from_listening_can_be_cancelled(session: Session) -> None:
    operation = session.run(GREEDY)
    await first_output(operation)
    await soon(operation.cancel())
    assert (await result_of(operation)).status == "cancelled"
    assert await value(session, "6 * 7") == "42"


async def test_what_keeps_the_worker_from_listening_ends_in_time(session: Session) -> None:
    result = await run(session, "x = 'kept'\n" + GREEDY, timeout_ms=100)
    assert (result.status, await value(session, "x")) == ("timeout", "'kept'")


async def test_code_that_cleans_up_when_its_time_is_up_is_left_to_do_so(session: Session) -> None:
    code = (
        "import time\nn = 0\ntry:\n    time.sleep(60)\nfinally:\n"
        "    end = time.monotonic() + 0.8\n    while time.monotonic() < end: pass\n    n = 'clean'"
    )
    result = await run(session, code, timeout_ms=100)
    assert (result.status, await value(session, "n")) == ("timeout", "'clean'")


async def test_a_call_that_heeds_no_signal_leaves_the_caller_free(session: Session) -> None:
    operation = session.run("import itertools\n" + GO + "sum(itertools.repeat(1, 10**10))")
    await first_output(operation)
    await soon(session.interrupt())
    await session.kill()
    assert (await result_of(operation)).status == "crashed"


@pytest.mark.parametrize("call", ["input()", "__import__('sys').stdin.readline()"])
async def test_a_question_ends(session: Session, call: str) -> None:
    operation = session.run(f"x = 'kept'\n{call}", on_input="ask")
    await eventually(lambda: session.inputs)
    await session.interrupt()
    assert (await result_of(operation)).status == "interrupted"
    assert session.inputs == []
    result = await ok(session, "x, input()", on_input=lambda request: "again")
    assert result.value == "('kept', 'again')"


async def test_a_swallowed_interrupt_is_repeated(in_each: InEach) -> None:
    async def check(session: Session) -> None:
        code = (
            "n = 0\nwhile True:\n    try:\n        while True:\n"
            "            if not n: print('go', flush=True)\n            n = n or 1\n"
            "    except KeyboardInterrupt:\n        n += 1\n        if n == 3: raise"
        )
        operation = session.run(code)
        await first_output(operation)
        await session.interrupt()
        assert (await result_of(operation)).status == "interrupted"
        assert await value(session, "n") == "3"

    await in_each(check)


async def test_what_cannot_be_interrupted_can_be_killed(session: Session) -> None:
    code = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n" + GO + "while True: pass"
    operation = session.run(code)
    await first_output(operation)
    await session.interrupt()
    await session.kill()
    result = await soon(result_of(operation), 2)
    assert result.status == "crashed"
    await session.restart()
    assert await value(session, "1 + 1") == "2"


async def test_an_interrupt_right_after_the_request_is_never_lost(session: Session) -> None:
    for turn in range(60):
        operation = session.run("while True: pass")
        for _ in range(turn % 7):
            await asyncio.sleep(0)
        await session.interrupt()
        assert (await result_of(operation)).status == "interrupted"
    assert await value(session, "6 * 7") == "42"


async def test_interrupts_while_nothing_runs_do_nothing(session: Session) -> None:
    for _ in range(20):
        await session.interrupt()
        assert await value(session, "6 * 7") == "42"
        await session.interrupt()
    assert (await ok(session, "print('x')")).stdout == "x\n"


async def test_short_runs_among_interrupts_end_one_way_or_the_other(session: Session) -> None:
    for _ in range(100):
        operation = session.run("x = sum(range(1000))")
        interrupting = asyncio.ensure_future(session.interrupt())
        result = await result_of(operation)
        assert result.status in ("ok", "interrupted")
        await interrupting
    assert await value(session, "6 * 7") == "42"


async def test_only_the_running_operation_is_interrupted(session: Session) -> None:
    running = session.run("print('go', flush=True)\nwhile True: pass")
    waiting = session.run("'ran'")
    await first_output(running)
    await session.interrupt()
    assert (await result_of(running)).status == "interrupted"
    assert (await result_of(waiting)).value == "'ran'"


async def test_cancelling_a_waiting_operation(session: Session) -> None:
    running = session.run("print('go', flush=True)\nwhile True: pass")
    waiting = session.run("y = 1")
    await first_output(running)
    await waiting.cancel()
    assert (await result_of(waiting)).status == "cancelled"
    await running.cancel()
    assert (await result_of(running)).status == "cancelled"
    assert await value(session, "'y' in globals()") == "False"


async def test_a_timeout_keeps_the_state(session: Session) -> None:
    for code in ("while True: pass", "import time; time.sleep(600)", "input()"):
        operation = session.run(f"x = 'kept'\n{code}", timeout_ms=60, on_input="ask")
        result = await result_of(operation)
        assert result.status == "timeout"
        assert 50 <= result.duration_ms < 5000
        assert await value(session, "x") == "'kept'"
    assert session.inputs == []


async def test_a_child_that_system_waits_for_is_interrupted_too(in_each: InEach) -> None:
    """C's system() ignores the signal itself: only its child can end it."""

    async def check(session: Session) -> None:
        code = "import os\nprint('go', flush=True)\ncode = os.system('sleep 600; echo never')"
        operation = session.run(code)
        await first_output(operation)
        await session.interrupt()
        result = await result_of(operation)
        assert result.stdout == "go\n"
        assert result.status in ("ok", "interrupted")  # system() itself has ended as it always does

    await in_each(check)


async def test_a_timeout_that_is_not_reached(session: Session) -> None:
    assert (await ok(session, "1", timeout_ms=10_000)).value == "1"
    assert await value(session, "import time; time.sleep(0.02); 2") == "2"


async def test_the_users_own_handler_is_called(session: Session) -> None:
    code = (
        "import signal\nseen = []\n"
        "def mine(number, frame):\n    seen.append(number)\n    raise LookupError('mine')\n"
        "old = signal.signal(signal.SIGINT, mine)"
    )
    await ok(session, code)
    operation = session.run("print('go', flush=True)\nwhile True: pass")
    await first_output(operation)
    await session.interrupt()
    result = await result_of(operation)
    assert result.status == "interrupted"
    assert result.error is not None
    assert result.error.name == "LookupError"
    assert await value(session, "signal.getsignal(signal.SIGINT) is mine, seen == [2]") == (
        "(True, True)"
    )
    await ok(session, "signal.signal(signal.SIGINT, old)")
    operation = session.run("print('go', flush=True)\nwhile True: pass")
    await first_output(operation)
    await session.interrupt()
    assert (await result_of(operation)).error.name == "KeyboardInterrupt"  # type: ignore[union-attr]


async def test_a_user_who_ignores_sigint_is_left_in_peace(session: Session, work: Path) -> None:
    await ok(session, "import signal\nold = signal.signal(signal.SIGINT, signal.SIG_IGN)")
    code = "import os\nprint('go', flush=True)\nwhile not os.path.exists('enough'): pass"
    operation = session.run(code)
    await first_output(operation)
    await session.interrupt()
    (work / "enough").touch()
    await result_of(operation)
    assert await value(session, "signal.getsignal(signal.SIGINT) == signal.SIG_IGN") == "True"


async def test_other_handlers_of_the_user_work(session: Session) -> None:
    code = (
        "import signal, os\ncaught = []\n"
        "signal.signal(signal.SIGUSR1, lambda n, f: caught.append(n))\n"
        "os.kill(os.getpid(), signal.SIGUSR1)\ncaught == [signal.SIGUSR1]"
    )
    assert await value(session, code) == "True"


async def test_handlers_of_the_user_run_while_nothing_else_does(session: Session) -> None:
    code = "import signal\nsignal.signal(signal.SIGUSR1, lambda n, f: print('caught'));"
    await ok(session, code)
    assert session.pid is not None
    for turn in (1, 2):
        os.kill(session.pid, signal.SIGUSR1)
        await eventually(lambda: session.output() == b"caught\n" * turn)  # noqa: B023
    assert await value(session, "6 * 7") == "42"


async def test_a_handler_that_raises_while_nothing_runs(session: Session) -> None:
    code = "import signal\ndef f(n, frame): raise LookupError('idle')\nsignal.signal(10, f);"
    await ok(session, code)
    assert session.pid is not None
    for turn in range(1, 10):
        os.kill(session.pid, signal.SIGUSR1)
        await eventually(lambda: session.output().count(b"LookupError: idle") == turn)  # noqa: B023
        assert await value(session, "6 * 7") == "42"


async def test_the_users_signal_mask_is_kept(session: Session) -> None:
    await ok(session, "import signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR2]);")
    code = "signal.pthread_sigmask(signal.SIG_BLOCK, []) == {signal.SIGUSR2}"
    assert await value(session, code) == "True"
    assert await value(session, code) == "True"


async def test_an_alarm_between_runs_that_raises(session: Session) -> None:
    """Its handler raises in code of ours, which must survive that."""
    code = (
        "import signal\nrung = 0\ndef ring(number, frame):\n"
        "    global rung\n    rung += 1\n    raise RuntimeError('ring')\n"
        "signal.signal(signal.SIGALRM, ring);"
    )
    await ok(session, code)
    for turn in range(1, 60):
        result = await run(session, f"signal.setitimer(signal.ITIMER_REAL, {turn} * 0.00001);")
        assert result.status in ("ok", "error")
        assert (await run(session, "'next'")).status in ("ok", "error")
    await run(session, "signal.signal(signal.SIGALRM, signal.SIG_IGN)")  # the last may strike here
    assert await value(session, "rung > 0") == "True"


async def test_an_interrupt_in_cleanup_code(session: Session) -> None:
    code = "try:\n    print('go', flush=True)\n    while True: pass\nfinally:\n    x = 'clean'"
    operation = session.run(code)
    await first_output(operation)
    await session.interrupt()
    assert (await result_of(operation)).status == "interrupted"
    assert await value(session, "x") == "'clean'"


async def test_a_caught_interrupt_is_a_success(session: Session) -> None:
    code = (
        "try:\n    print('go', flush=True)\n    while True: pass\n"
        "except KeyboardInterrupt:\n    x = 'caught'\nx"
    )
    operation = session.run(code)
    await first_output(operation)
    await session.interrupt()
    result = await result_of(operation)
    assert (result.status, result.value) == ("ok", "'caught'")


async def test_sigint_from_outside_is_an_interrupt_too(session: Session) -> None:
    operation = session.run("print('go', flush=True)\nwhile True: pass")
    await first_output(operation)
    assert session.pid is not None
    os.kill(session.pid, signal.SIGINT)
    assert (await result_of(operation)).status == "interrupted"
    os.kill(session.pid, signal.SIGINT)
    assert await value(session, "1") == "1"

"""A worker that dies is told of within a second, with the cause."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest

from pyrepl_tui import ExecutionResult, Session, SessionState, WorkerDied
from tests.support.waiting import eventually

from .running import first_output, ok, run, soon, value

SOON = 1.0
"""Seconds within which a caller must hear of a death."""

DEATHS: dict[str, tuple[str, int | None, int | None, str]] = {
    "os._exit": ("import os; os._exit(7)", None, 7, "exited with code 7"),
    "os._exit(0)": ("import os; os._exit(0)", None, 0, "exited with code 0"),
    "SIGKILL": ("import os, signal; os.kill(os.getpid(), 9)", signal.SIGKILL, None, "SIGKILL"),
    "SIGTERM": ("import os; os.kill(os.getpid(), 15)", signal.SIGTERM, None, "SIGTERM"),
    "segfault": ("import ctypes; ctypes.string_at(0)", signal.SIGSEGV, None, "segmentation fault"),
    "abort": ("import os; os.abort()", signal.SIGABRT, None, "aborted"),
    "in a thread": (
        "import os, threading as t\nt.Thread(target=os._exit, args=[9]).start()\nwhile 1: pass",
        None, 9, "code 9",
    ),
    "in a task": (
        "import os, asyncio\nasync def f(): os._exit(5)\nawait asyncio.gather(f())",
        None, 5, "code 5",
    ),
    "in a repr": (
        "import os\nclass C:\n    def __repr__(self): os._exit(6)\nC()", None, 6, "code 6",
    ),
    "in an error's text": (
        "import os\nclass E(Exception):\n    def __str__(self): os._exit(6)\nraise E",
        None, 6, "code 6",
    ),
    "a real-time signal": (
        "import os, signal; os.kill(os.getpid(), signal.SIGRTMIN + 3)",
        signal.SIGRTMIN + 3, None, "was killed",
    ),
    "a limit on processor time": (
        "import os, signal; os.kill(os.getpid(), signal.SIGXCPU)",
        signal.SIGXCPU, None, "SIGXCPU",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", DEATHS)
async def test_a_death_has_its_cause(session: Session, name: str) -> None:
    code, number, exit_code, words = DEATHS[name]
    await ok(session, "import resource; resource.setrlimit(resource.RLIMIT_CORE, (0, 0))")
    operation = session.run("print('before')\n" + code, on_input="ask")
    assert await first_output(operation) == b"before\n"
    result: ExecutionResult = await soon(operation, SOON)
    assert result.status == "crashed"
    assert result.death is not None
    assert (result.death.signal, result.death.exit_code) == (number, exit_code)
    assert words in result.death.reason
    assert result.stdout == "before\n"
    await eventually(lambda: session.state is SessionState.DEAD)
    with pytest.raises(WorkerDied, match="restart"):
        await session.execute("1")
    await session.restart()
    assert await value(session, "'x' in globals(), 6 * 7") == "(False, 42)"


@pytest.mark.parametrize("name", ["SIGKILL", "SIGTERM", "SIGHUP", "SIGSEGV"])
async def test_a_death_between_runs(session: Session, name: str) -> None:
    await ok(session, "import resource; resource.setrlimit(resource.RLIMIT_CORE, (0, 0))")
    assert session.pid is not None
    os.kill(session.pid, signal.Signals[name])
    await eventually(lambda: session.state is SessionState.DEAD, SOON)
    assert session.death is not None
    assert session.death.signal == signal.Signals[name]
    with pytest.raises(WorkerDied, match=name):
        await session.execute("1")
    with pytest.raises(WorkerDied, match=name):
        await session.namespace()
    with pytest.raises(WorkerDied, match=name):
        await session.interrupt()


async def test_deaths_at_any_moment_of_short_runs(session: Session) -> None:
    """Killed by another process after a number of rounds: while idle, starting, ending."""
    for turn in range(15):
        operations = [session.run(f"print({i})\nx = {i}") for i in range(4)]
        for _ in range(turn):
            await asyncio.sleep(0)
        assert session.pid is not None
        os.kill(session.pid, signal.SIGKILL)
        results = await soon(asyncio.gather(*map(_end_of, operations)), SOON)
        assert set(results) <= {"ok", "crashed", "cancelled"}
        assert results == sorted(results, key=lambda status: status != "ok"), results
        await session.restart()
    assert await value(session, "6 * 7") == "42"


async def _end_of(operation: object) -> str:
    try:
        return (await operation).status  # type: ignore[misc,no-any-return]
    except WorkerDied:
        return "crashed"


async def test_closing_3_to_1000_breaks_only_the_users_things(session: Session) -> None:
    await ok(session, "import os\nf = open(os.devnull)\nos.closerange(3, 1001)")
    assert await value(session, "6 * 7") == "42"
    assert (await ok(session, "print('here')")).stdout == "here\n"
    result = await ok(session, "input()", on_input=lambda request: "asked")
    assert result.value == "'asked'"
    result = await run(session, "while True: pass", timeout_ms=30)
    assert result.status == "timeout"


@pytest.mark.parametrize("low", [0, 3])
async def test_closing_everything_is_a_death_with_its_cause(session: Session, low: int) -> None:
    await ok(session, "print('kept')")
    try:
        result = await soon(
            session.execute(f"import os\nos.closerange({low}, 1 << 20)\nwhile True: pass"), 2
        )
    except WorkerDied as error:
        reason = str(error)
    else:
        assert result.status == "crashed"
        assert result.death is not None
        reason = result.death.reason
    assert "file descriptors" in reason
    await session.restart()
    assert await value(session, "1") == "1"
    assert session.output().startswith(b"kept\n")


BREAKAGE = {
    "stdout replaced": "import sys, io\nsys.stdout = io.StringIO()",
    "stdout gone": "import sys\nsys.stdout = sys.stderr = sys.stdin = None",
    "streams deleted": "import sys\ndel sys.stdout, sys.stderr, sys.stdin",
    "stderr deleted alone": "import sys\ndel sys.stderr",
    "stdout closed": "import sys\nsys.stdout.close()",
    "descriptors 1 and 2 closed": "import os\nos.close(1); os.close(2)",
    "modules cleared": "import sys\nsys.modules.clear()",
    "print and more rebound": (
        "import builtins\ndef broken(*a, **k): raise RuntimeError('broken')\n"
        "for n in ('print', 'exec', 'eval', 'compile', '__import__', 'len', 'isinstance', 'type',"
        " 'getattr', 'repr', 'open', 'str', 'Exception', 'KeyboardInterrupt'):\n"
        "    setattr(builtins, n, broken)"
    ),
    "own print and exec": "print = exec = eval = compile = __import__ = open = input = None",
    "__builtins__ rebound": "__builtins__ = {}",
    "builtins emptied": "import builtins\nvars(builtins).clear()",
    "namespace cleared": "globals().clear()",
    "tracing": "import sys\nsys.settrace(lambda *a: 1/0)",
    "low recursion limit": "import sys\nsys.setrecursionlimit(40)",
}


@pytest.mark.parametrize("code", BREAKAGE.values(), ids=BREAKAGE)
async def test_who_breaks_things_breaks_the_own(session: Session, code: str) -> None:
    pid = session.pid
    await run(session, code)
    result = await run(session, "6 * 7")
    assert session.pid == pid
    assert result.status in ("ok", "error"), result
    if result.status == "ok":
        assert result.value == "42"
    assert (await run(session, "while True: pass", timeout_ms=50)).status in ("timeout", "error")
    assert (await run(session, "1/0")).status == "error"
    await soon(session.namespace())
    await session.restart()
    assert await value(session, "6 * 7") == "42"


async def test_a_dead_workers_children_end_with_a_restart(session: Session) -> None:
    code = (
        "import subprocess, os\nchild = subprocess.Popen(['sleep', '600'])\n"
        "print(child.pid, flush=True)\nos._exit(1)"
    )
    result = await run(session, code)
    child = int(result.stdout)
    await session.restart()

    def gone() -> bool:
        try:
            os.kill(child, 0)
        except ProcessLookupError:
            return True
        return False

    await eventually(gone)

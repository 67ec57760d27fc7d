"""What a nursery rehearses: sessions have the good of it, and see nothing of it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.support.interpreters import Interpreter

from .conftest import Nest
from .running import ok, value

WORKER = Path(__file__).parents[2] / "worker"

SCATTERED = """
import gc, sys
sys.path.insert(0, sys.argv[1])
from pyrepl_worker import packing

def made(number):
    space = {"__name__": "made"}
    exec(f"def run(n):\\n def within(): return n + {number}\\n return within()", space)
    return space["run"]

functions, between = [], []
for number in range(40):
    functions.append(made(number))
    between.append([bytes(size) for size in range(100, 500, 3) for _ in range(20)])
codes = {f.__code__ for f in functions}
codes |= {c for f in functions for c in f.__code__.co_consts if type(c) is type(f.__code__)}
before = {id(f.__code__) >> 12 for f in functions}
packing.pack(codes)
after = {id(f.__code__) >> 12 for f in functions}
inner = {id(c) for f in functions for c in f.__code__.co_consts if type(c) is type(f.__code__)}
assert not inner & {id(c) for c in codes}
assert [f(1) for f in functions] == list(range(1, 41))
print(len(before), len(after), sum(map(len, packing._kept[-1])))
"""


def test_code_that_runs_is_put_side_by_side(interpreter: Interpreter) -> None:
    command = [interpreter.path, "-c", SCATTERED, str(WORKER)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    before, after, filling = map(int, done.stdout.split())
    assert before >= 35
    assert after <= 15
    assert 0 < filling < 4 << 20


def test_memory_that_is_no_pools_is_not_filled(interpreter: Interpreter) -> None:
    command = [interpreter.path, "-c", SCATTERED, str(WORKER)]
    env = {**os.environ, "PYTHONMALLOC": "malloc"}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=env)
    assert done.stdout.split()[2] == "0"


async def test_a_session_sees_nothing_of_the_rehearsal(
    nest: Nest, interpreter: Interpreter, work: Path
) -> None:
    env = {"FOR": "a nursery that nobody else uses, and that rehearses now"}
    async with nest.session(python=interpreter.path, env=env, cwd=work) as session:
        result = await ok(session, "import sys, os, linecache, builtins, signal, threading")
        assert result.execution_count == 1
        names = str(await value(session, "sorted(globals())"))
        assert "rehearse" not in names
        assert await value(session, "[n for n in linecache.cache if 'rehears' in str(n)]") == "[]"
        assert await value(session, "sys.modules['__main__'].__dict__ is globals()") == "True"
        assert await value(session, "threading.active_count()") == "1"
        assert await value(session, "signal.getsignal(signal.SIGINT).__name__") == (
            "'default_int_handler'"
        )
        assert await value(session, "signal.pthread_sigmask(signal.SIG_BLOCK, ())") == "set()"
        assert await value(session, "os.getcwd() == " + repr(str(work))) == "True"
        assert await value(session, "sys.getprofile()") is None
        printed = await ok(session, "print('out'); print('err', file=sys.stderr)")
        assert (printed.stdout, printed.stderr) == ("out\n", "err\n")
        runtime = Path(nest.env["XDG_RUNTIME_DIR"]) / "pyrepl-tui"
        assert list(runtime.glob("n/*.trial")) == []


async def test_where_the_rehearsal_fails_sessions_are_new_processes(
    nest: Nest, interpreter: Interpreter, work: Path
) -> None:
    (work / "sitecustomize.py").write_text("import sys\ndel sys.setprofile\n")
    env = {"PYTHONPATH": str(work), "PYREPL_TUI_LINGER": "1"}
    async with nest.session(python=interpreter.path, env=env) as session:
        assert await value(session, "import sys; hasattr(sys, 'setprofile')") == "False"
        point = await session.checkpoint()
        await ok(session, "here = 1")
        await session.restore(point)
        assert await value(session, "'here' in globals()") == "False"


async def test_code_of_ours_is_used_to_what_it_meets(
    nest: Nest, interpreter: Interpreter, work: Path
) -> None:
    """What runs a cell has been rewritten before the first cell runs."""
    if interpreter.version < (3, 12):
        pytest.skip("from 3.12 on code rewrites itself so early that it is seen here")
    look = (
        "import sys, dis; frame = sys._getframe().f_back\n"
        "while frame.f_code.co_name != '_run': frame = frame.f_back\n"
        "names = {i.opname for i in dis.get_instructions(frame.f_code, adaptive=True)}\n"
        "sorted(name for name in names if name.startswith('LOAD_ATTR_'))"
    )
    async with nest.session(python=interpreter.path, cwd=work) as session:
        assert "LOAD_ATTR_INSTANCE_VALUE" in str(await value(session, look))

"""Errors look as plain Python prints them, without a frame of ours."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from pyrepl_tui import InputRequest, Session
from tests.support.interpreters import Interpreter

from .running import error, ok, run, soon, value

DEPTH = re.compile(r"repeated \d+ more times")
CLEAN = {
    "plain": "def f():\n    1/0\nf()",
    "chained": "try:\n    1/0\nexcept ZeroDivisionError as e:\n    raise ValueError('no') from e",
    "in handling": "try:\n    {}['k']\nexcept KeyError:\n    [].pop()",
    "from None": "try:\n    1/0\nexcept ZeroDivisionError:\n    raise ValueError('no') from None",
    "recursion": "def f(): return f()\nf()",
    "callback of C": "sorted([2, 1], key=lambda x: x/0)",
    "syntax of exec": "exec('a = = 1')",
    "import error": "import nowhere_to_be_found",
    "class with a module": "import json\njson.loads('{')",
    "await in a function": "x = 1\ndef g():\n    await f()  # no",
    "return outside": "def f():\n  pass\nreturn 1",
    "break outside": "if 1: break",
    "nonlocal": "nonlocal x",
    "twice the name": "def f(a, a): pass",
    "no expression": "y = (1 +* 2)",
    "no end": "x = [1,\n2",
    "no quote": "x = 'abc",
    "bad encoding": "'\\N{NOTHING}'",
    "empty message": "raise ValueError",
    "multi-line message": "raise ValueError('one\\ntwo')",
    "string annotation": "assert 1 == 2, 'unequal'",
    "deep": "def a():\n  b()\ndef b():\n  c()\ndef c():\n  raise RuntimeError('deep')\na()",
}


async def test_the_text_is_pythons_own(session: Session, python: str, work: Path) -> None:
    """But for the name of the file, and for how deep a recursion gets."""
    script = work / "cell"
    for number, (name, code) in enumerate(CLEAN.items(), 1):
        script.write_text(code)
        bare = subprocess.run(
            [python, str(script)], capture_output=True, text=True, check=False, cwd=work
        )
        expected = bare.stderr.replace(str(script), f"<cell {number}>")
        found = (await error(session, code)).traceback
        assert DEPTH.sub("often", found) == DEPTH.sub("often", expected), name


async def test_no_frame_of_ours_anywhere(session: Session) -> None:
    codes = [
        "1/0", "input()", "await boom()", "import asyncio; await asyncio.gather(boom())",
        "sys.stdin.readline(); 1/0", "breakpoint(1)", "import getpass; getpass.getpass()",
        "print('x', file=3)", "threading.Thread(target=3).start(1)",
    ]  # fmt: skip
    await ok(session, "import sys, threading\nasync def boom(): 1/0")
    for code in codes:
        result = await run(session, code)
        assert result.error is not None, code
        assert "pyrepl" not in result.error.traceback, result.error.traceback


async def test_the_callers_can_print_them_without_us_too(session: Session) -> None:
    code = "import traceback\ntry:\n    1/0\nexcept Exception:\n    traceback.print_exc()"
    result = await ok(session, code)
    assert "pyrepl" not in result.stderr
    assert "ZeroDivisionError" in result.stderr
    await error(session, "1/0")
    result = await ok(session, "import sys\ntraceback.print_exception(sys.last_value)")
    assert "pyrepl" not in result.stderr
    assert '"<cell 2>", line 1, in <module>' in result.stderr


async def test_errors_of_input_show_nothing_of_ours(session: Session) -> None:
    asking = (
        "import getpass, sys, threading, traceback\ndef ask():\n    input()\n"
        "def ask_secret():\n    getpass.getpass()\ndef read():\n    sys.stdin.readline()\n"
    )
    await ok(session, asking)
    for name in ("ask", "ask_secret", "read"):
        code = f"t = threading.Thread(target={name})\nt.start(); t.join()"
        result = await ok(session, code, on_input=interrupted)
        assert f", in {name}\n" in result.stderr
        assert result.stderr.endswith("\nKeyboardInterrupt\n")
        assert "pyrepl" not in result.stderr
        assert "<input>" not in result.stderr
    for name in ("ask", "ask_secret"):
        code = f"try:\n    {name}()\nexcept BaseException:\n    traceback.print_exc()"
        result = await ok(session, code, on_input=interrupted)
        assert f", in {name}\n" in result.stderr
        assert "pyrepl" not in result.stderr


def interrupted(request: InputRequest) -> str:
    raise KeyboardInterrupt


async def test_source_of_functions_from_earlier_runs(session: Session) -> None:
    await ok(session, "def divide(a, b):\n    quotient = a / b\n    return quotient")
    await ok(session, "def outer(): return divide(1, 0)")
    found = await error(session, "outer()")
    lines = [line.strip() for line in found.traceback.splitlines()]
    for expected in ("outer()", "quotient = a / b", 'File "<cell 1>", line 2, in divide'):
        assert expected in lines


async def test_notes(session: Session, interpreter: Interpreter) -> None:
    if interpreter.version < (3, 11):
        pytest.skip("notes came with 3.11")
    code = "try:\n    1/0\nexcept Exception as e:\n    e.add_note('mind the gap')\n    raise"
    assert (await error(session, code)).traceback.endswith("\nmind the gap\n")


async def test_groups(session: Session, interpreter: Interpreter) -> None:
    if interpreter.version < (3, 11):
        pytest.skip("groups came with 3.11")
    await ok(session, "def boom(): raise ValueError('inner')")
    code = (
        "errors = []\ntry:\n    boom()\nexcept ValueError as e:\n    errors.append(e)\n"
        "raise ExceptionGroup('several', [*errors, TypeError('other')])"
    )
    found = await error(session, code)
    assert found.name == "ExceptionGroup"
    assert "several (2 sub-exceptions)" in found.traceback
    assert "ValueError: inner" in found.traceback
    assert "def boom(): raise ValueError('inner')" in found.traceback
    assert "pyrepl" not in found.traceback


async def test_a_syntax_error_has_its_caret(session: Session) -> None:
    found = await error(session, "x = 1\ny = (1 +* 2)")
    lines = found.traceback.splitlines()
    assert lines[0].strip() == 'File "<cell 1>", line 2'
    assert lines[1].strip() == "y = (1 +* 2)"
    assert lines[2].lstrip().startswith("^")
    assert lines[3].startswith("SyntaxError: ")
    assert (await error(session, "if 1:\npass")).name == "IndentationError"
    assert "Traceback" not in found.traceback


async def test_a_recursion_error_is_one(session: Session) -> None:
    found = await error(session, "def f(): return f()\nf()")
    assert found.name == "RecursionError"
    assert "Previous line repeated" in found.traceback
    assert await value(session, "1") == "1"


@pytest.mark.parametrize(
    ("method", "shown"),
    [("raise OSError('no')", "Broken"), ("return 3", "Broken"), ("raise SystemExit", "Broken"),
     ("raise KeyboardInterrupt", "Broken")],
)  # fmt: skip
async def test_an_exception_whose_str_fails(session: Session, method: str, shown: str) -> None:
    code = f"class Broken(Exception):\n    def __str__(self): {method}\nraise Broken"
    found = await error(session, code)
    assert found.name == shown
    assert await value(session, "1") == "1"


async def test_an_exception_whose_str_never_returns_can_be_interrupted(session: Session) -> None:
    code = (
        "class Slow(Exception):\n    def __str__(self):\n"
        "        print('go', flush=True)\n        while True: pass\nraise Slow"
    )
    operation = session.run(code)
    async for event in operation:
        if type(event).__name__ == "Output":
            break
    await session.interrupt()
    result = await soon(operation)
    assert result.error is not None
    assert result.error.name == "Slow"
    assert await value(session, "1") == "1"


async def test_an_exception_whose_str_never_returns_within_a_timeout(session: Session) -> None:
    code = "class Slow(Exception):\n    def __str__(self):\n        while True: pass\nraise Slow"
    result = await run(session, code, timeout_ms=100)
    assert result.error is not None
    assert result.error.name == "Slow"
    assert await value(session, "1") == "1"


async def test_a_message_without_end_is_cut(session: Session) -> None:
    found = await error(session, "raise ValueError('x' * 50_000_000)")
    assert len(found.message) < 2 << 20
    assert len(found.traceback) < 2 << 20
    assert "left out" in found.message


async def test_code_that_claims_to_come_from_an_odd_file(session: Session, work: Path) -> None:
    os.mkfifo(work / "pipe")
    with (work / "giant").open("wb") as giant:
        giant.truncate(1 << 40)
    for file in ("/dev/zero", "pipe", "/dev/stdin", "giant", ".", "\0", "x" * 5000):
        code = f"exec(compile('1/0', 'name', 'exec').replace(co_filename={file!r}))"
        found = await error(session, code)
        assert found.name == "ZeroDivisionError"
        assert "in <module>" in found.traceback


async def test_the_source_of_a_file_is_shown(session: Session, work: Path) -> None:
    (work / "mine.py").write_text("def f():\n    return 1 / 0  # here\n")
    found = await error(session, "import mine\nmine.f()")
    assert "return 1 / 0  # here" in found.traceback


async def test_names_of_error_classes(session: Session) -> None:
    assert (await error(session, "class E(Exception): pass\nraise E")).name == "E"
    found = await error(session, "import json\njson.loads('')")
    assert found.name == "json.decoder.JSONDecodeError"
    assert (await error(session, "class A:\n  class B(Exception): pass\nraise A.B")).name == "A.B"


async def test_errors_of_threads_arrive_as_stderr(session: Session) -> None:
    code = (
        "import threading\ndef work(): raise ValueError('in a thread')\n"
        "t = threading.Thread(target=work, name='mine')\nt.start(); t.join()"
    )
    result = await ok(session, code)
    assert "Exception in thread mine" in result.stderr
    assert "ValueError: in a thread" in result.stderr
    assert "pyrepl" not in result.stderr


async def test_unraisable_errors_arrive_as_stderr(session: Session) -> None:
    code = "class C:\n    def __del__(self): raise ValueError('in del')\nC()\n1"
    result = await ok(session, code)
    assert "Exception ignored" in result.stderr
    assert "ValueError: in del" in result.stderr
    assert "pyrepl" not in result.stderr


async def test_an_error_keeps_what_post_mortem_debuggers_need(session: Session) -> None:
    await error(session, "def f(x):\n    return 1 / x\nf(0)")
    assert await value(session, "import sys\nsys.last_type.__name__") == "'ZeroDivisionError'"
    code = "tb = sys.last_traceback\nwhile tb.tb_next: tb = tb.tb_next\ntb.tb_frame.f_locals['x']"
    assert await value(session, code) == "0"


async def test_a_crash_in_c_code_leaves_a_stack(session: Session) -> None:
    result = await run(session, "import faulthandler\ndef here(): faulthandler._sigsegv()\nhere()")
    assert result.status == "crashed"
    head, first, *rest = result.stderr.strip().split("\n\n")[1].split("\n")
    assert "Segmentation fault" in result.stderr
    assert "most recent call first" in head
    assert [first.strip(), *map(str.strip, rest)] == [
        'File "<cell 1>", line 2 in here',
        'File "<cell 1>", line 3 in <module>',
    ]


async def test_what_a_child_says_about_its_crash_arrives(session: Session) -> None:
    code = "import faulthandler, os\nif not os.fork(): faulthandler._sigsegv()\n_ = os.wait()"
    result = await ok(session, code)
    assert "Segmentation fault" in result.stderr
    assert "<cell 1>" in result.stderr


async def test_a_crash_after_a_restore_leaves_a_stack(session: Session) -> None:
    point = await session.checkpoint()
    await ok(session, "x = 1")
    await session.restore(point)
    result = await run(session, "import faulthandler\nfaulthandler._sigsegv()")
    assert result.status == "crashed"
    assert 'File "<cell 1>", line 2 in <module>' in result.stderr
    assert "pyrepl_worker" not in result.stderr

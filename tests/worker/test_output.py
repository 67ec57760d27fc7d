"""Output: all of it, in the order it was written, with the run it belongs to."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from pyrepl_tui import Finished, Output, Session
from pyrepl_tui.engine.events import OutputDropped
from tests.support.waiting import eventually

from .conftest import Nest
from .running import error, first_output, ok, result_of, run, soon, value


def interleaving(rng: random.Random) -> tuple[str, bytes, bytes, bytes]:
    """Code that writes in some way, and what must come of it: merged, stdout, stderr."""
    lines = ["import sys"]
    both: list[tuple[int, bytes]] = []
    pieces = ("x", "line\n", "two\nlines\n", "é☃𝒳", "", "\r", "tail", "\n\n", "y" * 9000)
    for number in range(rng.randrange(5, 60)):
        text = f"{number}:" + rng.choice(pieces)
        fd = rng.choice((1, 1, 2))
        stream = "sys.stdout" if fd == 1 else "sys.stderr"
        ways = (
            f"print({text!r}, end='', file={stream})",
            f"print({text!r}, end='', file={stream}, flush=True)",
            f"{stream}.write({text!r})",
            f"{stream}.writelines([{text!r}])",
            f"{stream}.flush(); {stream}.buffer.write({text!r}.encode()); {stream}.buffer.flush()",
        )
        lines.append(rng.choice(ways))
        both.append((fd, text.encode()))
    merged = b"".join(data for _, data in both)
    out, err = (b"".join(data for fd, data in both if fd == wanted) for wanted in (1, 2))
    return "\n".join(lines) + ";", merged, out, err


async def test_any_interleaving_of_the_streams_is_kept(session: Session) -> None:
    rng = random.Random(20)
    for _ in range(25):
        start = len(session.output())
        code, merged, out, err = interleaving(rng)
        operation = session.run(code)
        heard = [event async for event in operation if isinstance(event, Output)]
        result = await result_of(operation)
        assert result.status == "ok", result.error
        assert session.output(start) == merged
        assert b"".join(event.data for event in heard) == merged
        assert (result.stdout.encode(), result.stderr.encode()) == (out, err)
        for stream, data in (("stdout", out), ("stderr", err)):
            assert b"".join(event.data for event in heard if event.stream == stream) == data


async def test_a_flood_on_both_streams_keeps_its_order(session: Session) -> None:
    code = (
        "import sys\nfor i in range(20_000):\n    print(i)\n"
        "    if i % 7 == 0: print(i, file=sys.stderr)"
    )
    result = await ok(session, code)
    expected = b"".join(b"%d\n" % i * (1 + (i % 7 == 0)) for i in range(20_000))
    assert session.output() == expected
    assert result.stdout == "".join(f"{i}\n" for i in range(20_000))


async def test_after_a_flood_it_is_as_prompt_as_before(session: Session) -> None:
    await ok(session, "for i in range(30_000): print('x' * 50)")
    code = "import os\nprint('seen')\nwhile not os.path.exists('go'): pass\nprint('end')"
    operation = session.run(code)
    assert await first_output(operation) == b"seen\n"
    Path(session.cwd, "go").touch()
    assert (await result_of(operation)).stdout == "seen\nend\n"


async def test_a_flood_that_falls_quiet_is_seen_at_once(session: Session) -> None:
    code = (
        "import os\nfor i in range(5000): print('x' * 50)\nprint('quiet')\n"
        "while not os.path.exists('go'): pass"
    )
    operation = session.run(code)

    async def until_quiet() -> None:
        async for event in operation:
            if isinstance(event, Output) and event.data.endswith(b"quiet\n"):
                return

    await soon(until_quiet())
    Path(session.cwd, "go").touch()
    await result_of(operation)


async def test_text_without_newline_is_seen_while_the_run_goes_on(session: Session) -> None:
    code = "import os\nprint('50 %', end='')\nwhile not os.path.exists('go'): pass"
    operation = session.run(code)
    assert await first_output(operation) == b"50 %"
    Path(session.cwd, "go").touch()
    await result_of(operation)


async def test_text_without_newline_at_the_end_of_a_run(session: Session) -> None:
    assert (await ok(session, "print('a', end='')")).stdout == "a"
    assert (await ok(session, "print('b')")).stdout == "b\n"
    assert session.output() == b"ab\n"


async def test_children_and_c_code_come_before_the_end(session: Session) -> None:
    code = (
        "import subprocess, os, ctypes, sys\n"
        "print('python')\n"
        "subprocess.run(['echo', 'child'])\n"
        "os.system('echo shell; echo error >&2')\n"
        "os.write(1, b'raw\\n')\n"
        "libc = ctypes.CDLL(None)\nlibc.puts(b'C'); libc.fflush(None)\n"
        "print('last');"
    )
    result = await ok(session, code)
    assert result.stdout.splitlines() == ["python", "child", "shell", "raw", "C", "last"]
    assert result.stderr == "error\n"


async def test_a_childs_output_follows_what_was_printed_before_it(session: Session) -> None:
    code = "import os\nfor i in range(20):\n    print('p', i)\n    os.system('echo c');"
    assert (await ok(session, code)).stdout == "".join(f"p {i}\nc\n" for i in range(20))


async def test_late_output_of_threads_belongs_to_the_run_that_started_them(
    session: Session,
) -> None:
    code = (
        "import threading, sys\ngo = threading.Event()\n"
        "def late(name):\n    go.wait()\n    print(name)\n    print(name, file=sys.stderr)\n"
        "def start(name):\n"
        "    t = threading.Thread(target=late, args=[name]); t.start(); return t\n"
    )
    await ok(session, code)
    first = session.run("a = start('from the first')")
    second = session.run("b = start('from the second')")
    await result_of(first)
    await result_of(second)
    events = session.events()
    third = session.run("print('third'); go.set(); a.join(); b.join(); print('third again')")
    assert (await result_of(third)).stdout == "third\nthird again\n"
    by_run: dict[str | None, bytes] = {}
    finished = False

    async def all_of_it() -> None:
        nonlocal finished
        async for event in events:
            if isinstance(event, Output):
                known = by_run.get(event.operation_id, b"")
                by_run[event.operation_id] = known + event.data
            if isinstance(event, Finished):
                return

    await soon(all_of_it())
    assert by_run[first.id] == b"from the first\nfrom the first\n"
    assert by_run[second.id] == b"from the second\nfrom the second\n"
    assert by_run[third.id] == b"third\nthird again\n"


async def test_output_of_a_thread_between_runs(session: Session) -> None:
    code = (
        "import threading, os\n"
        "def late():\n    while not os.path.exists('go'): pass\n    print('between')\n"
        "threading.Thread(target=late).start()"
    )
    starter = session.run(code)
    assert (await result_of(starter)).stdout == ""
    events = session.events()
    Path(session.cwd, "go").touch()

    async def said() -> Output:
        async for event in events:
            if isinstance(event, Output):
                return event
        raise AssertionError

    event = await soon(said())
    assert (event.data, event.operation_id) == (b"between\n", starter.id)


async def test_late_output_of_a_child_is_heard_between_runs(session: Session) -> None:
    """Nobody can tell which run a child belongs to once that is over: it is of none."""
    code = (
        "import subprocess\n"
        "p = subprocess.Popen(['sh', '-c', 'until [ -e go ]; do sleep 0.01; done; echo late'])"
    )
    assert (await ok(session, code)).stdout == ""
    events = session.events()
    Path(session.cwd, "go").touch()

    async def said() -> Output:
        async for event in events:
            if isinstance(event, Output):
                return event
        raise AssertionError

    event = await soon(said())
    assert (event.data, event.operation_id) == (b"late\n", None)
    assert (await ok(session, "print('next', p.wait())")).stdout == "next 0\n"


async def test_threads_that_write_at_once_lose_nothing(session: Session) -> None:
    code = (
        "import threading, sys\n"
        "def work(k):\n    for i in range(500):\n        sys.stdout.write(f'{k}:{i}\\n')\n"
        "        if i % 50 == 0: sys.stderr.write(f'{k}!{i}\\n')\n"
        "threads = [threading.Thread(target=work, args=[k]) for k in range(6)]\n"
        "for t in threads: t.start()\nfor t in threads: t.join()"
    )
    result = await ok(session, code)
    found = [line for line in result.stdout.splitlines() if line]
    assert sorted(found) == sorted(f"{k}:{i}" for k in range(6) for i in range(500))
    for k in range(6):
        mine = [line for line in found if line.startswith(f"{k}:")]
        assert mine == [f"{k}:{i}" for i in range(500)]
    assert len(result.stderr.splitlines()) == 60


async def test_characters_split_between_writes_arrive_whole(session: Session) -> None:
    heard = []
    code = (
        "import sys, os\ndata = 'é☃𝒳\\n'.encode() * 50\n"
        "for i in range(len(data)):\n    os.write(1, data[i:i + 1])"
    )
    result = await ok(session, code, on_output=lambda stream, text: heard.append(text))
    assert result.stdout == "é☃𝒳\n" * 50
    assert "".join(heard) == "é☃𝒳\n" * 50


async def test_bytes_that_are_no_text(session: Session) -> None:
    result = await ok(session, "import os\nos.write(1, b'\\xff\\xfe ok\\n');")
    assert result.stdout.endswith(" ok\n")
    assert session.output() == b"\xff\xfe ok\n"
    assert (await ok(session, "print('\\ud800')")).stdout == "\\ud800\n"


FORKS = {
    "fork": "import multiprocessing as m\nc = m.get_context('fork')\n",
    "spawn": "import multiprocessing as m\nc = m.get_context('spawn')\n",
    "forkserver": "import multiprocessing as m\nc = m.get_context('forkserver')\n",
}


@pytest.mark.parametrize("way", FORKS)
async def test_children_of_multiprocessing_print(
    nest: Nest, python: str, work: Path, way: str
) -> None:
    (work / "tasks.py").write_text("def task(n):\n    print(f'child {n}')\n    return n * n\n")
    async with nest.session(python=python, cwd=work) as session:
        code = FORKS[way] + (
            "from tasks import task\nprint('parent', end=' ')\n"
            "p = c.Process(target=task, args=[1]); p.start(); p.join()\n"
            "with c.Pool(2) as pool: got = pool.map(task, [2, 3])\nprint('end'); p.exitcode, got"
        )
        result = await ok(session, code)
        assert result.value == "(0, [4, 9])"
        first, *middle, last = result.stdout.splitlines()
        assert (first, sorted(middle), last) == ("parent child 1", ["child 2", "child 3"], "end")
        assert await value(session, "6 * 7") == "42"


@pytest.mark.parametrize("way", FORKS)
async def test_lines_of_children_that_print_at_once_stay_whole(
    nest: Nest, python: str, work: Path, way: str
) -> None:
    (work / "tasks.py").write_text(
        "def task(name, gate):\n    gate.wait()\n"
        "    for n in range(300):\n        print(name, name * 9, 'line', n)\n"
    )
    async with nest.session(python=python, cwd=work) as session:
        code = FORKS[way] + (
            "from tasks import task\ngate = c.Barrier(3)\n"
            "ps = [c.Process(target=task, args=[name, gate]) for name in 'abc']\n"
            "for p in ps: p.start()\nfor p in ps: p.join()\n[p.exitcode for p in ps]"
        )
        result = await ok(session, code)
        assert result.value == "[0, 0, 0]"
        lines = sorted(result.stdout.splitlines())
        assert lines == sorted(f"{name} {name * 9} line {n}" for name in "abc" for n in range(300))


async def test_functions_of_the_session_in_forked_children(session: Session) -> None:
    code = (
        "import multiprocessing as m\ndef f(n):\n    print('in', n)\n    return n + 1\n"
        "with m.get_context('fork').Pool(1) as pool: got = pool.map(f, [1])\ngot"
    )
    result = await ok(session, code)
    assert (result.value, result.stdout) == ("[2]", "in 1\n")


async def test_a_forked_child_that_falls_off_the_end(session: Session) -> None:
    code = (
        "import os\nprint('before', end=' ')\npid = os.fork()\n"
        "print('parent' if pid else 'child')\nif pid: status = os.waitpid(pid, 0)[1]"
    )
    result = await ok(session, code)
    assert sorted(result.stdout.split()) == ["before", "child", "parent"]
    assert await value(session, "status") == "0"
    await run(session, "pid = os.fork()\nif not pid: 1/0\nstatus = os.waitpid(pid, 0)[1] >> 8")
    assert await value(session, "status") == "1"
    code = "pid = os.fork()\nif not pid: raise SystemExit(7)\nos.waitpid(pid, 0)[1] >> 8"
    assert await value(session, code) == "7"
    code = "pid = os.fork()\nif not pid: input()\nos.waitpid(pid, 0)[1] >> 8"
    assert (await ok(session, code, on_input=lambda request: "x")).value == "1"


async def test_a_child_forked_during_a_flood_loses_nothing(session: Session) -> None:
    code = (
        "import os\nfor i in range(20_000): print(i)\npid = os.fork()\n"
        "if not pid:\n    print('child')\n    os._exit(0)\nos.waitpid(pid, 0)\nprint('parent');"
    )
    result = await ok(session, code)
    assert result.stdout == "".join(f"{i}\n" for i in range(20_000)) + "child\nparent\n"


async def test_what_streams_can_do(session: Session) -> None:
    checks = (
        "sys.stdout.fileno() == 1 and sys.stderr.fileno() == 2",
        "sys.stdout.encoding == sys.stderr.encoding == 'utf-8'",
        "not sys.stdout.isatty()",
        "sys.stdout.writable() and not sys.stdout.readable()",
        "sys.stdout.name == '<stdout>' and sys.stderr.name == '<stderr>'",
        "sys.stdout is sys.__stdout__ and sys.stderr is sys.__stderr__",
        "sys.stdout.mode == 'w'",
        "not sys.stdout.closed",
        "isinstance(sys.stdout, io.TextIOBase)",
        "os.fstat(1).st_size >= 0",
        "sys.stdout.buffer.write(b'') == 0",
    )
    await ok(session, "import sys, io, os")
    for check in checks:
        assert await value(session, check) == "True", check
    assert (await error(session, "sys.stdout.write(3)")).name == "TypeError"
    assert (await error(session, "sys.stdout.read()")).name == "io.UnsupportedOperation"
    await ok(session, "sys.stdout.reconfigure(line_buffering=True)")
    assert (await ok(session, "print('still')")).stdout == "still\n"


async def test_redirections_and_logging(session: Session) -> None:
    code = (
        "import contextlib as c, io\nwith c.redirect_stdout(io.StringIO()) as f: print('caught')\n"
        "print('free'); f.getvalue()"
    )
    result = await ok(session, code)
    assert (result.stdout, result.value) == ("free\n", "'caught\\n'")
    code = "import logging\nlogging.basicConfig(format='%(message)s')\nlogging.warning('careful')"
    assert (await ok(session, code)).stderr == "careful\n"
    assert (await ok(session, "logging.error('again')")).stderr == "again\n"


async def test_a_replaced_stdout_of_the_users(session: Session) -> None:
    code = (
        "import sys\nclass Upper:\n    def write(self, text): return real.write(text.upper())\n"
        "    def flush(self): real.flush()\nreal, sys.stdout = sys.stdout, Upper()"
    )
    await ok(session, code)
    assert (await ok(session, "print('loud')")).stdout == "LOUD\n"
    await ok(session, "sys.stdout = real")
    assert (await ok(session, "print('quiet')")).stdout == "quiet\n"


async def test_a_crash_keeps_what_was_printed(session: Session) -> None:
    code = "print('line')\nprint('rest', end='', flush=True)\nimport os\nos._exit(1)"
    result = await run(session, code)
    assert (result.status, result.stdout) == ("crashed", "line\nrest")
    assert session.output() == b"line\nrest"


async def test_the_disk_is_bounded(nest: Nest, python: str, work: Path) -> None:
    cap = 1 << 20
    async with nest.session(python=python, cwd=work, limits={"output_bytes": cap}) as session:
        events = session.events()
        await ok(session, "for i in range(200_000): print(f'{i:060}')")
        await ok(session, "print('last')")

        async def dropped() -> OutputDropped:
            async for event in events:
                if isinstance(event, OutputDropped):
                    return event
            raise AssertionError

        event = await soon(dropped())
        assert event.stream == "stdout"
        assert event.upto > 0
        file = session.transcript.directory / "stdout"
        await eventually(lambda: file.stat().st_blocks * 512 <= 2 * cap)
        assert file.stat().st_size > 10 * cap
        assert session.output().endswith(f"{199_999:060}\nlast\n".encode())
        assert len(session.output()) <= 2 * cap


STRIKE = '''
import sys

def printed_although(moment):
    """Print two lines; an exception comes at the given moment within the stream's own code."""
    seen = 0

    def watch(frame, event, argument):
        nonlocal seen
        if event != "return" and frame.f_code.co_filename.endswith("streams.py"):
            seen += 1
            if seen == moment:
                raise KeyboardInterrupt

    sys.setprofile(watch)
    try:
        try:
            print("first", moment)
        except KeyboardInterrupt:
            pass
    finally:
        sys.setprofile(None)
    print("second", moment, flush=True)
    return seen

moment = 1
while printed_although(moment) >= moment:
    moment += 1
moment
'''


async def test_an_exception_of_a_signal_handler_within_a_write_repeats_and_loses_nothing(
    session: Session,
) -> None:
    # A profile function raises where a signal handler could: before and after each call there.
    result = await ok(session, STRIKE)
    moments = int(result.value or 0)
    assert moments > 6
    expected = [f"{word} {n}" for n in range(1, moments + 1) for word in ("first", "second")]
    assert result.stdout.splitlines() == expected

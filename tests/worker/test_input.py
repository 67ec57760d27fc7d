"""input() and its relatives ask the client, from wherever they are called."""

from __future__ import annotations

from pathlib import Path

import pytest

from pyrepl_tui import InputRequest, Operation, ProtocolError, Session
from tests.support.waiting import eventually

from .conftest import InEach
from .running import error, ok, result_of, run, soon, value


class Answers:
    """Answers requests from a list, and keeps what was asked."""

    def __init__(self, *lines: str) -> None:
        self._lines = list(lines)
        self.asked: list[InputRequest] = []

    def __call__(self, request: InputRequest) -> str:
        self.asked.append(request)
        if not self._lines:
            raise EOFError
        return self._lines.pop(0)

    @property
    def prompts(self) -> list[str]:
        return [request.prompt for request in self.asked]


async def test_a_line_is_asked_for_and_given(session: Session) -> None:
    answers = Answers("Ada", "é☃𝒳", "")
    code = "a = input('name? ')\nb = input()\nc = input(42)\na, b, c"
    result = await ok(session, code, on_input=answers)
    assert result.value == "('Ada', 'é☃𝒳', '')"
    assert answers.prompts == ["name? ", "", "42"]
    assert result.stdout == ""
    assert not any(request.password for request in answers.asked)


async def test_from_functions_modules_and_over_many_runs(session: Session, work: Path) -> None:
    (work / "asker.py").write_text(
        "import builtins\nclass C:\n    def ask(self): return input('module ')\n"
        "def by_builtins(): return builtins.input('builtins ')\n"
    )
    await ok(session, "import asker\ndef f(): return [input('f ') for _ in range(2)]")
    for turn in range(5):
        answers = Answers("1", "2", "3", "4")
        result = await ok(session, "f(), asker.C().ask(), asker.by_builtins()", on_input=answers)
        assert result.value == "(['1', '2'], '3', '4')", turn
        assert answers.prompts == ["f ", "f ", "module ", "builtins "]


async def test_it_stays_in_the_namespace_and_can_be_rebound(session: Session) -> None:
    assert await value(session, "import builtins\ninput is builtins.input") == "True"
    await ok(session, "input = lambda prompt='': 'my own'")
    assert await value(session, "input()") == "'my own'"
    await ok(session, "del input")
    result = await ok(session, "input()", on_input=Answers("builtins'"))
    assert result.value == '"builtins\'"'


async def test_sys_stdin(session: Session) -> None:
    await ok(session, "import sys")
    assert await asked(session, "sys.stdin.readline()", "line") == "'line\\n'"
    assert await asked(session, "sys.stdin.readline()") == "''"
    assert await asked(session, "sys.stdin.read()", "a", "b") == "'a\\nb\\n'"
    assert await asked(session, "list(sys.stdin)", "a", "", "b") == "['a\\n', '\\n', 'b\\n']"
    assert await asked(session, "sys.stdin.readlines()", "é") == "['é\\n']"
    assert await asked(session, "sys.stdin.buffer.readline()", "é") == "b'\\xc3\\xa9\\n'"
    assert await asked(session, "[next(sys.stdin) for _ in '12']", "a", "b") == "['a\\n', 'b\\n']"
    assert await asked(session, "sys.stdin.readline(), input()", "a", "b") == "('a\\n', 'b')"
    assert await value(session, "sys.stdin is sys.__stdin__, sys.stdin.fileno()") == "(True, 0)"
    assert await value(session, "sys.stdin.isatty(), sys.stdin.readable()") == "(False, True)"


async def asked(session: Session, code: str, *lines: str) -> str | None:
    return (await ok(session, code, on_input=Answers(*lines))).value


async def test_lines_are_asked_for_one_by_one(session: Session) -> None:
    """A reader that stops early leaves the rest unasked."""
    answers = Answers("one", "two", "stop", "never")
    code = "import sys\nfor line in sys.stdin:\n    if line == 'stop\\n': break\nline"
    result = await ok(session, code, on_input=answers)
    assert result.value == "'stop\\n'"
    assert len(answers.asked) == 3


@pytest.mark.parametrize("code", ["exit()", "quit(3)", "import sys\nwith sys.stdin: pass"])
async def test_what_closes_stdin_closes_it_for_its_run_alone(session: Session, code: str) -> None:
    await run(session, code)
    reading = "import sys\nsys.stdin.readline(), sys.stdin is sys.__stdin__"
    result = await ok(session, reading, on_input=lambda request: "a line")
    assert result.value == r"('a line\n', True)"


async def test_fileinput(session: Session) -> None:
    code = "import fileinput\nlist(fileinput.input(files=['-']))"
    assert await asked(session, code, "a", "b") == "['a\\n', 'b\\n']"


async def test_passwords(session: Session) -> None:
    answers = Answers("secret", "again")
    code = "import getpass\ngetpass.getpass(), getpass.getpass('PIN: ')"
    result = await ok(session, code, on_input=answers)
    assert result.value == "('secret', 'again')"
    assert answers.prompts == ["Password: ", "PIN: "]
    assert all(request.password for request in answers.asked)
    journal = (session.transcript.directory / "journal").read_bytes()
    assert b"PIN: " in journal
    assert b"again" not in journal.split(b"PIN: ")[1].split(b"finished")[0]


async def test_breakpoint(session: Session) -> None:
    answers = Answers("p x", "!x = 5", "n", "c")
    code = "def f(x):\n    breakpoint()\n    y = x * 2\n    return y\nf(1)"
    result = await ok(session, code, on_input=answers)
    assert result.value == "10"
    assert "(Pdb) " in answers.prompts[0] or "(Pdb) " in result.stdout
    assert "y = x * 2" in result.stdout
    assert "pyrepl" not in result.stdout
    result = await run(session, "f(1)", on_input=Answers("q"))
    assert result.status in ("error", "ok")
    assert await value(session, "1") == "1"


async def test_pdb_at_the_end_of_a_breakpoint_cell(session: Session) -> None:
    result = await ok(session, "x = 3\nbreakpoint()\nx + 1", on_input=Answers("p x", "c"))
    assert result.value == "4"
    assert "3" in result.stdout
    assert "pyrepl" not in result.stdout


@pytest.mark.parametrize(
    "code", ["breakpoint()", "x = 2\nbreakpoint()", "import pdb; pdb.set_trace()"]
)
async def test_a_breakpoint_that_nothing_follows_stops_all_the_same(
    session: Session, code: str
) -> None:
    await ok(session, "x = 3")
    result = await ok(session, code, on_input=Answers("p 'here', x", "c"))
    assert "('here', " in result.stdout
    assert "pyrepl" not in result.stdout
    assert (await ok(session, "x", on_input=Answers())).stdout == ""


async def test_post_mortem(session: Session) -> None:
    await error(session, "def f(x):\n    return 1 / x\nf(0)")
    result = await run(session, "import pdb\npdb.pm()", on_input=Answers("p x", "w", "q"))
    assert "return 1 / x" in result.stdout
    assert "pyrepl" not in result.stdout


async def test_pdb_knows_the_frames_of_the_user_alone(session: Session) -> None:
    code = "def f(x):\n    breakpoint()\n    return x\nf(1)"
    result = await ok(session, code, on_input=Answers("w", "u", "u", "u", "w", "c"))
    assert result.stdout.count("Oldest frame") == 2
    assert "pyrepl" not in result.stdout
    assert "bootstrap" not in result.stdout
    code = "async def g():\n    breakpoint()\n    return 1\nawait g()"
    result = await ok(session, code, on_input=Answers("w", "c"))
    assert "-> await g()" in result.stdout
    assert "pyrepl" not in result.stdout
    assert "asyncio" not in result.stdout


@pytest.mark.parametrize("step", ["n", "s"])
async def test_pdb_steps_through_a_cell_and_not_beyond_it(session: Session, step: str) -> None:
    answers = Answers(*[step] * 20)
    result = await ok(session, "breakpoint()\nx = 1\ny = 2\nx + y", on_input=answers)
    assert result.value == "3"
    stops = [line[3:] for line in result.stdout.splitlines() if line.startswith("-> ")]
    assert stops[-3:] == ["x = 1", "y = 2", "x + y"]
    assert "--" not in result.stdout
    assert "pyrepl" not in result.stdout
    assert (await ok(session, "y", on_input=answers)).stdout == ""


async def test_pdb_stops_at_break_points_of_earlier_runs(session: Session) -> None:
    await ok(session, "def h(x):\n    y = x\n    return y")
    await ok(session, "breakpoint()\nh(1)", on_input=Answers("b h", "c", "p x", "c"))
    answers = Answers("p x * 111", "clear 1", "c")
    result = await ok(session, "h(3)", on_input=answers)
    assert "333" in result.stdout
    assert "pyrepl" not in result.stdout


async def test_an_interrupt_at_a_prompt_that_survives_it_is_one(in_each: InEach) -> None:
    async def check(session: Session) -> None:
        await ok(
            session, "import threading\nlater = threading.Timer(2.2, print, ['two seconds on'])"
        )
        operation = session.run("breakpoint()\nx = 1", on_input="ask")
        first = await one_request(session)
        await session.interrupt()
        await eventually(lambda: session.inputs and session.inputs[0].id != first.id)
        await session.answer(await one_request(session), "!later.start()")
        await eventually(lambda: b"two seconds on" in session.output())  # a reminder takes one
        assert session.output().count(b"--KeyboardInterrupt--") == 1
        await session.answer(await one_request(session), "c")
        await result_of(operation)
        assert await value(session, "x") == "1"

    await in_each(check)


async def test_the_end_of_input(session: Session) -> None:
    code = "try:\n    input()\nexcept EOFError as e:\n    print('end')"
    assert (await ok(session, code, on_input=Answers())).stdout == "end\n"
    operation = session.run(code, on_input="ask")
    request = await one_request(session)
    await session.answer_eof(request)
    assert (await result_of(operation)).stdout == "end\n"


async def test_nobody_to_ask(session: Session) -> None:
    for code in ("input()", "import getpass; getpass.getpass()"):
        found = await error(session, code)
        assert found.name == "EOFError"
    assert await value(session, "import sys\nsys.stdin.read(), sys.stdin.readline()") == "('', '')"


async def test_an_interrupt_as_the_answer(session: Session) -> None:
    operation = session.run(
        "try:\n    input()\nexcept KeyboardInterrupt: print('stopped')", on_input="ask"
    )
    await session.answer_interrupt(await one_request(session))
    assert (await result_of(operation)).stdout == "stopped\n"


async def one_request(session: Session) -> InputRequest:
    requests = await eventually(lambda: session.inputs)
    return requests[0]


async def test_the_state_says_so(session: Session) -> None:
    operation = session.run("print('before')\ninput('? ')", on_input="ask")
    request = await one_request(session)
    assert str(session.state) == "waiting_input"
    assert request.operation_id == operation.id
    assert session.output() == b"before\n"
    await session.answer(request, "x")
    await result_of(operation)
    await eventually(lambda: str(session.state) == "idle")


async def test_threads_that_wait_at_once(session: Session) -> None:
    code = (
        "import threading\ngot = {}\n"
        "def ask(k): got[k] = input(f'{k}? ')\n"
        "threads = [threading.Thread(target=ask, args=[k]) for k in 'abc']\n"
        "for t in threads: t.start()\nfor t in threads: t.join()\ngot"
    )
    operation = session.run(code, on_input="ask")
    await eventually(lambda: len(session.inputs) == 3)
    for request in reversed(session.inputs):
        assert request.operation_id == operation.id
        await session.answer(request, request.prompt[0] * 2)
    await result_of(operation)
    assert await value(session, "sorted(got.items())") == (
        "[('a', 'aa'), ('b', 'bb'), ('c', 'cc')]"
    )


async def test_a_thread_that_asks_after_its_run(session: Session) -> None:
    code = (
        "import threading\ngo = threading.Event()\n"
        "def ask():\n    go.wait()\n    print('got', input('late? '))\n"
        "t = threading.Thread(target=ask); t.start()"
    )
    starter: Operation = session.run(code, on_input="ask")
    await result_of(starter)
    await ok(session, "go.set()")
    request = await one_request(session)
    assert (request.prompt, request.operation_id) == ("late? ", starter.id)
    assert (await ok(session, "1 + 1")).value == "2"  # runs go on meanwhile
    await session.answer(request, "it")
    await eventually(lambda: b"got it\n" in session.output())


async def test_an_answer_that_comes_late_is_refused(session: Session) -> None:
    operation = session.run("input()", on_input="ask")
    request = await one_request(session)
    await session.interrupt()
    await result_of(operation)
    with pytest.raises(ProtocolError):
        await session.answer(request, "too late")


async def test_a_child_that_reads_gets_the_end(session: Session) -> None:
    code = (
        "import subprocess, os\n"
        "a = subprocess.run(['cat'], capture_output=True, timeout=10).stdout\n"
        "b = os.system('cat')\nc = os.read(0, 10)\na, b, c"
    )
    assert await value(session, code) == "(b'', 0, b'')"


async def test_input_within_await(session: Session) -> None:
    code = "import asyncio\nline = await asyncio.to_thread(input, 'in a thread? ')\nline, input()"
    assert await asked(session, code, "yes", "no") == "('yes', 'no')"


async def test_many_questions_quickly(session: Session) -> None:
    answers = Answers(*map(str, range(500)))
    code = "[input() for _ in range(500)] == [str(i) for i in range(500)]"
    assert (await ok(session, code, on_input=answers)).value == "True"


async def test_a_long_and_odd_line(session: Session) -> None:
    line = "x" * 1_000_000
    assert (await ok(session, "len(input())", on_input=Answers(line))).value == "1000000"
    assert await asked(session, "input()", "tab\there\x1b[0m") == repr("tab\there\x1b[0m")


async def test_an_unprintable_prompt(session: Session) -> None:
    code = "class P:\n    def __str__(self): raise ValueError('no prompt')\ninput(P())"
    assert (await run(session, code, on_input=Answers("x"))).error.name == "ValueError"  # type: ignore[union-attr]
    assert await asked(session, "input('\\ud800')", "fine") == "'fine'"
    assert (await error(session, "input(1, 2)", on_input=Answers("x"))).name == "TypeError"


async def test_a_finalizer_that_asks_does_not_hang(session: Session) -> None:
    code = "class C:\n    def __del__(self): self.line = input('del? ')\nc = C()\ndel c\n1"
    result = await soon(session.execute(code, on_input=Answers("x")))
    assert result.value == "1"


async def test_two_clients_one_answers(session: Session) -> None:
    other = await Session.attach(session.id)
    try:
        operation = session.run("input()", on_input="ask")
        await eventually(lambda: other.inputs)
        await other.answer(other.inputs[0], "from the other")
        assert (await result_of(operation)).value == "'from the other'"
        await eventually(lambda: not session.inputs and not other.inputs)
    finally:
        await other.detach()

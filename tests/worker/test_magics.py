"""Lines of a cell that are no Python."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pyrepl_tui import InputRequest, Session
from pyrepl_worker.protocol.cell_syntax import MAGICS, translate
from tests.worker.running import error, ok, soon, value


async def test_shell_commands(session: Session) -> None:
    result = await ok(session, "name = 'x'\n!echo {name} {{brace}} $HOME\n!echo oops >&2; exit 3")
    assert result.stdout == f"x {{brace}} {os.environ.get('HOME') and await _home(session)}\n"
    assert result.stderr == "oops\n"
    assert await value(session, "_exit_code") == "3"


async def _home(session: Session) -> str:
    return (await ok(session, "import os; print(os.environ['HOME'])")).stdout.strip()


async def test_output_of_a_command_as_lines(session: Session) -> None:
    assert await value(session, "x = !printf 'a\\nb'\nx") == "['a', 'b']"


async def test_commands_stand_where_they_are_written(session: Session) -> None:
    result = await ok(session, "for i in range(2):\n    print('before', i)\n    !echo {i}\n")
    assert result.stdout == "before 0\n0\nbefore 1\n1\n"


async def test_time_and_timeit(session: Session) -> None:
    result = await ok(session, "%time sum(range(10))")
    assert result.value == "45"
    assert "of it computing" in result.stdout
    assert await value(session, "y = %time 5\ny") == "5"
    assert "best" in (await ok(session, "%timeit -n 10 -r 2 y + 1")).stdout
    assert "loops" in (await ok(session, "%%timeit -n 10\nz = 1\nz + y")).stdout
    assert (await ok(session, "%%time\nw = 1\nw + y")).value == "6"


async def test_run_takes_the_scripts_names(session: Session, work: Path) -> None:
    (work / "script.py").write_text("import sys\nfound = sys.argv[1:], __name__\n")
    assert await value(session, "%run script.py a 'b c'\nfound") == "(['a', 'b c'], '__main__')"
    assert "FILE" in (await error(session, "%run")).message


async def test_folders_and_the_environment(session: Session, work: Path) -> None:
    (work / "below").mkdir()
    assert (await ok(session, "%cd below")).stdout.strip() == str(work / "below")
    assert (await ok(session, "%cd -")).stdout.strip() == str(work)
    assert await value(session, "%env NAME=some value\n%env NAME") == "'some value'"
    assert "NAME=some value" in (await ok(session, "%env")).stdout


async def test_who_lists_variables(session: Session) -> None:
    await ok(session, "number = 1; text = 'x'; _hidden = 2")
    assert (await ok(session, "%who")).stdout.split() == ["number", "int", "text", "str"]
    assert (await ok(session, "%who str")).stdout.split() == ["text", "str"]


async def test_questions_about_names(session: Session) -> None:
    await ok(session, 'def f(a, b=1):\n    "What f does."\n    return a\n')
    shown = (await ok(session, "f?")).stdout
    assert "f(a, b=1)" in shown
    assert "What f does." in shown
    for code in ("f??", "??f", "?? f"):
        assert "return a" in (await ok(session, code)).stdout
    assert "nothing is known" in (await ok(session, "?nothing")).stdout


async def test_debug_looks_around_where_it_failed(session: Session) -> None:
    assert "no exception" in (await error(session, "%debug")).message
    await error(session, "def f(secret):\n    return 1 / 0\nf(4711)")
    answers = ["p secret", "q"]

    def answer(request: InputRequest) -> str:
        assert "Pdb" in request.prompt
        return answers.pop(0)

    result = await soon(session.execute("%debug", on_input=answer))
    assert result.status == "ok", result.error
    assert "4711" in result.stdout
    assert answers == []


async def test_changed_modules_are_reloaded(session: Session, work: Path) -> None:
    module = work / "changing.py"
    module.write_text("def f(): return 1\nclass C:\n    def m(self): return 1\n")
    await ok(session, "from changing import f, C\nc = C()\n%autoreload 2")
    module.write_text("def f(): return 2\nclass C:\n    def m(self): return 2\n")
    os.utime(module, (1e9, 1e9))
    assert await value(session, "f(), c.m(), isinstance(c, C)") == "(2, 2, True)"
    module.write_text("def f(: return 3\n")
    os.utime(module, (1.1e9, 1.1e9))
    result = await ok(session, "f()")
    assert result.value == "2", "a module that cannot be loaded stays as it was"
    assert "changing was not reloaded" in result.stderr
    module.write_text("def f(): return 4\n")
    os.utime(module, (1.2e9, 1.2e9))
    await ok(session, "%autoreload 0")
    assert await value(session, "f()") in ("2", "4")
    assert await value(session, "%autoreload\nf()") == "4"


async def test_an_unknown_magic_names_the_nearest(session: Session) -> None:
    problem = await error(session, "x = 1\n%timit x")
    assert problem.name == "SyntaxError"
    assert "did you mean %timeit?" in problem.message
    assert "line 2" in problem.traceback
    assert "%timit x" in problem.traceback
    assert "During handling" not in problem.traceback
    assert "%magics lists" in (await error(session, "%qqqqq")).message
    assert "workspace" in (await error(session, "%checkpoint")).message


async def test_magics_lists_them_all(session: Session) -> None:
    shown = (await ok(session, "%magics")).stdout
    for name, (usage, text) in MAGICS.items():
        assert usage.startswith(f"%{name}")
        assert usage in shown
        assert text in shown


async def test_errors_are_where_they_were_written(session: Session) -> None:
    problem = await error(session, "x = 1\n!echo hi\n%time 1 / 0")
    assert "line 3" in problem.traceback
    assert "magics.py" not in problem.traceback


@pytest.mark.parametrize(
    "code",
    ["7 % 2", "q = (10\n % 3)", 's = """\n%time\n!ls\nx?\n"""', "x = a != b", "# what?\n1"],
)
def test_python_stays_as_it_is(code: str) -> None:
    assert translate(code) == code


@pytest.mark.parametrize(
    "code",
    [
        "!ls",
        "x = [\n 1,\n]\n!ls (\ny = 2",
        's = """\n%time\n"""\n%who',
        "if True:\n    %time 1\nelse:\n    x?",
        "x, y = !ls 'a",
        "!ls # it's\nx = 1",
    ],
)
def test_lines_keep_their_numbers(code: str) -> None:
    plain = translate(code)
    compile(plain, "<cell>", "exec")
    assert plain.count("\n") == code.count("\n")


async def test_what_was_printed_comes_before_what_a_captured_command_says(
    session: Session,
) -> None:
    await ok(session, "for n in range(5000): print(n)\nlines = !echo last >&2; echo kept")
    assert session.output().decode().splitlines() == [*map(str, range(5000)), "last"]
    assert await value(session, "lines") == "['kept']"

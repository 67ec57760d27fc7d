"""The command line from outside: what it prints, and its exit codes."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.waiting import wait_until

PROGRAM = [sys.executable, "-m", "pyrepl_tui"]


def call(*words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*PROGRAM, *words], input=stdin, capture_output=True, text=True, timeout=50, check=False
    )


@pytest.fixture
def script(tmp_path: Path) -> Path:
    return tmp_path / "script.py"


@pytest.fixture
def notes() -> Iterator[str]:
    """The name of a session that is stopped after the test."""
    yield "notes"
    call("stop", "notes")


# -- run -------------------------------------------------------------------------------------------


def test_a_script_runs_as_python_would_run_it(script: Path) -> None:
    (script.parent / "helper.py").write_text("word = 'imported'\n")
    script.write_text(
        "import sys, helper\n"
        "print(sys.argv, __name__, __file__, helper.word)\n"
        "print('to stderr', file=sys.stderr)\n"
        "'a value nobody sees'\n"
    )
    done = call("run", str(script), "one", "--timeout", "two", "--help")
    argv = [str(script), "one", "--timeout", "two", "--help"]
    assert done.stdout == f"{argv} __main__ {script} imported\n"
    assert done.stderr == "to stderr\n"
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("code", "expected", "stderr"),
    [
        ("1/0", 1, "ZeroDivisionError: division by zero\n"),
        ("def f(:", 1, "SyntaxError: invalid syntax\n"),
        ("import sys; sys.exit()", 0, ""),
        ("import sys; sys.exit(7)", 7, ""),
        ("import sys; sys.exit(-1)", 255, ""),
        ("import sys; sys.exit('sorry')", 1, "sorry\n"),
        ("raise SystemExit(None)", 0, ""),
        ("raise KeyboardInterrupt", 130, "KeyboardInterrupt\n"),
        ("import os; os._exit(3)", 3, ""),
        ("import os; os.kill(os.getpid(), 9)", 137, "SIGKILL"),
    ],
)
def test_exit_codes(script: Path, code: str, expected: int, stderr: str) -> None:
    script.write_text(code)
    done = call("run", str(script))
    assert done.returncode == expected
    assert stderr in done.stderr
    assert bool(stderr) == bool(done.stderr)


def test_a_time_limit(script: Path) -> None:
    script.write_text("print('begun', flush=True)\nwhile True: pass")
    done = call("run", "--timeout", "0.3", str(script))
    assert (done.returncode, done.stdout) == (124, "begun\n")
    assert "time was up" in done.stderr


def test_standard_input_answers_input(script: Path) -> None:
    script.write_text("import sys\nprint(input('? '), sys.stdin.readline(), list(sys.stdin))")
    done = call("run", str(script), stdin="one\ntwo\nthree\nfour")
    assert done.stdout.endswith("one two\n ['three\\n', 'four\\n']\n")


def test_no_standard_input_is_its_end(script: Path) -> None:
    script.write_text("input()")
    done = call("run", str(script))
    assert done.returncode == 1
    assert "EOFError" in done.stderr


def test_a_script_from_standard_input() -> None:
    assert call("run", "-", "a", stdin="import sys; print(sys.argv)").stdout == "['-', 'a']\n"


def test_a_script_in_a_session_that_lives_on(script: Path, notes: str) -> None:
    script.write_text("x = 41")
    assert call("run", "--session", notes, str(script)).returncode == 0
    assert call("exec", "--session", notes, "x + 1").stdout == "42\n"


def test_output_comes_as_it_is_written(script: Path) -> None:
    script.write_text("print('first', flush=True)\ninput()\nprint('second')")
    with subprocess.Popen(
        [*PROGRAM, "run", str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"first\n"
        assert process.communicate(b"\n", timeout=20)[0] == b"second\n"


def test_a_script_that_declares_its_encoding(script: Path) -> None:
    script.write_bytes("# coding: latin-1\nprint('caf\u00e9')\n".encode("latin-1"))
    assert call("run", str(script)).stdout == "caf\u00e9\n"


def test_a_script_from_a_pipe(script: Path) -> None:
    """As a shell's ``<(...)`` has it: it can be read once."""
    os.mkfifo(script)
    writer = threading.Thread(target=script.write_text, args=("print('piped')",), daemon=True)
    writer.start()
    assert call("run", str(script)).stdout == "piped\n"
    writer.join(10)


def test_a_reader_that_goes_away(script: Path) -> None:
    script.write_text("for i in range(1_000_000): print(i)")
    with subprocess.Popen(
        [*PROGRAM, "run", str(script)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == b"0\n"
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141


def test_bytes_are_passed_on_as_they_are(script: Path) -> None:
    script.write_text("import os; os.write(1, bytes(range(256)))")
    done = subprocess.run([*PROGRAM, "run", str(script)], capture_output=True, check=True)
    assert done.stdout == bytes(range(256))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["run"], "required: FILE"),
        (["run", "none.py"], "can't open file 'none.py'"),
        (["run", "--timeout", "-1", "x.py"], "positive number"),
        (["run", "--policy", "none", "x.py"], "invalid choice"),
        (["run", "--watch", "x.py"], "unrecognized arguments: --watch"),
        (["exec", "--policy", "none", "1"], "invalid choice"),
        (["none.py"], "there is no file 'none.py'"),
        (["nonsense"], "and no command of that name"),
        ([], "needs a terminal"),
    ],
)
def test_misuse_is_told(words: list[str], message: str) -> None:
    done = call(*words)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_files_named_like_the_standard_library_do_no_harm(
    script: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("json", "socket", "asyncio", "msgpack", "protocol"):
        (script.parent / f"{name}.py").write_text("raise SystemExit('the wrong module')")
    monkeypatch.chdir(script.parent)
    assert call("exec", "'fine'").stdout == "'fine'\n"


def test_a_folder_that_cannot_be_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "file"))
    done = call("exec", "1")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr


# -- exec, sessions, stop --------------------------------------------------------------------------


def test_code_in_a_session_of_its_own() -> None:
    done = call("exec", "print('said'); 6 * 7")
    assert (done.returncode, done.stdout, done.stderr) == (0, "said\n42\n", "")
    done = call("exec", "1/0")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.endswith("ZeroDivisionError: division by zero\n")
    assert call("sessions").stdout == "no sessions\n"


def test_a_value_that_cannot_be_encoded() -> None:
    done = call("exec", "class Odd:\n    def __repr__(self): return '\\udcff'\nOdd()")
    assert (done.returncode, done.stdout) == (0, "\\udcff\n")


def test_a_result_as_json() -> None:
    done = call("exec", "--json", "-", stdin="print('said')\n'value'")
    result = json.loads(done.stdout)
    assert (result["status"], result["stdout"], result["value"]) == ("ok", "said\n", "'value'")
    done = call("exec", "--json", "1/0")
    assert done.returncode == 1
    assert json.loads(done.stdout)["error"]["name"] == "ZeroDivisionError"


def test_named_sessions_live_until_they_are_stopped() -> None:
    assert call("exec", "--session", "box", "x = 5").returncode == 0
    assert call("exec", "--session", "box", "x").stdout == "5\n"
    (info,) = json.loads(call("sessions", "--json").stdout)
    assert (info["name"], info["state"], info["persist"]) == ("box", "idle", True)
    heading, row = call("sessions").stdout.splitlines()
    assert heading.split()[:3] == ["NAME", "ID", "STATE"]
    assert row.split()[:3] == ["box", info["id"], "idle"]
    done = call("stop", "bix")
    assert done.returncode == 1
    assert "there is no session 'bix'; there are: box" in done.stderr
    assert call("stop", info["id"][:4]).stdout == "stopped box\n"
    assert call("sessions").stdout == "no sessions\n"


def test_a_named_session_whose_worker_died_starts_over(notes: str) -> None:
    done = call("exec", "--session", notes, "import os; os._exit(4)")
    assert done.returncode == 4
    assert call("sessions").stdout.split()[9] == "dead"
    done = call("exec", "--session", notes, "'alive'")
    assert done.stdout == "'alive'\n"
    assert "had died (the worker exited with code 4)" in done.stderr


# -- attach ----------------------------------------------------------------------------------------


def test_attaching_line_by_line(notes: str) -> None:
    call("exec", "--session", notes, "print('earlier')")
    typed = "x = 5\ndef f(a):\n    return a * 2\n\nf(x)\ninput('who? ')\nAda\n1/0\n"
    done = call("attach", notes, stdin=typed)
    assert done.returncode == 0
    assert done.stdout == "earlier\n10\nwho? 'Ada'\n\n"
    assert "ZeroDivisionError" in done.stderr
    assert call("exec", "--session", notes, "x").stdout == "5\n"


def test_attaching_to_what_is_not_there() -> None:
    done = call("attach", "nothing")
    assert done.returncode == 1
    assert "there is no session 'nothing'" in done.stderr


# -- on a terminal ---------------------------------------------------------------------------------


TAKE_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""


class Terminal:
    """A program on a pseudo-terminal of its own."""

    def __init__(self, *words: str) -> None:
        self.fd, theirs = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-c", TAKE_TERMINAL, *PROGRAM, *words],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        self.seen = b""

    def expect(self, text: str, deadline: float = 20.0) -> None:
        end = time.monotonic() + deadline
        while text.encode() not in self.seen:
            left = end - time.monotonic()
            assert left > 0, f"{text!r} did not come, but {self.seen!r}"
            if select.select([self.fd], [], [], left)[0]:
                try:
                    self.seen += os.read(self.fd, 65536)
                except OSError:
                    break
        _, found, self.seen = self.seen.partition(text.encode())
        assert found, f"{text!r} did not come before the end"

    def type(self, text: str) -> None:
        os.write(self.fd, text.encode())

    def wait(self) -> int:
        code = self.process.wait(20)
        os.close(self.fd)
        return code


def test_ctrl_c_interrupts_the_script(script: Path) -> None:
    script.write_text("print('begun', flush=True)\nwhile True: pass")
    terminal = Terminal("run", str(script))
    terminal.expect("begun")
    terminal.type("\x03")
    terminal.expect("KeyboardInterrupt")
    assert terminal.wait() == 130


def test_ctrl_c_again_and_again_kills_the_worker(script: Path) -> None:
    script.write_text(
        "while True:\n"
        "    try:\n"
        "        print('round', flush=True)\n"
        "        while True: pass\n"
        "    except KeyboardInterrupt:\n"
        "        print('caught', flush=True)\n"
    )
    terminal = Terminal("run", str(script))
    terminal.expect("round")
    terminal.type("\x03")
    terminal.expect("caught")
    terminal.type("\x03")
    terminal.expect("once more to kill")
    terminal.type("\x03")
    assert terminal.wait() == 128 + signal.SIGKILL


def test_questions_on_a_terminal_and_passwords_unseen(script: Path) -> None:
    script.write_text(
        "import getpass\nprint('got', input('name? '))\nprint(len(getpass.getpass('secret: ')))"
    )
    terminal = Terminal("run", str(script))
    terminal.expect("name? ")
    terminal.type("Ada\n")
    terminal.expect("got Ada")
    terminal.expect("secret: ")
    terminal.type("hidden\n")
    terminal.expect("6\r\n")
    assert b"hidden" not in terminal.seen
    assert terminal.wait() == 0


def test_ctrl_c_while_a_question_waits(script: Path) -> None:
    script.write_text("input('name? ')")
    terminal = Terminal("run", str(script))
    terminal.expect("name? ")
    terminal.type("\x03")
    terminal.expect("KeyboardInterrupt")
    assert terminal.wait() == 130


def test_attaching_on_a_terminal(notes: str) -> None:
    call("exec", "--session", notes, "x = 'known'")
    terminal = Terminal("attach", notes)
    terminal.expect(">>> ")
    terminal.type("x\n")
    terminal.expect("'known'")
    terminal.expect(">>> ")
    terminal.type("for i in range(2):\n")
    terminal.expect("... ")
    terminal.type("    print('line', i)\n\n")
    terminal.expect("line 1")
    terminal.expect(">>> ")
    terminal.type("while True: pass\n\n")
    terminal.expect("... ")
    wait_until(lambda: "busy" in call("sessions").stdout)
    terminal.type("\x03")
    terminal.expect("KeyboardInterrupt")
    terminal.expect(">>> ")
    call("exec", "--session", notes, "print('from elsewhere')")
    terminal.expect("[cli] >>> print('from elsewhere')")
    terminal.expect("from elsewhere")
    terminal.type("\x04")
    assert terminal.wait() == 0


# -- doctor ----------------------------------------------------------------------------------------


def test_the_doctor() -> None:
    done = call("doctor")
    assert done.returncode == 0
    assert "ok  session" in done.stdout
    assert "no leftovers of dead processes" in done.stdout
    log = Path(os.environ["XDG_RUNTIME_DIR"], "pyrepl-tui", "n", "old.log")
    log.touch()
    os.utime(log, (1, 1))
    assert str(log) in call("doctor").stdout
    assert log.exists()
    assert f"removed: {log}" in call("doctor", "--fix").stdout
    assert not log.exists()


def test_help_names_every_command() -> None:
    text = call("--help").stdout
    for name in ("run", "exec", "sessions", "attach", "stop", "doctor"):
        assert f"\n  {name} " in text
        assert call(name, "--help").returncode == 0

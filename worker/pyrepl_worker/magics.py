"""What lines like ``%time f()`` and ``!ls`` call; see `protocol.cell_syntax`.

Modules that only some of them need are imported there: most sessions need none.
"""

from __future__ import annotations

import ast
import builtins
import importlib
import os
import sys
import time
from typing import TYPE_CHECKING, Any

from .completion import explanation
from .describe.static import type_name
from .protocol.cell_syntax import ESCAPES, HOME, MAGICS
from .reloading import Reloader

if TYPE_CHECKING:
    from collections.abc import Callable

_TARGET_SECONDS = 0.2


def say(text: str = "") -> None:
    """Print a line, whatever user code calls print."""
    sys.stdout.write(text + "\n")


class Magics:
    """Lives among the builtins; each method is named after what calls it."""

    def __init__(self, namespace: dict[str, Any], hidden: dict[str, Any]) -> None:
        self._namespace = namespace
        self._hidden = hidden
        self._before = os.path.expanduser("~")
        self._reloader = Reloader()

    def install(self) -> None:
        """Be there for the lines of all cells."""
        setattr(builtins, HOME, self)

    # -- the shell -------------------------------------------------------------------------------

    def shell(self, command: str) -> None:
        """Run a command; what it prints is output of the run. Its status is in ``_exit_code``."""
        import subprocess

        self._flush()
        done = subprocess.run(self._filled(command), shell=True, check=False)
        self._namespace["_exit_code"] = done.returncode

    def capture(self, command: str) -> list[str]:
        """Run a command and return the lines it prints."""
        import subprocess

        self._flush()
        done = subprocess.run(
            self._filled(command), shell=True, check=False, stdout=subprocess.PIPE
        )
        self._namespace["_exit_code"] = done.returncode
        return done.stdout.decode("utf-8", "replace").splitlines()

    @staticmethod
    def _flush() -> None:
        sys.stdout.flush()
        sys.stderr.flush()

    def _filled(self, command: str) -> str:
        """A command with ``{expression}`` replaced by its value; ``{{`` stands for a brace."""
        found, at = "", 0
        while at < len(command):
            char = command[at]
            if command[at : at + 2] in ("{{", "}}"):
                found, at = found + char, at + 2
                continue
            end = command.find("}", at)
            inner = command[at + 1 : end] if char == "{" and end > at else ""
            if inner and _is_expression(inner):
                found += str(eval(inner, self._namespace))
                at = end + 1
            else:
                found, at = found + char, at + 1
        return found

    def pip(self, arguments: str) -> None:
        """Run pip in the session's interpreter."""
        import shlex
        import subprocess

        self._flush()
        command = [sys.executable, "-m", "pip", *shlex.split(arguments)]
        self._namespace["_exit_code"] = subprocess.run(command, check=False).returncode
        importlib.invalidate_caches()

    # -- time ------------------------------------------------------------------------------------

    def time(self, statement: str) -> Any:
        """Run a statement, print what it took, return its value."""
        call = self._compiled(statement)
        wall, cpu = time.perf_counter(), time.process_time()
        try:
            return call()
        finally:
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
            say(f"{_duration(wall)}, {_duration(cpu)} of it computing")

    def timeit(self, text: str) -> None:
        """Run a statement many times and print the mean, its deviation and the best."""
        head, _, body = text.partition("\n")
        number, repeats, rest = _timeit_options(head)
        setup = body.strip("\n")
        source = rest if not setup else (f"{rest}\n{setup}" if rest else setup)
        code = compile(source, "<timeit>", "exec")
        names = dict(self._namespace)

        def once(count: int) -> float:
            begun = time.perf_counter()
            for _ in range(count):
                exec(code, names)
            return time.perf_counter() - begun

        if not number:
            number = 1
            while once(number) < _TARGET_SECONDS and number < 10**7:
                number *= 10
        each = [once(number) / number for _ in range(repeats)]
        mean = sum(each) / repeats
        spread = (sum((one - mean) ** 2 for one in each) / repeats) ** 0.5
        say(
            f"{_duration(mean)} ± {_duration(spread)} a loop, best {_duration(min(each))} "
            f"({repeats} times {number:,} loops)"
        )

    def _compiled(self, text: str) -> Callable[[], Any]:
        tree = ast.parse(text.strip("\n") if "\n" in text.strip() else text.strip())
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        code = compile(tree, "<time>", "exec")
        value = None
        if isinstance(last, ast.Expr):
            value = compile(ast.Expression(last.value), "<time>", "eval")

        def call() -> Any:
            exec(code, self._namespace)
            return None if value is None else eval(value, self._namespace)

        return call

    # -- files and folders -----------------------------------------------------------------------

    def run(self, arguments: str) -> None:
        """Run a script as ``python FILE`` would, and take the names it defines over."""
        import shlex

        runpy = importlib.import_module("runpy")  # what it runs has the builtins that it has
        words = shlex.split(arguments)
        if not words:
            raise ValueError("%run wants a file: %run FILE [ARGUMENTS]")
        file = os.path.expanduser(words[0])
        if not os.path.exists(file) and os.path.exists(file + ".py"):
            file += ".py"
        held, path = sys.argv[:], sys.path[:]
        main = sys.modules["__main__"]
        sys.argv[:] = [file, *words[1:]]
        sys.path.insert(0, os.path.dirname(os.path.abspath(file)))
        try:
            names = runpy.run_path(file, run_name="__main__")
        finally:
            sys.modules["__main__"] = main
            sys.argv[:], sys.path[:] = held, path
        self._namespace.update((name, value) for name, value in names.items() if name[:2] != "__")

    def cd(self, folder: str) -> None:
        """Change the working folder, and say where we are."""
        before = os.getcwd()
        wanted = self._before if folder == "-" else os.path.expanduser(folder.strip("\"'") or "~")
        os.chdir(wanted)
        self._before = before
        say(os.getcwd())

    def env(self, text: str) -> str | None:
        """All environment variables, one, or one set."""
        name, equals, value = text.partition("=")
        name = name.strip()
        if equals:
            os.environ[name] = self._filled(value.strip())
            return None
        if name:
            return os.environ[name]
        for each, held in sorted(os.environ.items()):
            say(f"{each}={held}")
        return None

    # -- looking ---------------------------------------------------------------------------------

    def who(self, kind: str) -> None:
        """List variables with their types; of one type if it is named."""
        rows = [
            (name, type_name(value))
            for name, value in list(self._namespace.items())
            if type(name) is str
            and name[:1] != "_"
            and self._hidden.get(name) is not value
            and (not kind or type_name(value) == kind)
        ]
        width = max((len(name) for name, _ in rows), default=0)
        for name, type_ in rows:
            say(f"{name:{width}}  {type_}")
        if not rows:
            say("no variables" + (f" of type {kind}" if kind else ""))

    def explain(self, name: str, *, source: bool) -> None:
        """Print what is known about a name: signature, documentation, or source."""
        first, *rest = name.split(".")
        chain = [["name", first], *(["attr", each] for each in rest)]
        found = explanation(self._namespace, chain, source=source)
        if "kind" not in found:
            say(f"nothing is known about {name}")
            return
        if found["parameters"] is not None:
            inner = ", ".join(text for _, text in found["parameters"])
            returns = f" → {found['returns']}" if found["returns"] else ""
            say(f"{name}({inner}){returns}\n")
        else:
            say(f"{name}: {found['type']}  {found['summary']}".rstrip() + "\n")
        say((found["source"] if source else "") or found["doc"] or "no documentation")
        if found["file"]:
            say(f"\n{found['file']}:{found['line']}")

    def debug(self, _: str) -> None:
        """Look around where the last exception was raised; pdb asks as input() does."""
        pdb = importlib.import_module("pdb")  # as user code has it: it asks by their input()
        error = getattr(sys, "last_value", None)
        frames = getattr(sys, "last_traceback", None)
        while frames is not None and frames.tb_frame.f_globals is not self._namespace:
            frames = frames.tb_next
        frames = frames or getattr(sys, "last_traceback", None)
        if frames is None:
            raise RuntimeError("no exception was raised yet")
        say(f"{type(error).__name__}: {error}")
        pdb.post_mortem(frames)

    def autoreload(self, mode: str) -> None:
        """``0`` reloads no more, ``1`` and ``2`` before each run, nothing just now."""
        if mode.strip() not in ("", "0", "1", "2"):
            raise ValueError(
                "%autoreload takes 0 (never), 1 or 2 (before each run) or nothing (now)"
            )
        if mode.strip():
            self._reloader.follow(mode.strip() != "0")
        else:
            self._reloader.reload()

    def before_run(self) -> None:
        """Reload what has changed, if that was asked for."""
        if self._reloader.following:
            self._reloader.reload()

    def checkpoint(self, _: str) -> None:
        """Only a client of the session can do that."""
        raise RuntimeError("%checkpoint is a cell of its own, in the workspace")

    def restore(self, _: str) -> None:
        """Only a client of the session can do that."""
        raise RuntimeError("%restore is a cell of its own, in the workspace")

    def magics(self, _: str) -> None:
        """List all of this."""
        rows = [*MAGICS.values(), *ESCAPES]
        width = max(len(usage) for usage, _ in rows)
        for usage, text in rows:
            say(f"{usage:{width}}  {text}")


def _is_expression(text: str) -> bool:
    try:
        ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError):
        return False
    return True


def _timeit_options(text: str) -> tuple[int, int, str]:
    number, repeats = 0, 7
    words = text.split(" ")
    while words and (not words[0] or words[0][:2] in ("-n", "-r")):
        word = words.pop(0)
        if not word:
            continue
        value = word[2:] or (words.pop(0) if words else "")
        if not value.isdigit() or int(value) < 1:
            raise ValueError(f"{word} wants a number: %timeit [-n N] [-r R] STATEMENT")
        if word[1] == "n":
            number = int(value)
        else:
            repeats = int(value)
    return number, repeats, " ".join(words)


def _duration(seconds: float) -> str:
    for factor, unit in ((1, "s"), (1e3, "ms"), (1e6, "µs")):
        if seconds * factor >= 1:
            return f"{seconds * factor:.3g} {unit}"
    return f"{seconds * 1e9:.3g} ns"

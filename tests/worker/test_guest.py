"""The worker is a guest: the user's interpreter, folder and modules are as without it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from pyrepl_tui import Session
from pyrepl_tui.engine import interpreters
from tests.support.interpreters import Interpreter

from .conftest import Nest
from .running import ok, value

HOSTILE = (
    "json", "socket", "msgpack", "worker", "protocol", "messages", "cloudpickle", "asyncio",
    "threading", "traceback", "inspect", "select", "struct", "pyrepl_worker", "framing", "queue",
    "subprocess", "dataclasses", "typing", "random", "bootstrap", "main", "guest",
)  # fmt: skip


async def test_hostile_files_in_the_folder_are_the_users_own(
    nest: Nest, python: str, work: Path
) -> None:
    for name in HOSTILE:
        (work / f"{name}.py").write_text(f"owner = 'user'\nprint('imported {name}')\n")
    code = "\n".join(f"import {name}\nprint(getattr({name}, 'owner', 0))" for name in HOSTILE)
    bare = subprocess.run(
        [python, "-c", code], capture_output=True, text=True, check=True, cwd=work, env=nest.env
    )
    assert "imported json\nuser\n" in bare.stdout
    async with nest.session(python=python, cwd=work) as session:
        assert (await ok(session, code)).stdout == bare.stdout
        result = await ok(session, "input('still? ')", on_input=lambda request: "here")
        assert result.value == "'here'"
        assert await value(session, "1 + 1") == "2"


async def test_hostile_packages_too(nest: Nest, python: str, work: Path) -> None:
    for name in ("json", "msgpack", "asyncio"):
        (work / name).mkdir()
        (work / name / "__init__.py").write_text("owner = 'user'\n")
    async with nest.session(python=python, cwd=work) as session:
        for name in ("json", "msgpack", "asyncio"):
            assert await value(session, f"import {name}; {name}.owner") == "'user'"


async def test_hostile_files_that_fail_do_no_harm(nest: Nest, python: str, work: Path) -> None:
    for name in HOSTILE:
        (work / f"{name}.py").write_text("raise SystemExit('do not import me')\n")
    async with nest.session(python=python, cwd=work) as session:
        assert await value(session, "6 * 7") == "42"
        assert "ZeroDivisionError" in (await session.execute("1/0")).error.traceback  # type: ignore[union-attr]
        assert await value(session, "6 * 7") == "42"


@pytest.mark.parametrize("name", ["pyrepl_worker", "pyrepl_tui", "protocol", "framing", "node"])
async def test_nothing_of_ours_is_importable(session: Session, name: str) -> None:
    result = await session.execute(f"import {name}")
    assert result.error is not None
    assert result.error.name == "ModuleNotFoundError"


async def test_sys_path_is_that_of_a_bare_python(session: Session, python: str) -> None:
    bare = subprocess.run(
        [python, "-c", "import sys; print(sys.path)"],
        capture_output=True, text=True, check=True, cwd=session.cwd,
    )  # fmt: skip
    assert await value(session, "import sys; sys.path") == bare.stdout.strip()


async def test_nothing_of_ours_is_in_sys_modules_or_hooks(session: Session, python: str) -> None:
    ours = "'pyrepl' in name or 'msgpack' in name or 'cloudpickle' in name"
    names = f"import sys\n[name for name in sys.modules if {ours}]"
    assert await value(session, names) == "[]"
    hooks = "[getattr(f, '__name__', type(f)) for f in (*sys.meta_path, *sys.path_hooks)]"
    command = [python, "-c", f"import sys; print({hooks})"]
    bare = subprocess.run(command, capture_output=True, text=True, check=True)
    assert await value(session, hooks) == bare.stdout.strip()


async def test_main_is_the_users_module(session: Session) -> None:
    await ok(session, "x = 'mine'\ndef f(): return x")
    code = "import __main__, sys\n(__main__ is sys.modules['__main__'],"
    assert await value(
        session, code + " vars(__main__) is globals(), __main__.x, __name__, f.__module__)"
    ) == ("(True, True, 'mine', '__main__', '__main__')")


async def test_the_namespace_begins_empty(session: Session) -> None:
    names = await value(session, "sorted(n for n in dir() if not n.startswith('__'))")
    assert names == "['input']"
    assert await value(session, "__doc__, __package__, __spec__") == "(None, None, None)"


async def test_local_files_import(session: Session, work: Path) -> None:
    (work / "helper.py").write_text("def f(): return 'local'\n")
    (work / "package").mkdir()
    (work / "package" / "part.py").write_text("name = __name__\n")
    assert await value(session, "import helper; helper.f()") == "'local'"
    assert await value(session, "from package.part import name; name") == "'package.part'"


async def test_a_relative_pythonpath_means_the_sessions_folder(
    nest: Nest, python: str, work: Path
) -> None:
    (work / "lib").mkdir()
    (work / "lib" / "far.py").write_text("where = __file__\n")
    async with nest.session(python=python, cwd=work, env={"PYTHONPATH": "x:lib:"}) as session:
        assert await value(session, "import far; far.where") == repr(str(work / "lib" / "far.py"))
        assert await value(session, "import sys; sys.path[1:4]") == (
            repr([str(work / "x"), str(work / "lib"), str(work)])
        )


async def test_safe_path_keeps_the_folder_out(
    nest: Nest, interpreter: Interpreter, work: Path
) -> None:
    (work / "json.py").write_text("owner = 'user'\n")
    env = {"PYTHONSAFEPATH": "1"}
    async with nest.session(python=interpreter.path, cwd=work, env=env) as session:
        expected = str(interpreter.version < (3, 11))
        assert await value(session, "import json; hasattr(json, 'owner')") == expected
        assert await value(session, "import sys; '' in sys.path") == expected


async def test_environment_arguments_and_folder(nest: Nest, python: str, work: Path) -> None:
    async with nest.session(python=python, cwd=work, env={"MINE": "é"}) as session:
        assert await value(session, "import os; os.environ['MINE']") == "'é'"
        assert await value(session, "os.getcwd()") == repr(str(work))
        assert await value(session, "import sys; sys.argv") == "['']"
        assert await value(session, "'PYTHONPATH' in os.environ") == "False"


async def test_it_is_the_interpreter_that_was_named(session: Session, python: str) -> None:
    found = await value(session, "import sys; sys.executable")
    assert Path(str(found).strip("'")).resolve() == Path(python).resolve()


async def test_a_venv_with_nothing_in_it(nest: Nest, python: str, work: Path) -> None:
    command = [python, "-m", "venv", "--without-pip", str(work / "venv")]
    if subprocess.run(command, capture_output=True, check=False).returncode != 0:
        pytest.skip("this interpreter makes no virtual environments")
    env = {"PYREPL_TUI_LINGER": "0.1"}
    async with nest.session(python=work / "venv", cwd=work, env=env) as session:
        assert await value(session, "import sys; sys.prefix") == repr(str(work / "venv"))
        assert (await session.execute("import msgpack")).status == "error"


async def test_the_mutable_state_of_the_interpreter_is_its_own(session: Session) -> None:
    assert await value(session, "import gc; gc.isenabled(), gc.get_freeze_count() >= 0") == (
        "(True, True)"
    )
    code = "import signal\nsignal.getsignal(signal.SIGINT) is signal.default_int_handler"
    assert await value(session, code) == "True"
    code = "[signal.getsignal(s) for s in (signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD)]"
    assert await value(session, code + " == [signal.SIG_DFL] * 3") == "True"
    assert await value(session, "import threading\nthreading.active_count()") == "1"
    assert await value(session, "threading.current_thread() is threading.main_thread()") == "True"


async def test_a_package_reached_by_a_link_leaves_nothing_on_the_path(
    nest: Nest, python: str, work: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bootstrap, sites = interpreters.installation()
    (tmp_path / "linked").symlink_to(Path(bootstrap).parent.parent)
    linked = str(tmp_path / "linked" / "pyrepl_worker" / "bootstrap.py")
    monkeypatch.setattr(interpreters, "installation", lambda: (linked, sites))
    async with nest.session(python=python, cwd=work, env={**nest.env, "OTHER": "1"}) as session:
        assert "pyrepl_worker" not in str(await value(session, "import sys; sys.path"))


async def test_asyncio_is_there_when_code_awaits_and_not_before(session: Session) -> None:
    assert await value(session, "import sys; 'asyncio' in sys.modules") == "False"
    assert await value(session, "async def two():\n    return 2\nawait two()") == "2"


async def test_code_awaits_in_a_folder_of_hostile_files(
    nest: Nest, python: str, work: Path
) -> None:
    for name in ("socket", "ssl", "logging", "heapq"):
        (work / f"{name}.py").write_text("raise SystemExit('do not import me')\n")
    async with nest.session(python=python, cwd=work) as session:
        assert await value(session, "async def two():\n    return 2\nawait two()") == "2"
        result = await session.execute("import heapq")
        assert result.error is not None
        assert result.error.name == "SystemExit"


async def test_checkpoints_and_magics_in_a_folder_of_hostile_files(
    nest: Nest, python: str, work: Path
) -> None:
    """What is imported late, and standard modules that look themselves up in sys.modules."""
    for name in (*HOSTILE, "warnings", "signal", "pickle", "copyreg", "selectors", "contextlib"):
        (work / f"{name}.py").write_text("owner = 'user'\n")
    async with nest.session(python=python, cwd=work) as session:
        # some interpreters have loaded it before they look into the folder
        whose = "import warnings; getattr(warnings, 'owner', 'python')"
        owner = await value(session, whose)
        point = await session.checkpoint(durable=True)
        await ok(session, "x = 1")
        for form in ("image", "archive"):
            await session.restore(point, form=form)
            assert await value(session, "'x' in globals()") == "False"
            assert await value(session, whose) == owner
        assert "done" in (await ok(session, "!echo done")).stdout
        assert [row.name for row in await session.namespace()] == ["warnings"]


async def test_folders_named_like_standard_modules_cost_nothing(
    nest: Nest, python: str, work: Path
) -> None:
    for name in ("test", "types", "logging"):
        (work / name).mkdir()
    (work / "code.py").write_text("")
    async with nest.session(python=python, cwd=work) as session:
        assert await value(session, "import sys; 'asyncio' in sys.modules") == "False"

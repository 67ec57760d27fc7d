"""Sessions in every CPython of the machine, forked from nurseries that many tests share."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pytest

from pyrepl_tui import Session
from tests.support import leftovers
from tests.support.interpreters import Interpreter
from tests.support.interpreters import interpreters as all_interpreters
from tests.support.waiting import wait_until

_KEPT = ("PATH", "LD_LIBRARY_PATH")
GRACE = 10.0
"""Seconds that everything but nurseries has to end by itself."""


@dataclass(frozen=True)
class Nest:
    """Folders and an environment that all tests of this process share."""

    base: Path
    env: dict[str, str]

    def session(self, **options: Any) -> Session:
        """Describe a session whose nursery is warm, if such a one was asked for before."""
        env = {**self.env, **options.pop("env", {})}
        return Session(env=env, state_dir=self.base / "state", **options)


@pytest.fixture(scope="session")
def shared_nest() -> Iterator[Nest]:
    """Nurseries that outlive single tests: a test's session then starts in milliseconds."""
    base = Path(tempfile.mkdtemp(prefix="pw", dir="/tmp"))
    for name in ("home", "run", "state", "tmp"):
        (base / name).mkdir(mode=0o700)
    env = {name: os.environ[name] for name in _KEPT if name in os.environ}
    env.update(
        HOME=str(base / "home"),
        TMPDIR=str(base / "tmp"),
        XDG_RUNTIME_DIR=str(base / "run"),
        XDG_STATE_HOME=str(base / "state"),
        LANG="C.UTF-8",
        PYREPL_TUI_LINGER="20",
    )
    yield Nest(base, env)
    try:
        wait_until(lambda: not _strangers(base), GRACE, "children of ended sessions")
    finally:
        leftovers.end([each.pid for each in leftovers.marked_by(str(base))])
        shutil.rmtree(base, ignore_errors=True)


def _strangers(base: Path) -> list[leftovers.Leftover]:
    """Processes of the nest that are neither nurseries nor their spares."""
    return [each for each in leftovers.marked_by(str(base)) if " nursery " not in each.command]


@pytest.fixture
def nest(shared_nest: Nest, sandbox: Path, monkeypatch: pytest.MonkeyPatch) -> Nest:
    """The shared folders, in place of the test's own."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", shared_nest.env["XDG_RUNTIME_DIR"])
    monkeypatch.setenv("XDG_STATE_HOME", shared_nest.env["XDG_STATE_HOME"])
    return shared_nest


@pytest.fixture(params=[pytest.param(each, id=str(each)) for each in all_interpreters()])
def interpreter(request: pytest.FixtureRequest) -> Interpreter:
    """Each CPython of the machine."""
    found: Interpreter = request.param
    return found


@pytest.fixture
def python(interpreter: Interpreter) -> str:
    """The path of each CPython of the machine."""
    return interpreter.path


@pytest.fixture
def work(sandbox: Path) -> Path:
    """A working folder of the test's own."""
    folder = sandbox / "work"
    folder.mkdir()
    return folder


Check = Callable[[Session], Awaitable[None]]


class InEach(Protocol):
    """Carries a check out in several sessions with such options."""

    async def __call__(self, check: Check, **options: Any) -> None: ...


@pytest.fixture
def in_each(nest: Nest, work: Path) -> InEach:
    """Carries a check out in a fresh session of every CPython at once: for what mostly waits."""

    async def one(interpreter: Interpreter, check: Check, options: dict[str, Any]) -> None:
        folder = work / str(interpreter)
        folder.mkdir()
        async with nest.session(python=interpreter.path, cwd=folder, **options) as session:
            try:
                await check(session)
            except Exception as error:
                raise AssertionError(f"it fails in CPython {interpreter}") from error

    async def carry_out(check: Check, **options: Any) -> None:
        checks = (one(each, check, options) for each in all_interpreters())
        outcomes = await asyncio.gather(*checks, return_exceptions=True)
        for error in filter(None, outcomes):
            raise error

    return carry_out


@pytest.fixture
async def session(nest: Nest, python: str, work: Path) -> AsyncIterator[Session]:
    """A fresh session in the test's own working folder."""
    async with nest.session(python=python, cwd=work) as session:
        yield session

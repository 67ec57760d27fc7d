"""The leak check itself: it finds what is hidden, and only what belongs to the test."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import leftovers
from tests.support.interpreters import every_python
from tests.support.waiting import eventually, wait_until

SLEEPER = "import sys, time; sys.stdout.flush(); time.sleep(600)"


@pytest.mark.parametrize("hidden", ["nothing", "environment", "environment and folder"])
def test_a_process_of_the_test_is_found_and_ended(sandbox: Path, hidden: str) -> None:
    env = {} if "environment" in hidden else {**os.environ}
    cwd = "/" if "folder" in hidden else sandbox
    with (sandbox / "output").open("wb") as output:
        child = subprocess.Popen([sys.executable, "-c", SLEEPER], env=env, cwd=cwd, stdout=output)
    found = wait_until(lambda: leftovers.marked_by(str(sandbox)))
    assert [each.pid for each in found] == [child.pid]
    leftovers.end([child.pid])
    assert child.wait(10) == -9
    assert leftovers.marked_by(str(sandbox)) == []


def test_other_processes_are_not_taken_for_the_tests_own(sandbox: Path) -> None:
    child = subprocess.Popen([sys.executable, "-c", SLEEPER], env={}, cwd="/")
    try:
        assert leftovers.marked_by(str(sandbox)) == []
    finally:
        child.kill()
        child.wait()


async def test_eventually_names_what_it_waited_for() -> None:
    with pytest.raises(TimeoutError, match="the moon"):
        await eventually(lambda: False, 0.05, "the moon")


@every_python
def test_every_interpreter_is_a_cpython_that_runs(python: str) -> None:
    code = "import sys; print(sys.version_info >= (3, 10), sys.implementation.name)"
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "cpython"]

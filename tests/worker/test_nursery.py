"""The nursery: warm forks, preloaded packages, orphans, and no dead left unburied."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pyrepl_tui import Session, WorkerStartError, locations
from pyrepl_tui.engine import registry
from pyrepl_worker import kinship
from pyrepl_worker.framing import encode
from tests.support.programs import alive, registry_entry
from tests.support.waiting import eventually

from .conftest import Nest
from .running import ok, run, soon, value

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="needs /proc and a subreaper")


async def nursery_of(session: Session) -> int:
    """Its process id."""
    return next(each.pid for each in await session.processes() if each.role == "nursery")


def parent_of(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return int(fields[1])


def children_of(pid: int) -> dict[int, str]:
    """Children by process id, with their state's letter."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(") ")[2].split()
            except OSError:
                continue
            if int(fields[1]) == pid:
                found[int(entry.name)] = fields[0]
    return found


@pytest.fixture
def module(work: Path) -> dict[str, str]:
    """An environment with a package whose import takes longer than the nursery lingers."""
    (work / "slowpack.py").write_text(
        "import os, time\ntime.sleep(0.15)\nimported_by = os.getpid()\nstate = []\n"
    )
    return {"PYTHONPATH": str(work), "PYREPL_TUI_LINGER": "0.1"}


async def test_a_preloaded_package_is_imported_once_for_all(
    nest: Nest, python: str, work: Path, module: dict[str, str]
) -> None:
    options = {"python": python, "cwd": work, "env": module, "preload": ("slowpack",)}
    async with nest.session(**options) as one, nest.session(**options) as two:
        nursery = await nursery_of(one)
        assert await nursery_of(two) == nursery
        for session in (one, two):
            assert await value(session, "'slowpack' in globals()") == "False"
            code = "import slowpack, os\nslowpack.imported_by, os.getppid()"
            assert await value(session, code) == f"({nursery}, {nursery})"
        await ok(one, "slowpack.state.append(1)")
        assert await value(two, "slowpack.state") == "[]"


async def test_a_nursery_that_ends_leaves_no_files(
    nest: Nest, python: str, work: Path, module: dict[str, str]
) -> None:
    async with nest.session(python=python, cwd=work, env=module) as session:
        known = registry.load(session.id)
        assert known is not None
        address = Path(known.nursery)
        assert address.exists()
    await eventually(lambda: not list(address.parent.glob(f"{address.stem}.*")))


async def test_a_nursery_that_cannot_start_leaves_no_files(nest: Nest, work: Path) -> None:
    folder = locations.runtime_dir() / "n"
    (work / "python").write_text("#!/bin/sh\necho no >&2\nexit 3\n")
    (work / "python").chmod(0o755)
    before = set(folder.iterdir()) if folder.is_dir() else set()
    with pytest.raises(WorkerStartError, match="no") as caught:
        await nest.session(python=work / "python", cwd=work).start()
    assert "exit code 3" in str(caught.value)
    assert not set(folder.iterdir()) - before


async def test_sessions_of_one_nursery_draw_different_numbers(
    nest: Nest, python: str, work: Path, module: dict[str, str]
) -> None:
    options = {"python": python, "cwd": work, "env": module, "preload": ("slowpack",)}
    async with nest.session(**options) as one, nest.session(**options) as two:
        code = "import random, uuid, secrets\nrandom.random(), random.random()"
        assert await value(one, code) != await value(two, code)


def has_numpy(python: str) -> bool:
    import subprocess

    command = [python, "-c", "import numpy"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


async def test_numpy_draws_different_numbers_too(nest: Nest, python: str, work: Path) -> None:
    if not has_numpy(python):
        pytest.skip("this interpreter has no numpy")
    env = {"PYREPL_TUI_LINGER": "0.1"}
    options = {"python": python, "cwd": work, "env": env, "preload": ("numpy",)}
    async with nest.session(**options) as one, nest.session(**options) as two:
        code = "import numpy.random as r\nfloat(r.rand()), int(r.default_rng().integers(1 << 62))"
        first, second = await value(one, code), await value(two, code)
        assert first != second


async def test_a_preload_that_fails_is_a_start_error(
    nest: Nest, python: str, work: Path, module: dict[str, str]
) -> None:
    (work / "broken.py").write_text("raise RuntimeError('not today')\n")
    for name, words in (("broken", "not today"), ("nowhere_at_all", "nowhere_at_all")):
        with pytest.raises(WorkerStartError, match=words):
            await soon(nest.session(python=python, cwd=work, env=module, preload=(name,)).start())


@linux_only
async def test_a_spare_waits_for_the_next_session(nest: Nest, python: str, work: Path) -> None:
    async with nest.session(python=python, cwd=work) as session:
        nursery = await nursery_of(session)
        others = set(children_of(nursery)) - {session.pid}
        spare = await eventually(lambda: set(children_of(nursery)) - {session.pid})
        assert others <= spare
        async with nest.session(python=python, cwd=work) as second:
            assert second.pid in spare or second.pid not in others
            assert parent_of(second.pid or 0) == nursery
            assert await value(second, "1 + 1") == "2"


@linux_only
async def test_orphans_are_adopted_and_reaped(session: Session) -> None:
    code = (
        "import os\nr, w = os.pipe()\npid = os.fork()\n"
        "if not pid:\n"
        "    grandchild = os.fork()\n"
        "    if grandchild: os.write(w, b'%d' % grandchild); os._exit(0)\n"
        "    import time; time.sleep(600); os._exit(0)\n"
        "os.waitpid(pid, 0)\nint(os.read(r, 20))"
    )
    grandchild = int(str(await value(session, code)))
    nursery = await nursery_of(session)
    await eventually(lambda: parent_of(grandchild) == nursery)
    os.kill(grandchild, signal.SIGKILL)
    await eventually(lambda: not Path(f"/proc/{grandchild}").exists())


@linux_only
async def test_no_zombies_after_many_deaths(nest: Nest, python: str, work: Path) -> None:
    async with nest.session(python=python, cwd=work) as session:
        nursery = await nursery_of(session)
        for _ in range(5):
            await run(session, "import os; os._exit(1)")
            await session.restart()
        for _ in range(5):
            async with nest.session(python=python, cwd=work) as short:
                await ok(short, "1")
        await eventually(lambda: "Z" not in children_of(nursery).values())


async def test_a_nursery_ends_when_nothing_needs_it(nest: Nest, python: str, work: Path) -> None:
    env = {"PYREPL_TUI_LINGER": "0.05"}
    async with nest.session(python=python, cwd=work, env=env) as session:
        nursery = await nursery_of(session)
    await eventually(lambda: not alive(nursery))


async def test_a_nursery_that_nobody_finds_ends_with_its_sessions(
    nest: Nest, python: str, work: Path, tmp_path: Path
) -> None:
    """As at a logout: the system removes the user's runtime folder."""
    options: dict[str, Any] = {
        "python": python, "cwd": work, "persist": True, "env": {"PYREPL_TUI_LINGER": "0.05"},
    }  # fmt: skip
    idle, busy, asking = (nest.session(**options) for _ in range(3))
    for session in (idle, busy, asking):
        await session.start()
    gate, done = work / "gate", work / "done"
    os.mkfifo(gate)
    busy.run(f"open({str(gate)!r}).read()\nopen({str(done)!r}, 'w').close()")
    asking.run("input()", on_input="ask")
    await eventually(lambda: (busy.state, asking.state) == ("busy", "waiting_input"))
    nursery = await nursery_of(idle)
    pids = [session.pid or 0 for session in (idle, busy, asking)]
    for session in (idle, busy, asking):
        await session.detach()
    runtime = locations.runtime_path()
    runtime.rename(tmp_path / "gone")
    try:
        await eventually(lambda: not alive(pids[0]) and not alive(pids[2]))
        assert alive(pids[1])  # what runs is not lost
        with gate.open("w"):
            pass
        await eventually(lambda: not any(map(alive, (nursery, *pids))))
        assert done.exists()
    finally:
        (tmp_path / "gone").rename(runtime)


async def test_a_nursery_leaves_the_socket_of_its_successor_alone(
    nest: Nest, python: str, work: Path
) -> None:
    options: dict[str, Any] = {
        "python": python, "cwd": work, "env": {"PYREPL_TUI_LINGER": "0.05"}
    }  # fmt: skip
    async with nest.session(**options) as first:
        nursery = await nursery_of(first)
        known = registry.load(first.id)
        assert known is not None
        Path(known.nursery).unlink()
        second = await nest.session(**options).start()
        assert await nursery_of(second) != nursery
    await eventually(lambda: not alive(nursery))
    assert Path(known.nursery).exists()
    await second.close()


async def test_sessions_start_without_fork_too(nest: Nest, python: str, work: Path) -> None:
    env = {"PYREPL_TUI_NO_FORK": "1", "PYREPL_TUI_LINGER": "0.05"}
    (work / "json.py").write_text("owner = 'user'\n")
    async with nest.session(python=python, cwd=work, env=env, preload=("decimal",)) as session:
        assert await value(session, "import sys\n'decimal' in sys.modules, 6 * 7") == "(True, 42)"
        assert await value(session, "import json; json.owner") == "'user'"
        result = await ok(session, "print(input('? '))", on_input=lambda request: "spawned")
        assert result.stdout == "spawned\n"
        assert (await run(session, "while True: pass", timeout_ms=50)).status == "timeout"
        result = await run(session, "import os; os._exit(3)")
        assert result.death is not None
        assert result.death.exit_code == 3
        await session.restart()
        assert await value(session, "'sys' in globals()") == "False"


async def test_sessions_are_told_apart(nest: Nest, python: str, work: Path) -> None:
    options = {"python": python, "cwd": work}
    async with nest.session(**options) as one, nest.session(**options) as two:
        await ok(one, "x = 1\nimport os\nos.environ['MINE'] = 'one'\nos.chdir('/')")
        code = "import os\n'x' in globals(), os.environ.get('MINE'), os.getcwd()"
        assert await value(two, code) == f"(False, None, {str(work)!r})"
        assert (await ok(one, "print('one')")).stdout == "one\n"
        assert two.output() == b""


async def test_more_than_a_socket_takes_reaches_a_worker(session: Session) -> None:
    label = "x" * 1_000_000
    point = await session.checkpoint()
    await session.label_checkpoint(point, label)

    async def is_told() -> bool:
        return (await session.checkpoints())[0].label == label

    await eventually(is_told)


async def test_an_archiver_that_is_done_before_it_is_looked_at_is_heard_out(
    session: Session,
) -> None:
    """All it says arrives at once where the machine is busy."""
    point = await session.checkpoint()
    stand_in = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    with stand_in, socket.socket(socket.AF_UNIX) as link:
        link.connect(registry_entry(session.id)["nursery"])
        join = kinship.Join(session.id, stand_in.pid, "archiver", point.id, "", "", None)
        link.sendall(encode(join) + encode(kinship.Saved("there is no room", {}, 0, 0, [])))

        async def failure() -> str | None:
            return (await session.checkpoints())[0].archive_failure

        assert await eventually(failure) == "there is no room"

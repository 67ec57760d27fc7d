"""User code that closes, exhausts or replaces what it runs on breaks its own things."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from pyrepl_tui import CheckpointError, Session, WorkerDied

VANDALISM = {
    "closes 3 to 1000": "import os\nos.closerange(3, 1000)",
    "replaces sys.stdout": "import sys, io\nsys.stdout = io.StringIO()",
    "deletes sys.stdout": "import sys\nsys.stdout = sys.stderr = None",
    "closes sys.stdout": "import sys\nsys.stdout.close()",
    "clears sys.modules": "import sys\nsys.modules.clear()",
    "clears sys.path": "import sys\nsys.path.clear()\nsys.path_importer_cache.clear()",
    "rebinds print, exec, __import__": (
        "import builtins\n"
        "def broken(*a, **k): raise RuntimeError('broken')\n"
        "builtins.print = builtins.exec = builtins.compile = builtins.__import__ = broken\n"
        "builtins.len = builtins.isinstance = builtins.type = builtins.getattr = broken"
    ),
    "empties builtins": "__builtins__.__dict__.clear()",
    "rebinds __builtins__": "__builtins__ = {}",
    "clears its namespace": "globals().clear()",
    "takes the signals": (
        "import signal\n"
        "for n in (signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD):\n"
        "    signal.signal(n, signal.SIG_IGN)"
    ),
    "hooks displays": "import sys\nsys.displayhook = sys.excepthook = None",
    "leaves the folder": "import os\nos.chdir('/')",
    "empties the environment": "import os\nos.environ.clear()",
    "lowers the recursion limit": "import sys\nsys.setrecursionlimit(60)",
    "traces everything": (
        "import sys\nsys.settrace(lambda *a: None)\nsys.setprofile(lambda *a: None)"
    ),
    "stops collecting": "import gc\ngc.disable()\ngc.set_threshold(1, 1, 1)",
    "opens all descriptors": (
        "import os\nkept = []\ntry:\n"
        "    while True: kept.append(os.open('/dev/null', os.O_RDONLY))\n"
        "except OSError: pass"
    ),
    "breaks threading": "import threading, _thread\nthreading.Lock = _thread.allocate_lock = None",
    "freezes time": (
        "import time\nfor name in ('time', 'monotonic', 'perf_counter', 'sleep'):\n"
        "    setattr(time, name, lambda *a: 0.0)"
    ),
    "breaks json": "import json\njson.dumps = json.dump = lambda *a, **k: 1/0",
}


@pytest.mark.parametrize("code", VANDALISM.values(), ids=VANDALISM)
async def test_the_session_goes_on(code: str) -> None:
    async with Session() as session:
        pid = session.pid
        result = await asyncio.wait_for(session.execute(code), 10)
        assert result.status == "ok", result.error
        result = await asyncio.wait_for(session.execute("6 * 7"), 10)
        assert (result.status, session.pid) == ("ok", pid), (result.error, result.death)
        result = await asyncio.wait_for(session.execute("while True: pass", timeout_ms=100), 10)
        assert result.status == "timeout"
        await asyncio.wait_for(session.namespace(), 10)


@pytest.mark.parametrize("low", [0, 3])
async def test_a_worker_that_closes_everything_dies_and_says_so(low: int) -> None:
    async with Session() as session:
        await session.execute("print('kept', flush=True)")
        code = f"import os\nos.closerange({low}, 1 << 20)\nwhile True: pass"
        try:
            result = await asyncio.wait_for(session.execute(code), 5)
        except WorkerDied as error:
            reason = str(error)
        else:
            assert result.status == "crashed"
            assert result.death is not None
            reason = result.death.reason
        assert "descriptor" in reason
        await session.restart()
        assert (await session.execute("1 + 1")).value == "2"
        assert session.output().startswith(b"kept\n")


async def test_a_checkpoint_for_which_nothing_can_be_opened_is_refused_at_once() -> None:
    async with Session() as session:
        await session.execute(VANDALISM["opens all descriptors"])
        with pytest.raises(CheckpointError, match="open files"):
            await asyncio.wait_for(session.checkpoint(), 10)
        await session.execute("for each in kept: os.close(each)")
        await session.execute("kept = 'less'")
        point = await asyncio.wait_for(session.checkpoint(), 10)
        await session.execute("kept = None")
        await session.restore(point)
        assert (await session.execute("kept")).value == "'less'"


async def test_a_worker_that_may_have_no_descriptors_dies_and_says_so() -> None:
    async with Session() as session:
        code = "import resource\nresource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))"
        with contextlib.suppress(WorkerDied):
            await asyncio.wait_for(session.execute(code), 10)
            await asyncio.wait_for(session.execute("6 * 7"), 10)
        assert session.death is not None
        assert "descriptor" in session.death.reason
        await session.restart()
        assert (await session.execute("1 + 1")).value == "2"

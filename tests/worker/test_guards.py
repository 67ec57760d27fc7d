"""What a fork does not carry is named in the checkpoint's warnings, or no image is trusted."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pyrepl_tui import Session
from pyrepl_worker import guards
from pyrepl_worker.mappings import Mappings
from pyrepl_worker.native_threads import PYTHON, NativeThread

from .running import ok

NATIVE = """
import ctypes
libc = ctypes.CDLL(None); one = ctypes.c_ulong()
assert libc.pthread_create(ctypes.byref(one), None, libc.pause, None) == 0
"""
NAMED = {
    "a thread": (
        (
            "import threading; go = threading.Event()\n"
            "threading.Thread(target=go.wait, name='mine').start()"
        ),
        "thread 'mine' would be gone",
        "go.set()",
    ),
    "a raw thread": (
        (
            "import _thread; k = _thread.allocate_lock(); k.acquire()\n"
            "_ = _thread.start_new_thread(k.acquire, ())"
        ),
        "1 thread started through _thread would be gone",
        "k.release()",
    ),
    "a native thread": (NATIVE, "1 native thread of unknown kind would be gone", ""),
    "an executor": (
        "from concurrent.futures import ThreadPoolExecutor as T; p = T(1, 'mine'); p.submit(int)",
        "executor 'mine'",
        "p.shutdown()",
    ),
    "a task": (
        (
            "import asyncio\nasync def wait(): await asyncio.sleep(60)\n"
            "t = asyncio.get_running_loop().create_task(wait(), name='mine')\n"
            "await asyncio.sleep(0)"
        ),
        "1 task under way would go on from here",
        "t.cancel()",
    ),
    "a socket": (
        "import socket; pair = socket.socketpair()",
        "2 sockets would be shared",
        "",
    ),
    "a pipe": ("import os; pair = os.pipe()", "2 pipes would be shared", ""),
    "a child": (
        "import subprocess; c = subprocess.Popen(['sleep', '60'])",
        "1 child process would not be copied",
        "c.kill(); c.wait()",
    ),
    "shared memory": (
        "import mmap; m = mmap.mmap(-1, 4096)",
        "1 shared memory map would be shared",
        "m.close()",
    ),
    "a mapped file": (
        (
            "import mmap; f = open('mapped', 'w+b'); f.write(b'x' * 4096); f.flush()\n"
            "m = mmap.mmap(f.fileno(), 0)"
        ),
        "/mapped",
        "m.close()",
    ),
}


@pytest.mark.parametrize(("code", "text", "end"), NAMED.values(), ids=NAMED)
async def test_it_is_named(session: Session, code: str, text: str, end: str) -> None:
    assert (await session.checkpoint()).warnings == []
    await ok(session, code)
    point = await session.checkpoint()
    assert [each for each in point.warnings if text in each], point.warnings
    await ok(session, end)


def surveyed(thread: NativeThread, monkeypatch: pytest.MonkeyPatch) -> guards.Survey:
    monkeypatch.setattr(guards, "native_threads", lambda mappings, own: [thread])
    return guards.survey(0, [], [])


@pytest.mark.parametrize(
    ("name", "owner", "refused"),
    [
        ("python", "/x/numpy.libs/libscipy_openblas64_-32a4b2a6.so", ""),
        ("python", "/x/scikit_learn.libs/libgomp-e985bcbb.so.1.0.0", ""),
        ("openmp_worker", "/x/lib/libiomp5.so", ""),
        ("python", "/x/pyarrow/libarrow.so.2600", ""),
        ("jemalloc_bg_thd", "/x/_polars_runtime_32/_polars_runtime.abi3.so", ""),
        ("polars-ooc-clea", "/x/_polars_runtime_32/_polars_runtime.abi3.so", ""),
        ("polars-0", "/x/_polars_runtime_32/_polars_runtime.abi3.so", "polars"),
        ("tokio-rt-worker", "/x/other.abi3.so", "tokio"),
        ("python", "/x/jaxlib/libjax_common.so", "JAX"),
        ("python", "/x/tensorflow/libtensorflow_framework.so.2", "TensorFlow"),
        ("event_engine", "/x/grpc/_cython/cygrpc.cpython-311-x86_64-linux-gnu.so", "gRPC"),
        ("cuda-EvtHandlr", "/usr/lib/libcuda.so.1", "CUDA"),
        ("python", "/usr/lib/libcuda.so.1", "CUDA"),
    ],
)
def test_the_table(name: str, owner: str, refused: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = surveyed(NativeThread(name, owner), monkeypatch)
    assert [each for each in found.warnings if "unknown" in each] == []
    assert found.trusted == (not refused)
    assert all(refused in each for each in found.refusals)


@pytest.mark.parametrize(("version", "trusted"), [("1.5.6", True), ("2.0.0", False), ("x", False)])
def test_duckdb_by_its_version(version: str, trusted: bool, monkeypatch: Any) -> None:
    monkeypatch.setitem(sys.modules, "duckdb", SimpleNamespace(__version__=version))
    assert surveyed(NativeThread("python", "/x/_duckdb.so"), monkeypatch).trusted is trusted


def test_what_is_unknown_is_said_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    found = surveyed(NativeThread("worker", "/x/liboddity.so.1"), monkeypatch)
    assert found.trusted
    assert "of unknown kind would be gone: liboddity.so.1 (worker)" in "".join(found.warnings)


def test_a_gpu_that_is_mapped_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Mappings, "shared", lambda self: ["/dev/nvidiactl"])
    assert not surveyed(NativeThread("python", PYTHON), monkeypatch).trusted


def test_the_map_is_read_right() -> None:
    mappings = Mappings()
    mappings._text = (
        b"7f00-7f10 ---p 00000000 00:00 0 \n"
        b"7f10-7f20 rw-p 00000000 00:00 0 \n"
        b"7f20-7f30 r-xp 00000000 08:01 12                         /lib/with space.so\n"
        b"7f30-7f40 rw-s 00000000 00:01 13                         /dev/zero (deleted)\n"
        b"7f40-7f50 r--s 00000000 08:01 14                         /etc/only-read\n"
        b"7f50-7f60 rw-p 00000000 00:00 0                          [heap]\n"
    )
    assert mappings.library_at(0x7F25) == "/lib/with space.so"
    assert mappings.library_at(0x7F15) == mappings.library_at(0x7F30) == ""
    assert mappings.shared() == ["/dev/zero (deleted)"]
    assert mappings.stacks() == [(0x7F10, 0x7F20)]
    assert mappings.private_memory() == [(0x7F10, 0x7F20), (0x7F50, 0x7F60)]
    assert mappings.files("with") == {"/lib/with space.so"}


OPENBLAS = """
import ctypes, glob, os, subprocess
import numpy as np
a = np.ones((600, 600))
b = a @ a
path, = glob.glob(os.path.dirname(np.__file__) + ".libs/*openblas*")
def ticks(): return ctypes.CDLL(path).openblas_thread_timeout()
def told(): return "OPENBLAS_THREAD_TIMEOUT" in subprocess.check_output(["env"], text=True)
"""


@pytest.mark.parametrize(("chosen", "expected"), [("", 20), ("24", 24)])
async def test_threads_that_a_checkpoint_ends_are_quiet_when_begun_anew(
    chosen: str, expected: int
) -> None:
    """They would look for work for longer than most runs take, on the processors of the others."""
    numpy = pytest.importorskip("numpy")
    libraries = Path(numpy.__file__).parent.with_name("numpy.libs")
    if not list(libraries.glob("*openblas*")) or (os.cpu_count() or 1) < 2:
        pytest.skip("this numpy has no threads of OpenBLAS")
    environ = {**os.environ, **({"OPENBLAS_THREAD_TIMEOUT": chosen} if chosen else {})}
    async with Session(python=sys.executable, env=environ) as session:
        await ok(session, OPENBLAS)
        before = (await session.execute("ticks()")).value
        point = await session.checkpoint()
        assert not point.warnings
        answer = repr((expected, bool(chosen)))
        for _ in range(2):  # there, and in what comes of the image
            assert (await session.execute("ticks(), told()")).value == answer
            assert (await session.execute("float((a @ a)[0, 0])")).value == "600.0"
            await session.restore(point)
    assert before == (chosen or "0")

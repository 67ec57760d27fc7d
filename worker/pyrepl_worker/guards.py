"""What a fork does not carry: looked for before each checkpoint, then named, or the image refused.

The table was made by trying each package in a forked process: what its threads do not survive is
refused as soon as they run, not when the package is imported.
"""

from __future__ import annotations

import ctypes
import os
import stat
import sys
import threading
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from .mappings import Mappings
from .native_threads import PYTHON, NativeThread, native_threads
from .transcript import HIGH_FD

_SURVIVE = ("libgomp", "libiomp5", "libomp.", "openblas", "libmkl_", "libarrow", "jemalloc",
            "/numexpr/", "pypocketfft", "/numba/", "/cv2", "tokenizers", "/torch/")  # fmt: skip
"""Parts of paths of libraries whose threads a forked process does without or starts anew, by
themselves or after `pools.let_go`."""

_AT_CALL = ("libgomp", "libiomp5", "libomp.", "openblas", "libmkl_")
"""Those whose threads do nothing unless somebody waits for it."""
_REFUSED = {
    "polars": "polars has started its threads (rayon), which a forked process waits for forever",
    "jax": "JAX has started its threads, which a forked process waits for forever",
    "tensorflow": "TensorFlow has started its threads, which a forked process waits for forever",
    "cygrpc": "gRPC has started its threads, and does not survive a fork",
    "libgrpc": "gRPC has started its threads, and does not survive a fork",
    "blosc2": "Blosc2 has started its threads, which a forked process waits for forever",
    "libcuda": "a CUDA context does not survive a fork",
    "libamdhip": "a GPU context does not survive a fork",
    "libze_": "a GPU context does not survive a fork",
}
"""Why threads of a library are not trusted to be missed, by a part of its path."""
_TBB_USER = "numba.np.ufunc.tbbpool"
_DUCKDB = "DuckDB 2 reads files with threads of its own, which a forked process waits for forever"

_HARMLESS_NAMES = ("jemalloc_bg", "polars-ooc", "iou-")
"""Threads that are started anew when they are needed, or whose work can go undone."""
_REFUSED_NAMES = {
    "tokio-rt": "tokio's threads have started, which a forked process waits for forever",
    "rayon": "rayon's threads have started, which a forked process waits for forever",
    "cuda-": "a CUDA context does not survive a fork",
}
_GPU_FILES = ("/dev/nvidia", "/dev/kfd", "/dev/dri/render")


@dataclass
class Survey:
    """What was found in a process that is about to be frozen."""

    refusals: list[str] = field(default_factory=list)
    """Why an image would not be trustworthy; empty: it is."""
    warnings: list[str] = field(default_factory=list)
    """What a restore of the image would not bring back."""
    still: bool = True
    """Whether all its threads but the main one and ours only work for the main one."""
    files: list[int] = field(default_factory=list)
    """Descriptors of regular files that user code holds open."""
    children: list[str] = field(default_factory=list)
    """Pids of the processes that user code has started, ended ones included."""

    @property
    def trusted(self) -> bool:
        """Whether an image may hold the state."""
        return not self.refusals

    def refuse(self, reason: str) -> None:
        """Note a reason not to trust an image, once."""
        if reason not in self.refusals:
            self.refusals.append(reason)


def survey(
    own_threads: int,
    own_sockets: Collection[int],
    own_children: Collection[int],
    loop: Any = None,
    own_ids: Collection[int] = (),
) -> Survey:
    """Look for what a fork would not carry.

    Args:
        own_threads: how many of this process's threads are the worker's, the main one not counted.
        own_sockets: descriptors that a restore makes anew.
        own_children: processes on their way out that are the worker's.
        loop: the event loop of user code, if there is one.
        own_ids: the native ids of those of the worker's threads that have told them.
    """
    found = Survey()
    mappings = Mappings()
    _survey_contexts(found)
    _survey_python_threads(found)
    _survey_native_threads(found, native_threads(mappings, own_ids), own_threads)
    _survey_tasks(found, loop)
    _survey_mappings(found, mappings)
    _survey_descriptors(found, own_sockets)
    _survey_children(found, own_children)
    return found


def _survey_contexts(found: Survey) -> None:
    """What lives in a device and leaves no sure sign in the process."""
    if "cupy" in sys.modules:
        found.refuse("a CUDA context does not survive a fork")
    torch = sys.modules.get("torch.cuda")
    if torch is not None and getattr(torch, "_initialized", False):
        found.refuse("a CUDA context of torch does not survive a fork")


# -- threads ---------------------------------------------------------------------------------------


def _survey_python_threads(found: Survey) -> None:
    executors: Counter[str] = Counter()
    for thread in threading.enumerate():
        if thread is threading.main_thread():
            continue
        if thread.__class__.__module__ == "threading" and _is_of_executor(thread):
            executors[thread.name.rpartition("_")[0]] += 1
        else:
            found.warnings.append(f"thread {thread.name!r} would be gone")
    found.warnings += [
        f"what {_count(number, 'thread')} of executor {name!r} do now would not be finished"
        for name, number in executors.items()
    ]


def _is_of_executor(thread: threading.Thread) -> bool:
    module = sys.modules.get("concurrent.futures.thread")
    return thread in getattr(module, "_threads_queues", ())


def _survey_native_threads(
    found: Survey, threads: Iterable[NativeThread], own_threads: int
) -> None:
    raw = -own_threads
    unknown: Counter[str] = Counter()
    # one that runs just now cannot be told, and may be ours: those that can are counted first
    for thread in sorted(threads, key=lambda each: not each.owner):
        if thread.owner == PYTHON or (not thread.owner and raw < 0):
            raw += 1
            continue
        found.still = found.still and any(part in thread.owner for part in _AT_CALL)
        reason = _reason_against(thread)
        if reason is not None:
            found.refuse(reason)
        elif not _survives(thread):
            where = os.path.basename(thread.owner) or "no library that can be told"
            unknown[f"{where} ({thread.name})"] += 1
    if raw > 0:
        found.warnings.append(f"{_count(raw, 'thread')} started through _thread would be gone")
    found.warnings += [
        f"{_count(number, 'native thread')} of unknown kind would be gone: {name}"
        for name, number in unknown.items()
    ]


def _reason_against(thread: NativeThread) -> str | None:
    """Why an image of a process with this thread is not to be trusted; None: no reason."""
    if thread.name.startswith(_HARMLESS_NAMES):
        return None
    for start, reason in _REFUSED_NAMES.items():
        if thread.name.startswith(start):
            return reason
    for part, reason in _REFUSED.items():
        if part in thread.owner:
            return reason
    return _DUCKDB if "duckdb" in thread.owner and _duckdb_version() >= 2 else None


def _survives(thread: NativeThread) -> bool:
    if thread.name.startswith(_HARMLESS_NAMES) or "duckdb" in thread.owner:
        return True
    if "libtbb" in thread.owner and _TBB_USER in sys.modules:
        return True  # it starts its own anew in a forked process; what others do is not known
    return any(part in thread.owner for part in _SURVIVE)


def _duckdb_version() -> int:
    """The first number of it: before 2 all its threads could be missed."""
    text = getattr(sys.modules.get("duckdb"), "__version__", "")
    try:
        return int(text.partition(".")[0])
    except ValueError:
        return 2  # an unknown one is not trusted


def _survey_tasks(found: Survey, loop: Any) -> None:
    asyncio = sys.modules.get("asyncio")
    if asyncio is None or loop is None or loop.is_closed():
        return
    try:
        names = [task.get_name() for task in asyncio.all_tasks(loop)]
    except Exception:
        return  # a loop or a task of the user's own making
    if names:
        found.warnings.append(
            f"{_count(len(names), 'task')} under way would go on from here, without the sockets, "
            f"threads and processes that they wait for ({_some(names)})"
        )


# -- what is shared --------------------------------------------------------------------------------


def _survey_mappings(found: Survey, mappings: Mappings) -> None:
    shared = mappings.shared()
    if any(path.startswith(_GPU_FILES) for path in shared):
        found.refuse("a GPU context does not survive a fork")
    elif shared:
        names = [path.removesuffix(" (deleted)") or "nameless" for path in shared]
        maps = _count(len(shared), "shared memory map")
        found.warnings.append(f"{maps} would be shared, not copied ({_some(names)})")


def _survey_descriptors(found: Survey, own_sockets: Collection[int]) -> None:
    kinds: Counter[str] = Counter()
    for fd in open_descriptors():
        try:
            mode = os.fstat(fd).st_mode
        except OSError:
            continue
        if stat.S_ISREG(mode):
            found.files.append(fd)
        elif stat.S_ISSOCK(mode) and fd not in own_sockets:
            kinds["socket"] += 1
        elif stat.S_ISFIFO(mode):
            kinds["pipe"] += 1
    found.warnings += [
        f"{_count(number, kind)} would be shared, not copied" for kind, number in kinds.items()
    ]


def _survey_children(found: Survey, own: Collection[int]) -> None:
    found.children = child_processes(own)
    running = [pid for pid in found.children if not _is_zombie(pid)]
    if running:
        count = len(running)
        found.warnings.append(f"{count} child process{'es' * (count > 1)} would not be copied")


def child_processes(own: Collection[int]) -> list[str]:
    """Pids of the processes that user code has started, ended ones included."""
    try:
        with open(f"/proc/self/task/{os.getpid()}/children", "rb", buffering=0) as file:
            return [pid.decode() for pid in file.readall().split() if int(pid) not in own]
    except OSError:
        return []


def _is_zombie(pid: str) -> bool:
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].split()[0] == b"Z"
    except OSError:
        return True


def open_descriptors() -> list[int]:
    """User code's open descriptors beyond stdin, stdout and stderr."""
    try:
        return sorted(fd for name in os.listdir("/proc/self/fd") if 2 < (fd := int(name)) < HIGH_FD)
    except OSError:
        return []


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number > 1)}"


def _some(names: list[str]) -> str:
    return ", ".join(sorted(set(names))[:3]) + ", …" * (len(set(names)) > 3)


# -- forking ---------------------------------------------------------------------------------------

_libc_fork = ctypes.PyDLL(None, use_errno=True).fork


def fork_at_once() -> int:
    """Fork without the hooks of Python and of user code, for a copy that forks again at once.

    Only where no other thread may hold a lock. Returns 0 in the copy.
    """
    pid: int = _libc_fork()
    if pid < 0:
        raise OSError(ctypes.get_errno(), "no process could be forked")
    return pid

"""What a fork does not carry: looked for before each checkpoint, then named, or the image refused.

Native thread pools are told by the names of their threads and by the libraries that are mapped;
the table was made by trying each package in a forked process.
"""

from __future__ import annotations

import ctypes
import os
import stat
import sys
import threading
from collections.abc import Collection
from dataclasses import dataclass, field

from .transcript import HIGH_FD

_HARD_PAUSE = 2

REFUSED = {
    "polars": "polars runs on rayon threads, which hang in a forked process",
    "jax": "JAX runs threads of its own, which hang in a forked process",
    "tensorflow": "TensorFlow runs threads of its own, which hang in a forked process",
    "grpc": "gRPC does not survive a fork",
    "cupy": "a CUDA context does not survive a fork",
}
"""Packages whose images are not trusted once they are imported."""

_REFUSED_THREADS = {
    "polars": "polars (rayon)",
    "rayon": "rayon",
    "tokio-rt": "tokio",
    "cuda-": "CUDA",
}
_HARMLESS_THREADS = ("jemalloc", "python", "openblas", "iou-")


@dataclass
class Survey:
    """What was found in a process that is about to be frozen."""

    refusals: list[str] = field(default_factory=list)
    """Why an image would not be trustworthy; empty: it is."""
    warnings: list[str] = field(default_factory=list)
    """What a restore of the image would not bring back."""

    @property
    def trusted(self) -> bool:
        """Whether an image may hold the state."""
        return not self.refusals


def survey(own_threads: int, own_sockets: Collection[int], own_children: Collection[int]) -> Survey:
    """Look for what a fork would not carry.

    Args:
        own_threads: how many of this process's threads are the worker's.
        own_sockets: descriptors that a restore makes anew.
        own_children: processes on their way out that are the worker's.
    """
    found = Survey()
    for name, reason in REFUSED.items():
        if name in sys.modules:
            found.refusals.append(reason)
    torch = sys.modules.get("torch.cuda")
    if torch is not None and getattr(torch, "_initialized", False):
        found.refusals.append("a CUDA context of torch does not survive a fork")
    main = threading.main_thread()
    threads = [thread for thread in threading.enumerate() if thread is not main]
    found.warnings += [f"thread {thread.name!r} would be gone" for thread in threads]
    _survey_native_threads(found, own_threads + 1 + len(threads))
    _survey_descriptors(found, own_sockets)
    _survey_children(found, own_children)
    return found


def _survey_native_threads(found: Survey, python_threads: int) -> None:
    try:
        tasks = os.listdir("/proc/self/task")
    except OSError:
        return
    if len(tasks) <= python_threads:
        return
    unknown: dict[str, int] = {}
    own = _read_comm(str(os.getpid()))
    for task in tasks:
        name = _read_comm(task)
        refused = [label for start, label in _REFUSED_THREADS.items() if name.startswith(start)]
        if refused:
            reason = f"threads of {refused[0]} hang in a forked process"
            if reason not in found.refusals:
                found.refusals.append(reason)
        elif name != own and not name.startswith(_HARMLESS_THREADS):
            unknown[name] = unknown.get(name, 0) + 1
    found.warnings += [
        f"{count} native thread{'s' * (count > 1)} {name!r} of unknown kind would be gone"
        for name, count in unknown.items()
    ]


def _read_comm(task: str) -> str:
    try:
        with open(f"/proc/self/task/{task}/comm", encoding="utf-8", errors="replace") as file:
            return file.read().strip()
    except OSError:
        return ""


def _survey_descriptors(found: Survey, own_sockets: Collection[int]) -> None:
    kinds: dict[str, int] = {}
    for fd in open_descriptors():
        try:
            mode = os.fstat(fd).st_mode
        except OSError:
            continue
        if stat.S_ISSOCK(mode) and fd not in own_sockets:
            kinds["socket"] = kinds.get("socket", 0) + 1
        elif stat.S_ISFIFO(mode):
            kinds["pipe"] = kinds.get("pipe", 0) + 1
    found.warnings += [
        f"{count} {kind}{'s' * (count > 1)} would be shared, not copied"
        for kind, count in kinds.items()
    ]


def _survey_children(found: Survey, own: Collection[int]) -> None:
    try:
        with open(f"/proc/self/task/{os.getpid()}/children", encoding="ascii") as file:
            children = file.read().split()
    except OSError:
        return
    running = [pid for pid in children if int(pid) not in own and not _is_zombie(pid)]
    if running:
        count = len(running)
        found.warnings.append(f"{count} child process{'es' * (count > 1)} would not be copied")


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


def pause_openmp() -> None:
    """Let go of libgomp's threads: both processes get new ones when they need them.

    Without it the first parallel region of the copy waits for threads that it does not have.
    """
    for path in _mapped_libraries("libgomp"):
        try:
            ctypes.CDLL(path).omp_pause_resource_all(_HARD_PAUSE)
        except (OSError, AttributeError):
            continue  # unmapped meanwhile, or older than OpenMP 5


def _mapped_libraries(part: str) -> set[str]:
    paths = set()
    try:
        with open("/proc/self/maps", "rb") as file:
            for line in file:
                if part.encode() in line:
                    paths.add(line.split(maxsplit=5)[-1].strip().decode("utf-8", "replace"))
    except OSError:
        return set()
    return paths

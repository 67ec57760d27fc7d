"""Threads that Python did not start, told by the libraries that started them.

Few pools name their threads. A thread that waits has the return addresses of its callers on its
stack, and above them the C library's record of it, which names the function that it began in.
"""

from __future__ import annotations

import os
import struct
import threading
from collections.abc import Collection
from dataclasses import dataclass

from .mappings import Mappings

_LOOK_BYTES = 16384
"""How much of a stack is looked at: where a waiting thread began is no farther away."""
_PAGE = 4096
_WORD = 8
_RECORD_WORDS = 2304 // _WORD
"""Size of the C library's record of a thread."""
_SYSTEM = ("libc.", "libc-", "libpthread", "libstdc++", "libc++", "ld-", "libm.", "libgcc", "[")
PYTHON = "Python"
"""What owns a thread that was started through `_thread`."""


@dataclass(frozen=True)
class NativeThread:
    """A thread that is no `threading.Thread`."""

    name: str
    """What the kernel calls it: 15 characters at most, often the program's own name."""
    owner: str
    """Path of the library that started it; `PYTHON`; "" for one that could not be told."""


_known: dict[tuple[int, str], NativeThread] = {}
"""Threads that were looked at before, by thread id and time of start: a look takes 0.2 ms."""


def native_threads(mappings: Mappings, own: Collection[int] = ()) -> list[NativeThread]:
    """All threads but the main one and the `threading.Thread`s. Empty where they are not shown.

    Args:
        mappings: what is mapped into this process.
        own: ids of threads that are the worker's, and need no look.
    """
    try:
        tasks = {int(task) for task in os.listdir("/proc/self/task")}
    except OSError:
        return []
    tasks -= {getattr(thread, "native_id", 0) or 0 for thread in threading.enumerate()}
    tasks.discard(os.getpid())
    found = [NativeThread("", PYTHON) for _ in tasks.intersection(own)]
    tasks.difference_update(own)
    found += [each for task in sorted(tasks) if (each := _look_at(task, mappings)) is not None]
    for key in [key for key in _known if key[0] not in tasks]:
        del _known[key]
    return found


def _look_at(task: int, mappings: Mappings) -> NativeThread | None:
    stat = _read(f"/proc/self/task/{task}/stat")
    if stat is None:
        return None  # it has ended meanwhile
    head, _, tail = stat.rpartition(b")")
    key = (task, tail.split()[19].decode())
    known = _known.get(key)
    if known is None or not known.owner:
        name = head.partition(b"(")[2].decode("utf-8", "replace")
        known = _known[key] = NativeThread(name, _owner(task, mappings))
    return known


def _owner(task: int, mappings: Mappings) -> str:
    """The library that started a thread; "" if there is no telling."""
    callers = [
        path
        for address in _stack_of(task, mappings)
        if address % _PAGE  # its record holds sizes of stacks, and programs may lie that low
        and (path := mappings.library_at(address))
        and not os.path.basename(path).startswith(_SYSTEM)
    ]
    owner = callers[-1] if callers else ""
    if os.path.basename(owner).startswith(("python", "libpython")) or owner == _program():
        return PYTHON
    return owner


def _program() -> str:
    try:
        return os.readlink("/proc/self/exe")
    except OSError:
        return ""


def _stack_of(task: int, mappings: Mappings) -> list[int]:
    """What lies on a thread's stack, from where it waits to the end of its record."""
    call = (_read(f"/proc/self/task/{task}/syscall") or b"").split()
    if len(call) > 2:
        top = int(call[-2], 16)
        words = _words_at(top)
        return words[: _end_of_record(top, words)]
    for low, high in mappings.stacks():  # it runs: nobody says where
        start = max(low, high - _LOOK_BYTES)
        words = _words_at(start)
        end = _end_of_record(start, words)
        if end is not None:
            record = words[end - _RECORD_WORDS : end]
            if any(word & 0xFFFFFFFF == task for word in record):
                return words[:end]
    return []


def _end_of_record(start: int, words: list[int]) -> int | None:
    """How many words belong to a thread; on x86-64 its record begins with its own address."""
    for index, word in enumerate(words[:-2]):
        if word == start + index * _WORD and words[index + 2] == word:
            return index + _RECORD_WORDS
    return None


def _words_at(address: int) -> list[int]:
    """What lies in memory from an address on, as far as it can be read."""
    try:
        with open("/proc/self/mem", "rb", buffering=0) as memory:
            memory.seek(address)
            data = memory.read(_LOOK_BYTES)
    except (OSError, ValueError):
        return []
    return [word for (word,) in struct.iter_unpack("=Q", data[: len(data) // _WORD * _WORD])]


def _read(path: str) -> bytes | None:
    try:
        with open(path, "rb", buffering=0) as file:
            return file.read(4096)
    except OSError:
        return None

"""What is said about a death, from what the kernel tells."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from pyrepl_tui import Session
from pyrepl_worker import deaths
from pyrepl_worker.deaths import LOST_VOICE, Death, OomCounter, explain

from .running import run

MEGABYTE = 1 << 20


def exited(code: int) -> int:
    return code << 8


def test_an_exit() -> None:
    assert explain(1, exited(3), False, "") == Death(1, None, 3, "the worker exited with code 3")


def test_a_signal() -> None:
    death = explain(1, signal.SIGSEGV, False, "")
    assert (death.signal, death.exit_code) == (signal.SIGSEGV, None)
    assert death.reason == "the worker crashed with a segmentation fault (SIGSEGV)"
    assert explain(1, signal.SIGABRT | 0x80, False, "").reason == "the worker aborted (SIGABRT)"
    assert explain(1, 50, False, "").reason.startswith("the worker was killed (")


def test_out_of_memory_is_told_from_a_mere_kill() -> None:
    assert "out of memory" in explain(1, signal.SIGKILL, True, "").reason
    assert "memory" not in explain(1, signal.SIGKILL, False, "").reason
    assert "perhaps by the kernel" in explain(1, signal.SIGKILL, None, "").reason
    assert "memory" not in explain(1, signal.SIGSEGV, True, "").reason
    assert "memory" not in explain(1, exited(1), True, "").reason


def test_an_end_of_our_own_making_says_so() -> None:
    killed = explain(1, signal.SIGKILL, True, "on request")
    assert killed.reason == "the worker was ended: on request"
    assert explain(1, exited(0), False, "on request").reason == "on request"


def test_lost_descriptors_are_named() -> None:
    assert "file descriptors" in explain(1, exited(LOST_VOICE), False, "").reason


def test_the_kernels_counters_are_as_they_were() -> None:
    counter = OomCounter()
    assert not counter.has_killed(os.getpid())


def test_a_count_that_has_killed_is_told_of_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = {"machine": tmp_path / "machine", "mine": tmp_path / "mine"}
    for path in counts.values():
        path.write_text("oom 9\noom_kill 3\n")
    groups = {"self": str(counts["mine"]), "1": str(counts["mine"])}
    monkeypatch.setattr(deaths, "_MACHINE", str(counts["machine"]))
    monkeypatch.setattr(deaths, "_LOG", os.devnull)
    monkeypatch.setattr(deaths, "_counter_of", groups.get)
    counter = OomCounter()
    counts["machine"].write_text("oom 9\noom_kill 4\n")
    assert not counter.has_killed(1), "another's death"
    assert not counter.has_killed(2), "where it lived is not told any more, and it is not logged"
    counts["mine"].write_text("oom 9\noom_kill 4\n")
    assert counter.has_killed(1)
    counter.look()
    assert not counter.has_killed(1)
    assert not counter.has_killed(2)


def test_where_only_the_machine_counts_the_log_decides(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine, log = tmp_path / "machine", tmp_path / "log"
    machine.write_text("oom_kill 3\n")
    monkeypatch.setattr(deaths, "_MACHINE", str(machine))
    monkeypatch.setattr(deaths, "_LOG", str(log))
    monkeypatch.setattr(deaths, "_counter_of", lambda pid: None)
    counter = OomCounter()
    assert counter.has_killed(2) is False
    machine.write_text("oom_kill 4\n")
    assert counter.has_killed(2) is None
    log.write_text("4,1,2,-;Out of memory: Killed process 22 (python) total-vm:1kB\n")
    assert counter.has_killed(2) is False
    assert counter.has_killed(22) is True


@pytest.fixture
def small_cgroup() -> Iterator[Path]:
    """A memory cgroup of 64 MB below our own, of either version."""
    base = Path("/sys/fs/cgroup")
    groups = dict(
        line.split(":", 2)[1:] for line in Path("/proc/self/cgroup").read_text().splitlines()
    )
    if "memory" in groups:
        folder, limit = base / "memory" / groups["memory"].lstrip("/"), "memory.limit_in_bytes"
    else:
        folder, limit = base / groups.get("", "/").lstrip("/"), "memory.max"
    group = folder / f"pyrepl-{os.getpid()}"
    try:
        group.mkdir()
        (group / limit).write_text(str(64 * MEGABYTE))
        for swap in ("memory.memsw.limit_in_bytes", "memory.swap.max"):
            with contextlib.suppress(OSError):
                (group / swap).write_text(str(64 * MEGABYTE) if "memsw" in swap else "0")
    except OSError as error:
        if group.is_dir():
            group.rmdir()
        pytest.skip(f"no memory cgroup can be made here: {error}")
    yield group
    group.rmdir()


async def test_the_kernel_kills_for_memory(session: Session, small_cgroup: Path) -> None:
    (small_cgroup / "cgroup.procs").write_text(str(session.pid))
    result = await run(session, "print('before')\nhog = bytearray(1 << 30)")
    assert result.status == "crashed"
    assert result.death is not None
    assert "out of memory" in result.death.reason
    assert result.stdout == "before\n"


def test_two_deaths_that_were_counted_at_once_are_both_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine, log = tmp_path / "machine", tmp_path / "log"
    machine.write_text("oom_kill 3\n")
    log.write_text("")
    monkeypatch.setattr(deaths, "_MACHINE", str(machine))
    monkeypatch.setattr(deaths, "_LOG", str(log))
    monkeypatch.setattr(deaths, "_counter_of", lambda pid: None)
    counter = OomCounter()
    machine.write_text("oom_kill 5\n")
    log.write_text("Killed process 7 (python)\nKilled process 8 (python)\n")
    assert counter.has_killed(7)
    counter.look()
    assert counter.has_killed(8)
    assert not counter.has_killed(9)

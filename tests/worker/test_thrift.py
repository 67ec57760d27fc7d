"""Automatic checkpoints cost a small part of a session's time, copies of memory counted."""

from __future__ import annotations

import itertools
import math
import os
from pathlib import Path

import pytest

from pyrepl_worker import copies, thrift
from pyrepl_worker.copies import Memory, Sample
from pyrepl_worker.thrift import BURST_SECONDS, SHARE, Thrift

from .conftest import Nest
from .running import ok

MB = 1 << 20


class Machine:
    """What a thrift sees of the machine."""

    def __init__(self) -> None:
        self.now = 100.0
        self.used = (0, 0.0)
        self.copied = 0
        self.processors = 1
        self.said: list[str] = []

    def sample(self, regions: list[tuple[int, int]]) -> Machine:
        return self

    def copied_bytes(self) -> int:
        return self.copied


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    one = Machine()
    monkeypatch.setattr(thrift, "monotonic", lambda: one.now)
    monkeypatch.setattr(thrift, "_usage", lambda: one.used)
    monkeypatch.setattr(copies, "Sample", one.sample)
    monkeypatch.setattr(thrift, "thread_time", lambda: 0.0)
    monkeypatch.setattr(os, "cpu_count", lambda: one.processors)
    return one


def test_a_burst_then_a_share_of_the_time(machine: Machine) -> None:
    one = Thrift(machine.said.append)
    taken = 0
    while one.allows():
        one.spend(0.011, 0.0)
        taken += 1
    assert taken == math.ceil(BURST_SECONDS / 0.011)
    machine.now += 0.011 / SHARE
    assert one.allows()
    one.spend(0.011, 0.0)
    assert not one.allows()


def test_what_processes_beside_take_is_shared_among_processors(machine: Machine) -> None:
    machine.processors = 4
    one = Thrift(machine.said.append)
    taken = 0
    while one.allows():
        one.spend(0.006, 0.002)
        taken += 1
    assert taken == math.ceil(BURST_SECONDS / (0.006 + 0.002 * thrift._BESIDE / 4))


def test_it_says_once_that_it_spaces_them_out(machine: Machine) -> None:
    one = Thrift(machine.said.append)
    one.spend(BURST_SECONDS + 1.0, 0.0)
    assert [one.allows() for _ in range(3)] == [False] * 3
    assert len(machine.said) == 1
    assert f"due in {1.0 / SHARE:.0f} s" in machine.said[0]
    machine.now += 2.0 / SHARE
    assert one.allows()
    assert len(machine.said) == 1


def test_a_short_wait_is_told_in_parts_of_a_second(machine: Machine) -> None:
    one = Thrift(machine.said.append)
    one.spend(BURST_SECONDS + 0.3 * SHARE, 0.0)
    assert not one.allows()
    assert "due in 0.3 s" in machine.said[0]


def test_copies_are_paid_for_once(machine: Machine) -> None:
    one = Thrift(machine.said.append)
    one.spend(0.0, 0.0)
    machine.used, machine.copied = (300_000, 0.6), 1024 * MB
    assert not one.allows()
    cost = 1024 * MB / 4096 * 2e-6
    machine.now += (cost - BURST_SECONDS) / SHARE + 0.1
    machine.used = (300_100, 0.6)  # a few more, which are cheap
    assert one.allows()


def test_few_copies_cost_what_they_cost_on_this_machine(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = Thrift(machine.said.append)
    each = 2e-6
    ticks = itertools.count(0, each * thrift._PROBED_PAGES)
    monkeypatch.setattr(thrift, "thread_time", lambda: next(ticks))
    taken = 0
    while one.allows():
        one.spend(0.0, 0.0)
        machine.used = (machine.used[0] + 400, 0.0)
        taken += 1
    assert taken <= BURST_SECONDS / (400 * each) + 1


def test_new_memory_costs_nothing(machine: Machine) -> None:
    one = Thrift(machine.said.append)
    one.spend(0.0, 0.0)
    machine.used = (300_000, 0.6)
    assert one.allows()


def test_a_process_that_came_from_an_image_begins_anew(machine: Machine) -> None:
    machine.used = (300_000, 0.6)
    one = Thrift(machine.said.append)
    one.spend(0.0, 0.0)
    machine.used, machine.copied = (10, 0.0), 1024 * MB
    assert one.allows()


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs Linux")
def test_memory_is_looked_up_again_when_its_size_has_changed() -> None:
    memory = Memory()
    before = memory.regions()
    assert memory.regions() is before
    size = sum(high - low for low, high in before)
    # so large that it cannot come from what the C library keeps of freed memory
    held = bytearray(max(size // 10, 64 * MB))
    assert sum(high - low for low, high in memory.regions()) >= size + len(held) // 2


@pytest.mark.skipif(not Path("/proc/self/pagemap").exists(), reason="needs Linux")
def test_copies_are_told_from_what_is_new() -> None:
    held = bytearray(b"x") * (64 * MB)
    sample = Sample(Memory().regions())
    hears, says = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(says)
        os.read(hears, 1)
        os._exit(0)
    try:
        untouched = sample.copied_bytes()
        fresh = bytearray(b"y") * (64 * MB)
        with_more = sample.copied_bytes()
        half = memoryview(held)[: 32 * MB : 4096]
        for index in range(len(half)):
            half[index] = 1
        copied = sample.copied_bytes()
    finally:
        os.close(says)
        os.close(hears)
        os.waitpid(pid, 0)
    assert fresh[0] == ord("y")
    assert untouched < 12 * MB
    assert with_more < 16 * MB
    assert 20 * MB < copied < 48 * MB


async def test_what_copies_cost_spaces_checkpoints_out(nest: Nest, python: str, work: Path) -> None:
    async with nest.session(python=python, cwd=work, auto_checkpoint=True) as session:
        await ok(session, f"big = bytearray(b'x') * {200 * MB}; n = 0")
        runs = 0
        while not any(
            getattr(event, "kind", None) == "checkpoints_spaced"
            for event in session.transcript.history()
        ):
            assert runs < 40
            runs += 1
            await ok(session, "n += 1; big[::4096] = bytes([n % 256]) * len(big[::4096])")
        assert len(await session.checkpoints()) <= runs  # of one more, with the first

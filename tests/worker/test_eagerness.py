"""A worker that has just been asked looks for the next request for a moment, then sleeps."""

from __future__ import annotations

import select
import socket
from typing import Any, cast

import pytest

from pyrepl_worker import eagerness
from pyrepl_worker.eagerness import Eagerness
from pyrepl_worker.protocol import patience
from pyrepl_worker.protocol.patience import LONGEST, SHORTEST, TRIES, TURN, WORTHWHILE, Patience


class _Sockets:
    """Something is there at the so many-th look."""

    def __init__(self) -> None:
        self.looks = 0
        self.ready_at = 0

    def poll(self, _timeout: int) -> list[tuple[int, int]]:
        self.looks += 1
        return [(7, select.POLLIN)] if self.looks == self.ready_at else []


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, which goes on a little at each look; on a machine with several processors."""
    now = [0.0]

    def look() -> float:
        now[0] += 1e-6
        return now[0]

    for module in (eagerness, patience):
        monkeypatch.setattr(module, "perf_counter", look)
    monkeypatch.setattr(patience, "processors", lambda: 2)
    return now


def _wait(eager: Eagerness, sockets: _Sockets, clock: list[float], seconds: float) -> Any:
    ready = eager.look(cast("select.poll", sockets))
    clock[0] += seconds
    eager.learn()
    return ready


def test_it_looks_once_that_has_been_worth_it(clock: list[float]) -> None:
    eager, sockets = Eagerness(), _Sockets()
    assert _wait(eager, sockets, clock, 0) == []
    assert sockets.looks == 0
    sockets.ready_at = 5
    assert _wait(eager, sockets, clock, 0) == [(7, select.POLLIN)]
    assert sockets.looks == 5


def test_it_gives_up_and_sleeps_the_next_time(clock: list[float]) -> None:
    eager, sockets = Eagerness(), _Sockets()
    _wait(eager, sockets, clock, 0)
    began = clock[0]
    assert _wait(eager, sockets, clock, 0) == []
    assert WORTHWHILE <= clock[0] - began < WORTHWHILE * 1.2
    looks = sockets.looks
    assert looks > 0
    _wait(eager, sockets, clock, 2.0)
    assert sockets.looks == looks


def test_where_others_want_the_processor_it_sleeps_for_a_while(clock: list[float]) -> None:
    eager, sockets = Eagerness(), _Sockets()

    def crowd() -> None:
        clock[0] += TURN

    alone, eager._yield = eager._yield, crowd
    for _ in range(8):
        _wait(eager, sockets, clock, 0)
    looks = sockets.looks
    assert 0 < looks <= TRIES
    eager._yield = alone
    _wait(eager, sockets, clock, 0)
    _wait(eager, sockets, clock, LONGEST)
    assert sockets.looks == looks
    _wait(eager, sockets, clock, 0)
    sockets.ready_at = looks + 2
    assert _wait(eager, sockets, clock, 0) == [(7, select.POLLIN)]


def test_the_pause_is_short_at_first_and_grows_while_others_go_on(clock: list[float]) -> None:
    patience = Patience()

    def pause() -> float:
        patience.learn()  # the wait before was short
        while not patience.meet(clock[0], TURN):
            pass
        begin = clock[0]
        while not patience.begin():
            patience.learn()
            clock[0] += SHORTEST / 20
        return clock[0] - begin

    pauses = [pause() for _ in range(11)]
    assert pauses[0] == pytest.approx(SHORTEST, rel=0.1)
    assert pauses[1] == pytest.approx(2 * SHORTEST, rel=0.1)
    assert pauses[-1] == pytest.approx(LONGEST, rel=0.1)
    for _ in range(200):
        patience.found()
    assert pause() == pytest.approx(SHORTEST, rel=0.1)


def test_it_sleeps_at_once_where_there_is_one_processor(
    clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "processors", lambda: 1)
    eager, sockets = Eagerness(), _Sockets()
    for _ in range(3):
        _wait(eager, sockets, clock, 0)
    assert sockets.looks == 0


def test_it_finds_what_lies_in_a_socket() -> None:
    ours, theirs = socket.socketpair()
    poll = select.poll()
    poll.register(ours.fileno(), select.POLLIN)
    theirs.send(b"x")
    eager = Eagerness()
    eager._patience.has_room = eager._patience.expects = True
    assert eager.look(poll) == [(ours.fileno(), select.POLLIN)]
    ours.close()
    theirs.close()

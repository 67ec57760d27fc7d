from __future__ import annotations

import time

import pytest

from pyrepl_tui.engine import events
from pyrepl_tui.engine.values import ExecutionResult, SessionState, WorkerDeath
from pyrepl_tui.models import BUSY, DEAD, ENDED, IDLE, WAITING, Question, SessionModel
from pyrepl_tui.session_change import Change
from pyrepl_tui.session_feed import feed


@pytest.fixture
def model() -> SessionModel:
    return SessionModel(1, "tab", state=IDLE)


def started(operation: str = "op", count: int = 7, ago: float = 0.0) -> events.Started:
    return events.Started(operation, count, count, "x = 1", "<cell>", "app", time.time() - ago)


def finished(operation: str = "op", ordinal: int = 7) -> events.Finished:
    return events.Finished(ExecutionResult("ok", duration_ms=1500.0), operation, ordinal)


def test_a_run_from_its_start_to_its_end(model: SessionModel) -> None:
    feed(model, events.Queued("op", "x = 1", "app"))
    assert (model.queued, model.busy) == (1, True)
    assert Change.TAB in feed(model, started(ago=5))
    assert (model.state, model.queued, model.execution_count) == (BUSY, 0, 7)
    assert model.history.entries == ["x = 1"]
    assert model.run_since is not None
    assert time.monotonic() - model.run_since == pytest.approx(5, abs=1)
    assert Change.VARIABLES in feed(model, finished())
    assert (model.state, model.last_run) == (IDLE, 1.5)
    assert not model.busy


def test_a_run_that_was_cancelled_in_the_queue_leaves_the_running_one_alone(
    model: SessionModel,
) -> None:
    feed(model, started())
    feed(model, events.Queued("later", "y", "app"))
    feed(model, finished("later", ordinal=0))
    assert (model.state, model.queued, model.running) == (BUSY, 0, "op")


def test_questions_come_and_go(model: SessionModel) -> None:
    feed(model, started())
    for _ in range(2):  # attaching may tell of a question twice
        feed(model, events.InputRequest("q", "name? ", False, "op"))
    assert model.questions == [Question("q", "name? ", False, 7)]
    assert model.state == WAITING
    assert Change.QUESTIONS in feed(model, events.InputResolved("q", "text", "Ada", "op"))
    assert (model.questions, model.state) == ([], BUSY)
    assert model.answers.entries == ["Ada"]


def test_a_thread_may_ask_outside_of_any_run(model: SessionModel) -> None:
    feed(model, events.InputRequest("q", "? ", False, None))
    assert model.questions[0].run is None


def test_death_names_its_cause_and_a_new_worker_ends_it(model: SessionModel) -> None:
    feed(model, started())
    feed(model, events.InputRequest("q", "? ", False, "op"))
    feed(model, events.WorkerDown(WorkerDeath(9, None, "the worker was killed (SIGKILL)")))
    assert (model.state, model.death) == (DEAD, "the worker was killed (SIGKILL)")
    assert (model.questions, model.run_since, model.busy) == ([], None, False)
    feed(model, events.WorkerStarted(5, "3.12.1", "/usr/bin/python", 0.0))
    assert (model.state, model.death, model.pid) == (IDLE, "", 5)
    assert model.history.entries == ["x = 1"]


def test_an_end_is_final(model: SessionModel) -> None:
    feed(model, events.SessionEnded())
    assert (model.state, model.alive) == (ENDED, False)


def test_a_worker_that_goes_with_its_session_is_not_lost(model: SessionModel) -> None:
    feed(model, events.WorkerDown(WorkerDeath(None, 0, events.WITH_ITS_SESSION)))
    assert model.state == ENDED


def test_other_clients_changes_show(model: SessionModel) -> None:
    assert feed(model, events.Renamed("other")) == Change.TAB
    assert model.name == "other"
    feed(model, events.StateChanged(SessionState.PENDING))
    assert model.state == "pending"

"""Engine events taken into a tab's model: a plain function, so that it is tested without an app."""

from __future__ import annotations

import time
from collections.abc import Sequence
from time import monotonic
from typing import TYPE_CHECKING

from .engine import events
from .models import BUSY, DEAD, ENDED, IDLE, WAITING, Question, SessionModel
from .session_change import STATE, Change

if TYPE_CHECKING:
    from pyrepl_worker import protocol

_NOTED: dict[type, Change] = {
    events.TransactionChanged: STATE | Change.PAST | Change.OUTPUT,
    events.CheckpointTaken: Change.PAST,
    events.CheckpointChanged: Change.PAST,
    events.CheckpointDeleted: Change.PAST,
}
"""Kinds of events that are merely told of; what is not here is output."""


def feed(model: SessionModel, event: events.SessionEvent) -> Change:
    """Take one event in; returns what it changed."""
    if isinstance(event, events.Started):
        return _started(model, event)
    if isinstance(event, events.Finished):
        return _finished(model, event)
    if isinstance(event, events.StateChanged):
        model.state = event.state.value
        return STATE
    if isinstance(event, events.InputRequest):
        return _asked(model, event)
    if isinstance(event, events.InputResolved):
        return _resolved(model, event)
    if isinstance(event, events.Queued):
        model.waiting.add(event.operation_id)
        return Change.STATUS
    if isinstance(event, events.Renamed):
        model.name = event.name
        return Change.TAB
    if isinstance(event, events.WorkerStarted):
        return _worker_started(model, event)
    if isinstance(event, (events.WorkerDown, events.SessionEnded)):
        return _over(model, event)
    if isinstance(event, events.Restored):
        model.past.changes.elsewhere()
        return STATE | Change.PAST | Change.OUTPUT | Change.VARIABLES
    return _NOTED.get(type(event), Change.OUTPUT)


def recall(
    model: SessionModel, runs: Sequence[protocol.Started], *, client: str, running: str | None
) -> None:
    """Take in the runs that began before the tab was there.

    Args:
        model: of the tab.
        runs: oldest first.
        client: what our own runs name as the client that asked for them.
        running: the operation that goes on; None: none does.
    """
    for run in runs:
        model.history.add(run.code)
    ours = (run.policy for run in reversed(runs) if run.client == client)
    model.policy = next(ours, model.policy)
    model.past.changes.recall([(run.ordinal, run.execution_count) for run in runs])
    if runs and running == runs[-1].operation_id:
        last = runs[-1]
        model.running = last.operation_id
        model.counts[last.operation_id] = last.execution_count
        model.run_since = monotonic() - max(0.0, time.time() - last.at)


def _started(model: SessionModel, event: events.Started) -> Change:
    model.state = BUSY
    model.waiting.discard(event.operation_id)
    model.running = event.operation_id
    model.run_since = monotonic() - max(0.0, time.time() - event.at)
    model.execution_count = event.execution_count
    model.interrupts = 0
    model.history.add(event.code)
    model.past.changes.ran(event.ordinal, event.execution_count)
    model.counts[event.operation_id] = event.execution_count
    return STATE | Change.OUTPUT | Change.UNREAD | Change.PAST


def _finished(model: SessionModel, event: events.Finished) -> Change:
    model.waiting.discard(event.operation_id)
    model.counts.pop(event.operation_id, None)
    if event.ordinal == 0:
        return Change.STATUS
    model.running = None
    model.run_since = None
    model.ended_at = monotonic()
    model.last_run = event.result.duration_ms / 1000
    model.last_status = event.result.status
    model.interrupts = 0
    if model.state in (BUSY, WAITING):
        model.state = IDLE
    news = Change.QUESTIONS | Change.OUTPUT | Change.UNREAD | Change.VARIABLES
    return STATE | Change.PAST | news


def _asked(model: SessionModel, event: events.InputRequest) -> Change:
    if all(each.id != event.id for each in model.questions):
        run = model.counts.get(event.operation_id or "")
        model.questions.append(Question(event.id, event.prompt, event.password, run))
    if model.alive:
        model.state = WAITING
    return STATE | Change.QUESTIONS | Change.OUTPUT


def _resolved(model: SessionModel, event: events.InputResolved) -> Change:
    model.questions = [each for each in model.questions if each.id != event.id]
    if event.text and event.action == "text":
        model.answers.add(event.text)
    if model.state == WAITING and not model.questions:
        model.state = BUSY
    return STATE | Change.QUESTIONS | Change.OUTPUT


def _worker_started(model: SessionModel, event: events.WorkerStarted) -> Change:
    _forget_runs(model)
    model.state, model.death = IDLE, ""
    model.pid, model.python_version = event.pid, event.python_version
    model.executable = event.executable
    model.past.changes.fresh()
    return STATE | Change.QUESTIONS | Change.OUTPUT | Change.VARIABLES | Change.PAST


def _over(model: SessionModel, event: events.WorkerDown | events.SessionEnded) -> Change:
    _forget_runs(model)
    model.pid = model.memory = None
    if isinstance(event, events.WorkerDown) and event.death.reason != events.WITH_ITS_SESSION:
        model.state, model.death = DEAD, event.death.reason
    else:
        model.state = ENDED
    model.table.clear()
    model.past.changes.elsewhere()
    news = Change.UNREAD | Change.QUESTIONS | Change.OUTPUT | Change.VARIABLES
    return STATE | Change.PAST | news


def _forget_runs(model: SessionModel) -> None:
    model.questions = []
    model.waiting.clear()
    model.counts.clear()
    model.running = model.run_since = None
    model.interrupts = 0

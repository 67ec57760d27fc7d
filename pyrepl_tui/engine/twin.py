"""The same code in several sessions at once, and where their answers first part."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Protocol

from pyrepl_worker.records import record

from .values import ExecutionResult, TransactionPolicy


class Executor(Protocol):
    """What is needed of a session; `Session` has it."""

    async def execute(
        self,
        code: str,
        *,
        policy: TransactionPolicy | str | None = None,
        timeout_ms: int | None = None,
    ) -> ExecutionResult: ...


@record(frozen=True, slots=True)
class Divergence:
    """The first place where a session's answer is not the first session's."""

    session: int
    """Index of the session."""
    part: str
    """``stdout``, ``stderr``, ``value``, ``error`` or ``status``."""
    line: int
    """The first line that differs, from 1; 0 where lines mean nothing."""
    first: str
    """What the first session has there; empty where it has nothing."""
    other: str


@record(frozen=True, slots=True)
class TwinRun:
    """What several sessions made of the same code."""

    results: list[ExecutionResult]
    """In the order of the sessions."""
    divergence: Divergence | None
    """None: all answered the same."""


async def run_in_all(
    sessions: Sequence[Executor],
    code: str,
    *,
    policy: TransactionPolicy | str | None = None,
    timeout_ms: int | None = None,
) -> TwinRun:
    """Run code in all sessions at the same time.

    Args:
        sessions: at least one; the others are compared with the first.
        code: what each of them runs.
        policy: as for `Session.execute`.
        timeout_ms: as for `Session.execute`, for each session.

    Raises:
        ValueError: if there is no session.
        WorkerDied: if one of them has no worker. One that dies of the code has the result
            "crashed".
    """
    if not sessions:
        raise ValueError("run_in_all needs at least one session")
    runs = (session.execute(code, policy=policy, timeout_ms=timeout_ms) for session in sessions)
    answers = await asyncio.gather(*runs, return_exceptions=True)
    for answer in answers:  # only when all have ended: none is left running unheard
        if isinstance(answer, BaseException):
            raise answer
    results = [answer for answer in answers if isinstance(answer, ExecutionResult)]
    return TwinRun(results, first_divergence(results))


def first_divergence(results: Sequence[ExecutionResult]) -> Divergence | None:
    """The earliest place at which any result differs from the first one."""
    for part in ("stdout", "stderr", "value", "error", "status"):
        found = [
            place
            for at, result in enumerate(results[1:], 1)
            if (place := _compare(at, part, _part(results[0], part), _part(result, part)))
        ]
        if found:
            return min(found, key=lambda place: (place.line, place.session))
    return None


def _part(result: ExecutionResult, part: str) -> str | None:
    if part == "error":
        return None if result.error is None else f"{result.error.name}: {result.error.message}"
    text: str | None = getattr(result, part)
    return text


def _compare(session: int, part: str, first: str | None, other: str | None) -> Divergence | None:
    if first == other:
        return None
    if part in ("error", "status") or first is None or other is None:
        return Divergence(session, part, 0, first or "", other or "")
    ours, theirs = first.splitlines(), other.splitlines()
    for line, (one, two) in enumerate(zip(ours, theirs), 1):  # noqa: B905 - the longer one goes on
        if one != two:
            return Divergence(session, part, line, one, two)
    line = min(len(ours), len(theirs))
    return Divergence(
        session, part, line + 1, "".join(ours[line : line + 1]), "".join(theirs[line : line + 1])
    )

"""Run code in a session, never for longer than a test may take."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any, TypeVar

from pyrepl_tui import ExecutionResult, Operation, Output, Session
from pyrepl_tui.engine.values import ExecutionError

T = TypeVar("T")

PATIENCE = 15.0
"""Seconds within which everything must have come to its end."""


async def soon(awaitable: Awaitable[T], seconds: float = PATIENCE) -> T:
    """Wait for something that must not take long."""

    async def wait() -> T:
        return await awaitable

    return await asyncio.wait_for(wait(), seconds)


async def run(session: Session, code: str, **options: Any) -> ExecutionResult:
    """The result of code, whatever it is."""
    return await soon(session.execute(code, **options))


async def ok(session: Session, code: str, **options: Any) -> ExecutionResult:
    """The result of code that must succeed."""
    result = await run(session, code, **options)
    assert result.status == "ok", (result.error and result.error.traceback) or result
    return result


async def value(session: Session, code: str) -> str | None:
    """The repr of the last expression of code that must succeed."""
    return (await ok(session, code)).value


async def error(session: Session, code: str, **options: Any) -> ExecutionError:
    """The exception of code that must fail."""
    result = await run(session, code, **options)
    assert result.status == "error", result
    assert result.error is not None
    return result.error


async def first_output(operation: Operation) -> bytes:
    """Wait until a running operation has said something, and return that."""

    async def wait() -> bytes:
        async for event in operation:
            if isinstance(event, Output):
                return event.data
        raise AssertionError("it ended without a word")

    return await soon(wait())


async def result_of(operation: Operation) -> ExecutionResult:
    """What came of an operation."""
    return await soon(operation)

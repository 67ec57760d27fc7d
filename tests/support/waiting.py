"""Wait for a condition, never for a length of time."""

from __future__ import annotations

import asyncio
import inspect
import threading
import time
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar, overload

T = TypeVar("T")

STEP = 0.01
"""Seconds between two looks."""


def wait_until(predicate: Callable[[], T], deadline: float = 10.0, what: str = "") -> T:
    """Call `predicate` until it returns something true, and return that.

    Raises:
        TimeoutError: if it does not within `deadline` seconds.
    """
    end = time.monotonic() + deadline
    pause = threading.Event()
    while True:
        value = predicate()
        if value:
            return value
        if time.monotonic() > end:
            raise TimeoutError(f"waited {deadline} s for {what or predicate!r}; last: {value!r}")
        pause.wait(STEP)


@overload
async def eventually(
    predicate: Callable[[], Coroutine[Any, Any, T]],
    deadline: float = ...,
    what: str = ...,
    step: float = ...,
) -> T: ...


@overload
async def eventually(
    predicate: Callable[[], T], deadline: float = ..., what: str = ..., step: float = ...
) -> T: ...


async def eventually(
    predicate: Callable[[], Any], deadline: float = 10.0, what: str = "", step: float = STEP
) -> Any:
    """`wait_until` for coroutines: the loop runs meanwhile; the predicate may be one too.

    A longer `step` is for what does not come while somebody looks all the time.
    """
    loop = asyncio.get_running_loop()
    end = loop.time() + deadline
    while True:
        answer = predicate()
        value = await answer if inspect.isawaitable(answer) else answer
        if value:
            return value
        if loop.time() > end:
            raise TimeoutError(f"waited {deadline} s for {what or predicate!r}; last: {value!r}")
        pause: asyncio.Future[None] = loop.create_future()
        loop.call_later(step, pause.set_result, None)
        await pause

"""Errors as text: the interpreter's own format, without our frames."""

from __future__ import annotations

import linecache
import os
import stat
import sys
import traceback
from types import TracebackType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

OURS = __file__.rpartition("/")[0]
_PINNED = OURS.rpartition("/")[0] + "/"
MAX_TEXT = 1024 * 1024
"""Longest traceback or message kept, in characters."""
_MAX_SOURCE = 16 * 1024 * 1024
_hidden: set[str] = set()


def hide_file(name: str) -> None:
    """Leave frames of this file out of tracebacks."""
    _hidden.add(name)


def is_ours(filename: str) -> bool:
    """Whether a frame of this file belongs to the worker."""
    return filename.startswith(OURS) or filename in _hidden


def trim(trace: TracebackType | None) -> TracebackType | None:
    """Leave out the frames of ours at the head, below which the user's begin."""
    while trace is not None and (_is_ours(trace) or _leads_to_ours(trace)):
        trace = trace.tb_next
    return trace


def _is_ours(trace: TracebackType) -> bool:
    return is_ours(trace.tb_frame.f_code.co_filename)


def _leads_to_ours(trace: TracebackType) -> bool:
    """Whether this is the event loop, on its way to run a cell of ours that awaits."""
    is_loop = trace.tb_frame.f_code.co_name == "run_until_complete"
    return is_loop and trace.tb_next is not None and _is_ours(trace.tb_next)


def describe_error(error: BaseException) -> dict[str, Any]:
    """The fields of a result's error: name, message, traceback, exit_code."""
    kind = type(error)
    name = kind.__qualname__
    if kind.__module__ not in ("builtins", "__main__"):
        name = f"{kind.__module__}.{name}"
    return {
        "name": name,
        "message": _bounded(_message(error)),
        "traceback": _bounded(format_error(error)),
        "exit_code": exit_code(error) if isinstance(error, SystemExit) else None,
    }


def in_words(error: BaseException) -> str:
    """An error of ours for whoever asked for something."""
    return f"{type(error).__name__}: {_message(error)}"


def exit_code(error: SystemExit) -> int:
    """The code that python itself would leave with."""
    if error.code is None:
        return 0
    return error.code & 0xFF if isinstance(error.code, int) else 1


def format_error(error: BaseException) -> str:
    """The traceback text, chained causes, notes and groups included."""
    try:
        _refuse_odd_sources(error)
        summary = traceback.TracebackException(
            type(error), error, error.__traceback__, compact=True
        )
        _drop_ours(summary)
        return "".join(summary.format())
    except Exception:
        # user code broke what the standard library needs (builtins, sys.modules): say the least
        return f"{type(error).__name__}: {_message(error)}\n"


def report_error(error: BaseException) -> None:
    """Write an error that nobody waits for to sys.stderr, unless that is gone."""
    report(format_error(error))


def report(text: str) -> None:
    """Write to sys.stderr, unless user code has done away with it."""
    try:
        sys.stderr.write(text)
    except BaseException:
        return  # deleted, closed, None or something of the user's that fails: nobody wants to hear


def _message(error: BaseException) -> str:
    try:
        return str(error)
    except Exception as broken:
        return f"<its __str__ raised {type(broken).__name__}>"


def _bounded(text: str) -> str:
    if len(text) <= MAX_TEXT:
        return text
    half = MAX_TEXT // 2
    return f"{text[:half]}\n... {len(text) - 2 * half:,} characters left out ...\n{text[-half:]}"


def _with_relatives(first: Any) -> Iterator[Any]:
    """An exception, or what `traceback` made of it, with all that it is chained to and groups."""
    seen: set[int] = set()
    pending = [first]
    while pending:
        one = pending.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        pending += [one.__cause__, one.__context__, *(getattr(one, "exceptions", None) or ())]


def _drop_ours(summary: traceback.TracebackException) -> None:
    for one in _with_relatives(summary):
        one.stack[:] = [frame for frame in one.stack if not is_ours(frame.filename)]


def leave_out_ours(error: BaseException | None) -> None:
    """Take our frames out of an error's traceback itself: others are about to print it."""
    for one in _with_relatives(error):
        trace = one.__traceback__ = trim(one.__traceback__)
        while trace is not None:
            while trace.tb_next is not None and _is_ours(trace.tb_next):
                trace.tb_next = trace.tb_next.tb_next
            trace = trace.tb_next


def _refuse_odd_sources(error: BaseException) -> None:
    """Keep linecache from opening devices, pipes and giants that a code object names as source."""
    for one in _with_relatives(error):
        trace = one.__traceback__
        while trace is not None:
            _refuse_odd_source(trace.tb_frame.f_code.co_filename)
            trace = trace.tb_next


def _refuse_odd_source(filename: str) -> None:
    if filename in linecache.cache:
        return
    try:
        status = os.stat(filename)
        odd = not stat.S_ISREG(status.st_mode) or status.st_size > _MAX_SOURCE
    except ValueError:
        odd = True  # a NUL in the name: linecache would raise
    except OSError:
        odd = False
    if odd:
        linecache.cache[filename] = (0, None, [], filename)

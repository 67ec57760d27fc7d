"""Debuggers of user code see the user's frames, and let go when they come to ours."""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Any

from .compiling import CO_COROUTINE
from .tracebacks import is_ours

if TYPE_CHECKING:
    from types import CodeType, FrameType, TracebackType

    from .compiling import Cell

    _Stack = tuple[list[tuple[FrameType, int]], int]
    """Frames with their line numbers, outermost first, and the place of the current one."""

_ENTRY = "attempt"
"""Name of the gate's function that calls user code."""
_RUNNER = "_evaluate_all"
"""Name of the executor's coroutine that runs a cell that awaits, with the event loop below it."""

_OVERRIDDEN = ("get_stack", "stop_here", "dispatch_call", "dispatch_return", "dispatch_exception")
"""Methods of every debugger that stands on bdb."""
_GUIDED = "_hides_the_worker"
"""Attribute of a class of debuggers that has been seen to."""
_ends: list[CodeType] = []
"""The last statement of a cell, if it calls a debugger: there is no line after it to stop at."""
_CALLS = {"breakpoint", "set_trace"}


def guide_debuggers(*, load: bool = False) -> None:
    """Have bdb, on which pdb and others stand, hide our frames, if it is loaded.

    Args:
        load: load it, as the code that is about to run names a debugger.
    """
    if load:
        try:
            importlib.import_module("bdb")
        except Exception:
            return  # the code meets the same error, and is told
    base: Any = getattr(sys.modules.get("bdb"), "Bdb", None)
    if base is None or _GUIDED in vars(base):
        return
    if all(hasattr(base, name) for name in _OVERRIDDEN):  # else a module of the user's
        setattr(base, _GUIDED, True)
        _hide_frames(base)
        _join_statements(base)


def stop_at_end_of(cell: Cell) -> None:
    """Let a debugger that is called by the last statement of a cell stop after it."""
    last = [cell.value] if cell.value is not None else cell.statements[-1:]
    _ends[:] = [code for code in last if _CALLS.intersection(code.co_names)]


def _hide_frames(base: Any) -> None:
    """Leave our frames out of what is shown, and do not stop there."""
    find_stack, stops_here, meet_exception = base.get_stack, base.stop_here, base.dispatch_exception

    def get_stack(self: Any, frame: FrameType | None, trace: TracebackType | None) -> _Stack:
        return _users(*find_stack(self, frame, trace))

    def stop_here(self: Any, frame: FrameType) -> Any:
        if not _is_ours(frame):
            return stops_here(self, frame)
        if frame.f_code.co_name == _ENTRY:
            self.set_continue()  # the run is over: the next one is not to be stepped into
        return False

    def dispatch_exception(self: Any, frame: FrameType, arg: Any) -> Any:
        return self.trace_dispatch if _is_ours(frame) else meet_exception(self, frame, arg)

    base.get_stack, base.stop_here = get_stack, stop_here
    base.dispatch_exception = dispatch_exception


def _join_statements(base: Any) -> None:
    """Step from one statement of a cell to the next as if they were one piece of code."""
    enter, leave = base.dispatch_call, base.dispatch_return

    def dispatch_call(self: Any, frame: FrameType, arg: Any) -> Any:
        return self.trace_dispatch if _is_statement(frame) else enter(self, frame, arg)

    def dispatch_return(self: Any, frame: FrameType, arg: Any) -> Any:
        if not _is_statement(frame) or frame.f_code in _ends:
            return leave(self, frame, arg)
        if self.stopframe is frame and self.stoplineno != -1:
            self.set_step()  # what was to stop at its next line stops at the next statement's
        return self.trace_dispatch

    base.dispatch_call, base.dispatch_return = dispatch_call, dispatch_return


def _is_ours(frame: FrameType) -> bool:
    return is_ours(frame.f_code.co_filename)


def _is_statement(frame: FrameType) -> bool:
    """Whether this is one of the statements that make up a cell."""
    code, below = frame.f_code, frame.f_back
    awaits = code.co_flags & CO_COROUTINE  # leaves and comes back in the middle
    return code.co_name == "<module>" and not awaits and below is not None and _is_ours(below)


def _users(stack: list[tuple[FrameType, int]], current: int) -> _Stack:
    """The part of a stack, outermost first, that is the user's; the current frame's place in it."""
    first = 0
    for index, (frame, _) in enumerate(stack):
        if _is_ours(frame) and frame.f_code.co_name == _RUNNER:
            first = index + 1
    kept = [index for index in range(first, len(stack)) if not _is_ours(stack[index][0])]
    if not kept:
        return stack, current
    place = sum(index <= current for index in kept) - 1
    return [stack[index] for index in kept], max(0, place)

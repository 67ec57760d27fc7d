"""A long journal read in a small part of the usual time: only what matters is decoded."""

from __future__ import annotations

from typing import Any

from pyrepl_worker import protocol
from pyrepl_worker.framing import FrameError

from .transcript import Transcript

_STARTED, _FINISHED, _DISPLAYED = b"\xa7started", b"\xa8finished", b"\xa9displayed"
"""How these events begin, after the byte or more that says how many fields there are."""


def outline(transcript: Transcript, end: int) -> list[Any]:
    """A journal's events up to a size, without those of the runs before the last one."""
    frames = transcript.frames(end)
    if frames is None:
        return []
    total = len(frames.starts)
    last = next((n for n in range(total - 1, -1, -1) if frames.may_be(n, _STARTED)), 0)
    passed = _STARTED, _FINISHED, _DISPLAYED
    found: list[Any] = []
    for number in range(total):
        if number >= last or not any(frames.may_be(number, tag) for tag in passed):
            try:
                found.append(frames.event(number))
            except FrameError:
                break  # what comes after it is not to be trusted
    return found


def starts(transcript: Transcript) -> list[protocol.Started]:
    """The starts of all runs that a journal tells of, in their order."""
    frames = transcript.frames()
    found: list[protocol.Started] = []
    for number in range(len(frames.starts)) if frames is not None else ():
        assert frames is not None
        if frames.may_be(number, _STARTED):
            try:
                event = frames.event(number)
            except FrameError:
                break
            if isinstance(event, protocol.Started):
                found.append(event)
    return found

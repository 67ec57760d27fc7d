"""What changes about a tab, in flags: so that only what shows it is drawn anew."""

from __future__ import annotations

from enum import Flag, auto


class Change(Flag):
    """What about a tab is no longer as shown."""

    NONE = 0
    TAB = auto()
    """Name or mark."""
    STATUS = auto()
    """Anything in the status bar."""
    QUESTIONS = auto()
    """What the code asks."""
    OUTPUT = auto()
    """The transcript."""
    UNREAD = auto()
    """Something the user will want to read."""
    VARIABLES = auto()
    """The listing of variables, or that a new one is due."""
    PAST = auto()
    """Checkpoints, where the present is among them, and what is pending."""


STATE = Change.TAB | Change.STATUS

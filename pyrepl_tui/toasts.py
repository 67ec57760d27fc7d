"""Messages that stand on the screen for a while."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Any

from .commands import Command, with_keys
from .key_order import KeyOrder

if TYPE_CHECKING:
    from .screens.workspace import WorkspaceScreen

LOW = 32
"""Rows below which announcements and a dialog have no room beside each other."""


class Toasts(KeyOrder):
    """The part of the app that shows messages."""

    desk: WorkspaceScreen
    """The workspace's screen."""

    def __init__(self) -> None:
        super().__init__()
        self._standing: dict[tuple[str, str], float] = {}
        """Titles and texts of messages, and until when (time.monotonic()) they stand there."""

    @property
    def commands(self) -> tuple[Command, ...]:
        """All commands, with the keys of the user's choice."""
        return self.desk.keys.commands

    def push_screen(self, screen: Any, *rest: Any, **options: Any) -> Any:
        """Show a screen; in a low terminal nothing that was announced before covers it."""
        if self.size.height < LOW:
            self.clear_notifications()
        return super().push_screen(screen, *rest, **options)

    def notify(self, message: str, **options: Any) -> None:
        """Show a message for a while; the keys that it names are the user's own.

        One that stands there already is not shown a second time.
        """
        text, title = (
            with_keys(each, self.commands) for each in (message, options.pop("title", ""))
        )
        now = monotonic()
        self._standing = {told: until for told, until in self._standing.items() if until > now}
        if (title, text) not in self._standing:
            seconds = options.get("timeout") or self.NOTIFICATION_TIMEOUT
            self._standing[title, text] = now + seconds
            super().notify(text, title=title, **options)

    def clear_notifications(self) -> None:
        """Take all messages away."""
        self._standing.clear()
        super().clear_notifications()

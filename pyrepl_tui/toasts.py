"""Messages that stand on the screen for a while."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Any

from textual.notifications import Notification, Notify

from .commands import Command, with_keys
from .key_order import KeyOrder

if TYPE_CHECKING:
    from textual.notifications import SeverityLevel

    from .screens.workspace import WorkspaceScreen

LOW = 32
"""Rows below which announcements and a dialog have no room beside each other."""
MOMENT = 0.1
"""Seconds that a message stands at least, from when a screen shows it."""


class Announcement(Notification):
    """A message with some time left whenever a screen comes to show it.

    A timer of Textual's that is to end before it begins counts for ever, and nothing else is done
    meanwhile: the process only has to pause between the look at the clock and the next one.
    """

    @property
    def time_left(self) -> float:
        """Seconds for which a screen that begins to show it does so."""
        return max(super().time_left, MOMENT)

    @property
    def has_expired(self) -> bool:
        """Whether no screen begins to show it any more."""
        return super().time_left <= 0


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

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = True,
    ) -> None:
        """Show a message for a while; the keys that it names are the user's own.

        One that stands there already is not shown a second time.
        """
        text, title = (with_keys(each, self.commands) for each in (message, title))
        now = monotonic()
        self._standing = {told: until for told, until in self._standing.items() if until > now}
        if (title, text) not in self._standing:
            seconds = self.NOTIFICATION_TIMEOUT if timeout is None else timeout
            self._standing[title, text] = now + seconds
            self.post_message(Notify(Announcement(text, title, severity, seconds, markup)))

    def clear_notifications(self) -> None:
        """Take all messages away."""
        self._standing.clear()
        super().clear_notifications()

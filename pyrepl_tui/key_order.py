"""Keys typed faster than they are handled: each one meets what the one before has done."""

from __future__ import annotations

import asyncio
from asyncio import TimerHandle
from collections import deque

from textual import events
from textual._xterm_parser import XTermParser
from textual.app import App
from textual.message import Message

PATIENCE = 0.25
"""Seconds after which the next key does not wait any longer for a slow one."""


class KeyHandled(Message):
    """Follows a key through the queues of widgets that the key may go through."""


class KeyOrder(App[None]):
    """The part of the app that hands keys on, one after the other.

    Textual gives a key to the widget that has the focus when the key arrives, and looks for
    bindings when it comes back from there. Of ``Tab x``, sent at once, the ``x`` would be in the
    old field before Tab moves the focus. Here a message goes right behind each key, and the next
    key waits until it arrives; letters typed into text need no such wait.
    """

    def __init__(self) -> None:
        super().__init__()
        self._typed_ahead: deque[events.Key | events.Paste] = deque()
        # until the screen is there, and with it the focus, keys have nowhere to go
        self._last_key: KeyHandled | None = KeyHandled()
        self._impatience: TimerHandle | None = None

    def take_typed(self, text: str) -> None:
        """Begin with what was typed before there was anybody to read it."""
        self._typed_ahead += [
            event for event in XTermParser().feed(text) if isinstance(event, events.Key)
        ]

    async def on_event(self, event: events.Event) -> None:
        """Queue keys and pastes; everything else goes its way."""
        if isinstance(event, (events.Key, events.Paste)) and not event.is_forwarded:
            self._typed_ahead.append(event)
            if self._last_key is None:
                await self._hand_on()
        else:
            await super().on_event(event)

    async def _check_bindings(self, key: str, priority: bool = False) -> bool:
        """Do what a key is bound to; a capital that is bound to nothing is its small letter.

        The key bar and the help write letters as they stand on the keys, and Caps Lock may be on.
        """
        if await super()._check_bindings(key, priority):
            return True
        is_capital = len(key) == 1 and key.isupper()
        return is_capital and await super()._check_bindings(key.lower(), priority)

    async def _hand_on(self) -> None:
        while self._typed_ahead:
            event = self._typed_ahead.popleft()
            target = self.focused or self.screen
            await super().on_event(event)
            if isinstance(event, events.Key) and not target.check_consume_key(
                event.key, event.character
            ):
                handled = KeyHandled()
                if target.post_message(handled):
                    self._last_key = handled
                    self._impatience = asyncio.get_running_loop().call_later(
                        PATIENCE, self.call_later, self._go_on, handled
                    )
                    return

    async def on_ready(self) -> None:
        """The screen is there: what was typed meanwhile goes there."""
        if self._last_key is not None:
            await self._go_on(self._last_key)

    def on_key_handled(self, event: KeyHandled) -> None:
        """The key before has gone all its way; a dialog that it asked for opens right away."""
        asyncio.get_running_loop().call_soon(self._wait_for_screen, event)

    def _wait_for_screen(self, handled: KeyHandled) -> None:
        """Go on when the screen has the widgets, and the focus, that the next key is meant for."""
        if self.is_running:
            self.screen.call_later(self.call_later, self._go_on, handled)

    async def _go_on(self, handled: KeyHandled) -> None:
        if handled is self._last_key:
            self._last_key = None
            if self._impatience is not None:
                self._impatience.cancel()
            await self._hand_on()

"""Something called once, a little later, and certainly."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from textual.message_pump import MessagePump


def once(pump: MessagePump, seconds: float, call: Callable[[], Any]) -> asyncio.TimerHandle:
    """Have a widget call something after some time.

    Textual's own timers skip what is due before they have begun to wait for it: on a busy machine
    one of a millisecond never comes, and who waits for it before the next is set waits for ever.

    Args:
        pump: the widget, within whose messages it is called.
        seconds: to wait.
        call: what to call.
    """
    return asyncio.get_running_loop().call_later(seconds, pump.call_next, call)

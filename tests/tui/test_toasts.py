"""Messages that stand on the screen for a while."""

from __future__ import annotations

import time

from textual.widgets._toast import Toast, ToastHolder

from pyrepl_tui.toasts import Announcement
from tests.tui.conftest import OpenDesk


async def test_a_message_whose_time_ran_out_on_its_way_to_the_screen_stops_nothing(
    open_desk: OpenDesk,
) -> None:
    """As when the process pauses just then: Textual's timer would count for ever."""
    async with open_desk() as desk:
        late = Announcement("late", timeout=1, raised_at=time.time() - 1.3)
        assert late.has_expired
        await desk.app.screen.mount(ToastHolder(Toast(late)))
        assert desk.app.screen.query(Toast)
        await desk.until(lambda: not desk.app.screen.query(Toast))


async def test_all_messages_are_of_that_kind(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        desk.app.screen.notify("from a widget", timeout=60)
        await desk.until(lambda: desk.app.screen.query(Toast))
        (told,) = desk.app._notifications
        assert isinstance(told, Announcement)
        assert not told.has_expired
        assert 59 < told.time_left <= 60

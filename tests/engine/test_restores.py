"""Several clients that restore, restart and kill one session at the same time."""

from __future__ import annotations

import asyncio

from pyrepl_tui import PyreplError, Session, SessionState
from tests.support.waiting import eventually


async def test_clients_that_get_in_each_others_way_end_up_with_one_worker() -> None:
    async with Session(persist=True) as session:
        clients = [session, *[await Session.attach(session.id) for _ in range(2)]]
        point = await session.checkpoint("start")

        async def disturb(client: Session) -> None:
            for action in (
                lambda: client.restore(point),
                client.restart,
                client.kill,
                lambda: client.restore(point),
                lambda: client.execute("x = 1"),
                client.restart,
            ):
                try:
                    await asyncio.wait_for(action(), 25)
                except PyreplError:
                    continue  # another client was quicker

        await asyncio.gather(*(disturb(client) for client in clients))
        if session.state is SessionState.DEAD:
            await session.restart()
        await eventually(lambda: len({client.pid for client in clients}) == 1)
        await eventually(lambda: all(c.state is SessionState.IDLE for c in clients))
        workers = [each for each in await session.processes() if each.role == "worker"]
        assert [each.pid for each in workers] == [session.pid]
        for client in clients:
            assert (await client.execute("1")).value == "1"
        for client in clients[1:]:
            await client.detach()

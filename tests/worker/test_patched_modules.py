"""Libraries that replace parts of standard modules, as gevent and eventlet do, change nothing."""

from __future__ import annotations

from pyrepl_tui import Session

from .conftest import InEach
from .running import first_output, ok, result_of, soon, value

PATCH = """
import os, select, socket, threading, time
def wait_for_ever(*args, **options):
    raise RuntimeError('there is nobody else to go on')
class Green(socket.socket):
    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        wait_for_ever()
class GreenThread:
    name, ident, daemon = 'green', 1, True
del select.poll
socket.socket, socket.socketpair = Green, wait_for_ever
os.fork = os.waitpid = time.sleep = wait_for_ever
os.close = lambda fd: None
threading.enumerate = lambda: [GreenThread()]
kept = [1]
"""


async def test_a_sessions_whole_life(in_each: InEach) -> None:
    async def live(session: Session) -> None:
        await ok(session, PATCH)
        point = await soon(session.checkpoint(durable=True))
        await ok(session, "kept.append(2)")
        for form in ("image", "archive", "image"):
            report = await soon(session.restore(point, form=form))
            assert (report.form, report.verdicts["kept"]) == (form, "exact")
            assert await value(session, "kept") == "[1]"
        branch = await soon(session.branch())
        assert await value(branch, "kept.append(3); kept") == "[1, 3]"
        assert list((await soon(session.compare(branch, names=["kept"]))).changed) == ["kept"]
        await soon(branch.close())

    await in_each(live)


async def test_clients_come_and_go(in_each: InEach) -> None:
    async def live(session: Session) -> None:
        await ok(session, PATCH)
        other = await soon(Session.attach(session.id))
        assert await value(other, "kept") == "[1]"
        operation = other.run("print('here', flush=True)\nwhile True: pass")
        await first_output(operation)
        assert [each.name for each in await soon(session.namespace(query="kept"))] == ["kept"]
        await session.interrupt()
        assert (await result_of(operation)).status == "interrupted"
        assert (await ok(session, "input()", on_input=lambda request: "yes")).value == "'yes'"
        await soon(other.detach())
        left = "[fd for fd in map(int, os.listdir('/proc/self/fd')) if 2 < fd < 1000 and fd != 3]"
        assert await value(session, left) == "[]"

    await in_each(live)

"""Top-level await: one event loop for the session's life."""

from __future__ import annotations

from pyrepl_tui import Finished, Output, Session

from .conftest import InEach
from .running import error, first_output, ok, result_of, run, soon, value


async def test_await_at_top_level(session: Session) -> None:
    await ok(session, "import asyncio\nasync def f(x):\n  await asyncio.sleep(0)\n  return x * 2")
    assert await value(session, "await f(21)") == "42"
    assert await value(session, "y = await f(2)\ny") == "4"
    assert await value(session, "[await f(i) for i in range(3)]") == "[0, 2, 4]"
    code = "async def g():\n    for i in range(3): yield i\n[i async for i in g()]"
    assert await value(session, code) == "[0, 1, 2]"
    code = (
        "class C:\n    async def __aenter__(self): return 'in'\n"
        "    async def __aexit__(self, *a): print('out')\n"
        "async with C() as c:\n    print(c)"
    )
    assert (await ok(session, code)).stdout == "in\nout\n"
    assert await value(session, "await f(1);") is None


async def test_one_loop_for_life(session: Session) -> None:
    await ok(session, "import asyncio\nfirst = asyncio.get_running_loop() if 0 else None")
    await ok(session, "async def loop(): return asyncio.get_running_loop()")
    await ok(session, "first = await loop()\nqueue = asyncio.Queue()\nlock = asyncio.Lock()")
    assert await value(session, "(await loop()) is first") == "True"
    await ok(session, "await queue.put('kept')")
    assert await value(session, "async with lock: pass\nawait queue.get()") == "'kept'"


async def test_a_cell_that_awaits_can_start_tasks_before(session: Session) -> None:
    code = (
        "import asyncio\nasync def f(x): return x\n"
        "t = asyncio.create_task(f('done'))\nawait asyncio.sleep(0)\nt.result()"
    )
    assert await value(session, code) == "'done'"


async def test_tasks_go_on_between_runs(session: Session) -> None:
    code = (
        "import asyncio\nticks = []\n"
        "async def tick():\n"
        "    while len(ticks) < 50:\n        ticks.append(1)\n        await asyncio.sleep(0.001)\n"
        "    print('all ticks')\n"
        "task = asyncio.create_task(tick())\nawait asyncio.sleep(0)"
    )
    events = session.events()
    await ok(session, code)

    async def said() -> None:
        async for event in events:
            if isinstance(event, Output) and event.data == b"all ticks\n":
                return

    await soon(said())  # while nothing runs
    assert await value(session, "len(ticks), task.done()") == "(50, True)"


async def test_the_loop_stands_still_while_synchronous_code_runs(session: Session) -> None:
    code = (
        "import asyncio\nn = 0\nasync def f():\n    global n\n"
        "    while True:\n        n += 1\n        await asyncio.sleep(0)\n"
        "task = asyncio.create_task(f())\nawait asyncio.sleep(0)"
    )
    await ok(session, code)
    assert await value(session, "a = n\nfor _ in range(100_000): pass\nn - a") == "0"
    await ok(session, "task.cancel()\nawait asyncio.sleep(0)")
    assert await value(session, "task.cancelled()") == "True"


async def test_asyncio_run_within_a_run(session: Session) -> None:
    await ok(session, "import asyncio\nasync def f(): return 'inner'")
    assert await value(session, "asyncio.run(f())") == "'inner'"
    assert await value(session, "await f()") == "'inner'"
    assert await value(session, "asyncio.run(f())") == "'inner'"
    assert await value(session, "await f()") == "'inner'"
    code = "loop = asyncio.new_event_loop()\nloop.run_until_complete(f())"
    assert await value(session, code) == "'inner'"


async def test_errors_of_awaits_and_of_tasks(session: Session) -> None:
    await ok(session, "import asyncio\nasync def boom(): raise ValueError('boom')")
    found = await error(session, "await boom()")
    assert (found.name, found.message) == ("ValueError", "boom")
    assert "pyrepl" not in found.traceback
    assert "asyncio/" not in found.traceback
    code = "t = asyncio.ensure_future(boom())\nawait asyncio.sleep(0)\ndel t"
    assert "Task exception was never retrieved" in (await ok(session, code)).stderr


async def test_exits_within_the_loop(session: Session) -> None:
    await ok(session, "import asyncio, sys\nasync def leave(): sys.exit(3)")
    assert (await error(session, "await leave()")).exit_code == 3
    await run(session, "t = asyncio.create_task(leave())\nawait asyncio.sleep(0)")
    assert await value(session, "await asyncio.sleep(0, 'alive')") == "'alive'"


async def test_an_await_is_interrupted_and_the_loop_lives(session: Session) -> None:
    code = (
        "import asyncio\ntry:\n    print('go', flush=True)\n    await asyncio.sleep(600)\n"
        "finally:\n    print('cleaned up')"
    )
    operation = session.run(code)
    await first_output(operation)
    await session.interrupt()
    result = await result_of(operation)
    assert (result.status, result.stdout) == ("interrupted", "go\ncleaned up\n")
    assert await value(session, "await asyncio.sleep(0, 'alive')") == "'alive'"


async def test_an_await_runs_out_of_time(session: Session) -> None:
    code = "import asyncio\nx = 1\nawait asyncio.sleep(600)"
    assert (await run(session, code, timeout_ms=50)).status == "timeout"
    assert await value(session, "x") == "1"


async def test_an_await_that_swallows_its_cancellation(in_each: InEach) -> None:
    async def check(session: Session) -> None:
        code = (
            "import asyncio\nasync def stubborn():\n    n = 0\n    while True:\n"
            "        try:\n"
            "            print('go', flush=True)\n            await asyncio.sleep(600)\n"
            "        except asyncio.CancelledError:\n            n += 1\n"
            "            if n == 2: return 'gave in'\n"
            "await stubborn()"
        )
        operation = session.run(code)
        await first_output(operation)
        await session.interrupt()
        assert (await result_of(operation)).status == "interrupted"

    await in_each(check)


async def test_output_of_a_task_belongs_to_the_run_that_started_it(session: Session) -> None:
    code = (
        "import asyncio\nready = asyncio.Event()\n"
        "async def late():\n    await ready.wait()\n    print('from the task')\n"
        "task = asyncio.create_task(late())\nawait asyncio.sleep(0)"
    )
    starter = session.run(code)
    await result_of(starter)
    events = session.events()
    second = session.run("print('second')\nready.set()\nawait asyncio.sleep(0)\nawait task")
    assert (await result_of(second)).stdout == "second\n"
    seen = {}

    async def both() -> None:
        async for event in events:
            if isinstance(event, Output):
                seen[event.data] = event.operation_id
            if isinstance(event, Finished):
                return

    await soon(both())
    assert seen == {b"second\n": second.id, b"from the task\n": starter.id}

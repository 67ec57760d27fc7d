"""What a session promises, shown with fake workers and with real ones."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from pyrepl_tui import (
    InputRequest,
    ProtocolError,
    Session,
    SessionNotFound,
    SessionState,
    WorkerDied,
    list_sessions,
)
from pyrepl_tui.engine import events
from tests.support.waiting import eventually

pytestmark = pytest.mark.usefixtures("world")


async def test_a_value_and_what_is_kept() -> None:
    async with Session() as session:
        assert session.state is SessionState.IDLE
        assert (await session.execute("x = 42")).value is None
        result = await session.execute("x * 2")
        assert (result.status, result.value, result.execution_count) == ("ok", "84", 2)
        assert session.execution_count == 2


async def test_output_is_told_apart_and_kept_in_order() -> None:
    async with Session() as session:
        code = "import sys\nprint('a')\nprint('b', file=sys.stderr)\nprint('é')"
        result = await session.execute(code)
        assert (result.stdout, result.stderr) == ("a\né\n", "b\n")
        assert session.output() == "a\nb\né\n".encode()
        assert session.output(stream="stderr") == b"b\n"
        assert session.output(2, 4) == b"b\n"


async def test_an_error_is_a_result() -> None:
    async with Session() as session:
        result = await session.execute("print('before')\n1/0")
        assert result.status == "error"
        assert result.stdout == "before\n"
        assert result.error is not None
        assert result.error.name == "ZeroDivisionError"
        assert "ZeroDivisionError" in result.error.traceback


async def test_the_events_of_an_operation_in_their_order() -> None:
    async with Session() as session:
        operation = session.run("print('one')\nname = input('who? ')\nprint(name)", on_input="ask")
        found: list[Any] = []
        async for event in operation:
            found.append(event)
            if isinstance(event, InputRequest):
                assert event.prompt == "who? "
                assert session.state is SessionState.WAITING_INPUT
                assert [request.id for request in session.inputs] == [event.id]
                await session.answer(event, "Ada")
        kinds = [type(event).__name__ for event in found]
        assert kinds == ["Started", "Output", "InputRequest", "Output", "Finished"]
        assert [e.data for e in found if isinstance(e, events.Output)] == [b"one\n", b"Ada\n"]
        assert {event.operation_id for event in found} == {operation.id}
        assert found[-1].result == await operation


async def test_iterating_late_and_twice_gives_the_same() -> None:
    async with Session() as session:
        operation = session.run("print('x')\nprint('y')")
        await operation
        first = [type(event).__name__ async for event in operation]
        second = [type(event).__name__ async for event in operation]
        assert first == second == ["Started", "Output", "Finished"]


async def test_input_without_anybody_to_ask_is_the_end_of_input() -> None:
    async with Session() as session:
        result = await session.execute("input()")
        assert result.error is not None
        assert result.error.name == "EOFError"


@pytest.mark.parametrize(
    ("raised", "name"), [(EOFError, "EOFError"), (KeyboardInterrupt, "KeyboardInterrupt")]
)
async def test_what_on_input_raises_reaches_the_code(
    raised: type[BaseException], name: str
) -> None:
    def refuse(request: InputRequest) -> str:
        raise raised

    code = "try:\n    input()\nexcept BaseException as error:\n    print(type(error).__name__)"
    async with Session() as session:
        result = await session.execute(code, on_input=refuse)
        assert result.stdout == f"{name}\n"


async def test_callbacks_may_be_coroutines_and_get_text() -> None:
    heard: list[tuple[str, str]] = []

    async def on_output(stream: str, text: str) -> None:
        await asyncio.sleep(0)
        heard.append((stream, text))

    async def on_input(request: InputRequest) -> str:
        await asyncio.sleep(0)
        return "x" * 3

    async with Session() as session:
        result = await session.execute(
            "print('é')\nprint(input('? '))", on_output=on_output, on_input=on_input
        )
        assert "".join(text for _, text in heard) == result.stdout == "é\nxxx\n"


async def test_an_error_of_a_callback_is_raised_and_ends_the_run() -> None:
    def on_output(stream: str, text: str) -> None:
        raise RuntimeError("no more")

    async with Session() as session:
        with pytest.raises(RuntimeError, match="no more"):
            await session.execute("print(1)\nwhile True: pass", on_output=on_output)
        assert (await session.execute("1")).value == "1"


async def test_on_input_of_run_is_called_without_iterating() -> None:
    async with Session() as session:
        result = await session.run("input()", on_input=lambda request: "there")
        assert result.value == "'there'"


async def test_interrupt_keeps_the_state() -> None:
    async with Session() as session:
        operation = session.run("x = 1\nwhile True: pass")
        await eventually(lambda: session.state is SessionState.BUSY)
        await session.interrupt()
        assert (await operation).status == "interrupted"
        assert (await session.execute("x")).value == "1"


async def test_a_run_out_of_time() -> None:
    async with Session() as session:
        assert (await session.execute("while True: pass", timeout_ms=50)).status == "timeout"


async def test_cancelling_what_waits_and_what_runs() -> None:
    async with Session() as session:
        running = session.run("while True: pass")
        waiting = session.run("x = 1")
        await eventually(lambda: waiting.id in session.queued)
        assert (running.status, waiting.status) == ("running", "queued")
        await waiting.cancel()
        result = await waiting
        assert (result.status, result.execution_count) == ("cancelled", 0)
        await running.cancel()
        assert (await running).status == "cancelled"
        await running.cancel()


async def test_a_cancelled_call_cancels_its_run() -> None:
    async with Session() as session:
        task = asyncio.ensure_future(session.execute("while True: pass"))
        await eventually(lambda: session.state is SessionState.BUSY)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert (await session.execute("2")).value == "2"


async def test_giving_up_on_an_operation_leaves_it_running() -> None:
    async with Session() as session:
        operation = session.run("input()", on_input="ask")
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(operation.result(), 0.01)
        await eventually(lambda: session.inputs)
        await session.answer(session.inputs[0], "x")
        assert (await operation).value == "'x'"


async def test_an_answer_that_comes_too_late() -> None:
    async with Session() as session:
        operation = session.run("input()", on_input="ask")
        await eventually(lambda: session.inputs)
        request = session.inputs[0]
        await session.answer_eof(request)
        assert (await operation).status == "error"
        with pytest.raises(ProtocolError):
            await session.answer(request, "x")


async def test_all_clients_hear_everything() -> None:
    async with Session(name="shared") as session:
        await session.execute("x = 1")
        other = await Session.attach(session.id)
        assert (other.name, other.execution_count) == ("shared", 1)
        stream = other.events()
        await session.execute("print(x)")
        kinds = []
        async for event in stream:
            kinds.append(type(event).__name__)
            if isinstance(event, events.Finished):
                assert event.result.stdout == "1\n"
                break
        assert [kind for kind in kinds if kind != "StateChanged"] == [
            "Started",
            "Output",
            "Finished",
        ]
        await session.rename("other name")
        await eventually(lambda: other.name == "other name")
        await other.detach()
        assert (await session.execute("x")).value == "1"


async def test_events_without_output() -> None:
    async with Session() as session:
        stream = session.events(output=False)
        await session.execute("print('x')\n5")
        async for event in stream:
            assert not isinstance(event, events.Output)
            if isinstance(event, events.Finished):
                assert (event.result.stdout, event.result.value) == ("", "5")
                break


async def test_attaching_while_a_question_waits() -> None:
    async with Session() as session:
        operation = session.run("print('so far')\ninput('? ')", on_input="ask")
        await eventually(lambda: session.inputs)
        other = await Session.attach(session.id)
        assert other.state is SessionState.WAITING_INPUT
        assert other.running == operation.id
        assert [request.prompt for request in other.inputs] == ["? "]
        stream = other.events()
        await other.answer(other.inputs[0], "me")
        assert (await operation).value == "'me'"
        async for event in stream:
            if isinstance(event, events.Finished):
                assert event.result.stdout == "so far\n"
                break
        await other.detach()


async def test_the_namespace() -> None:
    async with Session() as session:
        await session.execute("alpha = 1\nbeta = 'two'\n_hidden = 3")
        assert [each.name for each in await session.namespace()] == ["alpha", "beta"]
        (found,) = await session.namespace(query="bet")
        assert (found.type, found.summary) == ("str", "'two'")
        assert "_hidden" in [each.name for each in await session.namespace(private=True)]


async def test_listing_and_ending() -> None:
    session = await Session(name="listed").start()
    (info,) = await list_sessions()
    assert (info.id, info.name, info.pid) == (session.id, "listed", session.pid)
    assert info.state is SessionState.IDLE
    assert await list_sessions(info.state_dir) == [info]
    assert await list_sessions("/nowhere") == []
    with pytest.raises(SessionNotFound):
        await Session.attach(session.id, state_dir="/nowhere")
    await session.execute("print('last words')")
    stream = session.events()
    await session.close()
    await session.close()
    assert await list_sessions() == []
    assert session.output() == b"last words\n"
    assert session.state is SessionState.DEAD
    assert [type(event).__name__ async for event in stream][-1] == "SessionEnded"
    assert [event async for event in session.events()] == []
    with pytest.raises(WorkerDied):
        session.run("1")
    with pytest.raises(SessionNotFound):
        await Session.attach(session.id)


async def test_an_end_is_heard_by_others() -> None:
    session = await Session().start()
    other = await Session.attach(session.id)
    stream = other.events()
    operation = other.run("while True: pass")
    await eventually(lambda: other.state is SessionState.BUSY)
    await session.close()
    assert [type(event).__name__ async for event in stream][-1] == "SessionEnded"
    assert (await operation).status in ("cancelled", "crashed")
    with pytest.raises(WorkerDied):
        await other.execute("1")


async def test_a_session_that_persists_outlives_its_client() -> None:
    session = await Session(persist=True).start()
    await session.execute("x = 'still here'")
    await session.detach()
    with pytest.raises(WorkerDied):
        await session.execute("1")
    again = await Session.attach(session.id)
    assert (await again.execute("x")).value == "'still here'"
    await again.close()


async def test_the_processes() -> None:
    async with Session() as session, Session() as other:
        found = await session.processes()
        assert {each.role for each in found} == {"nursery", "worker"}
        assert session.pid in {each.pid for each in found}
        assert other.pid not in {each.pid for each in found}

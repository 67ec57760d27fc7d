"""Values of the present and of frozen checkpoints, looked at through real workers."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pyrepl_tui import Session
from pyrepl_tui.engine.connection import open_connection
from pyrepl_tui.engine.errors import CheckpointError, WorkerDied
from pyrepl_worker import protocol
from tests.support import leftovers
from tests.support.programs import runtime_folder
from tests.support.waiting import eventually

CODE = """
class Thing:
    def __init__(self):
        self.number = 1
    @property
    def double(self):
        touched.append("double")
        return self.number * 2
    def __repr__(self):
        touched.append("repr")
        return "a thing"
touched = []
shared = [1, 2, 3]
thing = Thing()
thing.mine = shared
holder = {"deep": [shared]}
numbers = [float(n % 10) for n in range(1000)]
"""


async def test_many_variables_arrive_in_one_large_answer() -> None:
    async with Session() as session:
        await session.execute("for n in range(12_000): globals()[f'v{n}'] = f'value {n}'")
        rows = await session.namespace()
        assert len(rows) == 12_001
        assert rows[11_999].summary == "'value 11999'" or rows[12_000].summary == "'value 11999'"


async def test_a_checkpoint_is_looked_at_without_restoring_it() -> None:
    async with Session() as session:
        await session.execute(CODE)
        point = await session.checkpoint("before")
        await session.execute("shared.append('later'); thing.number = 50; fresh = 1")
        pid = session.pid
        looker = session.looker(point)
        try:
            page = await looker.inspect(("shared",))
            assert [child.summary for child in page.children] == ["1", "2", "3"]
            assert await looker.tell(("thing", ["property", "double"]), "repr") == "2"
            names = [row.name for row in await looker.namespace(point.execution_count)]
            assert "fresh" not in names
            assert "holder" in names
            sketch = await looker.sketch(("numbers",), 10)
            assert (sketch.count, sketch.low, sketch.high) == (1000, 0.0, 9.0)
            assert sum(sketch.histogram) == 1000
        finally:
            await looker.close()
        assert session.pid == pid
        assert (await session.execute("thing.number, len(shared)")).value == "(50, 4)"


async def test_a_checkpoint_is_looked_at_while_code_runs() -> None:
    async with Session() as session:
        await session.execute(CODE)
        point = await session.checkpoint()
        operation = session.run("input()", on_input="ask")
        looker = session.looker(point)
        page = await looker.inspect(("shared",))
        assert page.total == 3
        await looker.close()
        await operation.cancel()


async def test_user_code_runs_in_a_twin_only() -> None:
    async with Session() as session:
        await session.execute(CODE)
        looker = session.looker()
        page = await looker.inspect(("thing",))
        assert [child.name for child in page.children] == ["number", "mine", "double"]
        assert await looker.tell(("thing",), "repr") == "a thing"
        assert await looker.tell(("thing", ["property", "double"]), "repr") == "2"
        with pytest.raises(LookupError, match="TypeError"):
            await looker.tell(("thing",), "len")
        await looker.close()
        assert (await session.execute("touched")).value == "[]"


async def test_a_value_that_hangs_when_asked_takes_only_the_twin_with_it() -> None:
    async with Session() as session:
        await session.execute(
            "class Stuck:\n    def __repr__(self):\n        while True: pass\nstuck = Stuck()"
        )
        looker = session.looker()
        with pytest.raises(WorkerDied, match="longer than 3 s"):
            await looker.tell(("stuck",), "repr")
        assert (await session.execute("1 + 1")).value == "2"


@pytest.mark.parametrize("of_a_checkpoint", [False, True])
async def test_who_turns_away_while_a_twin_is_made_leaves_none(
    of_a_checkpoint: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, goes_on = asyncio.Event(), asyncio.Event()

    async def slowly(*arguments: Any) -> Any:
        made.set()
        await goes_on.wait()
        return await open_connection(*arguments)

    async with Session() as session:
        await session.execute("x = 1")
        point = await session.checkpoint() if of_a_checkpoint else None
        monkeypatch.setattr("pyrepl_tui.engine.reader.open_connection", slowly)
        asking = asyncio.create_task(session.looker(point).tell(("x",), "repr"))
        await made.wait()
        await eventually(_twins, what="a twin that waits for us")
        asking.cancel()
        goes_on.set()
        with pytest.raises(asyncio.CancelledError):
            await asking
        await eventually(lambda: not _twins(), what="its end")


async def test_a_twin_that_nobody_comes_to_ends_with_its_session(sandbox: Path) -> None:
    async with Session() as session:
        point = await session.checkpoint()
        await session._attachment.ask_nursery(protocol.OpenImage, session.id, point.id)
        await eventually(_twins)
    await eventually(lambda: not leftovers.marked_by(str(sandbox)), 5)


def _twins() -> list[Path]:
    """Sockets of twins that wait for their clients."""
    found = (runtime_folder() / "s").glob("*.sock")
    return [path for path in found if path.stem.rpartition("-")[2][0] in "rg"]


async def test_who_refers_to_it_names_every_place() -> None:
    async with Session() as session:
        await session.execute(CODE)
        places = await session.looker().referrers(("shared",))
        assert {place.expression for place in places} == {
            "shared", "thing.mine", "holder['deep'][0]",
        }  # fmt: skip


async def test_a_value_is_saved_whole_or_not_at_all(tmp_path: Path) -> None:
    async with Session() as session:
        await session.execute(CODE)
        looker = session.looker()
        file = tmp_path / "holder.pkl"
        size = await looker.save(("holder",), str(file))
        assert file.stat().st_size == size > 0
        with pytest.raises(LookupError, match="already"):
            await looker.save(("holder",), str(file))
        with pytest.raises(LookupError, match="ends with one of"):
            await looker.save(("holder",), str(tmp_path / "holder.unknown"))
        with pytest.raises(LookupError):
            await looker.save(("thing",), str(tmp_path / "thing.json"))
        assert sorted(path.name for path in tmp_path.iterdir()) == ["holder.pkl"]


async def test_a_checkpoint_without_an_image_says_so() -> None:
    async with Session() as session:
        await session.execute("x = 1")
        point = await session.checkpoint()
        await session._attachment.ask_nursery(_drop(), session.id, point.id)
        with pytest.raises(CheckpointError):
            await session.looker(point).inspect(("x",))


def _drop() -> type:
    from pyrepl_worker import protocol

    return protocol.DropImage


async def test_a_checkpoint_on_disk_is_looked_at_without_loading_it() -> None:
    code = "def f(x):\n    return x + 1\nplain = {'a': [1, {'b': 2}]}\nopaque = object()"
    async with Session() as session:
        await session.execute(code)
        point = await session.checkpoint("kept", durable=True)
        looker = session.looker(replace(point, has_image=False))
        rows = {row.name: row for row in await looker.namespace(point.execution_count)}
        assert {"f", "plain", "opaque"} <= set(rows)
        assert rows["f"].kind == "function"
        inner = await looker.inspect(("plain", "a", 1))
        assert [(child.name, child.summary) for child in inner.children] == [("'b'", "2")]
        assert "return x + 1" in (await looker.inspect(("f",))).text
        assert (await looker.inspect(("opaque",))).variable.type == "object"
        for question in (
            looker.inspect(("plain", "z")), looker.inspect(("nothing",)),
            looker.sketch(("plain",), 3), looker.tell(("plain",), "repr"), looker.deep_sizes(),
        ):  # fmt: skip
            with pytest.raises(LookupError):
                await question
        await looker.close()


async def test_what_needs_a_twin_has_to_wait_while_code_runs() -> None:
    async with Session() as session:
        await session.execute("x = [3, 1]")
        point = await session.checkpoint()
        looker = session.looker()
        assert not looker.has_to_wait
        operation = session.run("input()", on_input="ask")
        await eventually(lambda: session.inputs)
        assert looker.has_to_wait
        assert not session.looker(point).has_to_wait, "an image forks one at any time"
        await session.answer(session.inputs[0], "")
        await operation
        await eventually(lambda: not looker.has_to_wait)

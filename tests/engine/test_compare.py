"""Looking into sessions, and comparing two of them, through the API."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from pyrepl_tui import Session, WorkerDied, list_sessions


async def test_namespace_by_differences() -> None:
    async with Session() as session:
        await session.execute("x = 1; items = [1]; import os")
        first = await session.namespace_changes()
        assert first.whole
        assert {"x", "items", "os"} <= {row.name for row in first.new}
        await session.execute("x = 2; items.append(2); del os; y = 3")
        news = await session.namespace_changes()
        assert {row.name for row in news.changed} == {"x", "items"}
        assert [row.name for row in news.new] == ["y"]
        assert news.deleted == ["os"]
        rows = {row.name: row for row in await session.namespace()}
        assert (rows["x"].summary, rows["x"].created_at, rows["x"].changed_at) == ("2", 1, 2)


async def test_it_answers_while_code_runs_and_after_a_restore() -> None:
    async with Session() as session:
        await session.execute("count = 0")
        point = await session.checkpoint()
        operation = session.run("while True: count += 1")
        seen: set[str] = set()
        async with asyncio_timeout(10):
            while len(seen) < 3:
                rows = await session.namespace(query="count")
                seen.add(rows[0].summary)
        await session.interrupt()
        await operation
        await session.restore(point)
        assert [row.summary for row in await session.namespace(query="count")] == ["0"]


async def test_inspect_pages_and_paths() -> None:
    async with Session() as session:
        await session.execute(
            "class P: pass\np = P(); p.rows = list(range(1000)); d = {'k': p}; p.me = d"
        )
        found = await session.inspect(("d", "k", "rows"), offset=990, limit=5)
        assert found.total == 1000
        assert [child.summary for child in found.children] == ["990", "991", "992", "993", "994"]
        assert found.expression == "d['k']['rows']"
        above = await session.inspect(("d", "k"))
        assert above.cycles == [None, 1]
        with pytest.raises(LookupError):
            await session.inspect(("d", "nothing"))


async def test_a_branch_is_compared_with_what_it_came_from() -> None:
    async with Session() as session:
        await session.execute("x = 1; d = {'a': [1, 2]}; gone = 1\ndef f():\n    return 1")
        other = await session.branch()
        assert not (await session.compare(other)).changed
        await other.execute("x = 2; d['a'][1] = 5; del gone; new = 1\ndef f():\n    return 2")
        found = await session.compare(other)
        assert (found.only_left, found.only_right, found.equal) == (["gone"], ["new"], [])
        assert [place.path for place in found.changed["d"].places] == [("d", "a", 1)]
        assert "+    return 2" in found.changed["f"].details
        assert found.bytes_moved < 20_000
        await other.close()


async def test_a_checkpoint_is_compared_with_the_present() -> None:
    async with Session() as session:
        await session.execute("x = 1; y = 2")
        point = await session.checkpoint()
        await session.execute("x = 3")
        found = await session.compare(point)
        assert list(found.changed) == ["x"]
        assert (found.changed["x"].left, found.changed["x"].right) == ("3", "1")


async def test_a_checkpoint_on_disk_is_compared_and_taken_from() -> None:
    async with Session() as session:
        await session.execute(
            "import math\nclass P:\n    def __init__(self, n): self.n = n\n"
            "p, q, d, kept, gone = P(1), P(2), {'a': [1, 2]}, math.pi, (n for n in [1])"
        )
        point = await session.checkpoint(durable=True)
        await session.execute("p.n = 5; d['a'][1] = 7; new = 1; gone = 3")
        on_disk = replace(point, has_image=False)
        found = await session.compare(on_disk)
        assert (found.only_left, found.only_right) == (["new"], [])
        assert {"q", "kept", "P", "math"} <= set(found.equal)
        assert {
            place.expression for name in ("p", "d") for place in found.changed[name].places
        } == {
            "p.n",
            "d['a'][1]",
        }
        assert "could not be loaded" in found.unknown["gone"]
        await session.take(["d"], session.at(on_disk))
        assert (await session.execute("d, p.n, gone")).value == "({'a': [1, 2]}, 5, 3)"


async def test_user_code_is_run_aside() -> None:
    async with Session() as session:
        await session.execute(
            "n = 0\nclass C:\n    def __repr__(self):\n"
            "        global n; n += 1; return 'C!'\nc = C()"
        )
        assert await session.peek("c") == "C!"
        assert await session.peek("n") == "0"
        with pytest.raises(LookupError, match="ZeroDivisionError"):
            await session.peek("1 / 0")
        with pytest.raises(WorkerDied, match=r"longer than 0\.2 s"):
            await session.peek("exec('while True: pass')", timeout_ms=200)
        with pytest.raises(WorkerDied, match="has died"):
            await session.peek("__import__('os')._exit(1)")
        assert (await session.execute("n")).value == "0"


def asyncio_timeout(seconds: float) -> _Timeout:
    return _Timeout(seconds)


class _Timeout:
    """asyncio.timeout for 3.10."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    async def __aenter__(self) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._handle = asyncio.get_running_loop().call_later(self._seconds, task.cancel)

    async def __aexit__(self, *_: object) -> None:
        self._handle.cancel()


async def test_checkpoints_of_several_sessions_are_compared_where_they_are() -> None:
    async with Session() as session:
        await session.execute("x = 1; y = [1]")
        first = await session.checkpoint()
        await session.execute("x = 2")
        second = await session.checkpoint()
        other = await session.branch()
        await other.execute("y.append(2)")
        there = await other.checkpoint()
        await other.execute("y = 0")
        assert list((await session.at(first).compare(session.at(second))).changed) == ["x"]
        assert list((await session.at(first).compare(other.at(there))).changed) == ["x", "y"]
        assert list((await session.compare(other.at(there))).changed) == ["y"]
        assert [info.id for info in await list_sessions()] == [session.id, other.id]
        await other.close()


async def test_variables_are_taken_from_another_session_with_what_they_share() -> None:
    async with Session() as session:
        other = await session.branch()
        await other.execute(
            "a = [1, 2]; b = {'a': a}; scale = 3\ndef f(n):\n    return n * scale\nclass C: pass\n"
            "c = C(); point = 7"
        )
        before = await other.checkpoint()
        await other.execute("point = 8")
        await session.execute("scale = 10; a = 'mine'")
        report = await session.take(["a", "b", "f", "c"], other)
        assert set(report.verdicts) == {"a", "b", "f", "c"}
        assert not {"missing"} & set(report.verdicts.values()), report
        assert (await session.execute("a.append(3); b['a'], f(2)")).value == "([1, 2, 3], 20)"
        assert (await other.execute("a")).value == "[1, 2]"
        await session.take(["point"], other.at(before))
        assert (await session.execute("point")).value == "7"
        with pytest.raises(LookupError, match="nothing_such"):
            await session.take(["nothing_such"], other)
        await other.close()

"""What becomes of a run's changes, by policy and by how the run ends."""

from __future__ import annotations

import asyncio

import pytest

from pyrepl_tui import Session, SessionState, TransactionError
from tests.support.waiting import eventually

from .running import ok, run, value

SETUP = (
    "import os, sys, json\n"
    "x = [1]; y = x; f = open('data', 'w+'); f.write('abcdef'); f.flush(); f.seek(1)"
)
CHANGES = (
    "print('said'); x.append(2); z = 3; json.touched = True; os.chdir('/')\n"
    "os.environ['NEW'] = '1'; sys.path.append('nowhere'); f.read(2)\n"
)
LOOK = (
    "x, y is x, 'z' in globals(), hasattr(json, 'touched'), os.getcwd() == '/', "
    "'NEW' in os.environ, 'nowhere' in sys.path, f.tell()"
)
BEFORE = "([1], True, False, False, False, False, False, 1)"
AFTER = "([1, 2], True, True, True, True, True, True, 3)"

ENDS = {
    "success": ("", {}, "ok"),
    "exception": ("1 / 0", {}, "error"),
    "timeout": ("while True: pass", {"timeout_ms": 300}, "timeout"),
    "exit": ("os._exit(3)", {}, "crashed"),
    "segfault": ("import ctypes; ctypes.string_at(0)", {}, "crashed"),
}
GUARDED = ("rollback_on_failure", "commit_on_success")


@pytest.mark.parametrize("policy", GUARDED)
@pytest.mark.parametrize(("end", "options", "status"), ENDS.values(), ids=ENDS)
async def test_guarded(
    session: Session, policy: str, end: str, options: dict[str, int], status: str
) -> None:
    await ok(session, SETUP)
    result = await run(session, CHANGES + end, policy=policy, **options)
    failed = status != "ok"
    assert (result.status, result.rolled_back, result.isolation) == (status, failed, "image")
    assert result.stdout.startswith("said\n")
    assert result.unrestored == []
    assert await value(session, LOOK) == (BEFORE if failed else AFTER)
    assert session.output().startswith(b"said\n")


@pytest.mark.parametrize("policy", GUARDED)
async def test_guarded_and_interrupted(session: Session, policy: str) -> None:
    await ok(session, SETUP)
    operation = session.run(CHANGES + "input()", policy=policy, on_input="ask")
    await eventually(lambda: session.inputs)
    await session.interrupt()
    result = await operation
    assert (result.status, result.rolled_back) == ("interrupted", True)
    assert await value(session, LOOK) == BEFORE


@pytest.mark.parametrize(("end", "options", "status"), list(ENDS.values())[:3], ids=list(ENDS)[:3])
async def test_commit_always_keeps_what_was_done(
    session: Session, end: str, options: dict[str, int], status: str
) -> None:
    await ok(session, SETUP)
    result = await run(session, CHANGES + end, **options)
    assert (result.status, result.rolled_back, result.isolation) == (status, False, "none")
    assert await value(session, LOOK) == AFTER


@pytest.mark.parametrize(("policy", "seen"), [("rollback_on_failure", ["x", "z"]),
                                              ("commit_on_success", ["x"])])  # fmt: skip
async def test_what_readers_see_meanwhile(session: Session, policy: str, seen: list[str]) -> None:
    await ok(session, "x = 1")
    operation = session.run("z = 2\ninput()", policy=policy, on_input="ask")
    await eventually(lambda: session.inputs)
    assert [each.name for each in await session.namespace()] == seen
    await session.answer(session.inputs[0], "")
    assert (await operation).status == "ok"
    assert [each.name for each in await session.namespace()] == ["x", "z"]


async def test_values_are_those_from_before_until_a_run_commits(session: Session) -> None:
    await ok(session, "x = [1, 2]")
    code = "x.append(30); z = 2\ninput()"
    operation = session.run(code, policy="commit_on_success", on_input="ask")
    await eventually(lambda: session.inputs)
    assert (await session.inspect("x")).total == 2
    assert (await session.sketch("x")).count == 2
    assert "x" in (sizes := await session.deep_sizes())
    assert "z" not in sizes
    with pytest.raises(LookupError):
        await session.inspect("z")
    await session.answer(session.inputs[0], "")
    await operation
    assert (await session.inspect("x")).total == 3


async def test_runs_behind_a_failed_one_meet_the_state_before(session: Session) -> None:
    await ok(session, "x = 'before'")
    failing = session.run("x = 'spoilt'\n1 / 0", policy="rollback_on_failure")
    behind = [session.run("x") for _ in range(3)]
    assert (await failing).rolled_back
    assert [(await each).value for each in behind] == ["'before'"] * 3


@pytest.mark.parametrize(("end", "options", "status"), ENDS.values(), ids=ENDS)
async def test_explicit_rolled_back(
    session: Session, end: str, options: dict[str, int], status: str
) -> None:
    await ok(session, SETUP)
    await ok(session, "x.append('joined'); w = 0", policy="explicit")
    assert session.state is SessionState.PENDING
    result = await run(session, CHANGES + end, policy="explicit", **options)
    assert (result.status, result.rolled_back) == (status, False)
    report = await session.rollback()
    assert set(report.verdicts.values()) == {"exact"}
    assert str(session.state) == "idle"
    assert await value(session, LOOK) == BEFORE
    assert await value(session, "'w' in globals()") == "False"


async def test_explicit_committed(session: Session) -> None:
    await session.begin()
    await ok(session, "x = 1")
    other = await Session.attach(session.id)
    assert other.state is SessionState.PENDING
    await other.detach()
    await session.commit()
    assert (session.state, await value(session, "x")) == (SessionState.IDLE, "1")
    with pytest.raises(TransactionError, match="no transaction"):
        await session.rollback()


async def test_transactions_that_are_not_open_or_are(session: Session) -> None:
    for method in (session.commit, session.rollback):
        with pytest.raises(TransactionError, match="no transaction"):
            await method()
    await session.begin()
    with pytest.raises(TransactionError, match="already"):
        await session.begin()


async def test_a_restore_within_a_transaction_leaves_it_pending(session: Session) -> None:
    await ok(session, "x = 0")
    await session.begin()
    await ok(session, "x = 1")
    within = await session.checkpoint()
    await ok(session, "x = 2")
    await session.restore(within)
    assert (await value(session, "x"), session.state) == ("1", SessionState.PENDING)
    async with await session.branch() as other:
        assert (await value(other, "x"), other.state) == ("1", SessionState.IDLE)
        with pytest.raises(TransactionError, match="no transaction"):
            await other.rollback()
    await session.rollback()
    assert (await value(session, "x"), session.state) == ("0", SessionState.IDLE)


async def test_a_transaction_that_is_over_does_not_come_back(session: Session) -> None:
    """A checkpoint taken in its midst would bring back one that nothing can roll back."""
    await session.begin()
    await ok(session, "x = 1")
    within = await session.checkpoint()
    await session.commit()
    await session.restore(within)
    assert (await value(session, "x"), session.state) == ("1", SessionState.IDLE)
    await session.begin()
    await ok(session, "x = 2")
    await session.rollback()
    assert await value(session, "x") == "1"


async def test_where_an_image_is_refused_a_snapshot_serves(session: Session) -> None:
    await ok(session, "import sys, types; sys.modules['cupy'] = types.ModuleType('cupy')")
    await ok(session, "x = [1]; y = x")
    result = await run(session, "x.append(2); z = 1\n1 / 0", policy="rollback_on_failure")
    assert (result.rolled_back, result.isolation) == (True, "deep")
    assert any("CUDA" in each for each in result.unrestored)
    assert await value(session, "x, y is x, 'z' in globals()") == "([1], True, False)"


async def test_what_a_snapshot_cannot_copy_is_named(session: Session) -> None:
    await ok(session, "import sys, types; sys.modules['cupy'] = types.ModuleType('cupy')")
    await ok(session, "g = iter(lambda: 1, 2); h = (n for n in 'abc'); x = [1]")
    result = await run(session, "next(h); x.append(2); del g\n1 / 0", policy="rollback_on_failure")
    assert (result.rolled_back, result.isolation) == (True, "shallow")
    assert any(each.startswith("h:") for each in result.unrestored)
    assert await value(session, "x, 'g' in globals()") == "([1], True)"
    await session.begin()
    await ok(session, "x.append(5)")
    report = await session.rollback()
    assert (report.form, await value(session, "x")) == ("shallow", "[1]")


async def test_the_policy_of_the_session(nest: object, session: Session) -> None:
    del nest
    session._policy = type(session._policy)("rollback_on_failure")
    await ok(session, "x = 1")
    assert (await run(session, "x = 2\n1 / 0")).rolled_back
    assert await value(session, "x") == "1"


async def test_rollbacks_one_after_the_other(session: Session) -> None:
    await ok(session, "n = 0")
    for number in range(5):
        result = await run(session, f"n = {number}\n1 / 0", policy="rollback_on_failure")
        assert result.rolled_back
        await ok(session, "n += 1")
    assert await value(session, "n") == "5"

    async def images() -> int:
        return [each.role for each in await session.processes()].count("image")

    while await images():
        await asyncio.sleep(0)

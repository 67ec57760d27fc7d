"""The repr of a last expression, whatever it does."""

from __future__ import annotations

from pyrepl_tui import Session

from .running import error, first_output, ok, result_of, run, value


def with_repr(body: str) -> str:
    return f"class C:\n    def __repr__(self):\n        {body}\nC()"


async def test_a_repr_that_raises(session: Session) -> None:
    found = await error(session, with_repr("raise ValueError('no text')"))
    assert (found.name, found.message) == ("ValueError", "no text")
    assert "in __repr__" in found.traceback
    assert await value(session, "type(_).__name__") == "'C'"


async def test_a_repr_that_is_no_text(session: Session) -> None:
    assert (await error(session, with_repr("return 3"))).name == "TypeError"


async def test_a_repr_that_prints(session: Session) -> None:
    result = await ok(session, with_repr("print('seen'); return 'C!'"))
    assert (result.stdout, result.value) == ("seen\n", "C!")


async def test_a_repr_that_leaves(session: Session) -> None:
    assert (await error(session, with_repr("raise SystemExit(3)"))).exit_code == 3
    assert (await run(session, with_repr("raise KeyboardInterrupt"))).status == "interrupted"


async def test_a_repr_that_never_returns_is_interruptible(session: Session) -> None:
    code = with_repr("print('go', flush=True)\n        while True: pass")
    operation = session.run(code)
    await first_output(operation)
    await session.interrupt()
    assert (await result_of(operation)).status == "interrupted"
    assert await value(session, "6 * 7") == "42"


async def test_a_repr_within_the_time_of_its_run(session: Session) -> None:
    result = await run(session, with_repr("while True: pass"), timeout_ms=50)
    assert result.status == "timeout"


async def test_a_repr_of_100_mb_is_cut(session: Session) -> None:
    result = await ok(session, "'x' * 100_000_000")
    assert result.truncated
    assert result.value is not None
    assert len(result.value) <= 1 << 20
    assert result.value.startswith("'xxx")
    result = await ok(session, "'short'")
    assert (result.value, result.truncated) == ("'short'", False)


async def test_a_repr_of_a_str_subclass(session: Session) -> None:
    code = (
        "class S(str):\n"
        "    def __len__(self): return 1 << 60\n"
        "    def __getitem__(self, i): return 1/0\n"
        "    def __str__(self): return 1/0\n"
        "    def encode(self, *a): return 1/0\n"
    )
    result = await ok(session, code + with_repr("return S('plain')"))
    assert (result.value, result.truncated) == ("plain", False)


async def test_reprs_that_are_hard_to_encode(session: Session) -> None:
    assert await value(session, with_repr("return '\\ud800é\\0'")) == "\ud800é\0"
    assert await value(session, "'\\ud800'") == "'\\ud800'"


async def test_a_repr_that_recurses_without_end(session: Session) -> None:
    assert (await error(session, with_repr("return repr(self)"))).name == "RecursionError"
    assert await value(session, "a = []; a.append(a); a") == "[[...]]"


async def test_a_value_whose_truth_and_equality_raise(session: Session) -> None:
    code = (
        "class Odd:\n"
        "    def __bool__(self): return 1/0\n"
        "    def __eq__(self, other): return 1/0\n"
        "    __hash__ = None\n"
        "    def __getattribute__(self, name): return 1/0\n"
        "    def __repr__(self): return 'odd'\n"
        "Odd()"
    )
    assert await value(session, code) == "odd"
    assert await value(session, "_") == "odd"
    assert await value(session, "type(__).__name__, type(_).__name__") == "('Odd', 'Odd')"


async def test_a_metaclass_that_raises(session: Session) -> None:
    code = (
        "class Meta(type):\n"
        "    def __repr__(cls): raise OSError('no')\n"
        "    def __instancecheck__(cls, x): raise OSError('no')\n"
        "class C(metaclass=Meta): pass\n"
        "C"
    )
    assert (await error(session, code)).name == "OSError"
    assert await value(session, "1") == "1"

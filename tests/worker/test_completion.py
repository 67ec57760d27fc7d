"""Completion, signatures and documentation, over the live namespace of each CPython."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from pyrepl_tui import Session
from tests.support.waiting import eventually
from tests.worker.conftest import Nest
from tests.worker.running import ok, result_of, soon

TOLD = 0.3
"""Seconds within which an answer must be there; on a machine this busy, three times that."""


async def labels(session: Session, code: str) -> list[str]:
    found = await soon(session.complete(code, len(code)))
    return [item.label for item in found.items]


async def first(session: Session, code: str) -> str:
    found = await soon(session.complete(code, len(code)))
    item = found.items[0]
    return code[: found.start] + item.text + code[found.end :]


SETUP = """
class Base:
    __slots__ = ()
    inherited = 1
class Thing(Base):
    "A thing."
    __slots__ = ("held", "__dict__")
    kind: str = "x"
    def __init__(self, size: int, *, colour: str = "red"):
        self.size = size
        self.held = [1]
    @property
    def twin(self) -> "Thing":
        raise RuntimeError("a property ran in the session")
    @property
    def plain(self):
        marks.append(1)
        return {"inner": 1}
    def go(self, far: float) -> str:
        "Go there."
marks = []
thing = Thing(1)
table = {"alpha": 1, "be'ta": Thing(2), 'ga"mma': 3, 4: 5}
def function(x, y=3, *args, zoom: float = 1.0, **rest): "Doc of it."
"""


async def test_names_builtins_keywords(session: Session) -> None:
    await ok(session, "frobnicate = 1; _private = 2")
    assert (await labels(session, "frob"))[0] == "frobnicate"
    assert (await labels(session, "prin"))[0] == "print"
    assert (await labels(session, "lamb"))[0] == "lambda"
    assert "_private" not in await labels(session, "pri")
    assert (await labels(session, "_pri"))[0] == "_private"


async def test_attributes_of_an_object_its_classes_and_slots(session: Session) -> None:
    await ok(session, SETUP)
    found = await labels(session, "thing.")
    assert {"size", "held", "twin", "go", "kind", "inherited"} <= set(found)
    assert await first(session, "thing.si") == "thing.size"
    assert "append" in await labels(session, "thing.held.")
    assert "upper" in await labels(session, "thing.go(1).")
    assert "go" in await labels(session, "Thing(1).twin.")
    assert await labels(session, "nothing.at_all.") == []


async def test_user_code_runs_in_a_twin_and_never_here(session: Session) -> None:
    await ok(session, SETUP)
    assert "go" in await labels(session, "thing.twin."), "its annotation says so"
    assert "items" in await labels(session, "thing.plain.")
    assert (await ok(session, "marks")).value == "[]"


async def test_what_hostile_classes_say_is_not_believed_here(session: Session) -> None:
    code = """
ran = []
class Meta(type):
    def __getattribute__(cls, name): ran.append(name); return super().__getattribute__(name)
class Hostile(metaclass=Meta):
    def __getattribute__(self, name): ran.append(name); raise SystemExit
    def __dir__(self): import os; os._exit(3)
    def __eq__(self, other): ran.append("eq"); return True
    __hash__ = None
    def honest(self): pass
hostile = Hostile()
ran.clear()
"""
    await ok(session, code)
    assert "honest" in await labels(session, "hostile.")
    assert "honest" in await labels(session, "Hostile.")
    await soon(session.explain("hostile"))
    await soon(session.call_help("hostile(", 8))
    assert (await ok(session, "ran")).value == "[]"


async def test_keys_of_dicts_with_their_quotes(session: Session) -> None:
    await ok(session, SETUP)
    assert await labels(session, 'table["') == ["alpha", "be'ta", 'ga"mma']
    assert await first(session, "table['al") == "table['alpha'"
    assert await first(session, "table['be") == "table['be\\'ta'"
    assert await first(session, 'table["ga') == 'table["ga\\"mma"'
    assert "go" in await labels(session, 'table["be\'ta"].')
    found = await soon(session.complete('table["al"]', 9))
    assert found.end == 10, "the quote that closes it is replaced too"
    assert "HOME" in await labels(session, "import os\nos.environ['")


async def test_names_bound_by_code_that_has_not_run(session: Session) -> None:
    await ok(session, SETUP)
    assert "local_name" in await labels(session, "local_name = 1\nlocal_")
    assert "go" in await labels(session, "item = Thing(2)\nitem.")
    assert "Decimal" in await labels(session, "import decimal\ndecimal.")


async def test_members_of_modules_that_are_not_imported(session: Session, work: Path) -> None:
    (work / "colorsys.py").write_text(
        "open('ran', 'w')\ntry:\n    from fast import hue\nexcept ImportError:\n    def hue(): ..."
    )
    (work / "mine.py").write_text("open('ran', 'w')\nif True:\n    shade = 1\n")
    assert "accumulate" in await labels(session, "import itertools as it\nit.")
    assert "shade" in await labels(session, "import mine\nmine.")
    assert "hue" in await labels(session, "import colorsys\ncolorsys."), "its own, not Python's"
    await ok(session, "import sys")
    assert (await ok(session, "'wave' in sys.modules")).value == "False"
    assert "open" in await labels(session, "import wave\nwave.")
    assert (await ok(session, "'wave' in sys.modules")).value == "False", "it was a twin's"
    assert not (work / "ran").exists(), "a user's module is read, not run"


async def test_arguments_that_are_not_given_yet(session: Session) -> None:
    await ok(session, SETUP)
    found = await labels(session, "function(1, zoom=2, ")
    assert "y=" in found
    assert "zoom=" not in found
    assert await first(session, "Thing(col") == "Thing(colour="


async def test_modules_and_what_they_define(session: Session, work: Path) -> None:
    (work / "my_package").mkdir()
    (work / "my_package" / "__init__.py").write_text("raise SystemExit\ndef listed(): pass\n")
    (work / "my_package" / "inner.py").touch()
    assert await first(session, "import my_pa") == "import my_package"
    assert await labels(session, "import my_package.") == ["inner"]
    assert set(await labels(session, "from my_package import ")) == {"inner", "listed"}
    assert (await labels(session, "from os import getcw"))[0] == "getcwd"
    assert (await ok(session, "import sys; 'my_package' in sys.modules")).value == "False"


async def test_files_are_looked_for_where_the_code_is(session: Session, work: Path) -> None:
    (work / "below").mkdir()
    (work / "below" / "data.csv").touch()
    assert await first(session, "open('bel") == "open('below/"
    await ok(session, "import os; os.chdir('below')")
    assert await labels(session, "open('da") == ["data.csv"]


async def test_signature_and_the_parameter_at_the_cursor(session: Session) -> None:
    await ok(session, SETUP)
    code = "function(1, zoom="
    help_ = await soon(session.call_help(code, len(code)))
    assert help_ is not None
    assert help_.explanation.signature.startswith("function(x, y=3, *args, zoom")
    assert help_.active == 3
    other = await soon(session.call_help("Thing(", 6))
    assert other is not None
    assert [each.name for each in other.explanation.parameters or ()] == ["size", "*", "colour"]
    assert await soon(session.call_help("1 + (", 5)) is None


async def test_documentation_and_source(session: Session) -> None:
    await ok(session, SETUP)
    found = await soon(session.explain("x = thing.go(1)", 10, source=True))
    assert found is not None
    assert (found.subject, found.doc) == ("thing.go", "Go there.")
    assert "def go(self, far: float) -> str:" in found.source
    builtin = await soon(session.explain("len"))
    assert builtin is not None
    assert builtin.signature.startswith("len(obj")
    assert await soon(session.explain("no_such_name")) is None


@pytest.mark.parametrize("policy", ["commit_always", "commit_on_success"])
async def test_it_answers_while_code_runs(session: Session, policy: str) -> None:
    await ok(session, SETUP)
    operation = session.run("while True: pass", policy=policy)
    await eventually(lambda: session.running is not None)
    assert (await labels(session, "thin"))[0] == "thing"
    if policy == "commit_always":
        assert "go" in await labels(session, "thing.")
        assert await labels(session, "thing.plain.") == [], "no twin is forked of code that runs"
    await session.interrupt()
    await result_of(operation)


async def test_a_hundred_thousand_keys(session: Session) -> None:
    await ok(session, "large = {f'key{n}': n for n in range(100_000)}")
    for busy in (False, True):
        operation = session.run("while True: pass") if busy else None
        if operation is not None:
            await eventually(lambda: session.running is not None)
        begun = time.perf_counter()
        found = await soon(session.complete("large['key99", 12))
        assert time.perf_counter() - begun < 3 * TOLD
        assert found.more
        assert found.items[0].label == "key99"
        if operation is not None:
            await session.interrupt()
            await result_of(operation)


async def test_a_property_that_hangs_is_given_up(session: Session) -> None:
    code = "class A:\n    @property\n    def slow(self):\n        while True: pass\na = A()"
    await ok(session, code)
    begun = time.perf_counter()
    assert await labels(session, "a.slow.") == []
    assert time.perf_counter() - begun < 3 * TOLD
    assert (await ok(session, "1")).value == "1"


async def test_frames_and_arrays(nest: Nest, work: Path) -> None:
    async with nest.session(python=sys.executable, cwd=work) as session:
        await ok(session, "import numpy as np, pandas as pd")
        await ok(session, "df = pd.DataFrame({'alpha': [1], 'be ta': [2]}); s = df['alpha']")
        await ok(session, "rec = np.zeros(2, dtype=[('x', 'f4'), ('long', 'i4')])")
        assert await labels(session, 'df["') == ["alpha", "be ta"]
        assert await labels(session, 'df[["alpha", "') == ["alpha", "be ta"]
        assert (await labels(session, "df."))[0] == "alpha"
        assert "contains" in await labels(session, 'df["alpha"].str.')
        assert await labels(session, "rec['") == ["x", "long"]
        assert "reshape" in await labels(session, "rec.")
        assert (await labels(session, "np.lins"))[0] == "linspace"

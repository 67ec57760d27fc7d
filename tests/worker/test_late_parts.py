"""What a worker loads late: not before it is needed, and whatever user code has done by then."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from pyrepl_tui import Session
from pyrepl_tui.engine import interpreters
from tests.support.interpreters import Interpreter
from tests.support.waiting import eventually

from .conftest import Nest
from .running import ok, soon, value

ROOT = Path(__file__).parents[2]
HEAVY = ("asyncio", "csv", "dataclasses", "decimal", "hashlib", "logging", "pickle", "platform")
BREAKAGE = {
    "modules cleared": "import sys; sys.modules.clear()",
    "no way to import": "import sys; sys.meta_path.clear(); sys.path.clear()",
    "builtins rebound": "import builtins; builtins.__import__ = builtins.len = lambda *a, **k: 1/0",
    "builtins emptied": "import builtins; vars(builtins).clear()",
    "low recursion limit": "import sys; sys.setrecursionlimit(60)",
}


async def test_a_session_has_what_others_of_its_nursery_have_needed(
    nest: Nest, interpreter: Interpreter, work: Path
) -> None:
    """Not before that, and a file of the user's comes first nevertheless."""
    # what tracebacks need is there from the start: from 3.14 on that is more
    command = [interpreter.path, "-c", "import sys, traceback; print(sorted(sys.modules))"]
    bare = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    look = f"import sys; [name for name in {HEAVY} if name in sys.modules]"
    own = {"env": {"OF": "a nursery that nobody else uses"}, "python": interpreter.path}
    async with nest.session(**own, cwd=work) as session:
        loaded = str(await value(session, look))
        assert [name for name in HEAVY if f"'{name}'" in loaded and f"'{name}'" not in bare] == []
        await soon(session.archive_checkpoint(await soon(session.checkpoint())))
        await soon(session.namespace())

        async def is_known() -> bool:
            async with nest.session(**own, cwd=work) as another:
                return "'dataclasses'" in str(await value(another, look))

        await eventually(is_known, 30, step=0.2)  # the nursery learns when nobody asks for anything
        (work / "dataclasses.py").write_text("owner = 'user'\n")
        async with nest.session(**own, cwd=work) as another:
            assert await value(another, "import dataclasses; dataclasses.owner") == "'user'"
            assert await soon(another.namespace())


@pytest.mark.parametrize("code", BREAKAGE.values(), ids=BREAKAGE)
async def test_it_is_loaded_after_user_code_has_broken_the_interpreter(
    session: Session, code: str
) -> None:
    await ok(session, "kept = [1]")
    await ok(session, code)
    assert "kept" in {variable.name for variable in await soon(session.namespace())}
    found = await soon(session.complete("kep", 3))
    assert found.items[0].label == "kept"


async def test_it_meets_no_files_of_the_users(nest: Nest, python: str, work: Path) -> None:
    """Also none in a folder to which the session has moved; the user's own modules stay theirs."""
    (work / "far").mkdir()
    names = [*HEAVY, "ast", "_csv", "numbers"]
    for name in names:
        (work / "far" / f"{name}.py").write_text("owner = 'user'\n")
    env = {"OF": "a nursery in which no session has needed them"}
    async with nest.session(python=python, cwd=work, env=env) as session:
        await ok(session, "import os; os.chdir('far'); import csv; kept = [1]")
        point = await soon(session.checkpoint())
        saved = await soon(session.archive_checkpoint(point))
        assert saved.archive_verdicts is not None
        assert saved.archive_verdicts["exact"] > 0
        assert [v.name for v in await soon(session.namespace()) if v.name == "kept"]
        assert await value(session, "csv.owner") == "'user'"
        for name in ("pickle", "decimal", "platform"):
            assert await value(session, f"import {name}; {name}.owner") == "'user'"


async def test_its_modules_are_the_users_too(session: Session) -> None:
    """What was loaded for the worker is what user code gets: no class is there twice."""
    await ok(session, "kept = [1]")
    await soon(session.archive_checkpoint(await soon(session.checkpoint())))
    code = "import pickle, decimal, enum\nfrom decimal import Decimal\n"
    assert await value(session, code + "pickle.loads(pickle.dumps(Decimal(1))) == 1") == "True"


PROGRAM = """
import os, sys
home, site = sys.argv[1:]
loader = {"__name__": "guest"}
with open(home + "/pyrepl_worker/guest.py") as file:
    exec(compile(file.read(), "guest", "exec"), loader)
library = loader["Library"]([home, site])
library.import_compiled()
library.import_("pyrepl_worker.main")
library.keep()
library.seal()
for folder, _, names in os.walk(home):
    for name in names:
        with open(os.path.join(folder, name), "w") as file:
            file.write("raise SystemExit('another version')")
archive = library.import_("pyrepl_worker.archive", fromlist=("save",))
completion = library.import_("pyrepl_worker.completion", fromlist=("candidates",))
print(archive.save.__name__, completion.candidates.__name__)
print([name for name in sys.modules if "pyrepl" in name or "cloudpickle" in name])
"""


@pytest.mark.parametrize("compiled", [True, False])
def test_it_is_of_the_version_that_was_started(
    interpreter: Interpreter, tmp_path: Path, compiled: bool
) -> None:
    home = tmp_path / "home"
    shutil.copytree(
        ROOT / "worker", home, ignore=None if compiled else shutil.ignore_patterns("__pycache__")
    )
    site = interpreters.installation()[1][0]
    command = [interpreter.path, "-B", "-c", PROGRAM, str(home), site]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout == "save candidates\n[]\n", done.stderr


async def test_objects_of_the_nursery_are_immortal_where_that_is_known(
    nest: Nest, session: Session, interpreter: Interpreter
) -> None:
    count = int(str(await value(session, "import os, sys; sys.getrefcount(os.path.join)")))
    own = int(str(await value(session, "def f(): pass\nsys.getrefcount(f)")))
    assert (count > 1 << 31) is ((3, 12) <= interpreter.version[:2] <= (3, 15))
    assert own < 10

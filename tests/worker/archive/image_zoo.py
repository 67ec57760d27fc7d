"""The zoo again, this time through images: the objects are made, spoiled, restored and looked at.

``python -m tests.worker.archive.image_zoo [--python PATH] [topics …]`` prints the score. They
are restored twice from the same image: the first look uses the objects up, the second must find
them fresh.
"""

from __future__ import annotations

import argparse
import ast
import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from pyrepl_tui import CheckpointError, Session
from tests.worker.archive.zoo import Case, Result, cases, score
from tests.worker.archive.zoo_cases import TOPICS
from tests.worker.archive.zoo_keeper import rename

CHECK = """
def holds(check):
    try: return '' if eval(check, globals()) else 'it differs'
    except Exception as error: return f'{type(error).__name__}: {error}'
"""


OUTSIDE = ("file_append", "tempdir")
"""Cases whose state is on the disk: what is done to it there stays."""
OTHERWISE = ("lru_cache",)
"""Cases whose checks say how an archive differs: an image keeps what a cache has in it."""
SPOIL = f"""
for name in [n for n in globals() if n[:2] == 'z_' and n[2:] not in {OUTSIDE}]:
    del globals()[name]
"""


@asynccontextmanager
async def own_session(python: str) -> AsyncIterator[Session]:
    """A session in folders of its own."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        env = {**os.environ, "HOME": folder, "XDG_RUNTIME_DIR": folder}
        kept = os.environ.get("XDG_RUNTIME_DIR")
        os.environ["XDG_RUNTIME_DIR"] = folder
        try:
            async with Session(python=python, cwd=folder, env=env, state_dir=Path(folder)) as one:
                yield one
        finally:
            if kept is None:
                del os.environ["XDG_RUNTIME_DIR"]
            else:
                os.environ["XDG_RUNTIME_DIR"] = kept


async def run(session: Session, topics: list[str]) -> tuple[list[Result], list[str]]:
    """Send the cases through an image. Returns results, and names not to be had here."""
    made: list[Case] = []
    absent: list[str] = []
    for case in cases(topics):
        result = await session.execute(rename(case.setup, case.variable))
        if result.status == "ok":
            made.append(case)
        else:
            absent.append(f"{case.name} ({result.error.message if result.error else result.death})")
    await session.execute(CHECK)
    point = await session.checkpoint()
    results: dict[str, Result] = {}
    for look in range(2):
        await session.execute(SPOIL)
        try:
            report = await session.restore(point, form="image")
        except CheckpointError as error:
            return [Result(c.name, "missing", str(error), True) for c in made], absent
        for case in made:
            if look and case.name in OUTSIDE:
                continue
            verdict = report.verdicts.get(case.variable, "missing")
            fault = "" if case.name in OTHERWISE else await faults(session, case)
            known = results.get(case.name)
            if known is None or known.holds:
                results[case.name] = Result(case.name, verdict, fault, not fault)
    return list(results.values()), absent


async def faults(session: Session, case: Case) -> str:
    """What is not as it was; "": nothing."""
    for check in case.checks:
        result = await session.execute(f"holds({rename(check, case.variable)!r})")
        found = ast.literal_eval(result.value or "'no answer'")
        if found:
            return f"{check}: {found}"
    return ""


async def run_all(python: str, topics: list[str]) -> tuple[list[Result], list[str]]:
    """The results of these topics in a session of their own, and names not to be had here."""
    async with own_session(python) as session:
        return await run(session, topics)


def main() -> int:
    """Print every case that is not exact, and the score."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("topics", nargs="*", help=", ".join(TOPICS))
    parser.add_argument("--python", default=sys.executable)
    options = parser.parse_args()
    results, absent = asyncio.run(run_all(options.python, options.topics or list(TOPICS)))
    for result in results:
        if result.verdict != "exact" or not result.holds:
            mark = "WRONG " if result.silently_wrong else ""
            print(f"{result.name:28} {mark}{result.verdict:8} {result.reason[:150]}")
    if absent:
        print("not here:", ", ".join(absent))
    print("images:", score(results))
    return any(result.silently_wrong for result in results)


if __name__ == "__main__":
    sys.exit(main())

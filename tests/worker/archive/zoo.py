"""The zoo: objects of many kinds go through an archive and are looked at in another process.

``python -m tests.worker.archive.zoo [--python PATH] [topics …]`` prints the score. What counts is
the last number: objects that are called exact or equal and are not.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from tests.worker.archive.zoo_cases import TOPICS

ROOT = Path(__file__).resolve().parents[3]
KEEPER = Path(__file__).with_name("zoo_keeper.py")
SITE = Path(json.__file__).parents[1]


@dataclass(frozen=True)
class Case:
    """One kind of object."""

    name: str
    setup: str
    checks: tuple[str, ...]

    @property
    def variable(self) -> str:
        """What `V` is called in the session."""
        return f"z_{self.name}"


@dataclass(frozen=True)
class Result:
    """What became of it."""

    name: str
    verdict: str
    reason: str
    holds: bool
    """Whether all that was checked is as it was."""

    @property
    def silently_wrong(self) -> bool:
        """Called faithful, and is not."""
        return self.verdict in ("exact", "equal") and not self.holds


def cases(topics: list[str]) -> list[Case]:
    """The cases of these topics."""
    found = []
    for topic in topics:
        for block in TOPICS[topic].split("\n== ")[1:]:
            name, _, body = block.partition("\n")
            lines = body.rstrip("\n").split("\n")
            checks = tuple(line[2:] for line in lines if line.startswith("? "))
            setup = "\n".join(line for line in lines if not line.startswith("? "))
            found.append(Case(name.strip(), setup, checks))
    return found


def run(python: str, topics: list[str]) -> tuple[list[Result], list[str]]:
    """Send the cases through an archive. Returns results, and names that cannot be made here."""
    import cloudpickle

    site = str(Path(cloudpickle.__file__).parents[1])
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        plan = [[case.variable, case.setup, list(case.checks)] for case in cases(topics)]
        (Path(folder) / "plan.json").write_text(json.dumps(plan))
        for role in ("save", "load"):
            done = subprocess.run(
                [python, KEEPER, role, folder, str(ROOT / "worker"), site],
                capture_output=True,
                text=True,
                check=False,
                cwd=folder,
            )
            if done.returncode != 0:
                raise RuntimeError(f"{role}: {done.stdout[-2000:]}\n{done.stderr[-4000:]}")
        answer = json.loads((Path(folder) / "answer.json").read_text())
    results = [Result(*each) for each in answer["results"]]
    return results, answer["absent"]


def score(results: list[Result]) -> str:
    """The line that counts."""
    count = Counter(result.verdict for result in results)
    wrong = sum(result.silently_wrong for result in results)
    parts = [f"{count[v]} {v}" for v in ("exact", "equal", "rebuilt", "rerun", "missing")]
    return f"{len(results)} kinds: {', '.join(parts)}, {wrong} silently wrong"


def main() -> int:
    """Print every case that is not faithful, and the score."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("topics", nargs="*", help=", ".join(TOPICS))
    parser.add_argument("--python", default=sys.executable)
    options = parser.parse_args()
    results, absent = run(options.python, options.topics or list(TOPICS))
    for result in results:
        if result.verdict != "exact" or not result.holds:
            mark = "WRONG " if result.silently_wrong else "" if result.holds else "(differs) "
            print(f"{result.name:28} {mark}{result.verdict:8} {result.reason[:150]}")
    if absent:
        print("not here:", ", ".join(absent))
    print(score(results))
    return any(result.silently_wrong for result in results)


if __name__ == "__main__":
    sys.exit(main())

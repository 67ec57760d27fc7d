"""What people use today to keep the state of a session: Kishu, dill, cloudpickle; and a bare fork.

``checkpoints.py kishu|plain FOLDER SETUP CHANGE TIMES`` prints one line of JSON: seconds that a
session is held up by a checkpoint after a change, and that going back takes.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any


def timed(work: Callable[[], Any]) -> float:
    """Seconds that something takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def kishu(folder: Path, setup: str, change: str, times: int) -> dict[str, float]:
    """A commit after each cell, and a checkout of the one before the last change."""
    os.environ["ENV_KISHU_TEST_MODE"] = "1"  # commits are numbered
    os.environ["HOME"] = str(folder)
    from IPython.core.interactiveshell import InteractiveShell
    from kishu.jupyterint import KishuForJupyter
    from kishu.notebook_id import NotebookId

    path = folder / "notebook.ipynb"
    empty = {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(empty))
    shell = InteractiveShell.instance()
    kept = KishuForJupyter(NotebookId("bench", path, "none"), ip=shell)
    kept.set_session_id(1)
    kept.save_notebook = lambda: None  # there is no browser to ask for it
    kept.install_kishu_hooks()
    shell.run_cell(setup).raise_error()
    spent = [timed(lambda: shell.run_cell(change).raise_error()) for _ in range(times)]
    before = f"1:0:{times}"
    back = timed(lambda: kept.checkout(before, skip_notebook=True))
    return {"kishu": statistics.median(spent), "kishu checkout": back}


def plain(folder: Path, setup: str, change: str, times: int) -> dict[str, float]:
    """The whole namespace, each time, and read back."""
    import cloudpickle
    import dill

    module = types.ModuleType("session")
    sys.modules["session"] = module
    names = vars(module)
    private = {*names, "__builtins__"}
    exec(compile(setup, "<setup>", "exec"), names)
    path = str(folder / "dump")

    def dump() -> None:
        values = {k: v for k, v in names.items() if k not in private}
        with open(path, "wb") as file:
            cloudpickle.dump(values, file, protocol=5)

    def load() -> None:
        with open(path, "rb") as file:
            cloudpickle.load(file)

    found: dict[str, list[float]] = {"dill": [], "cloudpickle": [], "load": [], "fork": []}
    for _ in range(times):
        exec(compile(change, "<change>", "exec"), names)
        found["cloudpickle"].append(timed(dump))
        found["load"].append(timed(load))
        found["dill"].append(timed(lambda: dill.dump_module(path, module=module)))
        found["fork"].append(timed(fork))
    return {name: statistics.median(values) for name, values in found.items()}


def fork() -> None:
    """A fork whose child does nothing."""
    if os.fork() == 0:
        os._exit(0)


if __name__ == "__main__":
    role, where, setup_code, change_code, count = sys.argv[1:]
    out, sys.stdout = sys.stdout, sys.stderr
    answer = {"kishu": kishu, "plain": plain}[role](
        Path(where), setup_code, change_code, int(count)
    )
    print(json.dumps(answer), file=out, flush=True)
    os._exit(0)

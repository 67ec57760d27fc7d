"""Runs where the objects are tried: ``save`` in one process, ``load`` in the next."""

from __future__ import annotations

import json
import linecache
import os
import sys
import types
from typing import Any


def session() -> dict[str, Any]:
    """A real __main__ for the objects to live in."""
    module = types.ModuleType("__main__")
    sys.modules["__main__"] = module
    return vars(module)


def save(folder: str) -> None:
    from pyrepl_worker.archive import SaveContext, Store
    from pyrepl_worker.archive import save as archive

    with open(f"{folder}/plan.json") as file:
        plan = json.load(file)
    namespace = session()
    made, absent = [], []
    for number, (variable, setup, _) in enumerate(plan, 1):
        code = rename(setup, variable)
        name = f"<cell {number}>"
        linecache.cache[name] = (len(code), None, [s + "\n" for s in code.split("\n")], name)
        try:
            exec(compile(code, name, "exec", dont_inherit=True), namespace)
        except Exception as error:
            absent.append(f"{variable[2:]} ({error})")
        else:
            made.append(variable)
    namespace.pop("e", None)
    context = SaveContext(
        checkpoint="zoo", session="zoo", cwd=os.getcwd(), environ=dict(os.environ),
        sys_path=list(sys.path), execution_count=len(plan),
        hidden=frozenset({"__builtins__", "__name__", "__doc__", "__loader__", "__spec__",
                          "__package__"}), group_seconds=30,
    )  # fmt: skip
    archive(namespace, context, Store(f"{folder}/archives"))
    with open(f"{folder}/made.json", "w") as file:
        json.dump([made, absent], file)
    os._exit(0)


def rename(text: str, variable: str) -> str:
    """Give a case's names their own: ``V`` and everything that ends in ``_V``."""
    import re

    return re.sub(r"(?<![A-Za-z0-9])(\w*_)?V\b", lambda m: (m[1] or "") + variable, text)


def load(folder: str) -> None:
    from pyrepl_worker.archive import Store
    from pyrepl_worker.archive import load as restore

    with open(f"{folder}/plan.json") as file:
        plan = json.load(file)
    with open(f"{folder}/made.json") as file:
        made, absent = json.load(file)
    namespace = session()
    store = Store(f"{folder}/archives")
    report = restore(store.manifest("zoo"), store, namespace, trust=True)
    results = []
    for variable, _, checks in plan:
        if variable not in made:
            continue
        verdict = report.verdicts.get(variable, "unknown")
        reason = report.reasons.get(variable, "")
        holds = True
        for check in checks:
            try:
                holds = holds and bool(eval(rename(check, variable), namespace))
            except Exception as error:
                holds = False
                reason = reason or f"check: {type(error).__name__}: {error}"
        results.append([variable[2:], verdict, reason, holds])
    with open(f"{folder}/answer.json", "w") as file:
        json.dump({"results": results, "absent": absent}, file)
    os._exit(0)


if __name__ == "__main__":
    role, folder, worker, site = sys.argv[1:]
    sys.path.append(site)
    sys.path.insert(0, worker)
    {"save": save, "load": load}[role](folder)

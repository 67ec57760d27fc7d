"""A session in a process of its own: runs cells, archives or restores, answers questions.

Reads one JSON object from stdin, prints one. Run by `sessions.py`.
"""

from __future__ import annotations

import json
import linecache
import os
import sys
import types
from typing import Any


def fresh() -> dict[str, Any]:
    """The namespace of a real __main__."""
    module = types.ModuleType("__main__")
    sys.modules["__main__"] = module
    return vars(module)


def run(code: str, number: int, namespace: dict[str, Any]) -> None:
    """Run a cell as a worker does."""
    name = f"<cell {number}>"
    linecache.cache[name] = (len(code), None, [s + "\n" for s in code.split("\n")], name)
    exec(compile(code, name, "exec", dont_inherit=True), namespace)


def archive(order: dict[str, Any], namespace: dict[str, Any]) -> dict[str, Any]:
    """Run the cells and archive after each, or after the last."""
    from pyrepl_worker.archive import SaveContext, Store, describe, save

    hidden = frozenset(namespace) - {"__annotations__"}
    store = Store(order["folder"])
    told = []
    for number, code in enumerate(order["cells"], 1):
        run(code, number, namespace)
        if not order["each"] and number < len(order["cells"]):
            continue
        context = SaveContext(
            checkpoint=f"c{number}", session="test", cwd=os.getcwd(), environ=dict(os.environ),
            sys_path=list(sys.path), execution_count=number, hidden=hidden | {"__builtins__"},
            group_seconds=order["seconds"],
        )  # fmt: skip
        told.append(describe(save(namespace, context, store)))
    return {"archives": told}


def restore(order: dict[str, Any], namespace: dict[str, Any]) -> dict[str, Any]:
    """Load an archive, then ask."""
    from pyrepl_worker.archive import Store, load

    store = Store(order["folder"])
    manifest = store.manifest(order["checkpoint"])
    report = load(
        manifest, store, namespace, trust=order["trust"], allow_rerun=order["rerun"],
        group_seconds=order["seconds"],
    )  # fmt: skip
    answers = []
    for question in order["ask"]:
        try:
            answers.append(repr(eval(question, namespace)))
        except Exception as error:
            answers.append(f"{type(error).__name__}: {error}")
    return {
        "verdicts": report.verdicts,
        "reasons": report.reasons,
        "caveats": report.caveats,
        "answers": answers,
        "names": sorted(n for n in namespace if not n.startswith("__")),
    }


def main() -> None:
    """Do what stdin orders."""
    order = json.loads(sys.stdin.read())
    sys.path[:0] = order["path"]
    act = {"archive": archive, "restore": restore}[order["do"]]
    answer = act(order, fresh())
    os.write(1, ("\n" + json.dumps(answer) + "\n").encode())
    os._exit(0)


if __name__ == "__main__":
    main()

"""Archives and restores as the worker does: its packages where user code does not find them."""

from __future__ import annotations

import os
import sys
import types


def main() -> None:
    """``guest_program.py HOME SITE FOLDER``; runs in a folder full of hostile modules."""
    home, site, folder = sys.argv[1:]
    here = sys.path.pop(0)
    loader: dict[str, object] = {"__name__": "guest"}
    path = f"{home}/pyrepl_worker/guest.py"
    with open(path) as file:
        exec(compile(file.read(), path, "exec"), loader)
    kept = list(sys.path)
    sys.path[:] = loader["stdlib_path"](kept)  # type: ignore[operator]
    library = loader["Library"]([home, site])  # type: ignore[operator]
    library.import_compiled()
    archive = library.import_("pyrepl_worker.archive", fromlist=("save",))
    library.seal()
    sys.path[:] = [os.getcwd(), *kept]
    del here

    module = types.ModuleType("__main__")
    sys.modules["__main__"] = module
    exec(HOSTILE, vars(module))
    context = archive.SaveContext(
        "c1", "s", os.getcwd(), dict(os.environ), list(sys.path),
        hidden=frozenset({"__builtins__", "__name__", "__doc__"}),
    )  # fmt: skip
    store = archive.Store(folder)
    archive.save(vars(module), context, store)
    pid = os.fork()
    if pid == 0:
        fresh = types.ModuleType("__main__")
        sys.modules["__main__"] = fresh
        report = archive.load(store.manifest("c1"), store, vars(fresh), trust=True)
        names = {"a", "f", "inc", "theirs", "cloudpickle"}
        good = {n: report.verdicts.get(n) for n in names}
        text = f"{good} {fresh.f(2)} {fresh.inc()} {fresh.theirs} {fresh.cloudpickle.MINE}"
        os.write(1, text.encode())
        os._exit(0)
    os.waitpid(pid, 0)
    os._exit(0)


HOSTILE = """
import builtins, cloudpickle, msgpack
theirs = (cloudpickle.MINE, msgpack.MINE)
class A:
    pass
a = A()
def f(x): return [x, type(a).__name__]
def outer():
    n = 0
    def inc():
        nonlocal n
        n += 1
        return n
    return inc
inc = outer()
builtins.print = builtins.sorted = None
builtins.len = lambda x: 1 / 0
"""

if __name__ == "__main__":
    main()

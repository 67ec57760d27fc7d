"""Entry point of nursery and workers: run by path, in whatever interpreter the user named.

Kept in syntax that any Python reads, so that one too old can say so. It leaves nothing on sys.path
and nothing of ours importable: the worker's packages come through a pinned finder that is gone
before user code runs.
"""

import os
import sys

OLDEST = (3, 10)
TOO_OLD = 3


def main():
    here = __file__.rpartition("/")[0]
    # where the package is reached by a link, Python names the folder that the link leads to
    if sys.path and sys.path[0] in (here, os.path.dirname(os.path.realpath(__file__))):
        del sys.path[0]
    if sys.version_info < OLDEST:
        sys.stderr.write(
            "pyrepl-tui: sessions need CPython %d.%d or newer, and this is Python %d.%d (%s)\n"
            % (OLDEST + tuple(sys.version_info[:2]) + (sys.executable,))
        )
        return TOO_OLD
    if sys.implementation.name != "cpython":
        sys.stderr.write(
            "pyrepl-tui: sessions need CPython, and this is %s (%s)\n"
            % (sys.implementation.name, sys.executable)
        )
        return TOO_OLD
    baseline = set(sys.modules)
    import builtins

    loader = {"__name__": "pyrepl_worker_guest", "__file__": here + "/guest.py"}
    # a copy: what imports for us goes on working when user code rebinds builtins
    loader["__builtins__"] = dict(vars(builtins))
    with open(here + "/guest.py", "rb") as file:
        exec(compile(file.read(), here + "/guest.py", "exec"), loader)
    return loader["run"](here.rpartition("/")[0], baseline, sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())

"""Completion by IPython and by ptpython: seconds of each, for codes read from the command line."""

from __future__ import annotations

import json
import sys
import time
from typing import Any


def ipython(setup: str, codes: list[str], count: int) -> dict[str, list[float]]:
    """IPython's own completer, as its prompt uses it."""
    from IPython.core.completer import provisionalcompleter
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell.instance()
    shell.run_cell(setup)
    found: dict[str, list[float]] = {}
    with provisionalcompleter():
        for code in codes:
            found[code] = []
            for _ in range(count):
                begin = time.perf_counter()
                list(shell.Completer.completions(code, len(code)))
                found[code].append(time.perf_counter() - begin)
    return found


def ptpython(setup: str, codes: list[str], count: int) -> dict[str, list[float]]:
    """The completer of ptpython with its defaults: Jedi, and what it evaluates."""
    from prompt_toolkit.completion import CompleteEvent
    from prompt_toolkit.document import Document
    from ptpython.completer import PythonCompleter

    names: dict[str, Any] = {}
    exec(setup, names)
    completer = PythonCompleter(lambda: names, lambda: names, lambda: True)
    found: dict[str, list[float]] = {}
    for code in codes:
        found[code] = []
        for _ in range(count):
            begin = time.perf_counter()
            list(completer.get_completions(Document(code), CompleteEvent(text_inserted=True)))
            found[code].append(time.perf_counter() - begin)
    return found


def main() -> None:
    """Measure what standard input asks for."""
    asked = json.load(sys.stdin)
    measure = {"ipython": ipython, "ptpython": ptpython}[asked["peer"]]
    print(json.dumps(measure(asked["setup"], asked["codes"], asked["count"])), file=sys.stderr)


if __name__ == "__main__":
    main()

"""The lines between the packages hold, seen in the source and in a running interpreter."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
APP = ROOT / "pyrepl_tui"
WORKER = ROOT / "worker" / "pyrepl_worker"

TERMINAL = {"textual", "rich", "tree_sitter", "markdown_it"}
"""Packages that only the screen needs."""

NEWER = {"annotationlib"}
"""Modules that the standard library has from 3.14 on."""

IMPORT_ENGINE = "\n".join(
    f"import pyrepl_tui.engine.{path.stem}"
    for path in sorted((APP / "engine").glob("*.py"))
    if path.stem != "__init__"
)


def modules_after(code: str) -> set[str]:
    """Names in sys.modules of a new interpreter that ran `code`."""
    program = f"{code}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, cwd="/"
    )
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


def imports_of(path: Path, *, at_load: bool = False) -> Iterator[tuple[str, int]]:
    """Modules that a file imports by absolute name, with the number of the line.

    Args:
        path: the file.
        at_load: leave out what only the call of a function imports.
    """
    waiting: list[ast.AST] = [ast.parse(path.read_text(encoding="utf-8"))]
    while waiting:
        node = waiting.pop()
        if at_load and isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            continue
        waiting += ast.iter_child_nodes(node)
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module or "", node.lineno
            for alias in node.names:
                yield f"{node.module}.{alias.name}", node.lineno


def _dotted(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"{name}." for name in names)


def roots(modules: set[str]) -> set[str]:
    return {name.partition(".")[0] for name in modules}


def test_the_public_api_loads_nothing_of_the_terminal() -> None:
    everything = "import pyrepl_tui; [getattr(pyrepl_tui, name) for name in pyrepl_tui.__all__]"
    loaded = roots(modules_after(everything))
    assert loaded & TERMINAL == set()


def test_the_engine_loads_nothing_of_the_terminal() -> None:
    assert roots(modules_after(IMPORT_ENGINE)) & TERMINAL == set()


def test_the_first_paint_waits_for_nothing_that_comes_after_it() -> None:
    later = {
        "pygments",
        "sqlite3",
        "pyrepl_worker.protocol.events",
        "pyrepl_tui.engine.session",
        "pyrepl_tui.rendering.layout",
        "pyrepl_tui.screens.dialogs",
        "pyrepl_tui.widgets.variables",
    }
    assert modules_after("import pyrepl_tui.app") & later == set()


def test_the_output_loads_no_lexer() -> None:
    assert "pygments" not in roots(modules_after("import pyrepl_tui.widgets.output_view"))


def test_the_engine_takes_only_protocol_framing_and_records_from_the_worker() -> None:
    loaded = {
        ".".join(name.split(".")[:2])
        for name in modules_after(IMPORT_ENGINE)
        if name.startswith("pyrepl_worker.")
    }
    assert loaded == {"pyrepl_worker.protocol", "pyrepl_worker.framing", "pyrepl_worker.records"}


def test_the_app_names_only_protocol_framing_and_records_of_the_worker() -> None:
    allowed = ("pyrepl_worker.protocol", "pyrepl_worker.framing", "pyrepl_worker.records")
    strays = [
        f"{path.relative_to(ROOT)}:{line} {name}"
        for path in APP.rglob("*.py")
        for name, line in imports_of(path)
        if name.startswith("pyrepl_worker.") and not f"{name}.".startswith(_dotted(allowed))
    ]
    assert strays == []


def test_the_worker_needs_only_the_standard_library_msgpack_and_cloudpickle() -> None:
    """What a function imports when it meets a value of that library was loaded by its user."""
    needed = {*sys.stdlib_module_names, *NEWER, "msgpack", "cloudpickle", "pyrepl_worker"}
    met = {"numpy", "pandas"}
    strays = [
        f"{path.relative_to(ROOT)}:{line} {name}"
        for path in WORKER.rglob("*.py")
        for allowed, imports in (
            (needed, imports_of(path, at_load=True)),
            (needed | met, imports_of(path)),
        )
        for name, line in imports
        if name.partition(".")[0] not in allowed
    ]
    assert strays == []


def test_the_folder_of_the_worker_is_no_package() -> None:
    assert not (WORKER.parent / "__init__.py").exists()
    assert [each.name for each in WORKER.parent.glob("*.py")] == []


def test_the_installed_project_brings_exactly_two_packages_to_the_path() -> None:
    """Nothing beside them (`tests`, `benchmarks`, `worker`) can be imported by accident."""
    code = (
        "import importlib.util as u;"
        "print([n for n in ('pyrepl_tui', 'pyrepl_worker', 'tests', 'benchmarks', 'worker',"
        " 'protocol', 'framing') if u.find_spec(n)])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd="/"
    )
    assert done.stdout.strip() == "['pyrepl_tui', 'pyrepl_worker']"

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.support.interpreters import Interpreter
from tests.worker.archive.sessions import ROOT, SITE

PROGRAM = Path(__file__).with_name("guest_program.py")


def test_archives_work_among_modules_of_the_users_with_our_names(
    tmp_path: Path, interpreters: tuple[Interpreter, ...]
) -> None:
    """A user's cloudpickle, msgpack and archive are the user's; ours go on working."""
    folder = tmp_path / "folder"
    folder.mkdir()
    for name in ("cloudpickle", "msgpack", "archive", "json", "pickle", "store", "ast"):
        (folder / f"{name}.py").write_text(f"MINE = {name!r}\n")
    for interpreter in interpreters:
        done = subprocess.run(
            [interpreter.path, PROGRAM, ROOT / "worker", SITE, tmp_path / str(interpreter)],
            capture_output=True,
            text=True,
            check=False,
            cwd=folder,
        )
        assert done.returncode == 0, done.stderr
        verdicts, _, rest = done.stdout.partition("}")
        assert "missing" not in verdicts, done.stdout + done.stderr
        assert rest == " [2, 'A'] 1 ('cloudpickle', 'msgpack') cloudpickle", done.stdout

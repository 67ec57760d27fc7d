"""Programs of ours in processes of their own, to be killed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from typing_extensions import Self

PRELUDE = "import asyncio, os, sys\nfrom pyrepl_tui import Output, Session, WorkerDied\n"


class Program:
    """A Python program that says what it has to say in lines on stdout."""

    def __init__(self, body: str, *prefix: str) -> None:
        code = f"{PRELUDE}\n{body}\nasyncio.run(main())\n"
        self.process = subprocess.Popen(
            [*prefix, sys.executable, "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def hear(self) -> str:
        """The next line; empty at the end."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().rstrip("\n")

    def kill(self) -> None:
        """SIGKILL, and nothing less."""
        self.process.kill()
        self.process.wait(10)

    def finish(self, deadline: float = 40) -> str:
        """Wait for its end; everything it still said."""
        text, _ = self.process.communicate(timeout=deadline)
        assert self.process.returncode == 0, f"exit code {self.process.returncode}: {text}"
        return text

    def close(self) -> None:
        """Kill it if it lives, and let go of its pipes."""
        if self.process.poll() is None:
            self.kill()
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                stream.close()

    def __exit__(self, *error: object) -> None:
        self.close()

    def __enter__(self) -> Self:
        return self


def runtime_folder() -> Path:
    """The product's runtime folder within the test's own."""
    return Path(os.environ["XDG_RUNTIME_DIR"], "pyrepl-tui")


def registry_entry(session_id: str) -> dict[str, Any]:
    """A session's entry in the registry."""
    path = runtime_folder() / "registry" / f"{session_id}.json"
    entry: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return entry


def alive(pid: int) -> bool:
    """Whether a process runs (a dead one that nobody has asked for does not)."""
    try:
        status = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b") ")[2][:1]
    except OSError:
        return False
    return status not in (b"Z", b"X")

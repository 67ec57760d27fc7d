"""Writes whole runs into a transcript folder, for tests of what is shown of them."""

from __future__ import annotations

from typing import Any

from pyrepl_worker import protocol
from pyrepl_worker.framing import encode
from tests.engine.recorder import Recorder


class Scribe(Recorder):
    """A recorder that journals values, errors, questions and news of the worker."""

    count = 0

    def journal(self, event: object) -> None:
        """Append an event to the journal."""
        self.append(protocol.JOURNAL, encode(event))

    def worker(self, version: str = "3.12.1", pid: int = 4242) -> None:
        """A worker takes the session up."""
        path = "/home/ada/project/.venv/bin/python"
        self.journal(protocol.WorkerStarted(pid, version, path, 0.0, self.out, self.err))

    def begin(self, code: str) -> int:
        """A run starts. Returns its ordinal."""
        self.count += 1
        self.start(self.count, code)
        return self.count

    def say(self, text: str | bytes, stream: str = protocol.STDOUT) -> None:
        """The present run prints something."""
        data = text.encode() if isinstance(text, str) else text
        self.write(stream, data, self.count)

    def end(
        self,
        status: str = "ok",
        *,
        value: str | None = None,
        error: dict[str, Any] | None = None,
        ms: float = 3.0,
    ) -> None:
        """The present run ends."""
        n = self.count
        self.journal(
            protocol.Finished(
                f"op{n}",
                n,
                status,
                value,
                False,
                error,
                n,
                ms,
                False,
                "none",
                [],
                2.0,
                self.out,
                self.err,
                self.marks,
            )
        )

    def run(self, code: str, output: str | bytes = b"", **outcome: Any) -> None:
        """A whole run."""
        self.begin(code)
        if output:
            self.say(output)
        self.end(**outcome)

    def show(self, bundle: dict[str, Any], *, value: bool = False) -> None:
        """The present run shows a rich value."""
        mark = {protocol.VALUE: ""} if value else {}
        self.journal(protocol.Displayed(f"op{self.count}", mark | bundle, self.out, self.err))

    def ask(self, prompt: str, *, password: bool = False, request: str = "q") -> None:
        """The present run asks for a line."""
        self.journal(
            protocol.InputRequested(
                request, f"op{self.count}", prompt, password, self.out, self.err
            )
        )

    def answer(self, text: str | None, action: str = "text", *, request: str = "q") -> None:
        """The question is answered."""
        self.journal(
            protocol.InputResolved(request, f"op{self.count}", action, text, self.out, self.err)
        )

    def notice(self, kind: str, text: str) -> None:
        """Something the user should know."""
        self.journal(protocol.Notice(kind, text, self.out, self.err))

"""Client to node: run code, answer input(), steer and end the worker."""

from __future__ import annotations

from pyrepl_worker.framing import message
from pyrepl_worker.records import record


@message("execute")
@record(frozen=True)
class Execute:
    """Queue code. Reply: `Done` at once (then `Started`, ..., `Finished` events), or `Failed`."""

    seq: int
    operation_id: str
    code: str
    policy: str
    timeout_ms: int | None
    filename: str | None
    """None: a cell, named after its execution count. Else the file the code was read from."""
    asks: bool
    """False: input() raises EOFError. True: it sends `InputRequested`."""
    argv: list[str] | None
    """sys.argv for this run and from then on; None leaves it alone."""


@message("cancel")
@record(frozen=True)
class Cancel:
    """Take an operation out of the queue, or interrupt it if it runs. Reply: `Done`."""

    seq: int
    operation_id: str


@message("interrupt")
@record(frozen=True)
class Interrupt:
    """Interrupt the running operation, again and again until it ends. Reply: `Done`."""

    seq: int


@message("answer")
@record(frozen=True)
class Answer:
    """Answer an input request. Reply: `Done`, or `Failed` if it no longer waits."""

    seq: int
    request_id: str
    action: str
    """``text``, ``eof`` (EOFError) or ``interrupt`` (KeyboardInterrupt)."""
    text: str


@message("rename")
@record(frozen=True)
class Rename:
    """Give the session another name. Reply: `Done`; all clients hear `Renamed`."""

    seq: int
    name: str


@message("resize")
@record(frozen=True)
class Resize:
    """Say how large the screen is that shows the output. Reply: `Done`."""

    seq: int
    columns: int
    lines: int


@message("end")
@record(frozen=True)
class End:
    """Leave: run exit handlers and exit. No reply; the connection ends."""

    seq: int

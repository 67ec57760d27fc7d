"""One execution of code, as the worker keeps it."""

from __future__ import annotations

from collections.abc import Callable

from .records import changeable
from .tracebacks import report_error


@changeable(eq=False)
class Operation:
    """Code that waits, runs, or ran."""

    id: str
    code: str
    policy: str
    timeout_ms: int | None
    filename: str | None
    """None: a cell. Else the file the code was read from."""
    asks: bool
    """False: input() raises EOFError."""
    argv: list[str] | None
    client: str
    ordinal: int = 0
    """Number within the transcript; 0 until it starts."""
    execution_count: int = 0
    stop_reason: str | None = None
    """Why it was told to stop: ``interrupted``, ``timeout`` or ``cancelled``; None: it was not."""
    deadline: float | None = None
    """time.monotonic() at which it is told to stop; None: never."""
    remind_at: float | None = None
    """time.monotonic() at which it is interrupted again, because it still runs."""


@changeable(eq=False)
class Task:
    """Something of ours to do on the main thread, in the order of the operations around it."""

    call: Callable[[], None]
    failed: Callable[[Exception], None] | None = None
    """Told what `call` has raised; None: the user is, as nobody waits for an answer."""

    def fail(self, error: Exception) -> None:
        """Tell whoever is to know of an error."""
        if self.failed is not None:
            self.failed(error)
        else:
            report_error(error)

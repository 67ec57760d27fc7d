"""Bundles on their way to the clients: bounded, and large contents as files of the transcript."""

from __future__ import annotations

import errno
import itertools
import os
from time import time_ns  # the function: user code may replace the module's
from typing import TYPE_CHECKING, Any

from .protocol import DISPLAYS, Displayed
from .streams import OPERATION, origin_of_thread

if TYPE_CHECKING:
    from collections.abc import Callable

    from .bundles import Bundle
    from .streams import Output

NOTE = "text/vnd.pyrepl.note"
"""What a person should know of a bundle: contents that were left out."""

INLINE = 16 * 1024
"""Longer contents become files: the journal is read as a whole, files when they are looked at."""
LARGEST = 256 * 1024 * 1024
"""Longer contents are left out."""
DEFAULT_CAP = 1 << 30
"""Bytes of such files that a session keeps; the oldest go first."""

_ENDINGS = {
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/gif": "gif",
    "image/svg+xml": "svg",
    "text/html": "html",
    "text/markdown": "md",
    "application/json": "json",
}


class Publisher:
    """Sends bundles to a session's clients."""

    def __init__(self, output: Output, post: Callable[[object], None], cap: int) -> None:
        self._output = output
        self._post = post
        """Hands an event to who serves; must be safe in code that an interrupt breaks."""
        self._cap = cap
        self._numbers = itertools.count(1)
        self._folder = ""
        """Where `_kept` lies: a branch of the session has a folder of its own."""
        self._kept: list[tuple[str, int]] = []

    def publish(self, bundle: Bundle) -> None:
        """Show a bundle, at this point of the run's output."""
        operation = OPERATION.get() or origin_of_thread(self._output.current)
        packed: dict[str, Any] = {}
        notes = []
        for mime, content in bundle.items():
            try:
                packed[mime] = self._stored(mime, content)
            except OSError as error:
                notes.append(f"{mime} could not be kept: {error.strerror}")
        if notes:
            packed[NOTE] = "\n".join(notes)
        with self._output.lock:
            self._output.flush()
            out, err = self._output.transcript.sizes()
            operation_id = operation.id if operation is not None else None
            shown = Displayed(operation_id, packed, out, err)
        self._post(shown)  # may wait for the thread that serves, which may want the lock

    def _stored(self, mime: str, content: str | bytes) -> Any:
        """A content as the journal has it: itself, or a reference to its file.

        Raises:
            OSError: if it cannot be written.
        """
        if len(content) <= INLINE:
            return content
        data = content if isinstance(content, bytes) else content.encode("utf-8", "replace")
        if len(data) > LARGEST:
            raise OSError(errno.EFBIG, f"it has {len(data):,} bytes")
        return {"file": self._write(mime, data), "size": len(data)}

    def _write(self, mime: str, data: bytes) -> str:
        folder = os.path.join(self._output.transcript.directory, DISPLAYS)
        os.makedirs(folder, mode=0o700, exist_ok=True)
        if folder != self._folder:
            self._folder, self._kept = folder, _found(folder)
        kept = self._kept
        while kept and sum(size for _, size in kept) + len(data) > self._cap:
            oldest = os.path.join(folder, kept.pop(0)[0])
            if os.path.exists(oldest):  # before a restore another worker may have dropped it
                os.unlink(oldest)
        ending = "json" if mime.endswith("+json") else _ENDINGS.get(mime, "bin")
        name = f"{time_ns():x}-{next(self._numbers)}.{ending}"
        path = os.path.join(folder, name)
        try:
            with open(path + ".part", "wb") as file:
                file.write(data)
            os.replace(path + ".part", path)
        except OSError:
            if os.path.exists(path + ".part"):
                os.unlink(path + ".part")
            raise
        kept.append((name, len(data)))
        return f"{DISPLAYS}/{name}"


def _found(folder: str) -> list[tuple[str, int]]:
    """What earlier workers of the session have left, oldest first."""
    entries = [(entry.stat(), entry.name) for entry in os.scandir(folder)]
    entries.sort(key=lambda each: each[0].st_mtime_ns)
    return [(name, stat.st_size) for stat, name in entries]

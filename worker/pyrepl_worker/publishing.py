"""Bundles on their way to the clients: bounded, and large contents as files of the transcript."""

from __future__ import annotations

import errno
import os
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

    def __init__(
        self, output: Output, post: Callable[[object], None], directory: str, cap: int
    ) -> None:
        self._output = output
        self._post = post
        """Hands an event to the protocol thread; must be safe in code that an interrupt breaks."""
        self._folder = os.path.join(directory, DISPLAYS)
        self._cap = cap
        self._count = 0
        self._kept: list[tuple[str, int]] | None = None

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
            self._post(Displayed(operation_id, packed, out, err))

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
        os.makedirs(self._folder, mode=0o700, exist_ok=True)
        kept = self._kept = self._kept if self._kept is not None else self._found()
        while kept and sum(size for _, size in kept) + len(data) > self._cap:
            oldest, _ = kept.pop(0)
            os.unlink(os.path.join(self._folder, oldest))
        self._count += 1
        ending = "json" if mime.endswith("+json") else _ENDINGS.get(mime, "bin")
        name = f"{os.getpid()}-{self._count}.{ending}"
        path = os.path.join(self._folder, name)
        try:
            with open(path, "wb") as file:
                file.write(data)
        except OSError:
            if os.path.exists(path):
                os.unlink(path)
            raise
        kept.append((name, len(data)))
        return f"{DISPLAYS}/{name}"

    def _found(self) -> list[tuple[str, int]]:
        """What earlier workers of the session have left, oldest first."""
        entries = [(entry.stat(), entry.name) for entry in os.scandir(self._folder)]
        entries.sort(key=lambda each: each[0].st_mtime_ns)
        return [(name, stat.st_size) for stat, name in entries]

"""Writing a session's transcript: journal, order file, and the files behind stdout and stderr.

Nothing here raises for a full disk: what cannot be written is counted and told once space is back,
and a half-written record is cut off, so readers never meet one in the middle.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
from _thread import allocate_lock
from typing import Any

from . import framing, protocol
from .unpatched import close as close_fd

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_APPEND = os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
_BLOCK = 4096
"""Marks that are read at once."""
_KEEP_SIZE_PUNCH_HOLE = 0x01 | 0x02
HIGH_FD = 1001
"""Descriptors of ours lie from here on, out of reach of code that closes "everything"."""


def raise_fd(fd: int) -> int:
    """Move a descriptor to HIGH_FD or above (where the limit allows), close-on-exec."""
    try:
        high = fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, HIGH_FD)
    except OSError:
        return fd
    close_fd(fd)
    return high


def write_atomically(record: dict[str, Any], *paths: str) -> None:
    """Replace small JSON files so that readers see the old or the new one, whole.

    Raises:
        OSError: if one could not be written; those before it are.
    """
    text = json.dumps(record).encode()
    for path in paths:
        partial = f"{path}.{os.getpid()}.tmp"
        try:
            _write_whole(partial, text)
            os.replace(partial, path)
        except OSError:
            try:
                os.unlink(partial)
            except OSError:
                pass  # it never came to be
            raise


def _write_whole(path: str, text: bytes) -> None:
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        if os.write(fd, text) != len(text):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)
    finally:
        close_fd(fd)


class Transcript:
    """The writing side of one session's transcript folder, once `open` has said which."""

    def __init__(self) -> None:
        self._lock = allocate_lock()

    def open(self, directory: str) -> None:
        """Write to this folder from now on."""
        os.makedirs(directory, mode=0o700, exist_ok=True)
        self.directory = directory
        self.out_fd, self.err_fd, self._journal_fd, self._order_fd = (
            raise_fd(os.open(os.path.join(directory, name), access | _APPEND, 0o600))
            for name, access in (
                (protocol.STDOUT, os.O_WRONLY),
                (protocol.STDERR, os.O_WRONLY),
                (protocol.JOURNAL, os.O_WRONLY),
                (protocol.ORDER, os.O_RDWR),
            )
        )
        self._frozen = False
        self._dropped = {protocol.STDOUT: 0, protocol.STDERR: 0}
        self.disk_was_full = False
        """Some output or event was lost since this was last set False."""
        self._cut_torn_tails()

    def sizes(self) -> tuple[int, int]:
        """Bytes of stdout and of stderr so far."""
        return _size(self.out_fd), _size(self.err_fd)

    def journal_size(self) -> int:
        """Bytes of the journal so far."""
        return _size(self._journal_fd)

    def mark_count(self) -> int:
        """Marks in the order file so far."""
        return _size(self._order_fd) // protocol.MARK.size

    def record(self, event: object) -> bytes:
        """Append an event to the journal, and return its frame for the clients."""
        frame = framing.encode(event)
        with self._lock:
            self._append(self._journal_fd, frame)
        return frame

    def mark(self, ordinal: int) -> tuple[int, int]:
        """Say that output from now on belongs to the run `ordinal` (0: to none).

        Returns:
            Bytes of stdout and of stderr up to there.
        """
        if self._frozen:
            return 0, 0
        out, err = self.sizes()
        self._append(self._order_fd, protocol.MARK.pack(out, err, ordinal, 0))
        return out, err

    def renew_lock(self) -> None:
        """In a forked process: a thread that is not here may have held it."""
        self._lock = allocate_lock()

    def last_ordinal(self) -> int:
        """The highest ordinal of a run so far, by the order file (0: none has run)."""
        highest = 0
        size = protocol.MARK.size * _BLOCK
        for start in range(0, protocol.MARK.size * self.mark_count(), size):
            # not by its name: the folder may have been removed while the session lives
            block = os.pread(self._order_fd, size, start)
            whole = len(block) - len(block) % protocol.MARK.size
            marks = protocol.MARK.iter_unpack(block[:whole])
            highest = max(highest, max((mark[2] for mark in marks), default=0))
        return highest

    def take_output(self) -> None:
        """Have descriptors 1 and 2 of the process lead here."""
        for fd, target in ((self.out_fd, 1), (self.err_fd, 2)):
            os.dup2(fd, target, inheritable=True)

    def close(self) -> None:
        """Write nothing more, and let go of the descriptors."""
        self._frozen = True
        self._lock = allocate_lock()
        for fd in (self.out_fd, self.err_fd, self._journal_fd, self._order_fd):
            close_fd(fd)

    def enforce_cap(self, cap: int) -> list[tuple[str, int]]:
        """Free the oldest bytes of a stream that outgrew `cap` bytes.

        Returns (stream, offset before which bytes are gone) per stream that lost some.
        """
        news = []
        for stream, fd in ((protocol.STDOUT, self.out_fd), (protocol.STDERR, self.err_fd)):
            size = os.fstat(fd).st_size
            if size - self._dropped[stream] > cap:
                # an eighth more than needed, so that a flood does not punch at every look
                upto = (size - cap + cap // 8) & ~4095
                if _punch_hole(fd, upto):
                    self._dropped[stream] = upto
                    news.append((stream, upto))
        return news

    def _append(self, fd: int, data: bytes) -> None:
        if self._frozen:
            return
        try:
            written = os.write(fd, data)
        except OSError as error:
            if error.errno not in _FULL:
                raise
            written = 0
        if written != len(data):
            self.disk_was_full = True
            if written:
                os.ftruncate(fd, os.fstat(fd).st_size - written)

    def _cut_torn_tails(self) -> None:
        order = os.fstat(self._order_fd).st_size
        if order % protocol.MARK.size:
            os.ftruncate(self._order_fd, order - order % protocol.MARK.size)
        whole = sum(size for size, _ in self._frames())
        if whole != self.journal_size():
            os.ftruncate(self._journal_fd, whole)

    def _frames(self) -> list[tuple[int, bytes]]:
        """Sizes and payloads of the whole frames of the journal."""
        frames: list[tuple[int, bytes]] = []
        if not self.journal_size():
            return frames
        with open(os.path.join(self.directory, protocol.JOURNAL), "rb") as file:
            while len(header := file.read(4)) == 4:
                size = int.from_bytes(header, "big")
                body = file.read(size)
                if len(body) != size:
                    break
                frames.append((size + 4, body))
        return frames

    def last_counts(self) -> tuple[int, int]:
        """The highest ordinal and execution count of the runs so far (0, 0 in a new session)."""
        ordinal = count = 0
        for _, body in self._frames():
            try:
                event = framing.decode(body)
            except framing.FrameError:
                continue
            if isinstance(event, protocol.Started):
                ordinal = max(ordinal, event.ordinal)
                count = max(count, event.execution_count)
        return ordinal, count


def _size(fd: int) -> int:
    """Size of a file that is only appended to, which no position matters to."""
    return os.lseek(fd, 0, os.SEEK_END)  # four times quicker than os.fstat


def _punch_hole(fd: int, upto: int) -> bool:
    """Free a file's first bytes without moving the others; False where the system cannot."""
    import ctypes

    try:
        fallocate = ctypes.CDLL(None, use_errno=True).fallocate
    except (OSError, AttributeError):
        return False
    length = ctypes.c_int64(upto)
    return bool(fallocate(fd, _KEEP_SIZE_PUNCH_HOLE, ctypes.c_int64(0), length) == 0)

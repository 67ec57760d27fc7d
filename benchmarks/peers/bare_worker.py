"""The least a worker can be: one process, one socket, msgpack frames, exec.

``bare_worker.py PATH`` connects to the unix socket at PATH and answers each frame (code) with a
frame (what it printed). No transcript, no interrupts, no second client: the floor of a round trip.
"""

from __future__ import annotations

import io
import socket
import struct
import sys
from contextlib import redirect_stdout
from typing import Any

import msgpack

HEADER = struct.Struct(">I")


def receive(connection: socket.socket) -> bytes:
    """One frame's payload; empty at the end."""
    head = connection.recv(4, socket.MSG_WAITALL)
    if len(head) < 4:
        return b""
    return connection.recv(HEADER.unpack(head)[0], socket.MSG_WAITALL)


def main() -> None:
    """Serve one client until it leaves."""
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(sys.argv[1])
    namespace: dict[str, Any] = {}
    while body := receive(connection):
        out = io.StringIO()
        with redirect_stdout(out):
            exec(compile(msgpack.unpackb(body), "<cell>", "exec"), namespace)
        answer = msgpack.packb(out.getvalue())
        connection.sendall(HEADER.pack(len(answer)) + answer)


if __name__ == "__main__":
    main()

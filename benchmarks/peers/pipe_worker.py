"""The other way to take output: a pipe in the place of stdout, and a thread that reads it.

``pipe_worker.py PATH CODE`` connects to the unix socket at PATH, runs CODE when a byte comes, and
sends on what it prints. stdout is buffered by line, as somebody waits for each; the reader shares
the interpreter with the code, as it must where a worker is one process.
"""

from __future__ import annotations

import os
import socket
import sys
import threading

CHUNK = 1 << 16


def forward(source: int, connection: socket.socket) -> None:
    """Send on what comes out of the pipe until its end."""
    while data := os.read(source, CHUNK):
        connection.sendall(data)


def main() -> None:
    """Run the code once."""
    path, code = sys.argv[1:]
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(path)
    source, target = os.pipe()
    os.dup2(target, 1)
    os.close(target)
    reader = threading.Thread(target=forward, args=(source, connection))
    reader.start()
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    connection.recv(1)
    exec(compile(code, "<cell>", "exec"), {})
    sys.stdout.flush()
    os.close(1)
    reader.join()
    connection.close()
    os._exit(0)


if __name__ == "__main__":
    main()

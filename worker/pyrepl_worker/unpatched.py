"""What libraries replace in standard modules when they are told to (gevent, eventlet), as it was.

Imported before any user code runs. What waits there for other tasks of the program would wait for
ever in the copies of a process that have nobody but themselves.
"""

from __future__ import annotations

from _socket import socketpair
from _thread import allocate_lock, start_new_thread
from os import close, fork, waitpid
from select import poll
from socket import socket
from time import sleep

__all__ = [
    "allocate_lock",
    "close",
    "fork",
    "poll",
    "sleep",
    "socket",
    "socketpair",
    "start_new_thread",
    "waitpid",
]

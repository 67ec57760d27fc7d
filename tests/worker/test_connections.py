"""Connections of the worker's side."""

from __future__ import annotations

import socket

from pyrepl_worker import kinship
from pyrepl_worker.connections import Connection
from pyrepl_worker.framing import encode


def test_a_reader_that_stops_early_loses_nothing() -> None:
    ours, theirs = socket.socketpair()
    connection = Connection(ours)
    theirs.sendall(encode(kinship.Go(None)) + encode(kinship.Retire("next")))
    first = next(iter(connection.receive()))
    assert (first, list(connection.rest())) == (kinship.Go(None), [kinship.Retire("next")])
    connection.close()
    theirs.close()

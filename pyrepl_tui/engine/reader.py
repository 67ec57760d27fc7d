"""A client of a worker's disposable twin, in which values stand still and anything may be asked."""

from __future__ import annotations

import asyncio
from typing import Any

from pyrepl_worker import protocol

from .attachment import Attachment
from .connection import Connection, ConnectionClosed, open_connection
from .errors import WorkerDied

WELCOME_SECONDS = 20.0


class Reader:
    """Use it as ``async with Reader(attachment) as reader``; the twin ends with it."""

    def __init__(self, attachment: Attachment, client: str) -> None:
        self._attachment = attachment
        self._client = client
        self._connection: Connection | None = None

    async def __aenter__(self) -> Reader:  # noqa: PYI034 - 3.10 has no Self
        reply = await self._attachment.ask(protocol.OpenReader)
        path = reply.data["socket"]
        connection, _ = await open_connection(path, self._client, WELCOME_SECONDS)
        connection.listen(_ignore, self._lost)
        self._connection = connection
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._connection is not None:
            self._connection.close()

    def _lost(self) -> None:
        if self._connection is not None:
            self._connection.fail_pending(WorkerDied("the process that was looking has died"))

    @property
    def bytes_moved(self) -> int:
        """What crossed between the processes."""
        return 0 if self._connection is None else self._connection.bytes_moved

    async def ask(self, what: str, *arguments: Any) -> dict[str, Any]:
        """Ask one of the questions of `protocol.AskReader`.

        Raises:
            WorkerDied: if the twin dies of it, or was ended.
        """
        assert self._connection is not None
        try:
            reply = await self._connection.request(protocol.AskReader, what, list(arguments))
        except ConnectionClosed:
            raise WorkerDied("the process that was looking has died") from None
        data: dict[str, Any] = reply.data
        return data


def _ignore(message: Any) -> None:
    """A twin says nothing unasked."""


async def both(left: Any, right: Any) -> tuple[Any, Any]:
    """Wait for two answers at once."""
    first, second = await asyncio.gather(left, right)
    return first, second

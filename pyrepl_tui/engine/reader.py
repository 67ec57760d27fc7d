"""A client of a worker's disposable twin, in which values stand still and anything may be asked."""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import Any

from pyrepl_worker import protocol

from .archives import ArchivePlace
from .attachment import Attachment
from .connection import Connection, ConnectionClosed, NoAnswer, open_connection
from .errors import CheckpointError, ProtocolError, WorkerDied

WELCOME_SECONDS = 20.0
_KNOCK_SECONDS = 0.004


class Reader:
    """Use it as ``async with Reader(attachment) as reader``; the twin ends with it."""

    def __init__(self, attachment: Attachment, client: str) -> None:
        self._attachment = attachment
        self._client = client
        self._connection: Connection | None = None
        self.lost: dict[str, str] = {}
        """Why, by name, variables that belong here could not be brought here."""

    async def __aenter__(self) -> Reader:  # noqa: PYI034 - 3.10 has no Self
        opening = asyncio.ensure_future(self._connect())
        try:
            connection = await asyncio.shield(opening)
        except asyncio.CancelledError:
            # the twin is being made: one that nobody comes to would wait for long
            opening.add_done_callback(_hang_up)
            raise
        connection.listen(_ignore, self._lost)
        self._connection = connection
        return self

    async def _connect(self) -> Connection:
        reply = await self._attachment.ask(protocol.OpenReader)
        path = reply.data["socket"]
        try:
            return (await open_connection(path, self._client, WELCOME_SECONDS))[0]
        except ConnectionClosed:
            raise WorkerDied("the process that was to look has died at once") from None

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

    async def ask_within(self, seconds: float, what: str, *arguments: Any) -> dict[str, Any]:
        """Ask what may take so long, which is told to the twin as the last argument.

        Raises:
            WorkerDied: if it takes longer, or the twin dies of it; the text says which.
        """
        begin = monotonic()
        try:
            return await self.ask(what, *arguments, seconds)
        except WorkerDied:
            if monotonic() - begin < seconds:
                raise
            text = f"it took longer than {seconds:g} s and was given up; the session goes on"
            raise WorkerDied(text) from None


class ImageReader(Reader):
    """A client of a twin that a checkpoint's image forks."""

    def __init__(
        self, attachment: Attachment, client: str, session_id: str, checkpoint_id: str
    ) -> None:
        super().__init__(attachment, client)
        self._session_id = session_id
        self._checkpoint_id = checkpoint_id

    async def _connect(self) -> Connection:
        try:
            reply = await self._attachment.ask_nursery(
                protocol.OpenImage, self._session_id, self._checkpoint_id
            )
        except (ConnectionClosed, ProtocolError) as error:
            raise CheckpointError(str(error)) from None
        try:
            return await asyncio.wait_for(self._knock(reply.data["socket"]), WELCOME_SECONDS)
        except asyncio.TimeoutError:
            raise CheckpointError("the checkpoint's image does not answer") from None

    async def _knock(self, path: str) -> Connection:
        """The image makes the socket when it gets to it, and tells nobody."""
        while True:
            try:
                return (await open_connection(path, self._client, WELCOME_SECONDS))[0]
            except NoAnswer:
                raise
            except ConnectionClosed:
                await asyncio.sleep(_KNOCK_SECONDS)


class ArchiveReader(Reader):
    """A client of a twin that has loaded a checkpoint from the disk in place of its own values."""

    def __init__(self, attachment: Attachment, client: str, place: ArchivePlace) -> None:
        super().__init__(attachment, client)
        self._place = place

    async def __aenter__(self) -> ArchiveReader:  # noqa: PYI034 - 3.10 has no Self
        await super().__aenter__()
        try:
            data = await self.ask("load", str(self._place.folder), self._place.checkpoint)
        except BaseException as error:
            await self.__aexit__()
            if isinstance(error, ProtocolError):
                raise CheckpointError(str(error)) from None
            raise
        self.lost = data["lost"]
        return self


def _hang_up(opening: asyncio.Future[Connection]) -> None:
    """Nobody wants what has been opened any more."""
    if not opening.cancelled() and opening.exception() is None:
        opening.result().close()


def _ignore(message: Any) -> None:
    """A twin says nothing unasked."""


async def both(left: Any, right: Any) -> tuple[Any, Any]:
    """Wait for two answers at once."""
    first, second = await asyncio.gather(left, right)
    return first, second

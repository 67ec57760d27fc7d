"""Completion, signature help and documentation of a session's live namespace."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from time import monotonic
from typing import Any

from pyrepl_worker import protocol
from pyrepl_worker.protocol.cell_syntax import MAGICS
from pyrepl_worker.records import record

from .attachment import Attachment
from .code_tokens import Chain, chain_before, tokens_of
from .completion_sites import Call, Site, site_of
from .completions import CallHelp, Completion, Completions, Explanation
from .errors import ProtocolError, PyreplError
from .fuzzy import score
from .model import SessionModel
from .reader import Reader
from .surroundings import Surroundings, Whereabouts
from .values import SessionState

LIMIT = 500
"""Names asked of the worker, and returned, at a time."""
TWIN_SECONDS = 0.2
"""How long user code in a disposable twin may take to say what attributes there are."""
ANSWER_SECONDS = 0.25
"""How long a worker may take; after that there is nothing to list."""
FRESH_SECONDS = 5.0
"""How long an answer serves the keys typed after it, while no run ends."""


@record(frozen=True, slots=True)
class _Answer:
    """The worker's last answer, which may hold for what is typed next."""

    site: tuple[Any, ...]
    query: str
    rows: list[Any]
    more: bool
    at: float


class Completer:
    """The part of `Session` that knows what could stand at the cursor."""

    _attachment: Attachment
    _model: SessionModel
    _surroundings: Surroundings
    _answers: dict[str, _Answer]

    def _prepare_completion(self) -> None:
        self._surroundings = Surroundings()
        self._answers = {}

    # -- public ----------------------------------------------------------------------------------

    async def complete(self, code: str, cursor: int) -> Completions:
        """What could stand at a position of the code, in the live namespace; best first.

        Works while code runs, and never runs user code in the session; where only user code could
        tell (a property, ``__dir__``), a disposable twin is asked, for at most a fifth of a second
        and only while nothing runs.

        Args:
            code: all of the code being written.
            cursor: how many characters of it stand before the cursor.

        Raises:
            WorkerDied: if there is no worker.
        """
        site = site_of(code, cursor)
        if site.kind == "nothing":
            return Completions([], cursor, cursor, site.kind)
        try:
            found, more = await asyncio.wait_for(self._gather(site), ANSWER_SECONDS * 1.2)
        except asyncio.TimeoutError:
            return Completions([], site.start, site.end, site.kind, site.query, more=True)
        query = site.query.rpartition("/")[2] if site.kind == "files" else site.query
        ranked = [
            (rank, at, item)
            for at, item in enumerate(found)
            if (rank := score(query, item.label)) is not None
        ]
        ranked.sort(key=lambda each: (each[0], each[1]))
        items = list({item.label: item for _, _, item in reversed(ranked)}.values())[
            : -LIMIT - 1 : -1
        ]
        end = site.end
        if site.kind == "keys" and site.quote and code[end : end + 1] == site.quote[-1]:
            end += 1
        return Completions(items, site.start, end, site.kind, query, more=more)

    async def call_help(self, code: str, cursor: int) -> CallHelp | None:
        """The signature of the call that a position is in; None if it is in none that is known.

        Raises:
            WorkerDied: if there is no worker.
        """
        call = site_of(code, cursor).call
        if call is None:
            return None
        explanation = await self._explain(call.chain, _name_of(call.chain), source=False)
        if explanation is None or explanation.parameters is None:
            return None
        return CallHelp(explanation, _active(call, explanation))

    async def explain(
        self, code: str, cursor: int | None = None, *, source: bool = False
    ) -> Explanation | None:
        """Type, signature and documentation of the expression at a position of the code.

        Args:
            code: the code, or just an expression.
            cursor: a position in or after the expression; None: its end.
            source: the source too, where it is to be had.

        Raises:
            WorkerDied: if there is no worker.
        """
        end = len(code) if cursor is None else cursor
        while end < len(code) and (code[end].isalnum() or code[end] == "_"):
            end += 1
        tokens = tokens_of(code[:end])
        while tokens and tokens[-1].text in ("(", ".", "newline"):
            tokens.pop()
        found = chain_before(tokens, len(tokens))
        if found is None:
            return None
        text = code[tokens[found[1]].start : tokens[-1].end]
        site = site_of(code[: tokens[-1].end] + ".", tokens[-1].end + 1)
        return await self._explain(site.chain or found[0], text, source=source)

    # -- gathering -------------------------------------------------------------------------------

    async def _gather(self, site: Site) -> tuple[list[Completion], bool]:
        if site.kind == "attributes":
            return await self._attributes(site)
        if site.kind == "keys":
            return await self._keys(site)
        if site.kind == "names":
            return await self._names(site)
        if site.kind == "magics":
            usages = [(name, text) for name, (_, text) in MAGICS.items()]
            return [Completion(name, name, "magic", text) for name, text in usages], False
        where = Whereabouts.of((await self._attachment.ask(protocol.Whereabouts)).data)
        if site.kind == "files":
            files = await asyncio.to_thread(self._surroundings.files, site.query, where)
            return [Completion(name, name, kind) for name, kind in files], False
        names = await asyncio.to_thread(self._surroundings.modules, site.module, where)
        modules = [
            Completion(name, name, "module")
            for name in names
            if name[:1] != "_" or site.query[:1] == "_"
        ]
        if site.kind == "members":
            return await self._members(site, where) + modules, False
        return modules, False

    async def _members(self, site: Site, where: Whereabouts) -> list[Completion]:
        """What can be imported from a module, loaded or not."""
        chain = (("module", site.module),)
        if site.module in where.modules:
            rows, _, _ = await self._ask("attributes", chain, site.query)
        else:
            found = await asyncio.to_thread(self._surroundings.members, site.module, where)
            rows = [
                (name, kind, "") for name, kind in found if name[:1] != "_" or site.query[:1] == "_"
            ]
        return [Completion(name, name, kind, detail) for name, kind, detail in rows]

    async def _attributes(self, site: Site) -> tuple[list[Completion], bool]:
        rows, more, unsure = await self._ask("attributes", site.chain, site.query)
        if unsure:
            known = {row[0] for row in rows}
            rows = [*rows, *(row for row in await self._told(site) if row[0] not in known)]
        if not rows and site.chain[0][0] == "module" and len(site.chain) == 1:
            where = Whereabouts.of((await self._attachment.ask(protocol.Whereabouts)).data)
            return await self._members(
                Site("members", site.start, site.end, site.query, module=site.chain[0][1]), where
            ), False
        subject = _expression(site.chain)
        rows = sorted(rows, key=_attribute_order)
        return [
            Completion(name, name, kind, detail, f"{subject}.{name}" if subject else "")
            for name, kind, detail in rows
        ], more

    async def _keys(self, site: Site) -> tuple[list[Completion], bool]:
        rows, more, _ = await self._ask("keys", site.chain, site.query)
        quote = site.quote or '"'
        items = []
        for text, kind, detail in rows:
            escaped = repr(text)[1:-1] if "\\" in text or not text.isprintable() else text
            if quote[-1] in escaped:
                escaped = escaped.replace(quote[-1], "\\" + quote[-1])
            items.append(Completion(quote + escaped + quote[-1], text, kind, detail))
        if not site.quote:
            names, more_names = await self._names(site)
            return items + names, more or more_names
        return items, more

    async def _names(self, site: Site) -> tuple[list[Completion], bool]:
        rows, more, _ = await self._ask("names", (), site.query)
        items = await self._arguments(site)
        known = {name for name, _, _ in rows}
        items += [Completion(name, name, "name") for name in site.names if name not in known]
        items += [
            Completion(name, name, kind, detail, "" if kind == "keyword" else name)
            for name, kind, detail in rows
        ]
        return [item for item in items if item.label != site.query or item.kind != "name"], more

    async def _arguments(self, site: Site) -> list[Completion]:
        call = site.call
        if call is None or call.keyword:
            return []
        rows, _, _ = await self._ask("arguments", call.chain, site.query)
        return [
            Completion(f"{name}=", f"{name}=", "argument", detail)
            for name, _, detail in rows
            if name not in call.given
        ]

    # -- asking ----------------------------------------------------------------------------------

    async def _ask(self, kind: str, chain: Chain, query: str) -> tuple[list[Any], bool, bool]:
        """Rows from the worker, or from its last answer if that still holds."""
        site = (kind, chain, self._model.pid, self._model.execution_count, self._model.state)
        last = self._answers.get(kind)
        now = monotonic()
        if last is not None and last.site == site and not last.more:
            narrower = query.startswith(last.query) and bool(last.query or query[:1] != "_")
            if narrower and now - last.at < FRESH_SECONDS:
                return last.rows, False, False
        steps = [list(step) for step in chain]
        reply = await self._attachment.ask(protocol.Complete, kind, steps, query, LIMIT)
        data = reply.data
        rows, more, unsure = data["rows"], data["more"], data["unsure"]
        if not unsure:
            self._answers[kind] = _Answer(site, query, rows, more, now)
        return rows, more, unsure

    def _may_fork(self, chain: Chain) -> bool:
        calls = any(step[0] == "call" for step in chain)
        return not calls and self._model.state is SessionState.IDLE

    async def _told(self, site: Site) -> list[Any]:
        """Attributes as user code tells them, in a disposable twin; none if it takes too long."""
        if not self._may_fork(site.chain):
            return []
        key = (site.chain, self._model.pid, self._model.execution_count)
        last = self._answers.get("told")
        if last is not None and last.site == key and not last.more:
            narrower = site.query.startswith(last.query) and (last.query or site.query[:1] != "_")
            if narrower:
                return last.rows
        data = await self._of_twin("complete", site.chain, site.query, LIMIT, TWIN_SECONDS)
        rows: list[Any] = data.get("rows", [])
        self._answers["told"] = _Answer(key, site.query, rows, len(rows) >= LIMIT, monotonic())
        return rows

    async def _of_twin(self, what: str, chain: Chain, *arguments: Any) -> dict[str, Any]:
        async def ask() -> dict[str, Any]:
            async with Reader(self._attachment, "completion") as reader:
                return await reader.ask(what, [list(step) for step in chain], *arguments)

        with contextlib.suppress(PyreplError, asyncio.TimeoutError):
            return await asyncio.wait_for(ask(), TWIN_SECONDS)
        return {}

    async def _explain(self, chain: Chain, subject: str, *, source: bool) -> Explanation | None:
        steps = [list(step) for step in chain]
        with contextlib.suppress(ProtocolError):
            reply = await self._attachment.ask(protocol.Explain, steps, source)
            data = reply.data
            if data.get("unsure") and self._may_fork(chain):
                data = await self._of_twin("explain", chain, source, TWIN_SECONDS)
            if "kind" in data:
                return Explanation.of(subject, data)
        return None


def _attribute_order(row: Sequence[str]) -> tuple[bool, bool, str]:
    """Columns first, then by name, those that begin with an underscore last."""
    return row[1] != "column", row[0][:1] == "_", row[0].lower()


def _name_of(chain: Chain) -> str:
    last = chain[-1]
    return str(last[1]) if last[0] in ("name", "attr", "module") else ""


def _expression(chain: Chain) -> str:
    """A chain of names as Python writes it; "" for any other."""
    if chain[0][0] not in ("name", "module") or any(step[0] != "attr" for step in chain[1:]):
        return ""
    return ".".join(str(step[1]) for step in chain) if chain[0][0] == "name" else ""


def _active(call: Call, explanation: Explanation) -> int | None:
    """Which parameter the cursor is at."""
    parameters = explanation.parameters or ()
    names = [parameter.name for parameter in parameters]
    if call.keyword:
        if call.keyword in names:
            return names.index(call.keyword)
        return next((at for at, name in enumerate(names) if name.startswith("**")), None)
    place = -1
    for at, name in enumerate(names):
        if name == "/":
            continue
        if name[:1] == "*" and name[:2] != "**":
            return at if len(name) > 1 else None
        if name[:2] == "**":
            return None
        place += 1
        if place == call.position:
            return at
    return None

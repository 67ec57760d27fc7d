"""What the app needs of a session to complete code and to explain it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from .engine.completions import CallHelp, Completions, Explanation


class HelpLike(Protocol):
    """`engine.session.Session` has it."""

    async def complete(self, code: str, cursor: int) -> Completions: ...
    async def call_help(self, code: str, cursor: int) -> CallHelp | None: ...
    async def explain(
        self, code: str, cursor: int | None = None, *, source: bool = False
    ) -> Explanation | None: ...

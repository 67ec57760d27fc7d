"""The parts of the API that need checkpoints. They are named here, and refuse to work."""

from __future__ import annotations

from typing import Any, NoReturn

from .values import TransactionPolicy


def unsupported(what: str) -> NotImplementedError:
    """The error for something this version cannot do."""
    return NotImplementedError(f"this version of pyrepl-tui has no {what} yet")


def check_policy(policy: TransactionPolicy | str) -> TransactionPolicy:
    """Return a policy that this version can honour.

    Raises:
        ValueError: if there is no such policy.
        NotImplementedError: if it would need checkpoints.
    """
    found = TransactionPolicy(policy)
    if found is not TransactionPolicy.COMMIT_ALWAYS:
        raise unsupported(f"transactions (policy {found.value!r})")
    return found


class Forthcoming:
    """What every session will be able to do."""

    async def begin(self) -> NoReturn:
        raise unsupported("transactions")

    async def commit(self) -> NoReturn:
        raise unsupported("transactions")

    async def rollback(self) -> NoReturn:
        raise unsupported("transactions")

    async def checkpoint(self, *arguments: Any, **options: Any) -> NoReturn:
        raise unsupported("checkpoints")

    async def checkpoints(self) -> NoReturn:
        raise unsupported("checkpoints")

    async def restore(self, *arguments: Any, **options: Any) -> NoReturn:
        raise unsupported("checkpoints")

    async def branch(self, *arguments: Any, **options: Any) -> NoReturn:
        raise unsupported("branches")

    @classmethod
    async def open(cls, *arguments: Any, **options: Any) -> NoReturn:  # noqa: ARG003 - see above
        raise unsupported("archives")

    async def inspect(self, *arguments: Any, **options: Any) -> NoReturn:
        raise unsupported("inspection of values")

    async def compare(self, *arguments: Any, **options: Any) -> NoReturn:
        raise unsupported("comparison")

    async def complete(self, *arguments: Any, **options: Any) -> NoReturn:
        raise unsupported("completion")

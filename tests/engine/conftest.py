"""The two worlds that contract tests run in: fake workers, and real ones."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.engine.fakes import FakeNursery


@pytest_asyncio.fixture
async def nursery() -> AsyncIterator[FakeNursery]:
    """A fake nursery that sessions reach instead of starting a real one."""
    fake = await FakeNursery().listen()
    yield fake
    fake.close()


@pytest_asyncio.fixture(params=["fake", "real"])
async def world(request: pytest.FixtureRequest) -> AsyncIterator[FakeNursery | None]:
    """Once with fake workers, and once with real ones (None)."""
    if request.param == "real":
        yield None
        return
    fake = await FakeNursery().listen()
    yield fake
    fake.close()

"""A simulator for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from ai_lib_python.simulator import Simulator


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    async with Simulator() as running:
        yield running

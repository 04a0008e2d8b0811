"""A running simulator for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ai_lib_python.simulator import Simulator


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    """One in a thread of its own, so that tests may block."""
    with Simulator() as simulator:
        yield simulator

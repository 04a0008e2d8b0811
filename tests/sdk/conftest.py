"""The official SDKs as independent clients: what they accept from the simulator is the dialect's wire."""

from __future__ import annotations

import gc
import warnings
from collections.abc import Iterator

import pytest

from ai_lib_python.simulator import Simulator

QUESTION = "What is it like in Ulm?"
SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "unit": {"type": "string", "enum": ["celsius", "kelvin"]}},
    "required": ["city", "unit"],
}
ARGUMENTS = {"city": "example", "unit": "celsius"}


@pytest.fixture(autouse=True)
def leaks_of_their_own() -> Iterator[None]:
    """Sockets that an SDK leaves open are collected here, not in somebody else's test."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator() as simulator:
        yield simulator

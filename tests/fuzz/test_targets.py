"""The targets of the fuzzer, for a few seconds each: their seeds, and what hypothesis makes of them.

``python -m benchmarks.fuzz`` does it for minutes, guided by coverage.
"""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .mutating import mutate
from .targets import TARGETS

BURST = settings(max_examples=250, derandomize=True, suppress_health_check=list(HealthCheck))

SEEDS_HELD = 150


@cache
def seeds(target: str) -> list[bytes]:
    return list(TARGETS[target].seeds())


@pytest.mark.parametrize("target", TARGETS)
def test_the_seeds_hold(target: str) -> None:
    found = seeds(target)
    for seed in found[:: max(1, len(found) // SEEDS_HELD)]:
        TARGETS[target].hold(seed)


@pytest.mark.parametrize("target", TARGETS)
def test_what_is_made_of_the_seeds_holds(target: str) -> None:
    @BURST
    @given(st.sampled_from(range(len(seeds(target)))), st.lists(st.integers(0, 2**32), min_size=1, max_size=4))
    def holds(number: int, choices: list[int]) -> None:
        data = seeds(target)[number]
        for choice in choices:
            data = mutate(data, choice)
        TARGETS[target].hold(data)

    holds()


@pytest.mark.parametrize("target", TARGETS)
def test_any_bytes_hold(target: str) -> None:
    @BURST
    @given(st.binary(max_size=80))
    def holds(data: bytes) -> None:
        TARGETS[target].hold(data)

    holds()

"""The clock of the tests that take hours."""

from __future__ import annotations

import asyncio
from time import monotonic

import pytest

from .virtual_time import run


async def after(seconds: float) -> float:
    await asyncio.sleep(seconds)
    return asyncio.get_running_loop().time()


def test_hours_take_no_time_and_every_moment_is_exact() -> None:
    async def all_of_them() -> list[float]:
        return list(await asyncio.gather(after(3600), after(0.5), after(86400)))

    began = monotonic()
    assert run(all_of_them(), began=0.0) == [3600, 0.5, 86400]
    assert monotonic() - began < 5


def test_what_is_ready_runs_before_the_clock_moves() -> None:
    async def main() -> float:
        later = asyncio.ensure_future(after(10))
        for _ in range(100):
            await asyncio.sleep(0)
        later.cancel()
        return asyncio.get_running_loop().time()

    assert run(main(), began=5.0) == 5


def test_a_time_limit_runs_out_at_its_time() -> None:
    with pytest.raises(asyncio.TimeoutError):
        run(asyncio.wait_for(after(60), 59))
    assert run(asyncio.wait_for(after(60), 61), began=0.0) == 60

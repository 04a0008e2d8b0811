"""Every recorded answer through the public client, beside what its bytes say."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from .exchange import Outcome, ask, differences
from .readers import read
from .reading import Expected
from .recordings import Row
from .replay import ReplayServer

AT_ONCE = 32


@dataclass(frozen=True, eq=False)
class Judged:
    """A row, what its bytes say, what the client said, and where the two differ."""

    number: int
    row: Row
    expected: Expected
    outcome: Outcome
    differences: list[str]


async def in_batches(jobs: list[Callable[[], Awaitable[Any]]]) -> list[Any]:
    """Runs the jobs in their order, a batch at a time, on one loop."""
    results: list[Any] = []
    for at in range(0, len(jobs), AT_ONCE):
        results += await asyncio.gather(*(job() for job in jobs[at : at + AT_ONCE]))
    return results


async def judge_all(server: ReplayServer, dialect: str) -> list[Judged]:
    numbered = [(number, row) for number, row in enumerate(server.rows) if row.dialect == dialect]
    return await in_batches([partial(_judge, server, number, row) for number, row in numbered])


async def _judge(server: ReplayServer, number: int, row: Row) -> Judged:
    expected = read(row)
    outcome = await ask(row, server.url(number))
    return Judged(number, row, expected, outcome, differences(row, expected, outcome))

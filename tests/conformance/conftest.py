"""The rows, the server that replays them, and every row's outcome, made once for a run."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import pytest

from . import recordings
from .exchange import Outcome, ask, differences
from .readers import read
from .reading import Expected
from .recordings import Row
from .replay import ReplayServer
from .speaking import speaker

AT_ONCE = 32

_SUMMARY = pytest.StashKey[list[str]]()


@dataclass(frozen=True, eq=False)
class Judged:
    """A row, what its bytes say, what the client said, and where the two differ."""

    number: int
    row: Row
    expected: Expected
    outcome: Outcome
    differences: list[str]


Judge = Callable[[str], list[Judged]]


async def in_batches(jobs: list[Callable[[], Awaitable[Any]]]) -> list[Any]:
    """Runs the jobs in their order, a batch at a time, on one loop."""
    results: list[Any] = []
    for at in range(0, len(jobs), AT_ONCE):
        results += await asyncio.gather(*(job() for job in jobs[at : at + AT_ONCE]))
    return results


@pytest.fixture(scope="session")
def server() -> Iterator[ReplayServer]:
    """A server that replays every row of all dialects; skips where there are none."""
    if reason := recordings.missing():
        pytest.skip(reason)
    replay = ReplayServer()
    replay.rows = [row for dialect in recordings.DIALECTS for row in recordings.rows(dialect)]
    replay.start()
    yield replay
    replay.stop()


@pytest.fixture(scope="session")
def judged(server: ReplayServer, request: pytest.FixtureRequest) -> Judge:
    """Every row of a dialect, sent over HTTP and compared; each dialect is run once."""

    @cache
    def of_dialect(dialect: str) -> list[Judged]:
        found = asyncio.run(_judge_all(server, dialect))
        request.config.stash.setdefault(_SUMMARY, []).extend(_table(dialect, found))
        return found

    return of_dialect


async def _judge_all(server: ReplayServer, dialect: str) -> list[Judged]:
    numbered = [(number, row) for number, row in enumerate(server.rows) if row.dialect == dialect]
    return await in_batches([partial(_judge, server, number, row) for number, row in numbered])


async def _judge(server: ReplayServer, number: int, row: Row) -> Judged:
    expected = read(row)
    outcome = await ask(row, server.url(number))
    return Judged(number, row, expected, outcome, differences(row, expected, outcome))


def _table(dialect: str, found: list[Judged]) -> list[str]:
    """Rows and equal rows of a dialect, and of each recorded provider with its manifest."""
    rows: Counter[tuple[str, str]] = Counter()
    equal: Counter[tuple[str, str]] = Counter()
    for each in found:
        key = (each.row.provider, speaker(each.row).origin)
        rows[key] += 1
        equal[key] += not each.differences
    lines = [_line(dialect, "", rows.total(), equal.total())]
    return lines + [
        _line("  " + name, manifest, rows[name, manifest], equal[name, manifest]) for name, manifest in sorted(rows)
    ]


def _line(name: str, manifest: str, rows: int, equal: int) -> str:
    return f"{name:<28} {manifest:<12} {rows:>5} rows {equal:>5} equal {equal / rows:>8.2%}"


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Prints the table of the run."""
    lines = config.stash.get(_SUMMARY, [])
    if lines:
        terminalreporter.section("conformance with recorded answers")
        terminalreporter.write_line("\n".join(lines))

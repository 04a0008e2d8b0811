"""The rows, the server that replays them, and every row's outcome, made once for a run."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest

from . import recordings
from .decoding import Judged, judge_all
from .replay import ReplayServer
from .summary import decoded

Judge = Callable[[str], list[Judged]]

_SUMMARY = pytest.StashKey[list[str]]()


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
        found = asyncio.run(judge_all(server, dialect))
        request.config.stash.setdefault(_SUMMARY, []).extend(map(str, decoded(dialect, found)))
        return found

    return of_dialect


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Prints the table of the run."""
    lines = config.stash.get(_SUMMARY, [])
    if lines:
        terminalreporter.section("conformance with recorded answers")
        terminalreporter.write_line("\n".join(lines))

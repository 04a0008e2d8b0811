"""However the bytes of a stream are cut, its events are the same."""

from __future__ import annotations

import asyncio
from functools import partial

import pytest

from .conftest import Judge
from .decoding import Judged, in_batches
from .exchange import Outcome, ask, same_outcome
from .recordings import DIALECTS
from .replay import BYTEWISE, NOWHERE, RANDOM, CuttingTransport, ReplayServer, body_of

SAMPLE = 12
SHORT = 8_000


def streams(found: list[Judged]) -> list[Judged]:
    """The rows whose answer is a stream."""
    return [each for each in found if each.row.stream and each.row.status < 400]


async def cut_in_process(mode: str, each: Judged) -> Outcome:
    return await ask(each.row, NOWHERE, transport=CuttingTransport(each.row, each.number, mode))


async def cut_on_the_network(server: ReplayServer, each: Judged) -> Outcome:
    return await ask(each.row, server.url(each.number, BYTEWISE))


def assert_same(uncut: list[Judged], cut: list[Outcome]) -> None:
    changes = {
        each.row.id: "; ".join(same_outcome(each.outcome, outcome))
        for each, outcome in zip(uncut, cut, strict=True)
        if same_outcome(each.outcome, outcome)
    }
    assert not changes, f"{len(changes)} rows:\n" + "\n".join(f"{id}: {what}" for id, what in changes.items())


@pytest.mark.parametrize("mode", [BYTEWISE, RANDOM])
@pytest.mark.parametrize("dialect", DIALECTS)
def test_cut_streams_give_the_events_of_uncut_ones(judged: Judge, dialect: str, mode: str) -> None:
    uncut = streams(judged(dialect))
    cut = asyncio.run(in_batches([partial(cut_in_process, mode, each) for each in uncut]))
    assert_same(uncut, cut)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_bytes_that_come_one_by_one_over_tcp_give_the_same_events(
    judged: Judge, server: ReplayServer, dialect: str
) -> None:
    short = [each for each in streams(judged(dialect)) if len(body_of(each.row)) <= SHORT]
    sample = short[:: max(1, len(short) // SAMPLE)][:SAMPLE]
    cut = asyncio.run(in_batches([partial(cut_on_the_network, server, each) for each in sample]))
    assert_same(sample, cut)

"""Every recorded answer through the public client says what its bytes say."""

from __future__ import annotations

import pytest

from .conftest import Judge
from .known_differences import KNOWN_DIFFERENCES
from .recordings import DIALECTS, are_known
from .replay import WHOLE, ReplayServer

LEAST_EQUAL = 0.995

each_dialect = pytest.mark.parametrize("dialect", DIALECTS)


@each_dialect
def test_no_answer_crashes_or_hangs_the_client(judged: Judge, dialect: str) -> None:
    crashes = {each.row.id: each.outcome.crash for each in judged(dialect) if each.outcome.crash}
    assert not crashes, _listed(crashes)


@each_dialect
def test_answers_are_what_their_bytes_say(judged: Judge, dialect: str) -> None:
    found = judged(dialect)
    unequal = {each.row.id: "; ".join(each.differences) for each in found if each.differences}
    unlisted = {id: what for id, what in unequal.items() if id not in KNOWN_DIFFERENCES}
    assert len(unequal) <= max(1, len(found) * (1 - LEAST_EQUAL)), _listed(unequal)
    assert not (unlisted and are_known()), _listed(unlisted)


@each_dialect
def test_known_differences_still_differ(judged: Judge, dialect: str) -> None:
    equal = {each.row.id for each in judged(dialect) if not each.differences}
    assert not equal & KNOWN_DIFFERENCES.keys(), "take these out of known_differences.py"


def test_known_differences_are_rows(server: ReplayServer) -> None:
    assert not are_known() or KNOWN_DIFFERENCES.keys() <= {row.id for row in server.rows}


@each_dialect
def test_each_call_is_one_request(judged: Judge, server: ReplayServer, dialect: str) -> None:
    counts = {each.row.id: server.hits[WHOLE, each.number] for each in judged(dialect)}
    assert {id: hits for id, hits in counts.items() if hits != 1} == {}


def _listed(rows: dict[str, str]) -> str:
    return f"{len(rows)} rows:\n" + "\n".join(f"{id}: {what}" for id, what in sorted(rows.items()))

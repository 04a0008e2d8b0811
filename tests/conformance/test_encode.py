"""Every recorded request, asked for again through the public client, comes out key by key.

What may differ stands in ``allowed_differences.py``; what the unified API has no words for is not
counted, and ``asked.Why`` says why. Where the recordings are missing the tests skip.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from . import recordings
from .allowed_differences import ALLOWED
from .asked import Why
from .comparing import MISSING, Allowed, Difference, Exchange, compare, differences
from .encoding import Verdict, not_counted, verdicts
from .recordings import DIALECTS, are_known

LEAST_EQUAL = 0.98
MOST_ALLOWED = 30
MOST_NOT_COUNTED = 0.03

each_dialect = pytest.mark.parametrize("dialect", DIALECTS)


@pytest.fixture
def recorded() -> None:
    """Skips where there are no recordings."""
    if reason := recordings.missing():
        pytest.skip(reason)


@each_dialect
def test_requests_come_out_key_by_key(recorded: None, dialect: str) -> None:
    """Of a wire with few recordings one request may differ, though that be more than the share."""
    assert_equal_enough(verdicts(dialect), at_least=1)


def test_requests_of_all_wires_come_out_key_by_key(recorded: None) -> None:
    assert_equal_enough(of_all())


@each_dialect
def test_no_request_crashes_the_client(recorded: None, dialect: str) -> None:
    crashes = {each.request.id: each.found for each in verdicts(dialect) if each.crashed}
    assert not crashes


def test_each_allowed_difference_is_needed(recorded: None) -> None:
    used = Counter(id for each in of_all() for id in each.used)
    here = [each for each in ALLOWED if not each.wires or set(each.wires) & set(DIALECTS)]
    assert not are_known() or [each.id for each in here if not used[each.id]] == []


def test_allowed_differences_are_few_and_each_has_its_reason() -> None:
    ids = [each.id for each in ALLOWED]
    assert len(ids) == len(set(ids)) <= MOST_ALLOWED
    assert all(each.reason and (each.reading is None) != (each.told is None) for each in ALLOWED)


def test_what_is_not_counted_is_rare(recorded: None) -> None:
    reasons = not_counted()
    assert not are_known() or set(reasons) == set(Why), "a reason that is not needed may go"
    left_out = sum(len(found) for why, found in reasons.items() if why is not Why.NO_REQUEST)
    asked = len(of_all()) - len(reasons.get(Why.NO_REQUEST, ()))
    assert left_out <= MOST_NOT_COUNTED * asked, {why.name: len(found) for why, found in reasons.items()}


# The comparison itself


@each_dialect
def test_a_turn_that_is_lost_is_found(recorded: None, dialect: str) -> None:
    hidden = [each.request.id for each in equal_exchanges(dialect) if not compare(without_last_turn(each), ALLOWED)[0]]
    assert hidden == []


@each_dialect
def test_a_call_or_a_word_that_is_lost_is_found(recorded: None, dialect: str) -> None:
    hidden = [
        f"{each.request.id} without {key}"
        for each in equal_exchanges(dialect)
        for key, less in without_what_is_said(each)
        if not compare(less, ALLOWED)[0]
    ]
    assert hidden == []


@each_dialect
def test_a_number_that_is_changed_is_found(recorded: None, dialect: str) -> None:
    hidden = [each.request.id for each in equal_exchanges(dialect) if not compare(with_other_numbers(each), ALLOWED)[0]]
    assert hidden == []


def test_each_place_that_differs_is_found() -> None:
    recorded = {"model": "m", "messages": [{"role": "user", "content": "a"}], "n": 1, "seed": 7}
    sent = {"model": "m", "messages": [{"role": "user", "content": "b"}, {"role": "user"}], "seed": 7.0, "user": "u"}
    assert list(differences(recorded, sent)) == [
        Difference(("messages", 0, "content"), "a", "b"),
        Difference(("messages", 1), MISSING, {"role": "user"}),
        Difference(("n",), 1, MISSING),
        Difference(("user",), MISSING, "u"),
    ]


def test_a_switch_is_no_number() -> None:
    assert list(differences({"strict": True}, {"strict": 1})) == [Difference(("strict",), True, 1)]


@pytest.mark.parametrize("allowed", [each for each in ALLOWED if each.reading], ids=lambda each: each.id)
def test_no_reading_changes_data(allowed: Allowed) -> None:
    data = {"content": None, "stream": False, "my_key": [""], "role": "developer"}
    call = {"type": "tool_use", "input": data, "args": data}
    assert allowed.reading is not None
    assert allowed.reading({"messages": [{"role": "user", "content": [call, call]}]}) == {
        "messages": [{"role": "user", "content": [call, call]}]
    }


# Helpers


def of_all() -> list[Verdict]:
    return [each for dialect in DIALECTS for each in verdicts(dialect)]


def equal_exchanges(dialect: str) -> list[Exchange]:
    """Exchanges without a difference, or with allowed ones."""
    return [each.exchange for each in verdicts(dialect) if each.equal and each.exchange is not None]


def without_last_turn(exchange: Exchange) -> Exchange:
    """The exchange as if the client had left out the last thing said."""
    said = exchange.sent[_conversation(exchange)]
    return _with_conversation(exchange, said[:-1])


def without_what_is_said(exchange: Exchange) -> Iterator[tuple[str, Exchange]]:
    """The exchange without one of the things that a message consists of, for each of them."""
    said = exchange.sent[_conversation(exchange)]
    for at, message in enumerate(said if isinstance(said, list) else []):
        for key in message.keys() & _SAID:
            if message[key] not in (None, "", []):
                less = {name: value for name, value in message.items() if name != key}
                yield key, _with_conversation(exchange, [*said[:at], less, *said[at + 1 :]])


_SAID = {"arguments", "call_id", "content", "images", "output", "parts", "tool_call_id", "tool_calls"}


def _conversation(exchange: Exchange) -> str:
    return next(key for key in _CONVERSATIONS if key in exchange.sent)


def _with_conversation(exchange: Exchange, said: Any) -> Exchange:
    return replace(exchange, sent={**exchange.sent, _conversation(exchange): said})


_CONVERSATIONS = ("messages", "contents", "input", "prompt", "message", "inputText")


def with_other_numbers(exchange: Exchange) -> Exchange:
    """The exchange as if the client had changed each number; one without any gets one."""
    return replace(exchange, sent={**_other_numbers(exchange.sent), "seed": 77.5})


def _other_numbers(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _other_numbers(inner) for key, inner in value.items()}
    return value + 1 if isinstance(value, (int, float)) and not isinstance(value, bool) else value


def assert_equal_enough(found: Iterable[Verdict], at_least: int = 0) -> None:
    counted = [each for each in found if each.counted]
    unequal = [each for each in counted if not each.equal]
    assert len(unequal) <= max(at_least, (1 - LEAST_EQUAL) * len(counted)), _listed(unequal, len(counted))


def _listed(unequal: list[Verdict], counted: int) -> str:
    lines = [f"{each.request.id}: {'; '.join(each.found)}" for each in unequal]
    return "\n".join([f"{len(unequal)} of {counted} requests differ:", *lines])

"""JSON that is still coming: what is there already, however it is cut."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_lib_python._types.partial_json import ABSENT, PartialJson

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)
OBJECTS = st.dictionaries(st.text(max_size=5), VALUES, max_size=4) | st.lists(VALUES, max_size=4)


def grown(*pieces: str) -> list[Any]:
    """The value after each piece."""
    partial = PartialJson()
    found = []
    for piece in pieces:
        partial.feed(piece)
        found.append(partial.value())
    return found


def is_beginning(part: Any, whole: Any) -> bool:
    """Whether the one is the other, as far as it has come."""
    if isinstance(part, str) and isinstance(whole, str):
        return whole.startswith(part)
    if isinstance(part, list) and isinstance(whole, list):
        return len(part) <= len(whole) and all(map(is_beginning, part, whole))
    if isinstance(part, dict) and isinstance(whole, dict):
        keys = list(whole)[: len(part)]
        return list(part) == keys and all(is_beginning(part[key], whole[key]) for key in part)
    return type(part) is type(whole) and bool(part == whole)


@given(OBJECTS, st.booleans(), st.sampled_from([None, 2]), st.lists(st.integers(1, 7), min_size=1))
def test_the_last_value_is_the_whole_and_each_is_the_beginning_of_the_next(
    value: Any, ascii_only: bool, indent: int | None, sizes: list[int]
) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent)
    pieces, at = [], 0
    while at < len(text):
        size = sizes[len(pieces) % len(sizes)]
        pieces.append(text[at : at + size])
        at += size
    values = grown(*pieces)
    assert values[-1] == value
    for one, other in pairwise(values):
        assert is_beginning(one, other)


@given(OBJECTS)
def test_however_it_is_cut_the_values_after_the_same_text_are_the_same(value: Any) -> None:
    text = json.dumps(value)
    one_by_one = grown(*text)
    for end in range(1, len(text) + 1):
        assert grown(text[:end]) == [one_by_one[end - 1]]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"name": "Os', {"name": "Os"}),
        ('{"name', {}),
        ('{"name"', {}),
        ('{"name":', {}),
        ('{"age": 12', {}),
        ('{"age": 12,', {"age": 12}),
        ('{"age": 12 ', {"age": 12}),
        ('{"is": tru', {}),
        ('{"is": true}', {"is": True}),
        ('{"a": {"b": [1, 2, {"c": "d', {"a": {"b": [1, 2, {"c": "d"}]}}),
        ('{"a": "\\', {"a": ""}),
        ('{"a": "x\\u00', {"a": "x"}),
        ('{"a": "x\\u00e9', {"a": "xé"}),
        ('{"a": "x\\ud83d', {"a": "x"}),
        ('{"a": "x\\ud83d\\', {"a": "x"}),
        ('{"a": "x\\ud83d\\ude', {"a": "x"}),
        ('{"a": "x\\ud83d\\ude00', {"a": "x😀"}),
        ('{"a": "x\\\\u', {"a": "x\\u"}),
        ('{"a": "\\"', {"a": '"'}),
        ("[", []),
        ("[[],", [[]]),
    ],
)
def test_what_is_there_of_a_text_that_is_cut(text: str, value: Any) -> None:
    assert grown(text) == [value]
    assert grown(*text)[-1] == value


def test_nothing_is_there_before_the_first_bracket_and_nothing_changes_behind_the_last() -> None:
    assert grown("Here it is: ") == [ABSENT]
    assert grown("```json\n", '{"a": 1}', "\n``` as } asked {") == [ABSENT, {"a": 1}, {"a": 1}]


@pytest.mark.parametrize("text", ["{a: 1,", '{"a": nope,', '{"a" "b": 1}', "[1}"])
def test_what_is_no_json_is_said(text: str) -> None:
    with pytest.raises(ValueError, match="not JSON"):
        grown(text)


def test_each_value_is_a_new_one() -> None:
    partial = PartialJson()
    partial.feed('{"a": [1,')
    first = partial.value()
    partial.feed("2]}")
    partial.value()["a"].append(3)
    assert first == {"a": [1]}
    assert partial.value() == {"a": [1, 2]}

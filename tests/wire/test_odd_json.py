"""JSON that the standard does not know and servers write all the same."""

from __future__ import annotations

from typing import Any

import pytest

from ai_lib_python._wire.odd_json import OddJson, decode_odd

ODD: list[tuple[bytes, Any]] = [
    (b'{"a": NaN, "b": [Infinity, -Infinity]}', {"a": None, "b": [None, None]}),
    (b'{"a": "one\ntwo\tthree"}', {"a": "one\ntwo\tthree"}),
    (rb'{"a": "x\ud83d y"}', {"a": "x\N{REPLACEMENT CHARACTER} y"}),
    (rb'{"a": "x\uDE00"}', {"a": "x\N{REPLACEMENT CHARACTER}"}),
    (rb'{"a": "\ud83d\ud83d\ude00"}', {"a": "\N{REPLACEMENT CHARACTER}\N{GRINNING FACE}"}),
    (rb'{"a": "\\ud83d", "b": NaN}', {"a": r"\ud83d", "b": None}),
    (rb'{"a": "\\\ud83d\"", "b": "NaN"}', {"a": '\\\N{REPLACEMENT CHARACTER}"', "b": "NaN"}),
]


@pytest.mark.parametrize(("text", "value"), ODD, ids=repr)
def test_it_is_read(text: bytes, value: Any) -> None:
    assert decode_odd(text) == value
    assert OddJson().decode(text) == value


@pytest.mark.parametrize("text", [b"", b"{", b'{"a": ', b'{"a": "\xff"}', b"ping", b'{"a": 1} x', b"{'a': 1}"])
def test_what_is_no_json_is_an_error(text: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        decode_odd(text)


def test_halves_of_a_character_at_the_end_of_one_frame_and_at_the_beginning_of_the_next_are_one() -> None:
    frames = OddJson()
    assert frames.decode(rb'{"a": "x\ud83d"}') == {"a": "x"}
    assert frames.decode(rb'{"a": "\ude00y"}') == {"a": "\N{GRINNING FACE}y"}
    assert frames.decode(rb'{"a": "\ude00y"}') == {"a": "\N{REPLACEMENT CHARACTER}y"}

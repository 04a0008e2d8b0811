"""The JSON array decoder: a frame an element, however the body is cut."""

from __future__ import annotations

import contextlib
import json
import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_lib_python._wire.frame import Frame, FramingError
from ai_lib_python._wire.json_array import JsonArrayDecoder


def frame(data: bytes, event: str | None = None) -> Frame:
    return data, event


WIRES: dict[str, tuple[bytes, list[bytes]]] = {
    "gemini_layout": (b'[{\n  "a": 1\n}\n,\r\n{\n  "a": 2\n}\n]\n', [b'{\n  "a": 1\n}', b'{\n  "a": 2\n}']),
    "compact": (b'[{"a":1},{"b":2}]', [b'{"a":1}', b'{"b":2}']),
    "nested": (b'[{"a":[{"b":[]}]},{}]', [b'{"a":[{"b":[]}]}', b"{}"]),
    "brackets_in_strings": (b'[{"a":"}],[{"},{"]":"{"}]', [b'{"a":"}],[{"}', b'{"]":"{"}']),
    "escaped_quotes": (rb'[{"a":"\"}"},{"b\\":"\\\"]"}]', [rb'{"a":"\"}"}', rb'{"b\\":"\\\"]"}']),
    "string_elements": (rb'["a]","b\",", "\\"]', [rb'"a]"', rb'"b\","', rb'"\\"']),
    "scalar_elements": (b"[1, -2.5e3,true\n,false , null]", [b"1", b"-2.5e3", b"true", b"false", b"null"]),
    "array_elements": (b"[[1,2],[],[[3]]]", [b"[1,2]", b"[]", b"[[3]]"]),
    "utf8": ('[{"é":"\u2028😀"}]'.encode(), ['{"é":"\u2028😀"}'.encode()]),
    "bom_and_space": (b"\xef\xbb\xbf \r\n[ {} ] \n", [b"{}"]),
    "empty_array": (b" [ ] ", []),
    "single_object": (b' {"error": {"code": 400}}\n', [b'{"error": {"code": 400}}']),
    "comma_before_the_closing_bracket": (b"[{},]", [b"{}"]),
    "cut_off_between_elements": (b"[{},\n", [b"{}"]),
    "empty_body": (b"", []),
    "only_space": (b" \n", []),
}

FAULTS: dict[str, tuple[bytes, list[bytes], str]] = {
    "html": (b"<html><body>", [], "not a JSON array: it begins with b'<"),
    "text": (b"  upstream error", [], "not a JSON array: it begins with b'u"),
    "half_a_bom": (b"\xef\xbb", [], "not a JSON array"),
    "scalar": (b"12", [], "not a JSON array"),
    "unfinished_object": (b'[{},{"a":1', [b"{}"], "ends within an element"),
    "unfinished_string": (b'["a\\"', [], "ends within an element"),
    "unfinished_scalar": (b"[12", [], "ends within an element"),
    "unfinished_single_object": (b'{"a":[]', [], "ends within an element that begins with b'{"),
    "junk_between": (b"[{}\n}{}]", [b"{}"], "no JSON array element begins with b'}"),
    "junk_behind_the_array": (b"[{}] {}", [b"{}"], "followed by b'{"),
    "junk_behind_the_object": (b'{"a":1}\n,', [b'{"a":1}'], "followed by b','"),
}

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text('a"\\{}[],: \né'),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text('a"\\{}', max_size=3), inner, max_size=3),
    max_leaves=8,
)


def collect(pieces: list[bytes], frames: list[Frame]) -> None:
    """Fills the list as the frames come, so that those before a fault are seen."""
    decoder = JsonArrayDecoder()
    for piece in pieces:
        frames += decoder.feed(piece)
    frames += decoder.finish()


def decode(pieces: list[bytes]) -> list[Frame]:
    frames: list[Frame] = []
    collect(pieces, frames)
    return frames


def bytewise(body: bytes) -> list[bytes]:
    return [body[at : at + 1] for at in range(len(body))]


def cut(body: bytes, places: list[int]) -> list[bytes]:
    edges = [0, *sorted(place % (len(body) + 1) for place in places), len(body)]
    return [body[start:end] for start, end in pairwise(edges)]


@pytest.mark.parametrize(("body", "elements"), WIRES.values(), ids=WIRES.keys())
class TestWires:
    def test_whole(self, body: bytes, elements: list[bytes]) -> None:
        assert decode([body]) == [frame(element) for element in elements]

    def test_byte_by_byte(self, body: bytes, elements: list[bytes]) -> None:
        assert decode(bytewise(body)) == [frame(element) for element in elements]

    def test_cut_in_two_anywhere(self, body: bytes, elements: list[bytes]) -> None:
        for at in range(len(body) + 1):
            assert decode([body[:at], b"", body[at:]]) == [frame(element) for element in elements]

    @given(places=st.lists(st.integers(0, 60), max_size=6))
    def test_cut_at_random(self, body: bytes, elements: list[bytes], places: list[int]) -> None:
        assert decode(cut(body, places)) == [frame(element) for element in elements]


@pytest.mark.parametrize(("body", "elements", "message"), FAULTS.values(), ids=FAULTS.keys())
class TestFaults:
    @pytest.mark.parametrize("whole", [True, False], ids=["whole", "byte_by_byte"])
    def test_elements_before_the_fault_are_given(
        self, body: bytes, elements: list[bytes], message: str, whole: bool
    ) -> None:
        frames: list[Frame] = []
        with pytest.raises(FramingError, match=message):
            collect([body] if whole else bytewise(body), frames)
        assert frames == [frame(element) for element in elements]

    def test_fault_is_raised_again(self, body: bytes, elements: list[bytes], message: str) -> None:
        decoder = JsonArrayDecoder()
        with contextlib.suppress(FramingError):
            decoder.feed(body)
        for _ in range(2):
            with pytest.raises(FramingError, match=message):
                decoder.finish()


@given(
    values=st.lists(VALUES, max_size=5),
    indent=st.sampled_from([None, 1]),
    ascii_only=st.booleans(),
    places=st.lists(st.integers(0, 400), max_size=12),
)
def test_any_array_in_any_cutting(
    values: list[object], indent: int | None, ascii_only: bool, places: list[int]
) -> None:
    body = json.dumps(values, indent=indent, ensure_ascii=ascii_only).encode()
    assert [json.loads(data) for data, _ in decode(cut(body, places))] == values


def test_element_is_given_with_its_last_byte() -> None:
    decoder = JsonArrayDecoder()
    assert decoder.feed(b'[{"a":[1') == []
    assert decoder.feed(b"]}") == [frame(b'{"a":[1]}')]
    assert decoder.feed(b'\n,"b') == []
    assert decoder.feed(b'"') == [frame(b'"b"')]
    assert decoder.feed(b"]") == []
    assert decoder.finish() == []


@pytest.mark.parametrize("filling", [b"x", b"\\n", b'\\"'])
def test_long_element_in_small_pieces_takes_linear_time(filling: bytes) -> None:
    element = b'{"a":"' + filling * 2_000_000 + b'"}'
    body = b"[" + element + b"]"
    begun = time.process_time()
    frames = decode([body[at : at + 64] for at in range(0, len(body), 64)])
    # Quadratic copying would move tens of gigabytes.
    assert time.process_time() - begun < 4
    assert frames == [frame(element)]

"""The newline-delimited decoder: a frame a line, however the body is cut."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_lib_python._wire.frame import Frame
from ai_lib_python._wire.ndjson import NdjsonDecoder


def frame(data: bytes, event: str | None = None) -> Frame:
    return data, event


WIRES: dict[str, tuple[bytes, list[bytes]]] = {
    "lf": (b'{"a":1}\n{"a":2}\n', [b'{"a":1}', b'{"a":2}']),
    "crlf": (b'{"a":1}\r\n{"a":2}\r\n', [b'{"a":1}', b'{"a":2}']),
    "line_ends_mixed": (b"1\r\n2\n3\r\n", [b"1", b"2", b"3"]),
    "last_line_unterminated": (b"1\n2", [b"1", b"2"]),
    "last_line_ends_in_half_a_crlf": (b"1\r\n2\r", [b"1", b"2"]),
    "blank_lines": (b"\n\r\n1\n\n  \n \t\r\n2\n\n", [b"1", b"2"]),
    "lone_cr_ends_no_line": (b"1\r2\n", [b"1\r2"]),
    "bom": (b"\xef\xbb\xbf1\n2\n", [b"1", b"2"]),
    "only_one_bom": (b"\xef\xbb\xbf\xef\xbb\xbf1\n", [b"\xef\xbb\xbf1"]),
    "half_a_bom": (b"\xef\xbb", [b"\xef\xbb"]),
    "only_a_bom": (b"\xef\xbb\xbf", []),
    "not_json": (b"<html>\n", [b"<html>"]),
    "empty_body": (b"", []),
}


def decode(pieces: list[bytes]) -> list[Frame]:
    decoder = NdjsonDecoder()
    frames = [frame for piece in pieces for frame in decoder.feed(piece)]
    return frames + decoder.finish()


def cut(body: bytes, places: list[int]) -> list[bytes]:
    edges = [0, *sorted(place % (len(body) + 1) for place in places), len(body)]
    return [body[start:end] for start, end in pairwise(edges)]


@pytest.mark.parametrize(("body", "lines"), WIRES.values(), ids=WIRES.keys())
class TestWires:
    def test_whole(self, body: bytes, lines: list[bytes]) -> None:
        assert decode([body]) == [frame(line) for line in lines]

    def test_byte_by_byte(self, body: bytes, lines: list[bytes]) -> None:
        assert decode([body[at : at + 1] for at in range(len(body))]) == [frame(line) for line in lines]

    @given(places=st.lists(st.integers(0, 40), max_size=6))
    def test_cut_at_random(self, body: bytes, lines: list[bytes], places: list[int]) -> None:
        assert decode(cut(body, places)) == [frame(line) for line in lines]


@given(
    body=st.lists(st.sampled_from([b"{}", b"\r", b"\n", b" ", b"\xef", b"\xbb", b"\xbf", b"x"])).map(b"".join),
    places=st.lists(st.integers(0, 60), max_size=8),
)
def test_any_cutting_gives_the_same_frames(body: bytes, places: list[int]) -> None:
    assert decode(cut(body, places)) == decode([body])


def test_line_is_given_with_the_chunk_that_ends_it() -> None:
    decoder = NdjsonDecoder()
    assert decoder.feed(b"1\n2") == [frame(b"1")]
    assert decoder.feed(b"3") == []
    assert decoder.feed(b"\n") == [frame(b"23")]
    assert decoder.finish() == []


def test_long_line_in_small_pieces_takes_linear_time() -> None:
    body = b"x" * 4_000_000
    begun = time.process_time()
    frames = decode([body[at : at + 64] for at in range(0, len(body), 64)])
    # Quadratic copying would move 100 GB.
    assert time.process_time() - begun < 4
    assert frames == [frame(body)]

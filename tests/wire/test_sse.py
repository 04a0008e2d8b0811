"""The event stream decoder, by the WHATWG's examples and rules, however the body is cut."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ai_lib_python._wire.frame import Frame
from ai_lib_python._wire.sse import SseDecoder


def frame(data: bytes, event: str | None = None) -> Frame:
    return data, event


WIRES: dict[str, tuple[bytes, list[Frame]]] = {
    "whatwg_stock_ticker": (b"data: YHOO\ndata: +2\ndata: 10\n\n", [frame(b"YHOO\n+2\n10")]),
    "whatwg_four_blocks": (
        b": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n",
        [frame(b"first event"), frame(b"second event"), frame(b" third event")],
    ),
    "whatwg_empty_data": (b"data\n\ndata\ndata\n\ndata:", [frame(b""), frame(b"\n"), frame(b"")]),
    "whatwg_space_after_colon_is_optional": (
        b"data:test\n\ndata: test\n\n",
        [frame(b"test"), frame(b"test")],
    ),
    "whatwg_named_events": (
        b"event: add\ndata: 73857293\n\nevent: remove\ndata: 2153\n\nevent: add\ndata: 113411\n\n",
        [frame(b"73857293", "add"), frame(b"2153", "remove"), frame(b"113411", "add")],
    ),
    "empty_body": (b"", []),
    "only_blank_lines": (b"\n\n\r\n\r\r\n", []),
    "only_one_space_is_dropped": (b"data:   x \n\n", [frame(b"  x ")]),
    "tab_is_not_dropped": (b"data:\tx\n\n", [frame(b"\tx")]),
    "plain_events": (
        b'data: {"a":1}\n\ndata: {"a":2}\n\ndata: [DONE]\n\n',
        [
            frame(b'{"a":1}'),
            frame(b'{"a":2}'),
            frame(b"[DONE]"),
        ],
    ),
    "plain_then_multi_line_then_plain": (
        b"data: 1\n\ndata: 2\ndata: 3\n\ndata: 4\n\n",
        [
            frame(b"1"),
            frame(b"2\n3"),
            frame(b"4"),
        ],
    ),
    "plain_then_named_then_plain": (
        b"data: 1\n\nevent: x\ndata: 2\n\ndata: 3\n\n",
        [
            frame(b"1"),
            frame(b"2", "x"),
            frame(b"3"),
        ],
    ),
    "named_then_plain_then_named": (
        b"event: x\ndata: 1\n\ndata: 2\n\nevent: x\ndata: 3\n\n",
        [
            frame(b"1", "x"),
            frame(b"2"),
            frame(b"3", "x"),
        ],
    ),
    "named_then_multi_line": (
        b"event: x\ndata: 1\ndata: 2\n\nevent: x\ndata: 3\n\n",
        [
            frame(b"1\n2", "x"),
            frame(b"3", "x"),
        ],
    ),
    "crlf": (b"event: x\r\ndata: 1\r\n\r\ndata: 2\r\n\r\n", [frame(b"1", "x"), frame(b"2")]),
    "cr": (b"event: x\rdata: 1\r\rdata: 2\r\r", [frame(b"1", "x"), frame(b"2")]),
    "line_ends_mixed": (
        b"event: x\rdata: 1\r\ndata: 2\n\r\ndata: 3\r\n\ndata: 4\n\rdata: 5\r\r\n",
        [
            frame(b"1\n2", "x"),
            frame(b"3"),
            frame(b"4"),
            frame(b"5"),
        ],
    ),
    "cr_within_a_payload_ends_the_line": (
        b"data: 1\rdata: 2\n\ndata: 3\r4\r\n\r\n",
        [
            frame(b"1\n2"),
            frame(b"3"),
        ],
    ),
    "bom": (b"\xef\xbb\xbfdata: 1\n\n", [frame(b"1")]),
    "only_one_bom": (b"\xef\xbb\xbf\xef\xbb\xbfdata: 1\n\ndata: 2\n\n", [frame(b"2")]),
    "bom_later_is_part_of_the_field_name": (b"data: 1\n\n\xef\xbb\xbfdata: 2\n\n", [frame(b"1")]),
    "half_a_bom": (b"\xef\xbb", []),
    "half_a_bom_then_a_line": (b"\xef\xbbdata: 1\ndata: 2\n\n", [frame(b"\xef\xbbdata: 1\n2")]),
    "comments": (b": ping\n\n:\ndata: 1\n: between\ndata: 2\n\n:data: 3\n\n", [frame(b"1\n2")]),
    "id_retry_and_unknown_fields": (b"id: 7\nretry: 10\nfoo: bar\nfoo\ndata: 1\n data: 2\n\n", [frame(b"1")]),
    "field_names_are_exact": (
        b"Data: 1\ndatas: 2\nevents: x\nEvent: y\ndata : 3\ndata: 4\n\n",
        [frame(b"4")],
    ),
    "event_without_data_is_not_dispatched": (b"event: x\n\ndata: 1\n\n", [frame(b"1")]),
    "last_event_name_wins": (b"event: x\nevent: y\ndata: 1\n\n", [frame(b"1", "y")]),
    "event_name_after_data": (b"data: 1\nevent: x\n\n", [frame(b"1", "x")]),
    "empty_event_name_is_none": (
        b"event: \ndata: 1\n\nevent: x\nevent\ndata: 2\n\n",
        [frame(b"1"), frame(b"2")],
    ),
    "data_that_is_not_utf8": (b"event: a\ndata: \xff\n\n", [frame(b"\xff", "a")]),
    "event_name_that_is_not_utf8": (b"event: a\xff\ndata: 1\n\n", [frame(b"event: a\xff\n1", "a�")]),
    "field_name_that_is_not_utf8": (b"d\xffta: 1\n\ndata: 2\n\n", [frame(b"d\xffta: 1"), frame(b"2")]),
    "line_without_a_name_that_is_not_utf8": (b"\xff\n\ndata: 2\n\n", [frame(b"\xff"), frame(b"2")]),
    "comment_that_is_not_utf8": (b": \xff\ndata: 2\n\n", [frame(b"2")]),
    "sse_no_trailing_blank_line": (b"data: 1\n\ndata: 2\n", [frame(b"1"), frame(b"2")]),
    "sse_no_trailing_line_end": (b"data: 1\n\nevent: x\ndata: 2", [frame(b"1"), frame(b"2", "x")]),
    "crlf_no_trailing_blank_line": (b"data: 1\r\n\r\ndata: 2\r\n", [frame(b"1"), frame(b"2")]),
    "name_alone_at_the_end": (b"data: 1\n\nevent: x\n", [frame(b"1")]),
    "colon_and_quote_in_the_payload": (
        b'data: {"a":"data: b\\n\\ndata: c"}\n\n',
        [
            frame(b'{"a":"data: b\\n\\ndata: c"}'),
        ],
    ),
    "many_blank_lines": (b"\n\ndata: 1\n\n\n\ndata: 2\n\n\n", [frame(b"1"), frame(b"2")]),
}

LINES = st.sampled_from([
    b"data: {}", b"data:x", b"data", b"data:  y", b"event: a", b"event: b", b"event:", b"event", b": c", b":",
    b"id: 1", b"\xef\xbb\xbf", b"\xef", b"nonsense", b"data : z", b"data: event: a", b"event: a\ndata: 1\n",
    b"data: 2\n", b"",
])  # fmt: skip
STREAMS = st.lists(st.tuples(LINES, st.sampled_from([b"\n", b"\r\n", b"\r", b"\n\n", b"\r\n\r\n", b""]))).map(
    lambda parts: b"".join(line + end for line, end in parts)
)
LF_STREAMS = st.lists(LINES).map(b"\n".join)


def decode(pieces: list[bytes]) -> list[Frame]:
    decoder = SseDecoder()
    frames = [frame for piece in pieces for frame in decoder.feed(piece)]
    return frames + decoder.finish()


def cut(body: bytes, places: list[int]) -> list[bytes]:
    edges = [0, *sorted(place % (len(body) + 1) for place in places), len(body)]
    return [body[start:end] for start, end in pairwise(edges)]


def garbled(text: bytes) -> bool:
    return text.decode("utf-8", "ignore").encode() != text


def reference(body: bytes) -> list[Frame]:
    """The standard's algorithm, word for word, on a body that is there as a whole; but a line is kept whose field or
    event's name is no UTF-8.
    """
    if b"\xef\xbb\xbf".startswith(body):  # half a byte order mark, and nothing behind it
        return []
    lines = body.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    frames: list[Frame] = []
    data, event = b"", ""
    for line in [*lines, b""]:
        if line == b"":
            if data:
                frames.append(frame(data[:-1], event or None))
            data, event = b"", ""
            continue
        field, _, value = line.partition(b":")
        value = value[1:] if value[:1] == b" " else value
        if field == b"data":
            data += value + b"\n"
        elif field == b"event":
            event = value.decode("utf-8", "replace")
        if (field == b"event" and garbled(value)) or (field not in (b"data", b"event") and garbled(field)):
            data += line + b"\n"
    return frames


@pytest.mark.parametrize(("body", "frames"), WIRES.values(), ids=WIRES.keys())
class TestWires:
    def test_whole(self, body: bytes, frames: list[Frame]) -> None:
        assert decode([body]) == frames

    def test_byte_by_byte(self, body: bytes, frames: list[Frame]) -> None:
        assert decode([body[at : at + 1] for at in range(len(body))]) == frames

    def test_cut_in_two_anywhere(self, body: bytes, frames: list[Frame]) -> None:
        for at in range(len(body) + 1):
            assert decode([body[:at], b"", body[at:]]) == frames

    def test_line_by_line(self, body: bytes, frames: list[Frame]) -> None:
        assert decode(body.splitlines(keepends=True)) == frames

    @given(places=st.lists(st.integers(0, 200), max_size=8))
    def test_cut_at_random(self, body: bytes, frames: list[Frame], places: list[int]) -> None:
        assert decode(cut(body, places)) == frames

    def test_reference_agrees(self, body: bytes, frames: list[Frame]) -> None:
        assert reference(body) == frames


@given(body=STREAMS | LF_STREAMS | st.binary(), places=st.lists(st.integers(0, 300), max_size=12))
@example(body=b"data: \n\n\n", places=[])
@example(body=b"\ndata: 1\n\ndata: 2\r\n\r\ndata: 3\n\r\n", places=[1, 10, 21])
@example(body=b"\nevent: x\ndata: 1\n\nevent: x\ndata: 2\r\n\r\nevent: x\ndata: 3\r\n\n", places=[1, 19, 39])
@example(body=b"data: 1\r\n\r\n", places=[10])
def test_any_stream_in_any_cutting_is_read_as_the_standard_reads_it(body: bytes, places: list[int]) -> None:
    assert decode(cut(body, places)) == reference(body)


@given(body=STREAMS | LF_STREAMS)
def test_any_stream_event_by_event_is_read_as_the_standard_reads_it(body: bytes) -> None:
    # Chunks that end where events end are what the quick ways through the decoder are made for.
    pieces = [b"\n", *(piece + b"\n\n" for piece in body.split(b"\n\n"))]
    assert decode(pieces) == reference(b"".join(pieces))


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize("name", [None, "delta"])
def test_event_is_given_with_the_chunk_that_closes_it(line_end: bytes, name: str | None) -> None:
    decoder = SseDecoder()
    head = b"event: delta" + line_end if name else b""
    for number in range(4):
        data = b"%d" % number
        assert decoder.feed(head + b"data: " + data + line_end + line_end) == [frame(data, name)]
    assert decoder.finish() == []


def test_finish_gives_the_last_event_once() -> None:
    decoder = SseDecoder()
    assert decoder.feed(b"data: 1") == []
    assert decoder.finish() == [frame(b"1")]
    assert decoder.finish() == []


def test_long_line_in_small_pieces_takes_linear_time() -> None:
    payload = b"x" * 4_000_000
    body = b"data: " + payload + b"\n\n"
    begun = time.process_time()
    frames = decode([body[at : at + 64] for at in range(0, len(body), 64)])
    # Quadratic copying would move 100 GB.
    assert time.process_time() - begun < 4
    assert frames == [frame(payload)]


def test_event_of_many_lines_in_small_pieces_takes_linear_time() -> None:
    body = b"data: " + b"x" * 57 + b"\n"
    begun = time.process_time()
    frames = decode([body] * 50_000)
    assert time.process_time() - begun < 4
    assert frames == [frame(b"\n".join([b"x" * 57] * 50_000))]

"""AWS's binary event stream, whole, byte by byte, with damage, and as botocore reads and writes it."""

from __future__ import annotations

import struct
from zlib import crc32

import pytest
from botocore.eventstream import EventStreamBuffer
from hypothesis import given
from hypothesis import strategies as st

from ai_lib_python._wire.event_stream import LONGEST, EventStreamDecoder, event_message
from ai_lib_python._wire.frame import Frame, FramingError

HEADERS = {":event-type": "contentBlockDelta", ":message-type": "event"}
PAYLOAD = b'{"text":"Hi"}'
MESSAGE = event_message(HEADERS, PAYLOAD)


def decoded(*chunks: bytes) -> list[Frame]:
    decoder = EventStreamDecoder()
    frames = [frame for chunk in chunks for frame in decoder.feed(chunk)]
    return frames + decoder.finish()


def test_a_message_gives_its_payload_and_its_headers() -> None:
    assert decoded(MESSAGE) == [(PAYLOAD, HEADERS)]


def test_a_message_without_a_payload_is_an_empty_object() -> None:
    assert decoded(event_message({":event-type": "ping"}, b"")) == [(b"{}", {":event-type": "ping"})]


def test_botocore_reads_what_is_written() -> None:
    buffer = EventStreamBuffer()
    buffer.add_data(MESSAGE)
    (event,) = list(buffer)
    assert (event.headers, event.payload) == (HEADERS, PAYLOAD)


@given(
    messages=st.lists(
        st.tuples(st.dictionaries(st.text("ab:-", min_size=1), st.text(max_size=9), max_size=3), st.binary(min_size=1)),
        max_size=4,
    ),
    cuts=st.lists(st.integers(1, 30), min_size=1),
)
def test_cuts_change_nothing(messages: list[tuple[dict[str, str], bytes]], cuts: list[int]) -> None:
    body = b"".join(event_message(headers, payload) for headers, payload in messages)
    chunks: list[bytes] = []
    at = 0
    while at < len(body):
        size = cuts[len(chunks) % len(cuts)]
        chunks.append(body[at : at + size])
        at += size
    assert decoded(*chunks) == [(payload, headers) for headers, payload in messages]


def test_values_of_every_type_are_read_as_botocore_reads_them() -> None:
    headers = {
        "yes": b"\x00",
        "no": b"\x01",
        "byte": b"\x02\xcf",
        "short": b"\x03\x00\x2a",
        "int": b"\x04\x00\x00\xa0\x0c",
        "long": b"\x05\x00\x00\x00\x00\x00\x00\x00\x2a",
        "bytes": b"\x06\x00\x03abc",
        "text": b"\x07\x00\x02hi",
        "moment": b"\x08\x00\x00\x00\x00\x00\x84\x5f\xed",
        "uuid": b"\x09" + bytes(range(16)),
    }
    message = with_raw_headers(b"".join(bytes((len(name),)) + name.encode() + raw for name, raw in headers.items()))
    ((payload, got),) = decoded(message)
    buffer = EventStreamBuffer()
    buffer.add_data(message)
    (event,) = list(buffer)
    assert payload == event.payload == b"x"
    assert got == event.headers


def with_raw_headers(headers: bytes) -> bytes:
    """A message with these bytes for headers, its checksums right."""
    prelude = struct.pack(">II", 12 + len(headers) + 1 + 4, len(headers))
    message = prelude + struct.pack(">I", crc32(prelude)) + headers + b"x"
    return message + struct.pack(">I", crc32(message))


@pytest.mark.parametrize("at", [0, 5, 9, 20, len(MESSAGE) - 6, len(MESSAGE) - 1])
def test_a_damaged_message_is_an_error(at: int) -> None:
    damaged = bytearray(MESSAGE)
    damaged[at] ^= 1
    with pytest.raises(FramingError):
        decoded(bytes(damaged))


def test_a_body_that_ends_within_a_message_is_an_error() -> None:
    with pytest.raises(FramingError, match="ends within a message"):
        decoded(MESSAGE, MESSAGE[:-1])


@pytest.mark.parametrize("headers", [b"\x01a\x0b", b"\x09ab", b"\x01a\x07\x00\x09x", b"\x01\xff\x00"])
def test_headers_that_cannot_be_read_are_an_error(headers: bytes) -> None:
    with pytest.raises(FramingError, match="headers"):
        decoded(with_raw_headers(headers))


def test_a_length_that_nobody_would_wait_for_is_an_error() -> None:
    prelude = struct.pack(">II", LONGEST + 1, 0)
    with pytest.raises(FramingError, match="bytes long"):
        decoded(prelude + struct.pack(">I", crc32(prelude)))

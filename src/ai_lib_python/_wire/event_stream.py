"""AWS's binary event stream (``application/vnd.amazon.eventstream``): messages of headers and a payload.

A message, big endian: 4 bytes its whole length, 4 bytes the length of its headers, 4 bytes CRC-32 of those eight, the
headers, the payload, 4 bytes CRC-32 of all before. A header: 1 byte the length of its name, the name, 1 byte the type
of its value, the value. Source: https://docs.aws.amazon.com/AmazonS3/latest/API/RESTSelectObjectAppendix.html
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from typing import Any
from zlib import crc32

from .frame import CutOff, Frame, FramingError

PRELUDE = 12
CHECKSUM = 4
LONGEST = 16 * 2**20
"""Bytes of one message: AWS's own limit is 16 MiB; a longer one is noise, not worth waiting for."""


class EventStreamDecoder:
    """Cuts a body into one frame a message; the frame's event is the map of the message's headers."""

    may_end = True
    """Any message may be the last."""

    __slots__ = ("_fault", "_rest")

    def __init__(self) -> None:
        self._rest = bytearray()
        self._fault: FramingError | None = None

    def feed(self, chunk: bytes) -> list[Frame]:
        """The messages that this chunk completes.

        Raises:
            FramingError: a checksum or a length is wrong. Messages before that one are given first: the error comes
                with the next call then.
        """
        if self._fault:
            raise self._fault
        self._rest += chunk
        frames: list[Frame] = []
        try:
            self._cut(frames)
        except FramingError as fault:
            self._fault = fault
            if not frames:
                raise
        return frames

    def _cut(self, frames: list[Frame]) -> None:
        """Adds the messages that are whole to ``frames``."""
        rest, at = self._rest, 0
        try:
            while len(rest) - at >= PRELUDE:
                length = _length(rest, at)
                if len(rest) - at < length:
                    break
                frames.append(_message(bytes(rest[at : at + length])))
                at += length
        finally:
            del rest[:at]

    def finish(self) -> list[Frame]:
        """The body has ended.

        Raises:
            CutOff: it ended within a message.
            FramingError: an earlier one was broken.
        """
        if self._fault:
            raise self._fault
        if self._rest:
            self._rest.clear()
            raise CutOff("the body ends within a message of the event stream")
        return []


def _length(rest: bytearray, at: int) -> int:
    """The length of the message that begins at ``at``, if its prelude is whole."""
    length, headers, checksum = struct.unpack_from(">III", rest, at)
    if crc32(rest[at : at + 8]) != checksum:
        raise FramingError("a message of the event stream has a wrong checksum in its prelude")
    if not PRELUDE + headers + CHECKSUM <= length <= LONGEST:
        raise FramingError(f"a message of the event stream says it is {length} bytes long")
    return int(length)


def _message(message: bytes) -> Frame:
    (checksum,) = struct.unpack(">I", message[-CHECKSUM:])
    if crc32(message[:-CHECKSUM]) != checksum:
        raise FramingError("a message of the event stream has a wrong checksum")
    (size,) = struct.unpack_from(">I", message, 4)
    payload = message[PRELUDE + size : -CHECKSUM]
    try:
        return payload or b"{}", _headers(message[PRELUDE : PRELUDE + size])
    except (struct.error, IndexError, KeyError, UnicodeDecodeError):
        raise FramingError("a message of the event stream has headers that cannot be read") from None


def _headers(raw: bytes) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    at = 0
    while at < len(raw):
        name_end = at + 1 + raw[at]
        name = raw[at + 1 : name_end].decode()
        headers[name], at = _READERS[raw[name_end]](raw, name_end + 1)
    return headers


def _fixed(layout: str) -> Callable[[bytes, int], tuple[Any, int]]:
    """A reader of a value of fixed length."""
    size = struct.calcsize(layout)

    def read(raw: bytes, at: int) -> tuple[Any, int]:
        return struct.unpack_from(layout, raw, at)[0], at + size

    return read


def _text(raw: bytes, at: int) -> tuple[str, int]:
    value, end = _bytes(raw, at)
    return value.decode(), end


def _bytes(raw: bytes, at: int) -> tuple[bytes, int]:
    (size,) = struct.unpack_from(">H", raw, at)
    end = at + 2 + size
    if end > len(raw):
        raise IndexError(end)
    return raw[at + 2 : end], end


_READERS: Mapping[int, Callable[[bytes, int], tuple[Any, int]]] = {
    0: lambda _, at: (True, at),
    1: lambda _, at: (False, at),
    2: _fixed(">b"),
    3: _fixed(">h"),
    4: _fixed(">i"),
    5: _fixed(">q"),
    6: _bytes,
    7: _text,
    8: _fixed(">q"),
    9: _fixed(">16s"),
}
"""By the type of a value: true, false, whole numbers, bytes, text, a moment in milliseconds, a UUID."""

_TEXT = 7


def with_checksums(body: bytes) -> bytes:
    """The messages of a body whose bytes have been changed, but not their number, with checksums that are right again.

    What is not a whole message stays as it is.
    """
    changed = bytearray(body)
    at = 0
    while len(changed) - at >= PRELUDE:
        end = at + int.from_bytes(changed[at : at + 4], "big")
        if not at + PRELUDE + CHECKSUM <= end <= len(changed):
            break
        changed[end - CHECKSUM : end] = struct.pack(">I", crc32(changed[at : end - CHECKSUM]))
        at = end
    return bytes(changed)


def event_message(headers: Mapping[str, str], payload: bytes) -> bytes:
    """The bytes of one message whose headers are texts."""
    written = b"".join(_written(name.encode(), value.encode()) for name, value in headers.items())
    length = PRELUDE + len(written) + len(payload) + CHECKSUM
    prelude = struct.pack(">II", length, len(written))
    message = prelude + struct.pack(">I", crc32(prelude)) + written + payload
    return message + struct.pack(">I", crc32(message))


def _written(name: bytes, value: bytes) -> bytes:
    return bytes((len(name),)) + name + bytes((_TEXT,)) + struct.pack(">H", len(value)) + value

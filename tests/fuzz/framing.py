"""Framings: any bytes give frames or a FramingError, the same ones however the body is cut.

The first byte of an input chooses the framing, the second one how the body is cut; the rest is the body.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from struct import pack
from typing import Any
from zlib import crc32

from ai_lib_python._wire.event_stream import event_message
from ai_lib_python._wire.frame import Frame, FramingError
from ai_lib_python._wire.framings import FRAMINGS

from .cutting import pieces

RAW, SEALED = "aws-eventstream", "aws-eventstream, sealed"
"""As they come, and with the right checksums, which no fuzzer would ever guess."""

KINDS = (*FRAMINGS, SEALED)


def seeds() -> Iterator[bytes]:
    """A body of each kind, and odd ones."""
    message = event_message({":event-type": "delta", ":message-type": "event"}, b'{"text":"Hi"}')
    bodies = {
        "sse": [
            b"event: a\ndata: 1\n\ndata: 2\ndata: 3\n\n: ping\n\ndata: 4\n\n",
            b"\xef\xbb\xbfdata:x\r\n\r\nid: 7\rretry: 1\r\rdata\n\nevent\ndata: [DONE]",
        ],
        "ndjson": [b'{"a":1}\n{"b":"\xc3\xa9"}\r\n\n  \n[1]', b"\xef\xbb\xbf{}\n"],
        "json_array": [rb'[{"a":"]\"}"},1, -2.5e3,"x\\",[true],null]' + b"\n", b' {"error":{"code":1}} ', b"[1,2] 3"],
        RAW: [message + message, message[:-1]],
        SEALED: [bytes((0, 13)) + b"\x0b:event-type\x07\x00\x05delta" + b'{"a":1}', bytes((0, 2)) + b"\x01a" + b"x"],
    }
    for number, kind in enumerate(KINDS):
        for body in bodies[kind]:
            yield bytes((number, 0)) + body
            yield bytes((number, 3)) + body


def hold(data: bytes) -> None:
    """Fails where a framing does what no framing may."""
    if len(data) < 2:
        return
    kind = KINDS[data[0] % len(KINDS)]
    body = sealed(data[2:]) if kind == SEALED else data[2:]
    framing = kind.partition(",")[0]
    whole, failure = read(framing, [body])
    cut, failure_of_cut = read(framing, pieces(body, data[1]))
    assert cut == whole, f"{kind}: cut otherwise the frames are others: {cut!r} and {whole!r}"
    assert (failure is None) == (failure_of_cut is None), f"{kind}: {failure!r}, cut otherwise {failure_of_cut!r}"
    for payload, _ in whole:
        assert isinstance(payload, bytes)
    _hold_against_another_reading(framing, body, whole, failure)


def read(framing: str, chunks: list[bytes]) -> tuple[list[Frame], FramingError | None]:
    """All frames of a body, and why there are no more."""
    decoder = FRAMINGS[framing]()
    frames: list[Frame] = []
    try:
        for chunk in chunks:
            frames += decoder.feed(chunk)
            assert decoder.may_end in (True, False)
        frames += decoder.finish()
    except FramingError as error:
        return frames, error
    return frames, None


def sealed(data: bytes) -> bytes:
    """Messages with the right lengths and checksums; two bytes say how long the headers of each are."""
    body = b""
    while len(data) > 2 and len(body) < 10_000:
        size = min(int.from_bytes(data[:2], "big"), len(data) - 2)
        headers, data = data[2 : 2 + size], data[2 + size :]
        payload, data = data[: 1 + len(data) // 2], data[1 + len(data) // 2 :]
        prelude = pack(">II", 16 + len(headers) + len(payload), len(headers))
        message = prelude + pack(">I", crc32(prelude)) + headers + payload
        body += message + pack(">I", crc32(message))
    return body


def _hold_against_another_reading(framing: str, body: bytes, frames: list[Frame], failure: Exception | None) -> None:
    payloads = [payload for payload, _ in frames]
    if framing == "json_array":
        expected = _elements(body)
        if expected is not None:
            assert failure is None, f"{body!r} is JSON, but {failure}"
            assert repr([json.loads(payload) for payload in payloads]) == repr(expected)
    elif framing == "ndjson":
        lines = (line.removesuffix(b"\r") for line in body.removeprefix(b"\xef\xbb\xbf").split(b"\n"))
        assert payloads == [line for line in lines if line and not line.isspace()]


def _elements(body: bytes) -> Any:
    """What a JSON array, or an object alone, holds; None where the body is neither."""
    try:
        value = json.loads(body.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None
    return [value] if isinstance(value, dict) else value if isinstance(value, list) else None

"""The framings that a manifest may name."""

from __future__ import annotations

from collections.abc import Callable

from .event_stream import EventStreamDecoder
from .frame import Framing
from .json_array import JsonArrayDecoder
from .ndjson import NdjsonDecoder
from .sse import SseDecoder

FRAMINGS: dict[str, Callable[[], Framing]] = {
    "sse": SseDecoder,
    "ndjson": NdjsonDecoder,
    "json_array": JsonArrayDecoder,
    "aws-eventstream": EventStreamDecoder,
}

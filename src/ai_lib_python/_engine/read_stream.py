"""Bytes of a streamed answer to events. Sans-IO: it takes bytes in any pieces and gives events."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from .._compile.filters import Unreadable, ends_within_a_character
from .._wire.bounds import RAISE, WHOLE_STREAM
from .._wire.frame import BOM, CutOff, Frame, FramingError
from .._wire.framings import FRAMINGS
from .._wire.odd_json import OddJson
from .._wire.redact import BODY_LIMIT
from ..errors import AiLibError, IncompleteStream, ResponseTooLarge
from ..events import StreamingEvent
from ..message import NOT_JSON
from ..response import ChatResponse
from .assemble import Assembler, ErrorInAnswer
from .failures import error_in_answer, heard, malformed, parse_body, with_context
from .prepare import Prepared
from .read_answer import HALF

SHOWN = 2 * BODY_LIMIT
"""Bytes of a senseless body that are kept for the error: more than it shows, to find keys on the edge."""


BLANK = BOM + b" \t\r\n"
"""What may stand before a JSON text, byte by byte."""

BRACKETS = frozenset({b"{", b"["})


class StreamReader:
    """Reads one streamed answer.

    Attributes:
        prepared: the call that is being answered.
        heard: what its headers say of the provider's limits, where that is known.
        status: the answer's HTTP status.
        over: whether the wire has said that nothing more will come.
        failure: what went wrong; the events before it have been given.
    """

    def __init__(self, prepared: Prepared, status: int, headers: dict[str, str], *, whole: bool = False) -> None:
        """``whole`` says that the body is a plain answer, and none that comes in frames."""
        stream = prepared.manifest.data.get("stream", {})
        self.over = False
        self.failure: AiLibError | None = None
        program, origin = prepared.program, prepared.manifest.origin
        self.sink = Assembler(program.finish, origin, [], program.tags, prepared.messages)
        self.prepared = prepared
        self.status = status
        self._headers = headers
        self.heard = heard(prepared, headers)
        self._new_framing = FRAMINGS[stream.get("framing", "sse")]
        self._framing = self._new_framing()
        self._done = str(stream["done"]).encode() if "done" in stream else None
        self._ends = frozenset(stream.get("ends", ()))
        self._complete = "eof" in self._ends
        self._cut_off = False
        self._read = prepared.program.read_frame
        self._decode: Callable[[bytes], Any] = bytes.decode if stream.get("data") == "text" else msgspec.json.decode
        self._odd = OddJson()
        self._beginning = b""
        self._most = prepared.http.max_bytes
        self._size = self._framed = 0  # bytes that have come, and how many of them when the last frame was whole
        self._may_be_json = stream.get("framing", "sse") == "sse"
        self._whole: list[bytes] | None = [] if whole or _is_one_json(headers, stream) else None

    def feed(self, chunk: bytes) -> list[StreamingEvent]:
        """The events that this piece of the body completes."""
        self._size = size = self._size + len(chunk)
        if self._whole is not None:
            self._whole.append(chunk)
            if size > self._most:
                self._fail(self._too_large())
            return []
        if self.sink.found_nothing and len(self._beginning) < SHOWN:
            if self._is_json_after_all(chunk):
                self._whole = [chunk.lstrip(BLANK)]
                return []
            self._beginning += chunk[:SHOWN]
        try:
            frames = self._framing.feed(chunk)
        except FramingError as error:
            self._fail(self._malformed(str(error)))
            return self._taken()
        if frames:
            self._framed = size
            self._read_frames(frames)
        if size - self._framed > self._most or size > self._most * WHOLE_STREAM:
            self._fail(self._too_large())
        return self._taken()

    def _is_json_after_all(self, chunk: bytes) -> bool:
        """Whether a body that is called an event stream begins as none does: a plain answer, or an error, is in it."""
        return self._may_be_json and not self._beginning.strip(BLANK) and chunk.lstrip(BLANK)[:1] in BRACKETS

    def finish(self) -> list[StreamingEvent]:
        """The body has ended, or ``over`` is true: the last events. Sets ``failure`` where an end is missing."""
        if self.failure is not None:
            return []
        if self._whole is not None:
            self._read_whole(b"".join(self._whole))
        elif not self.over:
            self._read_last_frames()
        if self.failure is None:
            self.sink.close()
            self.failure = self._missing_end()
        return self._taken()

    @property
    def wants_no_more(self) -> bool:
        """Whether the rest of the body can change nothing."""
        return self.over or self.failure is not None

    @property
    def takes_whole(self) -> bool:
        """Whether the body is one plain answer, of which no event comes before its end."""
        return self._whole is not None

    def response(self) -> ChatResponse:
        """The answer so far."""
        return self.sink.response(
            self.prepared.manifest.id,
            adjustments=self.prepared.adjustments,
            raw=tuple(self.sink.unknown_frames) or None,
        )

    @property
    def request_id(self) -> str | None:
        """The provider's id of the request, where its headers give one."""
        return self.prepared.program.request_id(self._headers, None)

    def _read_frames(self, frames: list[Frame]) -> None:  # noqa: C901  # every frame passes here: no calls
        decode, read, sink, done, headers = self._decode, self._read, self.sink, self._done, self._headers
        for data, event in frames:
            if data == done:
                self._end()
                return
            try:
                frame = decode(data)
            except NOT_JSON as error:
                if not data.strip():
                    continue  # a sign of life
                frame = self._odd_frame(data, error)
                if self.wants_no_more:
                    return
            try:
                read(sink, frame, event, headers)
            except ErrorInAnswer as error:
                self._fail(self._error(error.data))
                return
            except Unreadable as error:
                self._fail(self._malformed(str(error), data))
                return
            if sink.ended:
                self.over = True
                return

    def _end(self) -> None:
        """The frame has come behind which nothing is read."""
        self.over = True
        self._complete = self._complete or "done" in self._ends

    def _odd_frame(self, data: bytes, problem: Exception) -> Any:
        """What a frame says that is no proper JSON; an error, or the end of the stream, where it says nothing."""
        if data.strip() == self._done:
            return self._end()
        try:
            return self._odd.decode(data)
        except NOT_JSON:
            return self._fail(self._malformed(f"a frame that is no JSON ({problem})", data))

    def _read_last_frames(self) -> None:
        try:
            frames = self._framing.finish()
            self._cut_off = bool(frames) and self._is_cut(frames[-1][0])
            self._read_frames(frames[:-1] if self._cut_off else frames)
        except CutOff:
            self._cut_off = True
        except FramingError as error:
            self._fail(self._malformed(str(error)))

    def _is_cut(self, data: bytes) -> bool:
        """Whether a frame that only the end of the body ended is none, because it would have gone on."""
        if data.strip() == self._done:
            return False
        try:
            self._decode(data)
        except NOT_JSON:
            return parse_body(data) is None
        return False

    def _read_whole(self, body: bytes) -> None:
        """A server that ignored the wish for a stream, or that sends its frames as one JSON array."""
        self._beginning = body[:SHOWN]
        in_text = self.prepared.program.answers_in_text
        data = body.decode(errors="replace") if in_text else parse_body(body)
        if data is None:
            self._read_unlabelled(body)
            return
        try:
            if isinstance(data, list):
                for frame in data:
                    self._read(self.sink, frame, None, self._headers)
            else:
                self.prepared.program.read_response(self.sink, data, None, self._headers)
        except ErrorInAnswer as error:
            self._fail(self._error(error.data))
        except Unreadable as error:
            self._fail(self._malformed(str(error)))
        self.over = self._complete = True

    def _read_unlabelled(self, body: bytes) -> None:
        """A stream that is labelled as JSON."""
        self._framing = self._new_framing()  # the other one may hold blanks that came before
        try:
            self._read_frames(self._framing.feed(body))
        except FramingError as error:
            self._fail(self._malformed(str(error)))
        if not self.over and self.failure is None:
            self._read_last_frames()

    def _missing_end(self) -> AiLibError | None:
        if self.sink.found_nothing and "eof" not in self._ends:
            return self._malformed("a stream with no answer in it")
        if ends_within_a_character(self.sink):
            return self._with_partial(self._malformed(HALF))
        finished = "finish" in self._ends and self.sink.has_finished
        ended = "end" in self._ends and self.sink.ended
        if not self._cut_off and ((self._complete and self._framing.may_end) or finished or ended):
            return None
        where = "within a frame" if self._cut_off else "before its end marker"
        return self._with_partial(IncompleteStream(f"the stream of {self.prepared.manifest.name} ended {where}"))

    def _too_large(self) -> AiLibError:
        name = self.prepared.manifest.name
        if self._whole is not None:
            return ResponseTooLarge(f"{name} answered with more than {self._most:,} bytes{RAISE}")
        if self._size - self._framed > self._most:
            problem = f"the stream of {name} went on for more than {self._most:,} bytes without an event"
        else:
            problem = f"the stream of {name} has more than {self._most * WHOLE_STREAM:,} bytes"
        return ResponseTooLarge(f"{problem}{RAISE}")

    def _error(self, data: Any) -> AiLibError:
        return error_in_answer(self.prepared, self._headers, data)

    def _malformed(self, problem: str, body: bytes | None = None) -> AiLibError:
        shown = self._beginning if body is None else body
        return malformed(self.prepared, self.status, shown, problem)

    def _fail(self, error: AiLibError) -> None:
        self.failure = self._with_partial(error)

    def _with_partial(self, error: AiLibError) -> AiLibError:
        return with_context(error, self.prepared, self.response())

    def _taken(self) -> list[StreamingEvent]:
        taken = self.sink.events or []
        self.sink.events = []
        return taken


def _is_one_json(headers: dict[str, str], stream: dict[str, Any]) -> bool:
    """Whether the body is one JSON value although frames were asked for; always, where the manifest knows of none."""
    if "steps" not in stream:
        return True
    return stream.get("framing", "sse") == "sse" and headers.get("content-type", "").lower().startswith(
        "application/json"
    )

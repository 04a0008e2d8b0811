"""What a stream gives, event by event.

Each kind is a frozen struct. ``event.is_content_delta`` asks for the kind and
``event.as_content_delta`` narrows to it, for type checkers too; ``isinstance`` and
``match`` work as well.
"""

from __future__ import annotations

from typing import Any, ClassVar, TypeVar

import msgspec

from .response import ToolOutcome, Usage

__all__ = [
    "AlternativeEvent",
    "CitationDelta",
    "ContentDelta",
    "Metadata",
    "PartialToolCall",
    "ReasoningDelta",
    "RefusalDelta",
    "StreamEnd",
    "StreamingEvent",
    "ToolAnswered",
    "ToolCallEnded",
    "ToolCallStarted",
    "UnknownEvent",
]

Kind = TypeVar("Kind", bound="StreamingEvent")


class StreamingEvent(msgspec.Struct, frozen=True):
    """The base of all events. Exactly one of the ``is_...`` flags is true.

    The ``as_...`` property that goes with it gives the same event, typed; the others raise ``TypeError``.
    """

    is_content_delta: ClassVar[bool] = False
    is_reasoning_delta: ClassVar[bool] = False
    is_refusal_delta: ClassVar[bool] = False
    is_tool_call_started: ClassVar[bool] = False
    is_partial_tool_call: ClassVar[bool] = False
    is_tool_call_ended: ClassVar[bool] = False
    is_tool_answered: ClassVar[bool] = False
    is_citation: ClassVar[bool] = False
    is_alternative: ClassVar[bool] = False
    is_metadata: ClassVar[bool] = False
    is_unknown: ClassVar[bool] = False
    is_stream_end: ClassVar[bool] = False

    def _narrow(self, kind: type[Kind]) -> Kind:
        if isinstance(self, kind):
            return self
        raise TypeError(f"this event is a {type(self).__name__}, not a {kind.__name__}")

    @property
    def as_content_delta(self) -> ContentDelta:
        return self._narrow(ContentDelta)

    @property
    def as_reasoning_delta(self) -> ReasoningDelta:
        return self._narrow(ReasoningDelta)

    @property
    def as_refusal_delta(self) -> RefusalDelta:
        return self._narrow(RefusalDelta)

    @property
    def as_tool_call_started(self) -> ToolCallStarted:
        return self._narrow(ToolCallStarted)

    @property
    def as_partial_tool_call(self) -> PartialToolCall:
        return self._narrow(PartialToolCall)

    @property
    def as_tool_call_ended(self) -> ToolCallEnded:
        return self._narrow(ToolCallEnded)

    @property
    def as_tool_answered(self) -> ToolAnswered:
        return self._narrow(ToolAnswered)

    @property
    def as_citation(self) -> CitationDelta:
        return self._narrow(CitationDelta)

    @property
    def as_alternative(self) -> AlternativeEvent:
        return self._narrow(AlternativeEvent)

    @property
    def as_metadata(self) -> Metadata:
        return self._narrow(Metadata)

    @property
    def as_unknown(self) -> UnknownEvent:
        return self._narrow(UnknownEvent)

    @property
    def as_stream_end(self) -> StreamEnd:
        return self._narrow(StreamEnd)


class ContentDelta(StreamingEvent, frozen=True):
    """A piece of the answer's text; never empty."""

    is_content_delta: ClassVar[bool] = True

    text: str


class ReasoningDelta(StreamingEvent, frozen=True):
    """A piece of the model's reasoning; never empty."""

    is_reasoning_delta: ClassVar[bool] = True

    text: str


class RefusalDelta(StreamingEvent, frozen=True):
    """A piece of the model's refusal; never empty."""

    is_refusal_delta: ClassVar[bool] = True

    text: str


class ToolCallStarted(StreamingEvent, frozen=True):
    """A tool call begins. ``index`` counts the calls of this answer from 0."""

    is_tool_call_started: ClassVar[bool] = True

    index: int
    id: str
    name: str


class PartialToolCall(StreamingEvent, frozen=True):
    """A fragment of a call's arguments: JSON text to be joined with the fragments before it."""

    is_partial_tool_call: ClassVar[bool] = True

    index: int
    arguments: str


class ToolCallEnded(StreamingEvent, frozen=True):
    """A call is whole. ``arguments_json`` is the same text as in the response's tool call."""

    is_tool_call_ended: ClassVar[bool] = True

    index: int
    id: str
    name: str
    arguments_json: str


class ToolAnswered(StreamingEvent, frozen=True):
    """Of ``stream_tools``: what a function gave for a call. ``index`` counts the calls of its answer from 0."""

    is_tool_answered: ClassVar[bool] = True

    index: int
    outcome: ToolOutcome


class CitationDelta(StreamingEvent, frozen=True):
    """A source the model cites, as the provider wrote it."""

    is_citation: ClassVar[bool] = True

    data: Any


class AlternativeEvent(StreamingEvent, frozen=True):
    """An event of another answer, where several were asked for with ``n``; events that stand alone are of the first.

    ``number`` counts the other answers from 1: it becomes ``response.alternatives[number - 1]``.
    """

    is_alternative: ClassVar[bool] = True

    number: int
    event: StreamingEvent


class Metadata(StreamingEvent, frozen=True):
    """What came about the answer: its id, the model that answered, the token counts so far."""

    is_metadata: ClassVar[bool] = True

    id: str | None = None
    model: str | None = None
    usage: Usage | None = None


class UnknownEvent(StreamingEvent, frozen=True):
    """A frame that the manifest does not know, as it came. It never breaks the stream."""

    is_unknown: ClassVar[bool] = True

    data: Any


class StreamEnd(StreamingEvent, frozen=True):
    """The last event of a complete stream."""

    is_stream_end: ClassVar[bool] = True

    finish_reason: str | None

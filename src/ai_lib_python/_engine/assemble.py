"""Puts an answer together: the one accumulator for whole bodies and for streams.

It is the *sink* that compiled readers talk to (see ``_compile.events``). Each method is
one thing a reader may find. With a list of ``events`` it also tells, as they come, what
a stream gives; without, it only accumulates.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec

from .._compile.filters import OWN_ID, as_text
from .._compile.finish import Finish
from .._compile.tags import Tags
from ..events import (
    AlternativeEvent,
    CitationDelta,
    ContentDelta,
    Metadata,
    PartialToolCall,
    ReasoningDelta,
    RefusalDelta,
    StreamingEvent,
    ToolCallEnded,
    ToolCallStarted,
    UnknownEvent,
)
from ..message import NOT_JSON, Message, OpaquePart, Part, ReasoningPart, RefusalPart, TextPart, ToolCall
from ..response import Adjustment, ChatResponse, Usage
from .patches import apply_patch
from .tags import TagSplitter

OTHER_COUNTS = Usage.__struct_fields__[5:]
"""The counts that are buckets as they stand."""

NUMBERS = frozenset({int})
"""What counts mostly are."""

DEAREST = Decimal(10**12)
"""A cost above it is none, whatever it is counted in."""

KEPT_UNKNOWN = 100
"""How many unknown frames of one stream are kept; all are counted."""


class ErrorInAnswer(Exception):
    """A reader found an error where an answer was due. ``data`` is what the provider sent."""

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        self.data = data


class _Text:
    """A text, reasoning or refusal that is still growing."""

    __slots__ = ("at", "data", "kind", "pieces", "signature")

    def __init__(self, kind: str, at: Any) -> None:
        self.kind = kind
        self.at = at
        self.pieces: list[str] = []
        self.signature: str | None = None
        self.data: str | None = None

    def part(self, origin: str) -> Part | None:
        text = "".join(self.pieces)
        if not text and self.signature is None and self.data is None:
            return None
        if self.kind == "refusal":
            return RefusalPart(text)
        signed = origin if self.signature is not None or self.kind == "reasoning" else None
        if self.kind == "reasoning":
            return ReasoningPart(text, self.signature, self.data, signed)
        return TextPart(text, self.signature, signed)


class _Call:
    """A tool call that is still growing."""

    __slots__ = (
        "at",
        "ended",
        "id",
        "index",
        "kind",
        "name",
        "patched",
        "pieces",
        "signature",
        "started",
        "whole",
    )

    def __init__(self, index: int, at: Any) -> None:
        self.kind = "tool_call"
        self.index = index
        self.at = at
        self.id = ""
        self.name = ""
        self.pieces: list[str] = []
        self.signature: str | None = None
        self.patched: dict[str, Any] | None = None
        self.whole = False
        self.started = False
        self.ended = False

    @property
    def arguments_json(self) -> str:
        return "".join(self.pieces) or "{}"

    @property
    def is_whole(self) -> bool:
        """Whether the arguments are a whole JSON object, so that a piece more cannot be theirs."""
        return self.whole or (bool(self.pieces) and self.pieces[-1].rstrip().endswith("}") and self._is_json)

    @property
    def _is_json(self) -> bool:
        try:
            msgspec.json.decode(self.arguments_json)
        except NOT_JSON:
            return False
        return True

    def part(self, origin: str) -> Part:
        return ToolCall(self.id, self.name, self.arguments_json, self.signature, origin if self.signature else None)


class _Opaque:
    """Something without a common form, and the JSON fragments that belong into it."""

    __slots__ = ("at", "data", "into", "kind", "pieces")

    def __init__(self, data: Any, at: Any) -> None:
        self.kind = "opaque"
        self.data = data
        self.at = at
        self.into: str | None = None
        self.pieces: list[str] = []

    def part(self, origin: str) -> Part:
        if self.into is None or not isinstance(self.data, dict):
            return OpaquePart(self.data, origin)
        text = "".join(self.pieces)
        try:
            value = msgspec.json.decode(text) if text else {}
        except msgspec.DecodeError:
            value = text
        return OpaquePart({**self.data, self.into: value}, origin)


class Assembler:
    """Collects one answer.

    Attributes:
        ended: whether the wire said that the answer is over.
        finish_reason: ours; ``raw_finish_reason`` is the wire's.
        events: what came since the list was last taken, or None when nobody listens.
        reported_cost: US dollars, where the provider told what the call costs.
        terms: what it told of how it served the call.
        beyond: whether the answer holds what is charged beside the counts.
    """

    def __init__(
        self,
        finish: Finish,
        origin: str,
        events: list[StreamingEvent] | None = None,
        tags: Tags | None = None,
        before: tuple[Message, ...] = (),
    ) -> None:
        """``before`` is the conversation that is answered: no id of our own may stand in it already."""
        self.events = events
        self.ended = False
        self.raw_finish_reason: str | None = None
        self.unknown_events = 0
        self.unknown_frames: list[Any] = []
        self.response_id: str | None = None
        self.response_model: str | None = None
        self._finish = finish
        self._origin = origin
        self._before = before
        self._open: list[_Text | _Call | _Opaque] = []
        self._last: _Text | _Call | _Opaque | None = None
        self._calls: list[_Call] = []
        self._calls_at: dict[Any, _Call] = {}
        self._counts: dict[str, int] = {}
        self.reported_cost: Decimal | None = None
        self.terms: dict[str, str] = {}
        self.beyond = False
        self._so_far: dict[tuple[str, Any], str] = {}
        self._citations: list[Any] = []
        self._logprobs: list[Any] = []
        self._splitter = TagSplitter(tags) if tags is not None else None
        self._tags = tags
        self._candidates: dict[Any, Assembler] = {}

    # What readers tell. The names are those of ``_compile.events.EVENTS``.

    def id(self, id: Any) -> None:
        if id and self.response_id is None:
            self.response_id = str(id)
            if self.events is not None:
                self.events.append(Metadata(id=self.response_id))

    def model(self, model: Any) -> None:
        if model and self.response_model is None:
            self.response_model = str(model)
            if self.events is not None:
                self.events.append(Metadata(model=self.response_model))

    def text(self, text: Any, at: Any = None, signature: Any = None, so_far: Any = None) -> None:
        if text.__class__ is not str:
            text = self._as_text(text)
        if so_far:
            text = self._new_in("text", at, text)
        if self._splitter is not None:
            thought, text = self._splitter.feed(text)
            self.reasoning(thought, at)
        if not text and signature is None:
            return  # an empty piece must not cut what is growing in two
        part = self._last
        if part.__class__ is not _Text or part.kind != "text" or part.at != at:
            part = self._text_at("text", at)
        if signature is not None or part.signature is not None:
            self._grow(part, text, signature, ContentDelta)
            return
        part.pieces.append(text)
        if self.events is not None:
            self.events.append(ContentDelta(text))

    def reasoning(self, text: Any, at: Any = None, signature: Any = None, data: Any = None, so_far: Any = None) -> None:
        text = self._as_text(text)
        if so_far:
            text = self._new_in("reasoning", at, text)
        if not text and signature is None and data is None:
            return
        part = self._last
        if part.__class__ is not _Text or part.kind != "reasoning" or part.at != at:
            part = self._text_at("reasoning", at)
        if data is not None:
            part.data = data
        self._grow(part, text, signature, ReasoningDelta)

    def refusal(self, text: Any) -> None:
        text = self._as_text(text)
        if not text:
            return
        part = self._last
        if part.__class__ is not _Text or part.kind != "refusal":
            part = self._open_text("refusal", None)
        self._grow(part, text, None, RefusalDelta)

    def tool_call(
        self, at: Any = None, id: Any = None, name: Any = None, arguments: Any = None, signature: Any = None
    ) -> None:
        id = str(id) if id else None
        call = self._call_for(_place(at), id, name, arguments)
        if call is None:
            return
        if id and not call.id:
            call.id = id
        if name and not call.name:
            call.name = str(name)
        if signature and call.signature is None:
            call.signature = str(signature)
        if call.name and not call.started:
            self._start(call)
        if arguments is not None:
            self._add_arguments(call, arguments)

    def fragment(self, text: Any, at: Any = None, into: Any = None) -> None:
        """A piece of JSON text for the call, or the opaque part, that began at ``at``; without it, for the last one."""
        part = self._begun_at(at)
        if isinstance(part, _Call):
            self._add_arguments(part, text)
        elif part is not None:
            part.into = into
            part.pieces.append(self._as_text(text))
        else:
            self.unknown({"fragment": text, "at": at})

    def _begun_at(self, at: Any) -> _Call | _Opaque | None:
        """What fragments for a place go into."""
        if at is not None and (call := self._calls_at.get(_place(at))) is not None:
            return call
        begun = (part for part in reversed(self._open) if not isinstance(part, _Text))
        return next((part for part in begun if at is None or (isinstance(part, _Opaque) and part.at == at)), None)

    def patch(self, path: Any, at: Any = None, value: Any = None, done: Any = None) -> None:
        """A value for one place in a call's arguments; texts for the same place are joined."""
        last = self._calls[-1] if self._calls and at is None else None
        call = self._calls_at.get(_place(at), last)
        patched = {} if call is None or call.patched is None else call.patched
        if call is None or not apply_patch(patched, self._as_text(path), value):
            self.unknown({"path": path, "at": at, "value": value})
        else:
            call.patched = patched

    def part_end(self, at: Any = None, arguments: Any = None) -> None:
        """The call that began there is whole; ``arguments`` count where no piece of them came before."""
        call = self._calls_at.get(_place(at)) or (self._calls[-1] if at is None and self._calls else None)
        if call is None:
            return
        if arguments is not None and not call.pieces:
            self._add_arguments(call, arguments)
        self._end(call)

    def opaque(self, data: Any, at: Any = None) -> None:
        self._append(_Opaque(data, at))

    def citation(self, data: Any) -> None:
        self._citations.append(data)
        if self.events is not None:
            self.events.append(CitationDelta(data))

    def logprobs(self, data: Any) -> None:
        self._logprobs.extend(data if isinstance(data, list) else [data])

    def finish(self, reason: Any) -> None:
        if reason is None or reason == "":
            return
        self.raw_finish_reason = str(reason)
        for call in self._calls:
            self._end(call)

    def usage(self, adds: bool = False, **counts: Any) -> None:
        """Token counts: the sums so far, or where ``adds`` is true only what is new."""
        before = None if self.events is None else dict(self._counts)
        told = {name: count for name, count in counts.items() if count is not None}
        if not NUMBERS.issuperset(map(type, told.values())) or min(told.values(), default=0) < 0:
            numbers = ((name, _count(count)) for name, count in told.items())
            told = {name: number for name, number in numbers if number is not None and number >= 0}
        if adds:
            told = {name: count + self._counts.get(name, 0) for name, count in told.items()}
        self._counts.update(told)
        if self.events is not None and self._counts != before:
            self.events.append(Metadata(usage=self.current_usage()))

    def cost(self, amount: Any, unit: str, adds: bool = False) -> None:
        """What the provider says that the call costs, or amounts that together make it; ``unit`` is 1 in US dollars."""
        known = [_amount(each) for each in (amount if isinstance(amount, list) else [amount])]
        if None not in known:
            before = self.reported_cost if adds else None
            self.reported_cost = sum(filter(None, known), Decimal(0)) * Decimal(unit) + (before or 0)

    def served(self, terms: Any = None, beyond: Any = None) -> None:
        """How the call was served, and whether the answer holds what is charged beside the counts."""
        if isinstance(terms, dict):
            for name, value in terms.items():
                self.terms[name] = as_text(value)
        if beyond:
            self.beyond = True

    def error(self, data: Any) -> None:
        raise ErrorInAnswer(data)

    def end(self, now: Any = True) -> None:
        self.ended = self.ended or bool(now)

    def unknown(self, frame: Any) -> None:
        self.unknown_events += 1
        if len(self.unknown_frames) < KEPT_UNKNOWN:
            self.unknown_frames.append(frame)
        if self.events is not None:
            self.events.append(UnknownEvent(frame))

    def candidate(self, number: Any) -> Assembler:
        """The sink of another answer, where several were asked for; the first one is this."""
        key = _place(number)
        found = self._candidates.get(key)
        if found is None:
            events = None if self.events is None else _Beside(self, _count(number) or len(self._candidates) + 1)
            found = Assembler(self._finish, self._origin, events, self._tags, self._before)
            self._candidates[key] = found
        return found

    # What the engine asks.

    @property
    def found_nothing(self) -> bool:
        """Whether no reader recognised anything of an answer."""
        found = self._open or self.raw_finish_reason or self._counts or self.response_id or self.response_model
        return not (found or self._candidates)

    @property
    def has_finished(self) -> bool:
        """Whether every answer has a reason for its end."""
        return self.raw_finish_reason is not None and all(each.has_finished for each in self._candidates.values())

    @property
    def has_parts(self) -> bool:
        """Whether any content has come."""
        return bool(self._open)

    @property
    def finish_reason(self) -> str | None:
        if self.raw_finish_reason is None:
            return None
        reason = self._finish.map.get(self.raw_finish_reason, "other")
        if self._finish.tool_calls_win and self._calls and reason in ("stop", "other"):
            return "tool_calls"
        return reason

    def close(self) -> None:
        """No more will come: what was held back is told, and calls that are still open are whole now."""
        if self._splitter is not None:
            thought, text = self._splitter.finish()
            self._splitter = None
            self.reasoning(thought)
            self.text(text)
        for call in self._calls:
            self._end(call)
        for other in self._candidates.values():
            other.close()

    def current_usage(self) -> Usage:
        """The counts so far, in buckets that do not overlap."""
        return _usage(self._counts)

    @property
    def counts_disagree(self) -> bool:
        """Whether the provider counts otherwise than its manifest says, so that no price fits the counts."""
        counts = self._counts
        cached = counts.get("cache_read", 0) + counts.get("cache_write", 0)
        return cached > 0 and "input" not in counts and cached > counts.get("prompt", cached)

    def response(self, provider: str, *, adjustments: tuple[Adjustment, ...] = (), raw: Any = None) -> ChatResponse:
        """The answer as it stands."""
        parts = [part.part(self._origin) for part in self._open]
        return ChatResponse(
            provider=provider,
            model=self.response_model,
            id=self.response_id,
            parts=tuple([part for part in parts if part is not None]),
            finish_reason=self.finish_reason,
            raw_finish_reason=self.raw_finish_reason,
            usage=self.current_usage(),
            citations=tuple(self._citations),
            logprobs=tuple(self._logprobs),
            unknown_events=self.unknown_events,
            alternatives=self._alternatives(provider) if self._candidates else (),
            adjustments=adjustments,
            raw=raw,
        )

    def _alternatives(self, provider: str) -> tuple[ChatResponse, ...]:
        """The other answers, in the order of their numbers."""
        numbers = sorted(self._candidates, key=lambda number: (_count(number) is None, _count(number) or 0))
        responses = (self._candidates[number].response(provider) for number in numbers)
        about = {"model": self.response_model, "id": self.response_id}
        return tuple(msgspec.structs.replace(response, **about) for response in responses)

    # How parts grow.

    def _append(self, part: _Text | _Call | _Opaque) -> None:
        self._open.append(part)
        self._last = part

    def _new_in(self, kind: str, at: Any, text: str) -> str:
        """What is new in a text that came whole so far. One that is not the text before and more is unknown."""
        before = self._so_far.get((kind, _place(at)), "")
        if not text.startswith(before):
            self.unknown({kind: text, "at": at})
            return ""
        self._so_far[kind, _place(at)] = text
        return text[len(before) :]

    def _text_at(self, kind: str, at: Any) -> _Text:
        """The text that grows at a place beside others that grow too; else a new one."""
        for part in reversed(self._open) if at is not None else ():
            if not isinstance(part, _Text):
                break
            if part.kind == kind and part.at == at:
                self._last = part
                return part
        return self._open_text(kind, at)

    def _open_text(self, kind: str, at: Any) -> _Text:
        part = _Text(kind, at)
        self._append(part)
        return part

    def _grow(self, part: _Text, text: str, signature: Any, event: type[Any]) -> None:
        if text:
            if part.signature is not None:
                part = self._open_text(part.kind, part.at)
            part.pieces.append(text)
            if self.events is not None:
                self.events.append(event(text))
        if signature is not None:
            part.signature = str(signature)

    @staticmethod
    def _as_text(value: Any) -> str:
        if isinstance(value, str):
            return value
        return "" if value is None else msgspec.json.encode(value).decode()

    def _call_for(self, at: Any, id: Any, name: Any, arguments: Any) -> _Call | None:
        """The call that a piece belongs to: by place, by id, or the last one; else a new one.

        None where the piece is a whole call that has come already.
        """
        if at is not None:
            call = self._calls_at.get(at)
        elif id:
            call = next((call for call in reversed(self._calls) if call.id == id), None)
        else:
            call = None if name or not self._calls else self._calls[-1]
        if call is None:
            return self._new_call(at)
        if not name:
            return call
        if at is not None and id and call.id and id != call.id:
            return self._new_call(at)
        if not arguments or not call.is_whole:
            return call
        said_again = name == call.name and self._as_text(arguments) == call.arguments_json
        return None if said_again else self._new_call(at)

    def _new_call(self, at: Any) -> _Call:
        call = _Call(len(self._calls), at)
        self._calls.append(call)
        if at is not None:
            self._calls_at[at] = call
        self._append(call)
        return call

    def _start(self, call: _Call) -> None:
        call.started = True
        if not call.id:
            call.id = self._own_id(call.index)
        if self.events is not None:
            self.events.append(ToolCallStarted(call.index, call.id, call.name))
            if call.pieces:
                self.events.append(PartialToolCall(call.index, "".join(call.pieces)))

    def _own_id(self, index: int) -> str:
        """An id for a call that the wire gives none: always the same, and not one of the conversation's before."""
        begin = f"{OWN_ID}{zlib.crc32((self.response_id or '').encode()):08x}_"
        calls = (part for message in self._before for part in message.parts if isinstance(part, ToolCall))
        ends = (call.id.removeprefix(begin) for call in calls if call.id.startswith(begin))
        first = max((int(end) + 1 for end in ends if end.isdecimal()), default=0)
        return f"{begin}{first + index}"

    def _add_arguments(self, call: _Call, arguments: Any) -> None:
        if call.whole:
            return
        if not isinstance(arguments, str):
            call.whole = True
            call.pieces.clear()
            arguments = self._as_text(arguments)
        if not arguments:
            return
        call.pieces.append(arguments)
        if call.started and self.events is not None:
            self.events.append(PartialToolCall(call.index, arguments))

    def _end(self, call: _Call) -> None:
        if call.ended:
            return
        call.ended = True
        if call.patched is not None and not call.pieces:
            self._add_arguments(call, call.patched)
        if not call.started:
            self._start(call)
        if self.events is not None:
            self.events.append(ToolCallEnded(call.index, call.id, call.name, call.arguments_json))


class _Beside(list[StreamingEvent]):
    """The events of an answer beside the first one: they are told as what that one's stream gives beside its own."""

    def __init__(self, first: Assembler, number: int) -> None:
        super().__init__()
        self._first = first
        self._number = number

    def append(self, event: StreamingEvent) -> None:
        if self._first.events is not None:
            self._first.events.append(AlternativeEvent(self._number, event))


def _place(at: Any) -> Any:
    """What a dict may have as its key; a wire may put anything where an index is due."""
    return at if at.__class__ in _INDEXES else repr(at)


_INDEXES = frozenset({type(None), int, float, str})


def _count(value: Any) -> int | None:
    """A token count as a number; providers write floats and digits too."""
    if isinstance(value, bool) or value is None:
        return None
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        return None


def _amount(value: Any) -> Decimal | None:
    """A number as it is written in JSON, or in a text; None where it is none, or below 0."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        amount = Decimal(str(value))
    except ArithmeticError:
        return None
    if amount.is_nan():
        return None
    return amount if 0 <= amount <= DEAREST else None


def _usage(counts: Mapping[str, int]) -> Usage:
    """Buckets that do not overlap, from counts that may. A part is never larger than its whole."""
    cache_read, cache_write = counts.get("cache_read"), counts.get("cache_write")
    reasoning, output = counts.get("reasoning"), counts.get("output")
    uncached = counts.get("input")
    if uncached is None and "prompt" in counts:
        prompt = counts["prompt"]
        cache_read = None if cache_read is None else min(cache_read, prompt)
        cache_write = None if cache_write is None else min(cache_write, prompt - (cache_read or 0))
        uncached = prompt - (cache_read or 0) - (cache_write or 0)
    if output is None and ("answer" in counts or reasoning is not None):
        output = counts.get("answer", 0) + (reasoning or 0)
    return Usage(uncached, cache_read, cache_write, output, reasoning, *map(counts.get, OTHER_COUNTS))

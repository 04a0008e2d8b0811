"""Answers to bytes: the body of a plain answer, and the frames of a streamed one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from .._compile.filters import as_text
from .._compile.program import Program
from .._compile.serve import Server
from .._compile.served import ServedAnswer, ServedCall, ServedError, ServedUsage
from .._manifest.manifest import Manifest
from .._wire.event_stream import event_message
from ..message import ToolCall
from ..request import ChatRequest
from ..response import Usage
from .answers import Answer
from .echo import tokens
from .requests import all_text

Frame = dict[str, Any]

EPOCH = 1_767_225_600
"""Answers are said to be made from 2026-01-01 on, a second apart, whatever the clock says."""

SIGNATURE = "c2ltdWxhdGVk"
"""Beside reasoning that was given none; base64, as clients may insist on that."""

ARGUMENTS_PIECE = 12
"""Characters of a tool call's arguments in one frame."""

CONTENT_TYPES = {
    "sse": "text/event-stream",
    "ndjson": "application/x-ndjson",
    "json_array": "application/json",
    "aws-eventstream": "application/vnd.amazon.eventstream",
}


def served(manifest: Manifest, request: ChatRequest, answer: Answer, number: int, address: str) -> ServedAnswer:
    """The answer with all that a wire may want to say of it."""
    finish_words = manifest.data["serve"].get("finish", {})
    return ServedAnswer(
        id=answer_id(number),
        model=request.model,
        created=EPOCH + number,
        text=answer.text,
        reasoning=answer.reasoning,
        signature=answer.signature or (SIGNATURE if answer.reasoning else None),
        tool_calls=tuple(_call(index, call) for index, call in enumerate(answer.tool_calls)),
        finish=finish_words.get(answer.finish, answer.finish),
        usage=_usage(answer.usage) if answer.usage is not None else _counted(request, answer),
        address=address,
        numbers=tuple(range(request.n or 1)),
    )


def answer_id(number: int) -> str:
    """The id of the ``number``-th answer of a server."""
    return f"sim-{number}"


def _call(index: int, call: ToolCall) -> ServedCall:
    return ServedCall(call.id, call.name, call.arguments, call.arguments_json, index)


def _usage(usage: Usage) -> ServedUsage:
    return ServedUsage(
        prompt=usage.prompt_tokens or 0,
        cache_read=usage.cache_read or 0,
        cache_write=usage.cache_write or 0,
        output=usage.output or 0,
        reasoning=usage.reasoning or 0,
        cache_write_1h=usage.cache_write_1h or 0,
    )


def _counted(request: ChatRequest, answer: Answer) -> ServedUsage:
    reasoning = tokens(answer.reasoning or "")
    calls = sum(tokens(call.name + call.arguments_json) for call in answer.tool_calls)
    output = tokens(answer.text or "") + calls + reasoning
    return ServedUsage(prompt=tokens(all_text(request)), output=output, reasoning=reasoning)


def as_json(value: Any) -> bytes:
    """The bytes of a body."""
    return msgspec.json.encode(value)


def stream_frames(program: Program, answer: ServedAnswer, chunk_size: int) -> Iterator[Frame]:
    """The frames of a streamed answer: start, each block with its pieces, finish, end."""
    write = _Frames(program.serve, answer)
    yield from write("start")
    index = 0
    for kind, text in (("reasoning", answer.reasoning), ("text", answer.text)):
        if text:
            yield from write.block(kind, index, words(text, chunk_size))
            index += 1
    for call in answer.tool_calls:
        yield from write.block("tool_call", index, pieces(call.arguments_json), call)
        index += 1
    yield from write("finish")
    yield from write("end")


class _Frames:
    """Writes the frames of one answer."""

    def __init__(self, server: Server, answer: ServedAnswer) -> None:
        self._write = server.write_frames
        self._answer = answer

    def __call__(self, event: str, *arguments: Any) -> list[Frame]:
        write = self._write.get(event)
        return (write(self._answer, *arguments) or []) if write is not None else []

    def block(self, kind: str, index: int, texts: list[str], call: ServedCall | None = None) -> Iterator[Frame]:
        """The start of a block, its pieces, and its end."""
        yield from self(f"{kind}_start", index, None, call)
        for text in texts:
            yield from self(kind, index, text, call)
        yield from self(f"{kind}_end", index, None, call)


def error_frames(program: Program, error: ServedError) -> list[Frame]:
    """The frames that tell of an error in mid-stream."""
    return program.serve.write_error_frames(error) or []


def words(text: str, size: int) -> list[str]:
    """The text in pieces of ``size`` words, each with the space before it."""
    found = re.findall(r"\s*\S+(?:\s+\Z)?|\s+", text)
    return ["".join(found[start : start + size]) for start in range(0, len(found), size)]


def pieces(text: str) -> list[str]:
    """Arguments in pieces of a fixed length."""
    return [text[start : start + ARGUMENTS_PIECE] for start in range(0, len(text), ARGUMENTS_PIECE)]


def numbered(frame: Frame, field: str | None, number: int) -> Frame:
    """The frame with its number in a field of its data, where the wire counts its frames."""
    if field is None or not isinstance(frame.get("data"), dict):
        return frame
    return {**frame, "data": {**frame["data"], field: number}}


def framed(framing: str, frame: Frame, number: int) -> bytes:
    """The bytes of the ``number``-th frame of a stream, counted from 0."""
    data = as_text(frame["raw"]).encode() if "raw" in frame else as_json(frame.get("data"))
    if framing == "aws-eventstream":
        return event_message(_message_headers(frame), data)
    if framing == "sse":
        data = data.replace(b"\n", b"\ndata: ")
        fields = "".join(f"{name}: {frame[name]}\n" for name in ("event", "id") if name in frame)
        return fields.encode() + b"data: " + data + b"\n\n"
    if framing == "ndjson":
        return data + b"\n"
    return (b"[" if number == 0 else b",\n") + data


def _message_headers(frame: Frame) -> dict[str, str]:
    """The headers of an AWS message, by which it says what it is."""
    kind = "exception" if "exception" in frame else "event"
    return {f":{kind}-type": frame[kind], ":content-type": "application/json", ":message-type": kind}


def ending(framing: str, count: int) -> bytes:
    """The bytes behind the last of ``count`` frames."""
    if framing != "json_array":
        return b""
    return b"]" if count else b"[]"

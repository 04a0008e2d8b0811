"""A second reading of Bedrock's recorded answers, of Converse and of InvokeModel; see ``reading``.

Binary streams are cut by botocore's own decoder. What was decided, and why:

* Calls of tools that AWS runs itself (``server_tool_use``) are not tool calls: nobody has to answer them.
* Text that has citations is text of the answer.
* Input tokens are counted without the cached ones: the totals of the recordings are the sum of all.
* InvokeModel gives what the model's own family speaks. The families are told by what stands in an answer, and
  where there are several generations only the first is read.
* A guardrail that stepped in is why an answer ended, whatever the model says.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from typing import Any

from ai_lib_python._wire.event_stream import event_message

from .reading import (
    REMOTE,
    Expected,
    Malformed,
    _at,
    _Collector,
    _list,
    _message_event,
    _message_whole,
    _messages_expected,
    _objects,
    _parsed,
)
from .recordings import Row

Event = tuple[str, dict[str, Any]]
"""What an event is called, and what it carries."""

EXCEPTION = "exception"

_USAGE = {
    "input": "inputTokens",
    "read": "cacheReadInputTokens",
    "written": "cacheWriteInputTokens",
    "output": "outputTokens",
}
_FINISH = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "guardrail_intervened": "content_filter",
    "content_filtered": "content_filter",
    "malformed_model_output": "error",
    "malformed_tool_use": "error",
}


def event_stream_body(row: Row) -> bytes:
    """The bytes of a stream of which only the events were kept, one ``{name: event}`` a line."""
    return b"".join(_message(name, event) for line in row.document.splitlines() for name, event in _named(line))


def _named(line: str) -> Iterator[Event]:
    return iter(json.loads(line).items()) if line.strip() else iter(())


def _message(name: str, event: Any) -> bytes:
    headers = {":event-type": name, ":content-type": "application/json", ":message-type": "event"}
    return event_message(headers, json.dumps(event).encode())


def events(row: Row) -> Iterator[Event]:
    """The events of a stream. An exception is called ``exception``, with its type as its ``code``."""
    from botocore.eventstream import EventStreamBuffer

    buffer = EventStreamBuffer()
    buffer.add_data(event_stream_body(row) if row.blob is None else row.blob)
    for message in buffer:
        (payload,) = _objects(_parsed(message.payload.decode() or "{}"))
        kind = message.headers[":message-type"]
        if kind == "event":
            yield message.headers[":event-type"], payload
        else:
            yield EXCEPTION, {"code": message.headers.get(f":{kind}-type") or message.headers.get(":error-code")}


# Converse


def read_bedrock_converse(row: Row) -> Expected:
    """What the recorded answer contains."""
    return _converse_stream(events(row)) if row.stream else _converse_whole(_whole(row))


def _whole(row: Row) -> dict[str, Any]:
    return _objects(_parsed(row.document))[0]


def _converse_whole(answer: Mapping[str, Any]) -> Expected:
    content = _at(answer, "output.message.content")
    if not isinstance(content, list):
        raise Malformed("no content")
    got = _Collector()
    for at, block in enumerate(content):
        _converse_block(got, at, block)
    got.finished(answer.get("stopReason"))
    got.count(answer.get("usage"), _USAGE)
    return _converse_expected(got)


def _converse_block(got: _Collector, key: int, block: Mapping[str, Any]) -> None:
    got.text += block.get("text") or ""
    got.text += "".join(said.get("text") or "" for said in _list(_at(block, "citationsContent.content")))
    got.reasoning += _at(block, "reasoningContent.reasoningText.text") or ""
    opened = block.get("toolUse")
    if opened and opened.get("type") != "server_tool_use":
        got.call(key, opened.get("toolUseId"), opened.get("name")).value = opened.get("input")


def _converse_stream(stream: Iterator[Event]) -> Expected:
    got = _Collector()
    for name, event in stream:
        if name == EXCEPTION:
            return _failed(got, event)
        _converse_event(got, name, event)
    return _converse_expected(got) if got.finish is not None else got.cut_short()


def _failed(got: _Collector, event: Mapping[str, Any]) -> Expected:
    return Expected(text=got.text, reasoning=got.reasoning, error=REMOTE, codes=(str(event["code"]),))


def _converse_event(got: _Collector, name: str, event: Mapping[str, Any]) -> None:
    if name == "contentBlockStart":
        opened = _at(event, "start.toolUse")
        if opened and opened.get("type") != "server_tool_use":
            got.call(event["contentBlockIndex"], opened["toolUseId"], opened["name"])
    elif name == "contentBlockDelta":
        got.text += _at(event, "delta.text") or ""
        got.reasoning += _at(event, "delta.reasoningContent.text") or ""
        call = got.open_call(event["contentBlockIndex"])
        if call is not None:
            call.text += _at(event, "delta.toolUse.input") or ""
    elif name == "messageStop":
        got.finished(event.get("stopReason"))
    elif name == "metadata":
        got.count(event.get("usage"), _USAGE)


def _converse_expected(got: _Collector) -> Expected:
    return Expected(
        text=got.text,
        reasoning=got.reasoning,
        tool_calls=got.closed_calls(),
        finish_reason=None if got.finish is None else _FINISH.get(got.finish, "other"),
        prompt_tokens=got.total("input", "read", "written"),
        completion_tokens=got.usage.get("output"),
    )


# InvokeModel

_METRICS = "amazon-bedrock-invocationMetrics"
_COUNTS: dict[str, tuple[str, ...]] = {
    "input": ("inputTextTokenCount", "prompt_token_count", "usage.prompt_tokens"),
    "output": (
        "results.tokenCount",
        "totalOutputTextTokenCount",
        "generation_token_count",
        "usage.completion_tokens",
    ),
}
_TEXTS = (
    "outputText",
    "results.outputText",
    "generation",
    "outputs.text",
    "generations.text",
    "completions.data.text",
    "choices.text",
    "completion",
    "text",
)
_REASONS = (
    "completionReason",
    "results.completionReason",
    "outputs.stop_reason",
    "generations.finish_reason",
    "completions.finishReason.reason",
    "choices.finish_reason",
    "finish_reason",
    "stop_reason",
)
_WORDS = {
    "FINISH": "stop",
    "STOP_CRITERIA_MET": "stop",
    "LENGTH": "length",
    "CONTENT_FILTERED": "content_filter",
    "stop": "stop",
    "length": "length",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "COMPLETE": "stop",
    "STOP_SEQUENCE": "stop",
    "MAX_TOKENS": "length",
    "ERROR_LIMIT": "length",
    "ERROR_TOXIC": "content_filter",
    "ERROR": "error",
    "endoftext": "stop",
    "guardrail_intervened": "content_filter",
}


def read_bedrock_invoke(row: Row) -> Expected:
    """What the recorded answer contains."""
    if not row.stream:
        return _invoke_whole(_whole(row))
    frames = list(_frames(row))
    first = next((frame for name, frame in frames if name != EXCEPTION), {})
    if "type" in first:
        return _claude_stream(frames)
    if "messageStart" in first:
        return _converse_stream(_nova_events(frames))
    return _plain_stream(frames)


def _frames(row: Row) -> Iterator[Event]:
    """The frames inside the chunks of a stream."""
    for name, event in events(row):
        yield (name, event) if name == EXCEPTION else (name, json.loads(base64.b64decode(event["bytes"])))


def _invoke_whole(answer: Mapping[str, Any]) -> Expected:
    if answer.get("type") == "message":
        return _message_whole(_Collector(), answer)
    if "output" in answer:
        return _converse_whole(_with_nova_counts(answer))
    got = _Collector()
    if all(_first(answer, path) is None for path in _TEXTS):
        raise Malformed("no text of any family")
    _plain_frame(got, answer)
    return _plain_expected(got)


def _with_nova_counts(answer: Mapping[str, Any]) -> dict[str, Any]:
    """The cached tokens of Nova under Converse's names."""
    usage = dict(answer.get("usage") or {})
    usage.setdefault("cacheReadInputTokens", usage.get("cacheReadInputTokenCount"))
    usage.setdefault("cacheWriteInputTokens", usage.get("cacheWriteInputTokenCount"))
    return {**answer, "usage": usage}


def _claude_stream(frames: list[Event]) -> Expected:
    got = _Collector()
    for name, frame in frames:
        if name == EXCEPTION:
            return _failed(got, frame)
        _message_event(got, frame)
        if frame.get("type") == "message_stop":
            return _messages_expected(got)
    return got.cut_short()


def _nova_events(frames: list[Event]) -> Iterator[Event]:
    for name, frame in frames:
        if name == EXCEPTION:
            yield name, frame
            continue
        for inner, event in frame.items():
            if inner == "metadata":
                yield inner, _with_nova_counts(event)
            elif not inner.startswith("amazon-"):
                yield inner, event


def _plain_stream(frames: list[Event]) -> Expected:
    got = _Collector()
    for name, frame in frames:
        if name == EXCEPTION:
            return _failed(got, frame)
        _plain_frame(got, frame)
    return _plain_expected(got) if got.finish is not None else got.cut_short()


def _plain_frame(got: _Collector, frame: Mapping[str, Any]) -> None:
    """A whole answer, or a frame of one, of a family that completes a text."""
    if frame.get("index") in (0, None):
        got.text += next((text for path in _TEXTS if (text := _first(frame, path)) is not None), "")
    got.finished(next((reason for path in _REASONS if (reason := _first(frame, path)) is not None), None))
    if frame.get("amazon-bedrock-guardrailAction") == "INTERVENED":
        got.finished("guardrail_intervened")
    for name, paths in _COUNTS.items():
        found = next((count for path in paths if (count := _first(frame, path)) is not None), None)
        metric = _at(frame, f"{_METRICS}.{name}TokenCount")
        got.count({name: found if found is not None else metric}, {name: name})


def _first(value: Any, path: str) -> Any:
    """What stands at a path; of a list on the way the first item."""
    for key in path.split("."):
        value = value.get(key) if isinstance(value, Mapping) else None
        value = value[0] if isinstance(value, list) and value else value
    return value


def _plain_expected(got: _Collector) -> Expected:
    return Expected(
        text=got.text,
        finish_reason=None if got.finish is None else _WORDS.get(got.finish, "other"),
        prompt_tokens=got.usage.get("input"),
        completion_tokens=got.usage.get("output"),
    )

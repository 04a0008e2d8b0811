"""A second reading of the recorded answers of Cohere's first chat; see ``reading``.

A stream is lines, each with its ``event_type``; it ends with ``stream-end``, which holds the whole answer once
more. The text is read from the pieces, so that what the end only repeats is not counted twice.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from .reading import Expected, Malformed, _at, _Collector, _list, _objects, _parsed
from .recordings import Row

_FINISH = {
    "COMPLETE": "stop",
    "STOP_SEQUENCE": "stop",
    "MAX_TOKENS": "length",
    "ERROR_LIMIT": "length",
    "ERROR_TOXIC": "content_filter",
    "ERROR": "error",
    "TIMEOUT": "error",
}
_USAGE = {"prompt": "tokens.input_tokens", "completion": "tokens.output_tokens"}
_OLDER_USAGE = {"prompt": "prompt_tokens", "completion": "response_tokens"}


def read_cohere_v1(row: Row) -> Expected:
    """What the recorded answer contains."""
    return _stream(row) if row.stream else _whole(row)


def _whole(row: Row) -> Expected:
    (answer,) = _objects(_parsed(row.document))
    if not isinstance(answer.get("text"), str):
        raise Malformed("no text")
    got = _Collector()
    got.text = answer["text"]
    _calls(got, answer)
    return _ended(got, answer.get("finish_reason"), answer)


def _stream(row: Row) -> Expected:
    got = _Collector()
    for line in row.document.split("\n"):
        if not line.strip():
            continue
        (event,) = _objects(_parsed(line))
        if event.get("event_type") == "text-generation":
            got.text += event["text"]
        elif event.get("event_type") == "tool-calls-chunk":
            got.reasoning += _at(event, "tool_call_delta.text") or event.get("text") or ""
        elif event.get("event_type") == "tool-calls-generation":
            _calls(got, event)
        elif event.get("event_type") == "stream-end":
            return _ended(got, event.get("finish_reason"), event["response"])
    return got.cut_short()


def _calls(got: _Collector, holder: Mapping[str, Any]) -> None:
    for call in _list(holder.get("tool_calls")):
        got.call(None, None, call["name"]).text = json.dumps(call["parameters"])


def _ended(got: _Collector, finish: Any, answer: Mapping[str, Any]) -> Expected:
    got.finished(finish)
    got.count(answer.get("token_count"), _OLDER_USAGE)
    got.count(answer.get("meta"), _USAGE)
    calls = got.closed_calls()
    reason = None if got.finish is None else _FINISH.get(got.finish, "other")
    return Expected(
        text=got.text,
        reasoning=got.reasoning,
        tool_calls=calls,
        finish_reason="tool_calls" if calls and reason == "stop" else reason,
        prompt_tokens=got.usage.get("prompt"),
        completion_tokens=got.usage.get("completion"),
    )

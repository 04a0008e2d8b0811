"""A second reading of the recorded answers of Google's Interactions API; see ``reading``.

What was decided, and why:

* A stream ends with ``interaction.completed``; a ``[DONE]`` behind it says nothing more.
* Steps that the provider runs itself (searches and their results) are neither text nor tool calls.
* Thoughts are counted beside the output, so the completion is the sum of both. Tokens of provider-run tools are a
  count of their own.
* A status is why the answer ended: ``requires_action`` for tool calls.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from .reading import Expected, Malformed, _at, _Collector, _list, frames
from .recordings import Row

_FINISH = {
    "completed": "stop",
    "requires_action": "tool_calls",
    "incomplete": "length",
    "budget_exceeded": "length",
    "requires_continuation": "length",
    "failed": "error",
}
_USAGE = {"prompt": "total_input_tokens", "output": "total_output_tokens", "thoughts": "total_thought_tokens"}


def read_gemini_interactions(row: Row) -> Expected:
    """What the recorded answer contains."""
    answers, done = frames(row)
    got = _Collector()
    if not row.stream:
        return _whole(got, answers[0])
    for event in answers:
        if event.get("event_type") == "error":
            return got.failed(event)
        _event(got, event)
        if event.get("event_type") == "interaction.completed":
            return _expected(got, event["interaction"])
    return _expected(got, {}) if done else got.cut_short()


def _whole(got: _Collector, answer: Mapping[str, Any]) -> Expected:
    if not isinstance(answer.get("steps"), list):
        raise Malformed("no steps")
    for step in answer["steps"]:
        if step["type"] == "model_output":
            got.text += "".join(part.get("text") or "" for part in _list(step.get("content")))
        elif step["type"] == "thought":
            got.reasoning += "".join(part.get("text") or "" for part in _list(step.get("summary")))
        elif step["type"] == "function_call":
            _call(got, None, step).text = json.dumps(step["arguments"])
    return _expected(got, answer)


def _call(got: _Collector, key: Any, step: Mapping[str, Any]) -> Any:
    return got.call(key, step.get("id"), step.get("name"))


def _event(got: _Collector, event: Mapping[str, Any]) -> None:
    delta = event.get("delta") or {}
    if event.get("event_type") == "step.start" and _at(event, "step.type") == "function_call":
        _call(got, event["index"], event["step"])
    elif delta.get("type") == "text":
        got.text += delta["text"]
    elif delta.get("type") == "thought_summary":
        got.reasoning += _at(delta, "content.text") or ""
    elif delta.get("type") == "arguments_delta":
        opened = got.open_call(event["index"])
        assert opened is not None
        opened.text += delta["arguments"]


def _expected(got: _Collector, interaction: Mapping[str, Any]) -> Expected:
    got.finished(interaction.get("status"))
    got.count(interaction.get("usage"), _USAGE)
    return Expected(
        text=got.text,
        reasoning=got.reasoning,
        tool_calls=got.closed_calls(),
        finish_reason=None if got.finish is None else _FINISH.get(got.finish, "other"),
        prompt_tokens=got.usage.get("prompt"),
        completion_tokens=got.total("output", "thoughts"),
    )

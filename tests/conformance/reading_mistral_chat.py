"""A second reading of Mistral's recorded answers; see ``reading``.

What differs from OpenAI's wire: content may be a list of chunks, of which some are thinking, which has chunks of its
own; a context that is full is a length; references are neither text nor thinking.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .reading import Expected, Malformed, _chat_call, _Collector, _first, _list, frames
from .recordings import Row

_FINISH = {
    "stop": "stop",
    "length": "length",
    "model_length": "length",
    "tool_calls": "tool_calls",
    "error": "error",
}
_USAGE = {"prompt": "prompt_tokens", "completion": "completion_tokens"}


def read_mistral_chat(row: Row) -> Expected:
    """What the recorded answer contains."""
    answers, done = frames(row)
    got = _Collector()
    for answer in answers:
        if answer.get("object") == "error":
            return got.failed({"error": answer})
        got.count(answer.get("usage"), _USAGE)
        for choice in _first(answer.get("choices")):
            got.finished(choice.get("finish_reason"))
            _message(got, choice["delta" if row.stream else "message"])
    if not row.stream and not _list(answers[0].get("choices")):
        raise Malformed("no choices")
    if row.stream and not done and got.finish is None:
        return got.cut_short()
    return _expected(got)


def _message(got: _Collector, message: Mapping[str, Any]) -> None:
    content = message.get("content")
    if isinstance(content, str):
        got.text += content
    for chunk in _list(content):
        got.text += chunk["text"] if chunk["type"] == "text" else ""
        got.reasoning += "".join(_thoughts(chunk))
    for at, call in enumerate(_list(message.get("tool_calls"))):
        _chat_call(got, call, at)


def _thoughts(chunk: Mapping[str, Any]) -> list[str]:
    """The texts inside a chunk of thinking."""
    inner = _list(chunk.get("thinking")) if chunk["type"] == "thinking" else []
    return [piece["text"] for piece in inner if piece.get("type") == "text"]


def _expected(got: _Collector) -> Expected:
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

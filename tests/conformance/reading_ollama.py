"""A second reading of Ollama's recorded answers, of its chat and of its completion of one prompt; see ``reading``.

What was decided, and why:

* A stream ends at the line that says ``done``; it carries the counts. One that stops before is incomplete.
* Calls come whole. Each is one of its own, whatever its index.
* An answer with calls ended for them, though the wire says ``stop``.
* A line with ``error`` is an error, under a status that was fine.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from .reading import Expected, Malformed, _Collector, _list, _objects, _parsed
from .recordings import Row

_FINISH = {"stop": "stop", "length": "length"}
_USAGE = {"prompt": "prompt_eval_count", "completion": "eval_count"}

_Reader = Callable[[_Collector, Mapping[str, Any]], None]


def read_ollama_chat(row: Row) -> Expected:
    """What the recorded answer of a chat contains."""
    return _read(row, _message)


def read_ollama_generate(row: Row) -> Expected:
    """What the recorded completion contains."""
    return _read(row, _completion)


def _read(row: Row, piece: _Reader) -> Expected:
    lines = [line for line in row.document.split("\n") if line.strip()] if row.kind == "ndjson" else [row.document]
    if not lines:
        raise Malformed("an empty answer")
    got = _Collector()
    for line in lines:
        (answer,) = _objects(_parsed(line))
        if "error" in answer:
            return got.failed(answer)
        piece(got, answer)
        if answer.get("done"):
            got.finished(answer.get("done_reason"))
            got.count(answer, _USAGE)
            return _expected(got)
    return got.cut_short()


def _message(got: _Collector, answer: Mapping[str, Any]) -> None:
    message = answer["message"]
    got.text += message.get("content") or ""
    got.reasoning += message.get("thinking") or ""
    for call in _list(message.get("tool_calls")):
        opened = got.call(None, call.get("id"), call["function"]["name"])
        opened.text = json.dumps(call["function"]["arguments"])


def _completion(got: _Collector, answer: Mapping[str, Any]) -> None:
    got.text += answer.get("response") or ""
    got.reasoning += answer.get("thinking") or ""


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

"""A second, independent reading of recorded answers of the Responses API: see ``reading``.

It reads a stream from its finished items, not from its deltas, and a part that was never finished
from the deltas alone, so that it can be held against a client that does the opposite. Decided here:

* A stream ends at the first ``response.completed``, ``.incomplete``, ``.failed`` or ``.cancelled``.
  Some recordings hold several answers one after the other; only the first is expected.
* ``[DONE]`` alone is no end: the API always sends one of those events before it.
* Whoever writes the parts of a summary under each other needs a line between them: they are
  joined by a blank line. Parts of raw reasoning and of text are joined as they are.
* A summary and raw reasoning of one item are both reasoning, the summary first.
* Calls of tools that somebody else runs, or that are no functions (``custom_tool_call``,
  ``shell_call``, ``mcp_call``, ``program``), are not tool calls: they have no common form.
* The finish reason is why an answer is incomplete, else its status. An answer that is queued, or
  incomplete for an unknown reason, ended for ``other``.
* A status of ``failed`` or ``cancelled``, or an error beside any other, is an error.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .reading import INCOMPLETE, REMOTE, Call, Expected, Malformed, arguments_of, frames
from .recordings import Row

ENDS = tuple(f"response.{status}" for status in ("completed", "incomplete", "failed", "cancelled"))

_FINISH = {"completed": "stop", "max_output_tokens": "length", "content_filter": "content_filter"}

Json = Mapping[str, Any]


def read_openai_responses(row: Row) -> Expected:
    """What a recorded answer, whole or streamed, contains."""
    answers, _ = frames(row)
    if row.stream and row.kind != "json":
        return _streamed(answers)
    answer = answers[0]
    if not isinstance(answer.get("output"), list) and not _failed(answer):
        raise Malformed("no output")
    return _expected(answer.get("output") or (), answer)


def _streamed(events: Iterable[Json]) -> Expected:
    items: dict[int, Json] = {}
    growing: dict[int, dict[str, str]] = {}
    for event in events:
        kind, at = event.get("type"), event.get("output_index", -1)
        if kind == "error" or event.get("error"):
            return _error([*items.values(), *_unfinished(growing, items)], event)
        if kind in ENDS:
            return _expected([items[at] for at in sorted(items)], event["response"])
        if kind == "response.output_item.done":
            items[at] = event["item"]
        elif kind == "response.output_text.delta":
            texts = growing.setdefault(at, {"text": ""})
            texts["text"] += event["delta"]
    came = _expected([*items.values(), *_unfinished(growing, items)], {})
    return Expected(text=came.text, reasoning=came.reasoning, error=INCOMPLETE)


def _unfinished(growing: Mapping[int, Json], items: Mapping[int, Json]) -> list[Json]:
    """The messages of which only deltas came."""
    return [{"type": "message", "content": [{"type": "output_text", **growing[at]}]} for at in growing.keys() - items]


def _failed(answer: Json) -> bool:
    return bool(answer.get("error")) or answer.get("status") in ("failed", "cancelled")


def _expected(items: Iterable[Json], answer: Json) -> Expected:
    if _failed(answer):
        return _error(items, answer)
    text, reasoning, calls = _content(items)
    usage = answer.get("usage") or {}
    return Expected(
        text=text,
        reasoning=reasoning,
        tool_calls=calls,
        finish_reason=_finish_reason(answer, bool(calls)),
        prompt_tokens=usage.get("input_tokens"),
        completion_tokens=usage.get("output_tokens"),
    )


def _error(items: Iterable[Json], answer: Json) -> Expected:
    """An error inside an answer; in an ``error`` event it may stand at the top."""
    text, reasoning, _ = _content(items)
    error = answer.get("error")
    told = error if isinstance(error, Mapping) else answer
    named = [told.get(name) for name in ("code", "type") if told.get(name) not in (None, "error")]
    return Expected(text=text, reasoning=reasoning, error=REMOTE, codes=tuple(str(name) for name in named))


def _finish_reason(answer: Json, calls: bool) -> str | None:
    reason = (answer.get("incomplete_details") or {}).get("reason") or answer.get("status")
    if reason is None:
        return None
    ours = _FINISH.get(reason, "other")
    return "tool_calls" if calls and ours in ("stop", "other") else ours


def _content(items: Iterable[Json]) -> tuple[str, str, tuple[Call, ...]]:
    """The text, the reasoning and the calls of finished items."""
    text, reasoning, calls = "", "", []
    for item in items:
        if item["type"] == "message":
            text += _texts(item.get("content"), "output_text")
        elif item["type"] == "reasoning":
            summary = [part["text"] for part in item.get("summary") or ()]
            reasoning += "\n\n".join(summary) + _texts(item.get("content"), "reasoning_text")
        elif item["type"] == "function_call":
            calls.append(Call(item["name"], arguments_of(item["arguments"]), item.get("call_id") or None))
    return text, reasoning, tuple(calls)


def _texts(parts: Any, kind: str) -> str:
    return "".join(part["text"] for part in parts or () if part["type"] == kind)

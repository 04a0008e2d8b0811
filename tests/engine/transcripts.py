"""The same short answer in every dialect, plain and streamed: a thought, a text, two tool calls, usage."""

from __future__ import annotations

from typing import Any

from .scripted import sse

TEXT = 'Grüße, 世界 🌍 "quoted"\n'
THOUGHT = "Both cities."
CALLS = [("weather", {"city": "Łódź"}), ("weather", {"city": "Paris", "days": [1, 2]})]


def _openai_chunk(delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return {"id": "c1", "object": "chat.completion.chunk", "model": "gpt-4o", "choices": [choice]}


def _openai_fragment(index: int, arguments: str, **head: Any) -> dict[str, Any]:
    name = {"name": head["name"]} if head else {}
    first = {"id": head["id"], "type": "function"} if head else {}
    return _openai_chunk({"tool_calls": [{"index": index, **first, "function": {**name, "arguments": arguments}}]})


_OPENAI_USAGE = {
    "prompt_tokens": 20,
    "completion_tokens": 9,
    "total_tokens": 29,
    "prompt_tokens_details": {"cached_tokens": 8},
    "completion_tokens_details": {"reasoning_tokens": 3},
}
_ANTHROPIC_USAGE = {
    "input_tokens": 12,
    "cache_read_input_tokens": 8,
    "cache_creation_input_tokens": 0,
    "output_tokens": 9,
}
_GEMINI_USAGE = {
    "promptTokenCount": 20,
    "cachedContentTokenCount": 8,
    "candidatesTokenCount": 6,
    "thoughtsTokenCount": 3,
}
_COHERE_USAGE = {"tokens": {"input_tokens": 20.0, "output_tokens": 9.0}, "cached_tokens": 8.0}

PLAIN: dict[str, dict[str, Any]] = {
    "openai-chat": {
        "id": "c1",
        "model": "gpt-4o",
        "choices": [
            {
                "index": 0,
                "message": {
                    "role": "assistant",
                    "reasoning_content": THOUGHT,
                    "content": TEXT,
                    "tool_calls": [
                        {
                            "id": "t1",
                            "type": "function",
                            "function": {"name": "weather", "arguments": '{"city": "Łódź"}'},
                        },
                        {
                            "id": "t2",
                            "type": "function",
                            "function": {"name": "weather", "arguments": '{"city": "Paris", "days": [1, 2]}'},
                        },
                    ],
                },
                "finish_reason": "tool_calls",
            }
        ],
        "usage": _OPENAI_USAGE,
    },
    "anthropic-messages": {
        "id": "m1",
        "type": "message",
        "model": "claude",
        "content": [
            {"type": "thinking", "thinking": THOUGHT, "signature": "sig=="},
            {"type": "text", "text": TEXT},
            {"type": "tool_use", "id": "t1", "name": "weather", "input": {"city": "Łódź"}},
            {"type": "tool_use", "id": "t2", "name": "weather", "input": {"city": "Paris", "days": [1, 2]}},
        ],
        "stop_reason": "tool_use",
        "usage": _ANTHROPIC_USAGE,
    },
    "gemini-generate": {
        "responseId": "r1",
        "modelVersion": "gemini-2.5-flash",
        "candidates": [
            {
                "content": {
                    "role": "model",
                    "parts": [
                        {"text": THOUGHT, "thought": True},
                        {"text": TEXT},
                        {
                            "functionCall": {"name": "weather", "args": {"city": "Łódź"}},
                            "thoughtSignature": "sig==",
                        },
                        {"functionCall": {"name": "weather", "args": {"city": "Paris", "days": [1, 2]}}},
                    ],
                },
                "finishReason": "STOP",
                "index": 0,
            }
        ],
        "usageMetadata": _GEMINI_USAGE,
    },
    "cohere-v2": {
        "id": "c1",
        "message": {
            "role": "assistant",
            "content": [{"type": "thinking", "thinking": THOUGHT}, {"type": "text", "text": TEXT}],
            "tool_calls": [
                {
                    "id": "t1",
                    "type": "function",
                    "function": {"name": "weather", "arguments": '{"city": "Łódź"}'},
                },
                {
                    "id": "t2",
                    "type": "function",
                    "function": {"name": "weather", "arguments": '{"city": "Paris", "days": [1, 2]}'},
                },
            ],
        },
        "finish_reason": "TOOL_CALL",
        "usage": _COHERE_USAGE,
    },
}


def _block(index: int, block: dict[str, Any], *deltas: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"type": "content_block_start", "index": index, "content_block": block},
        *({"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas),
        {"type": "content_block_stop", "index": index},
    ]


def _candidate(*parts: dict[str, Any], **more: Any) -> dict[str, Any]:
    head = {"responseId": "r1", "modelVersion": "gemini-2.5-flash"}
    return {**head, "candidates": [{"index": 0, "content": {"role": "model", "parts": list(parts)}, **more}]}


def _cohere_call(index: int, id: str, *fragments: str) -> list[dict[str, Any]]:
    start = {"tool_calls": {"id": id, "type": "function", "function": {"name": "weather", "arguments": ""}}}
    return [
        {"type": "tool-call-start", "index": index, "delta": {"message": start}},
        *(
            {
                "type": "tool-call-delta",
                "index": index,
                "delta": {"message": {"tool_calls": {"function": {"arguments": text}}}},
            }
            for text in fragments
        ),
        {"type": "tool-call-end", "index": index},
    ]


def _cohere_content(index: int, kind: str, *pieces: str) -> list[dict[str, Any]]:
    key = "text" if kind == "text" else "thinking"
    return [
        {"type": "content-start", "index": index, "delta": {"message": {"content": {"type": kind, key: ""}}}},
        *(
            {"type": "content-delta", "index": index, "delta": {"message": {"content": {key: piece}}}}
            for piece in pieces
        ),
        {"type": "content-end", "index": index},
    ]


FRAMES: dict[str, list[Any]] = {
    "openai-chat": [
        _openai_chunk({"role": "assistant", "content": ""}),
        _openai_chunk({"reasoning_content": "Both "}),
        _openai_chunk({"reasoning_content": "cities."}),
        _openai_chunk({"content": TEXT[:5]}),
        _openai_chunk({"content": TEXT[5:]}),
        _openai_fragment(0, "", id="t1", name="weather"),
        _openai_fragment(1, '{"city": ', id="t2", name="weather"),
        _openai_fragment(0, '{"city": "Łódź"}'),
        _openai_fragment(1, '"Paris", "days": [1, 2]}'),
        _openai_chunk({}, "tool_calls"),
        {"id": "c1", "model": "gpt-4o", "choices": [], "usage": _OPENAI_USAGE},
        "[DONE]",
    ],
    "anthropic-messages": [
        {
            "type": "message_start",
            "message": {
                "id": "m1",
                "type": "message",
                "model": "claude",
                "content": [],
                "usage": {**_ANTHROPIC_USAGE, "output_tokens": 1},
            },
        },
        {"type": "ping"},
        *_block(
            0,
            {"type": "thinking", "thinking": "", "signature": ""},
            {"type": "thinking_delta", "thinking": THOUGHT},
            {"type": "signature_delta", "signature": "sig=="},
        ),
        *_block(
            1,
            {"type": "text", "text": ""},
            {"type": "text_delta", "text": TEXT[:3]},
            {"type": "text_delta", "text": TEXT[3:]},
        ),
        *_block(
            2,
            {"type": "tool_use", "id": "t1", "name": "weather", "input": {}},
            {"type": "input_json_delta", "partial_json": ""},
            {"type": "input_json_delta", "partial_json": '{"city":"Łódź"}'},
        ),
        *_block(
            3,
            {"type": "tool_use", "id": "t2", "name": "weather", "input": {}},
            {"type": "input_json_delta", "partial_json": '{"city":"Pa'},
            {"type": "input_json_delta", "partial_json": 'ris","days":[1,2]}'},
        ),
        {"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 9}},
        {"type": "message_stop"},
    ],
    "gemini-generate": [
        _candidate({"text": THOUGHT, "thought": True}),
        _candidate({"text": TEXT[:4]}),
        _candidate({"text": TEXT[4:]}),
        _candidate({"functionCall": {"name": "weather", "args": {"city": "Łódź"}}, "thoughtSignature": "sig=="}),
        _candidate({"functionCall": {"name": "weather", "args": {"city": "Paris", "days": [1, 2]}}}),
        {**_candidate(finishReason="STOP"), "usageMetadata": _GEMINI_USAGE},
    ],
    "cohere-v2": [
        {"type": "message-start", "id": "c1", "delta": {"message": {"role": "assistant"}}},
        *_cohere_content(0, "thinking", "Both ", "cities."),
        *_cohere_content(1, "text", TEXT[:2], TEXT[2:]),
        *_cohere_call(0, "t1", '{"city": ', '"Łódź"}'),
        *_cohere_call(1, "t2", '{"city": "Paris", "days": [1, 2]}'),
        {"type": "message-end", "delta": {"finish_reason": "TOOL_CALL", "usage": _COHERE_USAGE}},
    ],
}

STREAMS = {
    dialect: sse(*frames, names=dialect in ("anthropic-messages", "cohere-v2")) for dialect, frames in FRAMES.items()
}
"""The frames as a body."""

"""What goes over the wire of each dialect, in full: plain, streamed, and a tool call, plain and streamed."""
# ruff: noqa: E501  # a frame of a stream is one line

from __future__ import annotations

from typing import Any, NamedTuple

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
MESSAGES = [{"role": "user", "content": "Hi there"}]


class Transcript(NamedTuple):
    """One request and its answer; ``path`` is below the address of the dialect."""

    dialect: str
    name: str
    path: str
    request: dict[str, Any]
    content_type: str
    answer: Any


def _openai(**more: Any) -> dict[str, Any]:
    return {"model": "gpt-x", "messages": MESSAGES, **more}


OPENAI_TOOLS = [{"type": "function", "function": {"name": "weather", "parameters": SCHEMA}}]

OPENAI = [
    Transcript(
        "openai-chat",
        "plain",
        "/v1/chat/completions",
        _openai(),
        "application/json",
        {
            "id": "sim-1",
            "object": "chat.completion",
            "created": 1767225601,
            "model": "gpt-x",
            "choices": [
                {
                    "index": 0,
                    "message": {"role": "assistant", "content": "You said: Hi there"},
                    "finish_reason": "stop",
                }
            ],
            "usage": {
                "prompt_tokens": 2,
                "completion_tokens": 5,
                "total_tokens": 7,
                "prompt_tokens_details": {"cached_tokens": 0},
                "completion_tokens_details": {"reasoning_tokens": 0},
            },
        },
    ),
    Transcript(
        "openai-chat",
        "stream",
        "/v1/chat/completions",
        _openai(stream=True),
        "text/event-stream",
        """\
data: {"id":"sim-1","object":"chat.completion.chunk","created":1767225601,"model":"gpt-x","choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}

data: {"id":"sim-1","object":"chat.completion.chunk","created":1767225601,"model":"gpt-x","choices":[{"index":0,"delta":{"content":"You"}}]}

data: {"id":"sim-1","object":"chat.completion.chunk","created":1767225601,"model":"gpt-x","choices":[{"index":0,"delta":{"content":" said:"}}]}

data: {"id":"sim-1","object":"chat.completion.chunk","created":1767225601,"model":"gpt-x","choices":[{"index":0,"delta":{"content":" Hi"}}]}

data: {"id":"sim-1","object":"chat.completion.chunk","created":1767225601,"model":"gpt-x","choices":[{"index":0,"delta":{"content":" there"}}]}

data: {"id":"sim-1","object":"chat.completion.chunk","created":1767225601,"model":"gpt-x","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}

data: {"id":"sim-1","object":"chat.completion.chunk","created":1767225601,"model":"gpt-x","choices":[],"usage":{"prompt_tokens":2,"completion_tokens":5,"total_tokens":7,"prompt_tokens_details":{"cached_tokens":0},"completion_tokens_details":{"reasoning_tokens":0}}}

data: [DONE]

""",
    ),
    Transcript(
        "openai-chat",
        "tool call",
        "/v1/chat/completions",
        _openai(tools=OPENAI_TOOLS),
        "application/json",
        {
            "id": "sim-1",
            "object": "chat.completion",
            "created": 1767225601,
            "model": "gpt-x",
            "choices": [
                {
                    "index": 0,
                    "message": {
                        "role": "assistant",
                        "tool_calls": [
                            {
                                "id": "call_1",
                                "type": "function",
                                "function": {"name": "weather", "arguments": '{"city":"example"}'},
                            }
                        ],
                    },
                    "finish_reason": "tool_calls",
                }
            ],
            "usage": {
                "prompt_tokens": 38,
                "completion_tokens": 7,
                "total_tokens": 45,
                "prompt_tokens_details": {"cached_tokens": 0},
                "completion_tokens_details": {"reasoning_tokens": 0},
            },
        },
    ),
    Transcript(
        "openai-chat",
        "streamed tool call",
        "/v1/chat/completions",
        _openai(tools=OPENAI_TOOLS, stream=True),
        "text/event-stream",
        """\
data: {"id":"sim-1","object":"chat.completion.chunk","created":1767225601,"model":"gpt-x","choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}

data: {"id":"sim-1","object":"chat.completion.chunk","created":1767225601,"model":"gpt-x","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"call_1","type":"function","function":{"name":"weather","arguments":""}}]}}]}

data: {"id":"sim-1","object":"chat.completion.chunk","created":1767225601,"model":"gpt-x","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\\"city\\":\\"exa"}}]}}]}

data: {"id":"sim-1","object":"chat.completion.chunk","created":1767225601,"model":"gpt-x","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"mple\\"}"}}]}}]}

data: {"id":"sim-1","object":"chat.completion.chunk","created":1767225601,"model":"gpt-x","choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}

data: {"id":"sim-1","object":"chat.completion.chunk","created":1767225601,"model":"gpt-x","choices":[],"usage":{"prompt_tokens":38,"completion_tokens":7,"total_tokens":45,"prompt_tokens_details":{"cached_tokens":0},"completion_tokens_details":{"reasoning_tokens":0}}}

data: [DONE]

""",
    ),
]


def _anthropic(**more: Any) -> dict[str, Any]:
    return {"model": "claude-x", "max_tokens": 99, "messages": MESSAGES, **more}


ANTHROPIC_TOOLS = [{"name": "weather", "input_schema": SCHEMA}]

ANTHROPIC = [
    Transcript(
        "anthropic-messages",
        "plain",
        "/v1/messages",
        _anthropic(),
        "application/json",
        {
            "id": "sim-1",
            "type": "message",
            "role": "assistant",
            "model": "claude-x",
            "content": [{"type": "text", "text": "You said: Hi there"}],
            "stop_reason": "end_turn",
            "usage": {
                "input_tokens": 2,
                "cache_read_input_tokens": 0,
                "cache_creation_input_tokens": 0,
                "output_tokens": 5,
                "output_tokens_details": {"thinking_tokens": 0},
            },
        },
    ),
    Transcript(
        "anthropic-messages",
        "stream",
        "/v1/messages",
        _anthropic(stream=True),
        "text/event-stream",
        """\
event: message_start
data: {"type":"message_start","message":{"id":"sim-1","type":"message","role":"assistant","model":"claude-x","content":[],"usage":{"input_tokens":2,"cache_read_input_tokens":0,"cache_creation_input_tokens":0,"output_tokens":1}}}

event: ping
data: {"type":"ping"}

event: content_block_start
data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"You"}}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":" said:"}}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":" Hi"}}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":" there"}}

event: content_block_stop
data: {"type":"content_block_stop","index":0}

event: message_delta
data: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"input_tokens":2,"cache_read_input_tokens":0,"cache_creation_input_tokens":0,"output_tokens":5,"output_tokens_details":{"thinking_tokens":0}}}

event: message_stop
data: {"type":"message_stop"}

""",
    ),
    Transcript(
        "anthropic-messages",
        "tool call",
        "/v1/messages",
        _anthropic(tools=ANTHROPIC_TOOLS),
        "application/json",
        {
            "id": "sim-1",
            "type": "message",
            "role": "assistant",
            "model": "claude-x",
            "content": [{"type": "tool_use", "id": "call_1", "name": "weather", "input": {"city": "example"}}],
            "stop_reason": "tool_use",
            "usage": {
                "input_tokens": 38,
                "cache_read_input_tokens": 0,
                "cache_creation_input_tokens": 0,
                "output_tokens": 7,
                "output_tokens_details": {"thinking_tokens": 0},
            },
        },
    ),
    Transcript(
        "anthropic-messages",
        "streamed tool call",
        "/v1/messages",
        _anthropic(tools=ANTHROPIC_TOOLS, stream=True),
        "text/event-stream",
        """\
event: message_start
data: {"type":"message_start","message":{"id":"sim-1","type":"message","role":"assistant","model":"claude-x","content":[],"usage":{"input_tokens":38,"cache_read_input_tokens":0,"cache_creation_input_tokens":0,"output_tokens":1}}}

event: ping
data: {"type":"ping"}

event: content_block_start
data: {"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"call_1","name":"weather","input":{}}}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{\\"city\\":\\"exa"}}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"mple\\"}"}}

event: content_block_stop
data: {"type":"content_block_stop","index":0}

event: message_delta
data: {"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"input_tokens":38,"cache_read_input_tokens":0,"cache_creation_input_tokens":0,"output_tokens":7,"output_tokens_details":{"thinking_tokens":0}}}

event: message_stop
data: {"type":"message_stop"}

""",
    ),
]


def _gemini(**more: Any) -> dict[str, Any]:
    return {"contents": [{"role": "user", "parts": [{"text": "Hi there"}]}], **more}


GEMINI_TOOLS = [{"functionDeclarations": [{"name": "weather", "parametersJsonSchema": SCHEMA}]}]

GEMINI = [
    Transcript(
        "gemini-generate",
        "plain",
        "/v1beta/models/gemini-x:generateContent",
        _gemini(),
        "application/json",
        {
            "candidates": [
                {
                    "content": {"role": "model", "parts": [{"text": "You said: Hi there"}]},
                    "finishReason": "STOP",
                    "index": 0,
                }
            ],
            "usageMetadata": {
                "promptTokenCount": 2,
                "cachedContentTokenCount": 0,
                "candidatesTokenCount": 5,
                "thoughtsTokenCount": 0,
                "totalTokenCount": 7,
            },
            "modelVersion": "gemini-x",
            "responseId": "sim-1",
        },
    ),
    Transcript(
        "gemini-generate",
        "stream",
        "/v1beta/models/gemini-x:streamGenerateContent?alt=sse",
        _gemini(),
        "text/event-stream",
        """\
data: {"candidates":[{"content":{"role":"model","parts":[{"text":"You"}]},"index":0}],"modelVersion":"gemini-x","responseId":"sim-1"}

data: {"candidates":[{"content":{"role":"model","parts":[{"text":" said:"}]},"index":0}],"modelVersion":"gemini-x","responseId":"sim-1"}

data: {"candidates":[{"content":{"role":"model","parts":[{"text":" Hi"}]},"index":0}],"modelVersion":"gemini-x","responseId":"sim-1"}

data: {"candidates":[{"content":{"role":"model","parts":[{"text":" there"}]},"index":0}],"modelVersion":"gemini-x","responseId":"sim-1"}

data: {"candidates":[{"content":{"role":"model","parts":[{"text":""}]},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":2,"cachedContentTokenCount":0,"candidatesTokenCount":5,"thoughtsTokenCount":0,"totalTokenCount":7},"modelVersion":"gemini-x","responseId":"sim-1"}

""",
    ),
    Transcript(
        "gemini-generate",
        "stream without alt=sse, one JSON array",
        "/v1beta/models/gemini-x:streamGenerateContent",
        _gemini(generationConfig={"maxOutputTokens": 1}),
        "application/json",
        """\
[{"candidates":[{"content":{"role":"model","parts":[{"text":"You"}]},"index":0}],"modelVersion":"gemini-x","responseId":"sim-1"},
{"candidates":[{"content":{"role":"model","parts":[{"text":""}]},"finishReason":"MAX_TOKENS","index":0}],"usageMetadata":{"promptTokenCount":2,"cachedContentTokenCount":0,"candidatesTokenCount":1,"thoughtsTokenCount":0,"totalTokenCount":3},"modelVersion":"gemini-x","responseId":"sim-1"}]""",
    ),
    Transcript(
        "gemini-generate",
        "tool call",
        "/v1beta/models/gemini-x:generateContent",
        _gemini(tools=GEMINI_TOOLS),
        "application/json",
        {
            "candidates": [
                {
                    "content": {
                        "role": "model",
                        "parts": [{"functionCall": {"id": "call_1", "name": "weather", "args": {"city": "example"}}}],
                    },
                    "finishReason": "STOP",
                    "index": 0,
                }
            ],
            "usageMetadata": {
                "promptTokenCount": 38,
                "cachedContentTokenCount": 0,
                "candidatesTokenCount": 7,
                "thoughtsTokenCount": 0,
                "totalTokenCount": 45,
            },
            "modelVersion": "gemini-x",
            "responseId": "sim-1",
        },
    ),
    Transcript(
        "gemini-generate",
        "streamed tool call",
        "/v1beta/models/gemini-x:streamGenerateContent?alt=sse",
        _gemini(tools=GEMINI_TOOLS),
        "text/event-stream",
        """\
data: {"candidates":[{"content":{"role":"model","parts":[{"functionCall":{"id":"call_1","name":"weather","args":{"city":"example"}}}]},"index":0}],"modelVersion":"gemini-x","responseId":"sim-1"}

data: {"candidates":[{"content":{"role":"model","parts":[{"text":""}]},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":38,"cachedContentTokenCount":0,"candidatesTokenCount":7,"thoughtsTokenCount":0,"totalTokenCount":45},"modelVersion":"gemini-x","responseId":"sim-1"}

""",
    ),
]


def _cohere(**more: Any) -> dict[str, Any]:
    return {"model": "command-x", "messages": MESSAGES, **more}


COHERE = [
    Transcript(
        "cohere-v2",
        "plain",
        "/v2/chat",
        _cohere(),
        "application/json",
        {
            "id": "sim-1",
            "message": {"role": "assistant", "content": [{"type": "text", "text": "You said: Hi there"}]},
            "finish_reason": "COMPLETE",
            "usage": {
                "billed_units": {"input_tokens": 2, "output_tokens": 5},
                "tokens": {"input_tokens": 2, "output_tokens": 5},
                "cached_tokens": 0,
            },
        },
    ),
    Transcript(
        "cohere-v2",
        "stream",
        "/v2/chat",
        _cohere(stream=True),
        "text/event-stream",
        """\
event: message-start
data: {"type":"message-start","id":"sim-1","delta":{"message":{"role":"assistant","content":[],"tool_plan":"","tool_calls":[],"citations":[]}}}

event: content-start
data: {"type":"content-start","index":0,"delta":{"message":{"content":{"type":"text","text":""}}}}

event: content-delta
data: {"type":"content-delta","index":0,"delta":{"message":{"content":{"text":"You"}}}}

event: content-delta
data: {"type":"content-delta","index":0,"delta":{"message":{"content":{"text":" said:"}}}}

event: content-delta
data: {"type":"content-delta","index":0,"delta":{"message":{"content":{"text":" Hi"}}}}

event: content-delta
data: {"type":"content-delta","index":0,"delta":{"message":{"content":{"text":" there"}}}}

event: content-end
data: {"type":"content-end","index":0}

event: message-end
data: {"type":"message-end","delta":{"finish_reason":"COMPLETE","usage":{"billed_units":{"input_tokens":2,"output_tokens":5},"tokens":{"input_tokens":2,"output_tokens":5},"cached_tokens":0}}}

""",
    ),
    Transcript(
        "cohere-v2",
        "tool call",
        "/v2/chat",
        _cohere(tools=OPENAI_TOOLS),
        "application/json",
        {
            "id": "sim-1",
            "message": {
                "role": "assistant",
                "tool_calls": [
                    {
                        "id": "call_1",
                        "type": "function",
                        "function": {"name": "weather", "arguments": '{"city":"example"}'},
                    }
                ],
            },
            "finish_reason": "TOOL_CALL",
            "usage": {
                "billed_units": {"input_tokens": 38, "output_tokens": 7},
                "tokens": {"input_tokens": 38, "output_tokens": 7},
                "cached_tokens": 0,
            },
        },
    ),
    Transcript(
        "cohere-v2",
        "streamed tool call",
        "/v2/chat",
        _cohere(tools=OPENAI_TOOLS, stream=True),
        "text/event-stream",
        """\
event: message-start
data: {"type":"message-start","id":"sim-1","delta":{"message":{"role":"assistant","content":[],"tool_plan":"","tool_calls":[],"citations":[]}}}

event: tool-call-start
data: {"type":"tool-call-start","index":0,"delta":{"message":{"tool_calls":{"id":"call_1","type":"function","function":{"name":"weather","arguments":""}}}}}

event: tool-call-delta
data: {"type":"tool-call-delta","index":0,"delta":{"message":{"tool_calls":{"function":{"arguments":"{\\"city\\":\\"exa"}}}}}

event: tool-call-delta
data: {"type":"tool-call-delta","index":0,"delta":{"message":{"tool_calls":{"function":{"arguments":"mple\\"}"}}}}}

event: tool-call-end
data: {"type":"tool-call-end","index":0}

event: message-end
data: {"type":"message-end","delta":{"finish_reason":"TOOL_CALL","usage":{"billed_units":{"input_tokens":38,"output_tokens":7},"tokens":{"input_tokens":38,"output_tokens":7},"cached_tokens":0}}}

""",
    ),
]

TRANSCRIPTS = [*OPENAI, *ANTHROPIC, *GEMINI, *COHERE]

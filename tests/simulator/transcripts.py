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


def _responses(**more: Any) -> dict[str, Any]:
    return {"model": "gpt-x", "input": "Hi there", **more}


RESPONSES_TOOLS = [{"type": "function", "name": "weather", "parameters": SCHEMA, "strict": False}]
RESPONSES_HEAD = {
    "id": "sim-1",
    "object": "response",
    "created_at": 1767225601,
    "model": "gpt-x",
    "parallel_tool_calls": True,
    "tool_choice": "auto",
    "tools": [],
    "status": "completed",
}


def _responses_usage(prompt: int, output: int) -> dict[str, Any]:
    return {
        "input_tokens": prompt,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": output,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": prompt + output,
    }


def _responses_message(text: str) -> dict[str, Any]:
    return {
        "id": "msg_sim-1",
        "type": "message",
        "status": "completed",
        "role": "assistant",
        "content": [{"type": "output_text", "text": text, "annotations": [], "logprobs": []}],
    }


RESPONSES = [
    Transcript(
        "openai-responses",
        "plain",
        "/v1/responses",
        _responses(),
        "application/json",
        {**RESPONSES_HEAD, "output": [_responses_message("You said: Hi there")], "usage": _responses_usage(2, 5)},
    ),
    Transcript(
        "openai-responses",
        "stream",
        "/v1/responses",
        _responses(input=[{"role": "user", "content": [{"type": "input_text", "text": "Hi there"}]}], stream=True),
        "text/event-stream",
        """\
event: response.created
data: {"type":"response.created","response":{"id":"sim-1","object":"response","created_at":1767225601,"model":"gpt-x","parallel_tool_calls":true,"tool_choice":"auto","tools":[],"status":"in_progress","output":[]},"sequence_number":0}

event: response.in_progress
data: {"type":"response.in_progress","response":{"id":"sim-1","object":"response","created_at":1767225601,"model":"gpt-x","parallel_tool_calls":true,"tool_choice":"auto","tools":[],"status":"in_progress","output":[]},"sequence_number":1}

event: response.output_item.added
data: {"type":"response.output_item.added","output_index":0,"item":{"id":"msg_sim-1","type":"message","status":"in_progress","role":"assistant","content":[]},"sequence_number":2}

event: response.content_part.added
data: {"type":"response.content_part.added","item_id":"msg_sim-1","output_index":0,"content_index":0,"part":{"type":"output_text","text":"","annotations":[],"logprobs":[]},"sequence_number":3}

event: response.output_text.delta
data: {"type":"response.output_text.delta","item_id":"msg_sim-1","output_index":0,"content_index":0,"delta":"You","logprobs":[],"sequence_number":4}

event: response.output_text.delta
data: {"type":"response.output_text.delta","item_id":"msg_sim-1","output_index":0,"content_index":0,"delta":" said:","logprobs":[],"sequence_number":5}

event: response.output_text.delta
data: {"type":"response.output_text.delta","item_id":"msg_sim-1","output_index":0,"content_index":0,"delta":" Hi","logprobs":[],"sequence_number":6}

event: response.output_text.delta
data: {"type":"response.output_text.delta","item_id":"msg_sim-1","output_index":0,"content_index":0,"delta":" there","logprobs":[],"sequence_number":7}

event: response.output_text.done
data: {"type":"response.output_text.done","item_id":"msg_sim-1","output_index":0,"content_index":0,"text":"You said: Hi there","logprobs":[],"sequence_number":8}

event: response.content_part.done
data: {"type":"response.content_part.done","item_id":"msg_sim-1","output_index":0,"content_index":0,"part":{"type":"output_text","text":"You said: Hi there","annotations":[],"logprobs":[]},"sequence_number":9}

event: response.output_item.done
data: {"type":"response.output_item.done","output_index":0,"item":{"id":"msg_sim-1","type":"message","status":"completed","role":"assistant","content":[{"type":"output_text","text":"You said: Hi there","annotations":[],"logprobs":[]}]},"sequence_number":10}

event: response.completed
data: {"type":"response.completed","response":{"id":"sim-1","object":"response","created_at":1767225601,"model":"gpt-x","parallel_tool_calls":true,"tool_choice":"auto","tools":[],"status":"completed","output":[{"id":"msg_sim-1","type":"message","status":"completed","role":"assistant","content":[{"type":"output_text","text":"You said: Hi there","annotations":[],"logprobs":[]}]}],"usage":{"input_tokens":2,"input_tokens_details":{"cached_tokens":0,"cache_write_tokens":0},"output_tokens":5,"output_tokens_details":{"reasoning_tokens":0},"total_tokens":7}},"sequence_number":11}

""",
    ),
    Transcript(
        "openai-responses",
        "tool call",
        "/v1/responses",
        _responses(tools=RESPONSES_TOOLS),
        "application/json",
        {
            **RESPONSES_HEAD,
            "output": [
                {
                    "id": "fc_call_1",
                    "type": "function_call",
                    "call_id": "call_1",
                    "name": "weather",
                    "arguments": '{"city":"example"}',
                    "status": "completed",
                }
            ],
            "usage": _responses_usage(38, 7),
        },
    ),
    Transcript(
        "openai-responses",
        "streamed tool call",
        "/v1/responses",
        _responses(tools=RESPONSES_TOOLS, stream=True),
        "text/event-stream",
        """\
event: response.created
data: {"type":"response.created","response":{"id":"sim-1","object":"response","created_at":1767225601,"model":"gpt-x","parallel_tool_calls":true,"tool_choice":"auto","tools":[],"status":"in_progress","output":[]},"sequence_number":0}

event: response.in_progress
data: {"type":"response.in_progress","response":{"id":"sim-1","object":"response","created_at":1767225601,"model":"gpt-x","parallel_tool_calls":true,"tool_choice":"auto","tools":[],"status":"in_progress","output":[]},"sequence_number":1}

event: response.output_item.added
data: {"type":"response.output_item.added","output_index":0,"item":{"id":"fc_call_1","type":"function_call","call_id":"call_1","name":"weather","arguments":"","status":"in_progress"},"sequence_number":2}

event: response.function_call_arguments.delta
data: {"type":"response.function_call_arguments.delta","item_id":"fc_call_1","output_index":0,"delta":"{\\"city\\":\\"exa","sequence_number":3}

event: response.function_call_arguments.delta
data: {"type":"response.function_call_arguments.delta","item_id":"fc_call_1","output_index":0,"delta":"mple\\"}","sequence_number":4}

event: response.function_call_arguments.done
data: {"type":"response.function_call_arguments.done","item_id":"fc_call_1","output_index":0,"arguments":"{\\"city\\":\\"example\\"}","sequence_number":5}

event: response.output_item.done
data: {"type":"response.output_item.done","output_index":0,"item":{"id":"fc_call_1","type":"function_call","call_id":"call_1","name":"weather","arguments":"{\\"city\\":\\"example\\"}","status":"completed"},"sequence_number":6}

event: response.completed
data: {"type":"response.completed","response":{"id":"sim-1","object":"response","created_at":1767225601,"model":"gpt-x","parallel_tool_calls":true,"tool_choice":"auto","tools":[],"status":"completed","output":[{"id":"fc_call_1","type":"function_call","call_id":"call_1","name":"weather","arguments":"{\\"city\\":\\"example\\"}","status":"completed"}],"usage":{"input_tokens":38,"input_tokens_details":{"cached_tokens":0,"cache_write_tokens":0},"output_tokens":7,"output_tokens_details":{"reasoning_tokens":0},"total_tokens":45}},"sequence_number":7}

""",
    ),
    Transcript(
        "openai-responses",
        "tool result, behind the reasoning and the call that asked for it",
        "/v1/responses",
        _responses(
            tools=RESPONSES_TOOLS,
            input=[
                {"type": "message", "role": "user", "content": "Hi there"},
                {"type": "reasoning", "summary": [], "encrypted_content": "c2ltdWxhdGVk"},
                {"type": "function_call", "call_id": "call_1", "name": "weather", "arguments": '{"city":"example"}'},
                {"type": "function_call_output", "call_id": "call_1", "output": "22 degrees"},
            ],
        ),
        "application/json",
        {
            **RESPONSES_HEAD,
            "output": [_responses_message("The tool answered: 22 degrees")],
            "usage": _responses_usage(47, 8),
        },
    ),
    Transcript(
        "openai-responses",
        "cut at the limit",
        "/v1/responses",
        _responses(max_output_tokens=3),
        "application/json",
        {
            **RESPONSES_HEAD,
            "status": "incomplete",
            "incomplete_details": {"reason": "max_output_tokens"},
            "output": [{**_responses_message("You said: Hi"), "status": "incomplete"}],
            "usage": _responses_usage(2, 3),
        },
    ),
]


def _mistral(**more: Any) -> dict[str, Any]:
    return {"model": "mistral-x", "messages": MESSAGES, **more}


def _mistral_answer(message: dict[str, Any], finish: str, prompt: int, completion: int) -> dict[str, Any]:
    return {
        "id": "sim-1",
        "object": "chat.completion",
        "created": 1767225601,
        "model": "mistral-x",
        "choices": [{"index": 0, "message": {"role": "assistant", **message}, "finish_reason": finish}],
        "usage": {
            "prompt_tokens": prompt,
            "completion_tokens": completion,
            "total_tokens": prompt + completion,
            "prompt_tokens_details": {"cached_tokens": 0},
        },
    }


MISTRAL = [
    Transcript(
        "mistral-chat",
        "plain",
        "/v1/chat/completions",
        _mistral(),
        "application/json",
        _mistral_answer({"content": "You said: Hi there"}, "stop", 2, 5),
    ),
    Transcript(
        "mistral-chat",
        "thinking",
        "/v1/chat/completions",
        _mistral(reasoning_effort="high"),
        "application/json",
        _mistral_answer(
            {
                "content": [
                    {
                        "type": "thinking",
                        "thinking": [{"type": "text", "text": "Let me think about that."}],
                        "closed": True,
                    },
                    {"type": "text", "text": "You said: Hi there"},
                ]
            },
            "stop",
            2,
            11,
        ),
    ),
    Transcript(
        "mistral-chat",
        "stream",
        "/v1/chat/completions",
        _mistral(stream=True),
        "text/event-stream",
        """\
data: {"id":"sim-1","object":"chat.completion.chunk","created":1767225601,"model":"mistral-x","choices":[{"index":0,"finish_reason":null,"delta":{"role":"assistant","content":""}}]}

data: {"id":"sim-1","object":"chat.completion.chunk","created":1767225601,"model":"mistral-x","choices":[{"index":0,"finish_reason":null,"delta":{"content":"You"}}]}

data: {"id":"sim-1","object":"chat.completion.chunk","created":1767225601,"model":"mistral-x","choices":[{"index":0,"finish_reason":null,"delta":{"content":" said:"}}]}

data: {"id":"sim-1","object":"chat.completion.chunk","created":1767225601,"model":"mistral-x","choices":[{"index":0,"finish_reason":null,"delta":{"content":" Hi"}}]}

data: {"id":"sim-1","object":"chat.completion.chunk","created":1767225601,"model":"mistral-x","choices":[{"index":0,"finish_reason":null,"delta":{"content":" there"}}]}

data: {"id":"sim-1","object":"chat.completion.chunk","created":1767225601,"model":"mistral-x","choices":[{"index":0,"delta":{"content":""},"finish_reason":"stop"}],"usage":{"prompt_tokens":2,"completion_tokens":5,"total_tokens":7,"prompt_tokens_details":{"cached_tokens":0}}}

data: [DONE]

""",
    ),
    Transcript(
        "mistral-chat",
        "tool call",
        "/v1/chat/completions",
        _mistral(tools=OPENAI_TOOLS),
        "application/json",
        _mistral_answer(
            {
                "content": "",
                "tool_calls": [
                    {
                        "id": "rKSxKBV4V",
                        "type": "function",
                        "function": {"name": "weather", "arguments": '{"city":"example"}'},
                    }
                ],
            },
            "tool_calls",
            38,
            7,
        ),
    ),
    Transcript(
        "mistral-chat",
        "streamed tool call",
        "/v1/chat/completions",
        _mistral(tools=OPENAI_TOOLS, stream=True),
        "text/event-stream",
        """\
data: {"id":"sim-1","object":"chat.completion.chunk","created":1767225601,"model":"mistral-x","choices":[{"index":0,"finish_reason":null,"delta":{"role":"assistant","content":""}}]}

data: {"id":"sim-1","object":"chat.completion.chunk","created":1767225601,"model":"mistral-x","choices":[{"index":0,"finish_reason":null,"delta":{"tool_calls":[{"id":"rKSxKBV4V","type":"function","function":{"name":"weather","arguments":"{\\"city\\":\\"example\\"}"},"index":0}]}}]}

data: {"id":"sim-1","object":"chat.completion.chunk","created":1767225601,"model":"mistral-x","choices":[{"index":0,"delta":{"content":""},"finish_reason":"tool_calls"}],"usage":{"prompt_tokens":38,"completion_tokens":7,"total_tokens":45,"prompt_tokens_details":{"cached_tokens":0}}}

data: [DONE]

""",
    ),
]


def _ollama(**more: Any) -> dict[str, Any]:
    return {"model": "qwen-x", "messages": MESSAGES, **more}


def _ollama_answer(message: dict[str, Any], prompt: int, completion: int) -> dict[str, Any]:
    return {
        "model": "qwen-x",
        "created_at": "2026-01-01T00:00:00Z",
        "message": {"role": "assistant", **message},
        "done": True,
        "done_reason": "stop",
        "total_duration": 3,
        "load_duration": 1,
        "prompt_eval_count": prompt,
        "prompt_eval_duration": 1,
        "eval_count": completion,
        "eval_duration": 1,
    }


OLLAMA = [
    Transcript(
        "ollama-chat",
        "plain",
        "/api/chat",
        _ollama(stream=False),
        "application/json",
        _ollama_answer({"content": "You said: Hi there"}, 2, 5),
    ),
    Transcript(
        "ollama-chat",
        "stream, which nobody has to ask for",
        "/api/chat",
        _ollama(),
        "application/x-ndjson",
        """\
{"model":"qwen-x","created_at":"2026-01-01T00:00:00Z","message":{"role":"assistant","content":"You"},"done":false}
{"model":"qwen-x","created_at":"2026-01-01T00:00:00Z","message":{"role":"assistant","content":" said:"},"done":false}
{"model":"qwen-x","created_at":"2026-01-01T00:00:00Z","message":{"role":"assistant","content":" Hi"},"done":false}
{"model":"qwen-x","created_at":"2026-01-01T00:00:00Z","message":{"role":"assistant","content":" there"},"done":false}
{"model":"qwen-x","created_at":"2026-01-01T00:00:00Z","message":{"role":"assistant","content":""},"done":true,"done_reason":"stop","total_duration":3,"load_duration":1,"prompt_eval_count":2,"prompt_eval_duration":1,"eval_count":5,"eval_duration":1}
""",
    ),
    Transcript(
        "ollama-chat",
        "tool call",
        "/api/chat",
        _ollama(tools=OPENAI_TOOLS, stream=False),
        "application/json",
        _ollama_answer(
            {
                "content": "",
                "tool_calls": [
                    {"id": "call_1", "function": {"index": 0, "name": "weather", "arguments": {"city": "example"}}}
                ],
            },
            38,
            7,
        ),
    ),
    Transcript(
        "ollama-chat",
        "streamed tool call",
        "/api/chat",
        _ollama(tools=OPENAI_TOOLS, stream=True),
        "application/x-ndjson",
        """\
{"model":"qwen-x","created_at":"2026-01-01T00:00:00Z","message":{"role":"assistant","content":"","tool_calls":[{"id":"call_1","function":{"index":0,"name":"weather","arguments":{"city":"example"}}}]},"done":false}
{"model":"qwen-x","created_at":"2026-01-01T00:00:00Z","message":{"role":"assistant","content":""},"done":true,"done_reason":"stop","total_duration":3,"load_duration":1,"prompt_eval_count":38,"prompt_eval_duration":1,"eval_count":7,"eval_duration":1}
""",
    ),
]


def _converse(**more: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": [{"text": "Hi there"}]}], **more}


BEDROCK_TOOLS = {"tools": [{"toolSpec": {"name": "weather", "inputSchema": {"json": SCHEMA}}}]}

BEDROCK = [  # its streams are binary; the SDK of AWS reads them in tests/sdk
    Transcript(
        "bedrock-converse",
        "plain",
        "/model/us.amazon.nova-2-lite-v1%3A0/converse",
        _converse(),
        "application/json",
        {
            "output": {"message": {"role": "assistant", "content": [{"text": "You said: Hi there"}]}},
            "stopReason": "end_turn",
            "usage": {
                "inputTokens": 2,
                "outputTokens": 5,
                "totalTokens": 7,
                "cacheReadInputTokens": 0,
                "cacheWriteInputTokens": 0,
            },
            "metrics": {"latencyMs": 1},
        },
    ),
    Transcript(
        "bedrock-converse",
        "tool call",
        "/model/us.amazon.nova-2-lite-v1%3A0/converse",
        _converse(toolConfig=BEDROCK_TOOLS),
        "application/json",
        {
            "output": {
                "message": {
                    "role": "assistant",
                    "content": [{"toolUse": {"toolUseId": "call_1", "name": "weather", "input": {"city": "example"}}}],
                }
            },
            "stopReason": "tool_use",
            "usage": {
                "inputTokens": 38,
                "outputTokens": 7,
                "totalTokens": 45,
                "cacheReadInputTokens": 0,
                "cacheWriteInputTokens": 0,
            },
            "metrics": {"latencyMs": 1},
        },
    ),
]

TIANGONG = [  # streams alone
    Transcript(
        "tiangong-chat",
        "stream, which nobody has to ask for",
        "/sky-work/api/v1/chat",
        {"model": "sky-x", "intent": "chat", "messages": MESSAGES},
        "text/event-stream",
        """\
data: {"type":1,"arguments":[{"messages":[{"text":"You"}]}]}

data: {"type":1,"arguments":[{"messages":[{"text":" said:"}]}]}

data: {"type":1,"arguments":[{"messages":[{"text":" Hi"}]}]}

data: {"type":1,"arguments":[{"messages":[{"text":" there"}]}]}

data: {"type":2}

data: [DONE]

""",
    ),
]

TRANSCRIPTS = [*OPENAI, *ANTHROPIC, *GEMINI, *COHERE, *RESPONSES, *MISTRAL, *OLLAMA, *BEDROCK, *TIANGONG]
"""Predictions, which take two steps, stand in ``test_predictions``."""

SHARED_PATHS = {"mistral-chat"}
"""Dialects whose usual path is that of the dialect which they extend, and which answers there."""

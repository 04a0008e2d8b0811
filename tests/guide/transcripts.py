"""What the guide's examples send to each provider: method, path, query, headers and body, in full."""

from __future__ import annotations

from typing import Any, NamedTuple

from ai_lib_python import __version__

KEY = "sk-guide-1234"
AGENT = f"ai-lib-python/{__version__}"


class Provider(NamedTuple):
    """One provider as the guide's reader meets it.

    Attributes:
        model: the string given to ``AiClient.create``.
        address_variable: environment variable with its base URL.
        key_variable: environment variable with its key.
        headers: its own headers; each request has the common ones besides.
        path: of a plain request.
        stream_path: of a streamed one.
        stream_query: of a streamed one.
        basic, system, turns, parameters, stream, stats: the bodies that the examples send.
        request_id: what it says its first answer's request is called, in the simulator's header.
    """

    model: str
    address_variable: str
    key_variable: str
    headers: dict[str, str]
    path: str
    stream_path: str
    stream_query: dict[str, str]
    basic: dict[str, Any]
    system: dict[str, Any]
    turns: dict[str, Any]
    parameters: dict[str, Any]
    stream: dict[str, Any]
    stats: dict[str, Any]
    request_id: str | None = "sim-1"


COMMON_HEADERS = {"content-type": "application/json", "user-agent": AGENT}
ACCEPT = "application/json"
ACCEPT_STREAM = "text/event-stream, application/json"

OPENAI = Provider(
    model="openai/gpt-4o",
    address_variable="OPENAI_BASE_URL",
    key_variable="OPENAI_API_KEY",
    headers={"authorization": f"Bearer {KEY}"},
    path="/v1/chat/completions",
    stream_path="/v1/chat/completions",
    stream_query={},
    basic={"model": "gpt-4o", "messages": [{"role": "user", "content": "Hello, world!"}]},
    system={
        "model": "gpt-4o",
        "messages": [
            {"role": "system", "content": "You are a helpful coding assistant."},
            {"role": "user", "content": "Explain closures"},
        ],
    },
    turns={
        "model": "gpt-4o",
        "messages": [
            {"role": "system", "content": "You are a tutor."},
            {"role": "user", "content": "What is recursion?"},
            {"role": "assistant", "content": "Recursion is when a function calls itself..."},
            {"role": "user", "content": "Can you show an example?"},
        ],
    },
    parameters={
        "model": "gpt-4o",
        "messages": [{"role": "user", "content": "Write a poem"}],
        "temperature": 0.9,
        "max_completion_tokens": 200,
        "top_p": 0.95,
        "stop": ["END", "\n\n"],
    },
    stream={
        "model": "gpt-4o",
        "messages": [{"role": "user", "content": "Tell me a story"}],
        "stream": True,
        "stream_options": {"include_usage": True},
    },
    stats={"model": "gpt-4o", "messages": [{"role": "user", "content": "Hello"}]},
)

ANTHROPIC = Provider(
    model="anthropic/claude-3-5-sonnet",
    address_variable="ANTHROPIC_BASE_URL",
    key_variable="ANTHROPIC_API_KEY",
    headers={"x-api-key": KEY, "anthropic-version": "2023-06-01"},
    path="/v1/messages",
    stream_path="/v1/messages",
    stream_query={},
    basic={
        "model": "claude-3-5-sonnet",
        "max_tokens": 4096,
        "messages": [{"role": "user", "content": "Hello, world!"}],
    },
    system={
        "model": "claude-3-5-sonnet",
        "max_tokens": 4096,
        "system": "You are a helpful coding assistant.",
        "messages": [{"role": "user", "content": "Explain closures"}],
    },
    turns={
        "model": "claude-3-5-sonnet",
        "max_tokens": 4096,
        "system": "You are a tutor.",
        "messages": [
            {"role": "user", "content": "What is recursion?"},
            {"role": "assistant", "content": "Recursion is when a function calls itself..."},
            {"role": "user", "content": "Can you show an example?"},
        ],
    },
    parameters={
        "model": "claude-3-5-sonnet",
        "max_tokens": 200,
        "messages": [{"role": "user", "content": "Write a poem"}],
        "temperature": 0.9,
        "top_p": 0.95,
        "stop_sequences": ["END", "\n\n"],
    },
    stream={
        "model": "claude-3-5-sonnet",
        "max_tokens": 4096,
        "messages": [{"role": "user", "content": "Tell me a story"}],
        "stream": True,
    },
    stats={
        "model": "claude-3-5-sonnet",
        "max_tokens": 4096,
        "messages": [{"role": "user", "content": "Hello"}],
    },
    request_id=None,  # another header is read here
)

GEMINI = Provider(
    model="gemini/gemini-2.0-flash",
    address_variable="GOOGLE_GEMINI_BASE_URL",
    key_variable="GEMINI_API_KEY",
    headers={"x-goog-api-key": KEY},
    path="/v1beta/models/gemini-2.0-flash:generateContent",
    stream_path="/v1beta/models/gemini-2.0-flash:streamGenerateContent",
    stream_query={"alt": "sse"},
    basic={"contents": [{"role": "user", "parts": [{"text": "Hello, world!"}]}]},
    system={
        "systemInstruction": {"parts": [{"text": "You are a helpful coding assistant."}]},
        "contents": [{"role": "user", "parts": [{"text": "Explain closures"}]}],
    },
    turns={
        "systemInstruction": {"parts": [{"text": "You are a tutor."}]},
        "contents": [
            {"role": "user", "parts": [{"text": "What is recursion?"}]},
            {"role": "model", "parts": [{"text": "Recursion is when a function calls itself..."}]},
            {"role": "user", "parts": [{"text": "Can you show an example?"}]},
        ],
    },
    parameters={
        "contents": [{"role": "user", "parts": [{"text": "Write a poem"}]}],
        "generationConfig": {
            "temperature": 0.9,
            "maxOutputTokens": 200,
            "topP": 0.95,
            "stopSequences": ["END", "\n\n"],
        },
    },
    stream={"contents": [{"role": "user", "parts": [{"text": "Tell me a story"}]}]},
    stats={"contents": [{"role": "user", "parts": [{"text": "Hello"}]}]},
)

GOOGLE = GEMINI._replace(model="google/gemini-2.0-flash", key_variable="GOOGLE_API_KEY")
"""The same provider by its other name, with its other variable."""

DEEPSEEK = Provider(
    model="deepseek/deepseek-chat",
    address_variable="DEEPSEEK_API_BASE",
    key_variable="DEEPSEEK_API_KEY",
    headers={"authorization": f"Bearer {KEY}"},
    path="/chat/completions",
    stream_path="/chat/completions",
    stream_query={},
    basic={"model": "deepseek-chat", "messages": [{"role": "user", "content": "Hello, world!"}]},
    system={
        "model": "deepseek-chat",
        "messages": [
            {"role": "system", "content": "You are a helpful coding assistant."},
            {"role": "user", "content": "Explain closures"},
        ],
    },
    turns={
        "model": "deepseek-chat",
        "messages": [
            {"role": "system", "content": "You are a tutor."},
            {"role": "user", "content": "What is recursion?"},
            {
                "role": "assistant",
                "content": "Recursion is when a function calls itself...",
                "reasoning_content": "",
            },
            {"role": "user", "content": "Can you show an example?"},
        ],
    },
    parameters={
        "model": "deepseek-chat",
        "messages": [{"role": "user", "content": "Write a poem"}],
        "temperature": 0.9,
        "max_tokens": 200,
        "top_p": 0.95,
        "stop": ["END", "\n\n"],
    },
    stream={
        "model": "deepseek-chat",
        "messages": [{"role": "user", "content": "Tell me a story"}],
        "stream": True,
        "stream_options": {"include_usage": True},
    },
    stats={"model": "deepseek-chat", "messages": [{"role": "user", "content": "Hello"}]},
)

COHERE = Provider(
    model="cohere/command-a-03-2025",
    address_variable="CO_API_URL",
    key_variable="CO_API_KEY",
    headers={"authorization": f"Bearer {KEY}"},
    path="/v2/chat",
    stream_path="/v2/chat",
    stream_query={},
    basic={"model": "command-a-03-2025", "messages": [{"role": "user", "content": "Hello, world!"}]},
    system={
        "model": "command-a-03-2025",
        "messages": [
            {"role": "system", "content": "You are a helpful coding assistant."},
            {"role": "user", "content": "Explain closures"},
        ],
    },
    turns={
        "model": "command-a-03-2025",
        "messages": [
            {"role": "system", "content": "You are a tutor."},
            {"role": "user", "content": "What is recursion?"},
            {"role": "assistant", "content": "Recursion is when a function calls itself..."},
            {"role": "user", "content": "Can you show an example?"},
        ],
    },
    parameters={
        "model": "command-a-03-2025",
        "messages": [{"role": "user", "content": "Write a poem"}],
        "temperature": 0.9,
        "max_tokens": 200,
        "p": 0.95,
        "stop_sequences": ["END", "\n\n"],
    },
    stream={
        "model": "command-a-03-2025",
        "messages": [{"role": "user", "content": "Tell me a story"}],
        "stream": True,
    },
    stats={"model": "command-a-03-2025", "messages": [{"role": "user", "content": "Hello"}]},
)

PROVIDERS = (OPENAI, ANTHROPIC, GEMINI, GOOGLE, DEEPSEEK, COHERE)

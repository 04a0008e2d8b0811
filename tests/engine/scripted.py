"""A transport whose answers are written in the test, and a client that uses it."""

from __future__ import annotations

import json
from typing import Any

from ai_lib_python import AiClient
from ai_lib_python.testing import ScriptedAnswer, ScriptedTransport
from ai_lib_python.testing.scripted import JSON, SSE

KEY = "planted-key-0123456789abcdef"
"""What must be found nowhere but in the request."""

MODELS = {
    "openai-chat": "openai/gpt-4o",
    "anthropic-messages": "anthropic/claude-haiku-4-5",
    "gemini-generate": "gemini/gemini-2.5-flash",
    "cohere-v2": "cohere/command-a-reasoning-08-2025",
}
"""A model for each dialect."""

__all__ = ["JSON", "KEY", "MODELS", "SSE", "Answer", "Script", "client", "sse"]


Answer = ScriptedAnswer


class Script(ScriptedTransport):
    """Gives its last answer again and again."""

    def __init__(self, *answers: Answer | BaseException) -> None:
        super().__init__(*answers, repeat=True)


async def client(
    dialect: str = "openai-chat", *answers: Answer | BaseException, **options: Any
) -> tuple[AiClient, Script]:
    """A client of a dialect, and the script that it talks to."""
    script = Script(*answers)
    options = {"api_key": KEY, "on_unsupported": "ignore", "max_retries": 0, "transport": script, **options}
    return await AiClient.create(MODELS.get(dialect, dialect), **options), script


def sse(*frames: Any, names: bool = False) -> bytes:
    """Frames as server-sent events; a text goes out as it is."""
    return b"".join(_event(frame, names) for frame in frames)


def _event(frame: Any, names: bool) -> bytes:
    data = frame if isinstance(frame, str) else json.dumps(frame, ensure_ascii=False)
    name = f"event: {frame['type']}\n" if names and isinstance(frame, dict) and "type" in frame else ""
    return f"{name}data: {data}\n\n".encode()

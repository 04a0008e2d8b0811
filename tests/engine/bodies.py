"""Answers as providers write them, for tests of what is counted in them."""

from __future__ import annotations

from typing import Any


def chat_body(model: str, usage: Any, **more: Any) -> dict[str, Any]:
    """An answer as chat completions write it."""
    choice = {"index": 0, "message": {"role": "assistant", "content": "Yes."}, "finish_reason": "stop"}
    return {"id": "a-1", "model": model, "choices": [choice], "usage": usage, **more}


def responses_body(model: str, usage: Any, **more: Any) -> dict[str, Any]:
    """An answer as the Responses API writes it."""
    content = [{"type": "output_text", "text": "Yes.", "annotations": []}]
    said = {"type": "message", "id": "m-1", "role": "assistant", "status": "completed", "content": content}
    return {
        "id": "r-1",
        "object": "response",
        "model": model,
        "status": "completed",
        "output": [said],
        "usage": usage,
        **more,
    }


def messages_body(model: str, usage: Any) -> dict[str, Any]:
    """An answer as Anthropic's Messages API writes it."""
    content = [{"type": "text", "text": "Yes."}]
    return {
        "id": "m-1",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": content,
        "stop_reason": "end_turn",
        "usage": usage,
    }


def generate_body(model: str, usage: Any, **candidate: Any) -> dict[str, Any]:
    """An answer as Gemini's generateContent writes it."""
    said = {"content": {"role": "model", "parts": [{"text": "Yes."}]}, "finishReason": "STOP", "index": 0, **candidate}
    return {"responseId": "g-1", "modelVersion": model, "candidates": [said], "usageMetadata": usage}

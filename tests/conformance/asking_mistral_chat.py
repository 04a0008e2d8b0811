"""Requests of Mistral's chat wire, in the words of the unified API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ai_lib_python.message import (
    AudioPart,
    FilePart,
    Message,
    MessageRole,
    Part,
    ReasoningPart,
    TextPart,
    ToolResult,
)

from .asked import Asked, Fields, has_only, image, native, only, split_data_uri
from .asking_openai_chat import content, offered_tools, response_format, tool_call, tool_choice

_NAMES = {
    "temperature": "temperature",
    "max_tokens": "max_tokens",
    "top_p": "top_p",
    "stop": "stop",
    "seed": "random_seed",
    "presence_penalty": "presence_penalty",
    "frequency_penalty": "frequency_penalty",
    "parallel_tool_calls": "parallel_tool_calls",
    "reasoning": "reasoning_effort",
}


def ask(body: Mapping[str, Any], origin: str) -> Asked:
    """The calls that ask for what ``body`` asks for; ``origin`` is the provider's API."""
    asked, fields = Asked(), Fields(body)
    asked.messages = [message(each, origin) for each in fields.take("messages")]
    for parameter, name in _NAMES.items():
        asked.take(fields, parameter, name)
    offered_tools(asked, fields)
    tool_choice(asked, fields)
    response_format(asked, fields)
    for name in ("model", "stream"):
        fields.take(name)
    asked.extra_body = fields.rest
    return asked


def message(recorded: Mapping[str, Any], origin: str) -> Message:
    """One message with all its parts."""

    def part(item: Mapping[str, Any]) -> Part:
        return _part(item, origin)

    role, said = recorded["role"], content(recorded.get("content"), part)
    if role == "tool":
        only(recorded, "role", "content", "tool_call_id", "name", what="a tool's result")
        return Message(MessageRole.TOOL, (ToolResult(recorded["tool_call_id"], said, recorded.get("name")),))
    only(recorded, "role", "content", "tool_calls", what=f"a message of the role {role}")
    return Message(MessageRole(role), (*said, *map(tool_call, recorded.get("tool_calls") or ())))


def _part(item: Mapping[str, Any], origin: str) -> Part:
    if has_only(item, "type", "text"):
        return TextPart(item["text"])
    if has_only(item, "type", "image_url"):
        picture = item["image_url"]
        return image(picture) if isinstance(picture, str) else image(picture["url"], picture.get("detail"))
    if has_only(item, "type", "input_audio"):
        return AudioPart(data=item["input_audio"], media_type="audio/mpeg")
    if has_only(item, "type", "document_url", "document_name"):
        return _document(item["document_url"], item.get("document_name"))
    if item["type"] == "thinking":
        text = "".join(piece["text"] for piece in item["thinking"])
        return ReasoningPart(text, signature=item.get("signature"), origin=origin)
    return native(item)


def _document(address: str, name: str | None) -> Part:
    inline = split_data_uri(address)
    if inline is None:
        return FilePart(url=address, filename=name)
    return FilePart(data=inline[1], media_type=inline[0], filename=name)

"""Requests of the responses wire, in the words of the unified API."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from ai_lib_python.message import (
    FilePart,
    Message,
    MessageRole,
    Part,
    ReasoningPart,
    RefusalPart,
    TextPart,
    ToolCall,
    ToolResult,
)
from ai_lib_python.tools import ResponseFormat, ToolChoice, ToolDefinition

from .asked import Asked, Fields, Inexpressible, Why, has_only, image, native, split_data_uri

_NAMES = {
    "temperature": "temperature",
    "top_p": "top_p",
    "max_tokens": "max_output_tokens",
    "parallel_tool_calls": "parallel_tool_calls",
    "top_logprobs": "top_logprobs",
    "service_tier": "service_tier",
    "store": "store",
    "metadata": "metadata",
    "prompt_cache_key": "prompt_cache_key",
}


def ask(body: Mapping[str, Any], origin: str) -> Asked:
    """The calls that ask for what ``body`` asks for; ``origin`` is the provider's API."""
    asked, fields = Asked(), Fields(body)
    instructions, said = fields.take("instructions"), fields.take("input")
    if said is None:
        raise Inexpressible(Why.STORED_PROMPT, "no input")
    asked.messages = [*([Message.system(instructions)] if instructions else []), *_conversation(said, origin)]
    for parameter, name in _NAMES.items():
        asked.take(fields, parameter, name)
    asked.take(fields, "user", "user", method="user_id")
    asked.take(fields, "reasoning", "reasoning", "effort")
    asked.take(fields, "verbosity", "text", "verbosity")
    _tools(asked, fields)
    _tool_choice(asked, fields)
    _response_format(asked, fields)
    for name in ("model", "stream"):
        fields.take(name)
    asked.extra_body = {key: value for key, value in fields.rest.items() if value != {}}
    return asked


def _tools(asked: Asked, fields: Fields) -> None:
    recorded = fields.rest.get("tools")
    if recorded is None:
        return
    search = recorded[-1] if recorded else {}
    if search.get("type") == "web_search" and has_only(search, "type", "search_context_size"):
        size = search.get("search_context_size")
        asked.say("web_search", lambda builder: builder.web_search(context_size=size), "tools")
        recorded = fields.rest["tools"] = recorded[:-1]
    ours = [tool for tool in recorded if tool["type"] == "function"]
    asked.say("tools", lambda builder: builder.tools([_tool(each) for each in ours]), "tools")
    if len(ours) == len(recorded) and all(has_only(tool, "type", *_TOOL_FIELDS) for tool in ours):
        fields.take("tools")


_TOOL_FIELDS = ("name", "description", "parameters", "strict")


def _tool(tool: Mapping[str, Any]) -> ToolDefinition:
    """A tool; one that says nothing of it is held to its schema here."""
    strict = tool.get("strict") is not False
    return ToolDefinition(tool["name"], tool.get("description"), tool.get("parameters") or {}, strict)


def _tool_choice(asked: Asked, fields: Fields) -> None:
    recorded = fields.rest.get("tool_choice")
    if recorded in ("auto", "none", "required"):
        choice = ToolChoice(recorded)
    elif isinstance(recorded, Mapping) and recorded.get("type") == "function":
        choice = ToolChoice("named", recorded["name"])
    else:
        return
    fields.take("tool_choice")
    asked.say("tool_choice", lambda builder: builder.tool_choice(choice), "tool_choice")


def _response_format(asked: Asked, fields: Fields) -> None:
    wanted = fields.take("text", "format")
    if wanted is None:
        return
    names = ("schema", "name", "strict", "description")
    form = ResponseFormat(wanted["type"], **{name: wanted.get(name) for name in names})
    asked.say("response_format", lambda builder: builder.response_format(form), "text.format")


# The conversation: a list of items, of which several make one answer


def _conversation(said: str | Sequence[Mapping[str, Any]], origin: str) -> list[Message]:
    if isinstance(said, str):
        return [Message.user(said)]
    messages: list[Message] = []
    for item in said:
        message = _message(item, origin)
        if messages and message.role is messages[-1].role is MessageRole.ASSISTANT:
            message = Message(message.role, messages.pop().parts + message.parts)
        messages.append(message)
    return messages


def _message(item: Mapping[str, Any], origin: str) -> Message:
    kind = item.get("type", "message")
    if kind == "message":
        role = "system" if item["role"] == "developer" else item["role"]
        return Message(MessageRole(role), _content(item["content"], item.get("phase"), origin))
    if kind == "function_call_output":
        return Message(MessageRole.TOOL, (ToolResult(item["call_id"], _content(item["output"])),))
    return Message(MessageRole.ASSISTANT, (_said(item, origin),))


def _said(item: Mapping[str, Any], origin: str) -> Part:
    """An item that the model gave, as it is decoded."""
    kept = json.dumps({key: value for key, value in item.items() if key not in ("id", "status")})
    if item["type"] == "function_call":
        marked = None if has_only(item, "type", "id", "call_id", "name", "arguments", "status") else kept
        return ToolCall(item["call_id"], item["name"], item["arguments"], marked, origin)
    if item["type"] == "reasoning":
        return _thoughts(item, kept, origin)
    return native(item)


def _thoughts(item: Mapping[str, Any], kept: str, origin: str) -> Part:
    text = "".join(piece["text"] for piece in item.get("summary") or ())
    if item.get("encrypted_content"):
        return ReasoningPart(text, data=kept, origin=origin)
    whole = json.dumps({key: value for key, value in item.items() if key != "status"})
    return ReasoningPart(text, data=whole if item.get("content") else None, origin=origin)


def _content(said: Any, phase: str | None = None, origin: str | None = None) -> tuple[Part, ...]:
    if isinstance(said, str):
        return (TextPart(said, phase, origin),)
    return tuple(_part(each, phase, origin) for each in said)


def _part(item: Mapping[str, Any], phase: str | None, origin: str | None) -> Part:
    if item["type"] in ("input_text", "output_text") and has_only(item, "type", "text", "annotations", "logprobs"):
        return TextPart(item["text"], phase, origin)
    if item["type"] == "refusal":
        return RefusalPart(item["refusal"])
    if item["type"] == "input_image" and "image_url" in item:
        return image(item["image_url"], item.get("detail"))
    if item["type"] == "input_file":
        return _file(item)
    return native(item)


def _file(item: Mapping[str, Any]) -> Part:
    inline = split_data_uri(item.get("file_data") or "")
    data, media_type = (inline[1], inline[0]) if inline else (None, None)
    return FilePart(item.get("file_url"), data, item.get("file_id"), media_type, item.get("filename"))

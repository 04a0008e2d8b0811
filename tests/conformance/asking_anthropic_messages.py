"""Requests of the messages wire, in the words of the unified API."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ai_lib_python.message import (
    ContentBlock,
    FilePart,
    ImagePart,
    Message,
    MessageRole,
    OpaquePart,
    Part,
    ReasoningPart,
    TextPart,
    ToolCall,
    ToolResult,
)
from ai_lib_python.tools import ResponseFormat, ToolChoice, ToolDefinition

from .asked import Asked, Fields, has_only, native, only

_MODES = {"auto": "auto", "none": "none", "any": "required"}
_DIRECT = {"type": "direct"}


def ask(body: Mapping[str, Any], origin: str) -> Asked:
    """The calls that ask for what ``body`` asks for; ``origin`` is the provider's API."""
    asked, fields = Asked(), Fields(body)
    asked.messages = [*_system(fields), *(message(each, origin) for each in fields.take("messages"))]
    for name in ("max_tokens", "temperature", "top_p", "top_k", "service_tier"):
        asked.take(fields, name, name)
    asked.take(fields, "stop", "stop_sequences")
    asked.take(fields, "user", "metadata", "user_id", method="user_id")
    _tools(asked, fields)
    _tool_choice(asked, fields)
    _reasoning(asked, fields)
    _response_format(asked, fields)
    for name in ("model", "stream"):
        fields.take(name)
    asked.extra_body = {key: value for key, value in fields.rest.items() if value != {}}
    return asked


def _system(fields: Fields) -> list[Message]:
    """The instructions, with their cache marks; a block with other marks goes as it is."""
    system = fields.take("system") or []
    if isinstance(system, str):
        return [Message.system(system)]
    parts = content(system, "")
    return [Message.system(parts)] if any(parts) else []


def _tools(asked: Asked, fields: Fields) -> None:
    recorded = fields.rest.get("tools")
    if recorded is None:
        return
    ours = [tool for tool in recorded if "input_schema" in tool]
    asked.say("tools", lambda builder: builder.tools([_tool(each) for each in ours]), "tools")
    if all(tool in ours and has_only(tool, *_TOOL_FIELDS) for tool in recorded):
        fields.take("tools")


_TOOL_FIELDS = ("name", "description", "input_schema", "strict")


def _tool(tool: Mapping[str, Any]) -> ToolDefinition:
    return ToolDefinition(tool["name"], tool.get("description"), tool["input_schema"], tool.get("strict"))


def _tool_choice(asked: Asked, fields: Fields) -> None:
    kind, name = fields.take("tool_choice", "type"), fields.take("tool_choice", "name")
    if kind is None:
        return
    choice = ToolChoice("named", name) if kind == "tool" else ToolChoice(_MODES[kind])
    asked.say("tool_choice", lambda builder: builder.tool_choice(choice), "tool_choice")
    alone = fields.take("tool_choice", "disable_parallel_tool_use")
    if alone is not None:
        asked.say("parallel_tool_calls", lambda builder: builder.parallel_tool_calls(not alone), "tool_choice")


def _reasoning(asked: Asked, fields: Fields) -> None:
    kind = fields.take("thinking", "type")
    if kind is None:
        return
    budget = fields.take("thinking", "budget_tokens")
    wanted = False if kind == "disabled" else fields.take("output_config", "effort")
    asked.say("reasoning", lambda builder: builder.reasoning(wanted, budget=budget), "thinking", "output_config")


def _response_format(asked: Asked, fields: Fields) -> None:
    for place in (("output_config", "format"), ("output_format",)):
        _schema(asked, fields.take(*place), ".".join(place))


def _schema(asked: Asked, wanted: Mapping[str, Any] | None, place: str) -> None:
    if wanted is not None:
        form = ResponseFormat("json_schema", wanted["schema"])
        asked.say("response_format", lambda builder: builder.response_format(form), place)


# Messages


def message(recorded: Mapping[str, Any], origin: str) -> Message:
    """One message with all its parts; the results of tools stand in messages of people here."""
    only(recorded, "role", "content", what="a message")
    return Message(MessageRole(recorded["role"]), content(recorded["content"], origin))


def content(said: str | Sequence[Mapping[str, Any]], origin: str) -> tuple[Part, ...]:
    """The parts of a content: a text, or a list of blocks."""
    if isinstance(said, str):
        return (TextPart(said),)
    return tuple(_part(block, origin) for block in said)


def _part(block: Mapping[str, Any], origin: str) -> Part:
    """One block; one with fields that no part of ours has goes as it is."""
    if block["type"] in _MARKED and block.get("cache_control") is not None:
        return _marked(block, origin)
    read, names = _PARTS.get(block["type"], (None, ()))
    if read is None or not has_only(block, "type", *names) or block.get("caller") not in (None, _DIRECT):
        return native(block)
    return read(block, origin)


_MARKED = ("text", "image", "document", "tool_use", "tool_result")


def _marked(block: Mapping[str, Any], origin: str) -> Part:
    """A block with a cache mark: the part with ours, where it is one."""
    mark = block["cache_control"]
    part = _part({key: value for key, value in block.items() if key != "cache_control"}, origin)
    if isinstance(part, OpaquePart) or mark.get("type") != "ephemeral" or not has_only(mark, "type", "ttl"):
        return native(block)
    return ContentBlock.cached(part, mark.get("ttl"))  # type: ignore[type-var]


def _text(block: Mapping[str, Any], origin: str) -> Part:
    return TextPart(block["text"])


def _image(block: Mapping[str, Any], origin: str) -> Part:
    source = block["source"]
    if source["type"] == "file":
        return native(block)
    return ImagePart(url=source.get("url"), data=source.get("data"), media_type=source.get("media_type"))


def _document(block: Mapping[str, Any], origin: str) -> Part:
    source = block["source"]
    if source["type"] not in ("base64", "url", "file"):
        return native(block)
    names = ("url", "data", "file_id", "media_type")
    return FilePart(**{name: source.get(name) for name in names}, filename=block.get("title"))


def _call(block: Mapping[str, Any], origin: str) -> Part:
    return ToolCall(block["id"], block["name"], json.dumps(block["input"]))


def _result(block: Mapping[str, Any], origin: str) -> Part:
    parts = content(block.get("content") or (), origin)
    return ToolResult(block["tool_use_id"], parts, is_error=bool(block.get("is_error")))


def _thinking(block: Mapping[str, Any], origin: str) -> Part:
    return ReasoningPart(block["thinking"], signature=block["signature"], origin=origin)


def _redacted(block: Mapping[str, Any], origin: str) -> Part:
    return ReasoningPart(data=block["data"], origin=origin)


_PARTS: dict[str, tuple[Callable[[Mapping[str, Any], str], Part], tuple[str, ...]]] = {
    "text": (_text, ("text",)),
    "image": (_image, ("source",)),
    "document": (_document, ("source", "title")),
    "tool_use": (_call, ("id", "name", "input", "caller")),
    "tool_result": (_result, ("tool_use_id", "content", "is_error")),
    "thinking": (_thinking, ("thinking", "signature")),
    "redacted_thinking": (_redacted, ("data",)),
}

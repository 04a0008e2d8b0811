"""Requests of the Converse wire, in the words of the unified API."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from ai_lib_python.message import (
    FilePart,
    ImagePart,
    Message,
    MessageRole,
    Part,
    ReasoningPart,
    TextPart,
    ToolCall,
    ToolResult,
)
from ai_lib_python.tools import ResponseFormat, ToolChoice, ToolDefinition

from .asked import Asked, Fields, has_only, native, only

_CONFIG = {"max_tokens": "maxTokens", "temperature": "temperature", "top_p": "topP", "stop": "stopSequences"}
_DOCUMENTS = {
    "txt": "text/plain",
    "md": "text/markdown",
    "csv": "text/csv",
    "html": "text/html",
    "doc": "application/msword",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xls": "application/vnd.ms-excel",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def ask(body: Mapping[str, Any], origin: str) -> Asked:
    """The calls that ask for what ``body`` asks for; ``origin`` is the provider's API."""
    asked, fields = Asked(), Fields(body)
    asked.messages = [*_system(fields), *(message(each, origin) for each in fields.take("messages"))]
    for parameter, name in _CONFIG.items():
        asked.take(fields, parameter, "inferenceConfig", name)
    asked.take(fields, "top_k", "additionalModelRequestFields", "top_k")
    _tools(asked, fields)
    _tool_choice(asked, fields)
    _response_format(asked, fields)
    _reasoning(asked, fields)
    asked.extra_body = {key: value for key, value in fields.rest.items() if value not in ({}, [])}
    return asked


def _system(fields: Fields) -> list[Message]:
    """The instructions; a block of another kind, such as a cache point, goes as it is."""
    system = fields.take("system") or []
    parts = [block["text"] if has_only(block, "text") else native(block) for block in system]
    return [Message.system(parts)] if parts else []


def _tools(asked: Asked, fields: Fields) -> None:
    recorded = fields.rest.get("toolConfig", {}).get("tools")
    if recorded is None:
        return
    ours = [tool["toolSpec"] for tool in recorded if "toolSpec" in tool]
    asked.say("tools", lambda builder: builder.tools([_tool(each) for each in ours]), "toolConfig.tools")
    if len(ours) == len(recorded):
        fields.take("toolConfig", "tools")


def _tool(tool: Mapping[str, Any]) -> ToolDefinition:
    return ToolDefinition(tool["name"], tool.get("description"), tool["inputSchema"]["json"], tool.get("strict"))


def _tool_choice(asked: Asked, fields: Fields) -> None:
    recorded = fields.take("toolConfig", "toolChoice")
    if recorded is not None:
        named = recorded.get("tool")
        mode = "required" if "any" in recorded else "auto"
        choice = ToolChoice("named", named["name"]) if named else ToolChoice(mode)
        asked.say("tool_choice", lambda builder: builder.tool_choice(choice), "toolConfig.toolChoice")


def _response_format(asked: Asked, fields: Fields) -> None:
    wanted = fields.take("outputConfig", "textFormat")
    if wanted is not None:
        inner = wanted["structure"]["jsonSchema"]
        schema = json.loads(inner["schema"])
        form = ResponseFormat("json_schema", schema, inner.get("name"), description=inner.get("description"))
        asked.say("response_format", lambda builder: builder.response_format(form), "outputConfig.textFormat")


def _reasoning(asked: Asked, fields: Fields) -> None:
    more = fields.rest.get("additionalModelRequestFields", {})
    thinking = more.get("thinking", {})
    if thinking.get("type"):
        kind, budget = thinking.pop("type"), thinking.pop("budget_tokens", None)
        wanted = kind != "disabled"
        asked.say(
            "reasoning",
            lambda builder: builder.reasoning(wanted, budget=budget),
            "additionalModelRequestFields.thinking",
        )
    if not thinking:
        more.pop("thinking", None)


def message(recorded: Mapping[str, Any], origin: str) -> Message:
    """One message with all its parts; the results of tools stand in messages of people here."""
    only(recorded, "role", "content", what="a message")
    return Message(MessageRole(recorded["role"]), content(recorded["content"], origin))


def content(blocks: Sequence[Mapping[str, Any]], origin: str) -> tuple[Part, ...]:
    """The parts of a content."""
    return tuple(_part(block, origin) for block in blocks)


def _part(block: Mapping[str, Any], origin: str) -> Part:
    """One block; one with fields that no part of ours has goes as it is."""
    if "text" in block:
        return TextPart(block["text"])
    if "toolUse" in block:
        call = block["toolUse"]
        return ToolCall(call["toolUseId"], call["name"], json.dumps(call["input"]))
    if "toolResult" in block:
        result = block["toolResult"]
        failed = result.get("status") == "error"
        return ToolResult(result["toolUseId"], content(result["content"], origin), is_error=failed)
    if "reasoningContent" in block:
        return _thoughts(block["reasoningContent"], origin)
    if "image" in block and has_only(block["image"]["source"], "bytes"):
        picture = block["image"]
        return ImagePart(data=picture["source"]["bytes"], media_type=f"image/{picture['format']}")
    if "document" in block and _is_plain(block["document"]):
        return _document(block["document"])
    return native(block)


def _thoughts(recorded: Mapping[str, Any], origin: str) -> Part:
    text = recorded.get("reasoningText", {})
    return ReasoningPart(text.get("text", ""), text.get("signature"), recorded.get("redactedContent"), origin)


def _is_plain(document: Mapping[str, Any]) -> bool:
    return has_only(document, "format", "name", "source") and has_only(document["source"], "bytes")


def _document(document: Mapping[str, Any]) -> Part:
    form = document["format"]
    media_type = _DOCUMENTS.get(form, f"application/{form}")
    return FilePart(data=document["source"]["bytes"], media_type=media_type, filename=document["name"])

"""Requests of the interactions wire, in the words of the unified API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ai_lib_python.message import Message, MessageRole, Part, TextPart
from ai_lib_python.tools import ToolDefinition

from .asked import Asked, Fields, has_only, native

_CONFIG = {
    "temperature": "temperature",
    "max_tokens": "max_output_tokens",
    "top_p": "top_p",
    "seed": "seed",
    "stop": "stop_sequences",
}
_CHOICES = {"auto": "auto", "none": "none", "any": "required"}
_ROLES = {"user_input": MessageRole.USER, "model_output": MessageRole.ASSISTANT}


def ask(body: Mapping[str, Any], origin: str) -> Asked:
    """The calls that ask for what ``body`` asks for; ``origin`` is the provider's API."""
    asked, fields = Asked(), Fields(body)
    system, said = fields.take("system_instruction"), fields.take("input")
    turns = [Message.user(said)] if isinstance(said, str) else [_message(each) for each in said]
    asked.messages = [*([Message.system(system)] if system else []), *turns]
    for parameter, name in _CONFIG.items():
        asked.take(fields, parameter, "generation_config", name)
    asked.take(fields, "reasoning", "generation_config", "thinking_level")
    _tools(asked, fields)
    for name in ("model", "stream"):
        fields.take(name)
    asked.extra_body = {key: value for key, value in fields.rest.items() if value != {}}
    return asked


def _tools(asked: Asked, fields: Fields) -> None:
    recorded = fields.rest.get("tools")
    if recorded is None:
        return
    ours = [tool for tool in recorded if tool.get("type") == "function"]
    asked.say("tools", lambda builder: builder.tools([_tool(each) for each in ours]), "tools")
    if len(ours) == len(recorded):
        fields.take("tools")
    choice = fields.take("generation_config", "tool_choice")
    if choice is not None:
        word = _CHOICES[choice]
        asked.say("tool_choice", lambda builder: builder.tool_choice(word), "generation_config.tool_choice")


def _tool(tool: Mapping[str, Any]) -> ToolDefinition:
    return ToolDefinition(tool["name"], tool.get("description"), tool["parameters"])


def _message(step: Mapping[str, Any]) -> Message:
    return Message(_ROLES[step["type"]], tuple(map(_part, step["content"])))


def _part(part: Mapping[str, Any]) -> Part:
    return TextPart(part["text"]) if has_only(part, "type", "text") else native(part)

"""Requests of the second chat wire of Cohere, in the words of the unified API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ai_lib_python.message import Message, MessageRole, Part, ReasoningPart, TextPart, ToolResult
from ai_lib_python.tools import ResponseFormat

from .asked import Asked, Fields, has_only, image, native, only
from .asking_openai_chat import offered_tools, tool_call

_NAMES = {
    "temperature": "temperature",
    "max_tokens": "max_tokens",
    "top_p": "p",
    "top_k": "k",
    "stop": "stop_sequences",
    "seed": "seed",
    "frequency_penalty": "frequency_penalty",
    "presence_penalty": "presence_penalty",
}


def ask(body: Mapping[str, Any], origin: str) -> Asked:
    """The calls that ask for what ``body`` asks for; ``origin`` is the provider's API."""
    asked, fields = Asked(), Fields(body)
    asked.messages = [message(each, origin) for each in fields.take("messages")]
    for parameter, name in _NAMES.items():
        asked.take(fields, parameter, name)
    offered_tools(asked, fields)
    choice = fields.take("tool_choice")
    if choice is not None:
        asked.say("tool_choice", lambda builder: builder.tool_choice(choice.lower()), "tool_choice")
    _response_format(asked, fields)
    _reasoning(asked, fields)
    for name in ("model", "stream"):
        fields.take(name)
    asked.extra_body = fields.rest
    return asked


def _response_format(asked: Asked, fields: Fields) -> None:
    wanted = fields.take("response_format")
    if wanted is None:
        return
    schema = wanted.get("json_schema") or wanted.get("schema")
    form = ResponseFormat("json_schema", schema) if schema else ResponseFormat(wanted["type"])
    asked.say("response_format", lambda builder: builder.response_format(form), "response_format")


def _reasoning(asked: Asked, fields: Fields) -> None:
    thinking = fields.take("thinking")
    if thinking is not None:
        on, budget = thinking["type"] == "enabled", thinking.get("token_budget")
        asked.say("reasoning", lambda builder: builder.reasoning(on, budget=budget), "thinking")


def message(recorded: Mapping[str, Any], origin: str) -> Message:
    """One message with all its parts."""
    role, said = recorded["role"], content(recorded.get("content"), origin)
    if role == "tool":
        only(recorded, "role", "content", "tool_call_id", what="a tool's result")
        return Message(MessageRole.TOOL, (ToolResult(recorded["tool_call_id"], said),))
    only(recorded, "role", "content", "tool_calls", "tool_plan", what=f"a message of the role {role}")
    plan = recorded.get("tool_plan")
    thoughts = (ReasoningPart(plan, data="tool_plan", origin=origin),) if plan else ()
    return Message(MessageRole(role), (*thoughts, *said, *map(tool_call, recorded.get("tool_calls") or ())))


def content(said: str | Sequence[Mapping[str, Any]] | None, origin: str) -> tuple[Part, ...]:
    """The parts of a content: nothing, a text, or a list of parts."""
    if isinstance(said, str):
        return (TextPart(said),)
    return tuple(_part(each, origin) for each in said or ())


def _part(part: Mapping[str, Any], origin: str) -> Part:
    if has_only(part, "type", "text"):
        return TextPart(part["text"])
    if has_only(part, "type", "thinking"):
        return ReasoningPart(part["thinking"], origin=origin)
    if has_only(part, "type", "image_url"):
        return image(part["image_url"]["url"], part["image_url"].get("detail"))
    return native(part)

"""Requests of Ollama's own chat wire, in the words of the unified API."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Mapping
from typing import Any

from ai_lib_python.message import ImagePart, Message, MessageRole, ReasoningPart, TextPart, ToolCall, ToolResult
from ai_lib_python.tools import ResponseFormat

from .asked import Asked, Fields, only
from .asking_openai_chat import offered_tools

OPTIONS = {
    "temperature": "temperature",
    "top_p": "top_p",
    "top_k": "top_k",
    "max_tokens": "num_predict",
    "stop": "stop",
    "seed": "seed",
    "presence_penalty": "presence_penalty",
    "frequency_penalty": "frequency_penalty",
}


def ask(body: Mapping[str, Any], origin: str) -> Asked:
    """The calls that ask for what ``body`` asks for; ``origin`` is the provider's API."""
    asked, fields = Asked(), Fields(body)
    asked.messages = _Conversation(origin).messages(fields.take("messages"))
    offered_tools(asked, fields)
    say_options(asked, fields)
    for name in ("model", "stream"):
        fields.take(name)
    asked.extra_body = {key: value for key, value in fields.rest.items() if value != {}}
    return asked


def say_options(asked: Asked, fields: Fields) -> None:
    """The parameters that both of Ollama's wires have."""
    for parameter, name in OPTIONS.items():
        asked.take(fields, parameter, "options", name)
    asked.take(fields, "reasoning", "think")
    form = fields.take("format")
    if form == "json":
        asked.say("response_format", lambda builder: builder.response_format("json"), "format")
    elif form:
        schema = ResponseFormat("json_schema", form)
        asked.say("response_format", lambda builder: builder.response_format(schema), "format")


class _Conversation:
    """The messages of one request. Calls without an id get one here, and so do their results."""

    def __init__(self, origin: str) -> None:
        self._origin = origin
        self._waiting: deque[str] = deque()
        self._made = 0

    def messages(self, recorded: list[Mapping[str, Any]]) -> list[Message]:
        return [self._message(each) for each in recorded]

    def _message(self, recorded: Mapping[str, Any]) -> Message:
        role = recorded["role"]
        if role == "tool":
            only(recorded, "role", "content", "tool_name", "tool_call_id", what="a tool's result")
            id = recorded.get("tool_call_id") or (self._waiting.popleft() if self._waiting else self._made_up())
            result = ToolResult(id, (TextPart(recorded["content"]),), recorded.get("tool_name"))
            return Message(MessageRole.TOOL, (result,))
        only(recorded, "role", "content", "images", "thinking", "tool_calls", what=f"a message of the role {role}")
        thinking, text = recorded.get("thinking"), recorded.get("content")
        return Message(
            MessageRole(role),
            (
                *([ReasoningPart(thinking, origin=self._origin)] if thinking else []),
                *([TextPart(text)] if text else []),
                *(ImagePart(data=data, media_type="image/png") for data in recorded.get("images") or ()),
                *map(self._call, recorded.get("tool_calls") or ()),
            ),
        )

    def _call(self, call: Mapping[str, Any]) -> ToolCall:
        only(call, "id", "type", "function", what="a tool call")
        id = call.get("id") or self._made_up()
        self._waiting.append(id)
        return ToolCall(id, call["function"]["name"], json.dumps(call["function"]["arguments"]))

    def _made_up(self) -> str:
        """An id as the client makes it up, which goes nowhere."""
        self._made += 1
        return f"local_0000_{self._made}"

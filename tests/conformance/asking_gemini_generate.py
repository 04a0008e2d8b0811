"""Requests of the generateContent wire, in the words of the unified API."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from ai_lib_python.message import Message, MessageRole, Part, ReasoningPart, TextPart, ToolCall, ToolResult
from ai_lib_python.tools import ResponseFormat, ToolChoice, ToolDefinition

from .asked import Asked, Fields, has_only, media, native
from .proto_json import camel, json_schema

_CONFIG = {
    "temperature": "temperature",
    "top_p": "topP",
    "max_tokens": "maxOutputTokens",
    "stop": "stopSequences",
    "seed": "seed",
    "n": "candidateCount",
    "presence_penalty": "presencePenalty",
    "frequency_penalty": "frequencyPenalty",
}
_MODES = {"AUTO": "auto", "NONE": "none", "ANY": "required"}


def ask(body: Mapping[str, Any], origin: str) -> Asked:
    """The calls that ask for what ``body`` asks for; ``origin`` is the provider's API."""
    asked, fields = Asked(), Fields(camel(body))
    asked.messages = [*_system(fields), *_Conversation(origin).messages(fields.take("contents"))]
    for parameter, name in _CONFIG.items():
        asked.take(fields, parameter, "generationConfig", name)
    _top_k(asked, fields)
    _logprobs(asked, fields)
    _tools(asked, fields)
    _tool_choice(asked, fields)
    _response_format(asked, fields)
    _reasoning(asked, fields)
    fields.take("model")
    asked.extra_body = {key: value for key, value in fields.rest.items() if value != {}}
    return asked


def _system(fields: Fields) -> list[Message]:
    system = fields.take("systemInstruction")
    if system is None:
        return []
    parts = system["parts"] if isinstance(system["parts"], list) else [system["parts"]]
    return [Message.system([part["text"] for part in parts])]


def _top_k(asked: Asked, fields: Fields) -> None:
    top_k = fields.take("generationConfig", "topK")
    if top_k is not None:
        asked.say("top_k", lambda builder: builder.top_k(int(top_k)), "generationConfig.topK")


def _logprobs(asked: Asked, fields: Fields) -> None:
    wanted = fields.take("generationConfig", "responseLogprobs")
    if wanted is not None:
        top = fields.take("generationConfig", "logprobs")
        asked.say("logprobs", lambda builder: builder.logprobs(wanted, top=top), "generationConfig.responseLogprobs")
        asked.places["top_logprobs"] = ("generationConfig.logprobs",)


def _tools(asked: Asked, fields: Fields) -> None:
    recorded = fields.rest.get("tools")
    if recorded is None:
        return
    ours = [each for tool in recorded for each in tool.get("functionDeclarations") or ()]
    asked.say("tools", lambda builder: builder.tools([_tool(each) for each in ours]), "tools")
    plain = all(has_only(each, "name", "description", *_SCHEMAS) for each in ours)
    if plain and all(has_only(tool, "functionDeclarations") for tool in recorded):
        fields.take("tools")


_SCHEMAS = ("parametersJsonSchema", "parameters")


def _tool(function: Mapping[str, Any]) -> ToolDefinition:
    schema = next((function[key] for key in _SCHEMAS if function.get(key) is not None), None)
    given = {} if schema is None else {"parameters": json_schema(schema)}
    return ToolDefinition(function["name"], function.get("description"), **given)


def _tool_choice(asked: Asked, fields: Fields) -> None:
    config = fields.rest.get("toolConfig", {}).get("functionCallingConfig") or {}
    mode, names = config.get("mode"), config.get("allowedFunctionNames") or ()
    if mode not in _MODES or len(names) > 1:
        return
    choice = ToolChoice("named", names[0]) if names else ToolChoice(_MODES[mode])
    asked.say("tool_choice", lambda builder: builder.tool_choice(choice), "toolConfig")
    fields.take("toolConfig", "functionCallingConfig")


def _response_format(asked: Asked, fields: Fields) -> None:
    config = fields.rest.get("generationConfig") or {}
    schema = config.get("responseJsonSchema") or config.get("responseSchema")
    if config.get("responseMimeType") != "application/json":
        return
    form = ResponseFormat("json_schema", json_schema(schema)) if schema else ResponseFormat("json_object")
    asked.say("response_format", lambda builder: builder.response_format(form), "generationConfig")
    for name in ("responseMimeType", "responseJsonSchema", "responseSchema"):
        fields.take("generationConfig", name)


def _reasoning(asked: Asked, fields: Fields) -> None:
    config = fields.rest.get("generationConfig", {}).get("thinkingConfig") or {}
    budget, level = config.pop("thinkingBudget", None), config.pop("thinkingLevel", None)
    if config.get("includeThoughts"):
        config.pop("includeThoughts")
    elif budget is None and level is None:
        return
    if not config:
        fields.take("generationConfig", "thinkingConfig")
    wanted = False if budget == 0 else level.lower() if level else True
    tokens = budget if budget and budget > 0 else None
    asked.say(
        "reasoning",
        lambda builder: builder.reasoning(wanted, budget=tokens),
        "generationConfig.thinkingConfig",
    )


class _Conversation:
    """The messages of one request. Calls that have no id get one here, and so do their results."""

    def __init__(self, origin: str) -> None:
        self._origin = origin
        self._waiting: dict[str, deque[str]] = {}
        self._made = 0
        self._readers: dict[str, Callable[[Any, Mapping[str, Any]], Part]] = {
            "text": self._text,
            "inlineData": self._inline,
            "fileData": self._file,
            "functionCall": self._call,
            "functionResponse": self._result,
        }

    def messages(self, contents: Any) -> list[Message]:
        turns = contents if isinstance(contents, list) else [contents]
        return [self._message(turn) for turn in turns]

    def _message(self, turn: Mapping[str, Any]) -> Message:
        role = MessageRole.ASSISTANT if turn.get("role") == "model" else MessageRole.USER
        return Message(role, tuple(map(self._part, turn.get("parts") or ())))

    def _part(self, part: Mapping[str, Any]) -> Part:
        kind = next((kind for kind in self._readers if part.get(kind) is not None), "")
        if not kind or not has_only(part, kind, "thought", "thoughtSignature"):
            return native(part)
        return self._readers[kind](part[kind], part)

    def _text(self, text: str, part: Mapping[str, Any]) -> Part:
        signature = part.get("thoughtSignature")
        kind = ReasoningPart if part.get("thought") else TextPart
        return kind(text, signature=signature, origin=self._origin)

    def _inline(self, blob: Mapping[str, Any], part: Mapping[str, Any]) -> Part:
        return media(blob["mimeType"], data=blob["data"])

    def _file(self, file: Mapping[str, Any], part: Mapping[str, Any]) -> Part:
        return media(file["mimeType"], url=file["fileUri"])

    def _call(self, call: Mapping[str, Any], part: Mapping[str, Any]) -> Part:
        id = call.get("id") or self._made_up()
        self._waiting.setdefault(call["name"], deque()).append(id)
        arguments = json.dumps(call.get("args", {}))
        return ToolCall(id, call["name"], arguments, part.get("thoughtSignature"), self._origin)

    def _result(self, result: Mapping[str, Any], part: Mapping[str, Any]) -> Part:
        if not has_only(result, "id", "name", "response", "parts"):
            return native(part)
        waiting = self._waiting.get(result["name"])
        called = waiting.popleft() if waiting else self._made_up()
        response = result["response"]
        failed = isinstance(response, dict) and set(response) == {"error"} and isinstance(response["error"], str)
        text = response["error"] if failed else json.dumps(response)
        more = [
            media(each["inlineData"]["mimeType"], data=each["inlineData"]["data"]) for each in result.get("parts", ())
        ]
        return ToolResult(result.get("id") or called, (TextPart(text), *more), result["name"], failed)

    def _made_up(self) -> str:
        """An id as the client makes it up, which goes nowhere."""
        self._made += 1
        return f"local_0000_{self._made}"

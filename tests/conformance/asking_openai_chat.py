"""Requests of the chat completions wire, in the words of the unified API."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from ai_lib_python.message import (
    AudioPart,
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

from .asked import Asked, Fields, Inexpressible, Why, has_only, image, native, only, split_data_uri

_AUDIO_TYPES = {"mp3": "audio/mpeg"}


def ask(body: Mapping[str, Any], origin: str) -> Asked:
    """The calls that ask for what ``body`` asks for; ``origin`` is the provider's API."""
    asked, fields = Asked(), Fields(body)
    asked.messages = [message(each, origin) for each in fields.take("messages")]
    for name in _PLAIN:
        asked.take(fields, name, name)
    asked.take(fields, "stop", "stop")
    asked.take(fields, "user", "user", method="user_id")
    asked.take(
        fields, "max_tokens", "max_completion_tokens" if "max_completion_tokens" in fields.rest else "max_tokens"
    )
    _logprobs(asked, fields)
    offered_tools(asked, fields)
    tool_choice(asked, fields)
    response_format(asked, fields)
    _REASONING.get(origin.partition(":")[0], _effort)(asked, fields)
    _taken_by_the_client(fields)
    asked.extra_body = fields.rest
    return asked


_PLAIN = (
    *("temperature", "top_p", "seed", "presence_penalty", "frequency_penalty", "parallel_tool_calls", "n"),
    *("logit_bias", "verbosity", "service_tier", "store", "metadata", "prompt_cache_key"),
)


def _taken_by_the_client(fields: Fields) -> None:
    """What the client says of itself."""
    fields.take("model")
    fields.take("stream")
    if fields.rest.get("stream_options") in ({"include_usage": True}, {"include_usage": False}):
        fields.take("stream_options")


def _logprobs(asked: Asked, fields: Fields) -> None:
    if "logprobs" in fields.rest:
        wanted, top = fields.take("logprobs"), fields.take("top_logprobs")
        asked.say("logprobs", lambda builder: builder.logprobs(wanted, top=top), "logprobs")
        asked.places["top_logprobs"] = ("top_logprobs",)


def offered_tools(asked: Asked, fields: Fields) -> None:
    """The functions; a list that holds more than plain functions goes in the extra body too, whole."""
    recorded = fields.rest.get("tools")
    if recorded is None:
        return
    functions = [tool["function"] for tool in recorded if "function" in tool]
    asked.say("tools", lambda builder: builder.tools([_tool(each) for each in functions]), "tools")
    if all(_is_plain(tool) for tool in recorded):
        fields.take("tools")


def tool_choice(asked: Asked, fields: Fields) -> None:
    choice = _choice(fields.rest.get("tool_choice"))
    if choice is not None:
        asked.say("tool_choice", lambda builder: builder.tool_choice(choice), "tool_choice")
        fields.take("tool_choice")


def _choice(recorded: Any) -> ToolChoice | None:
    if recorded in ("auto", "none", "required", "any"):
        return ToolChoice("required" if recorded == "any" else recorded)
    if isinstance(recorded, Mapping) and recorded.get("type") == "function":
        return ToolChoice("named", recorded["function"]["name"])
    return None


def _is_plain(tool: Mapping[str, Any]) -> bool:
    names = ("name", "description", "parameters", "strict")
    return has_only(tool, "type", "function") and has_only(tool.get("function", {"": tool}), *names)


def _tool(function: Mapping[str, Any]) -> ToolDefinition:
    return ToolDefinition(
        function["name"], function.get("description"), function.get("parameters", {}), function.get("strict")
    )


def response_format(asked: Asked, fields: Fields) -> None:
    wanted = fields.rest.get("response_format")
    if isinstance(wanted, Mapping) and (form := _format(wanted)):
        fields.take("response_format")
        asked.say("response_format", lambda builder: builder.response_format(form), "response_format")


def _format(wanted: Mapping[str, Any]) -> ResponseFormat | None:
    if wanted.get("type") in ("text", "json_object") and has_only(wanted, "type"):
        return ResponseFormat(wanted["type"])
    inner = wanted.get("json_schema")
    if wanted.get("type") != "json_schema" or not isinstance(inner, Mapping):
        return None
    if not has_only(inner, "name", "schema", "strict", "description") or inner.get("schema") is None:
        return None
    return ResponseFormat(
        "json_schema", inner["schema"], inner.get("name"), inner.get("strict"), inner.get("description")
    )


# Reasoning: each provider has its own way to ask for it


def _effort(asked: Asked, fields: Fields) -> None:
    asked.take(fields, "reasoning", "reasoning_effort")


def _thinking(asked: Asked, fields: Fields) -> None:
    """``thinking: {type}`` switches it on or off, beside an effort."""
    thinking = fields.rest.get("thinking", {})
    if thinking.get("type") not in ("enabled", "disabled") or not has_only(thinking, "type"):
        return _effort(asked, fields)
    fields.take("thinking")
    wanted = fields.take("reasoning_effort") if thinking["type"] == "enabled" else False
    return asked.say("reasoning", lambda builder: builder.reasoning(wanted), "thinking", "reasoning_effort")


def _reasoning_object(asked: Asked, fields: Fields) -> None:
    reasoning = fields.rest.get("reasoning")
    if not isinstance(reasoning, Mapping) or not has_only(reasoning, "effort", "max_tokens", "enabled"):
        return _effort(asked, fields)
    fields.take("reasoning")
    effort, budget = reasoning.get("effort"), reasoning.get("max_tokens")
    wanted = False if reasoning.get("enabled") is False else effort
    return asked.say(
        "reasoning", lambda builder: builder.reasoning(wanted, budget=budget), "reasoning", "reasoning_effort"
    )


_REASONING: dict[str, Callable[[Asked, Fields], None]] = {
    "deepseek": _thinking,
    "zai": _thinking,
    "moonshot": _thinking,
    "openrouter": _reasoning_object,
    "vercel": _reasoning_object,
    "together": _reasoning_object,
}


# Messages


def message(recorded: Mapping[str, Any], origin: str) -> Message:
    """One message with all its parts."""
    role = recorded["role"]
    if role == "tool":
        only(recorded, "role", "content", "tool_call_id", "name", what="a tool's result")
        result = ToolResult(recorded["tool_call_id"], content(recorded.get("content")), recorded.get("name"))
        return Message(MessageRole.TOOL, (result,))
    if role == "assistant":
        return Message(MessageRole.ASSISTANT, _said(recorded, origin))
    if role not in _ROLES:
        raise Inexpressible(Why.MESSAGE_FIELD, f"the role {role}")
    only(recorded, "role", "content", what=f"a {role} message")
    return Message(_ROLES[role], content(recorded.get("content")))


_ROLES = {"system": MessageRole.SYSTEM, "developer": MessageRole.SYSTEM, "user": MessageRole.USER}


def _said(recorded: Mapping[str, Any], origin: str) -> tuple[Part, ...]:
    """The parts of an answer: what was thought, what was said, what was called."""
    thoughts = ("reasoning_content", "reasoning", "reasoning_details")
    only(recorded, "role", "content", "refusal", "tool_calls", *thoughts, what="an assistant message")
    refusal = recorded.get("refusal")
    return (
        *_thoughts(recorded, origin),
        *content(recorded.get("content")),
        *([RefusalPart(refusal)] if refusal else []),
        *map(tool_call, recorded.get("tool_calls") or ()),
    )


def _thoughts(recorded: Mapping[str, Any], origin: str) -> list[Part]:
    blocks = recorded.get("reasoning_details")
    if blocks:
        return [_block(block, origin) for block in blocks]
    text = recorded.get("reasoning_content") or recorded.get("reasoning")
    return [ReasoningPart(text, origin=origin)] if text else []


def _block(block: Mapping[str, Any], origin: str) -> ReasoningPart:
    """A block of thoughts as it is decoded: its text, and the whole as data."""
    return ReasoningPart(block.get("text") or block.get("summary") or "", data=json.dumps(block), origin=origin)


def tool_call(call: Mapping[str, Any]) -> ToolCall:
    """A call; the place in the stream that some clients leave in it says nothing."""
    only(call, "id", "type", "function", "index", what="a tool call")
    return ToolCall(call["id"], call["function"]["name"], call["function"]["arguments"])


def content(said: Any, read: Callable[[Mapping[str, Any]], Part] | None = None) -> tuple[Part, ...]:
    """The parts of a content: nothing, a text, or a list of parts."""
    if said is None:
        return ()
    if isinstance(said, str):
        return (TextPart(said),)
    return tuple(map(read or part, said))


def part(item: Mapping[str, Any]) -> Part:
    """One part; one with marks of its provider's own goes as it is."""
    kind = item["type"]
    read = _PARTS.get(kind)
    if read is None or not has_only(item, "type", kind):
        return native(item)
    return read(item[kind])


def _image(address: Any) -> Part:
    if isinstance(address, str):
        return native({"type": "image_url", "image_url": address})
    return image(address["url"], address.get("detail"))


def _audio(sound: Mapping[str, Any]) -> Part:
    form = sound["format"]
    return AudioPart(data=sound["data"], media_type=_AUDIO_TYPES.get(form, f"audio/{form}"))


def _file(file: Mapping[str, Any]) -> Part:
    if file.get("file_id"):
        return FilePart(file_id=file["file_id"], filename=file.get("filename"))
    inline = split_data_uri(file["file_data"])
    if inline is None:
        return FilePart(url=file["file_data"], filename=file.get("filename"))
    return FilePart(data=inline[1], media_type=inline[0], filename=file.get("filename"))


_PARTS: dict[str, Callable[[Any], Part]] = {
    "text": TextPart,
    "refusal": RefusalPart,
    "image_url": _image,
    "input_audio": _audio,
    "file": _file,
}

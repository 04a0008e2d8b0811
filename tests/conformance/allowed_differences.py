"""What a body that was sent may differ in from the recorded one, each with its reason.

A *reading* brings both bodies into the form in which two ways to write the same are one. What the
client *told* of itself is in ``response.adjustments``. All readings stand before all that is told.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from ai_lib_python.message import ToolCall, ToolResult

from .comparing import MISSING, Allowed, Difference, Exchange
from .data import is_data
from .proto_json import camel, json_schema


def everywhere(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Callable[[Any], Any]:
    """A reading that changes every map of a body, the inner ones first, but no data."""

    def read(value: Any) -> Any:
        if isinstance(value, list):
            return [read(item) for item in value]
        if not isinstance(value, dict):
            return value
        return change({key: inner if is_data(key, inner) else read(inner) for key, inner in value.items()})

    return read


def _without_nulls(fields: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in fields.items() if value is not None}


def _without_defaults(fields: dict[str, Any]) -> dict[str, Any]:
    left = {key: value for key, value in fields.items() if not (key in _FALSE_BY_DEFAULT and value is False)}
    if "toolUseId" in left and left.get("status") == "success":
        del left["status"]
    if "role" in left and left.get("type") == "message":
        del left["type"]
    for key, default in (("caller", {"type": "direct"}), ("schemaVersion", "messages-v1")):
        if left.get(key) == default:
            del left[key]
    return left


_FALSE_BY_DEFAULT = ("stream", "thought", "is_error", "isError", "disable_parallel_tool_use", "prefix")


def _one_as_text(fields: dict[str, Any]) -> dict[str, Any]:
    return {key: _text_of(value) if key in _MAY_BE_TEXT else value for key, value in fields.items()}


_MAY_BE_TEXT = ("content", "image_url", "input", "stop", "system")


def _text_of(value: Any) -> Any:
    if isinstance(value, dict) and set(value) == {"url"}:
        return value["url"]
    if not isinstance(value, list) or len(value) != 1:
        return value
    only = value[0]
    if isinstance(only, dict) and set(only) == {"type", "text"}:
        return only["text"]
    if isinstance(only, dict) and "content" in only and only.get("role", only.get("type")) in ("user", "user_input"):
        return only["content"] if isinstance(only["content"], str) else value
    return only if isinstance(only, str) else value


def _newer_names(body: dict[str, Any]) -> dict[str, Any]:
    changed = dict(body)
    if "output_format" in body:
        changed["output_config"] = {**body.get("output_config", {}), "format": changed.pop("output_format")}
    config = body.get("inferenceConfig")
    if isinstance(config, dict) and "max_new_tokens" in config:
        changed["inferenceConfig"] = {("maxTokens" if key == "max_new_tokens" else key): config[key] for key in config}
    form = body.get("response_format")
    if isinstance(form, dict) and "schema" in form:
        changed["response_format"] = {"json_schema" if key == "schema" else key: value for key, value in form.items()}
    return changed


def _neighbours_as_one(body: dict[str, Any]) -> dict[str, Any]:
    """Messages of one role that follow each other, as one."""
    changed = dict(body)
    for messages, said in (("messages", "content"), ("contents", "parts")):
        if messages in body:
            changed[messages] = _merged(body[messages], said)
    return changed


def _merged(messages: list[dict[str, Any]], said: str) -> list[dict[str, Any]]:
    merged: list[dict[str, Any]] = []
    for message in messages:
        if not merged or merged[-1]["role"] != message["role"]:
            merged.append(message)
        else:
            merged[-1] = {**merged[-1], said: [*_blocks(merged[-1][said]), *_blocks(message[said])]}
    return merged


def _blocks(content: Any) -> list[Any]:
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def _proto_json(body: dict[str, Any]) -> dict[str, Any]:
    """Keys in camel case, and the words of enums in capitals."""
    read: dict[str, Any] = everywhere(_level_in_capitals)(camel(body))
    return read


def _level_in_capitals(fields: dict[str, Any]) -> dict[str, Any]:
    return {key: value.upper() if key == "thinkingLevel" else value for key, value in fields.items()}


def _schema_text_as_json(fields: dict[str, Any]) -> dict[str, Any]:
    inner = fields.get("jsonSchema")
    if not isinstance(inner, dict) or not isinstance(inner.get("schema"), str):
        return fields
    return {**fields, "jsonSchema": {**inner, "schema": json.loads(inner["schema"])}}


def _without_marks(fields: dict[str, Any]) -> dict[str, Any]:
    if fields.get("type") == "output_text":
        return {"type": "output_text", "text": fields["text"]}
    if "role" in fields or fields.get("type") in ("function_call", "function_call_output", "reasoning"):
        return {key: value for key, value in fields.items() if key not in ("id", "status")}
    if "parameters" in fields and fields.get("strict") is True:
        return {key: value for key, value in fields.items() if key != "strict"}
    return fields


def _stateless(difference: Difference, exchange: Exchange, found: list[Difference]) -> bool:
    one = (difference.place[0], difference.sent)
    return difference.recorded is MISSING and one in (("store", False), ("include", ["reasoning.encrypted_content"]))


def _instructions_in_one_place(body: dict[str, Any]) -> dict[str, Any]:
    """A system instruction as a list of parts without a role; a history without its instructions."""
    changed = dict(body)
    system, history = body.get("systemInstruction"), body.get("chat_history")
    if body.get("instructions"):
        said = body["input"] if isinstance(body["input"], list) else [{"role": "user", "content": body["input"]}]
        changed["input"] = [{"role": "system", "content": changed.pop("instructions")}, *said]
    if isinstance(system, dict):
        changed["systemInstruction"] = {
            "parts": system["parts"] if isinstance(system["parts"], list) else [system["parts"]]
        }
    if history:
        said = [{**each, "role": each["role"].upper()} for each in history]
        changed["chat_history"] = [each for each in said if each["role"] != "SYSTEM"]
        first = [each["message"] for each in said if each["role"] == "SYSTEM"]
        changed["preamble"] = "\n\n".join(first) or body.get("preamble")
    return {key: value for key, value in changed.items() if value or key not in ("preamble", "chat_history")}


def _schemas_of_json(fields: dict[str, Any]) -> dict[str, Any]:
    """The schemas of OpenAPI under the keys, and in the words, of JSON Schema."""
    return {
        _JSON_SCHEMA.get(key, key): json_schema(value) if key in _SCHEMAS else value for key, value in fields.items()
    }


_JSON_SCHEMA = {"parameters": "parametersJsonSchema", "responseSchema": "responseJsonSchema"}
_SCHEMAS = (*_JSON_SCHEMA, *_JSON_SCHEMA.values())


def _without_empty(fields: dict[str, Any]) -> dict[str, Any]:
    left = {key: value for key, value in fields.items() if not (key in _EMPTY_SAYS_NOTHING and value in ("", [], {}))}
    for conversation in ("messages", "contents", "input"):
        if isinstance(left.get(conversation), list):
            left[conversation] = [each for each in left[conversation] if not _says_nothing(each)]
    return left


def _says_nothing(message: dict[str, Any]) -> bool:
    """Whether only the role of an answer is there."""
    if message.get("role") not in ("assistant", "model") or message.get("parts", []) not in ([], [{}]):
        return False
    return set(message) <= {"role", "parts"}


_EMPTY_SAYS_NOTHING = frozenset(
    {
        "annotations",
        "chat_history",
        "citations",
        "content",
        "format",
        "generationConfig",
        "images",
        "instructions",
        "inferenceConfig",
        "options",
    }
    | {"reasoning_content", "stop", "stopSequences", "stop_sequences", "system", "text", "tool_calls", "tools"}
)


def _system_role(fields: dict[str, Any]) -> dict[str, Any]:
    return {**fields, "role": "system"} if fields.get("role") == "developer" else fields


def _without_function_type(fields: dict[str, Any]) -> dict[str, Any]:
    if fields.get("type") == "function" and "function" in fields:
        return {key: value for key, value in fields.items() if key != "type"}
    return fields


def _numbered_ids(body: dict[str, Any]) -> dict[str, Any]:
    """The ids of calls as numbers in their order, so that only what belongs together counts."""
    numbers: dict[str, str] = {}

    def number(fields: dict[str, Any]) -> dict[str, Any]:
        key = "tool_call_id" if "tool_call_id" in fields else "id" if "function" in fields else None
        if key is None or fields.get(key) is None:
            return fields
        return {**fields, key: numbers.setdefault(fields[key], f"call-{len(numbers)}")}

    read: dict[str, Any] = everywhere(number)(body)
    return read


def _without_index(fields: dict[str, Any]) -> dict[str, Any]:
    if (fields.get("type") == "function" and "id" in fields) or ("name" in fields and "arguments" in fields):
        return {key: value for key, value in fields.items() if key != "index"}
    return fields


def _reasoning_is_on(fields: dict[str, Any]) -> dict[str, Any]:
    """An effort or a budget without the switch beside it; no effort as the switch that is off."""
    changed = dict(fields)
    if fields.get("reasoning_effort") and fields.get("thinking") == {"type": "enabled"}:
        del changed["thinking"]
    asked = fields.get("reasoning")
    if isinstance(asked, dict):
        effort, budget = asked.get("effort"), asked.get("max_tokens")
        said = {"effort": effort, "max_tokens": budget} if effort or budget else {"enabled": asked.get("enabled")}
        changed["reasoning"] = {"enabled": False} if effort == "none" else _without_nulls(said)
    return changed


def _without_unsigned_thoughts(fields: dict[str, Any]) -> dict[str, Any]:
    changed = dict(fields)
    for said in ("parts", "input"):
        if isinstance(fields.get(said), list):
            changed[said] = [part for part in fields[said] if not _unsigned_thought(part)]
    return changed


def _unsigned_thought(part: dict[str, Any]) -> bool:
    if part.get("type") == "reasoning":
        return not part.get("encrypted_content") and not part.get("content")
    return part.get("thought") is True and "text" in part and "thoughtSignature" not in part


def _without_empty_parameters(fields: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in fields.items() if not (key in _PARAMETERS and value in _NO_PARAMETERS)}


_PARAMETERS = ("parameters", "parametersJsonSchema", "input_schema")
_NO_PARAMETERS: tuple[dict[str, Any], ...] = (
    {"type": "object", "properties": {}},
    {"type": "object", "properties": {}, "additionalProperties": False},
)


# What the client does of itself


def _usage_asked(difference: Difference, exchange: Exchange, found: list[Difference]) -> bool:
    return difference.place[0] == "stream_options" and (exchange.request.body or {}).get("stream_options") in (
        None,
        {"include_usage": True},
        {"include_usage": False},
    )


def _model_in_path(difference: Difference, exchange: Exchange, found: list[Difference]) -> bool:
    if difference.place != ("model",):
        return False
    if difference.recorded is MISSING:
        return bool(difference.sent == exchange.request.model)
    return difference.sent is MISSING and str(difference.recorded) in exchange.url


def _auto(difference: Difference, exchange: Exchange, found: list[Difference]) -> bool:
    return difference.place == ("tool_choice",) and difference.recorded == "auto" and difference.sent is MISSING


def _result_name(difference: Difference, exchange: Exchange, found: list[Difference]) -> bool:
    parts = [part for message in exchange.asked.messages for part in message.parts]
    names = [part.name for part in parts if isinstance(part, (ToolCall, ToolResult))]
    one = difference.recorded if difference.sent is MISSING else difference.sent
    return difference.place[-1] == "name" and MISSING in (difference.recorded, difference.sent) and one in names


def _thoughts_shown(difference: Difference, exchange: Exchange, found: list[Difference]) -> bool:
    return difference.recorded is MISSING and (difference.place[-1], difference.sent) in _SHOWN


_SHOWN = (("reasoning_format", "parsed"), ("includeThoughts", True), ("thinking_summaries", "auto"))


def _thoughts_told(exchange: Exchange) -> bool:
    return any(each.parameter == "reasoning" for each in exchange.told("omitted"))


_THOUGHTS = ("reasoning", "reasoning_content", "reasoning_details")


def _thoughts_twice(difference: Difference, exchange: Exchange, found: list[Difference]) -> bool:
    if difference.place[0] != "messages" or difference.place[-1] not in _THOUGHTS or difference.sent is not MISSING:
        return False
    sent = exchange.sent["messages"][difference.place[1]]
    thoughts = [sent.get(name) for name in _THOUGHTS]
    return difference.recorded in [*thoughts, _text_of_details(sent.get("reasoning_details"))]


def _text_of_details(details: list[dict[str, Any]] | None) -> str:
    return "".join(each.get("text") or each.get("summary") or "" for each in details or ())


# What adjustments tell


def _stands_in(difference: Difference, places: tuple[str, ...]) -> bool:
    return any(f"{difference.path}.".startswith(f"{place}.") for place in places)


def _renamed(difference: Difference, exchange: Exchange, found: list[Difference]) -> bool:
    """The same value under another name: one key is gone and one is new."""
    for told in exchange.told("renamed"):
        places = exchange.asked.places.get(told.parameter, ())
        for one in found:
            for other in found:
                moved = one.sent is MISSING and other.recorded is MISSING and one.recorded == other.sent
                if moved and _stands_in(one, places) and difference in (one, other):
                    return True
    return False


def _changed(difference: Difference, exchange: Exchange, found: list[Difference]) -> bool:
    """A parameter that the model of today does not take as it was: it is not sent, or as told."""
    for told in exchange.told("dropped", "clamped", "replaced"):
        as_told = difference.sent is MISSING or (told.action != "dropped" and difference.sent == told.sent)
        if as_told and _stands_in(difference, exchange.asked.places.get(told.parameter, ())):
            return True
        if difference.recorded is MISSING and told.sent is not None and difference.sent == told.sent:
            return True
    return False


def _closed(difference: Difference, exchange: Exchange, found: list[Difference]) -> bool:
    """A strict schema that was left open: closed, its optional keys required and allowed to be null."""
    if not any(told.parameter == "tools.schema" for told in exchange.told("adapted")):
        return False
    recorded, sent = difference.recorded, difference.sent
    return (
        "required" in difference.place
        or (difference.place[-1], recorded, sent) == ("additionalProperties", MISSING, False)
        or (difference.place[-1] == "type" and sent == [recorded, "null"])
    )


ALLOWED: tuple[Allowed, ...] = (
    Allowed(
        "output-marks",
        "ids, states and annotations of earlier output need not go back, nor that a schema is strict as by default",
        everywhere(_without_marks),
        wires=("openai-responses",),
    ),
    Allowed(
        "proto-json",
        "a key may be in snake case or in camel case, and a level in small letters or in capitals",
        _proto_json,
        wires=("gemini-generate",),
    ),
    Allowed("null", "null says the same as no key at all", everywhere(_without_nulls)),
    Allowed(
        "default",
        "a switch that is off, a result that is a success, a call that the model made itself: none need be said",
        everywhere(_without_defaults),
    ),
    Allowed(
        "one-text",
        "a list of one text, and a map of one address, may be written as that text",
        everywhere(_one_as_text),
    ),
    Allowed("empty", "an empty text, list or answer says the same as none", everywhere(_without_empty)),
    Allowed(
        "developer",
        "developer is the name that some models have for the role system, and take both",
        everywhere(_system_role),
    ),
    Allowed(
        "older-name",
        "the key had another name before: output_format, max_new_tokens, and schema for json_schema",
        _newer_names,
        wires=("anthropic-messages", "cohere-v2", "bedrock-invoke"),
    ),
    Allowed(
        "neighbours",
        "messages of one role that follow each other are one turn to this wire",
        _neighbours_as_one,
        wires=("anthropic-messages", "bedrock-converse", "bedrock-invoke", "gemini-generate"),
    ),
    Allowed(
        "schema-text",
        "a schema that is sent as text is the same however its JSON is written",
        everywhere(_schema_text_as_json),
        wires=("bedrock-converse",),
    ),
    Allowed(
        "instructions",
        "instructions need no role of their own, and may stand before a history or begin it",
        _instructions_in_one_place,
        wires=("gemini-generate", "cohere-v1", "openai-responses"),
    ),
    Allowed(
        "json-schema",
        "the client gives schemas as JSON Schema, under the key for that, and not as OpenAPI's",
        everywhere(_schemas_of_json),
        wires=("gemini-generate",),
    ),
    Allowed(
        "unsigned-thoughts",
        "thoughts without a signature, or only referred to, do not go back, and adjustments tell",
        everywhere(_without_unsigned_thoughts),
        wires=("gemini-generate", "openai-responses"),
        when=_thoughts_told,
    ),
    Allowed(
        "no-parameters",
        "a tool that tells no parameters is one with an empty object of them",
        everywhere(_without_empty_parameters),
    ),
    Allowed(
        "ids",
        "an id that the wire refuses, as recorders put them, becomes another, the same for call and result",
        _numbered_ids,
        wires=("mistral",),
    ),
    Allowed("echoed-index", "a call's place in a stream is no field of a request", everywhere(_without_index)),
    Allowed(
        "function-type",
        "a tool, and a call, is a function where nothing else is said",
        everywhere(_without_function_type),
        wires=("mistral", "ollama"),
    ),
    Allowed(
        "reasoning-on",
        "to reason by an effort or a budget is to reason: the switch beside it says no more",
        everywhere(_reasoning_is_on),
    ),
    Allowed(
        "stateless",
        "the client keeps the history itself: nothing is stored, and reasoning comes encrypted",
        told=_stateless,
        wires=("openai-responses",),
    ),
    Allowed(
        "usage-asked",
        "the client itself asks each stream for its token counts, but where the wire gives them anyway",
        told=_usage_asked,
    ),
    Allowed(
        "model-in-path", "the model stands in the path on one side, and in the body on the other", told=_model_in_path
    ),
    Allowed("auto", "auto is the choice among tools where none is said", told=_auto),
    Allowed(
        "result-name", "results are matched by their id; the tool's name beside it may be left out", told=_result_name
    ),
    Allowed("thoughts-shown", "the client asks for the thoughts apart from the text", told=_thoughts_shown),
    Allowed(
        "thoughts-twice", "some clients send the same thoughts under two names; one is enough", told=_thoughts_twice
    ),
    Allowed(
        "closed",
        "a strict tool goes out as strict demands it: closed, and all required; adjustments tell",
        told=_closed,
        wires=("openai-responses", "openai-chat"),
    ),
    Allowed("renamed", "the manifest names the key of today, and adjustments tell", told=_renamed),
    Allowed("changed", "the model of today does not take the parameter so, and adjustments tell", told=_changed),
)

"""The two halves of a dialect agree: what the client half writes, the server half reads."""

from __future__ import annotations

import itertools
import warnings
from typing import Any
from urllib.parse import unquote

import msgspec
import pytest

from ai_lib_python import ContentBlock, Message, MessageRole, ResponseFormat, ToolCall, ToolChoice, ToolDefinition
from ai_lib_python._compile.notes import Notes
from ai_lib_python._compile.values import CannotExpress
from ai_lib_python._engine.target import program_of
from ai_lib_python._manifest.load import load
from ai_lib_python.errors import UnsupportedError
from ai_lib_python.message import ReasoningPart
from ai_lib_python.request import PARAMETERS, ChatRequest
from ai_lib_python.simulator.requests import Wire, read_request
from ai_lib_python.simulator.routing import Arrived, Router
from ai_lib_python.tools import Reasoning, WebSearch

DIALECTS = Router().dialects()
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
PIXEL = "iVBORw0KGgo="
MODEL = "acme/model-1"

HISTORY = (
    Message.system("Be brief."),
    Message.user("What is it like?"),
    Message.assistant("Let me look.", tool_calls=[ToolCall("callno001", "weather", '{"city":"Ulm"}')]),
    Message.tool("callno001", "22 degrees", name="weather"),
    Message.assistant("Warm."),
    Message.user("Thanks"),
)
PARAMETER_VALUES: dict[str, Any] = {
    "temperature": 0.5,
    "max_tokens": 200,
    "top_p": 0.5,
    "top_k": 7,
    "stop": ("a", "b"),
    "seed": 3,
    "presence_penalty": 0.5,
    "frequency_penalty": 0.25,
    "logprobs": True,
    "top_logprobs": 2,
    "user": "person-1",
    "tools": (ToolDefinition("weather", "Tells the weather", SCHEMA),),
    "tool_choice": ToolChoice("required"),
    "parallel_tool_calls": False,
    "response_format": ResponseFormat("json_schema", SCHEMA, "city"),
    "reasoning": Reasoning(effort="low"),
    "n": 2,
    "min_p": 0.25,
    "repetition_penalty": 1.5,
    "logit_bias": {"42": -100},
    "verbosity": "low",
    "web_search": WebSearch(allowed_domains=("who.int",), country="DE", context_size="low"),
    "service_tier": "flex",
    "store": True,
    "metadata": {"job": "7"},
    "prompt_cache_key": "rules-3",
}
NEEDS_TOOLS = {"tool_choice", "parallel_tool_calls"}

ONE_PROMPT = {"ollama-generate", "replicate-predictions"}
"""Wires that complete one prompt, and hold no conversation."""

NO_TOOLS = {"cohere-v1", "tiangong-chat"}
"""Wires that hold conversations, but not our tools."""

NO_PICTURES = {"cohere-v1", "replicate-predictions", "tiangong-chat"}

NO_SYSTEM = {"tiangong-chat"}
"""Wires without a word for system prompts."""

every_dialect = pytest.mark.parametrize("dialect", DIALECTS)
with_tools = pytest.mark.parametrize("dialect", sorted({*DIALECTS} - ONE_PROMPT - NO_TOOLS))


def sent_and_read(dialect: str, request: ChatRequest, stream: bool = False) -> tuple[ChatRequest, bool, Notes]:
    """The request as the server half of the dialect understands it."""
    program, notes = program_of(load(dialect)), Notes()
    path, query, headers, body = program.encode(request, stream, notes)
    wire = msgspec.json.decode(msgspec.json.encode(body))
    match = Router().find(_arrived(dialect, path, query, headers))
    assert match is not None, path
    read, streamed = read_request(Wire(match.manifest, dict(match.path), match.streamed), wire)
    return read, streamed, notes


def _arrived(dialect: str, path: str, query: dict[str, Any], headers: dict[str, Any]) -> Arrived:
    named = {name.lower(): str(value) for name, value in headers.items()}
    return Arrived("POST", f"/{dialect}{unquote(path)}", {name: str(value) for name, value in query.items()}, named)


def plain(messages: tuple[Message, ...]) -> list[tuple[str, list[Any]]]:
    """The messages without what a wire may leave out: a tool's name beside its result, and where an answer is cut."""
    groups = itertools.groupby(messages, lambda message: message.role.value)
    return [(role, [_plain(part) for message in group for part in message.parts]) for role, group in groups]


def _plain(part: Any) -> Any:
    return msgspec.structs.replace(part, name=None) if hasattr(part, "is_error") else part


@with_tools
@pytest.mark.parametrize("stream", [False, True])
def test_a_conversation_with_tools_comes_back_whole(dialect: str, stream: bool) -> None:
    tools = PARAMETER_VALUES["tools"]
    read, streamed, _ = sent_and_read(dialect, ChatRequest(MODEL, HISTORY, tools=tools), stream)
    assert plain(read.messages) == plain(HISTORY)
    assert (read.model, read.tools, streamed) == (MODEL, tools, stream)


@pytest.mark.parametrize("dialect", sorted(NO_TOOLS))
def test_a_conversation_of_texts_comes_back_whole(dialect: str) -> None:
    history = HISTORY[1:] if dialect in NO_SYSTEM else HISTORY
    talk = tuple(message for message in history if not message.tool_calls and message.role is not MessageRole.TOOL)
    read, _, _ = sent_and_read(dialect, ChatRequest("model-1", talk))
    assert plain(read.messages) == plain(talk)
    with pytest.raises((CannotExpress, UnsupportedError), match="tool"):
        sent_and_read(dialect, ChatRequest("model-1", history))


@pytest.mark.parametrize("dialect", sorted(NO_SYSTEM))
def test_a_system_prompt_is_refused_where_the_wire_has_no_word_for_it(dialect: str) -> None:
    with pytest.raises(UnsupportedError, match="system"):
        sent_and_read(dialect, ChatRequest("model-1", HISTORY[:2]))


@pytest.mark.parametrize("dialect", sorted(ONE_PROMPT))
def test_a_wire_of_one_prompt_takes_that_and_refuses_a_second_turn(dialect: str) -> None:
    asked = (Message.system("Be brief."), Message.user("What is it like?"))
    read, _, _ = sent_and_read(dialect, ChatRequest(MODEL, asked))
    assert read.messages == asked
    with pytest.raises(UnsupportedError, match="one prompt"):
        sent_and_read(dialect, ChatRequest(MODEL, (*asked, Message.assistant("Warm."), Message.user("Thanks"))))


@every_dialect
@pytest.mark.parametrize("name", PARAMETERS)
def test_a_parameter_comes_back_unless_it_was_dropped(dialect: str, name: str) -> None:
    value = PARAMETER_VALUES[name]
    also = {"tools": PARAMETER_VALUES["tools"]} if name in NEEDS_TOOLS else {}
    request = ChatRequest(MODEL, (Message.user("Hi"),), **{name: value}, **also)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        read, _, notes = sent_and_read(dialect, request)
    found = getattr(read, name)
    if any(item.parameter == name and item.action == "dropped" for item in notes.adjustments):
        assert found is None
        return
    if any(item.parameter == f"{name}.schema" and item.action == "adapted" for item in notes.adjustments):
        value = msgspec.structs.replace(value, schema={**value.schema, "additionalProperties": False})
    assert _lenient(name, found) == _lenient(name, value)


def _lenient(name: str, value: Any) -> Any:
    if name == "response_format":
        return msgspec.structs.replace(value, name=None, description=None, strict=None)
    if name == "reasoning":  # a wire without efforts still says that it is on
        return value.enabled
    if name == "web_search":  # of what a wire has no word for it tells
        return value.enabled
    return value


@pytest.mark.parametrize("dialect", sorted({*DIALECTS} - NO_PICTURES))
def test_a_picture_comes_back(dialect: str) -> None:
    picture = ContentBlock.image_base64(PIXEL)
    read, _, _ = sent_and_read(dialect, ChatRequest("m", (Message.user(["Look:", picture]),)))
    assert read.messages[0].parts == (ContentBlock.text("Look:"), picture)


def test_signed_reasoning_comes_back_where_the_wire_takes_it() -> None:
    said = Message.assistant([ReasoningPart("Hm", "c2ln"), ContentBlock.text("Yes")])
    request = ChatRequest("m", (Message.user("?"), said, Message.user("!")))
    read, _, _ = sent_and_read("anthropic-messages", request)
    assert read.messages[1] == said
